package node

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// tasks runs everything that runs long. A task that panics or fails is started
// again, after a pause that grows while it goes on failing, and the failure is
// reported; the others go on.
type tasks struct {
	log    *slog.Logger
	failed func(task, failure string) // told of each failure
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	running map[*task]bool
}

// task is one of them.
type task struct {
	name   string
	tasks  *tasks
	serve  func(context.Context) error
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended for good

	mu       sync.Mutex
	restarts int
	failure  string // the last one
	waiting  bool   // to be started again
}

const (
	restartFirst = 100 * time.Millisecond // pause behind a first failure
	restartMost  = 30 * time.Second       // the longest pause, and how long a task runs to count as well again
	stopWait     = 10 * time.Second       // for a task to end
)

func newTasks(log *slog.Logger, failed func(task, failure string)) *tasks {
	t := &tasks{log: log, failed: failed, running: make(map[*task]bool)}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// add starts a task. When serve returns nil the task is over.
func (t *tasks) add(name string, serve func(context.Context) error) *task {
	k := &task{name: name, tasks: t, serve: serve, done: make(chan struct{})}
	var ctx context.Context
	ctx, k.cancel = context.WithCancel(t.ctx)
	t.mu.Lock()
	t.running[k] = true
	t.mu.Unlock()
	go k.run(ctx)
	return k
}

// stop ends all tasks and waits for them.
func (t *tasks) stop() {
	t.cancel()
	t.mu.Lock()
	left := make([]*task, 0, len(t.running))
	for k := range t.running {
		left = append(left, k)
	}
	t.mu.Unlock()
	limit := time.NewTimer(stopWait)
	defer limit.Stop()
	for i, k := range left {
		select {
		case <-k.done:
		case <-limit.C:
			for _, k := range slices.Backward(left[i:]) {
				if !k.over() {
					t.log.Error("a task does not end", "task", k.name)
				}
			}
			return
		}
	}
}

// stop ends the task and waits for it. A nil task has ended.
func (k *task) stop() {
	if k == nil {
		return
	}
	k.cancel()
	k.wait(stopWait)
}

// wait waits for the task to end, and reports when it does not in that time.
func (k *task) wait(most time.Duration) {
	limit := time.NewTimer(most)
	defer limit.Stop()
	select {
	case <-k.done:
	case <-limit.C:
		k.tasks.log.Error("a task does not end", "task", k.name)
	}
}

func (k *task) over() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// run runs the task until it is over or ctx ends.
func (k *task) run(ctx context.Context) {
	defer k.end()
	pause := restartFirst
	for {
		began := time.Now()
		err := k.once(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(began) >= restartMost {
			pause = restartFirst
		}
		k.report(err, pause)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		pause = min(2*pause, restartMost)
		k.restart()
	}
}

// once runs the task until it returns. A panic becomes an error.
func (k *task) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			k.tasks.log.Error("a task panicked", "task", k.name, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return k.serve(ctx)
}

func (k *task) report(err error, pause time.Duration) {
	k.mu.Lock()
	k.failure, k.waiting = err.Error(), true
	k.mu.Unlock()
	k.tasks.log.Error("a task failed and is started again", "task", k.name, "err", err, "in", pause)
	k.tasks.failed(k.name, err.Error())
}

func (k *task) restart() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.restarts++
	k.waiting = false
}

func (k *task) end() {
	k.cancel()
	k.tasks.mu.Lock()
	delete(k.tasks.running, k)
	k.tasks.mu.Unlock()
	close(k.done)
}

// health is how a task is.
type health struct {
	restarts int
	failure  string // the last one, "" where there was none
	waiting  bool   // it has failed and is to be started again
}

func (k *task) health() health {
	k.mu.Lock()
	defer k.mu.Unlock()
	return health{k.restarts, k.failure, k.waiting}
}
