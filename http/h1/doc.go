// Package h1 speaks HTTP/1.0 and HTTP/1.1 (RFC 9112) as a server and as a client,
// on plain [net.Conn]s and one goroutine per connection.
//
// A head is parsed in place: names and values stay ranges over one pooled
// buffer, which a connection holds only while an exchange is under way. What the
// RFC forbids is refused and never repaired, since what two parsers read
// differently is how requests get smuggled.
//
//	clock := h1.NewDeadlines()
//	go clock.Serve(ctx)
//	srv := h1.NewServer(handler, clock, h1.Config{})
//	for {
//		conn, err := ln.Accept()
//		...
//		go srv.Serve(ctx, conn)
//	}
//
// The client side is one connection as well: [Client] sends a request and
// reads the answer, and knows whether the connection may be used again. Pools,
// retries and redirects belong to its users.
//
// Timeouts are enforced by [Deadlines], one coarse clock for many connections,
// so that a request costs no timer.
package h1
