package node

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/edge/upstream"
)

// Info implements console.Node.
func (n *Node) Info() console.Info {
	state := "running"
	if n.stopping.Err() != nil {
		state = "draining"
	}
	s := n.state.Load()
	info := console.Info{
		Version: n.opts.Version, Config: s.cfg.Path(), Data: n.data.path,
		PID: os.Getpid(), Started: n.started, State: state, Reload: n.lastReload.Load(),
	}
	if cfg := &s.cfg.Console; s.console != nil {
		info.Console = &console.Place{Listen: s.console.of(cfg.Listen), Guards: slices.Clone(cfg.Guards)}
	}
	return info
}

// Services implements console.Node.
func (n *Node) Services() []console.Service {
	s := n.state.Load()
	list := make([]console.Service, 0, len(s.services))
	place := make(map[string]int, len(s.services))
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		place[name] = len(list)
		list = append(list, s.services[name].shown())
	}
	for _, d := range s.doors {
		service, open, h := d.state()
		i, ok := place[service]
		if !ok {
			continue // a reload is under way
		}
		c := &list[i]
		c.Connections += int64(open)
		c.Accepted += d.accepted.Load()
		c.Restarts += h.restarts
		if h.failure != "" {
			c.Error = h.failure
		}
		if h.waiting {
			c.State = "failed"
		}
	}
	if n.stopping.Err() != nil {
		for i := range list {
			list[i].State = "draining"
		}
	}
	return list
}

// shown is the service as the console shows it, without its listeners. One that
// was left out because its address could not be had counts as failed.
func (svc *service) shown() console.Service {
	c := console.Service{Name: svc.name, Protocol: "http", State: "running", Listen: slices.Clone(svc.cfg.Listen)}
	for i, d := range svc.doors {
		if d != nil {
			c.Listen[i] = d.of(c.Listen[i])
		}
	}
	if svc.stream != nil {
		c.Protocol = svc.stream.cfg.Kind
	}
	if len(svc.missing) > 0 {
		c.State, c.Error = "failed", strings.Join(svc.missing, "; ")
	}
	return c
}

// Pools implements console.Node.
func (n *Node) Pools() []console.Pool {
	s := n.state.Load()
	list := []console.Pool{}
	for _, name := range slices.Sorted(maps.Keys(s.pools)) {
		p := s.pools[name]
		status := p.Status()
		c := console.Pool{Name: name, Balance: p.Config().Balance.Policy, Queued: int(status.Waiting), Targets: []console.Target{}}
		for _, t := range status.Targets {
			shown := target(t)
			shown.Since = p.made
			if at, ok := n.changed.Load(targetKey{name, t.URL, t.Address}); ok {
				shown.Since = at.(time.Time)
			}
			c.Targets = append(c.Targets, shown)
		}
		list = append(list, c)
	}
	return list
}

// target is a pool's target as the console shows it.
func target(t upstream.TargetStatus) console.Target {
	c := console.Target{
		URL: t.URL, State: t.State, Weight: t.Weight,
		Active: int(t.Active), Idle: int(t.Idle), Requests: t.Requests, Failures: t.Errors,
		Latency: t.Latency, Draining: t.State == "draining",
	}
	switch {
	case t.State == "up":
	case t.State == "warming":
		c.State = "starting"
	case t.Check.Problem != "":
		c.Reason = t.Check.Problem
	case t.Lookup != "":
		c.Reason = t.Lookup
	default:
		c.Reason = t.LastError
	}
	if t.State == "ejected" {
		c.Reason = fmt.Sprintf("%s; until %s", c.Reason, t.Until.Format(time.TimeOnly))
	}
	return c
}

// Drain implements console.Node.
func (n *Node) Drain(pool, target string, on bool) error {
	p := n.state.Load().pools[pool]
	if p == nil {
		return fmt.Errorf("pool %q: %w", pool, console.ErrUnknown)
	}
	if err := p.Pool.Drain(target, on); err != nil {
		return fmt.Errorf("%w: %w", console.ErrUnknown, err)
	}
	return nil
}

// Certificates implements console.Node.
func (n *Node) Certificates() []console.Certificate {
	s := n.state.Load()
	list := []console.Certificate{}
	for _, name := range slices.Sorted(maps.Keys(s.certs)) {
		for _, info := range s.certs[name].source.Info() {
			list = append(list, certificateInfo(name, info))
		}
	}
	return list
}

func certificateInfo(name string, info cert.Info) console.Certificate {
	c := console.Certificate{
		Name: name, Source: "file", Names: info.Names, Issuer: info.Issuer, Key: info.Key,
		Serial: info.Serial, Fingerprint: info.Fingerprint, NotBefore: info.NotBefore, NotAfter: info.NotAfter,
	}
	if info.From == "internal" {
		c.Source = info.From
	}
	for _, p := range info.Problems {
		c.Error = p.Text
	}
	return c
}

// Config implements console.Node.
func (n *Node) Config() string {
	text, err := n.state.Load().cfg.YAML()
	if err != nil {
		return "# " + err.Error() + "\n"
	}
	return string(text)
}
