package node

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// What a burst of requests leaves behind (pooled buffers, stacks that have grown)
// is given back to the system when it is over: the collector alone would keep it
// until the next one, which may never come on a node that allocates nothing.
const (
	quietLook  = 500 * time.Millisecond
	quietMost  = 50              // records in one look that are still quiet
	burstLeast = 2000            // records since the last time that are worth it
	tidyEvery  = 2 * time.Second // at most
)

// tidy is the task that gives memory back.
func (n *Node) tidy(ctx context.Context) error {
	t := time.NewTicker(quietLook)
	defer t.Stop()
	var seen, done uint64
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		written := n.journal.Written()
		quiet := written-seen < quietMost
		seen = written
		if !quiet || written-done < burstLeast || time.Since(last) < tidyEvery {
			continue
		}
		runtime.GC() // a sync.Pool outlives one cycle
		debug.FreeOSMemory()
		done, last = written, time.Now()
	}
}
