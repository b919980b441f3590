package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

const (
	defaultConnections = 10000
	backOffFirst       = 5 * time.Millisecond
	backOffMost        = time.Second
	drainWait          = 10 * time.Millisecond // an accept that waits this long found the backlog empty
	drainMost          = time.Second           // for draining, lest new connections keep it going forever
)

// Handler is a protocol that speaks on an admitted connection. Serve returns
// when the conversation is over, or soon after ctx is done, in a manner that
// suits the protocol. The caller closes conn.
type Handler interface {
	Serve(ctx context.Context, conn net.Conn) error
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc func(ctx context.Context, conn net.Conn) error

// Serve calls f.
func (f HandlerFunc) Serve(ctx context.Context, conn net.Conn) error { return f(ctx, conn) }

// Server is the accept loop of the house. Only Handler must be set; nothing but the
// limit may be changed while Serve runs. One Server may serve several listeners at
// once, each with its own limit.
type Server struct {
	Handler Handler

	// Admit is asked first about every connection, on the connection's own
	// goroutine and before the TLS handshake, which it may do itself with
	// [Handshake] where the answer depends on it. The context that it returns
	// is the handler's; the function, which may be nil, is called once with
	// what the handler returned. An error closes the connection.
	Admit func(ctx context.Context, conn net.Conn) (context.Context, func(error), error)

	Connections int          // at once; more wait in the kernel's backlog; 0 means 10000, negative no limit
	Log         *slog.Logger // nil logs nothing

	mu        sync.Mutex // guards what follows
	limit     *int       // as Limit has set it; nil: Connections
	acceptors map[*acceptor]bool
}

// Limit changes the number of connections that each listener may have at once,
// with the meaning of Connections and in its place. Where more are open, they
// stay. It may be called at any time.
func (s *Server) Limit(connections int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = &connections
	for a := range s.acceptors {
		a.slots.resize(mostConnections(connections))
	}
}

func mostConnections(n int) int {
	if n == 0 {
		return defaultConnections
	}
	return n
}

// begin makes the state of one Serve, and end forgets it.
func (s *Server) begin(ln net.Listener) *acceptor {
	a := &acceptor{Server: s, ln: ln, log: s.Log}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.slots.most = mostConnections(s.Connections)
	if s.limit != nil {
		a.slots.most = mostConnections(*s.limit)
	}
	if s.acceptors == nil {
		s.acceptors = make(map[*acceptor]bool)
	}
	s.acceptors[a] = true
	return a
}

func (a *acceptor) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.acceptors, a)
}

// Serve accepts connections from ln and runs the handler on each, in a
// goroutine. A listener that runs out of file descriptors or memory pauses and
// goes on. When ctx is done, Serve accepts what waits in the backlog, closes ln,
// waits for the handlers and returns nil; so it does when the listener says
// io.EOF or is closed by someone else. Any other failure to accept is returned,
// once the handlers have ended.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	a := s.begin(ln)
	defer a.end()
	defer a.handlers.Wait()
	defer ln.Close()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		if setDeadline(ln, time.Unix(1, 0)) != nil {
			ln.Close()
		}
	})
	defer stop()

	err := a.acceptAll(ctx)
	if ctx.Err() != nil {
		<-interrupted // lest it moves the deadlines that drain sets
		a.drain(ctx)
		return nil
	}
	if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// acceptor is one Serve at work.
type acceptor struct {
	*Server
	ln       net.Listener
	log      *slog.Logger
	slots    slots
	handlers sync.WaitGroup
}

// acceptAll accepts until ctx is done or the listener fails for good.
func (a *acceptor) acceptAll(ctx context.Context) error {
	var pause backOff
	for {
		if !a.slots.take(ctx) {
			return nil
		}
		conn, err := a.ln.Accept()
		if err == nil {
			pause.over(a.log, a.ln)
			a.start(ctx, conn)
			continue
		}
		a.slots.give()
		switch {
		case ctx.Err() != nil:
			return nil
		case exhausted(err):
			pause.wait(ctx, a.log, a.ln, err)
		case !aborted(err):
			return err
		}
	}
}

// drain accepts what waits in the backlog already: those clients have seen their
// connection open. A listener without deadlines is closed by now.
func (a *acceptor) drain(ctx context.Context) {
	end := time.Now().Add(drainMost)
	limit, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	for time.Now().Before(end) && a.slots.take(limit) {
		err := setDeadline(a.ln, time.Now().Add(drainWait))
		var conn net.Conn
		if err == nil {
			conn, err = a.ln.Accept()
		}
		if err == nil {
			a.start(ctx, conn)
			continue
		}
		a.slots.give()
		if !aborted(err) {
			return
		}
	}
}

func (a *acceptor) start(ctx context.Context, conn net.Conn) {
	a.handlers.Add(1)
	go a.converse(ctx, &conversation{acceptor: a, conn: conn})
}

// conversation is one connection with its handler.
type conversation struct {
	*acceptor
	conn net.Conn
	done func(error) // what Admit wants called
	err  error
}

// converse is the goroutine of a connection. An idle connection costs little more
// than its stack, so it and what it calls keep their frames small.
func (a *acceptor) converse(ctx context.Context, c *conversation) {
	defer c.end()
	if ctx = c.admit(ctx); ctx != nil {
		c.err = a.Handler.Serve(ctx, c.conn)
	}
}

// admit asks whether the connection may go on, and completes its handshake. It
// returns nil where it may not.
func (c *conversation) admit(ctx context.Context) context.Context {
	if c.Admit != nil {
		admitted, done, err := c.Admit(ctx, c.conn)
		if err != nil {
			return nil
		}
		ctx, c.done = admitted, done
	}
	if c.err = c.handshake(ctx, c.conn); c.err != nil {
		return nil
	}
	return ctx
}

// end is deferred, so that a handler's panic ends its connection alone.
func (c *conversation) end() {
	if p := recover(); p != nil {
		c.err = fmt.Errorf("panic: %v", p)
		c.log.Error("handler panicked", "peer", c.conn.RemoteAddr(), "panic", p, "stack", string(debug.Stack()))
	}
	switch {
	case c.done != nil:
		c.done(c.err)
	case c.err != nil:
		c.log.Debug("connection failed", "peer", c.conn.RemoteAddr(), "error", c.err)
	}
	c.conn.Close()
	c.slots.give()
	c.handlers.Done()
}

// handshake is not cut short by ctx: a client in the middle of it when the
// service stops has been accepted, and is served.
func (a *acceptor) handshake(ctx context.Context, conn net.Conn) error {
	return Handshake(context.WithoutCancel(ctx), conn)
}

// backOff paces a listener that has run out of something.
type backOff struct {
	pause time.Duration
	since time.Time
	tries int
}

// wait sleeps, twice as long each time, and says so the first time.
func (b *backOff) wait(ctx context.Context, log *slog.Logger, ln net.Listener, err error) {
	if b.tries++; b.tries == 1 {
		b.pause, b.since = backOffFirst, time.Now()
		log.Warn("cannot accept connections for now; they wait in the backlog", "listener", ln.Addr(), "error", err)
	}
	timer := time.NewTimer(b.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	b.pause = min(2*b.pause, backOffMost)
}

// over says that accepting works again, if it did not.
func (b *backOff) over(log *slog.Logger, ln net.Listener) {
	if b.tries == 0 {
		return
	}
	log.Info("accepting connections again", "listener", ln.Addr(), "after", time.Since(b.since), "tries", b.tries)
	*b = backOff{}
}

// exhausted: the process or the machine has nothing left to accept with.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// aborted: the client or its network gave up before we accepted; accept(2) says
// to try again.
func aborted(err error) bool {
	for _, e := range []error{syscall.ECONNABORTED, syscall.ECONNRESET, syscall.EPROTO, syscall.EINTR, syscall.ENETDOWN,
		syscall.EHOSTDOWN, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENOPROTOOPT, syscall.EOPNOTSUPP} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
