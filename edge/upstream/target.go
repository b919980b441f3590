package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// Target is one address that a pool sends requests to: that of a URL, or one
// of several that the URL's name has. It may be used concurrently.
type Target struct {
	pool    *Pool
	source  *source
	address string                 // what is dialled
	cookie  atomic.Pointer[string] // value of the sticky cookie
	seed    uint64                 // for hashing

	active   atomic.Int64 // connections in use
	limit    atomic.Int64 // most of them; none unless above 0
	failures atomic.Int32 // in a row
	requests atomic.Uint64
	errors   atomic.Uint64
	dials    atomic.Uint64
	latency  atomic.Int64 // moving average, ns
	last     atomic.Pointer[failure]
	tls      atomic.Pointer[targetTLS] // nil where it is not https
	idle     idle

	condition // guarded by pool.mu
}

// condition is what a target's availability depends on.
type condition struct {
	weight    int
	drained   bool // by hand: gets no requests
	down      bool // by active checks
	streak    int  // checks in a row that speak against down
	check     CheckStatus
	until     time.Time // ejected until then; zero when not
	ejections int       // how often lately, for growing times
	returned  time.Time // end of the last ejection
	warm      time.Time // slow start ends then; zero when warm
	gone      bool      // no longer in the pool
}

func (c *condition) available() bool { return !c.drained && c.healthy() }

// healthy tells whether neither checks nor traffic speak against the target.
func (c *condition) healthy() bool { return !c.down && c.until.IsZero() }

// failure is what last went wrong.
type failure struct {
	at     time.Time
	status int
	err    error
}

// URL is the target's URL as the config has it.
func (t *Target) URL() string { return t.source.url }

// Address is what is dialled: host:port or the path of a socket.
func (t *Target) Address() string { return t.address }

// Host is the URL's host and port, the port only where the URL has one that
// is not its scheme's: the Host field for the target itself.
func (t *Target) Host() string { return t.source.authority }

// Secure tells whether connections to the target are TLS.
func (t *Target) Secure() bool { return t.source.secure }

// Cookie is the opaque value by which a sticky cookie names this target, ""
// where the pool has none.
func (t *Target) Cookie() string { return *t.cookie.Load() }

// Gone is closed when the target's URL has been taken out of the pool, or the
// pool has been closed. Tunnels end then. (That one of a name's addresses is
// no longer in the DNS does not close it.)
func (t *Target) Gone() <-chan struct{} { return t.source.gone }

// reserve takes one of the target's connections, unless it is at its limit.
func (t *Target) reserve() bool {
	limit := t.limit.Load()
	if limit <= 0 {
		t.active.Add(1)
		return true
	}
	for {
		n := t.active.Load()
		if n >= limit {
			return false
		}
		if t.active.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (t *Target) full(active int64) bool {
	limit := t.limit.Load()
	return limit > 0 && active >= limit
}

// Report tells how a request to the target went: the status of its answer, or
// the error that came instead, and the time to the answer's head (0 when
// unknown). Errors and the statuses that the config calls failures count
// against the target. Neither way count context.Canceled, since then the
// client has gone, ErrStale, and what this machine ran out of. Each connection
// that is acquired is reported once, before its release; errors of Acquire are
// reported already.
func (t *Target) Report(status int, err error, latency time.Duration) {
	v := t.pool.view.Load()
	breaker := v.plan.circuit
	if err != nil && (errors.Is(err, context.Canceled) || errors.Is(err, ErrStale) || exhausted(err)) {
		breaker.abandon()
		return
	}
	if latency > 0 {
		t.observe(int64(latency))
	}
	failed := err != nil || Contains(v.plan.Failures, status)
	breaker.report(t.pool, failed)
	if !failed {
		if t.failures.Load() != 0 {
			t.failures.Store(0)
		}
		return
	}
	t.errors.Add(1)
	t.last.Store(&failure{time.Now(), status, err})
	if after := v.plan.Eject.After; after > 0 && int(t.failures.Add(1)) >= after {
		t.pool.eject(t)
	}
}

// observe moves the average by an eighth of the difference.
func (t *Target) observe(ns int64) {
	old := t.latency.Load()
	if old == 0 {
		t.latency.Store(ns)
		return
	}
	t.latency.Store(old + (ns-old)/8) // a lost update does no harm
}
