package upstream

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// queue holds the requests that wait for a connection, the first come first.
type queue struct {
	mu      sync.Mutex
	waiters list.List // of *waiter
	waiting atomic.Int64
}

type waiter struct {
	choice Choice
	ready  chan *Target // holds one: a connection to it is reserved
}

// wait queues until a connection to a target can be reserved.
func (p *Pool) wait(ctx context.Context, c *Choice) (*Target, error) {
	v := p.view.Load()
	if v.shut {
		return nil, ErrClosed
	}
	if len(v.live) == 0 {
		return nil, ErrNoTarget
	}
	w := &waiter{choice: *c, ready: make(chan *Target, 1)}
	place, ok := p.enqueue(w, v.plan.Queue.Size)
	if !ok {
		return nil, ErrQueueFull
	}
	timer := time.NewTimer(v.plan.Queue.Timeout)
	defer timer.Stop()
	var err error
	select {
	case t := <-w.ready:
		return t, nil
	case <-p.done:
		err = ErrClosed
	case <-timer.C:
		err = ErrQueueTimeout
	case <-ctx.Done():
		err = ctx.Err()
	}
	if t := p.withdraw(w, place); t != nil {
		t.active.Add(-1)
		p.dispatch()
	}
	return nil, err
}

// enqueue puts w at the end, unless as many as may wait already. It may be
// served at once.
func (p *Pool) enqueue(w *waiter, size int) (*list.Element, bool) {
	q := &p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.waiters.Len() >= max(size, 0) {
		// The last chance is what came free since the caller looked, and for
		// a client that sticks to a busy target, another.
		p.serve()
		w.choice.Sticky = nil
		t := p.view.Load().take(&w.choice, &p.chance)
		if t != nil {
			w.ready <- t
		}
		return nil, t != nil
	}
	place := q.waiters.PushBack(w)
	q.waiting.Add(1)
	p.serve()
	return place, true
}

// withdraw takes w out of the queue. Where it had been served meanwhile it
// gives the target.
func (p *Pool) withdraw(w *waiter, place *list.Element) *Target {
	q := &p.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case t := <-w.ready:
		return t
	default:
		q.waiters.Remove(place)
		q.waiting.Add(-1)
		return nil
	}
}

// dispatch gives what came free to those who wait.
func (p *Pool) dispatch() {
	p.queue.mu.Lock()
	defer p.queue.mu.Unlock()
	p.serve()
}

// serve reserves connections for waiters in their order. Those who wait for
// one target do not hold up the others; the first that would take any and
// finds none ends it. The queue is locked.
func (p *Pool) serve() {
	q := &p.queue
	v := p.view.Load()
	for e := q.waiters.Front(); e != nil; {
		w, next := e.Value.(*waiter), e.Next()
		t := v.take(&w.choice, &p.chance)
		if t == nil && v.stuck(&w.choice) == nil {
			return
		}
		if t != nil {
			q.waiters.Remove(e)
			q.waiting.Add(-1)
			w.ready <- t
		}
		e = next
	}
}
