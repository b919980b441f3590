// Package endpoint turns a URL into a listener or a connection.
//
// One grammar serves for listening and dialling: tcp, tls, udp, unix, ws, wss,
// http, https, fd, stdio and exec, with options as query parameters. What comes
// back are the standard types, so that nothing else in the program needs to
// know where bytes come from:
//
//	ln, err := endpoint.Listen(ctx, u, nil)    // u from endpoint.Parse("tls://:8443?cert=a.pem&key=a.key")
//	conn, err := endpoint.Dial(ctx, "tls://db.example.com:5433?via=socks5://10.0.0.1:1080")
//
// A plain TCP endpoint gives the bare *net.TCPConn, also behind a proxy, so
// that io.Copy between two of them stays in the kernel. [Sessions] makes a
// listener of a packet socket. [Server] is the accept loop that every service
// of the house uses.
//
// http and https endpoints are the transport alone: the bytes of HTTP are the
// affair of whoever reads the connection.
//
// Every failure is an [*Error]: the endpoint, the step that failed and what to
// try.
package endpoint
