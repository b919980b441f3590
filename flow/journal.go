package flow

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// DefaultSize is how many records a journal keeps unless told otherwise.
const DefaultSize = 10_000

// Journal is a ring of the last records. All its methods may be called
// concurrently.
//
// A writer takes the next number, and with it a slot that it shares with nobody
// but readers and with the writer one whole ring later; so writers meet only in
// one atomic addition. Subscribers are cursors over the ring: a record is
// copied in once, however many there are.
type Journal struct {
	ring []slot
	head atomic.Uint64 // the number of the last record begun; the first is 1
	subs atomic.Pointer[[]*Subscription]
	mu   sync.Mutex // protects changes of subs
}

type slot struct {
	mu     sync.Mutex
	number uint64 // of the record held, 0 for none
	record Record
}

// NewJournal makes a journal that keeps the last size records; 0 means
// [DefaultSize].
func NewJournal(size int) *Journal {
	if size <= 0 {
		size = DefaultSize
	}
	j := &Journal{ring: make([]slot, size)}
	j.subs.Store(new([]*Subscription))
	return j
}

// Write copies r into the journal. It allocates nothing, and blocks only while
// a subscriber that asked for it (Queue.Wait) is full.
func (j *Journal) Write(r *Record) {
	number := j.head.Add(1)
	subs := *j.subs.Load()
	for _, s := range subs {
		if s.queue.Wait {
			s.waitForRoom(number)
		}
	}
	at := j.slot(number)
	at.mu.Lock()
	// A writer that slept for one whole ring comes too late: its slot already
	// holds a newer record, and its own counts as lost for everybody.
	if at.number < number {
		at.number = number
		r.copyTo(&at.record)
	}
	at.mu.Unlock()
	for _, s := range subs {
		s.notify(number)
	}
}

func (j *Journal) slot(number uint64) *slot { return &j.ring[number%uint64(len(j.ring))] }

// read copies the record of that number. It is there unless it is not written
// yet; it is gone where the ring has come round since.
func (j *Journal) read(number uint64, into *Record) (there, gone bool) {
	at := j.slot(number)
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.number != number {
		return at.number > number, at.number > number
	}
	at.record.copyTo(into)
	return true, false
}

// Last returns the newest records for which keep is true, at most n, in the
// order in which they were written. A nil keep keeps all.
func (j *Journal) Last(n int, keep func(*Record) bool) []Record {
	var found []Record
	var r Record
	head := j.head.Load()
	for back := uint64(0); back < uint64(len(j.ring)) && back < head && len(found) < n; back++ {
		there, gone := j.read(head-back, &r)
		if there && !gone && (keep == nil || keep(&r)) {
			found = append(found, r)
		}
	}
	slices.Reverse(found)
	return found
}

// Written returns how many records were written since the start.
func (j *Journal) Written() uint64 { return j.head.Load() }

// Stat says how one subscription keeps up.
type Stat struct {
	Name    string
	Queue   int    // its bound
	Pending int    // written and not yet read
	Lost    uint64 // since it began
	Wait    bool   // writers wait for it
}

// Subscriptions returns how each of the present subscriptions keeps up.
func (j *Journal) Subscriptions() []Stat {
	var stats []Stat
	head := j.head.Load()
	for _, s := range *j.subs.Load() {
		pending := min(max(0, int64(head-s.cursor.Load())), int64(s.queue.Size))
		stats = append(stats, Stat{s.name, s.queue.Size, int(pending), s.Lost(), s.queue.Wait})
	}
	return stats
}

// Subscribe begins a subscription to all records written from now on. The name
// is for people who look at what is lost. It must be closed.
func (j *Journal) Subscribe(name string, q Queue) *Subscription {
	if q.Size <= 0 || q.Size > len(j.ring) {
		q.Size = len(j.ring)
	}
	s := &Subscription{journal: j, name: name, queue: q, wake: make(chan struct{}, 1)}
	s.room.L = &s.mu
	s.cursor.Store(math.MaxInt64) // ahead of every writer until it is known where it begins
	j.mu.Lock()
	subs := append(slices.Clone(*j.subs.Load()), s)
	j.subs.Store(&subs)
	j.mu.Unlock()
	// Only now: each record numbered after this sees the subscription.
	s.cursor.Store(j.head.Load())
	return s
}

func (j *Journal) unsubscribe(s *Subscription) {
	j.mu.Lock()
	defer j.mu.Unlock()
	subs := slices.DeleteFunc(slices.Clone(*j.subs.Load()), func(o *Subscription) bool { return o == s })
	j.subs.Store(&subs)
}
