package upstream

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// circuit refuses requests for a while after too many have failed, then lets
// some through to see. A nil one never does.
type circuit struct {
	cfg CircuitConfig

	state atomic.Int32 // one of those below; changed under mu

	mu       sync.Mutex
	counts   [10]count     // of the window, a ring
	until    time.Duration // open: half-open then; half-open: new probes then
	admitted int           // half-open: probes let through
	passed   int           // of them, that went well
}

const (
	circuitClosed = iota
	circuitOpen
	circuitHalfOpen
)

// count is what happened in a tenth of the window.
type count struct {
	slot      time.Duration
	ok, wrong int
}

func newCircuit(cfg CircuitConfig) *circuit { return &circuit{cfg: cfg} }

// admit lets a request through or refuses it.
func (c *circuit) admit(p *Pool) error {
	if c == nil || c.state.Load() == circuitClosed {
		return nil
	}
	c.mu.Lock()
	now := p.clock()
	state := c.state.Load()
	half := state == circuitOpen && now >= c.until
	if half {
		c.state.Store(circuitHalfOpen)
	}
	// Probes of which nothing is heard for as long as the circuit was open
	// are given up.
	if half || state == circuitHalfOpen && now >= c.until {
		c.admitted, c.passed, c.until = 0, 0, now+c.cfg.For
	}
	var err error
	switch {
	case c.state.Load() == circuitClosed:
	case c.state.Load() == circuitHalfOpen && c.admitted < c.cfg.Probes:
		c.admitted++
	default:
		err = ErrCircuitOpen
	}
	c.mu.Unlock()
	if half {
		p.note(Event{State: CircuitHalf, Detail: fmt.Sprintf("%d requests are let through as probes", c.cfg.Probes)})
		p.announce()
	}
	return err
}

// abandon is for a request that was admitted and tells nothing.
func (c *circuit) abandon() {
	if c == nil || c.state.Load() == circuitClosed {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.admitted = max(c.admitted-1, c.passed)
}

// report counts a request, and opens or closes the circuit when it is time.
func (c *circuit) report(p *Pool, failed bool) {
	if c == nil {
		return
	}
	c.mu.Lock()
	var e Event
	switch c.state.Load() {
	case circuitClosed:
		wrong, all := c.count(p.clock(), failed)
		if failed && all >= c.cfg.Requests && float64(wrong) >= c.cfg.Errors*float64(all) {
			c.open(p)
			e = Event{State: CircuitOpen, Detail: fmt.Sprintf("%d of %d requests failed within %v", wrong, all, c.cfg.Window)}
		}
	case circuitHalfOpen:
		if failed {
			c.open(p)
			e = Event{State: CircuitOpen, Detail: "a probe failed"}
		} else if c.passed++; c.passed >= c.cfg.Probes {
			c.state.Store(circuitClosed)
			c.counts = [10]count{}
			e = Event{State: CircuitShut, Detail: fmt.Sprintf("%d probes went well", c.passed)}
		}
	}
	c.mu.Unlock()
	if e.State != "" {
		p.note(e)
		p.announce()
	}
}

func (c *circuit) open(p *Pool) {
	c.state.Store(circuitOpen)
	c.until = p.clock() + c.cfg.For
}

// count adds a request to the window and sums it up.
func (c *circuit) count(now time.Duration, failed bool) (wrong, all int) {
	tenths := time.Duration(len(c.counts))
	slot := now / max(c.cfg.Window/tenths, 1)
	this := &c.counts[slot%tenths]
	if this.slot != slot {
		*this = count{slot: slot}
	}
	if !failed {
		this.ok++
		return 0, 0
	}
	this.wrong++
	for i := range c.counts {
		if n := &c.counts[i]; slot-n.slot < tenths {
			wrong += n.wrong
			all += n.wrong + n.ok
		}
	}
	return wrong, all
}

// RetryAfter tells how long an open circuit stays open, 0 where it is not.
func (p *Pool) RetryAfter() time.Duration {
	c := p.view.Load().plan.circuit
	if c == nil || c.state.Load() != circuitOpen {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.until-p.clock(), 0)
}
