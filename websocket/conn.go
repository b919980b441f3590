package websocket

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Conn is a WebSocket connection. Its methods may be called concurrently,
// except that Read and Reader (and the reader that it returned) belong to one
// goroutine at a time. Pings and the close handshake are answered by that
// goroutine, so one should be in Read as long as the connection lives.
type Conn struct {
	conn        net.Conn
	client      bool
	cfg         *Config
	limit       int64 // bytes of a message; negative for none
	subprotocol string
	deflate     deflateParams

	in  inbound
	out outbound

	pings   pings
	over    chan struct{} // closed when the connection is
	once    sync.Once
	answers atomic.Bool // the peer sent its close frame
}

// NewConn makes a connection of one whose opening handshake is done. buffered
// is what was read beyond it and is copied. Compression is off; Upgrade,
// Accept and Dial negotiate it.
func NewConn(conn net.Conn, buffered []byte, client bool, cfg *Config) *Conn {
	return newConn(conn, buffered, client, cfg.withDefaults(), handshake{})
}

func newConn(conn net.Conn, buffered []byte, client bool, cfg *Config, h handshake) *Conn {
	c := &Conn{
		conn:        conn,
		client:      client,
		cfg:         cfg,
		limit:       cfg.MaxMessage,
		subprotocol: h.subprotocol,
		deflate:     h.deflate,
		over:        make(chan struct{}),
	}
	c.in.due.conn = conn
	c.out.due.conn, c.out.due.write = conn, true
	c.out.turn = make(chan struct{}, 1)
	c.out.flushed.L = &c.out.mu
	if len(buffered) > 0 {
		c.in.buf = getBuffer(len(buffered))
		c.in.end = copy(c.in.buf, buffered)
	}
	if sc, ok := conn.(syscall.Conn); ok && canTryRead {
		if raw, err := sc.SyscallConn(); err == nil {
			c.in.raw, c.in.try = raw, c.tryRead
		}
	}
	return c
}

// Subprotocol returns the subprotocol that was agreed on, or "".
func (c *Conn) Subprotocol() string { return c.subprotocol }

// Compressed reports whether compression was agreed on.
func (c *Conn) Compressed() bool { return c.deflate.on }

// LocalAddr returns the address of this side.
func (c *Conn) LocalAddr() net.Addr { return c.conn.LocalAddr() }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.conn.RemoteAddr() }

// Done is closed when the connection is.
func (c *Conn) Done() <-chan struct{} { return c.over }

// Close sends a close frame, waits up to Config.CloseTimeout for the peer's,
// and closes the connection. A code of 0 means NormalClosure; NoStatus sends
// a frame without a code. Messages that arrive meanwhile are dropped, unless a
// Read in progress takes them. Close after the peer has closed returns nil.
func (c *Conn) Close(code Code, reason string) error {
	if code == 0 {
		code = NormalClosure
	}
	if code != NoStatus && !code.onWire() {
		code = InternalError
	}
	err := c.sendClose(code, reason)
	if err == nil {
		err = c.awaitClose()
	}
	c.shutdown(err == nil && c.client)
	c.out.settle()
	if c.answers.Load() {
		return nil
	}
	return err
}

// CloseNow closes the connection without a handshake. It is safe to call
// after Close, so a deferred CloseNow is always right.
func (c *Conn) CloseNow() error {
	c.shutdown(false)
	c.out.settle()
	return nil
}

// awaitClose waits for the peer's close frame.
func (c *Conn) awaitClose() error {
	wait := c.cfg.CloseTimeout
	c.in.due.setLimit(time.Now().Add(wait))
	if c.in.mu.TryLock() {
		defer c.in.mu.Unlock()
		return c.discardToClose()
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	select { // the Read in progress sees the close frame
	case <-c.over:
		return nil
	case <-timeout.C:
		return errNoClose
	}
}

var errNoClose = errors.New("websocket: the peer did not answer the close frame in time")

// discardToClose reads until the peer's close frame. It is called with in.mu
// held.
func (c *Conn) discardToClose() error {
	c.in.detach()
	err := c.in.due.begin(context.Background())
	for err == nil {
		if err = c.in.err; err == nil {
			err = c.skipMessage(context.Background())
		}
		if err == nil {
			_, err = c.nextMessage(context.Background())
		}
	}
	if e, ok := errors.AsType[*CloseError](err); ok && !e.Local {
		return nil
	}
	if isTimeout(err) {
		return errNoClose
	}
	return err
}

// shutdown closes the connection below, once. With linger it gives the peer a
// moment to close first, so that unread bytes do not turn the close into a
// reset that destroys the close frame on its way.
func (c *Conn) shutdown(linger bool) {
	c.once.Do(func() {
		if linger {
			c.linger()
		}
		c.conn.Close()
		close(c.over)
		c.in.due.end()
		c.out.end()
	})
}

// linger half-closes a server's side, then drops what still arrives, for a
// second at most.
func (c *Conn) linger() {
	const most = 256 << 10
	_ = c.conn.SetDeadline(time.Now().Add(min(time.Second, c.cfg.CloseTimeout)))
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && !c.client {
		if half.CloseWrite() != nil {
			return
		}
	}
	b := getBuffer(smallBuffer)
	defer putBuffer(b)
	for n := 0; n < most; {
		m, err := c.conn.Read(b)
		if err != nil {
			return
		}
		n += m
	}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && t.Timeout() || errors.Is(err, context.Canceled)
}

// broken turns the end of the connection below into the error that users see.
func broken(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
