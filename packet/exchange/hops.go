package exchange

import (
	"context"
	"net/netip"
)

// hops are the next hops of a round, each resolved once, many at a time.
type hops struct {
	known map[netip.Addr]*hop // of feed alone
	busy  chan struct{}
}

type hop struct {
	resolved bool
	started  bool
	hardware []byte
	err      error
	parked   []*request // that wait for it
}

// maxResolving is how many hops are resolved at once.
const maxResolving = 256

// find is the hop of an address. What the kernel knows already is known at once.
func (h *hops) find(x *Exchange, addr netip.Addr) *hop {
	one := h.known[addr]
	if one == nil {
		if h.busy == nil {
			h.busy = make(chan struct{}, maxResolving)
		}
		one = &hop{}
		if n, err := x.conn.Neighbour(x.link.Index, addr); err == nil && n.State.Usable() && len(n.Hardware) == 6 {
			one.resolved, one.hardware = true, n.Hardware
		}
		h.known[addr] = one
	}
	return one
}

// resolve finds a hop's hardware address, and sends on what waits for it.
func (r *round) resolve(ctx context.Context, h *hop, addr netip.Addr) {
	var hardware []byte
	var err error
	select {
	case r.hops.busy <- struct{}{}:
		hardware, err = r.x.conn.Resolve(ctx, r.x.link.Index, addr)
		<-r.hops.busy
	case <-ctx.Done():
		err = ctx.Err()
	}
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	h.resolved, h.hardware = true, hardware
	if err != nil {
		h.err = err
	}
	parked := h.parked
	h.parked = nil
	for _, req := range parked {
		if ctx.Err() != nil {
			r.drop(req)
		} else {
			r.arrange(req, h)
		}
	}
}

// arrange puts the hop's address into a packet, which is ready then.
func (r *round) arrange(req *request, h *hop) {
	if h.err != nil {
		r.finish(req, nil, h.err)
		return
	}
	copy(req.data, h.hardware)
	r.push(req)
}
