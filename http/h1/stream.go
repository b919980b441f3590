package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"github.com/netwright/netwright/http/message"
)

// stream is one exchange of a server's connection. It is pooled with its
// buffers, and implements message.Stream.
type stream struct {
	c       *conn
	cfg     *Config // as it was when the exchange began
	req     message.Request
	body    body
	sink    sink
	src     source // of the head; the body's begins where it ends
	buf     []byte // what src reads into
	out     []byte // what sink holds back
	path    []byte // scratch for a path that needs normalising
	ctx     context.Context
	cancel  context.CancelFunc
	trailer bool // the answer is chunked, so that trailers can follow

	keep      bool // go on behind this exchange
	asked     bool // it was the client that asked for the end
	responded bool
	continued bool // a client that expects 100 has its body sent, or was told to
	finished  bool
	noBody    bool // the answer has none, whatever the handler writes
	hijacked  bool
	limited   bool // Limit was called
	cut       bool // the answer is incomplete; the close must show it
}

func newStream() *stream {
	return &stream{
		req:  message.Request{Fields: make(message.Fields, 0, 24)},
		buf:  make([]byte, headBuffer),
		out:  make([]byte, 0, headBuffer),
		path: make([]byte, 0, 256),
	}
}

// attach makes a pooled stream ready for an exchange on c.
func (st *stream) attach(c *conn) {
	st.c, st.cfg = c, c.srv.config.Load()
	st.src = source{conn: c.nc, dl: &c.dl, buf: st.buf}
	st.sink = sink{conn: c.nc, dl: &c.dl, out: st.out[:0], left: message.UnknownLength, timeout: st.cfg.SendTimeout}
	st.keep = true
}

// detach forgets the exchange; what grew beyond the usual is not kept.
func (st *stream) detach() {
	st.body.done()
	st.ended()
	st.unlimit()
	if len(st.buf) > 4*headBuffer {
		st.buf = make([]byte, headBuffer)
	}
	if out := st.sink.out; cap(out) <= 4*headBuffer && cap(out) >= cap(st.out) {
		st.out = out[:0]
	}
	st.reset()
}

func (st *stream) reset() {
	st.req.Reset()
	st.c, st.cfg, st.ctx, st.cancel = nil, nil, nil, nil
	st.src, st.sink = source{}, sink{}
	st.trailer, st.keep, st.asked, st.responded = false, false, false, false
	st.finished, st.noBody, st.hijacked, st.cut, st.continued = false, false, false, false, false
}

// ended tells those who wait for the client that the exchange is over.
func (st *stream) ended() {
	if st.cancel != nil {
		st.cancel()
	}
	if c := st.c; c != nil && c.cancel != nil {
		c.mu.Lock()
		c.cancel = nil
		c.mu.Unlock()
	}
}

// restart begins the next exchange with bytes that came behind the last one.
func (st *stream) restart(rest []byte) {
	c, out := st.c, st.sink.out
	st.ended()
	st.unlimit()
	if len(rest) > len(st.buf) {
		st.buf = make([]byte, len(rest))
	}
	n := copy(st.buf, rest)
	st.body.done()
	st.reset()
	st.out = out[:0]
	st.attach(c)
	st.src.w, st.src.n = n, int64(n)
}

// readHead reads until the head is whole, and makes the body ready.
func (st *stream) readHead() error {
	c := st.c
	if n, err := st.parse(0); n > 0 || err != nil {
		return err
	}
	c.dl.set(phaseBusy, st.cfg.HeadTimeout)
	for {
		if st.src.w == len(st.buf) {
			st.grow()
		}
		from := st.src.w
		if err := st.src.fill(); err != nil {
			if isTimeout(err) && c.nc.SetDeadline(time.Time{}) == nil {
				return ErrHeadTimeout
			}
			return err
		}
		if n, err := st.parse(from); n > 0 || err != nil {
			return err
		}
	}
}

// parse tries to read the head. from is what of the buffer is new.
func (st *stream) parse(from int) (int, error) {
	c := st.c
	n, err := parseRequest(st.src.buf[:st.src.w], &st.req, st.cfg.limits(), st.path)
	if err != nil || n == 0 {
		return 0, err
	}
	kind := bodyLength
	if st.req.Length == message.UnknownLength {
		kind = bodyChunked
	}
	if st.req.Upgrade {
		// What stands behind it belongs to the protocol that may follow.
		st.keep = false
		if st.req.Length == 0 {
			kind = bodyNone
		}
	}
	rest := source{conn: c.nc, dl: &c.dl, buf: st.src.buf[n:], w: st.src.w - n, n: st.src.n}
	st.body.start(rest, kind, st.req.Length, st.cfg.Body, st.cfg.BodyTimeout, st.cfg.LeastRate)
	if st.body.err == ErrBodyTooLarge {
		return n, ErrBodyTooLarge
	}
	if st.req.Expect100 {
		st.body.begin = st.sendContinue
		st.continued = rest.w > 0
	}
	if !st.req.KeepAlive {
		st.keep, st.asked = false, true
	}
	return n, nil
}

// grow makes room for a head that is longer than most. The parser's limit ends it.
func (st *stream) grow() {
	buf := make([]byte, 2*len(st.buf))
	copy(buf, st.buf)
	st.buf, st.src.buf = buf, buf
}

// sendContinue tells a client that waits for leave to send its body.
func (st *stream) sendContinue() error {
	c := st.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.responded || st.continued {
		return nil
	}
	st.continued = true
	_, err := c.nc.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	return err
}

// Request implements message.Stream.
func (st *stream) Request() *message.Request { return &st.req }

// Body implements message.Stream.
func (st *stream) Body() message.Body { return &st.body }

// Inform implements message.Stream. A client of HTTP/1.0 is not sent any.
func (st *stream) Inform(r *message.Response) error {
	if st.responded {
		return errResponded
	}
	if r.Status < 100 || r.Status > 199 || r.Status == 101 {
		return errNotInterim
	}
	if st.req.Version == message.HTTP10 {
		return nil
	}
	if r.Status == 100 {
		return st.sendContinue()
	}
	st.sink.out = append(appendResponse(st.sink.out, r), "\r\n"...)
	return st.sink.Flush()
}

var (
	errResponded  = errors.New("h1: the request is answered already")
	errNotInterim = errors.New("h1: not the status of an interim answer")
	errNotHead    = errors.New("h1: body written before the head")
)

// Respond implements message.Stream.
func (st *stream) Respond(r *message.Response, body []byte) error {
	if st.responded {
		return errResponded
	}
	s := &st.sink
	if st.c.draining() || !st.answered() {
		st.keep = false
	}
	st.noBody = message.Bodiless(r.Status) || string(st.req.Method) == "HEAD"
	chunked := r.Length < 0 && st.req.Version != message.HTTP10 && !st.noBody
	if r.Length < 0 && !chunked && !st.noBody {
		st.keep = false // the close ends the body
	}
	s.out = appendResponse(s.out, r)
	if !r.Fields.Has(message.Date) {
		s.out = append(s.out, "Date: "...)
		s.out = append(s.out, st.c.dl.clock.Date()...)
		s.out = append(s.out, "\r\n"...)
	}
	switch {
	case r.Status == 101:
		s.out = append(s.out, "Connection: upgrade\r\n"...)
	case st.noBody && (r.Status == 204 || r.Length < 0 || r.Status == 304 && r.Length == 0):
		s.appendFraming(message.UnknownLength, false)
	default:
		s.appendFraming(r.Length, chunked)
	}
	st.trailer = chunked
	if r.Status != 101 {
		s.out = st.appendConnection(s.out)
	}
	s.out = append(s.out, "\r\n"...)
	if st.noBody {
		s.left = message.UnknownLength
		return nil
	}
	if len(body) > 0 {
		if _, err := s.Write(body); err != nil {
			return err
		}
	}
	if s.left == 0 || r.Status == 101 {
		return s.Flush()
	}
	return nil
}

// answered notes that the answer has begun. It returns false where the client was
// not told to go on: nobody knows then whether its body follows.
func (st *stream) answered() bool {
	if !st.req.Expect100 {
		st.responded = true
		return true
	}
	st.c.mu.Lock()
	defer st.c.mu.Unlock()
	st.responded = true
	return st.continued
}

func (st *stream) appendConnection(dst []byte) []byte {
	switch {
	case !st.keep:
		return append(dst, "Connection: close\r\n"...)
	case st.req.Version == message.HTTP10:
		return append(dst, "Connection: keep-alive\r\n"...)
	}
	return dst
}

// Write implements message.Stream.
func (st *stream) Write(p []byte) (int, error) {
	switch {
	case !st.responded:
		return 0, errNotHead
	case st.noBody:
		return len(p), nil
	}
	return st.sink.Write(p)
}

// ReadFrom implements message.Stream.
func (st *stream) ReadFrom(r io.Reader) (int64, error) {
	switch {
	case !st.responded:
		return 0, errNotHead
	case st.noBody:
		return 0, nil
	}
	return st.sink.ReadFrom(r)
}

// Flush implements message.Stream.
func (st *stream) Flush() error { return st.sink.Flush() }

// Finish implements message.Stream.
func (st *stream) Finish(trailers message.Fields) error {
	if !st.responded || st.finished {
		return nil
	}
	st.finished = true
	return st.sink.finish(trailers)
}

// end finishes the answer and says whether another request may follow.
func (st *stream) end() bool {
	if !st.responded || st.Finish(nil) != nil || st.sink.err != nil {
		st.cut = true
		return false
	}
	if !st.keep {
		return false
	}
	return st.drain()
}

// mostDrained is how much of a body that nobody read is read to keep a
// connection.
const mostDrained = 64 << 10

// drain reads the rest of the request, if it is short.
func (st *stream) drain() bool {
	b := &st.body
	if b.ended() {
		return true
	}
	if st.req.Expect100 && !st.continued || b.left > mostDrained {
		return false
	}
	for n := 0; n <= mostDrained; {
		p, err := b.next(true)
		if err == io.EOF {
			return true
		}
		if err != nil {
			return false
		}
		n += len(p)
		b.Discard(len(p))
	}
	return false
}

// Hijack implements message.Stream.
func (st *stream) Hijack() (net.Conn, []byte, error) {
	if err := st.sink.Flush(); err != nil {
		return nil, nil, err
	}
	st.hijacked = true
	c := st.c
	c.srv.clock.remove(&c.dl)
	c.dl.set(phaseBusy, 0)
	c.nc.SetDeadline(time.Time{})
	return c.nc, st.body.buf[st.body.r:st.body.w], nil
}

// Close implements message.Stream.
func (st *stream) Close() { st.keep = false }

// Limit implements message.Stream.
func (st *stream) Limit(l message.Limits) {
	b := &st.body
	if l.Body != 0 {
		b.most = l.Body
		if b.kind == bodyLength && b.err == nil && l.Body >= 0 && b.left > l.Body {
			b.err = ErrBodyTooLarge
			st.keep = false
		}
	}
	if l.BodyTimeout != 0 {
		b.timeout = l.BodyTimeout
	}
	if l.LeastRate != 0 {
		b.least = max(l.LeastRate, 0)
	}
	st.c.dl.pace(b.timeout, b.least)
	st.limited = true
	if l.SendTimeout != 0 {
		st.sink.timeout = l.SendTimeout
	}
}

// unlimit lets the connection go by the server's limits again.
func (st *stream) unlimit() {
	if st.limited {
		st.limited = false
		st.c.dl.pace(st.cfg.BodyTimeout, st.cfg.LeastRate)
	}
}

// Abort implements message.Stream.
func (st *stream) Abort() {
	st.keep = false
	st.c.dl.canceled.Store(true)
	st.c.nc.SetReadDeadline(aLongTimeAgo)
}

// NotifyGone implements message.Stream.
func (st *stream) NotifyGone(f func()) {
	c := st.c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = f
	if c.gone && f != nil {
		f()
	}
}

// Context implements message.Stream.
func (st *stream) Context() context.Context {
	if st.ctx == nil {
		st.ctx, st.cancel = context.WithCancel(context.WithoutCancel(st.c.ctx))
		st.NotifyGone(st.cancel)
	}
	return st.ctx
}

// Conn implements message.Stream.
func (st *stream) Conn() net.Conn { return st.c.nc }

// TLS implements message.Stream.
func (st *stream) TLS() *tls.ConnectionState {
	if st.c.tls == nil {
		return nil
	}
	if st.c.tlsState == nil {
		state := st.c.tls.ConnectionState()
		st.c.tlsState = &state
	}
	return st.c.tlsState
}

// Sent implements message.Stream.
func (st *stream) Sent() int64 { return st.sink.n }

// Received implements message.Stream.
func (st *stream) Received() int64 {
	if st.body.conn == nil {
		return st.src.n
	}
	return st.body.n - int64(st.body.w-st.body.r)
}
