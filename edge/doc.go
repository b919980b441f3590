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
//
//	svc, err := edge.New("web", cfg, parts, edge.Deps{Journal: journal, Deadlines: clocks})
//	server := endpoint.Server{Handler: svc.Handler(nil)} // or a *tls.Config
//	err = server.Serve(ctx, ln)
//
// What a reload brings is prepared whole and then takes the place of what was
// before it; connections, requests under way, and tunnels whose route and target
// are still there live on.
//
// A proxied exchange goes through few hands, in this order: accept.go brings a
// connection to its first request, service.go asks the guards and finds the route,
// forward.go changes the fields, proxy.go chooses how often to ask whom, ask.go asks
// one target and passes its answer back, upload.go sends a body meanwhile,
// tunnel.go carries on behind a 101.
package edge
