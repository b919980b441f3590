package trace

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"
)

// message is what came: an answer, or an error about a probe.
type message struct {
	data       []byte // from the transport header, or for datagrams from the payload on
	extension  []byte // of an ICMP error; nil for none
	guessed    bool   // the place of the extension is a guess
	from       netip.Addr
	time       time.Time
	ttl        int
	kind, code uint8
	mtu        int
	err        error
	local      bool // the error is of this host
}

// run is one call of Tracer.Run. Times in it are since its begin, by the
// monotonic clock.
type run struct {
	sock    *socket
	cfg     *Config
	form    form
	plan    plan
	each    func(Event, *Trace) error
	begin   time.Time
	trace   Trace
	number  uint16 // of the latest probe
	waiting []*probe
	single  bool  // one probe at a time: a router quotes too little to tell more
	err     error // of the callback
}

// probe waits for an answer.
type probe struct {
	spec
	number uint16
	nth    int // at its TTL
	at     time.Duration
	sent   time.Time
}

func newRun(s *socket, cfg *Config, target netip.Addr, each func(Event, *Trace) error) (*run, error) {
	r := &run{sock: s, cfg: cfg, each: each, begin: time.Now()}
	r.form = form{method: cfg.Method, version: s.version, raw: s.raw, dst: target.WithZone(""), port: cfg.Port, token: rand.Uint32()}
	mtu, err := s.start(cfg, target, &r.form)
	if err != nil {
		return nil, err
	}
	size := max(cfg.Size, r.form.least())
	switch {
	case cfg.MTU:
		size = mtu
	case cfg.Size == 0:
		size = max(r.form.ipHeader()+40, r.form.least())
	}
	r.plan = newPlan(cfg, size)
	r.trace = Trace{Target: target, Source: r.form.src, Hops: make([]Hop, cfg.Hops-cfg.First+1)}
	for i := range r.trace.Hops {
		r.trace.Hops[i].TTL = cfg.First + i
	}
	return r, nil
}

func (r *run) now() time.Duration { return time.Since(r.begin) }

func (r *run) hop(ttl int) *Hop { return &r.trace.Hops[ttl-r.cfg.First] }

func (r *run) loop(ctx context.Context) error {
	const slice = 50 * time.Millisecond // between looks at the context
	for ctx.Err() == nil && r.err == nil {
		r.expire()
		wait, done := r.send()
		if done && len(r.waiting) == 0 {
			break
		}
		if len(r.waiting) > 0 {
			wait = min(wait, max(r.waiting[0].at+r.cfg.Timeout-r.now(), 0))
		}
		if err := r.sock.wait(min(wait, slice)); err != nil {
			return err
		}
		r.receive()
	}
	return r.err
}

// send sends the next probe, if one is due.
func (r *run) send() (wait time.Duration, done bool) {
	if r.single && len(r.waiting) > 0 {
		return r.cfg.Timeout, false
	}
	now := r.now()
	s, ok, wait, done := r.plan.next(now, len(r.waiting), r.hop)
	if !ok {
		if done {
			wait = r.cfg.Timeout
		}
		return wait, done
	}
	if s.ttl > r.plan.last {
		return 0, false // an answer came meanwhile
	}
	r.plan.due = now + r.cfg.Gap
	if r.number++; r.number == 0 { // which a UDP checksum cannot be
		r.number = 1
	}
	h := r.hop(s.ttl)
	h.Sent++
	r.sock.packet = r.form.append(r.sock.packet[:0], r.number, s.flow, s.size)
	p := &probe{spec: s, number: r.number, nth: h.Sent}
	for try := 1; ; try++ {
		p.sent, p.at = time.Now(), r.now()
		err := r.sock.send(s.ttl, s.flow)
		if err == nil {
			r.waiting = append(r.waiting, p)
			return 0, false
		}
		mtu, earlier := r.receiveErrors()
		if earlier && try < 4 { // it was about an earlier probe, and this one did not go
			continue
		}
		if r.cfg.MTU && mtu > 0 && mtu < p.size && r.plan.shrink(s, mtu, r.form.least()) {
			h.Sent--
		} else {
			r.tell(p, Event{Kind: Unsent, Err: err})
		}
		return 0, false
	}
}

// expire ends the wait for probes whose time is over.
func (r *run) expire() {
	for len(r.waiting) > 0 && r.now() >= r.waiting[0].at+r.cfg.Timeout {
		p := r.waiting[0]
		r.waiting = r.waiting[1:]
		if r.cfg.Paths {
			r.plan.retry(p.spec)
		}
		r.tell(p, Event{Kind: Timeout})
	}
}

// receive takes all that has come.
func (r *run) receive() {
	r.receiveErrors()
	for r.err == nil {
		m, ok := r.sock.receive(false)
		if !ok {
			return
		}
		number, ok := r.form.answered(m.data)
		if !ok || m.from.WithZone("") != r.form.dst {
			continue
		}
		p := r.find(number)
		if number == 0 { // an answer to any: to the first that may have got there
			p = r.farthest()
		}
		if p != nil {
			r.end(p, &m, Event{Kind: Reached})
		}
	}
}

// receiveErrors takes what is in the queue of errors. It returns the MTU that
// one of this host says, and whether one came from elsewhere.
func (r *run) receiveErrors() (mtu int, earlier bool) {
	for r.err == nil {
		m, ok := r.sock.receive(true)
		if !ok {
			break
		}
		if m.local {
			mtu = max(mtu, m.mtu)
			continue
		}
		earlier = true
		number, ok, anonymous := r.form.quoted(m.data)
		p := r.find(number)
		if anonymous {
			p, ok = r.only(), true
		}
		if ok && p != nil {
			r.explain(p, &m)
		}
	}
	return mtu, earlier
}

// find finds a probe that waits, or nil.
func (r *run) find(number uint16) *probe {
	for _, p := range r.waiting {
		if p.number == number {
			return p
		}
	}
	return nil
}

// only is the only probe that waits. When there are more, they are sent again,
// one at a time.
func (r *run) only() *probe {
	if r.single && len(r.waiting) == 1 {
		return r.waiting[0]
	}
	r.single = true
	for _, p := range r.waiting {
		r.hop(p.ttl).Sent--
		r.plan.again = append(r.plan.again, p.spec)
	}
	r.waiting = nil
	r.plan.due = r.now() + r.cfg.Timeout/2 // what is under way arrives by then, and belongs to nothing
	return nil
}

// farthest is the probe with the lowest TTL that may have reached the target.
func (r *run) farthest() (best *probe) {
	beyond := 0 // the last hop that is known to be on the way
	for i := range r.trace.Hops {
		for _, n := range r.trace.Hops[i].Nodes {
			if n.Kind == Transit {
				beyond = r.trace.Hops[i].TTL
			}
		}
	}
	for _, p := range r.waiting {
		if p.ttl > beyond && (best == nil || p.ttl < best.ttl) {
			best = p
		}
	}
	return best
}

// explain takes an ICMP error about a probe.
func (r *run) explain(p *probe, m *message) {
	e := Event{Kind: Unreachable, Err: icmpError(r.form.version, m), Labels: readLabels(m.extension, m.guessed), MTU: m.mtu}
	v4, target := r.form.version == 4, m.from.WithZone("") == r.form.dst
	isPort := v4 && m.kind == 3 && m.code == 3 || !v4 && m.kind == 1 && m.code == 4
	switch {
	case v4 && m.kind == 11 || !v4 && m.kind == 3:
		e.Kind, e.Err = Transit, nil
	case v4 && m.kind == 3 && m.code == 4 || !v4 && m.kind == 2:
		e.Kind = TooBig
		if r.cfg.MTU && r.plan.shrink(p.spec, m.mtu, r.form.least()) {
			break
		}
		e.Kind = Unreachable
	case isPort, target && r.form.method == UDP && v4 && m.kind == 3 && m.code == 2:
		e.Kind, e.Err = Reached, nil
	}
	r.end(p, m, e)
}

// end takes an answer to a probe.
func (r *run) end(p *probe, m *message, e Event) {
	for i := range r.waiting {
		if r.waiting[i] == p {
			r.waiting = append(r.waiting[:i:i], r.waiting[i+1:]...)
			break
		}
	}
	now := time.Now()
	if m.time.IsZero() {
		m.time = now
	}
	at := now.Sub(r.begin) - time.Duration(now.UnixNano()-m.time.UnixNano())
	e.RTT, e.From, e.ReplyTTL = max(at-p.at, 0), m.from, m.ttl
	if h := r.hop(p.ttl); r.cfg.MTU && e.Kind != TooBig && (h.MTU == 0 || p.size < h.MTU) {
		h.MTU = p.size
	}
	if e.Kind == Reached || e.Kind == Unreachable {
		r.stop(p.ttl)
	}
	r.tell(p, e)
}

// stop forgets the probes behind a TTL.
func (r *run) stop(ttl int) {
	r.plan.end(ttl)
	var rest []*probe
	for _, p := range r.waiting {
		if p.ttl <= ttl {
			rest = append(rest, p)
		}
	}
	r.waiting = rest
}

func (r *run) tell(p *probe, e Event) {
	e.TTL, e.Number, e.Flow, e.Size, e.Sent = p.ttl, p.nth, p.flow, p.size, p.sent
	r.hop(p.ttl).take(e)
	r.trace.Reached = r.trace.Reached || e.Kind == Reached
	if r.each != nil && r.err == nil && p.ttl <= r.plan.last {
		r.err = r.each(e, r.result())
	}
}

// result is what is known: up to the target, or to the last hop that was tried.
func (r *run) result() *Trace {
	t := r.trace
	t.Hops = t.Hops[:r.plan.last-r.cfg.First+1]
	for len(t.Hops) > 0 && t.Hops[len(t.Hops)-1].Sent == 0 {
		t.Hops = t.Hops[:len(t.Hops)-1]
	}
	for i := range t.Hops {
		if mtu := t.Hops[i].MTU; mtu > 0 {
			t.MTU = mtu
		}
	}
	return &t
}
