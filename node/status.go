package node

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/edge/upstream"
)

// Info implements console.Node.
func (n *Node) Info() console.Info {
	n.mu.Lock()
	last := n.lastReload
	n.mu.Unlock()
	state := "running"
	if n.draining.Load() {
		state = "draining"
	}
	return console.Info{
		Version: n.opts.Version, Config: n.state.Load().cfg.Path(), Data: n.data.path,
		PID: os.Getpid(), Started: n.started, State: state, Reload: last,
	}
}

// Services implements console.Node.
func (n *Node) Services() []console.Service {
	s := n.state.Load()
	list := []console.Service{}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		svc := s.services[name]
		c := console.Service{Name: name, Protocol: "http", State: "running"}
		if svc.stream != nil {
			c.Protocol = svc.stream.cfg.Kind
		}
		for _, d := range s.doors {
			if *d.service.Load() != name {
				continue
			}
			c.Connections += int64(d.open())
			c.Accepted += d.accepted.Load()
			restarts, failure := n.tasks.health(d.task())
			c.Restarts += restarts
			if failure != "" {
				c.Error = failure
			}
		}
		c.Listen = slices.Clone(svc.cfg.Listen)
		if n.draining.Load() {
			c.State = "draining"
		}
		list = append(list, c)
	}
	return list
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
			c.Targets = append(c.Targets, target(t))
		}
		list = append(list, c)
	}
	return list
}

// target is a pool's target as the console shows it.
func target(t upstream.TargetStatus) console.Target {
	c := console.Target{
		URL: t.URL, State: t.State, Since: t.Check.At, Weight: t.Weight,
		Active: int(t.Active), Idle: int(t.Idle), Requests: t.Requests, Failures: t.Errors,
		Latency: t.Latency, Draining: t.State == "draining",
	}
	switch {
	case t.State == "up":
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
