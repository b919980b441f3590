package upstream

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{
			To: many(2), Eject: EjectConfig{After: -1},
			Circuit: &CircuitConfig{Errors: 0.5, Requests: 10, Window: 10 * time.Second, For: 5 * time.Second, Probes: 2},
		})
		q := run(t, p)
		one := func(status int) error {
			c, err := p.Acquire(t.Context(), &Choice{})
			if err != nil {
				return err
			}
			c.Target.Report(status, nil, 0)
			c.Release(true)
			return nil
		}
		for range 9 {
			one(503)
		}
		expectStates(t, q) // too few to judge
		time.Sleep(11 * time.Second)
		for range 6 {
			one(200)
		}
		for range 5 { // 5 of 11; those before are out of the window
			one(503)
		}
		expectStates(t, q)
		one(502)
		expectStates(t, q, "circuit open")
		if err := one(200); err != ErrCircuitOpen || p.RetryAfter() != 5*time.Second {
			t.Errorf("open: %v, retry after %v", err, p.RetryAfter())
		}
		time.Sleep(5 * time.Second)
		one(200)
		one(503)
		expectStates(t, q, "circuit half-open", "circuit open")
		time.Sleep(5 * time.Second)
		a, b := acquire(t, p, nil), acquire(t, p, nil)
		if err := one(200); err != ErrCircuitOpen {
			t.Errorf("a third probe: %v", err)
		}
		a.Target.Report(0, ErrStale, 0) // tells nothing: another may be tried
		a.Release(false)
		one(200)
		b.Target.Report(200, nil, 0)
		b.Release(true)
		expectStates(t, q, "circuit half-open", "circuit closed")
		if s := p.Status(); s.Circuit != "closed" {
			t.Errorf("status %s", s.Circuit)
		}
	})
}

func TestProbesThatTellNothingAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(1), Circuit: &CircuitConfig{Requests: 1, Probes: 1, For: 5 * time.Second}})
		acquire(t, p, nil).Target.Report(0, errors.New("reset"), 0)
		time.Sleep(5 * time.Second)
		acquire(t, p, nil) // a probe that hangs
		if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrCircuitOpen {
			t.Errorf("second probe: %v", err)
		}
		time.Sleep(5 * time.Second)
		acquire(t, p, nil)
	})
}
