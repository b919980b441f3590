package upstream

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"time"
)

// Errors of Acquire. Those of dialling are of type *DialError.
var (
	// ErrNoTarget says that no target is available.
	ErrNoTarget = errors.New("no target is available")
	// ErrQueueFull says that all targets are at their limit of connections,
	// and that as many requests wait already as may.
	ErrQueueFull = errors.New("all targets are at their limit of connections and the queue is full")
	// ErrQueueTimeout says that no connection came free in time.
	ErrQueueTimeout = errors.New("no connection to a target came free in time")
	// ErrCircuitOpen says that too many requests have failed lately and the
	// pool has been given a rest; RetryAfter tells until when.
	ErrCircuitOpen = errors.New("too many requests failed lately: the circuit is open")
	// ErrRetryBudget says that too many of the requests under way are retries.
	ErrRetryBudget = errors.New("the budget for retries is used up")
	// ErrClosed says that the pool has been closed.
	ErrClosed = errors.New("the pool is closed")
	// ErrStale is for Report: an idle connection turned out to be closed
	// before it was used again, which is nobody's fault.
	ErrStale = errors.New("the idle connection had been closed")
)

// Choice is what the choice of a target goes by. Keep one for all tries of a
// request: it remembers the targets to avoid. It must not be used
// concurrently.
type Choice struct {
	// Hash of the key that is kept together; see Hash and HashConfig.
	Hash uint64
	// Sticky is the value of the client's sticky cookie, if it sent one.
	Sticky []byte
	// Fresh asks for a new connection: for a try after an idle one turned
	// out to be closed, or where each client has its own.
	Fresh bool
	// Retry says that the request has been tried before and counts towards
	// the budget for retries.
	Retry bool
	// Preface is sent first on a new connection, before TLS: a PROXY
	// protocol header. Set Fresh with it.
	Preface []byte

	avoid [4]*Target // the last ones
	tries uint8
}

// Avoid makes further tries prefer other targets. Acquire calls it itself
// for a target that it could not connect to.
func (c *Choice) Avoid(t *Target) {
	c.avoid[c.tries%uint8(len(c.avoid))] = t
	c.tries++
}

func (c *Choice) avoids(t *Target) bool {
	return c.tries != 0 && (c.avoid[0] == t || c.avoid[1] == t || c.avoid[2] == t || c.avoid[3] == t)
}

// Conn is a connection to a target that belongs to whoever acquired it until
// it is released.
type Conn struct {
	// Conn is a *net.TCPConn, *net.UnixConn or *tls.Conn, not wrapped.
	net.Conn
	// Target that it leads to.
	Target *Target
	// Reused says that requests went over it before.
	Reused bool
	// Codec is the caller's: it stays with the connection. Where it is an
	// io.Closer it is closed in the connection's place, which it closes then.
	Codec any

	generation uint32        // of the target's settings
	retry      bool          // the request it is used for is a retry
	born       time.Duration // on the pool's clock
	since      time.Duration // lies idle
}

// Acquire chooses a target and gives a connection to it: an idle one, or a
// new one. Where all targets are at their limit it waits in the queue. The
// connection must be released, exactly once. It ends early when ctx does. Apart
// from *DialError, which says that one target could not be reached and that
// nothing was sent, its errors are those above and ctx's.
func (p *Pool) Acquire(ctx context.Context, c *Choice) (*Conn, error) {
	v := p.view.Load()
	if err := v.plan.circuit.admit(p); err != nil {
		return nil, err
	}
	if c.Retry && !p.reserveRetry(v) {
		v.plan.circuit.abandon()
		return nil, ErrRetryBudget
	}
	var t *Target
	if !v.limited || p.queue.waiting.Load() == 0 {
		t = v.take(c, &p.chance)
	}
	p.active.Add(1)
	if t == nil {
		var err error
		if t, err = p.wait(ctx, c); err != nil {
			p.active.Add(-1)
			p.returnRetry(c.Retry)
			v.plan.circuit.abandon()
			return nil, err
		}
	}
	t.requests.Add(1)
	if !c.Fresh {
		if conn := t.idle.pop(); conn != nil {
			conn.Reused, conn.retry = true, c.Retry
			return conn, nil
		}
	}
	return p.connect(ctx, t, c)
}

// Release gives the connection back: to be used again, where reuse says that
// the answer was read to its end and both sides keep it open, or to be
// closed. The connection must not be used after it.
func (c *Conn) Release(reuse bool) {
	t := c.Target
	retry := c.retry
	if !reuse || !t.pool.keep(c) {
		c.close()
	}
	t.pool.leave(t, retry)
}

// close closes the connection, by way of its codec where that wants to know.
func (c *Conn) close() {
	if codec, ok := c.Codec.(io.Closer); ok {
		codec.Close()
		return
	}
	c.Conn.Close()
}

// leave gives back what Acquire reserved, apart from the connection.
func (p *Pool) leave(t *Target, retry bool) {
	p.returnRetry(retry)
	t.active.Add(-1)
	p.active.Add(-1)
	if p.queue.waiting.Load() != 0 {
		p.dispatch()
	}
}

// reserveRetry takes a place for a retry, if the budget has one.
func (p *Pool) reserveRetry(v *view) bool {
	most := p.mostRetries(v)
	for {
		n := p.retries.Load()
		if n >= most {
			return false
		}
		if p.retries.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (p *Pool) returnRetry(retry bool) {
	if retry {
		p.retries.Add(-1)
	}
}

func (p *Pool) mostRetries(v *view) int64 {
	r := &v.plan.Retry
	if r.Budget < 0 {
		return math.MaxInt64
	}
	return max(int64(r.Floor), int64(r.Budget*float64(p.active.Load())))
}

// RetryAllowed tells whether the budget has room for a retry now. It takes no
// place: Acquire does, when Choice.Retry is set.
func (p *Pool) RetryAllowed() bool { return p.retries.Load() < p.mostRetries(p.view.Load()) }
