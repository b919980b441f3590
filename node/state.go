package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// state is everything that runs by one config. A reload builds the next beside
// it, from which it takes over what has not changed; nothing of the old one is
// touched before commit. It implements edge.Parts while it is built.
type state struct {
	node     *Node
	cfg      *config.Config
	guards   *guard.Set
	certs    map[string]*certificate
	pools    map[string]*pool
	services map[string]*service
	sinks    []*sink
	doors    map[string]*door
	console  *consoleDoor // nil where it is off

	fresh []func() // undo what was made for this state alone
	apply []func() // do what was prepared
}

// certificate is one entry of certs.
type certificate struct {
	cfg    cert.Config
	source cert.Source
}

// pool is one pool, named or described in place.
type pool struct {
	cfg upstream.Config
	*upstream.Pool
}

// sink is one file of records.
type sink struct {
	cfg flow.SinkConfig
	*flow.Sink
	task string
}

// build makes the state of cfg beside old.
func (n *Node) build(cfg *config.Config, old *state) (*state, error) {
	s := &state{
		node: n, cfg: cfg,
		certs: make(map[string]*certificate), pools: make(map[string]*pool),
		services: make(map[string]*service), doors: make(map[string]*door),
	}
	var err error
	if s.guards, err = guard.NewSet(cfg.Guards, old.guards, n.log); err != nil {
		return nil, err
	}
	if err := errors.Join(s.buildCerts(old), s.buildPools(old)); err != nil {
		s.discard(old)
		return nil, err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Serve)) {
		if err := s.buildService(name, old); err != nil {
			errs = append(errs, fmt.Errorf("service %s: %w", name, err))
		}
	}
	if err := errors.Join(append(errs, s.buildSinks(old))...); err != nil {
		s.discard(old)
		return nil, err
	}
	return s, nil
}

// discard undoes what build and open have made for this state alone.
func (s *state) discard(*state) {
	for _, undo := range slices.Backward(s.fresh) {
		undo()
	}
	s.fresh = nil
}

func (s *state) buildCerts(old *state) error {
	var errs []error
	for name, cfg := range s.cfg.Certs {
		if before := old.certs[name]; before != nil && reflect.DeepEqual(before.cfg, cfg) {
			s.certs[name] = before
			continue
		}
		source, err := cert.New(name, cfg, s.node.data.path, s.node.log)
		if err != nil {
			errs = append(errs, fmt.Errorf("certificate %s: %w", name, err))
			continue
		}
		s.certs[name] = &certificate{cfg, source}
	}
	return errors.Join(errs...)
}

func (s *state) buildPools(old *state) error {
	var errs []error
	for name, cfg := range s.cfg.Pools {
		if _, err := s.pool(name, cfg, old); err != nil {
			errs = append(errs, fmt.Errorf("pool %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// pool makes the pool of that name, or has the one that runs changed at commit.
func (s *state) pool(name string, cfg upstream.Config, old *state) (*upstream.Pool, error) {
	before := old.pools[name]
	if before != nil && reflect.DeepEqual(before.cfg, cfg) {
		s.pools[name] = before
		return before.Pool, nil
	}
	made, err := upstream.New(name, cfg, s.node.log) // also to see whether cfg is good
	if err != nil {
		return nil, err
	}
	if before != nil {
		made.Close()
		s.pools[name] = &pool{cfg, before.Pool}
		s.apply = append(s.apply, func() {
			if err := before.Reconfigure(cfg); err != nil {
				s.node.log.Error("a pool could not be changed", "pool", name, "err", err)
			}
		})
		return before.Pool, nil
	}
	made.OnEvent = s.node.poolEvent
	s.pools[name] = &pool{cfg, made}
	s.fresh = append(s.fresh, func() { made.Close() })
	return made, nil
}

// building lets a service find the parts that its config names.
type building struct {
	*state
	old *state
}

// Guard implements edge.Parts.
func (b building) Guard(name string) (guard.Guard, error) {
	g, ok := b.guards.Get(name)
	if !ok {
		return nil, fmt.Errorf("there is no guard %q", name)
	}
	return g, nil
}

// AsksClients implements edge.Parts.
func (b building) AsksClients(names []string) bool {
	for _, name := range names {
		if g, ok := b.guards.Get(name); ok && g.Needs()&guard.NeedCertificate != 0 {
			return true
		}
	}
	return false
}

// Pool implements edge.Parts.
func (b building) Pool(cfg *edge.ProxyConfig, owner string) (*upstream.Pool, error) {
	if cfg.Pool != "" {
		p := b.pools[cfg.Pool]
		if p == nil {
			return nil, fmt.Errorf("there is no pool %q", cfg.Pool)
		}
		return p.Pool, nil
	}
	name := cfg.Name
	if name == "" {
		name = owner
	}
	if b.pools[name] != nil {
		return nil, fmt.Errorf("there are two pools %q; give one of them a name", name)
	}
	return b.pool(name, cfg.Config, b.old)
}

func (s *state) buildSinks(old *state) error {
	var errs []error
	for i, cfg := range s.cfg.Records {
		same := func(k *sink) bool { return reflect.DeepEqual(k.cfg, cfg) }
		if j := slices.IndexFunc(old.sinks, same); j >= 0 {
			s.sinks = append(s.sinks, old.sinks[j])
			continue
		}
		made, err := flow.NewSink(cfg, s.node.journal, s.node.log)
		if err != nil {
			errs = append(errs, fmt.Errorf("records %d: %w", i+1, err))
			continue
		}
		s.sinks = append(s.sinks, &sink{cfg, made, fmt.Sprintf("records %s %d", cfg.File, time.Now().UnixNano())})
		s.fresh = append(s.fresh, func() { made.Close() })
	}
	return errors.Join(errs...)
}

// open opens the listeners that old has not.
func (s *state) open(ctx context.Context, old *state) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		svc := s.services[name]
		for _, url := range svc.cfg.Listen {
			if err := s.openDoor(ctx, svc, url, old); err != nil {
				if s.node.opts.Lenient {
					s.node.opts.Missing(name, url, err)
					continue
				}
				errs = append(errs, fmt.Errorf("service %s: %w", name, err))
			}
		}
	}
	if err := s.openConsole(ctx, old); err != nil {
		if s.node.opts.Lenient {
			s.node.opts.Missing("console", s.cfg.Console.Listen, err)
		} else {
			errs = append(errs, fmt.Errorf("console: %w", err))
		}
	}
	return errors.Join(errs...)
}

// commit makes s the state by which everything goes, and ends what only old had.
func (s *state) commit(old *state) {
	n := s.node
	for _, f := range s.apply {
		f()
	}
	s.apply, s.fresh = nil, nil
	n.state.Store(s)
	s.startTasks(old)
	for key, d := range s.doors {
		if old.doors[key] == nil {
			d.serve()
		}
	}
	for key, d := range old.doors {
		if s.doors[key] != d {
			go d.close(s.cfg.Drain) // its connections end in their own time
		}
	}
	s.stopTasks(old)
	s.switchConsole(old)
}

// startTasks starts what runs beside the listeners.
func (s *state) startTasks(old *state) {
	t := s.node.tasks
	if old.guards != nil {
		t.remove("guards")
	}
	t.add("guards", s.guards.Serve)
	for name, c := range s.certs {
		if old.certs[name] != c {
			t.remove("certificate " + name)
			t.add("certificate "+name, c.source.Serve)
		}
	}
	for name, p := range s.pools {
		if before := old.pools[name]; before == nil || before.Pool != p.Pool {
			t.add("pool "+name, p.Serve)
		}
	}
	for _, k := range s.sinks {
		if !slices.Contains(old.sinks, k) {
			t.add(k.task, k.Serve)
		}
	}
}

// stopTasks ends what only the old state had.
func (s *state) stopTasks(old *state) {
	t := s.node.tasks
	for name := range old.certs {
		if s.certs[name] == nil {
			t.remove("certificate " + name)
		}
	}
	for name, p := range old.pools {
		if now := s.pools[name]; now == nil || now.Pool != p.Pool {
			p.Close()
			t.remove("pool " + name)
		}
	}
	for _, k := range old.sinks {
		if !slices.Contains(s.sinks, k) {
			t.remove(k.task)
		}
	}
}

// poolEvent tells the log and the journal of a target that changed.
func (n *Node) poolEvent(e upstream.Event) {
	n.log.Info("pool", "pool", e.Pool, "target", e.URL, "address", e.Address, "state", string(e.State), "detail", e.Detail)
	var rec flow.Record
	rec.Begin(flow.Event, e.At)
	rec.SetString(flow.Service, e.Pool)
	rec.SetString(flow.Target, e.URL)
	rec.SetString(flow.Path, string(e.State))
	if e.Detail != "" {
		rec.SetString(flow.Error, e.Detail)
	}
	n.journal.Write(&rec)
}
