package flow

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// pause is how long a subscriber that is being served sleeps between two looks
// at the ring. A reader that is woken for each record costs its writer a futex
// call each time, which is more than all else that a record costs.
const pause = 100 * time.Millisecond

// Queue says how far a subscription may fall behind.
type Queue struct {
	// Size is how many records may wait to be read, at most and by default the
	// size of the journal.
	Size int
	// Wait makes writers wait where the queue is full; else the oldest records
	// are lost and counted.
	Wait bool
}

// Subscription reads a journal with a cursor of its own. Next is for one
// goroutine; the other methods may be called by any.
type Subscription struct {
	journal *Journal
	name    string
	queue   Queue

	cursor atomic.Uint64 // the number of the last record read, MaxInt64 while it has no place
	lost   atomic.Uint64
	state  atomic.Int32 // one of awake, dozing, parked
	wake   chan struct{}
	served bool // the last Next gave less than it could: doze before looking again
	timer  *time.Timer

	mu      sync.Mutex // protects room
	room    sync.Cond
	waiting atomic.Int32 // writers in room
}

// The states of the reader. A parked one is woken by the next record, a dozing
// one by its own timer, or once half its queue is full.
const (
	awake int32 = iota
	dozing
	parked
)

// Next copies the next records into buf and returns how many, at least one. It
// waits until there are some, and then up to 100 ms for more to come. When ctx
// is done, it still gives what is there, and then the error of ctx.
func (s *Subscription) Next(ctx context.Context, buf []Record) (int, error) {
	if s.served {
		s.doze(ctx)
	}
	for {
		n := s.take(buf)
		if n == 0 {
			s.state.Store(parked)
			n = s.take(buf) // what came before the writers could see that we are parked
		}
		if n > 0 {
			s.state.Store(awake)
			s.served = n < len(buf)
			return n, nil
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
			s.state.Store(awake)
			if n := s.take(buf); n > 0 {
				return n, nil
			}
			return 0, ctx.Err()
		}
	}
}

// doze sleeps for a pause, less if the queue fills.
func (s *Subscription) doze(ctx context.Context) {
	s.served = false
	s.state.Store(dozing)
	defer s.state.Store(awake)
	if s.behind(s.journal.head.Load()) >= s.half() {
		return
	}
	if s.timer == nil {
		s.timer = time.NewTimer(pause)
	} else {
		s.timer.Reset(pause)
	}
	select {
	case <-s.timer.C:
	case <-s.wake:
	case <-ctx.Done():
	}
	s.timer.Stop()
}

// take copies what is there.
func (s *Subscription) take(buf []Record) int {
	cursor := s.cursor.Load()
	if cursor == math.MaxInt64 {
		return 0
	}
	if behind := s.behind(s.journal.head.Load()); behind > int64(s.queue.Size) && !s.queue.Wait {
		skip := uint64(behind) - uint64(s.queue.Size)
		s.lost.Add(skip)
		cursor += skip
	}
	n := 0
	for n < len(buf) {
		there, gone := s.journal.read(cursor+1, &buf[n])
		if !there {
			break
		}
		cursor++
		if gone {
			s.lost.Add(1)
		} else {
			n++
		}
	}
	s.advance(cursor)
	return n
}

// advance moves the cursor, unless the subscription was closed meanwhile, and
// lets waiting writers go on.
func (s *Subscription) advance(cursor uint64) {
	if old := s.cursor.Load(); old == cursor || old == math.MaxInt64 || !s.cursor.CompareAndSwap(old, cursor) {
		return
	}
	s.free()
}

func (s *Subscription) free() {
	if s.waiting.Load() > 0 {
		s.mu.Lock()
		s.room.Broadcast()
		s.mu.Unlock()
	}
}

// waitForRoom blocks the writer of that number until it fits into the queue.
func (s *Subscription) waitForRoom(number uint64) {
	if s.behind(number) <= int64(s.queue.Size) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting.Add(1)
	defer s.waiting.Add(-1)
	for s.behind(number) > int64(s.queue.Size) {
		s.rouse()
		s.room.Wait()
	}
}

// notify wakes the reader if it should look at the record of that number.
func (s *Subscription) notify(number uint64) {
	switch s.state.Load() {
	case parked:
		s.rouse()
	case dozing:
		if s.behind(number) >= s.half() {
			s.rouse()
		}
	}
}

func (s *Subscription) rouse() {
	if s.state.Swap(awake) == awake {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// behind is how many records up to that number are not read yet.
func (s *Subscription) behind(number uint64) int64 { return int64(number - s.cursor.Load()) }

func (s *Subscription) half() int64 { return int64(s.queue.Size+1) / 2 }

// Lost returns how many records the subscriber did not get, or got and could
// not keep ([Subscription.Lose]).
func (s *Subscription) Lost() uint64 { return s.lost.Load() }

// Lose counts n records that were read and could not be kept, such as by a sink
// whose disk is full.
func (s *Subscription) Lose(n int) { s.lost.Add(uint64(n)) }

// Close ends the subscription and frees the writers that wait for it. A Next
// that waits goes on waiting for its context.
func (s *Subscription) Close() {
	s.cursor.Store(math.MaxInt64)
	s.mu.Lock()
	s.room.Broadcast()
	s.mu.Unlock()
	s.journal.unsubscribe(s)
}
