package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// NetConn returns the connection as a stream of bytes: each Write is a binary
// message, and Read reads through the messages' bounds and takes them of any
// length. The peer's normal closure is io.EOF; a text message is refused with
// UnsupportedData. When ctx ends, reads and writes fail. The stream has no
// half-close, since WebSocket has none.
func (c *Conn) NetConn(ctx context.Context) net.Conn {
	c.limit = -1
	return &netConn{c: c, ctx: ctx}
}

type netConn struct {
	c   *Conn
	ctx context.Context

	mu      sync.Mutex // one Read at a time
	message io.Reader
}

func (n *netConn) Read(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for {
		if n.message == nil {
			typ, r, err := n.c.Reader(n.ctx)
			if err != nil {
				return 0, endOfStream(err)
			}
			if typ != Binary {
				fault := violation(UnsupportedData, "text message on a stream of binary ones")
				n.c.in.mu.Lock()
				defer n.c.in.mu.Unlock()
				return 0, n.c.failRead(fault)
			}
			n.message = r
		}
		if len(p) == 0 {
			return 0, nil
		}
		m, err := n.message.Read(p)
		if err == io.EOF {
			n.message, err = nil, nil
		}
		if m > 0 || err != nil {
			return m, endOfStream(err)
		}
	}
}

func endOfStream(err error) error {
	if e, ok := errors.AsType[*CloseError](err); ok && !e.Local {
		switch e.Code {
		case NormalClosure, GoingAway, NoStatus:
			return io.EOF
		}
	}
	return err
}

func (n *netConn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if err := n.c.Write(n.ctx, Binary, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close makes the close handshake; one that the peer does not answer is no
// error of the stream.
func (n *netConn) Close() error {
	if err := n.c.Close(NormalClosure, ""); err != nil && !errors.Is(err, errNoClose) {
		return err
	}
	return nil
}

func (n *netConn) LocalAddr() net.Addr  { return n.c.LocalAddr() }
func (n *netConn) RemoteAddr() net.Addr { return n.c.RemoteAddr() }

func (n *netConn) SetDeadline(t time.Time) error {
	n.c.in.due.setLimit(t)
	n.c.out.due.setLimit(t)
	return nil
}

func (n *netConn) SetReadDeadline(t time.Time) error {
	n.c.in.due.setLimit(t)
	return nil
}

func (n *netConn) SetWriteDeadline(t time.Time) error {
	n.c.out.due.setLimit(t)
	return nil
}
