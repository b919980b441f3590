package scan

import (
	"context"
	"io"
	"time"

	"github.com/netwright/netwright/packet/wire"
)

// pass asks those of a window who are reached by one way, once.
type pass struct {
	*Scanner
	window *window
	out    *out
	asked  []uint32 // whom to ask
	next   int      // in asked
	queue  []uint32 // whom each packet asks, by its number
}

// openOuts opens the ways for packets to leave.
func (s *Scanner) openOuts() error {
	begin := s.speed.rate
	ip := &out{}
	var err error
	if ip.sender, err = wire.OpenSender(ip.config(wire.SendConfig{IP: true, Interface: s.zone(), Rate: begin})); err != nil {
		return err
	}
	s.outs = append(s.outs, ip)
	if s.cfg.Mode == Sweep {
		return s.openLinks(begin)
	}
	return nil
}

// zone is the interface that all packets leave by, where targets name one.
func (s *Scanner) zone() string {
	if s.cfg.Interface != "" {
		return s.cfg.Interface
	}
	for _, r := range s.hosts.Ranges() {
		if zone := r.First.Zone(); zone != "" {
			return zone
		}
	}
	return ""
}

// config has the sender tell the pass under way what it does.
func (o *out) config(cfg wire.SendConfig) wire.SendConfig {
	cfg.Sent = func(first uint64, n int, at time.Time) { o.pass.sent(int(first), n, at) }
	cfg.Failed = func(_ uint64, _ []byte, err error) error {
		o.pass.failed(err)
		return nil
	}
	return cfg
}

func (p *pass) run(ctx context.Context) error {
	p.out.pass = p
	p.mu.Lock()
	p.out.sender.SetRate(p.speed.rate)
	p.mu.Unlock()
	_, err := p.out.sender.Run(ctx, p.source)
	return err
}

// source makes the next packet.
func (p *pass) source(dst []byte) ([]byte, error) {
	for p.next < len(p.asked) {
		k := p.asked[p.next]
		p.next++
		host, port := p.pair(p.window.first + uint64(k))
		h := p.routes.to(host)
		if h.err != nil || p.cfg.Mode == Sweep && h.own {
			p.unasked(int(k), h)
			continue
		}
		if p.cfg.Mode == Sweep && p.linkFor(h) != p.out.link || p.done(int(k)) {
			continue
		}
		p.queue = append(p.queue, k)
		if p.out.link != 0 {
			return p.prober.solicit(dst, h, host)
		}
		return p.prober.build(dst, h.source, host, port, p.window.attempt)
	}
	return nil, io.EOF
}

// done says whether somebody has answered already.
func (p *pass) done(k int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.window.has(k)
}

// unasked settles a pair that no packet can be sent to, or need not.
func (p *pass) unasked(k int, h hop) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.window.answer(k) {
		return
	}
	host, port := p.pair(p.window.first + uint64(k))
	r := Result{Addr: host, Port: port, State: p.cfg.Mode.silent(), Reason: "no-route", Time: time.Now()}
	if h.err == nil {
		r.State, r.Reason = Up, "localhost-response"
	} else if p.refused == nil {
		p.refused = h.err
	}
	p.verdict(r)
}

// sent notes when packets left, and adjusts the rate.
func (p *pass) sent(first, n int, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.summary.Sent += uint64(n)
	left := max(at.Sub(p.begin), 1)
	p.speed.sent(n, left)
	for _, k := range p.queue[first : first+n] {
		p.window.left[k] = left
		if p.window.early[k/64]>>(k%64)&1 != 0 {
			p.speed.answered(left, -1)
		}
	}
	p.out.sender.SetRate(p.speed.adjust(time.Since(p.begin)))
}

// failed notes that the kernel did not send a packet: no neighbour has the
// address, say, or a filter of this host refuses it.
func (p *pass) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.summary.Refused++
	if p.refused == nil {
		p.refused = err
	}
}
