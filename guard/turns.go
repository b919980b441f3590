package guard

import (
	"encoding/binary"
	"sync"
	"time"
)

// turns lets a few passwords be hashed at a time, each only once however many
// ask about it at that moment, and a bounded number wait for it.
type turns struct {
	slots chan struct{}
	wait  time.Duration

	mu   *sync.Mutex
	asks map[mac]*ask // being hashed or waiting for a turn
}

type ask struct {
	done   chan struct{}
	result checked // set before done is closed
}

const maxWaitingAsks = 1024

func newTurns(atOnce int, wait time.Duration) turns {
	return turns{slots: make(chan struct{}, atOnce), wait: wait, mu: new(sync.Mutex), asks: make(map[mac]*ask)}
}

// do runs check when its turn comes and returns its result, or checkBusy when
// the turn does not come in time.
func (t *turns) do(m mac, check func() checked) checked {
	t.mu.Lock()
	if other := t.asks[m]; other != nil {
		t.mu.Unlock()
		<-other.done // it ends within wait and one hash
		return other.result
	}
	if len(t.asks) >= maxWaitingAsks {
		t.mu.Unlock()
		return checkBusy
	}
	own := &ask{done: make(chan struct{}), result: checkBusy}
	t.asks[m] = own
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.asks, m)
		t.mu.Unlock()
		close(own.done)
	}()

	select {
	case t.slots <- struct{}{}:
	default:
		timer := time.NewTimer(t.wait)
		defer timer.Stop()
		select {
		case t.slots <- struct{}{}:
		case <-timer.C:
			return checkBusy
		}
	}
	defer func() { <-t.slots }()
	own.result = check()
	return own.result
}

// failures remembers some wrong passwords of late, so that a program that sends
// the same one over and over is refused without hashing. The table has a fixed
// size, and knows nobody's right password.
type failures struct {
	mu     sync.Mutex
	recent [1024]failure
}

type failure struct {
	mac  mac
	till time.Time
}

// failureLife bounds for how long a password stays wrong after it was set.
const failureLife = time.Minute

func (f *failures) slot(m mac) *failure {
	return &f.recent[binary.BigEndian.Uint16(m[:])%uint16(len(f.recent))]
}

func (f *failures) has(m mac) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.slot(m)
	return s.mac == m && time.Now().Before(s.till)
}

func (f *failures) add(m mac) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*f.slot(m) = failure{mac: m, till: time.Now().Add(failureLife)}
}
