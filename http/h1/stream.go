package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/netwright/netwright/http/message"
)

// stream is one exchange of a server's connection. It is pooled with its
// buffers, and implements message.Stream.
type stream struct {
	c         *conn
	cfg       *Config // as it was when the exchange began
	keep      bool    // go on behind this exchange
	asked     bool    // it was the client that asked for the end
	responded bool
	continued bool // a client that expects 100 has its body sent, or was told to
	finished  bool
	noBody    bool // the answer has none, whatever the handler writes
	hijacked  bool
	cut       bool // the answer is incomplete; the close must show it

	req    message.Request
	body   body
	sink   sink
	ctx    context.Context
	cancel context.CancelFunc
	buf    []byte // what src reads into
	src    source // of the head; the body's begins where it ends
	path   []byte // scratch for a path that needs normalising

	// Where the client waits for 100 (Continue), the body's reader sends it, maybe
	// from another goroutine; never behind the answer, which begins under the lock.
	interim sync.Mutex
}

func newStream() *stream {
	return &stream{
		req:  message.Request{Fields: make(message.Fields, 0, 24)},
		buf:  make([]byte, headBuffer),
		path: make([]byte, 0, 256),
	}
}

// attach makes a pooled stream ready for an exchange on c.
func (st *stream) attach(c *conn) {
	st.c, st.cfg = c, c.srv.config.Load()
	st.src = source{conn: c.nc, dl: &c.dl, buf: st.buf}
	st.sink = sink{conn: c.nc, dl: &c.dl, left: message.UnknownLength, timeout: st.cfg.SendTimeout}
	if c.raw != nil {
		st.sink.direct = &c.direct
	}
	st.keep = true
}

// detach forgets the exchange; what grew beyond the usual is not kept.
func (st *stream) detach() {
	st.body.done()
	st.body = body{trailers: st.body.trailers[:0]}
	st.ended()
	if len(st.buf) > 4*headBuffer {
		st.buf = make([]byte, headBuffer)
	}
	st.reset()
}

func (st *stream) reset() {
	st.req.Reset()
	st.c, st.cfg, st.ctx, st.cancel = nil, nil, nil, nil
	st.sink.release()
	st.src, st.sink = source{}, sink{}
	st.keep, st.asked, st.responded = false, false, false
	st.finished, st.noBody, st.hijacked, st.cut, st.continued = false, false, false, false, false
}

// ended tells those who wait for the client that the exchange is over.
func (st *stream) ended() {
	c := st.c
	if st.cancel == nil && c.notify == nil {
		return
	}
	c.mu.Lock()
	c.notify, c.cancel = nil, nil
	c.mu.Unlock()
	if st.cancel != nil {
		st.cancel()
	}
}

// restart begins the next exchange with bytes that came behind the last one.
func (st *stream) restart(rest []byte) {
	c := st.c
	st.ended()
	if len(rest) > len(st.buf) {
		st.buf = make([]byte, len(rest))
	}
	n := copy(st.buf, rest)
	st.body.done()
	st.reset()
	st.attach(c)
	st.src.w, st.src.n = n, int64(n)
}

// readHead reads until the head is whole, and makes the body ready.
func (st *stream) readHead() error {
	done, err := st.parse()
	if done || err != nil {
		return err
	}
	c := st.c
	c.dl.reading(st.cfg.HeadTimeout)
	for {
		if st.src.w == len(st.buf) {
			st.grow()
		}
		if err := st.src.fill(); err != nil {
			if isTimeout(err) && !st.empty() && c.nc.SetReadDeadline(time.Time{}) == nil {
				return ErrHeadTimeout
			}
			return err
		}
		if done, err := st.parse(); done || err != nil {
			return err
		}
	}
}

// empty says whether of the head nothing has come but the empty line that some
// clients send behind a body.
func (st *stream) empty() bool {
	return st.buf[0] == '\r' && (st.src.w == 1 || st.src.w == 2 && st.buf[1] == '\n')
}

// parse tries to read the head, and says whether it was all there.
func (st *stream) parse() (bool, error) {
	c := st.c
	n, err := parseRequest(st.src.buf[:st.src.w], &st.req, st.cfg.limits(), st.path)
	if err != nil || n == 0 {
		return false, err
	}
	kind := bodyLength
	if st.req.Length == message.UnknownLength {
		kind = bodyChunked
	}
	if st.req.Upgrade || st.req.Form == message.AuthorityForm {
		st.keep = false // what stands behind it belongs to the protocol that may follow
	}
	rest := source{conn: c.nc, dl: &c.dl, buf: st.src.buf[n:], w: st.src.w - n, n: st.src.n}
	st.body.start(rest, kind, st.req.Length, st.cfg.Body, st.cfg.BodyTimeout, st.cfg.LeastRate)
	if st.body.err == ErrBodyTooLarge {
		return true, ErrBodyTooLarge
	}
	if st.req.Expect100 {
		st.body.begin = st.sendContinue
		st.continued = rest.w > 0
	}
	if !st.req.KeepAlive {
		st.keep, st.asked = false, true
	}
	return true, nil
}

// grow makes room for a head that is longer than most. The parser's limit ends it.
func (st *stream) grow() {
	buf := make([]byte, 2*len(st.buf))
	copy(buf, st.buf)
	st.buf, st.src.buf = buf, buf
}

// sendContinue tells a client that waits for leave to send its body.
func (st *stream) sendContinue() error {
	st.interim.Lock()
	defer st.interim.Unlock()
	if st.responded || st.continued {
		return nil
	}
	st.continued = true
	st.sink.hold()
	st.sink.out = append(st.sink.out, "HTTP/1.1 100 Continue\r\n\r\n"...)
	return st.sink.Flush()
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
	st.interim.Lock()
	defer st.interim.Unlock()
	st.sink.hold()
	st.sink.out = append(appendResponse(st.sink.out, r), "\r\n"...)
	return st.sink.Flush()
}

var (
	errResponded  = errors.New("h1: the request is answered already")
	errNotInterim = errors.New("h1: not the status of an interim answer")
	errNotFinal   = errors.New("h1: not the status of a final answer")
	errNotHead    = errors.New("h1: body written before the head")
)

// Respond implements message.Stream.
func (st *stream) Respond(r *message.Response, body []byte) error {
	if st.responded {
		return errResponded
	}
	if r.Status < 200 && r.Status != 101 || r.Status > 999 {
		return errNotFinal
	}
	s := &st.sink
	if !st.answered() || r.Status == 101 || st.c.draining() {
		st.keep = false
	}
	st.noBody = message.Bodiless(r.Status) || string(st.req.Method) == "HEAD"
	chunked := r.Length < 0 && st.req.Version != message.HTTP10 && !st.noBody
	if r.Length < 0 && !chunked && !st.noBody {
		st.keep = false // the close ends the body
	}
	s.hold()
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
	st.interim.Lock()
	defer st.interim.Unlock()
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

// end looks whether the answer is complete, and says whether another request may
// follow.
func (st *stream) end() bool {
	s := &st.sink
	if !st.responded || !st.finished && (s.left != 0 && !st.noBody) || s.finish(nil) != nil {
		st.cut = true
		s.Flush() // what there is of it
		return false
	}
	if !st.keep {
		return false
	}
	return st.drain()
}

// untilClose says whether the answer's end is the connection's.
func (st *stream) untilClose() bool {
	return st.responded && !st.noBody && st.sink.left < 0 && !st.sink.chunked
}

// quiet says whether nothing more is to be expected of the client: it has asked
// for the end of the connection and sent no more than its request.
func (st *stream) quiet() bool {
	return st.asked && st.body.ended() && st.body.r == st.body.w
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
	if l.SendTimeout != 0 {
		st.sink.timeout = l.SendTimeout
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
	c.notify = f
	if c.gone && f != nil {
		f()
	}
}

// Context implements message.Stream.
func (st *stream) Context() context.Context {
	if st.ctx == nil {
		st.ctx, st.cancel = context.WithCancel(context.WithoutCancel(st.c.ctx))
		c := st.c
		c.mu.Lock()
		defer c.mu.Unlock()
		c.cancel = st.cancel
		if c.gone {
			st.cancel()
		}
	}
	return st.ctx
}

// Conn implements message.Stream.
func (st *stream) Conn() net.Conn { return st.c.nc }

// TLS implements message.Stream.
func (st *stream) TLS() *tls.ConnectionState {
	secure, ok := st.c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	if st.c.tlsState == nil {
		state := secure.ConnectionState()
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
