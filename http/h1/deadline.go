package h1

import (
	"context"
	"crypto/tls"
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
	d.mu.Lock()
	e.index = len(d.entries)
	d.entries = append(d.entries, e)
	d.mu.Unlock()
}

// remove returns when nothing is done to the connection any more.
func (d *Deadlines) remove(e *deadline) {
	e.acting.Lock()
	defer e.acting.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.left {
		return
	}
	e.left = true
	last := len(d.entries) - 1
	d.entries[e.index] = d.entries[last]
	d.entries[e.index].index = e.index
	d.entries[last] = nil
	d.entries = d.entries[:last]
}

// phase is what a connection waits for.
type phase int64

const (
	phaseBusy      phase = iota // a read or write that must get on
	phaseIdle                   // the next request
	phaseAnswering              // others; the client is looked at now and then
	phaseMask      = 3
)

// deadline is one connection's entry. Each direction has its own time, since a
// body may be read while the answer is written.
type deadline struct {
	clock  *Deadlines
	index  int
	acting sync.Mutex // held while the clock acts on the connection
	left   bool       // the clock; guarded by acting
	conn   net.Conn
	in     direction
	out    direction

	// The last read filled its buffer, so that a layer above the socket may hold
	// more. It belongs to whoever reads.
	more bool

	canceled atomic.Bool // every wait is to end, and none is to begin

	// Of a server's connection; the others leave them empty.
	done <-chan struct{} // closed when the server drains
	idle atomic.Int64    // what setIdle was given last
	gone func()          // called when the client has hung up while phaseAnswering
}

// direction is one way of a connection.
type direction struct {
	at   atomic.Int64                 // when it is due, the phase in the two lowest bits; 0 never
	long atomic.Pointer[longTransfer] // the copy in the kernel that is under way
}

// longTransfer is a splice or sendfile. It gives no sign of life, so the kernel is
// asked for one. Only the clock uses it once it is there.
type longTransfer struct {
	moved int64         // bytes as of the last look
	stall time.Duration // from one look to the next
	least int64         // bytes in each stall that count as life
}

// lookAfter is how often the client of a request that takes long is looked at.
const lookAfter = time.Second

// after is the time at which something that may take d is due; 0 is never, and
// so is a d of 0 or less.
func (e *deadline) after(p phase, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return (e.clock.now.Load()+int64(d+tick))&^phaseMask | int64(p) // the clock may be a tick behind
}

// reading says that something must arrive within d.
func (e *deadline) reading(d time.Duration) { e.in.at.Store(e.after(phaseBusy, d)) }

// writing says that something must be taken within d, wrote that it was.
func (e *deadline) writing(d time.Duration) { e.out.at.Store(e.after(phaseBusy, d)) }
func (e *deadline) wrote()                  { e.out.at.Store(0) }

// setIdle says that the next request must begin within d, of which some has gone
// by already. With no limit that is so far away that only a drain comes before.
func (e *deadline) setIdle(d, already time.Duration) {
	if d <= 0 {
		d = 1 << 60
	}
	if e.idle.Load() != int64(d) {
		e.idle.Store(int64(d))
	}
	e.in.at.Store(e.after(phaseIdle, max(d-already, 1)))
}

// rest is what a connection is in between reads: nothing is due, but a server
// looks now and then whether its client is still there.
func (e *deadline) rest() {
	if e.gone == nil {
		e.in.at.Store(0)
		return
	}
	e.in.at.Store(e.after(phaseAnswering, lookAfter))
}

// due says whether the clock must act.
func (e *deadline) due(now int64) bool {
	return e.inDue(now) || e.outDue(now)
}

func (e *deadline) inDue(now int64) bool {
	at := e.in.at.Load()
	if at == 0 {
		return false
	}
	return now >= at || phase(at&phaseMask) == phaseIdle && e.drained(now, at)
}

func (e *deadline) outDue(now int64) bool {
	at := e.out.at.Load()
	return at != 0 && now >= at
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

// act ends a wait that has taken too long.
func (e *deadline) act(now int64) {
	e.acting.Lock()
	defer e.acting.Unlock()
	if e.left {
		return
	}
	if at := e.in.at.Load(); e.inDue(now) {
		if phase(at&phaseMask) == phaseAnswering {
			e.look(now, at)
		} else if !e.alive(&e.in, pollIn, now, at) {
			e.conn.SetReadDeadline(aLongTimeAgo)
		}
	}
	if at := e.out.at.Load(); e.outDue(now) && !e.alive(&e.out, pollOut, now, at) {
		e.conn.SetWriteDeadline(aLongTimeAgo)
	}
}

// look looks whether the client of a request under way is still there.
func (e *deadline) look(now, at int64) {
	if !hungUp(e.conn) {
		e.in.at.CompareAndSwap(at, (now+int64(lookAfter))&^phaseMask|int64(phaseAnswering))
		return
	}
	e.in.at.CompareAndSwap(at, 0)
	e.gone()
}

// beginIn says that a copy in the kernel begins to read from the connection, of
// which least bytes a second must come in each stall. No kick that was meant for
// an earlier wait comes from then on, since a splice that is cut short may lose
// bytes. False means that the connection is not to be waited for.
func (e *deadline) beginIn(stall time.Duration, least int64) bool {
	e.begin(&e.in, pollIn, stall, least)
	return e.conn.SetReadDeadline(time.Time{}) == nil && !e.canceled.Load()
}

// beginOut says that one begins to write to it.
func (e *deadline) beginOut(stall time.Duration) bool {
	e.begin(&e.out, pollOut, stall, 0)
	return e.conn.SetWriteDeadline(time.Time{}) == nil && !e.ended()
}

func (e *deadline) begin(d *direction, way int16, stall time.Duration, least int64) {
	d.at.Store(0)
	e.acting.Lock() // until the clock has done what it has begun
	defer e.acting.Unlock()
	d.long.Store(&longTransfer{
		moved: bytesMoved(e.conn, way), stall: stall,
		least: max(1, int64(float64(least)*stall.Seconds())),
	})
	d.at.Store(e.after(phaseBusy, stall))
}

// endIn says that the copy is over.
func (e *deadline) endIn() {
	e.rest()
	e.in.long.Store(nil)
}

func (e *deadline) endOut() {
	e.wrote()
	e.out.long.Store(nil)
}

// alive asks the kernel whether a long transfer gets on, and gives it more time
// then. Where the socket itself is ready, it is the other end of the copy that
// is waited for, and this one is not to blame.
func (e *deadline) alive(d *direction, way int16, now, at int64) bool {
	t := d.long.Load()
	if t == nil {
		return false
	}
	moved := bytesMoved(e.conn, way)
	if moved-t.moved < t.least && !ready(e.conn, way) {
		return false
	}
	t.moved = moved
	d.at.CompareAndSwap(at, (now+int64(t.stall))&^phaseMask)
	return true
}

// lateRead says whether err, of a read, came of a kick that was meant for an
// earlier wait. If so the connection can be read again.
func (e *deadline) lateRead(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) || e.canceled.Load() || e.inDue(e.clock.now.Load()) {
		return false
	}
	if e.conn.SetReadDeadline(time.Time{}) != nil {
		return false
	}
	if e.canceled.Load() { // it may have come in between
		e.conn.SetReadDeadline(aLongTimeAgo)
		return false
	}
	return true
}

// lateWrite is lateRead for writes. Abort does not end those, Cancel does. A TLS
// connection cannot be written to again.
func (e *deadline) lateWrite(err error) bool {
	if _, ok := e.conn.(*tls.Conn); ok {
		return false
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) || e.ended() || e.outDue(e.clock.now.Load()) {
		return false
	}
	if e.conn.SetWriteDeadline(time.Time{}) != nil {
		return false
	}
	if e.ended() {
		e.conn.SetWriteDeadline(aLongTimeAgo)
		return false
	}
	return true
}

// ended says whether a client's exchange was canceled.
func (e *deadline) ended() bool { return e.gone == nil && e.canceled.Load() }

var aLongTimeAgo = time.Unix(1, 0)
