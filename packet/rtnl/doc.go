// Package rtnl asks Linux where a packet goes: routes, neighbours, links and
// addresses, read over rtnetlink. It changes nothing.
//
//	conn, err := rtnl.Dial()
//	…
//	defer conn.Close()
//	hop, err := conn.Hop(ctx, netip.MustParseAddr("192.0.2.7"))
//	// hop.Link.Name "eth0", hop.Source 198.51.100.4, hop.Local and hop.Remote
//	// the two hardware addresses, hop.MTU 1500
//
// [Conn.Hop] is what most callers want: all that a frame's lower layers need.
// [Conn.Route], [Conn.Neighbour], [Conn.Resolve], [Conn.Links] and
// [Conn.Addresses] are its parts.
//
// A Conn belongs to the network namespace that it was opened in, needs no
// privilege, and keeps working after privileges are dropped.
package rtnl
