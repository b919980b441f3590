package endpoint

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/netwright/netwright/websocket"
)

// startWebSocket is the client's opening handshake over conn, which it closes
// on failure.
func (d *Dialer) startWebSocket(ctx context.Context, u *URL, conn net.Conn) (net.Conn, error) {
	start := time.Now()
	target, err := url.Parse(u.Scheme + "://" + u.Authority() + u.Path)
	if err != nil {
		conn.Close()
		return nil, fail(u, StepWebSocket, err)
	}
	target.RawQuery, target.User = u.Query, u.User
	ws, err := websocket.Dial(ctx, conn, target, nil, d.WebSocket)
	if err != nil {
		conn.Close()
		return nil, fail(u, StepWebSocket, err)
	}
	d.tell(StepWebSocket, start, "%s", target.RequestURI())
	return ws.NetConn(context.WithoutCancel(ctx)), nil
}

// wsListener gives connections whose opening handshake, and that of TLS below,
// is still to be made, as tls.Listener does.
type wsListener struct {
	net.Listener
	path   string // "" takes any
	config *websocket.Config
}

func (l *wsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &wsConn{Conn: conn, listener: l}, nil
}

func (l *wsListener) SetDeadline(t time.Time) error { return setDeadline(l.Listener, t) }

// serverConfig is the listener's, with a check of the path.
func (l *wsListener) serverConfig() *websocket.Config {
	config := new(websocket.Config)
	if l.config != nil {
		*config = *l.config
	}
	if also := config.Check; l.path != "" {
		config.Check = func(r *http.Request) error {
			if r.URL.EscapedPath() != l.path {
				return &websocket.HandshakeError{Status: http.StatusNotFound, Reason: "nothing is served here"}
			}
			if also != nil {
				return also(r)
			}
			return nil
		}
	}
	return config
}

// wsConn is the server's side of a WebSocket stream. The embedded connection is
// the one below it; reads and writes go through stream once the handshake is
// made, which the first of them does if nobody did before.
type wsConn struct {
	net.Conn
	listener *wsListener

	once   sync.Once
	stream net.Conn // set by once, nil if err is
	err    error

	mu   sync.Mutex // guards what Close and a handshake in progress share
	open net.Conn   // stream, when it is there
	shut bool
}

// HandshakeContext makes the handshakes of TLS and WebSocket; further calls give
// the same result.
func (c *wsConn) HandshakeContext(ctx context.Context) error {
	c.once.Do(func() {
		if c.err = Handshake(ctx, c.Conn); c.err != nil {
			return
		}
		ws, _, err := websocket.Accept(ctx, c.Conn, c.listener.serverConfig())
		if err != nil {
			c.err = err
			return
		}
		c.stream = ws.NetConn(context.WithoutCancel(ctx))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open = c.stream
		if c.shut {
			c.Conn.Close()
		}
	})
	return c.err
}

// NetConn is the connection below: a *net.TCPConn, or a *tls.Conn for wss.
func (c *wsConn) NetConn() net.Conn { return c.Conn }

func (c *wsConn) ready() error {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	return c.HandshakeContext(ctx)
}

func (c *wsConn) Read(p []byte) (int, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	return c.stream.Read(p)
}

func (c *wsConn) Write(p []byte) (int, error) {
	if err := c.ready(); err != nil {
		return 0, err
	}
	return c.stream.Write(p)
}

// Close makes the closing handshake where the opening one was made.
func (c *wsConn) Close() error {
	c.mu.Lock()
	c.shut = true
	open := c.open
	c.mu.Unlock()
	if open != nil {
		return open.Close()
	}
	return c.Conn.Close()
}

// upper is what deadlines are for: the stream, or before it is there the
// connection below.
func (c *wsConn) upper() net.Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open != nil {
		return c.open
	}
	return c.Conn
}

func (c *wsConn) SetDeadline(t time.Time) error      { return c.upper().SetDeadline(t) }
func (c *wsConn) SetReadDeadline(t time.Time) error  { return c.upper().SetReadDeadline(t) }
func (c *wsConn) SetWriteDeadline(t time.Time) error { return c.upper().SetWriteDeadline(t) }
