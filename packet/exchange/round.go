package exchange

import (
	"context"
	"io"
	"iter"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/wire"
)

// round is one [Exchange.Run]. What is not said to belong to one goroutine is
// guarded by the exchange's lock.
type round struct {
	x       *Exchange
	cancel  context.CancelFunc
	wait    *pending
	ready   []*request    // to be sent
	sending []*request    // given to the sender, and not yet sent
	waiting []*request    // sent, in that order
	room    chan struct{} // there is room for another packet again
	more    chan struct{} // something is ready
	done    chan struct{} // closed when there is nothing left to wait for
	fed     bool          // no more packets will come
	open    int           // packets that have no result yet
	summary Summary
	err     error

	fresh bool       // of next alone: something was given since the last flush
	taken []*request // of next alone, where nothing is waited for: what was ready, all of it at once
	hops  hops
}

func newRound(x *Exchange, wait *pending, cancel context.CancelFunc) *round {
	return &round{
		x: x, cancel: cancel, wait: wait, room: make(chan struct{}, 1),
		more: make(chan struct{}, 1), done: make(chan struct{}), hops: hops{known: map[netip.Addr]*hop{}},
	}
}

// stop ends the round with an error, the first of which counts.
func (r *round) stop(err error) {
	if r.err == nil {
		r.err = err
	}
	r.cancel()
}

// feed makes packets ready to be sent, and waits for what it started.
func (r *round) feed(ctx context.Context, packets iter.Seq2[[]byte, error]) {
	var resolvers sync.WaitGroup
	defer resolvers.Wait()
	for b, err := range packets {
		if err == nil {
			for full := r.take(ctx, b, &resolvers); full; full = r.full() {
				select {
				case <-r.room:
				case <-ctx.Done():
					return
				}
			}
		}
		if err != nil {
			r.x.mu.Lock()
			r.stop(err)
			r.x.mu.Unlock()
		}
		if ctx.Err() != nil {
			return
		}
	}
	r.x.mu.Lock()
	r.fed = true
	r.check()
	r.x.mu.Unlock()
}

// take dresses a packet, and puts it where it can be sent from, or waits for its
// next hop. It says whether that were as many packets as may be under way.
func (r *round) take(ctx context.Context, b []byte, resolvers *sync.WaitGroup) (full bool) {
	x := r.x
	number := r.summary.Packets // feed alone counts
	dressed, err := x.outfit.dress(number, b)
	req := &request{number: number, data: dressed.data, begin: dressed.begin}
	var h *hop
	if err == nil && dressed.hop.IsValid() {
		h = r.hops.find(x, dressed.hop)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	r.summary.Packets++
	r.open++
	switch {
	case err != nil:
		req.data = slices.Clone(b)
		r.finish(req, nil, err)
	case h == nil:
		r.push(req)
	case h.resolved:
		r.arrange(req, h)
	default:
		h.parked = append(h.parked, req)
		if !h.started {
			h.started = true
			resolvers.Go(func() { r.resolve(ctx, h, dressed.hop) })
		}
	}
	return r.open >= x.cfg.Outstanding
}

func (r *round) full() bool {
	r.x.mu.Lock()
	defer r.x.mu.Unlock()
	return r.open >= r.x.cfg.Outstanding
}

// leave ends one of the packets under way, and wakes who waits for room.
func (r *round) leave() {
	if r.open == r.x.cfg.Outstanding {
		wake(r.room)
	}
	r.open--
}

// wake wakes who waits for a channel of one, or will.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// push makes a packet the next to be sent.
func (r *round) push(req *request) {
	if r.ready = append(r.ready, req); len(r.ready) == 1 {
		wake(r.more)
	}
}

// next gives the sender a packet, and begins to wait for its answer. The filter lets
// the answer pass before the packet is out.
func (r *round) next(ctx context.Context, dst []byte) ([]byte, error) {
	for {
		if len(r.taken) > 0 {
			req := r.taken[0]
			r.taken = r.taken[1:]
			r.fresh = true
			return append(dst, req.data...), nil
		}
		r.x.mu.Lock()
		if len(r.ready) > 0 && r.x.cfg.Blind {
			r.takeAll()
			r.x.mu.Unlock()
			continue
		}
		if len(r.ready) > 0 {
			req := r.ready[0]
			r.ready = r.ready[1:]
			if req.gone {
				r.x.mu.Unlock()
				continue
			}
			err := r.begin(req)
			r.x.mu.Unlock()
			r.fresh = true
			return append(dst, req.data...), err
		}
		r.x.mu.Unlock()
		if r.fresh {
			r.fresh = false
			return dst, wire.ErrFlush
		}
		select {
		case <-r.more:
		case <-r.done:
			return dst, io.EOF
		case <-ctx.Done():
			return dst, io.EOF
		}
	}
}

// takeAll takes all that is ready to be sent, where nothing is waited for: a lock for
// each packet would cost more than the packet.
func (r *round) takeAll() {
	for _, req := range r.ready {
		req.tries++
	}
	r.sending = append(r.sending, r.ready...)
	r.taken, r.ready = r.ready, nil
}

func (r *round) begin(req *request) error {
	if req.tries++; req.tries == 1 {
		r.wait.add(req)
		if r.x.shapes.add(&r.wait.ask) {
			if err := r.x.capture.SetFilter(r.x.shapes.program(r.x.capture.LinkType())); err != nil {
				return err
			}
		}
	}
	r.sending = append(r.sending, req)
	return nil
}

// handed notes when packets were sent, or that they could not be.
func (r *round) handed(n int, at time.Time, err error) {
	for range min(n, len(r.sending)) {
		req := r.sending[0]
		r.sending = r.sending[1:]
		if req.gone && !req.replied {
			continue // given up meanwhile
		}
		if err != nil {
			r.finish(req, nil, err)
			continue
		}
		r.summary.Sent++
		req.sent = at
		if r.x.cfg.Blind {
			r.over(req)
			continue
		}
		if !req.gone {
			r.waiting = append(r.waiting, req)
		}
		early := req.early
		req.early = nil
		for i := range early {
			r.answered(req, early[i])
		}
	}
}

// arrived looks at a packet that came.
func (r *round) arrived(p *packet.Packet, at time.Time) {
	req := r.wait.find(&p.Stack)
	if req == nil || r.echoed(p, req) {
		r.summary.Unasked++
		return
	}
	a := arrival{at, slices.Clone(p.Data)}
	if req.sent.IsZero() {
		if len(req.early) < 16 {
			req.early = append(req.early, a)
		}
		return
	}
	r.answered(req, a)
}

// echoed tells whether a packet is the request itself, as the loopback interface
// shows it.
func (r *round) echoed(p *packet.Packet, req *request) bool {
	if !r.x.link.Loopback || len(p.Data) < etherHeader {
		return false
	}
	asked := req.data
	if req.begin == "eth" {
		asked = asked[min(etherHeader, len(asked)):]
	}
	return string(p.Data[etherHeader:]) == string(asked)
}

func (r *round) answered(req *request, a arrival) {
	if req.gone {
		return
	}
	r.summary.Answers++
	if !r.x.cfg.Multiple {
		r.finish(req, &a, nil)
	} else {
		if !req.replied {
			r.summary.Answered++
			req.replied = true
		}
		r.report(req, &a, nil)
	}
	if r.x.cfg.First {
		r.stop(nil)
	}
}

// finish ends the waiting for a packet, and says what became of it.
func (r *round) finish(req *request, a *arrival, err error) {
	r.wait.remove(req)
	switch {
	case a != nil:
		r.summary.Answered++
	case err != nil:
		r.summary.Failed++
	case !req.replied:
		r.summary.Unanswered++
	}
	if a != nil || err != nil || !req.replied {
		r.report(req, a, err)
	}
	req.replied = req.replied || a != nil
	r.over(req)
}

// over makes room for another packet.
func (r *round) over(req *request) {
	req.gone = true
	r.leave()
	r.check()
}

func (r *round) report(req *request, a *arrival, err error) {
	res := &Result{Number: req.number, Request: req.data, Begin: req.begin, Tries: req.tries, Sent: req.sent, Err: err}
	if a != nil {
		res.Answer, res.Received, res.Link = a.data, a.time, r.x.capture.LinkType()
	}
	if err := r.x.cfg.Result(res); err != nil {
		r.stop(err)
	}
}

// check tells whether all is over.
func (r *round) check() {
	if !r.fed || r.open > 0 {
		return
	}
	select {
	case <-r.done:
	default:
		close(r.done)
	}
}

// watch looks after the packets that nobody answers, until the round is over.
func (r *round) watch(ctx context.Context) {
	tick := time.NewTicker(min(max(r.x.cfg.Timeout/50, time.Millisecond), 50*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.done:
			return
		case <-tick.C:
			r.x.mu.Lock()
			r.expire(time.Now())
			r.x.mu.Unlock()
		}
	}
}

// expire sends again what has waited for long enough, or gives it up.
func (r *round) expire(now time.Time) {
	for len(r.waiting) > 0 {
		req := r.waiting[0]
		if !req.gone && now.Sub(req.sent) < r.x.cfg.Timeout {
			return
		}
		r.waiting = r.waiting[1:]
		switch {
		case req.gone:
		case !req.replied && req.tries <= r.x.cfg.Retries:
			r.push(req)
		default:
			r.finish(req, nil, nil)
		}
	}
}

// giveUp reports what is still waited for when a round ends early. What was not sent
// yet is as if it had not been there.
func (r *round) giveUp() {
	for _, req := range slices.Concat(r.waiting, r.sending, r.ready) {
		switch {
		case req.gone:
		case req.sent.IsZero():
			r.drop(req)
		default:
			r.finish(req, nil, nil)
		}
	}
	r.waiting, r.sending, r.ready = nil, nil, nil
}

// drop forgets a packet that was not sent.
func (r *round) drop(req *request) {
	r.wait.remove(req)
	r.summary.Packets--
	r.leave()
}
