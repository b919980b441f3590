package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
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
	// which may be nil, in place of failing. A node that has no listener left fails.
	Lenient bool
	Missing func(what, url string, err error)
	// Ready, which may be nil, is called once when everything listens.
	Ready func()
	// Draining is told when the node begins to drain: how many connections are open,
	// and for how long it waits for them, below zero for as long as it takes. Where
	// it is nil that is logged.
	Draining func(open int64, limit time.Duration)
}

// Node is one running config. Its methods may be called concurrently; Run once.
type Node struct {
	opts    Options
	log     *slog.Logger
	started time.Time
	journal *flow.Journal
	clock   *h1.Deadlines
	console *console.Console
	tasks   *tasks
	data    *dataFolder
	manager *manager

	state      atomic.Pointer[state]
	lastReload atomic.Pointer[console.Reload]
	changed    sync.Map // when a target last changed its state: time.Time by targetKey

	mu       sync.Mutex      // one start, reload or stop at a time
	begun    chan struct{}   // closed when everything listens
	leaving  sync.WaitGroup  // what a reload has removed and still comes to its end; added to under mu
	stopping context.Context // ends when the node begins to drain
	stop     context.CancelFunc
}

// New makes a node of a config. It opens nothing and starts nothing.
func New(cfg *config.Config, opts Options) (*Node, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	n := &Node{
		opts: opts, log: opts.Log, started: time.Now(),
		journal: flow.NewJournal(flow.DefaultSize), clock: h1.NewDeadlines(),
		manager: newManager(os.Getenv, os.Getpid(), opts.Log),
		begun:   make(chan struct{}),
	}
	n.stopping, n.stop = context.WithCancel(context.Background())
	n.console = console.New(n, n.journal)
	n.tasks = newTasks(n.log, func(task, failure string) { n.event(task+" failed", failure) })
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
// means that it could not start; where another node has the data folder it is a
// *HeldError.
func (n *Node) Run(ctx context.Context) error {
	if err := n.data.lock(n.state.Load().cfg.Path()); err != nil {
		return err
	}
	defer n.data.unlock()
	defer n.tasks.stop()
	n.tasks.add("clock", n.clock.Serve)
	n.tasks.add("console meter", n.console.Serve)
	n.tasks.add("memory", n.tidy)
	if err := n.begin(ctx); err != nil {
		n.drain(0)
		if ctx.Err() != nil {
			return nil // it was told to stop before it had begun
		}
		return whoHolds(err)
	}
	n.manager.ready()
	n.tasks.add("watchdog", n.manager.serve)
	if n.opts.Ready != nil {
		n.opts.Ready()
	}
	n.event("started", "")
	close(n.begun)
	<-ctx.Done()
	n.stop()
	limit := n.state.Load().cfg.Drain
	n.manager.stopping(limit)
	n.tellDraining(limit)
	n.drain(limit)
	n.event("stopped", "")
	return nil
}

func (n *Node) tellDraining(limit time.Duration) {
	var open int64
	for _, s := range n.Services() {
		open += s.Connections
	}
	if n.opts.Draining != nil {
		n.opts.Draining(open, limit)
		return
	}
	n.log.Info("draining", "open", open, "limit", limit)
}

// begin builds the first state and opens its listeners.
func (n *Node) begin(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	first, err := n.enter(ctx, n.state.Load().cfg, &state{})
	if err != nil {
		return err
	}
	if n.opts.Lenient && len(first.doors) == 0 && first.console == nil {
		return errors.New("none of the addresses can be had")
	}
	return n.control()
}

// enter makes the state of cfg and has it take the place of old, all or nothing.
func (n *Node) enter(ctx context.Context, cfg *config.Config, old *state) (*state, error) {
	next, err := n.build(cfg, old)
	if err != nil {
		return nil, err
	}
	if err := next.open(ctx, old); err != nil {
		next.discard()
		return nil, err
	}
	next.commit(old)
	return next, nil
}

// drain ends all listeners, waits for what is under way, and cuts the rest. A
// limit below zero waits for as long as it takes. The console goes on until the
// end, since it shows how it goes.
func (n *Node) drain(limit time.Duration) {
	n.stop()
	n.mu.Lock() // behind a reload that is under way
	defer n.mu.Unlock()
	var all sync.WaitGroup
	for _, d := range n.state.Load().doors {
		all.Go(func() { d.close(limit) })
	}
	all.Wait()
	n.leaving.Wait()
}

// Reload reads the config file again and applies it. It returns what changed.
// With an error the old config goes on as it was. Before everything listens it
// waits.
func (n *Node) Reload(ctx context.Context) ([]string, error) {
	if n.opts.Load == nil {
		return nil, errors.New("this node runs without a config file, so there is nothing to reload")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.stopping, cancel)()
	select {
	case <-n.begun:
	case <-ctx.Done():
	}
	if n.stopping.Err() == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
	}
	switch {
	case n.stopping.Err() != nil:
		return nil, errors.New("the node is draining")
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	n.manager.reloading()
	changes, err := n.reload(ctx)
	err = whoHolds(err)
	last := &console.Reload{At: time.Now(), Changes: changes}
	if err != nil {
		last.Error = err.Error()
		n.event("reload failed", err.Error())
		n.manager.failed(err)
	} else {
		n.event(fmt.Sprintf("reloaded: %d changes", len(changes)), "")
		n.manager.ready()
	}
	n.lastReload.Store(last)
	return changes, err
}

func (n *Node) reload(ctx context.Context) ([]string, error) {
	cfg, err := n.opts.Load()
	if err != nil {
		return nil, err
	}
	old := n.state.Load()
	if _, err := n.enter(ctx, cfg, old); err != nil {
		return nil, err
	}
	return difference(old.cfg, cfg), nil
}
