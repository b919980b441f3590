package upstream

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// State is what a target, or the pool, has become.
type State string

// States that events tell of.
const (
	Up           State = "up"
	Down         State = "down"     // by active checks
	Ejected      State = "ejected"  // by failures in traffic
	Returned     State = "returned" // from an ejection
	Drained      State = "drained"
	Undrained    State = "undrained"
	Added        State = "added"
	Removed      State = "removed"
	LookupFailed State = "lookup failed"
	LookedUp     State = "looked up" // after a failure
	PanicOn      State = "panic"
	PanicOff     State = "panic over"
	CircuitOpen  State = "circuit open"
	CircuitHalf  State = "circuit half-open"
	CircuitShut  State = "circuit closed"
)

// Event is a change of state.
type Event struct {
	At      time.Time
	Pool    string
	URL     string // of the target; "" where it concerns the pool
	Address string
	State   State
	Detail  string // why
}

// Attrs is what a log says of the event, apart from its state: pool, target,
// address and detail, without those that are empty. The address is left out where
// the URL has it.
func (e *Event) Attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("pool", e.Pool)}
	for _, a := range []slog.Attr{slog.String("target", e.URL), slog.String("address", e.Address), slog.String("detail", e.Detail)} {
		if v := a.Value.String(); v != "" && (a.Key != "address" || !strings.HasSuffix(e.URL, "/"+v)) {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

// bad tells whether somebody should look.
func (e *Event) bad() bool {
	switch e.State {
	case Down, Ejected, LookupFailed, PanicOn, CircuitOpen:
		return true
	}
	return false
}

// events holds what has happened and has not been told yet.
type events struct {
	mu      sync.Mutex
	pending []Event
	telling bool
}

// note remembers an event until announce.
func (p *Pool) note(e Event) {
	e.At, e.Pool = time.Now(), p.name
	p.events.mu.Lock()
	p.events.pending = append(p.events.pending, e)
	p.events.mu.Unlock()
}

func (p *Pool) noteTarget(t *Target, s State, detail string) {
	p.note(Event{URL: t.source.url, Address: t.address, State: s, Detail: detail})
}

// announce tells the pending events. One goroutine tells at a time, so that
// their order is kept and the callback may call the pool.
func (p *Pool) announce() {
	q := &p.events
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.telling {
		return
	}
	q.telling = true
	for len(q.pending) > 0 {
		e := q.pending[0]
		q.pending = q.pending[1:]
		q.mu.Unlock()
		p.tell(e)
		q.mu.Lock()
	}
	q.telling = false
}

func (p *Pool) tell(e Event) {
	if p.OnEvent != nil {
		p.OnEvent(e)
		return
	}
	level := slog.LevelInfo
	if e.bad() {
		level = slog.LevelWarn
	}
	p.log.LogAttrs(context.Background(), level, "upstream "+string(e.State), e.Attrs()...)
}
