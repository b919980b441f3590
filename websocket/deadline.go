package websocket

import (
	"context"
	"net"
	"os"
	"sync"
	"time"
)

// past is a deadline that has gone by.
var past = time.Unix(1, 0)

// deadline joins what may end a wait on one direction of a connection (a
// context, a limit in time, an allowance for each wait) into the one deadline
// that the connection has. The context stays watched between calls that bring
// the same one, so that a loop of them costs nothing.
type deadline struct {
	conn  net.Conn
	write bool

	mu    sync.Mutex
	limit time.Time // zero for none
	armed time.Time // what the connection was told last
	done  <-chan struct{}
	stop  func() bool
	round int // counts contexts, so that a late one does not hit its successor
	fired bool
}

// begin takes the context for the waits that follow. Its error is the
// context's, where that is over already.
func (d *deadline) begin(ctx context.Context) error {
	done := ctx.Done()
	d.mu.Lock()
	defer d.mu.Unlock()
	if done == d.done && !d.fired {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d.release()
	if done == nil {
		return nil
	}
	round := d.round
	d.done = done
	d.stop = context.AfterFunc(ctx, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.round == round {
			d.fired = true
			d.tell(past)
		}
	})
	return nil
}

// release forgets the context. It is called with mu held.
func (d *deadline) release() {
	if d.stop != nil {
		d.stop()
	}
	d.round++
	d.done, d.stop = nil, nil
	if d.fired {
		d.fired = false
		d.tell(d.limit)
	}
}

// end forgets the context.
func (d *deadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.release()
}

// arm is called before a wait that may last for allowance (none where it is
// not positive). The connection is told only when that moves the deadline by
// a good part.
func (d *deadline) arm(allowance time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fired {
		return
	}
	if allowance <= 0 {
		if !d.armed.Equal(d.limit) {
			d.tell(d.limit)
		}
		return
	}
	now := time.Now()
	until := now.Add(allowance)
	if !d.limit.IsZero() && d.limit.Before(until) {
		if !d.armed.Equal(d.limit) {
			d.tell(d.limit)
		}
		return
	}
	if left := d.armed.Sub(now); left > allowance || left < allowance-allowance/4 {
		d.tell(until)
	}
}

// setLimit sets a limit that holds until it is replaced, for waits in
// progress too; zero is none.
func (d *deadline) setLimit(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.limit = t
	if !d.fired {
		d.tell(t)
	}
}

// cause says whether a wait that timed out was ended by the context or the
// limit; nil means that its allowance was used up.
func (d *deadline) cause(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.limit.IsZero() && !time.Now().Before(d.limit) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (d *deadline) tell(t time.Time) {
	d.armed = t
	if d.write {
		_ = d.conn.SetWriteDeadline(t) // fails only once the connection is closed
	} else {
		_ = d.conn.SetReadDeadline(t)
	}
}
