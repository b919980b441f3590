package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// state is everything that runs by one config. A reload builds the next beside
// it, from which it takes over what has not changed; nothing of the old one is
// touched before commit.
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
	watch    *task        // looks after the files of the guards

	fresh []func() // undo what was made for this state alone
	apply []func() // do what was prepared
}

// certificate is one entry of certs.
type certificate struct {
	cfg    cert.Config
	source cert.Source
	task   *task
}

// pool is one pool, named or described in place.
type pool struct {
	cfg upstream.Config
	*upstream.Pool
	made time.Time
	task *task
}

// sink is one file of records.
type sink struct {
	cfg flow.SinkConfig
	*flow.Sink
	task *task
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
		s.discard()
		return nil, err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(cfg.Serve)) {
		if err := s.buildService(name, old); err != nil {
			errs = append(errs, fmt.Errorf("service %s: %w", name, err))
		}
	}
	if err := errors.Join(append(errs, s.buildSinks(old))...); err != nil {
		s.discard()
		return nil, err
	}
	return s, nil
}

// discard undoes what build and open have made for this state alone.
func (s *state) discard() {
	for _, undo := range slices.Backward(s.fresh) {
		undo()
	}
	s.fresh = nil
}

func (s *state) buildCerts(old *state) error {
	var errs []error
	for name, cfg := range s.cfg.Certs {
		if err := s.buildCert(name, cfg, old); err != nil {
			errs = append(errs, fmt.Errorf("certificate %s: %w", name, err))
		}
	}
	for _, url := range s.listens() {
		if u, err := endpoint.Parse(url); err == nil && u.Options.Cert != "" {
			cfg := cert.Config{Cert: u.Options.Cert, Key: u.Options.Key}
			if err := s.buildCert(ownCert(u), cfg, old); err != nil {
				errs = append(errs, fmt.Errorf("certificate of %s: %w", u.Redacted(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// listens are all endpoints that the config listens on.
func (s *state) listens() []string {
	var all []string
	for _, cfg := range s.cfg.Serve {
		all = append(all, cfg.Listen...)
	}
	if !s.cfg.Console.Off() {
		all = append(all, s.cfg.Console.Listen)
	}
	return all
}

func (s *state) buildCert(name string, cfg cert.Config, old *state) error {
	if before := old.certs[name]; before != nil && reflect.DeepEqual(before.cfg, cfg) {
		s.certs[name] = before
		return nil
	}
	source, err := cert.New(name, cfg, s.node.data.path, s.node.log)
	if err != nil {
		return err
	}
	s.certs[name] = &certificate{cfg: cfg, source: source}
	return nil
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
	if before == nil {
		made, err := upstream.New(name, cfg, s.node.log)
		if err != nil {
			return nil, err
		}
		made.OnEvent = s.node.poolEvent
		s.pools[name] = &pool{cfg: cfg, Pool: made, made: time.Now()}
		s.fresh = append(s.fresh, func() { made.Close() })
		return made, nil
	}
	if reflect.DeepEqual(before.cfg, cfg) && cfg.TLS == (upstream.TLSConfig{}) {
		s.pools[name] = before
		return before.Pool, nil
	}
	trial, err := upstream.New(name, cfg, slog.New(slog.DiscardHandler)) // whether cfg and its files are good
	if err != nil {
		return nil, err
	}
	trial.Close()
	s.pools[name] = &pool{cfg, before.Pool, before.made, before.task}
	s.apply = append(s.apply, func() {
		if err := before.Reconfigure(cfg); err != nil {
			s.node.log.Error("a pool could not be changed", "pool", name, "err", err)
		}
	})
	return before.Pool, nil
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
func (b building) Pool(cfg *edge.ProxyConfig, name string) (*upstream.Pool, error) {
	if cfg.Pool != "" {
		p := b.pools[name]
		if p == nil {
			return nil, fmt.Errorf("there is no pool %q", name)
		}
		return p.Pool, nil
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
		s.sinks = append(s.sinks, &sink{cfg: cfg, Sink: made})
		s.fresh = append(s.fresh, func() { made.Close() })
	}
	return errors.Join(errs...)
}

// open opens the listeners that old has not.
func (s *state) open(ctx context.Context, old *state) error {
	var errs []error
	missing := func(what, url string, err error) error {
		if !s.node.opts.Lenient {
			return fmt.Errorf("%s: %w", what, err)
		}
		if s.node.opts.Missing != nil {
			s.node.opts.Missing(what, url, err)
		}
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		svc := s.services[name]
		for _, url := range svc.cfg.Listen {
			if err := s.openDoor(ctx, svc, url, old); err != nil {
				svc.doors = append(svc.doors, nil)
				svc.missing = append(svc.missing, err.Error())
				errs = append(errs, missing("service "+name, url, err))
			}
		}
	}
	if err := s.openConsole(ctx, old); err != nil {
		errs = append(errs, missing("console", s.cfg.Console.Listen, err))
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
	s.startTasks(old)
	for key, d := range s.doors {
		if old.doors[key] == nil {
			d.serve()
		}
	}
	n.state.Store(s)
	s.closeDoors(old)
	s.stopTasks(old)
	s.commitConsole(old)
}

// closeDoors closes the listeners that only old had. It waits until they have, so
// that the next config can have their addresses; their connections end in their
// own time.
func (s *state) closeDoors(old *state) {
	var closing []*door
	for key, d := range old.doors {
		if s.doors[key] != d {
			s.node.leaving.Go(func() { d.close(s.cfg.Drain) })
			closing = append(closing, d)
		}
	}
	limit := time.NewTimer(stopWait)
	defer limit.Stop()
	for _, d := range closing {
		select {
		case <-d.closed:
		case <-limit.C:
			s.node.log.Error("a listener does not close", "listener", d.key)
			return
		}
	}
}

// startTasks starts what runs beside the listeners.
func (s *state) startTasks(old *state) {
	t := s.node.tasks
	old.watch.stop()
	s.watch = t.add("guards", s.guards.Serve)
	for name, c := range s.certs {
		if c.task == nil {
			c.task = t.add("certificate "+name, c.source.Serve)
		}
	}
	for name, p := range s.pools {
		if p.task == nil {
			p.task = t.add("pool "+name, p.Serve)
		}
	}
	for _, k := range s.sinks {
		if k.task == nil {
			k.task = t.add("records "+k.cfg.File, k.Serve)
		}
	}
}

// stopTasks ends what only the old state had.
func (s *state) stopTasks(old *state) {
	for name, c := range old.certs {
		if s.certs[name] != c {
			c.task.stop()
		}
	}
	for name, p := range old.pools {
		if now := s.pools[name]; now == nil || now.Pool != p.Pool {
			p.task.stop()
			s.node.leaving.Go(func() { s.node.retire(p.Pool, s.cfg.Drain) })
		}
	}
	for _, k := range old.sinks {
		if !slices.Contains(s.sinks, k) {
			k.task.stop()
		}
	}
}

// retireLook is how often a pool that left the config is looked at.
const retireLook = time.Second

// retire closes a pool that left the config when the requests that began before
// have done with it: those may still be on their way to it.
func (n *Node) retire(p *upstream.Pool, limit time.Duration) {
	defer p.Close()
	if limit < 0 {
		limit = 1<<63 - 1
	}
	end := time.NewTimer(limit)
	defer end.Stop()
	look := time.NewTicker(retireLook)
	defer look.Stop()
	for {
		select {
		case <-n.stopping.Done():
			return
		case <-end.C:
			return
		case <-look.C:
			if p.Status().Active == 0 {
				return
			}
		}
	}
}
