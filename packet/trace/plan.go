package trace

import "time"

// spec is a probe to send.
type spec struct{ ttl, flow, size int }

// plan says which probe comes next.
type plan struct {
	cfg   *Config
	last  int    // the TTL that reached the target, or the last to try
	again []spec // to be sent before all others
	size  []int  // of probes, by TTL

	round, ttl int           // of the next probe
	due        time.Duration // when the next probe may go, at the earliest
	begun      time.Duration // when the round began

	flows []flows // by TTL, where flows are varied
}

// flows is what is known of the flows at a TTL.
type flows struct {
	next    int          // the next flow to try
	besides map[int]bool // flows behind it that were tried
	tries   map[int]int  // of those that were lost
}

// maxFlows is how many flows there are at most, and needed how many it takes to
// be sure by 95 % that all of k next nodes have been seen.
const maxFlows = 128

func needed(k int) int {
	n := [...]int{0, 6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70, 76, 83, 90, 96}
	if k >= len(n) {
		return min(n[len(n)-1]+7*(k-len(n)+1), maxFlows)
	}
	return n[k]
}

func newPlan(cfg *Config, size int) plan {
	p := plan{cfg: cfg, last: cfg.Hops, round: 1, ttl: cfg.First, size: make([]int, cfg.Hops+1), flows: make([]flows, cfg.Hops+1)}
	for i := range p.size {
		p.size[i] = size
		p.flows[i] = flows{next: 1, besides: make(map[int]bool), tries: make(map[int]int)}
	}
	return p
}

// patience is how long the first round is waited for: whether it reached the
// target decides how many probes the next have.
const patience = 300 * time.Millisecond

// next is the next probe, if one may go now. Else wait says how long there is
// nothing to do, at most, unless an answer comes; done that nothing is left to send.
func (p *plan) next(now time.Duration, waiting int, hop func(ttl int) *Hop) (s spec, ok bool, wait time.Duration, done bool) {
	if now < p.due {
		return s, false, p.due - now, false
	}
	if len(p.again) > 0 {
		s, p.again = p.again[0], p.again[1:]
		return s, true, 0, false
	}
	if p.ttl > p.last {
		if wait, done = p.turn(now, waiting); wait > 0 || done {
			return s, false, wait, done
		}
	}
	if p.cfg.Paths && p.round > 1 {
		return p.vary(waiting, hop)
	}
	s = spec{ttl: p.ttl, size: p.size[p.ttl]}
	if p.round == 1 && p.ttl == p.cfg.First {
		p.begun = now
	}
	p.ttl++
	return s, true, 0, false
}

// turn goes on to the next round.
func (p *plan) turn(now time.Duration, waiting int) (wait time.Duration, done bool) {
	begin := p.begun
	switch {
	case !p.cfg.Endless && (p.cfg.MTU || p.round >= p.cfg.Probes && !p.cfg.Paths):
		return 0, true
	case p.cfg.Endless, p.cfg.Paced:
		begin += p.cfg.Interval
	case p.round == 1 && waiting > 0:
		begin += patience
	}
	if now < begin {
		return begin - now, false
	}
	p.begun = begin
	if now-begin > p.cfg.Interval {
		p.begun = now // rounds that were missed are not made up for
	}
	p.round++
	p.ttl = p.cfg.First
	return 0, false
}

// vary finds a hop of which not enough flows are known yet: to know its nodes,
// or the ways to those of the next.
func (p *plan) vary(waiting int, hop func(ttl int) *Hop) (s spec, ok bool, wait time.Duration, done bool) {
	for ttl := p.cfg.First; ttl <= p.last; ttl++ {
		f := &p.flows[ttl]
		if f.next < needed(max(len(hop(ttl).Nodes), 1)) {
			f.next++
			return spec{ttl, f.next - 1, p.size[ttl]}, true, 0, false
		}
		if ttl == p.last || len(hop(ttl).Nodes) == 0 {
			continue
		}
		for _, n := range hop(ttl + 1).Nodes {
			if flow := n.Flows[0]; flow >= f.next && !f.besides[flow] && !hop(ttl).leadsTo(&n) {
				f.besides[flow] = true
				return spec{ttl, flow, p.size[ttl]}, true, 0, false
			}
		}
	}
	return s, false, p.cfg.Timeout, waiting == 0
}

// end says that there is nothing to find behind a TTL.
func (p *plan) end(ttl int) {
	p.last = min(p.last, ttl)
}

// retry has a lost probe of a varied flow sent again, if it was not tried often
// enough.
func (p *plan) retry(s spec) {
	f := &p.flows[s.ttl]
	if f.tries[s.flow]++; f.tries[s.flow] < p.cfg.Probes && s.ttl <= p.last {
		p.again = append(p.again, s)
	}
}

// shrink has a probe sent again that was too large.
func (p *plan) shrink(s spec, mtu, least int) bool {
	if mtu <= 0 || mtu >= s.size {
		mtu = plateau(s.size)
	}
	if mtu < least || mtu < 68 {
		return false
	}
	p.size[s.ttl] = min(p.size[s.ttl], mtu)
	s.size = p.size[s.ttl]
	p.again = append(p.again, s)
	return true
}

// plateau is the next smaller MTU of common links, for routers that do not tell
// theirs (RFC 1191 section 7).
func plateau(size int) int {
	for _, mtu := range [...]int{32000, 17914, 8166, 4352, 2002, 1492, 1280, 1006, 508, 296, 68} {
		if mtu < size {
			return mtu
		}
	}
	return 0
}
