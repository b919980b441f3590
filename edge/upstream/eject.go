package upstream

import (
	"fmt"
	"time"
)

// warmSteps is the full weight of a target in steps of slow start.
const warmSteps = 20

// warmth is the share of its weight that a target has now, in steps: a tenth
// when it comes back, all when slow start is over.
func (p *Pool) warmth(t *Target, now time.Time) int64 {
	if t.warm.IsZero() {
		return warmSteps
	}
	left := float64(t.warm.Sub(now)) / float64(p.plan.SlowStart)
	return min(max(int64((1-left)*warmSteps), warmSteps/10), warmSteps)
}

// warmUp begins a target's slow start, if the config has one.
func (p *Pool) warmUp(t *Target, now time.Time) {
	if p.plan.SlowStart > 0 {
		t.warm = now.Add(p.plan.SlowStart)
	}
}

// eject takes a target out that failed too often, for longer each time.
func (p *Pool) eject(t *Target) {
	p.change(func(now time.Time) {
		c := &p.plan.Eject
		failures := t.failures.Swap(0)
		if t.gone || !t.available() || c.After < 0 || int(failures) < c.After {
			return
		}
		out, all := 1, 0
		for _, other := range p.targets {
			if !other.until.IsZero() {
				out++
			}
			if !other.drained {
				all++
			}
		}
		if c.Most >= 0 && float64(out) > c.Most*float64(all) {
			return
		}
		if now.Sub(t.returned) >= c.Longest {
			t.ejections = 0
		}
		stay := c.For
		for range t.ejections {
			stay = min(stay*2, c.Longest)
		}
		t.ejections++
		t.until, t.warm = now.Add(stay), time.Time{}
		t.idle.flush(false)
		detail := ""
		if last := t.last.Load(); last != nil {
			detail = last.String()
		}
		p.noteTarget(t, Ejected, fmt.Sprintf("for %v after %d failures in a row; the last: %s", stay, failures, detail))
	})
}

// mature lets time change what it changes: ejections end, slow starts go on.
// It tells how long until there is more of it.
func (p *Pool) mature() time.Duration {
	next := time.Hour
	p.mu.Lock()
	now := time.Now()
	changed := false
	for _, t := range p.targets {
		if !t.until.IsZero() {
			if left := t.until.Sub(now); left > 0 {
				next = min(next, left)
			} else {
				t.until, t.returned = time.Time{}, now
				p.warmUp(t, now)
				p.noteTarget(t, Returned, "")
				changed = true
			}
		}
		if !t.warm.IsZero() {
			if t.warm.After(now) {
				next = min(next, max(p.plan.SlowStart/warmSteps, 10*time.Millisecond))
			} else {
				t.warm = time.Time{}
			}
			changed = true
		}
	}
	if changed && !p.closed {
		p.redraw(now)
	}
	p.mu.Unlock()
	if changed {
		p.dispatch()
		p.announce()
	}
	return next
}
