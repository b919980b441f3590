package guard

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// concurrency admits so many attempts of a key at once. A key takes memory only
// while one of its attempts is open, and the number of keys has a bound of its
// own, so that what the table holds is never more than remember entries.
type concurrency struct {
	per    per
	most   int32
	reason string
	status uint16

	whole  atomic.Int32 // the count where there is one key for all
	shards []concurrencyShard
	room   int // keys per shard
}

type concurrencyShard struct {
	mu   sync.Mutex
	open map[uint64]int32 // attempts by key, no zeros
	_    [64 - 16]byte
}

const concurrencyShards = 64

func newConcurrency(most int, p per, remember int) *concurrency {
	c := &concurrency{
		per:    p,
		most:   int32(most),
		reason: fmt.Sprintf("more than %d at once per %s", most, p.words()),
		status: 429,
	}
	if p.by == perService {
		c.status = 503
		return c
	}
	c.shards = make([]concurrencyShard, concurrencyShards)
	for i := range c.shards {
		c.shards[i].open = make(map[uint64]int32)
	}
	c.room = max(1, remember/concurrencyShards)
	return c
}

func (c *concurrency) Ask(a *Attempt) Verdict {
	if a.counted(c) {
		return Verdict{}
	}
	key, known := c.per.key(a)
	if !known {
		return noSubject
	}
	switch c.take(key) {
	case tookNone:
		return Verdict{Decision: Refuse, Status: c.status, Reason: c.reason}
	case tookFull:
		return Verdict{Decision: Refuse, Status: 503, Reason: "too many different clients at once"}
	}
	a.count(c, key)
	return Verdict{}
}

type taken uint8

const (
	tookOne  taken = iota
	tookNone       // the key has as many as it may
	tookFull       // there is no room to count one more key
)

func (c *concurrency) take(key uint64) taken {
	if c.shards == nil {
		if c.whole.Add(1) > c.most {
			c.whole.Add(-1)
			return tookNone
		}
		return tookOne
	}
	s := &c.shards[key%concurrencyShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.open[key]
	switch {
	case n >= c.most:
		return tookNone
	case n == 0 && len(s.open) >= c.room:
		return tookFull
	}
	s.open[key] = n + 1
	return tookOne
}

func (c *concurrency) release(key uint64) {
	if c.shards == nil {
		c.whole.Add(-1)
		return
	}
	s := &c.shards[key%concurrencyShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.open[key]; n > 1 {
		s.open[key] = n - 1
	} else {
		delete(s.open, key)
	}
}

// held returns how many attempts of key are open.
func (c *concurrency) held(key uint64) int32 {
	if c.shards == nil {
		return c.whole.Load()
	}
	s := &c.shards[key%concurrencyShards]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[key]
}

func (c *concurrency) Needs() Needs { return c.per.needs() }

func (c *concurrency) explain(a *Attempt) ([]Line, Decision) {
	key, known := c.per.key(a)
	if !known {
		return []Line{{Step: "concurrency", Decision: NeedCredentials, Text: noSubject.Reason}}, NeedCredentials
	}
	n, d := c.held(key), Admit
	if n >= c.most {
		d = Refuse
	}
	text := fmt.Sprintf("%s has %d of %d open", c.per.describe(a), n, c.most)
	return []Line{{Step: "concurrency", Decision: d, Text: text}}, d
}
