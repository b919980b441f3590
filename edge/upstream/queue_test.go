package upstream

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestQueueServesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 2})
		a, b := acquire(t, p, nil), acquire(t, p, nil)
		order := make(chan int, 10)
		for i := range 5 {
			go func() {
				c := acquire(t, p, nil)
				order <- i
				time.Sleep(time.Second)
				c.Release(true)
			}()
			synctest.Wait() // i waits
		}
		if got := p.Status(); got.Waiting != 5 || got.Active != 7 {
			t.Errorf("%d wait, %d active", got.Waiting, got.Active)
		}
		a.Release(true)
		time.Sleep(time.Second / 2)
		b.Release(false) // a slot, but no idle connection
		for want := range 5 {
			if got := <-order; got != want {
				t.Errorf("%d was served when it was %d's turn", got, want)
			}
		}
		time.Sleep(2 * time.Second)
		if s := p.Status(); s.Waiting != 0 || s.Active != 0 || s.Targets[0].Active != 0 || s.Targets[0].Idle != 2 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 1, Queue: QueueConfig{Size: 2, Timeout: 3 * time.Second}})
		held := acquire(t, p, nil)
		late := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := p.Acquire(t.Context(), &Choice{})
				late <- err
			}()
		}
		synctest.Wait()
		if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrQueueFull {
			t.Errorf("the third gets %v", err)
		}
		start := time.Now()
		for range 2 {
			if err := <-late; err != ErrQueueTimeout {
				t.Errorf("after the timeout: %v", err)
			}
		}
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("waited %v", took)
		}
		held.Release(true)
		acquire(t, p, nil).Release(true)
		if s := p.Status(); s.Active != 0 || s.Waiting != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

func TestQueueOff(t *testing.T) {
	p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 1, Queue: QueueConfig{Size: -1}})
	held := acquire(t, p, nil)
	if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrQueueFull {
		t.Errorf("got %v", err)
	}
	held.Release(true)
	acquire(t, p, nil).Release(true)
	// A client that cannot wait for its target goes elsewhere.
	p, _ = newPool(t, Config{To: many(2), Connections: 1, Queue: QueueConfig{Size: -1}, Sticky: &StickyConfig{}})
	held = acquire(t, p, nil)
	c := acquire(t, p, &Choice{Sticky: []byte(held.Target.Cookie())})
	if c.Target == held.Target {
		t.Error("a target above its limit")
	}
	c.Release(true)
	held.Release(true)
}

func TestQueueLeftByClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 1})
		held := acquire(t, p, nil)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := p.Acquire(ctx, &Choice{Retry: true}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if s := p.Status(); s.Waiting != 0 || s.Active != 1 || s.Retries != 0 {
			t.Errorf("left behind: %+v", s)
		}
		held.Release(true)
		if s := p.Status(); s.Active != 0 {
			t.Errorf("left behind: %+v", s)
		}
	})
}

func TestQueueEndsWithThePool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 1})
		held := acquire(t, p, nil)
		defer held.Release(true)
		go func() {
			time.Sleep(time.Second)
			p.Close()
		}()
		if _, err := p.Acquire(t.Context(), &Choice{}); err != ErrClosed {
			t.Errorf("got %v", err)
		}
	})
}

// A client that sticks to a busy target waits for that one, and does not hold
// up those behind it who can go elsewhere.
func TestQueueOfStickyClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPool(t, Config{
			To: targets("http://10.0.0.1", "http://10.0.0.2"), Connections: 1, Sticky: &StickyConfig{},
		})
		a, b := acquire(t, p, nil), acquire(t, p, nil)
		if a.Target == b.Target {
			t.Fatal("a target above its limit")
		}
		type served struct {
			who string
			at  *Target
		}
		order := make(chan served, 2)
		wait := func(who string, c *Choice) {
			go func() {
				conn := acquire(t, p, c)
				order <- served{who, conn.Target}
				conn.Release(true)
			}()
			synctest.Wait()
		}
		wait("sticky", &Choice{Sticky: []byte(b.Target.Cookie())})
		wait("any", &Choice{})
		a.Release(true)
		if got := <-order; got != (served{"any", a.Target}) {
			t.Errorf("first %v", got)
		}
		b.Release(true)
		if got := <-order; got != (served{"sticky", b.Target}) {
			t.Errorf("then %v", got)
		}
		// When its target is drained it waits for any.
		a, b = acquire(t, p, nil), acquire(t, p, nil)
		wait("sticky", &Choice{Sticky: []byte(b.Target.Cookie())})
		p.Drain(b.Target.URL(), true)
		a.Release(true)
		if got := <-order; got != (served{"sticky", a.Target}) {
			t.Errorf("drained: %v", got)
		}
		b.Release(true)
	})
}

func TestFreshStaysWithinTheLimit(t *testing.T) {
	p, n := newPool(t, Config{To: targets("http://10.0.0.1"), Connections: 1})
	acquire(t, p, nil).Release(true)
	c := acquire(t, p, &Choice{Fresh: true})
	if s := p.Status().Targets[0]; s.Active != 1 || s.Idle != 0 || n.dials("10.0.0.1:80") != 2 {
		t.Errorf("status %+v", s)
	}
	c.Release(true)
}

func TestRetryBudget(t *testing.T) {
	p, _ := newPool(t, Config{To: targets("http://10.0.0.1"), Retry: RetryConfig{Budget: 0.2, Floor: 2}})
	var conns []*Conn
	retry := func() error {
		c, err := p.Acquire(t.Context(), &Choice{Retry: true})
		if err == nil {
			conns = append(conns, c)
		}
		return err
	}
	for i, want := range []error{nil, nil, ErrRetryBudget} { // the floor
		if allowed := p.RetryAllowed(); allowed != (want == nil) {
			t.Errorf("retry %d: allowed %v", i, allowed)
		}
		if err := retry(); err != want {
			t.Errorf("retry %d: %v", i, err)
		}
	}
	for range 18 {
		conns = append(conns, acquire(t, p, nil))
	}
	for i, want := range []error{nil, nil, ErrRetryBudget} { // a fifth of 20
		if err := retry(); err != want {
			t.Errorf("retry %d among 20: %v", i, err)
		}
	}
	for _, c := range conns {
		c.Release(true)
	}
	if s := p.Status(); s.Retries != 0 || s.Active != 0 {
		t.Errorf("left behind: %+v", s)
	}
	// A connection that carried a retry is an ordinary one later.
	acquire(t, p, nil).Release(true)
	if s := p.Status(); s.Retries != 0 {
		t.Errorf("%d retries", s.Retries)
	}
}
