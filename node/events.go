package node

import (
	"log/slog"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
)

// event writes what the node did, or what befell it, into the journal. failure is
// empty where nothing went wrong.
func (n *Node) event(what, failure string) {
	var rec flow.Record
	rec.Begin(flow.Event, time.Now())
	rec.SetString(flow.Service, "node")
	rec.SetString(flow.Path, what)
	if failure != "" {
		rec.SetString(flow.Error, failure)
	}
	n.journal.Write(&rec)
}

// targetKey names a target of a pool.
type targetKey struct{ pool, url, address string }

// poolEvent tells the log and the journal of a target that changed, and keeps when
// that was.
func (n *Node) poolEvent(e upstream.Event) {
	if key := (targetKey{e.Pool, e.URL, e.Address}); e.State == upstream.Removed {
		n.changed.Delete(key)
	} else if e.URL != "" {
		n.changed.Store(key, e.At)
	}
	level := slog.LevelInfo
	if bad(e.State) {
		level = slog.LevelWarn
	}
	n.log.LogAttrs(n.tasks.ctx, level, "upstream "+string(e.State), e.Attrs()...)
	var rec flow.Record
	rec.Begin(flow.Event, e.At)
	rec.SetString(flow.Service, e.Pool)
	rec.SetString(flow.Target, e.URL)
	switch what := string(e.State); {
	case e.Detail == "":
		rec.SetString(flow.Path, what)
	case bad(e.State):
		rec.SetString(flow.Path, what)
		rec.SetString(flow.Error, e.Detail)
	default:
		rec.SetString(flow.Path, what+": "+e.Detail)
	}
	n.journal.Write(&rec)
}

// bad tells whether somebody should look.
func bad(s upstream.State) bool {
	switch s {
	case upstream.Down, upstream.Ejected, upstream.LookupFailed, upstream.PanicOn, upstream.CircuitOpen:
		return true
	}
	return false
}
