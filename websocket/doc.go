// Package websocket is the WebSocket protocol (RFC 6455) with per-message
// compression (RFC 7692), as a server and as a client, over any [net.Conn].
//
// A server upgrades an HTTP request and reads messages until the peer closes:
//
//	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
//		c, err := websocket.Upgrade(w, r, nil)
//		if err != nil {
//			return // the client has its answer already
//		}
//		defer c.CloseNow()
//		for {
//			typ, p, err := c.Read(r.Context())
//			if err != nil {
//				return
//			}
//			if err := c.Write(r.Context(), typ, p); err != nil {
//				return
//			}
//		}
//	})
//
// [Dial] makes the client side of a connection that is already dialled, and
// [Accept] serves one without net/http. [Conn.NetConn] turns a connection into
// a stream of bytes. [Prepare] encodes (and compresses) a message once that
// many connections are sent, and [Conn.Queue] hands it over without waiting:
// what has queued up goes out in one write.
//
// An idle connection holds no buffer: on a bare TCP or Unix connection the
// reader waits for readability with none in its hands. Pings, pongs and the
// close handshake are answered while a Read is in progress, so one goroutine
// should always be reading; [Config.Ping] is kept by that same goroutine.
//
// The package does not speak HTTP/2 (RFC 8441) and does not follow redirects.
package websocket
