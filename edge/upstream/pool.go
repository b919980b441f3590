package upstream

import (
	"context"
	crand "crypto/rand"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Pool spreads requests over targets. Its methods may be called concurrently;
// its fields are set before the first of them.
type Pool struct {
	// Dial opens connections to targets; a net.Dialer's DialContext where nil.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Lookup asks for the addresses of a name; network is ip, ip4 or ip6. The
	// time to live is negative where it is not known. Where nil, the system's
	// resolver is asked, or the servers of the config.
	Lookup func(ctx context.Context, network, name string) ([]netip.Addr, time.Duration, error)
	// OnEvent is told each change of state, one after the other and in their
	// order. Where nil they are logged.
	OnEvent func(Event)

	name   string
	log    *slog.Logger
	epoch  time.Time     // of the clock
	wake   chan struct{} // tells Serve that there is something to do
	done   chan struct{} // closed with the pool
	secret []byte        // of cookies, where the config has none

	view    atomic.Pointer[view]
	chance  chance
	active  atomic.Int64 // requests that have a connection or wait for one
	retries atomic.Int64 // retries among them
	queue   queue
	events  events

	mu      sync.Mutex // guards what follows and the targets' conditions
	plan    *plan
	sources []*source
	targets []*Target
	drained map[string]bool // by URL or address
	closed  bool
}

// New makes a pool. It reads the files that cfg names and fails when
// something is wrong with it; it dials and looks up nothing. A nil log
// discards. The pool needs Serve to run and Close in the end.
func New(name string, cfg Config, log *slog.Logger) (*Pool, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Pool{
		name: name, log: log, epoch: time.Now(),
		wake: make(chan struct{}, 1), done: make(chan struct{}),
		secret: make([]byte, 32), drained: make(map[string]bool),
	}
	crand.Read(p.secret)
	p.chance.random = rand.Uint64
	pl, err := newPlan(cfg, nil)
	if err != nil {
		return nil, err
	}
	p.change(func(now time.Time) {
		p.adopt(pl)
		p.arrange(now, nil)
	})
	return p, nil
}

// Name is the name that the pool was made with.
func (p *Pool) Name() string { return p.name }

// Config is the pool's config, with its defaults filled in. It must not be
// changed.
func (p *Pool) Config() *Config { return &p.view.Load().plan.Config }

// Reconfigure changes the pool's config. Targets whose URL stays keep their
// health, ejection, drain, counts and idle connections; the others' connections
// are closed as their requests end. With an error nothing has changed.
func (p *Pool) Reconfigure(cfg Config) error {
	pl, err := newPlan(cfg, p.view.Load().plan)
	if err != nil {
		return err
	}
	p.change(func(now time.Time) {
		if p.closed {
			err = ErrClosed
			return
		}
		p.adopt(pl)
		p.arrange(now, func(*source) bool { return true })
	})
	return err
}

// Serve does what the pool does by itself, until ctx ends: it checks targets,
// looks up names, ends ejections, closes connections that lie idle too long.
// Requests are served without it too, and after it; it is to run once at a
// time.
func (p *Pool) Serve(ctx context.Context) error {
	tasks := tasks{ctx: ctx, running: make(map[any]*task)}
	defer tasks.stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	var swept time.Duration
	for {
		tasks.keep(p.wanted())
		next := p.mature()
		interval := p.sweepInterval()
		if now := p.clock(); now-swept >= interval {
			p.sweep(now, interval)
			swept = now
		}
		timer.Reset(min(next, interval))
		select {
		case <-ctx.Done():
			return nil
		case <-p.done:
			return nil
		case <-p.wake:
		case <-timer.C:
		}
	}
}

// Close closes the idle connections and lets no further request in.
// Connections in use stay with their users and are closed when they are
// released.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	close(p.done)
	for _, s := range p.sources {
		close(s.gone)
	}
	for _, t := range p.targets {
		t.gone = true
		t.idle.flush(true)
	}
	p.view.Store(&view{plan: p.plan, shut: true})
	return nil
}

// change changes the state under the lock and draws the new picture, then
// tells whom it concerns.
func (p *Pool) change(f func(now time.Time)) {
	p.mu.Lock()
	now := time.Now()
	f(now)
	if !p.closed {
		p.redraw(now)
	}
	p.mu.Unlock()
	p.dispatch()
	p.announce()
	p.poke()
}

func (p *Pool) redraw(now time.Time) {
	v := newView(p.plan, p.targets, func(t *Target) int64 { return p.warmth(t, now) })
	old := p.view.Swap(v)
	if old != nil && v.panic != old.panic {
		e := Event{State: PanicOff, Detail: "enough targets are available again"}
		if v.panic {
			e = Event{State: PanicOn, Detail: "too few targets are available: all are used"}
		}
		p.note(e)
	}
}

// poke lets Serve look again at what there is to do.
func (p *Pool) poke() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// clock is the time since the pool was made.
func (p *Pool) clock() time.Duration { return time.Since(p.epoch) }

// sweepInterval is how often idle connections are looked at.
func (p *Pool) sweepInterval() time.Duration {
	k := &p.view.Load().plan.Keepalive
	interval := 5 * time.Second
	for _, limit := range []time.Duration{k.Timeout, k.Age} {
		if limit > 0 {
			interval = min(interval, limit/4)
		}
	}
	return max(interval, 50*time.Millisecond)
}

func (p *Pool) sweep(now, interval time.Duration) {
	p.mu.Lock()
	targets, k := p.targets, p.plan.Keepalive
	p.mu.Unlock()
	for _, t := range targets {
		t.idle.sweep(now, interval, &k)
	}
}

// wanted lists the tasks that should run now: a check for each target, a
// watch for each name.
func (p *Pool) wanted() map[any]func(context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	want := make(map[any]func(context.Context))
	if p.plan.Health != nil {
		for _, t := range p.targets {
			want[t] = func(ctx context.Context) { p.watch(ctx, t) }
		}
	}
	for _, s := range p.sources {
		if name := s.name; name != "" && p.plan.Resolve.Every > 0 {
			want[name] = func(ctx context.Context) { p.follow(ctx, name) }
		}
	}
	return want
}

// tasks runs functions, each under a key, until they are not wanted any more.
type tasks struct {
	ctx     context.Context
	running map[any]*task
}

type task struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// keep starts what is wanted and does not run, and ends what runs and is not
// wanted.
func (s *tasks) keep(wanted map[any]func(context.Context)) {
	for key, t := range s.running {
		if wanted[key] == nil {
			t.cancel()
			<-t.ended
			delete(s.running, key)
		}
	}
	for key, run := range wanted {
		if s.running[key] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(s.ctx)
		t := &task{cancel, make(chan struct{})}
		s.running[key] = t
		go func() {
			defer close(t.ended)
			run(ctx)
		}()
	}
}

func (s *tasks) stop() { s.keep(nil) }
