package h1

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// tick is how often the deadlines are looked at, and so how late one may be kept.
const tick = 100 * time.Millisecond

// drainGrace is how long a connection may be idle once its server drains, so that
// a request which is on its way finds it open.
const drainGrace = time.Second

// Deadlines enforces the timeouts of many connections with one coarse clock: to
// arm one is an atomic store, where a timer of its own would cost a request
// several times that. All methods are safe for concurrent use.
type Deadlines struct {
	start time.Time
	now   atomic.Int64 // nanoseconds since start, as of the last tick
	date  atomic.Pointer[[]byte]

	mu      sync.Mutex
	entries []*deadline
}

// NewDeadlines returns a clock that stands until Serve runs.
func NewDeadlines() *Deadlines {
	d := &Deadlines{start: time.Now()}
	d.setDate(time.Now())
	return d
}

// Serve runs the clock until ctx ends.
func (d *Deadlines) Serve(ctx context.Context) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	for second := int64(0); ; {
		select {
		case <-ctx.Done():
			return nil
		case now := <-t.C:
			d.now.Store(int64(now.Sub(d.start)))
			if s := now.Unix(); s != second {
				second = s
				d.setDate(now)
			}
			d.sweep()
		}
	}
}

// Date is the current time as the Date field carries it (RFC 9110 §5.6.7).
func (d *Deadlines) Date() []byte { return *d.date.Load() }

func (d *Deadlines) setDate(now time.Time) {
	b := now.UTC().AppendFormat(nil, "Mon, 02 Jan 2006 15:04:05 GMT")
	d.date.Store(&b)
}

// sweep acts on what is due. Connections are kicked outside the lock.
func (d *Deadlines) sweep() {
	now := d.now.Load()
	var due []*deadline
	d.mu.Lock()
	for _, e := range d.entries {
		if e.due(now) {
			due = append(due, e)
		}
	}
	d.mu.Unlock()
	for _, e := range due {
		e.act(now)
	}
}

func (d *Deadlines) add(e *deadline) {
	e.clock = d
	e.moved.Store(-1)
	d.mu.Lock()
	e.index = len(d.entries)
	d.entries = append(d.entries, e)
	d.mu.Unlock()
}

func (d *Deadlines) remove(e *deadline) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.index < 0 {
		return
	}
	last := len(d.entries) - 1
	d.entries[e.index] = d.entries[last]
	d.entries[e.index].index = e.index
	d.entries[last] = nil
	d.entries = d.entries[:last]
	e.index = -1
}

// phase is what a connection waits for.
type phase int64

const (
	phaseBusy      phase = iota // a read or write that must get on
	phaseIdle                   // the next request
	phaseAnswering              // others; the client is looked at now and then
	phaseMask      = 3
)

// deadline is one connection's entry.
type deadline struct {
	clock *Deadlines
	index int
	conn  net.Conn
	at    atomic.Int64 // when it is due, the phase in the two lowest bits; 0 never

	canceled atomic.Bool // every wait is to end, and none is to begin

	// Of a server's connection; the others leave them empty.
	done <-chan struct{} // closed when the server drains
	idle atomic.Int64    // what setIdle was given last
	gone func()          // called when the client has hung up while phaseAnswering

	// A long splice gives no sign of life, so the kernel is asked for one.
	moved atomic.Int64 // bytes moved as of the last look; -1 when no splice is under way
	stall atomic.Int64 // nanoseconds from one look to the next
	least atomic.Int64 // bytes in each stall that count as life
}

// lookAfter is how often the client of a request that takes long is looked at.
const lookAfter = time.Second

// set arms the deadline. A d of 0 or less never ends.
func (e *deadline) set(p phase, d time.Duration) {
	if d <= 0 {
		e.at.Store(0)
		return
	}
	e.at.Store((e.clock.now.Load()+int64(d+tick))&^phaseMask | int64(p)) // the clock may be a tick behind
}

// setIdle arms the deadline for the next request. With no limit it is so far away
// that only a drain comes before.
func (e *deadline) setIdle(d time.Duration) {
	if d <= 0 {
		d = 1 << 60
	}
	if e.idle.Load() != int64(d) {
		e.idle.Store(int64(d))
	}
	e.set(phaseIdle, d)
}

// rest is what a connection is in between reads and writes: nothing is due, but
// a server looks now and then whether its client is still there.
func (e *deadline) rest() {
	if e.gone == nil {
		e.at.Store(0)
		return
	}
	e.set(phaseAnswering, lookAfter)
}

func (e *deadline) due(now int64) bool {
	at := e.at.Load()
	if at == 0 {
		return false
	}
	return now >= at || phase(at&phaseMask) == phaseIdle && e.drained(now, at)
}

// drained says whether an idle connection of a draining server had its grace.
func (e *deadline) drained(now, at int64) bool {
	select {
	case <-e.done:
		return now-(at-e.idle.Load()) >= int64(drainGrace)
	default:
		return false
	}
}

func (e *deadline) act(now int64) {
	at := e.at.Load()
	switch {
	case phase(at&phaseMask) == phaseAnswering:
		if !hungUp(e.conn) {
			e.at.CompareAndSwap(at, (now+int64(lookAfter))&^phaseMask|int64(phaseAnswering))
			return
		}
		e.at.CompareAndSwap(at, 0)
		e.gone()
	case e.due(now):
		if e.progressed(now, at) {
			return
		}
		e.conn.SetDeadline(aLongTimeAgo)
	}
}

// progressed asks the kernel whether bytes have moved since the last look on a
// connection that is in one long splice, and gives it more time then.
func (e *deadline) progressed(now, at int64) bool {
	before := e.moved.Load()
	if before < 0 {
		return false
	}
	after := bytesMoved(e.conn)
	if after-before < max(e.least.Load(), 1) {
		return false
	}
	e.moved.Store(after)
	e.at.CompareAndSwap(at, (now+e.stall.Load())&^phaseMask)
	return true
}

// late says whether err came of a kick that was meant for an earlier wait. If so
// the connection is usable again.
func (e *deadline) late(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || e.canceled.Load() {
		return false
	}
	if at := e.at.Load(); at != 0 && e.due(e.clock.now.Load()) {
		return false
	}
	if e.conn.SetDeadline(time.Time{}) != nil {
		return false
	}
	if e.canceled.Load() { // it may have come in between
		e.conn.SetDeadline(aLongTimeAgo)
		return false
	}
	return true
}

var aLongTimeAgo = time.Unix(1, 0)

// pace says how a long splice must get on: least bytes a second, looked at each
// stall.
func (e *deadline) pace(stall time.Duration, least int64) {
	e.stall.Store(int64(stall))
	e.least.Store(int64(float64(max(least, 0)) * stall.Seconds()))
}

// watch says whether a splice is under way, during which the kernel's counters
// and not set tell that the connection lives.
func (e *deadline) watch(on bool) {
	if on {
		e.moved.Store(bytesMoved(e.conn))
		return
	}
	e.moved.Store(-1)
	e.rest()
}
