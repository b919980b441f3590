// Package stream has the small handlers that speak on a connection without a
// protocol of their own: echo, discard, daytime, a line chat, and a command per
// connection.
//
// Each is an [endpoint.Handler], so that it serves whatever the endpoint is,
// TCP, TLS, a unix socket, WebSocket or datagrams:
//
//	handler, err := stream.New(stream.Config{Kind: "echo"}, nil)
//	server := endpoint.Server{Handler: handler}
//	err = server.Serve(ctx, ln)
//
// Bytes move by [endpoint.Relay]: between TCP connections they stay in the
// kernel. What goes in and out is counted in the record of the context,
// [flow.From].
//
// The chat's rooms are behind the interface [Rooms], so that its lines can go
// further than this process.
package stream
