package h1

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/netwright/netwright/http/message"
)

// Errors that say how far an exchange got, which decides whether it may be tried
// again.
var (
	// ErrStale: the connection had been closed by the other side while it was
	// idle, or held bytes nobody had asked for. Nothing was sent.
	ErrStale = errors.New("h1: the kept connection is no longer usable")
	// ErrNoAnswer: the request was sent, but the connection ended before the
	// first byte of an answer.
	ErrNoAnswer = errors.New("h1: the connection ended without an answer")
	// ErrCanceled: Cancel was called.
	ErrCanceled = errors.New("h1: the exchange was canceled")
	// ErrAnswerTimeout: the head of the answer did not come in time.
	ErrAnswerTimeout = errors.New("h1: no answer in time")
)

// ClientConfig limits what a client takes from a server. The zero value of a
// field means its default.
type ClientConfig struct {
	Head        int           // of an answer, bytes; default 64 KiB
	Fields      int           // in an answer's head; default 200
	Interim     int           // 1xx answers to one request; default 10
	BodyTimeout time.Duration // for the next part of an answer's body; default 60 s
	SendTimeout time.Duration // for the next part of a request to be taken; default 30 s
}

// SetDefaults fills what is zero.
func (c *ClientConfig) SetDefaults() {
	if c.Head == 0 {
		c.Head = 64 << 10
	}
	if c.Fields == 0 {
		c.Fields = 200
	}
	if c.Interim == 0 {
		c.Interim = 10
	}
	if c.BodyTimeout == 0 {
		c.BodyTimeout = time.Minute
	}
	if c.SendTimeout == 0 {
		c.SendTimeout = 30 * time.Second
	}
}

// Client speaks HTTP/1.1 to one server over one connection, one exchange at a
// time. Only Cancel may be called from another goroutine, and Send beside Receive.
type Client struct {
	// Cancel ends the exchange under way: what waits for the server returns
	// ErrCanceled, and the connection is of no further use. It is a field so that
	// to pass it on costs no allocation.
	Cancel func()

	conn net.Conn
	raw  syscall.RawConn // of a bare socket
	cfg  *ClientConfig
	dl   deadline
	sink sink

	step     func(fd uintptr) bool // exchangeDirect, made once
	request  []byte                // what step sends
	reply    *Reply                // what step reads into
	stepErr  error
	sent     bool
	answered atomic.Bool // the head of the answer is there
}

// Reply is an answer and the memory that it is read into. One may serve many
// exchanges after each other; it is not to be copied.
type Reply struct {
	message.Response
	body
	buf  []byte
	src  source
	kind bodyKind
}

// NewReply returns a Reply with a buffer of its own.
func NewReply() *Reply {
	return &Reply{
		Response: message.Response{Fields: make(message.Fields, 0, 24)},
		buf:      make([]byte, 2*headBuffer),
	}
}

// Body is the content of the answer, there after Receive.
func (r *Reply) Body() message.Body { return &r.body }

// Release gives back the buffers of the body.
func (r *Reply) Release() {
	r.body.done()
	if len(r.buf) > 4*headBuffer {
		r.buf = make([]byte, 2*headBuffer)
	}
}

// NewClient returns a client on a connection that is ready. d must be served by
// somebody; cfg is kept and may be shared.
func NewClient(conn net.Conn, d *Deadlines, cfg *ClientConfig) *Client {
	cfg.SetDefaults()
	c := &Client{conn: conn, raw: direct(conn), cfg: cfg}
	c.step = c.exchangeDirect
	c.Cancel = c.cancel
	c.sink = sink{conn: conn, dl: &c.dl, left: message.UnknownLength, timeout: cfg.SendTimeout}
	c.dl.conn = conn
	c.dl.pace(cfg.BodyTimeout, 0)
	d.add(&c.dl)
	return c
}

// Close closes the connection.
func (c *Client) Close() error {
	c.dl.clock.remove(&c.dl)
	return c.conn.Close()
}

// Conn is the connection, for a tunnel behind 101; what of it was read already is
// the reply's Rest.
func (c *Client) Conn() net.Conn { return c.conn }

// Leave stops watching the connection, which its taker owns from then on.
func (c *Client) Leave() net.Conn {
	c.dl.clock.remove(&c.dl)
	c.dl.set(phaseBusy, 0)
	c.conn.SetDeadline(time.Time{})
	return c.conn
}

// Rest is what was read behind the answer.
func (r *Reply) Rest() []byte { return r.body.source.buf[r.body.r:r.body.w] }

func (c *Client) cancel() {
	c.dl.canceled.Store(true)
	c.conn.SetDeadline(aLongTimeAgo)
}

// RoundTrip sends a request, head and body in request, and reads the head of the
// answer into reply, which must come within timeout. toHead says that the request
// is HEAD. Interim answers go to inform, which may be nil.
func (c *Client) RoundTrip(request []byte, reply *Reply, toHead bool, timeout time.Duration, inform func(*message.Response) error) error {
	if c.raw == nil {
		if err := c.Send(request); err != nil {
			return err
		}
		return c.Receive(reply, toHead, timeout, inform)
	}
	reply.begin(c)
	c.request, c.reply, c.sent, c.stepErr = request, reply, false, nil
	c.dl.set(phaseBusy, timeout)
	err := c.raw.Read(c.step)
	for err != nil && c.dl.late(err) && !c.sent {
		err = c.raw.Read(c.step)
	}
	rest := c.request
	c.request, c.reply = nil, nil
	if err == nil {
		err = c.stepErr
	}
	if err == errPartial {
		err = c.sink.write(rest)
	}
	if err != nil && !c.dl.late(err) {
		return c.failed(reply, err)
	}
	return c.receive(reply, toHead, inform)
}

// errPartial says that the socket took only a part of the request.
var errPartial = errors.New("h1: the request was sent in part")

// exchangeDirect runs under RawConn.Read. The poller was reset before it is
// called, so that whatever arrives from then on wakes it. Therefore the try to
// read that must come before any wait can come before the request is sent: it
// finds a connection that has gone stale, for the price of a call that would be
// made anyway.
func (c *Client) exchangeDirect(fd uintptr) bool {
	src := &c.reply.src
	n, errno := recv(fd, src.buf[src.w:])
	if !c.sent {
		if errno != syscall.EAGAIN {
			c.stepErr = ErrStale
			return true
		}
		c.sent = true
		n, errno := send(fd, c.request)
		switch {
		case errno == syscall.EAGAIN || errno == 0 && n < len(c.request):
			c.request = c.request[max(n, 0):]
			c.stepErr = errPartial
			return true
		case errno != 0:
			c.stepErr = errno
			return true
		}
		c.sink.n += int64(n)
		return false
	}
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		c.stepErr = errno
	case n == 0:
		c.stepErr = io.EOF
	default:
		src.w += n
		src.n += int64(n)
	}
	return true
}

// Send writes a request's head, and what of its body stands behind it. The rest
// of a body goes through SendBody.
func (c *Client) Send(request []byte) error {
	if c.stale() {
		return ErrStale
	}
	c.dl.set(phaseBusy, c.cfg.SendTimeout)
	defer c.dl.rest()
	if err := c.sink.write(request); err != nil {
		return c.failed(nil, err)
	}
	return nil
}

// stale says whether a kept connection was closed by the other side, or holds
// bytes nobody asked for. Below TLS those may be session tickets, so there only
// the close counts.
func (c *Client) stale() bool {
	if c.raw == nil {
		return hungUp(c.conn)
	}
	idle := false
	err := c.raw.Control(func(fd uintptr) {
		var b [1]byte
		_, errno := recv(fd, b[:])
		idle = errno == syscall.EAGAIN
	})
	return err != nil || !idle
}

// SendBody sends content of that length, UnknownLength for chunks; the head of the
// answer must come within timeout of its end. An error that is a *WriteError is
// the server's side; any other is content's.
func (c *Client) SendBody(content message.Body, length int64, timeout time.Duration) error {
	c.sink.left, c.sink.chunked = length, length == message.UnknownLength
	if _, err := c.sink.ReadFrom(content); err != nil {
		return err
	}
	if err := c.sink.finish(content.Trailers()); err != nil {
		return &WriteError{err}
	}
	c.dl.set(phaseBusy, timeout)
	if c.answered.Load() { // before the end, so that nothing is waited for
		c.dl.rest()
	}
	return nil
}

// Sent is the number of bytes written to the server so far.
func (c *Client) Sent() int64 { return c.sink.n }

// Receive reads the head of the answer to what Send sent.
func (c *Client) Receive(reply *Reply, toHead bool, timeout time.Duration, inform func(*message.Response) error) error {
	reply.begin(c)
	c.dl.set(phaseBusy, timeout)
	return c.receive(reply, toHead, inform)
}

// begin empties the reply for an exchange on c.
func (r *Reply) begin(c *Client) {
	c.answered.Store(false)
	r.Response.Reset()
	r.body.done()
	r.src = source{conn: c.conn, dl: &c.dl, buf: r.buf}
}

// receive reads until the head of a final answer is whole.
func (c *Client) receive(r *Reply, toHead bool, inform func(*message.Response) error) error {
	lim := limits{line: c.cfg.Head, head: c.cfg.Head, fields: c.cfg.Fields}
	for interim := 0; ; {
		n, kind, err := parseResponse(r.src.buf[:r.src.w], &r.Response, lim)
		switch {
		case err != nil:
			return err
		case n == 0:
			if err := r.more(); err != nil {
				return c.failed(r, err)
			}
			continue
		case r.Status >= 200 || r.Status == 101:
			if toHead {
				kind = bodyNone
			}
			rest := source{conn: c.conn, dl: &c.dl, buf: r.src.buf[n:], w: r.src.w - n, n: r.src.n}
			r.kind = kind
			r.body.start(rest, kind, r.Response.Length, -1, c.cfg.BodyTimeout, 0)
			c.answered.Store(true)
			c.dl.rest()
			return nil
		}
		if interim++; interim > c.cfg.Interim {
			return errInterim
		}
		if inform != nil {
			if err := inform(&r.Response); err != nil {
				return err
			}
		}
		r.src.w = copy(r.src.buf, r.src.buf[n:r.src.w])
		r.Response.Reset()
	}
}

// more reads on, into a larger buffer where this one is full.
func (r *Reply) more() error {
	if r.src.w == len(r.src.buf) {
		buf := make([]byte, 2*len(r.src.buf))
		copy(buf, r.src.buf)
		r.buf, r.src.buf = buf, buf
	}
	return r.src.fill()
}

// failed gives an error its meaning.
func (c *Client) failed(r *Reply, err error) error {
	switch {
	case c.dl.canceled.Load():
		return ErrCanceled
	case err == ErrStale:
		return err
	case isTimeout(err):
		return ErrAnswerTimeout
	case r == nil || r.src.w == 0:
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

// Reusable says whether the connection may carry another exchange: the answer was
// read to its end, nothing follows it, and the server wants to go on.
func (r *Reply) Reusable() bool {
	if !r.KeepAlive || r.src.dl.canceled.Load() || r.kind == bodyUntilClose || len(r.Rest()) > 0 {
		return false
	}
	return r.body.ended() || r.body.kind == bodyNone
}
