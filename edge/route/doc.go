// Package route finds the route that serves a request, and rewrites what the
// route changes on the way: paths and header fields.
//
// A [Table] is compiled once from the matches of all routes in config order.
// The first route that matches serves, and with a thousand of them finding it
// costs about as much as with ten, for hosts and paths are looked up, not tried:
//
//	table, err := route.NewTable([]*route.Match{
//		{Host: []string{"shop.example.com"}, Path: []string{"/api/*"}},
//		{Path: []string{"~ ^/item/([0-9]+)$"}, Method: []string{"GET"}},
//		nil, // matches everything
//	})
//	i, err := table.Find(request, client) // 0, 1, 2, or -1
//
// [Rewrite] changes the path, [Headers] the fields, both with variables such as
// ${remote} or ${header:X}, which a [Template] holds ready: names are checked when
// it is compiled, and expanding it appends to a buffer without allocating.
//
// The package knows no connections and sends nothing.
package route
