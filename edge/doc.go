// Package edge is the HTTP proxy and web server.
//
// A [Service] speaks HTTP on the connections that a listener accepts. Each
// request becomes an [Exchange]: it passes the service's guards, the first route
// that matches it, that route's guards, and is answered by the route's action, a
// [Handler]: [Proxy], the files handler, a redirect, a fixed answer, or any
// http.Handler by way of [Mount]. What happened ends in one record in the
// journal.
//
// The head of a request stays the bytes that were read: it is matched, changed
// and passed on without ever becoming a map. Bodies stream both ways, in the
// kernel where both ends are bare TCP connections.
package edge
