package upstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"net"
	"runtime"
	"slices"
	"time"
)

// plan is a config made ready: checked, its files read.
type plan struct {
	Config
	policy  policy
	tls     *tls.Config // towards https targets
	mark    string      // changes when tls does
	circuit *circuit    // nil for none
}

// newPlan makes a config ready. What did not change is taken over from old.
func newPlan(cfg Config, old *plan) (*plan, error) {
	cfg = cfg.clone()
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	pl := &plan{Config: cfg, policy: policies[cfg.Balance.Policy]}
	var err error
	if pl.tls, pl.mark, err = cfg.TLS.load(); err != nil {
		return nil, err
	}
	if cfg.Circuit != nil {
		pl.circuit = newCircuit(*cfg.Circuit)
	}
	if old != nil {
		if old.mark == pl.mark {
			pl.tls = old.tls
		}
		if old.circuit != nil && pl.circuit != nil && old.circuit.cfg == pl.circuit.cfg {
			pl.circuit = old.circuit
		}
	}
	return pl, nil
}

// clone copies what SetDefaults writes to.
func (c Config) clone() Config {
	c.To = slices.Clone(c.To)
	c.Balance.Hash = cloned(c.Balance.Hash)
	c.Sticky = cloned(c.Sticky)
	c.Health = cloned(c.Health)
	c.Circuit = cloned(c.Circuit)
	if c.Fallback = cloned(c.Fallback); c.Fallback != nil {
		c.Fallback.Respond = cloned(c.Fallback.Respond)
	}
	return c
}

func cloned[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// source is a URL of the config and the addresses that it has now.
type source struct {
	location
	url       string
	authority string
	gone      chan struct{}

	// Guarded by pool.mu.
	weight      int
	connections int
	addresses   []string // the name itself until it has been looked up
	resolved    bool
	trouble     string // of the last look-up
}

func newSource(url string) *source {
	l, _ := parseTarget(url) // validated
	s := &source{location: l, url: url, gone: make(chan struct{})}
	if l.network == "unix" {
		s.authority = l.host
		s.addresses = []string{l.path}
		return s
	}
	s.addresses = []string{net.JoinHostPort(l.host, l.port)}
	s.authority = s.addresses[0]
	if l.secure && l.port == "443" || !l.secure && l.port == "80" {
		s.authority = s.authority[:len(s.authority)-len(l.port)-1]
	}
	return s
}

// adopt takes the plan and makes the sources those of its URLs.
func (p *Pool) adopt(pl *plan) {
	p.plan = pl
	old := make(map[string]*source)
	for _, s := range p.sources {
		old[s.url] = s
	}
	p.sources = nil
	for i := range pl.To {
		c := &pl.To[i]
		s := old[c.URL]
		if s == nil {
			s = newSource(c.URL)
		}
		delete(old, c.URL)
		if s.name != "" && pl.Resolve.Every < 0 {
			s.addresses, s.resolved = []string{net.JoinHostPort(s.host, s.port)}, false
		}
		s.weight, s.connections = c.Weight, c.Connections
		if s.connections == 0 {
			s.connections = pl.Connections
		}
		p.sources = append(p.sources, s)
	}
	for url, s := range old {
		close(s.gone)
		delete(p.drained, url)
	}
}

// arrange makes the targets those of the sources' addresses. Those for which
// late says so come to a pool at work: they start slowly.
func (p *Pool) arrange(now time.Time, late func(*source) bool) {
	type key struct {
		source  *source
		address string
	}
	old := make(map[key]*Target)
	for _, t := range p.targets {
		old[key{t.source, t.address}] = t
	}
	p.targets = make([]*Target, 0, len(old))
	for _, s := range p.sources {
		for _, address := range s.addresses {
			k := key{s, address}
			t := old[k]
			if t == nil {
				t = p.newTarget(s, address)
				if late != nil {
					p.noteTarget(t, Added, "")
					if late(s) {
						p.warmUp(t, now)
					}
				}
			}
			delete(old, k)
			p.apply(t)
			p.targets = append(p.targets, t)
		}
	}
	for _, t := range old {
		t.gone = true
		t.idle.flush(true)
		p.noteTarget(t, Removed, "")
	}
}

func (p *Pool) newTarget(s *source, address string) *Target {
	n := 1
	for n < runtime.GOMAXPROCS(0) && n < 16 {
		n *= 2
	}
	return &Target{
		pool: p, source: s, address: address,
		seed: Hash(s.url + " " + address),
		idle: idle{parts: make([]idlePart, n)},
	}
}

// apply gives a target the settings of the plan.
func (p *Pool) apply(t *Target) {
	pl := p.plan
	t.weight = t.source.weight
	t.limit.Store(int64(t.source.connections))
	t.drained = p.drained[t.source.url] || p.drained[t.address]
	t.setCookie(pl.Sticky, p.secret)
	if pl.Health == nil {
		t.down, t.streak, t.check = false, 0, CheckStatus{}
	}
	if pl.Eject.After < 0 {
		t.until = time.Time{}
	}
	if !t.source.secure {
		return
	}
	if old := t.tls.Load(); old == nil || old.base != pl.tls {
		t.tls.Store(newTargetTLS(pl.tls, t.source.host))
		if old != nil {
			t.idle.flush(t.drained) // made under other terms
		}
	}
}

// setCookie makes the value that names the target: a keyed hash, which tells
// nobody its address and which nobody can make up.
func (t *Target) setCookie(c *StickyConfig, secret []byte) {
	cookie := ""
	if c != nil {
		if c.Secret != "" {
			secret = []byte(c.Secret)
		}
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(t.source.url + " " + t.address))
		cookie = base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
	}
	if old := t.cookie.Load(); old == nil || *old != cookie {
		t.cookie.Store(&cookie)
	}
}
