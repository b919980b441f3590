package upstream

import (
	"fmt"
	"time"
)

// Status is a pool as the console shows it.
type Status struct {
	Pool    string
	Circuit string // closed, open, half-open; "" where there is none
	Panic   bool   // too few targets are available: all are used
	Active  int64  // requests that have a connection or wait for one
	Waiting int64  // of them, that wait
	Retries int64  // of them, that are retries
	Targets []TargetStatus
}

// TargetStatus is a target as the console shows it.
type TargetStatus struct {
	URL     string
	Address string
	State   string    // up, down, ejected, draining or warming
	Until   time.Time // ejected: until then; warming: fully up then
	Share   float64   // of its weight that it has now; less than 1 when warming
	Weight  int

	Active   int64  // connections in use
	Idle     int64  // connections that lie idle
	Limit    int64  // most in use, 0 for no limit
	Requests uint64 // that it got, retries too
	Errors   uint64 // of them, that failed
	Dials    uint64 // connections that were tried to make

	Latency     time.Duration // moving average to the head of the answer
	LastError   string
	LastErrorAt time.Time
	Check       CheckStatus
	Lookup      string // why its name cannot be looked up, "" where it can
}

// Status tells how the pool and its targets are.
func (p *Pool) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	v := p.view.Load()
	s := Status{
		Pool: p.name, Panic: v.panic,
		Active: p.active.Load(), Waiting: p.queue.waiting.Load(), Retries: p.retries.Load(),
	}
	if c := p.plan.circuit; c != nil {
		s.Circuit = [...]string{"closed", "open", "half-open"}[c.state.Load()]
	}
	for _, t := range p.targets {
		s.Targets = append(s.Targets, p.targetStatus(t, now))
	}
	return s
}

func (p *Pool) targetStatus(t *Target, now time.Time) TargetStatus {
	s := TargetStatus{
		URL: t.source.url, Address: t.address, State: "up",
		Share: float64(p.warmth(t, now)) / warmSteps, Weight: t.weight,
		Active: t.active.Load(), Idle: t.idle.count.Load(), Limit: max(t.limit.Load(), 0),
		Requests: t.requests.Load(), Errors: t.errors.Load(), Dials: t.dials.Load(),
		Latency: time.Duration(t.latency.Load()), Check: t.check, Lookup: t.source.trouble,
	}
	switch {
	case t.drained:
		s.State = "draining"
	case t.down:
		s.State = "down"
	case !t.until.IsZero():
		s.State, s.Until = "ejected", t.until
	case !t.warm.IsZero():
		s.State, s.Until = "warming", t.warm
	}
	if last := t.last.Load(); last != nil {
		s.LastError, s.LastErrorAt = last.String(), last.at
	}
	return s
}

func (f *failure) String() string {
	if dial, ok := f.err.(*DialError); ok { // which target it was is known here
		return (&trouble{dial.Step, dial.Err}).Error()
	}
	if f.err != nil {
		return f.err.Error()
	}
	return fmt.Sprintf("status %d", f.status)
}
