package ping

import (
	"context"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/netip"
	"time"
)

// run is one call of Pinger.Run. Times in it are since its begin, by the
// monotonic clock.
type run struct {
	p        *Pinger
	cfg      *Config
	each     func(Event) error
	begin    time.Time
	token    uint32 // tells the answers of this run from others
	targets  []target
	stats    []Stats
	byAddr   map[netip.Addr]int32 // the first target with the address
	probes   []probe              // of all targets, mask+1 of each
	mask     uint32
	waiting  queue
	alive    int // targets that get requests still
	open     int // requests that wait for an answer
	schedule schedule
	reported time.Duration
	err      error // of the callback
}

type target struct {
	addr netip.Addr
	sock *socket
	done bool
}

type state uint8

const (
	unused state = iota
	waits
	answered
	lost
)

// probe is a request that was sent lately.
type probe struct {
	at    time.Duration // when it went, about
	begin uint32        // nanoseconds before that it surely had not gone
	seq   uint32
	state state
}

// left takes the time when the request left for the device, by the kernel's clock.
func (p *probe) left(at time.Duration) {
	if p.state == waits && at >= p.at-time.Duration(p.begin) {
		p.at, p.begin = at, 0
	}
}

// trip is the round trip of an answer. Where the time of sending turns out to be
// estimated too late, it is the longest that it can have been.
func (p *probe) trip(answer time.Duration) time.Duration {
	if answer < p.at {
		return max(answer-p.at+time.Duration(p.begin), 0)
	}
	return answer - p.at
}

func newRun(p *Pinger, targets []netip.Addr, each func(Event) error) (*run, error) {
	r := &run{
		p: p, cfg: &p.cfg, each: each, begin: time.Now(), token: rand.Uint32(),
		targets: make([]target, len(targets)), stats: make([]Stats, len(targets)),
		byAddr: make(map[netip.Addr]int32, len(targets)), alive: len(targets),
		schedule: newSchedule(&p.cfg, len(targets)),
	}
	// A target's window holds what may wait, and as much again for latecomers.
	between := max(time.Duration(r.schedule.gap*float64(len(targets))), 1)
	window := 2 * (uint64(r.cfg.Timeout/between) + 2)
	if r.cfg.Count > 0 {
		window = min(window, uint64(r.cfg.Count))
	}
	window = min(uint64(1)<<bits.Len64(window-1), 1<<15)
	r.mask = uint32(window - 1)
	r.probes = make([]probe, window*uint64(len(targets)))
	for i := len(targets) - 1; i >= 0; i-- {
		addr := targets[i].Unmap()
		sock, err := p.socketFor(addr)
		if err != nil {
			return nil, err
		}
		r.targets[i] = target{addr: addr, sock: sock}
		r.byAddr[addr.WithZone("")] = int32(i)
	}
	for _, s := range p.sockets {
		if s != nil {
			s.start(r.token, r.cfg.Size, time.Duration(r.schedule.gap) < together)
		}
	}
	return r, nil
}

func (r *run) now() time.Duration { return time.Since(r.begin) }

// coarse is the gap between requests below which they are dealt with in groups
// rather than one by one, each gathered for a while, and together the one below
// which several go by one system call.
const (
	coarse   = 500 * time.Microsecond
	gathers  = time.Millisecond
	together = 20 * time.Microsecond
)

func (r *run) loop(ctx context.Context, wake *waker) error {
	r.schedule.begin = r.now()
	for {
		r.send()
		r.receive()
		now := r.now()
		r.expire(now)
		if r.err != nil || ctx.Err() != nil || r.finished() {
			break
		}
		r.report(now)
		r.wait(wake, now)
	}
	return r.err
}

func (r *run) finished() bool {
	return r.open == 0 && (r.alive == 0 || r.schedule.done())
}

func (r *run) report(now time.Duration) {
	if r.cfg.Report != nil && now-r.reported >= r.cfg.ReportEvery {
		r.reported = now
		r.cfg.Report(r.stats)
	}
}

// wait waits for the next thing to do: a request that is due, the end of a
// timeout, a report, or an answer, for which it does not wake up each time when
// there are many.
func (r *run) wait(wake *waker, now time.Duration) {
	until := now + time.Second
	sending := !r.schedule.done() && r.alive > 0
	if sending {
		until = min(until, r.schedule.due())
	}
	if first, ok := r.waiting.first(); ok {
		until = min(until, first.deadline)
	}
	if r.cfg.Report != nil {
		until = min(until, r.reported+r.cfg.ReportEvery)
	}
	grouped := sending && time.Duration(r.schedule.gap) < coarse
	if grouped && until > now { // else it is behind
		until = max(until, now+gathers)
	}
	wake.wait(r.p.sockets, max(until-now, 0), !grouped)
}

// sendsBetween is how many requests go out at most before answers are read.
const sendsBetween = 256

// send sends what is due.
func (r *run) send() {
	for n := 0; n < sendsBetween && r.schedule.isDue(r.now()) && r.err == nil; n++ {
		i := r.schedule.next % len(r.targets)
		r.schedule.next++
		t := &r.targets[i]
		if t.done {
			if r.alive == 0 {
				return
			}
			continue
		}
		s := &r.stats[i]
		s.Sent++
		seq := uint32(s.Sent)
		p := r.probe(i, seq)
		if p.state == waits { // a window shorter than the timeout: the oldest gives way
			r.open--
			s.Lost++
		}
		*p = probe{seq: seq, state: waits}
		r.open++
		t.sock.add(t.addr, int32(i), seq)
		if t.sock.full() {
			r.flush(t.sock)
		}
	}
	for _, s := range r.p.sockets {
		if s != nil {
			r.flush(s)
		}
	}
}

func (r *run) probe(target int, seq uint32) *probe {
	return &r.probes[target*int(r.mask+1)+int(seq&r.mask)]
}

// flush sends a socket's batch. The time of each packet in it is interpolated:
// the kernel sends one after the other.
func (r *run) flush(s *socket) {
	for retries := 0; len(s.batch.pending) > 0; {
		before := r.now()
		n, err := s.send()
		each := (r.now() - before) / time.Duration(max(n, 1))
		for k, q := range s.batch.pending[:n] {
			at := before + time.Duration(k)*each
			p := r.probe(int(q.target), q.seq)
			p.at, p.begin = at, uint32(min(at-before, time.Second))
			r.waiting.push(waiter{q.target, q.seq, at + r.cfg.Timeout})
		}
		s.sent(n)
		if err == nil {
			retries = 0
			continue
		}
		mtu := r.receiveErrors(s)
		if retries++; retries < 3 { // an error about an earlier request is told first
			continue
		}
		q := s.batch.pending[0]
		r.probe(int(q.target), q.seq).at = before
		s.sent(1)
		if mtu > 0 {
			err = fmt.Errorf("%w: the path takes packets of %d bytes", err, mtu)
		}
		r.fail(q.target, q.seq, Event{Time: time.Now(), Err: err})
		retries = 0
	}
}

// expire ends the wait for requests whose timeout has passed.
func (r *run) expire(now time.Duration) {
	for {
		w, ok := r.waiting.first()
		if !ok {
			return
		}
		p := r.probe(int(w.target), w.seq)
		gone := p.seq != w.seq || p.state != waits
		if !gone && w.deadline > now {
			return
		}
		r.waiting.pop()
		if !gone {
			p.state = lost
			r.stats[w.target].Lost++
			r.open--
			r.tell(Event{Kind: Timeout, Target: int(w.target), Seq: int(w.seq), Time: r.begin.Add(w.deadline)})
		}
	}
}

func (r *run) tell(e Event) {
	if r.each != nil && r.err == nil {
		r.err = r.each(e)
	}
}

// receive takes all answers that have come.
func (r *run) receive() {
	for _, s := range r.p.sockets {
		if s == nil {
			continue
		}
		if s.stamps || s.failing { // the time of sending is there before the answer
			r.receiveErrors(s)
		}
		for s.ready && r.err == nil {
			messages, err := s.receive(false)
			r.arrive(s, messages, false)
			if err != nil {
				r.receiveErrors(s)
			}
		}
	}
}

// receiveErrors takes what waits in a socket's queue of errors, and returns
// the MTU that one of this host says.
func (r *run) receiveErrors(s *socket) (mtu int) {
	for s.failing = true; s.failing; {
		messages, err := s.receive(true)
		mtu = max(mtu, r.arrive(s, messages, true))
		if err != nil {
			break
		}
	}
	return mtu
}

// arrive takes messages of a socket, or of its queue of errors.
func (r *run) arrive(s *socket, messages int, isError bool) (mtu int) {
	now := time.Now()
	for i := range messages {
		m := s.message(i, isError)
		if isError && m.local && m.mtu > 0 {
			mtu = m.mtu
		}
		if m.time.IsZero() {
			m.time = now
		}
		// By the kernel's clock when it came, which may have been set meanwhile.
		at := now.Sub(r.begin) - time.Duration(now.UnixNano()-m.time.UnixNano())
		r.take(s, &m, at, isError)
	}
	return mtu
}

// take takes one message, if it is about a request of this run.
func (r *run) take(s *socket, m *message, at time.Duration, isError bool) {
	e := readEcho(m.data, s.id, r.token, r.cfg.Size)
	if e.stranger {
		return
	}
	if !isError && m.kind != s.replyType() {
		return
	}
	if e.target < 0 {
		first, ok := r.targetOf(m, isError)
		if !ok {
			return
		}
		e.target = int(first)
	}
	if e.target >= len(r.targets) || r.targets[e.target].sock != s {
		return
	}
	stats := &r.stats[e.target]
	// Its number is the latest that ends in these bits.
	seq := uint32(stats.Sent) - uint32(uint16(stats.Sent)-e.seq)
	p := r.probe(e.target, seq)
	if p.seq != seq || p.state == unused || seq == 0 {
		return
	}
	if m.sent {
		p.left(at)
		return
	}
	event := Event{
		Target: e.target, Seq: int(seq), Time: r.begin.Add(at), From: m.from, TTL: m.ttl, Size: m.size,
		RTT: p.trip(at),
	}
	if !isError {
		r.reply(p, stats, event)
		return
	}
	event.Err = m.err
	if m.local {
		event.From, event.RTT = netip.Addr{}, 0
	} else {
		event.Err = &ICMPError{Version: s.version, Type: m.kind, Code: m.code, MTU: m.mtu, Err: m.err}
	}
	r.fail(int32(e.target), seq, event)
}

// targetOf finds the target of a message that is too short to say it, by its
// address, which the time of sending comes without.
func (r *run) targetOf(m *message, isError bool) (target int32, ok bool) {
	if m.sent {
		return 0, len(r.targets) == 1
	}
	about := m.from
	if isError {
		about = m.about
	}
	target, ok = r.byAddr[about.WithZone("")]
	return target, ok
}

func (r *run) reply(p *probe, stats *Stats, e Event) {
	switch p.state {
	case waits:
		p.state = answered
		r.open--
		stats.add(e.RTT)
		e.Kind = Reply
		if r.cfg.Once && !r.targets[e.Target].done {
			r.end(e.Target)
		}
	case answered:
		stats.Duplicates++
		e.Kind = Duplicate
	default:
		stats.LateOnes++
		e.Kind = Late
	}
	r.tell(e)
}

// end ends with a target: what it was sent besides is nobody's concern.
func (r *run) end(target int) {
	r.targets[target].done = true
	r.alive--
	window := r.probes[target*int(r.mask+1):][:r.mask+1]
	for i := range window {
		if window[i].state == waits {
			window[i].state = unused
			r.open--
		}
	}
}

// fail takes an error about a request.
func (r *run) fail(target int32, seq uint32, e Event) {
	p := r.probe(int(target), seq)
	if p.state != waits {
		return
	}
	p.state = lost
	r.open--
	stats := &r.stats[target]
	stats.Lost++
	stats.Failed++
	stats.Err = e.Err
	e.Kind, e.Target, e.Seq = Failed, int(target), int(seq)
	r.tell(e)
}
