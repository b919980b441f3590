package guard

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// rate admits so many attempts per second and key, by the generic cell rate
// algorithm (ITU-T I.371): the whole state of a key is one number, the time at
// which what it has used so far is paid off.
//
// The state lives in a table whose size never changes: ways slots in each
// bucket, each 16 bytes. A slot whose time has passed is as good as empty.
// Where all slots of a bucket are in use, a new key takes the slot that is paid
// off first. So what gets forgotten is always who has used least, and whoever
// has used up his burst is forgotten last: to shake off a limit, an attacker
// would have to bring ways other keys, whose places he cannot know, to a higher
// use than his own. A random flood of new addresses pushes out only itself.
type rate struct {
	per      per
	interval int64 // nanoseconds that one attempt costs
	room     int64 // nanoseconds that may be owed: burst × interval
	reason   string
	status   uint16

	start time.Time    // what the times count from, monotonic
	whole atomic.Int64 // the state where there is one key for all

	slots []rateSlot // ways per bucket
	mask  uint64     // buckets - 1
	locks [rateLocks]rateLock
}

type rateSlot struct {
	key  uint64
	free int64 // when the key's use is paid off, in nanoseconds since start
}

// rateLock guards the buckets whose number ends in its own; padded so that two
// do not share a cache line.
type rateLock struct {
	sync.Mutex
	_ [64 - 8]byte
}

const (
	rateLocks = 64
	ways      = 8
)

func newRate(perSecond float64, burst int, p per, remember int) (*rate, error) {
	interval := float64(time.Second) / perSecond
	if math.IsNaN(interval) || interval < 1 || interval > float64(math.MaxInt64/4) {
		return nil, fmt.Errorf("a rate must be at most %d/s, and at least one in some decades", int64(time.Second))
	}
	if burst == 0 {
		burst = int(max(1, math.Ceil(perSecond)))
	}
	if float64(burst)*interval > float64(math.MaxInt64/4) {
		return nil, fmt.Errorf("a burst of %d takes longer than a lifetime to pay off at this rate", burst)
	}
	r := &rate{
		per:      p,
		interval: int64(interval),
		room:     int64(burst) * int64(interval),
		reason:   fmt.Sprintf("more than %s (burst %d) per %s", formatRate(perSecond), burst, p.words()),
		status:   429,
		start:    time.Now(),
	}
	if p.by == perService {
		r.status = 503
		return r, nil
	}
	buckets := 1
	for buckets*ways < remember {
		buckets *= 2
	}
	r.slots = make([]rateSlot, buckets*ways)
	r.mask = uint64(buckets - 1)
	return r, nil
}

// formatRate writes a rate per second as the config would.
func formatRate(perSecond float64) string {
	for _, u := range []struct {
		name    string
		seconds float64
	}{{"s", 1}, {"m", 60}, {"h", 3600}} {
		if n := perSecond * u.seconds; n >= 1 {
			return fmt.Sprintf("%.6g/%s", n, u.name)
		}
	}
	return fmt.Sprintf("%.6g/d", perSecond*86400)
}

// pay adds one attempt to what is owed until free. It returns the new time and
// 0, or the old one and how long to wait where the burst is used up.
func (r *rate) pay(free, now int64) (int64, time.Duration) {
	next := max(free, now) + r.interval
	if over := next - now - r.room; over > 0 {
		return free, time.Duration(over)
	}
	return next, 0
}

func (r *rate) now() int64 { return int64(time.Since(r.start)) }

func (r *rate) Ask(a *Attempt) Verdict {
	if a.counted(r) {
		return Verdict{}
	}
	key, known := r.per.key(a)
	if !known {
		return noSubject
	}
	wait := r.take(key, r.now())
	if wait > 0 {
		return Verdict{Decision: Refuse, Status: r.status, Reason: r.reason, RetryAfter: wait}
	}
	a.count(r, key)
	return Verdict{}
}

// take counts one attempt of key and returns 0, or how long it must wait.
func (r *rate) take(key uint64, now int64) time.Duration {
	if r.slots == nil {
		for {
			old := r.whole.Load()
			next, wait := r.pay(old, now)
			if wait > 0 || r.whole.CompareAndSwap(old, next) {
				return wait
			}
		}
	}
	bucket, lock := r.bucket(key)
	lock.Lock()
	slot := find(bucket, key)
	if slot.key != key {
		*slot = rateSlot{key: key}
	}
	free, wait := r.pay(slot.free, now)
	slot.free = free
	lock.Unlock()
	return wait
}

func (r *rate) bucket(key uint64) ([]rateSlot, *rateLock) {
	n := key & r.mask
	return r.slots[n*ways : n*ways+ways : n*ways+ways], &r.locks[n%rateLocks]
}

// find returns the slot of key, or the one that it would take: that which is
// paid off first.
func find(bucket []rateSlot, key uint64) *rateSlot {
	first := 0
	for i := range bucket {
		if bucket[i].key == key {
			return &bucket[i]
		}
		if bucket[i].free < bucket[first].free {
			first = i
		}
	}
	return &bucket[first]
}

// peek returns what take would, without counting, and how many more could come
// at once.
func (r *rate) peek(key uint64, now int64) (wait time.Duration, left int64) {
	free := r.whole.Load()
	if r.slots != nil {
		bucket, lock := r.bucket(key)
		lock.Lock()
		slot := *find(bucket, key)
		lock.Unlock()
		free = 0
		if slot.key == key {
			free = slot.free
		}
	}
	_, wait = r.pay(free, now)
	return wait, (r.room - max(free-now, 0)) / r.interval
}

// release does nothing: what an attempt used of a rate is used.
func (r *rate) release(uint64) {}

func (r *rate) Needs() Needs { return r.per.needs() }

func (r *rate) explain(a *Attempt) ([]Line, Decision) {
	key, known := r.per.key(a)
	if !known {
		return []Line{{Step: "rate", Decision: NeedCredentials, Text: noSubject.Reason}}, NeedCredentials
	}
	wait, left := r.peek(key, r.now())
	if wait > 0 {
		text := fmt.Sprintf("%s: %s; one more in %s", r.per.describe(a), r.reason, wait.Round(time.Millisecond))
		return []Line{{Step: "rate", Decision: Refuse, Text: text}}, Refuse
	}
	text := fmt.Sprintf("%s has %d of %d left at once", r.per.describe(a), left, r.room/r.interval)
	return []Line{{Step: "rate", Decision: Admit, Text: text}}, Admit
}

// noSubject is the answer of a limit per subject while nobody has authenticated.
var noSubject = Verdict{Decision: NeedCredentials, Status: 401, Reason: "the limit is per subject and nobody has authenticated"}
