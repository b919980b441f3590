package h1

import (
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/netwright/netwright/http/message"
)

// Errors that say how far an exchange got, which decides whether it may be tried
// again.
var (
	// ErrStale: a connection that has been used before was closed by the other
	// side while it was idle, or held bytes nobody had asked for. Nothing was sent.
	ErrStale = errors.New("h1: the kept connection is no longer usable")
	// ErrNoAnswer: the request was sent, but the connection ended before the
	// first byte of an answer.
	ErrNoAnswer = errors.New("h1: the connection ended without an answer")
	// ErrCanceled: Cancel was called.
	ErrCanceled = errors.New("h1: the exchange was canceled")
	// ErrAnswerTimeout: the head of the answer did not come in time.
	ErrAnswerTimeout = errors.New("h1: no answer in time")

	errUnusable = errors.New("a new connection was closed, or spoken on, before anything was sent")
)

// ClientConfig limits what a client takes from a server. The zero value of a
// field means its default; less than zero means no limit.
type ClientConfig struct {
	Head        int           // of an answer, bytes; default 64 KiB
	Fields      int           // in an answer's head; default 200
	Interim     int           // 1xx answers to one request; default 10
	BodyTimeout time.Duration // for the next part of an answer's body; default 60 s
	SendTimeout time.Duration // for the next part of a request to be taken; default 30 s
}

// SetDefaults fills what is zero.
func (c *ClientConfig) SetDefaults() {
	setCount(&c.Head, 64<<10)
	setCount(&c.Fields, 200)
	setCount(&c.Interim, 10)
	setTime(&c.BodyTimeout, time.Minute)
	setTime(&c.SendTimeout, 30*time.Second)
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

	step     func(fd uintptr) bool // exchangeDirect, made once
	request  []byte                // what step sends
	reply    *Reply                // what step has read
	stepErr  error
	eager    eagerness
	lent     *[headBuffer]byte // what Buffer gave
	sent     bool
	used     bool        // not its first exchange
	owed     atomic.Bool // of the request's body something was not sent yet
	answered atomic.Bool // the head of the answer is there
	probe    [1]byte

	dl   deadline
	sink sink
}

// Reply is an answer and the memory that it was read into, all of which is taken
// when the bytes are there: so few are ever in use, and those stay in the
// processor's caches however many exchanges are under way.
type Reply struct {
	message.Response
	body
	src    source
	kind   bodyKind
	from   *Client
	fields [24]message.Field // what Fields begins in
	memory [2 * headBuffer]byte
}

var replies = sync.Pool{New: func() any { return new(Reply) }}

// newReply is an empty Reply to read an answer into.
func (c *Client) newReply() *Reply {
	r := replies.Get().(*Reply)
	r.from = c
	r.Response.Fields = r.fields[:0]
	r.src = source{conn: c.conn, dl: &c.dl, buf: r.memory[:]}
	return r
}

// Body is the content of the answer.
func (r *Reply) Body() message.Body { return &r.body }

// Release gives back the memory of the answer, whose head and body are gone then.
// It is called once.
func (r *Reply) Release() {
	r.body.done()
	r.body.conn, r.body.dl = nil, nil
	r.Response, r.src, r.from = message.Response{}, source{}, nil
	replies.Put(r)
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
	d.add(&c.dl)
	return c
}

// Use sets the limits for the exchanges to come. cfg has its defaults set, is kept
// and may be shared.
func (c *Client) Use(cfg *ClientConfig) {
	c.cfg, c.sink.timeout = cfg, cfg.SendTimeout
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
	c.conn.SetDeadline(time.Time{})
	return c.conn
}

// Rest is what was read behind the answer.
func (r *Reply) Rest() []byte { return r.body.source.buf[r.body.r:r.body.w] }

func (c *Client) cancel() {
	c.dl.canceled.Store(true)
	c.conn.SetDeadline(aLongTimeAgo)
}

// Buffer is an empty buffer to make the next request in. The client has it back as
// soon as the request is sent.
func (c *Client) Buffer() []byte {
	if c.lent == nil {
		c.lent = headBuffers.Get().(*[headBuffer]byte)
	}
	return c.lent[:0]
}

func (c *Client) takeBack() {
	if c.lent != nil {
		headBuffers.Put(c.lent)
		c.lent = nil
	}
}

// RoundTrip sends a request, head and body in request, and reads the head of the
// answer, which must come within timeout. toHead says that the request is HEAD.
// Interim answers go to inform, which may be nil. The reply is to be released.
func (c *Client) RoundTrip(request []byte, toHead bool, timeout time.Duration, inform func(*message.Response) error) (*Reply, error) {
	if c.raw == nil {
		if err := c.Send(request); err != nil {
			return nil, err
		}
		c.owed.Store(false)
		return c.Receive(toHead, timeout, inform)
	}
	c.request, c.sent, c.stepErr = request, false, nil
	c.dl.reading(timeout)
	err := c.raw.Read(c.step)
	for err != nil && !c.sent && c.dl.lateRead(err) {
		err = c.raw.Read(c.step)
	}
	rest, reply := c.request, c.reply
	c.request, c.reply = nil, nil
	if err == nil {
		err = c.stepErr
	}
	if err == errPartial {
		err = c.sink.write(rest)
		c.dl.reading(timeout)
	}
	c.takeBack()
	if err != nil && !c.dl.lateRead(err) {
		return nil, c.failed(reply, err)
	}
	if reply == nil {
		reply = c.newReply()
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
	if c.sent {
		return c.recvDirect(fd)
	}
	if _, errno := recv(fd, c.probe[:]); errno != syscall.EAGAIN {
		c.stepErr = ErrStale
		return true
	}
	if !c.sendDirect(fd) {
		return true
	}
	if !c.eager.worth() {
		return false
	}
	runtime.Gosched() // what others do meanwhile may give the server its time
	answered := c.recvDirect(fd)
	c.eager.learn(answered)
	return answered
}

// sendDirect sends the request. It returns false when that is not all there is to
// it.
func (c *Client) sendDirect(fd uintptr) bool {
	c.sent = true
	n, errno := send(fd, c.request)
	if errno == 0 {
		c.sink.n += int64(n)
		c.request = c.request[n:]
	}
	switch {
	case errno != 0 && errno != syscall.EAGAIN:
		c.stepErr = ErrStale
	case len(c.request) > 0:
		c.stepErr = errPartial
	default:
		c.takeBack()
		return true
	}
	return false
}

// recvDirect reads what there is of the answer, and returns false when there is
// nothing.
func (c *Client) recvDirect(fd uintptr) bool {
	r := c.newReply()
	n, errno := recv(fd, r.src.buf)
	if errno == 0 && n > 0 {
		r.src.w, r.src.n = n, int64(n)
		c.reply = r
		return true
	}
	r.Release()
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		c.stepErr = errno
	default:
		c.stepErr = io.EOF
	}
	return true
}

// eagerness decides whether to look for an answer before waiting for it. Where the
// machine is busy it is mostly there, and the wait, which costs more than the
// look, is saved; where it mostly is not, only now and then is it looked for.
type eagerness int8

func (e *eagerness) worth() bool {
	if *e >= 0 {
		return true
	}
	*e++
	return false
}

func (e *eagerness) learn(there bool) {
	if there {
		*e = min(*e+1, 4)
	} else {
		*e -= 8
	}
}

// Send writes a request's head, and what of its body stands behind it. The rest
// of a body goes through SendBody, which must follow.
func (c *Client) Send(request []byte) error {
	defer c.takeBack()
	if c.stale() {
		return c.failed(nil, ErrStale)
	}
	c.owed.Store(true)
	c.answered.Store(false)
	c.dl.in.at.Store(0)
	if err := c.sink.write(request); err != nil {
		return c.failed(nil, err)
	}
	return nil
}

// stale says whether a kept connection was closed by the other side, or holds
// bytes nobody asked for.
func (c *Client) stale() bool {
	if c.raw == nil {
		return c.staleAbove()
	}
	idle := false
	err := c.raw.Control(func(fd uintptr) {
		_, errno := recv(fd, c.probe[:])
		idle = errno == syscall.EAGAIN
	})
	return err != nil || !idle
}

// staleAbove is stale for a connection above a socket, as TLS is. What the socket
// holds may be for that layer alone, such as a session ticket, so the layer is
// asked; and what it holds itself it gives whatever the deadline.
func (c *Client) staleAbove() bool {
	if gone := hungUp(c.conn); gone || !c.used {
		return gone
	}
	until := aLongTimeAgo
	if ready(c.conn, pollIn) {
		until = time.Now().Add(time.Millisecond)
	}
	if c.conn.SetReadDeadline(until) != nil {
		return true
	}
	n, err := c.conn.Read(c.probe[:])
	return n > 0 || !isTimeout(err) || c.conn.SetReadDeadline(time.Time{}) != nil || c.dl.canceled.Load()
}

// SendBody sends content of that length, UnknownLength for chunks; the head of the
// answer must come within timeout of its end. An error that is a *WriteError is
// the server's side; any other is content's.
func (c *Client) SendBody(content message.Body, length int64, timeout time.Duration) error {
	err := c.sendBody(content, length)
	due := c.dl.after(phaseBusy, timeout)
	c.dl.in.at.Store(due)
	if c.answered.Load() { // before the end, so that nothing is waited for
		c.dl.in.at.CompareAndSwap(due, 0)
	}
	return err
}

func (c *Client) sendBody(content message.Body, length int64) error {
	c.sink.left, c.sink.chunked = length, length == message.UnknownLength
	if _, err := c.sink.ReadFrom(content); err != nil {
		return err
	}
	if err := c.sink.finish(content.Trailers()); err != nil {
		return &WriteError{err}
	}
	c.owed.Store(false)
	return nil
}

// Sent is the number of bytes written to the server so far.
func (c *Client) Sent() int64 { return c.sink.n }

// Receive reads the head of the answer to what Send sent. The reply is to be
// released.
func (c *Client) Receive(toHead bool, timeout time.Duration, inform func(*message.Response) error) (*Reply, error) {
	if !c.owed.Load() { // else SendBody bounds itself, and then the wait
		c.dl.reading(timeout)
	}
	return c.receive(c.newReply(), toHead, inform)
}

// receive makes r a final answer, or releases it.
func (c *Client) receive(r *Reply, toHead bool, inform func(*message.Response) error) (*Reply, error) {
	if err := c.readHead(r, toHead, inform); err != nil {
		r.Release()
		return nil, err
	}
	return r, nil
}

// readHead reads until the head of a final answer is whole.
func (c *Client) readHead(r *Reply, toHead bool, inform func(*message.Response) error) error {
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
			c.used = true
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
		r.src.buf = buf
	}
	return r.src.fill()
}

// failed gives an error its meaning.
func (c *Client) failed(r *Reply, err error) error {
	switch {
	case c.dl.canceled.Load():
		return ErrCanceled
	case err == ErrStale && c.used:
		return err
	case err == ErrStale:
		return fmt.Errorf("%w: %w", ErrNoAnswer, errUnusable)
	case isTimeout(err):
		return ErrAnswerTimeout
	case r == nil || r.src.w == 0:
		return fmt.Errorf("%w: %w", ErrNoAnswer, err)
	case err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

// Reusable says whether the connection may carry another exchange: the request was
// sent and the answer read to its end, nothing follows it, and the server wants
// to go on. It is asked before Release.
func (r *Reply) Reusable() bool {
	if !r.KeepAlive || r.Status == 101 || r.from.owed.Load() || r.src.dl.canceled.Load() || r.kind == bodyUntilClose || len(r.Rest()) > 0 {
		return false
	}
	return r.body.ended() || r.body.kind == bodyNone
}
