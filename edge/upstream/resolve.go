package upstream

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// follow keeps the addresses of a name up to date until ctx ends: it looks
// the name up again when the answer's time to live is over. When a look-up
// fails, the addresses stay and the next one comes sooner.
func (p *Pool) follow(ctx context.Context, name string) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	failures := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r := &p.view.Load().plan.Resolve
		addresses, ttl, err := p.lookup(ctx, r, name)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			p.lookupFailed(name, err)
			timer.Reset(min(r.Least<<min(failures, 20), max(r.Every, r.Least)))
			failures++
			continue
		}
		failures = 0
		p.lookedUp(name, addresses)
		if ttl < 0 {
			ttl = r.Every
		}
		timer.Reset(min(max(ttl, r.Least), r.Most))
	}
}

// lookup gives the addresses of a name, sorted, each once, and at least one.
func (p *Pool) lookup(ctx context.Context, r *ResolveConfig, name string) ([]netip.Addr, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	ask := p.Lookup
	if ask == nil {
		ask = (&resolver{servers: r.Servers}).lookup
	}
	network := map[string]string{"any": "ip", "ipv4": "ip4", "ipv6": "ip6"}[r.Family]
	addresses, ttl, err := ask(ctx, network, name)
	if err != nil {
		return nil, 0, err
	}
	addresses = slices.Clone(addresses)
	for i, a := range addresses {
		addresses[i] = a.Unmap()
	}
	addresses = slices.DeleteFunc(addresses, func(a netip.Addr) bool {
		return r.Family == "ipv4" && !a.Is4() || r.Family == "ipv6" && a.Is4()
	})
	slices.SortFunc(addresses, netip.Addr.Compare)
	addresses = slices.Compact(addresses)
	if len(addresses) == 0 {
		return nil, 0, fmt.Errorf("%s has no address", name)
	}
	return addresses, ttl, nil
}

// lookedUp gives the sources of a name its addresses.
func (p *Pool) lookedUp(name string, found []netip.Addr) {
	p.mu.Lock()
	same := true
	for _, s := range p.sources {
		if s.name == name {
			same = same && s.resolved && s.trouble == "" && slices.Equal(s.addresses, s.at(found))
		}
	}
	p.mu.Unlock()
	if same {
		return
	}
	p.change(func(now time.Time) {
		if p.closed || p.plan.Resolve.Every < 0 {
			return
		}
		known := make(map[*source]bool)
		for _, s := range p.sources {
			if s.name != name {
				continue
			}
			known[s] = s.resolved
			if s.trouble != "" {
				p.note(Event{URL: s.url, State: LookedUp})
			}
			s.addresses, s.resolved, s.trouble = s.at(found), true, ""
		}
		p.arrange(now, func(s *source) bool { return known[s] })
	})
}

// lookupFailed is told once for each kind of trouble.
func (p *Pool) lookupFailed(name string, err error) {
	p.mu.Lock()
	for _, s := range p.sources {
		if s.name != name {
			continue
		}
		if s.trouble == "" {
			detail := fmt.Sprintf("%v; the addresses known before stay in use", err)
			if !s.resolved {
				detail = err.Error()
			}
			p.note(Event{URL: s.url, State: LookupFailed, Detail: detail})
		}
		s.trouble = err.Error()
	}
	p.mu.Unlock()
	p.announce()
}

// at puts the source's port behind each address.
func (s *source) at(found []netip.Addr) []string {
	addresses := make([]string, len(found))
	for i, a := range found {
		addresses[i] = hostPort(a, s.port)
	}
	return addresses
}
