package upstream

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// run serves the pool until the test ends and collects its events.
func run(t *testing.T, p *Pool) *events {
	var got events
	p.OnEvent = func(e Event) {
		got.mu.Lock()
		defer got.mu.Unlock()
		got.pending = append(got.pending, e)
	}
	ended := make(chan error)
	go func() { ended <- p.Serve(t.Context()) }()
	t.Cleanup(func() { // the context has ended by now
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return &got
}

// states lists what happened since the last call, without what the events of
// a pool's start.
func (q *events) states() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	var list []string
	for _, e := range q.pending {
		what := string(e.State)
		if e.URL != "" {
			what = strings.TrimPrefix(e.Address, "10.0.0.") + " " + what
		}
		list = append(list, what)
	}
	q.pending = nil
	return list
}

func expectStates(t *testing.T, q *events, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := q.states(); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

func state(p *Pool, i int) string { return p.Status().Targets[i].State }

func expectState(t *testing.T, p *Pool, i int, want string) {
	t.Helper()
	synctest.Wait()
	if got := state(p, i); got != want {
		t.Errorf("target %d is %s, want %s", i, got, want)
	}
}

// many makes n targets.
func many(n int) []TargetConfig {
	var all []TargetConfig
	for i := range n {
		all = append(all, TargetConfig{URL: fmt.Sprintf("http://10.0.0.%d", i+1)})
	}
	return all
}

func fail(target *Target, times int) {
	for range times {
		target.Report(0, errors.New("reset by peer"), 0)
	}
}

func TestEjection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(2), Eject: EjectConfig{After: 3, For: 10 * time.Second, Longest: 40 * time.Second}})
		q := run(t, p)
		bad := p.targets[0]
		fail(bad, 2)
		bad.Report(200, nil, time.Millisecond) // in a row, it says
		fail(bad, 2)
		bad.Report(500, nil, 0) // no failure by default
		fail(bad, 2)
		expectState(t, p, 0, "up")
		bad.Report(503, nil, 0)
		expectState(t, p, 0, "ejected")
		expectStates(t, q, "1:80 ejected")
		if s := p.Status().Targets[0]; s.LastError != "status 503" || s.Errors != 7 || !s.Until.Equal(time.Now().Add(10*time.Second)) {
			t.Errorf("status %+v", s)
		}
		if got := draw(p, 100, anything); got[bad] != 0 {
			t.Errorf("the ejected target got %d requests", got[bad])
		}
		time.Sleep(10*time.Second - 1)
		expectState(t, p, 0, "ejected")
		time.Sleep(time.Nanosecond)
		expectState(t, p, 0, "up")
		expectStates(t, q, "1:80 returned")
		for _, stay := range []time.Duration{20, 40, 40} {
			fail(bad, 3)
			if got := time.Until(p.Status().Targets[0].Until); got != stay*time.Second {
				t.Errorf("ejected for %v, want %v", got, stay*time.Second)
			}
			time.Sleep(stay * time.Second)
			expectState(t, p, 0, "up")
		}
		time.Sleep(40 * time.Second) // well for as long: begins anew
		fail(bad, 3)
		if got := time.Until(p.Status().Targets[0].Until); got != 10*time.Second {
			t.Errorf("ejected for %v after a good time", got)
		}
	})
}

func TestMostEjected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(5), Eject: EjectConfig{Most: 0.5}})
		q := run(t, p)
		for _, target := range p.targets {
			fail(target, 5)
		}
		expectStates(t, q, "1:80 ejected", "2:80 ejected")
		alone, _ := newPool(t, Config{To: many(1)})
		fail(alone.targets[0], 50)
		expectState(t, alone, 0, "up")
		never, _ := newPool(t, Config{To: many(2), Eject: EjectConfig{After: -1}})
		fail(never.targets[0], 50)
		expectState(t, never, 0, "up")
	})
}

func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(4), Eject: EjectConfig{Most: 1}, Panic: 0.5})
		q := run(t, p)
		for _, target := range p.targets[:2] {
			fail(target, 5)
		}
		if got := draw(p, 100, anything); len(got) != 2 {
			t.Errorf("half of the targets are enough: %v", got)
		}
		fail(p.targets[2], 5)
		if got := draw(p, 100, anything); len(got) != 4 {
			t.Errorf("in panic only %v", got)
		}
		expectStates(t, q, "1:80 ejected", "2:80 ejected", "3:80 ejected", "panic")
		time.Sleep(11 * time.Second)
		if s := p.Status(); s.Panic {
			t.Error("still in panic")
		}
		off, _ := newPool(t, Config{To: many(2), Eject: EjectConfig{Most: 1}, Panic: -1})
		fail(off.targets[0], 5)
		fail(off.targets[1], 5)
		if _, err := off.Acquire(t.Context(), &Choice{}); err != ErrNoTarget {
			t.Errorf("without panic: %v", err)
		}
	})
}

// A drained target that is well is spared, not lost: draining it must not have
// the pool use those of which it is known that they are down.
func TestDrainIsNoPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := newPool(t, Config{To: many(4), Panic: 0.5, Health: &HealthConfig{Type: "tcp", Fall: 1}})
		q := run(t, p)
		n.set("10.0.0.3:80", nil)
		n.set("10.0.0.4:80", nil)
		time.Sleep(10 * time.Second)
		q.states()
		p.Drain("http://10.0.0.1", true)
		if got := draw(p, 100, anything); len(got) != 1 || got[p.targets[1]] == 0 {
			t.Errorf("with one drained, two down: %v", got)
		}
		p.Drain("http://10.0.0.2", true)
		if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrNoTarget {
			t.Errorf("with all drained that are well: %v", err)
		}
		expectStates(t, q, "1:80 drained", "2:80 drained")
		n.set("10.0.0.1:80", nil)
		n.set("10.0.0.2:80", nil)
		time.Sleep(10 * time.Second)
		if got := draw(p, 100, anything); len(got) != 2 || got[p.targets[2]] == 0 || got[p.targets[3]] == 0 {
			t.Errorf("when the checks believe in none: %v", got)
		}
	})
}

func TestIdleConnectionsEndWithTheirTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := newPool(t, Config{To: many(2), Health: &HealthConfig{Type: "tcp", Fall: 1}})
		run(t, p)
		var used []*Conn
		for range 8 {
			used = append(used, acquire(t, p, nil))
		}
		for _, c := range used[:6] {
			c.Release(true)
		}
		for i, s := range p.Status().Targets {
			if s.Idle != 3 {
				t.Fatalf("target %d has %d idle connections, want 3", i, s.Idle)
			}
		}
		n.set("10.0.0.1:80", nil)
		time.Sleep(10 * time.Second)
		expectState(t, p, 0, "down")
		fail(p.targets[1], 5)
		expectState(t, p, 1, "ejected")
		for _, c := range used[6:] {
			c.Release(true)
		}
		for i, s := range p.Status().Targets {
			if s.Idle != 0 {
				t.Errorf("target %d is %s and has %d idle connections", i, s.State, s.Idle)
			}
		}
	})
}

func TestSlowStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(2), Balance: BalanceConfig{Policy: "random"}, SlowStart: 20 * time.Second})
		seeded(p)
		run(t, p)
		fail(p.targets[0], 5)
		time.Sleep(10 * time.Second)
		expectState(t, p, 0, "warming")
		start := time.Now()
		for _, at := range []struct {
			after time.Duration
			share float64
		}{{0, 0.1}, {10 * time.Second, 0.5}, {19 * time.Second, 0.95}} {
			time.Sleep(time.Until(start.Add(at.after)))
			expectState(t, p, 0, "warming")
			if got := p.Status().Targets[0].Share; got != at.share {
				t.Errorf("after %v: share %v, want %v", at.after, got, at.share)
			}
			if got, want := p.view.Load().live[0].weight, int64(at.share*warmSteps); got != want {
				t.Errorf("after %v: weight %d, want %d", at.after, got, want)
			}
		}
		time.Sleep(time.Second)
		expectState(t, p, 0, "up")
	})
}

func TestSlowStartLimitsRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for policy := range policies {
			balance := BalanceConfig{Policy: policy}
			if policy == "hash" {
				balance.Hash = &HashConfig{Bound: -1}
			}
			p, _ := newPool(t, Config{To: many(2), Balance: balance, SlowStart: 20 * time.Second})
			seeded(p)
			p.Drain("http://10.0.0.1", true)
			p.Drain("http://10.0.0.1", false)
			got := draw(p, 10_000, func(i int) Choice { return Choice{Hash: mix(uint64(i))} })
			if n := got[p.targets[0]]; n < 750 || n > 1070 { // 1 of 11: 909, 5 sigma
				t.Errorf("%s: the target that comes back got %d of 10000, want about 909", policy, n)
			}
		}
	})
}

func TestDrain(t *testing.T) {
	p, n := newPool(t, Config{To: many(2)})
	used := acquire(t, p, nil)
	target := used.Target
	acquire(t, p, nil).Release(true)
	acquire(t, p, nil).Release(true)
	if err := p.Drain(target.URL(), true); err != nil {
		t.Fatal(err)
	}
	if got := draw(p, 10, anything); got[target] != 0 {
		t.Errorf("drained, but got %d", got[target])
	}
	s := p.Status().Targets[slices.Index(p.targets, target)]
	if s.State != "draining" || s.Active != 1 || s.Idle != 0 {
		t.Errorf("status %+v", s)
	}
	used.Release(true) // finishes, and is closed
	if got := target.idle.count.Load(); got != 0 {
		t.Errorf("%d idle connections", got)
	}
	if err := p.Reconfigure(Config{To: many(3)}); err != nil {
		t.Fatal(err)
	}
	n.set("10.0.0.3:80", silent)
	if s := p.Status().Targets[slices.Index(p.targets, target)]; s.State != "draining" {
		t.Errorf("after a reload it is %s", s.State)
	}
	if err := p.Drain(target.Address(), false); err != nil {
		t.Fatal(err)
	}
	if err := p.Drain(target.URL(), false); err != nil {
		t.Fatal(err)
	}
	if got := draw(p, 30, anything); got[target] != 10 {
		t.Errorf("undrained, got %d", got[target])
	}
	if err := p.Drain("http://nowhere", true); err == nil {
		t.Error("a target that is not there can be drained")
	}
	for _, target := range p.targets {
		p.Drain(target.URL(), true)
	}
	if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrNoTarget {
		t.Errorf("all drained: %v", err)
	}
}

func TestReconfigureKeepsWhatIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := newPool(t, Config{To: many(3)})
		q := run(t, p)
		for range 3 {
			acquire(t, p, nil).Release(true)
		}
		used := acquire(t, p, nil)
		for used.Target != p.targets[2] {
			used.Release(true)
			used = acquire(t, p, nil)
		}
		fail(p.targets[0], 5)
		second := p.targets[1]
		expectStates(t, q, "1:80 ejected")
		n.set("10.0.0.9:80", silent)
		cfg := Config{To: append(many(2), TargetConfig{URL: "http://10.0.0.9", Weight: 3})}
		cfg.To[1].Weight = 5
		if err := p.Reconfigure(cfg); err != nil {
			t.Fatal(err)
		}
		expectStates(t, q, "9:80 added", "3:80 removed")
		expectState(t, p, 0, "ejected")
		if s := p.Status().Targets; p.targets[1] != second || s[1].Weight != 5 || s[1].Idle != 1 || s[2].Weight != 3 {
			t.Errorf("status %+v", s)
		}
		select {
		case <-used.Target.Gone():
		default:
			t.Error("the removed target is not gone")
		}
		used.Release(true)
		if used.Target.idle.count.Load() != 0 || used.Target.active.Load() != 0 {
			t.Error("a connection to the removed target was kept")
		}
		if err := p.Reconfigure(Config{To: targets("ftp://nowhere")}); err == nil {
			t.Error("a bad config was taken")
		}
		if len(p.targets) != 3 {
			t.Error("a bad config changed something")
		}
	})
}

func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: many(1), Keepalive: KeepaliveConfig{Timeout: 10 * time.Second, Age: time.Minute}})
		run(t, p)
		c, d := acquire(t, p, nil), acquire(t, p, nil)
		d.Release(true)
		c.Release(true)
		for range 9 { // the one in use lives on, the other ends
			time.Sleep(5 * time.Second)
			c = acquire(t, p, nil)
			c.Release(true)
		}
		synctest.Wait()
		if got := p.targets[0].idle.count.Load(); got == 0 || got > 2 {
			t.Errorf("%d idle connections", got)
		}
		time.Sleep(13 * time.Second)
		synctest.Wait()
		if got := p.targets[0].idle.count.Load(); got != 0 {
			t.Errorf("%d idle connections after the timeout", got)
		}
		c = acquire(t, p, nil)
		time.Sleep(time.Minute)
		c.Release(true)
		if got := p.targets[0].idle.count.Load(); got != 0 {
			t.Error("a connection was kept beyond its age")
		}
	})
}
