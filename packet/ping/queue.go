package ping

import "time"

// waiter is a request that waits for its answer.
type waiter struct {
	target   int32
	seq      uint32
	deadline time.Duration
}

// queue holds them in the order of sending, which is that of their deadlines,
// since all have the same timeout: the first to expire is the first in it.
type queue struct {
	ring []waiter // its length is a power of two
	head int
	n    int
}

func (q *queue) first() (waiter, bool) {
	if q.n == 0 {
		return waiter{}, false
	}
	return q.ring[q.head], true
}

func (q *queue) push(w waiter) {
	if q.n == len(q.ring) {
		ring := make([]waiter, max(2*len(q.ring), 64))
		n := copy(ring, q.ring[q.head:])
		copy(ring[n:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = w
	q.n++
}

func (q *queue) pop() {
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.n--
}

// queued is a request in the batch.
type queued struct {
	target int32
	seq    uint32
}
