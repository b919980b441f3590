package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/h1"
)

// Options are what a node needs beside its config.
type Options struct {
	Log     *slog.Logger // nil logs nothing
	Version string
	// Load reads the config file again for a reload; nil means the node cannot.
	Load func() (*config.Config, error)
	// Lenient leaves a listener out whose address cannot be had, and tells Missing,
	// in place of failing.
	Lenient bool
	Missing func(service, url string, err error)
	// Ready is called once when everything listens.
	Ready func()
}

// Node is one running config. Its methods may be called concurrently.
type Node struct {
	opts    Options
	log     *slog.Logger
	started time.Time
	journal *flow.Journal
	clock   *h1.Deadlines
	console *console.Console
	tasks   *tasks
	data    *dataFolder

	state atomic.Pointer[state]

	mu         sync.Mutex // one reload, start or stop at a time
	lastReload *console.Reload
	draining   atomic.Bool
}

// New makes a node of a config. It opens nothing and starts nothing.
func New(cfg *config.Config, opts Options) (*Node, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	n := &Node{
		opts: opts, log: opts.Log, started: time.Now(),
		journal: flow.NewJournal(flow.DefaultSize), clock: h1.NewDeadlines(),
	}
	n.console = console.New(n, n.journal)
	n.tasks = newTasks(n)
	folder, err := cfg.DataFolder()
	if err != nil {
		return nil, err
	}
	n.data = &dataFolder{path: folder}
	n.state.Store(&state{cfg: cfg})
	return n, nil
}

// Journal is where everything that happens is recorded.
func (n *Node) Journal() *flow.Journal { return n.journal }

// Run starts everything and serves until ctx ends. Then it drains: what has begun
// is finished within the config's drain time, and what is left is cut. An error
// means that it could not start, or that something could not be ended.
func (n *Node) Run(ctx context.Context) error {
	if err := n.data.lock(); err != nil {
		return err
	}
	defer n.data.unlock()
	n.tasks.start()
	defer n.tasks.stop()
	n.tasks.add("clock", n.clock.Serve)
	n.tasks.add("console meter", n.console.Serve)
	if err := n.begin(ctx); err != nil {
		n.drain(0)
		return err
	}
	if err := n.control(); err != nil {
		n.drain(0)
		return err
	}
	notify("READY=1\nSTATUS=running")
	if n.opts.Ready != nil {
		n.opts.Ready()
	}
	n.event("started", "")
	<-ctx.Done()
	n.draining.Store(true)
	limit := n.state.Load().cfg.Drain
	notify("STOPPING=1\nSTATUS=draining")
	n.log.Info("draining", "limit", limit)
	n.drain(limit)
	n.event("stopped", "")
	return nil
}

// begin builds the first state and opens its listeners.
func (n *Node) begin(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	next, err := n.build(n.state.Load().cfg, &state{})
	if err != nil {
		return err
	}
	if err := next.open(ctx, &state{}); err != nil {
		next.discard(&state{})
		return err
	}
	next.commit(&state{})
	return nil
}

// drain ends all listeners, waits for what is under way, and cuts the rest. A
// limit below zero waits for as long as it takes.
func (n *Node) drain(limit time.Duration) {
	s := n.state.Load()
	var wg sync.WaitGroup
	for _, d := range s.doors {
		wg.Go(func() { d.close(limit) })
	}
	wg.Wait()
}

// Reload reads the config file again and applies it. It returns what changed.
// With an error the old config goes on as it was.
func (n *Node) Reload(ctx context.Context) ([]string, error) {
	if n.opts.Load == nil {
		return nil, errors.New("this node runs without a config file, so there is nothing to reload")
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.draining.Load() {
		return nil, errors.New("the node is draining")
	}
	notify(reloadingNow())
	defer notify("READY=1")
	changes, err := n.reload(ctx)
	last := &console.Reload{At: time.Now(), Changes: changes}
	if err != nil {
		last.Error = err.Error()
		n.event("reload failed", err.Error())
	} else {
		n.event("reloaded", fmt.Sprintf("%d changes", len(changes)))
	}
	n.lastReload = last
	return changes, err
}

func (n *Node) reload(ctx context.Context) ([]string, error) {
	cfg, err := n.opts.Load()
	if err != nil {
		return nil, err
	}
	old := n.state.Load()
	changes := difference(old.cfg, cfg)
	next, err := n.build(cfg, old)
	if err != nil {
		return nil, err
	}
	if err := next.open(ctx, old); err != nil {
		next.discard(old)
		return nil, err
	}
	next.commit(old)
	return changes, nil
}

// event writes what the node did into the journal.
func (n *Node) event(what, detail string) {
	var rec flow.Record
	rec.Begin(flow.Event, time.Now())
	rec.SetString(flow.Service, "node")
	rec.SetString(flow.Path, what)
	if detail != "" {
		rec.SetString(flow.Error, detail)
	}
	n.journal.Write(&rec)
}
