package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/netwright/netwright/http/message"
)

// Handler answers the requests of a server. Both methods run on the goroutine of
// the connection and own the stream until they return.
type Handler interface {
	// ServeStream answers a request.
	ServeStream(ctx context.Context, st message.Stream)
	// Refuse answers a head that broke a rule. Of the request only what was read
	// before the breach is there; RawPath may be the target as far as it was read,
	// with its query. The connection is closed behind the answer.
	Refuse(ctx context.Context, st message.Stream, broken *message.Error)
}

// Server serves HTTP/1 on connections that others accept. Its methods may be
// called from many goroutines.
type Server struct {
	handler Handler
	clock   *Deadlines
	config  atomic.Pointer[Config]
	pool    sync.Pool    // of *stream
	idle    atomic.Int64 // connections that wait for a request and keep their worker
}

// NewServer makes a server. Somebody must run the clock's Serve.
func NewServer(h Handler, clock *Deadlines, cfg Config) *Server {
	s := &Server{handler: h, clock: clock}
	s.pool.New = func() any { return newStream() }
	s.Use(cfg)
	return s
}

// Use replaces the limits and timeouts for all that begins from now on.
func (s *Server) Use(cfg Config) {
	cfg.SetDefaults()
	s.config.Store(&cfg)
}

// conn is one client connection. What an exchange uses comes first: a processor
// that serves many connections has to fetch it anew for each.
type conn struct {
	srv     *Server
	ctx     context.Context
	nc      net.Conn
	raw     syscall.RawConn // of a bare socket
	st      *stream         // of the exchange under way; nil while idle
	tryRead func(fd uintptr) bool
	readErr error
	direct  directSend
	dl      deadline

	mu     sync.Mutex
	notify func() // what NotifyGone was given
	cancel func() // of the stream's context
	gone   bool   // the client has hung up

	wait     awaiter // of a TLS connection over a socket of ours
	tlsState *tls.ConnectionState
	worked   chan outcome  // what work ends with; none while it is parked
	idle     time.Duration // since the last answer, when it is parked
	panicked any
}

// awaiter is a connection below TLS that can wait for the next record without a
// buffer.
type awaiter interface{ Await() error }

// Serve speaks HTTP/1 on nc until the client or a limit ends it, and closes it.
// When ctx ends the request under way is answered with Connection: close, and
// an idle connection is closed a second after its last answer. A connection
// that the client, a timeout or a hijack ended is no error.
func (s *Server) Serve(ctx context.Context, nc net.Conn) error {
	c := s.newConn(ctx, nc)
	defer s.clock.remove(&c.dl)
	for c.park() {
		c.worked = make(chan outcome)
		go c.work()
		o := <-c.worked
		c.worked = nil
		switch o {
		case last:
			nc.Close()
			return nil
		case taken:
			return nil
		case broken:
			panic(c.panicked)
		}
	}
	nc.Close()
	return nil
}

func (s *Server) newConn(ctx context.Context, nc net.Conn) *conn {
	c := &conn{srv: s, ctx: ctx, nc: nc, raw: direct(nc)}
	c.tryRead = c.readDirect
	c.direct.use(c.raw)
	if t, ok := nc.(*tls.Conn); ok {
		c.wait, _ = t.NetConn().(awaiter)
	}
	c.dl.conn, c.dl.done, c.dl.gone = nc, ctx.Done(), c.hungUp
	s.clock.add(&c.dl)
	return c
}

// warm is how long a connection keeps its worker, and with it a stack that has
// grown, when it has been answered and is idle.
const warm = 200 * time.Millisecond

// mostWarm is how many connections may do so at once.
const mostWarm = 1024

// park waits until there is something to read. It holds no buffer, and runs on the
// goroutine of Serve, whose stack stays as small as it was made. It returns false
// when there will be nothing.
func (c *conn) park() bool {
	if c.raw == nil && c.wait == nil {
		return true // what cannot be waited for without reading, the worker waits for
	}
	c.dl.setIdle(c.srv.config.Load().IdleTimeout, c.idle)
	for {
		var err error
		if c.raw != nil {
			err = c.raw.Read(readable)
		} else {
			err = c.wait.Await()
		}
		switch {
		case err == nil:
			return true
		case !c.dl.lateRead(err):
			return false
		}
	}
}

// outcome is what becomes of a connection behind an exchange, or of a worker.
type outcome uint8

const (
	again outcome = iota
	last
	taken  // hijacked
	idle   // to be parked
	broken // the handler panicked
)

// work answers requests until the connection is over, or idle for a while.
func (c *conn) work() {
	o := broken
	defer func() {
		if o == broken {
			c.panicked = recover()
		}
		c.worked <- o
	}()
	for o = again; o == again; {
		if c.st == nil {
			if next := c.next(); next != again {
				o = next
				break
			}
		}
		o = broken
		o = c.exchange()
	}
}

// next waits for the first byte of the next request.
func (c *conn) next() outcome {
	limit := c.srv.config.Load().IdleTimeout
	parks := (c.raw != nil || c.wait != nil) && (limit <= 0 || limit > warm)
	if parks {
		limit = warm
		defer c.srv.idle.Add(-1)
		if c.srv.idle.Add(1) > mostWarm {
			c.idle = 0
			return idle
		}
	}
	c.dl.setIdle(limit, 0)
	if parks {
		runtime.Gosched() // what others do meanwhile may give the client its time
	}
	for {
		err := c.await()
		switch {
		case err == nil:
			return again
		case c.dl.lateRead(err):
		case parks && isTimeout(err):
			c.idle = warm
			return idle
		default:
			return last
		}
	}
}

// await reads the first bytes of a request into a new stream. While there are
// none it holds no buffer, where the connection can do without.
func (c *conn) await() error {
	if c.raw != nil {
		return c.readRaw()
	}
	if c.wait != nil && !c.dl.more {
		if err := c.wait.Await(); err != nil {
			return err
		}
	}
	st := c.srv.pool.Get().(*stream)
	n, err := c.nc.Read(st.buf)
	if n == 0 {
		c.srv.pool.Put(st)
		if err == nil {
			err = io.ErrNoProgress
		}
		return err
	}
	c.dl.more = n == len(st.buf)
	c.begin(st, n)
	return nil
}

// readRaw is await on a bare socket.
func (c *conn) readRaw() error {
	c.readErr = nil
	if err := c.raw.Read(c.tryRead); err != nil {
		return err
	}
	return c.readErr
}

// readDirect tries to read, and gives the buffer back when there is nothing yet.
// The poller is edge-triggered: without the try, bytes that came before the wait
// would never wake it.
func (c *conn) readDirect(fd uintptr) bool {
	st := c.srv.pool.Get().(*stream)
	n, errno := recv(fd, st.buf)
	if errno == 0 && n > 0 {
		c.begin(st, n)
		return true
	}
	c.srv.pool.Put(st)
	switch {
	case errno == syscall.EAGAIN:
		return false
	case errno != 0:
		c.readErr = errno
	default:
		c.readErr = io.EOF
	}
	return true
}

func (c *conn) begin(st *stream, n int) {
	st.attach(c)
	st.src.w, st.src.n = n, int64(n)
	c.st = st
}

// draining says whether the server is to stop.
func (c *conn) draining() bool {
	select {
	case <-c.dl.done:
		return true
	default:
		return false
	}
}

// exchange reads one request, has it answered, and makes ready for the next.
func (c *conn) exchange() outcome {
	st := c.st
	err := st.readHead()
	if err == nil {
		c.dl.rest()
		c.srv.handler.ServeStream(c.ctx, st)
	} else if !c.refuse(st, err) { // the client went away in the middle of a head
		c.put(st)
		return last
	}
	if st.hijacked {
		c.st = nil // the new owner may still read from its buffer
		return taken
	}
	if !st.end() {
		switch {
		case st.cut && st.untilClose():
			c.abort()
		case st.cut:
		case !st.quiet() || err != nil:
			c.linger(st.cfg.Linger)
		}
		c.put(st)
		return last
	}
	if rest := st.body.buf[st.body.r:st.body.w]; len(rest) > 0 {
		st.restart(rest)
		return again
	}
	c.put(st)
	return again
}

// refuse has a head that broke a rule answered, and says whether it is one.
func (c *conn) refuse(st *stream, err error) bool {
	var broken *message.Error
	if !errors.As(err, &broken) {
		return false
	}
	st.Close()
	c.dl.rest()
	st.src.r = st.src.w // nothing of it is looked at again
	st.body.start(st.src, bodyNone, 0, 0, 0, 0)
	c.srv.handler.Refuse(c.ctx, st, broken)
	return true
}

// put gives the stream of an exchange back.
func (c *conn) put(st *stream) {
	c.st = nil
	st.detach()
	c.srv.pool.Put(st)
}

// mostLinger is how much a client may still send behind its last answer.
const mostLinger = 16 << 20

// linger lets a client that is still sending read the answer: to close with
// bytes unread would reset the connection and with it the answer (§9.6).
func (c *conn) linger(most time.Duration) {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || most <= 0 || half.CloseWrite() != nil {
		return
	}
	c.dl.in.at.Store(0)
	c.nc.SetReadDeadline(time.Now().Add(most))
	buf := copyBuffers.Get().(*[copyBuffer]byte)
	defer copyBuffers.Put(buf)
	for got := 0; got < mostLinger; {
		n, err := c.nc.Read(buf[:])
		if err != nil {
			return
		}
		got += n
	}
}

// abort resets the connection, so that the client sees that an answer is cut
// whose end would be the connection's.
func (c *conn) abort() {
	if tcp, ok := bare(c.nc).(*net.TCPConn); ok {
		tcp.SetLinger(0)
		tcp.Close()
	}
}

// hungUp is called by the clock when the client is gone while it is answered.
func (c *conn) hungUp() {
	c.mu.Lock()
	defer c.mu.Unlock() // held during the call, so that NotifyGone(nil) waits for it
	if c.gone {
		return
	}
	c.gone = true
	if c.cancel != nil {
		c.cancel()
	}
	if c.notify != nil {
		c.notify()
	}
}
