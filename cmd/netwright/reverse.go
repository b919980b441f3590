package main

import (
	"context"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// reverse looks up the names of addresses, some at once, while other work goes
// on. A nil reverse knows none.
type reverse struct {
	ctx      context.Context
	cancel   context.CancelFunc
	resolver addressResolver
	work     sync.WaitGroup
	slots    chan struct{}

	mu    sync.Mutex
	names map[netip.Addr]string // "" while it is not known, or has none
}

// addressResolver is what [net.Resolver] can do for reverse.
type addressResolver interface {
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

func newReverse(ctx context.Context, resolver addressResolver) *reverse {
	r := &reverse{resolver: resolver, slots: make(chan struct{}, 16), names: make(map[netip.Addr]string)}
	r.ctx, r.cancel = context.WithCancel(ctx)
	return r
}

// ask begins to look up an address, if that has not begun. There may be 1,000 in
// all.
func (r *reverse) ask(a netip.Addr) {
	const patience, most = 2 * time.Second, 1000
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, begun := r.names[a]; begun || len(r.names) >= most {
		return
	}
	r.names[a] = ""
	r.work.Go(func() {
		select {
		case r.slots <- struct{}{}:
			defer func() { <-r.slots }()
		case <-r.ctx.Done():
			return
		}
		ctx, cancel := context.WithTimeout(r.ctx, patience)
		defer cancel()
		names, err := r.resolver.LookupAddr(ctx, a.WithZone("").String())
		if err != nil || len(names) == 0 {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.names[a] = strings.TrimSuffix(names[0], ".")
	})
}

// wait waits for what has begun, and ends it after that time.
func (r *reverse) wait(most time.Duration) {
	if r == nil {
		return
	}
	timer := time.AfterFunc(most, r.cancel)
	defer timer.Stop()
	r.work.Wait()
}

// name is the name of an address, or "".
func (r *reverse) name(a netip.Addr) string {
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.names[a]
}
