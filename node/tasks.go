package node

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/thejerf/suture/v4"
)

// tasks runs everything that runs long. A task that panics or fails is started
// again with back-off, and the failure is reported; the others go on.
type tasks struct {
	node *Node
	sup  *suture.Supervisor

	ctx    context.Context
	cancel context.CancelFunc
	done   <-chan error

	mu       sync.Mutex
	running  map[string]*task
	restarts map[string]int
	failures map[string]string
}

// task is one of them.
type task struct {
	name  string
	serve func(context.Context) error
	token suture.ServiceToken
}

// stopWait is how long a task may take to end.
const stopWait = 10 * time.Second

func newTasks(n *Node) *tasks {
	t := &tasks{node: n, running: make(map[string]*task), restarts: make(map[string]int), failures: make(map[string]string)}
	t.sup = suture.New("node", suture.Spec{
		EventHook:        t.report,
		FailureThreshold: 3,
		FailureBackoff:   5 * time.Second,
		Timeout:          stopWait,
	})
	return t
}

func (t *tasks) start() {
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.done = t.sup.ServeBackground(t.ctx)
}

func (t *tasks) stop() {
	t.cancel()
	<-t.done
}

// add starts a task.
func (t *tasks) add(name string, serve func(context.Context) error) {
	k := &task{name: name, serve: serve}
	t.mu.Lock()
	defer t.mu.Unlock()
	k.token = t.sup.Add(k)
	t.running[name] = k
}

// remove ends a task and waits for it.
func (t *tasks) remove(name string) {
	t.mu.Lock()
	k := t.running[name]
	delete(t.running, name)
	delete(t.failures, name)
	t.mu.Unlock()
	if k != nil {
		t.sup.RemoveAndWait(k.token, stopWait)
	}
}

// Serve implements suture.Service. A task that returns without an error is over.
func (k *task) Serve(ctx context.Context) error {
	err := k.serve(ctx)
	if err == nil || ctx.Err() != nil {
		return suture.ErrDoNotRestart
	}
	return err
}

func (k *task) String() string { return k.name }

// health tells how often a task was started again, and why it failed last.
func (t *tasks) health(name string) (restarts int, failure string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restarts[name], t.failures[name]
}

// report is told by the supervisor what goes wrong.
func (t *tasks) report(e suture.Event) {
	name, failure := "", ""
	switch e := e.(type) {
	case suture.EventServicePanic:
		name, failure = e.ServiceName, "panic: "+e.PanicMsg
		t.node.log.Error("a task panicked and is started again", "task", name, "panic", e.PanicMsg, "stack", e.Stacktrace)
	case suture.EventServiceTerminate:
		name = e.ServiceName
		if err, ok := e.Err.(error); ok && errors.Is(err, suture.ErrDoNotRestart) {
			return
		} else if ok {
			failure = err.Error()
		}
		t.node.log.Error("a task failed and is started again", "task", name, "err", failure)
	case suture.EventStopTimeout:
		t.node.log.Error("a task does not end", "task", e.ServiceName)
		return
	default:
		return
	}
	t.mu.Lock()
	t.restarts[name]++
	t.failures[name] = failure
	t.mu.Unlock()
	t.node.event(name+" failed", failure)
}
