package upstream

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// idle holds a target's idle connections, those used last on top. It is cut
// into parts, so that processors seldom wait for one another.
type idle struct {
	parts []idlePart // a power of two
	count atomic.Int64
}

type idlePart struct {
	mu         sync.Mutex
	conns      []*Conn // in the order of their release
	closed     bool    // keeps nothing: the target is drained or gone
	generation uint32  // connections of an older one are not kept
	_          [64]byte
}

// pop takes the connection used last out of one part, or out of another where
// that is empty; nil where all are.
func (s *idle) pop() *Conn {
	if s.count.Load() == 0 {
		return nil
	}
	first := rand.Uint32()
	for i := range s.parts {
		part := &s.parts[(first+uint32(i))&uint32(len(s.parts)-1)]
		part.mu.Lock()
		if n := len(part.conns); n > 0 {
			c := part.conns[n-1]
			part.conns[n-1] = nil
			part.conns = part.conns[:n-1]
			part.mu.Unlock()
			s.count.Add(-1)
			return c
		}
		part.mu.Unlock()
	}
	return nil
}

// push puts a connection on top, unless there are too many or it is outdated.
func (s *idle) push(c *Conn, most int64) bool {
	if s.count.Load() >= most {
		return false
	}
	part := &s.parts[rand.Uint32()&uint32(len(s.parts)-1)]
	part.mu.Lock()
	ok := !part.closed && part.generation == c.generation
	if ok {
		part.conns = append(part.conns, c)
		s.count.Add(1)
	}
	part.mu.Unlock()
	return ok
}

// generation is what a new connection must bear to be kept.
func (s *idle) generation() uint32 {
	part := &s.parts[0]
	part.mu.Lock()
	defer part.mu.Unlock()
	return part.generation
}

// flush closes all idle connections and begins a new generation: those in use
// are closed when they are released. A closed store keeps nothing more.
func (s *idle) flush(closed bool) {
	for i := range s.parts {
		part := &s.parts[i]
		part.mu.Lock()
		conns := part.conns
		part.conns, part.closed = nil, closed
		part.generation++
		part.mu.Unlock()
		s.discard(conns)
	}
}

// open lets a store that was closed keep connections again.
func (s *idle) open() {
	for i := range s.parts {
		part := &s.parts[i]
		part.mu.Lock()
		part.closed = false
		part.mu.Unlock()
	}
}

// oldest takes out the connection that has been idle longest in some part.
func (s *idle) oldest() *Conn {
	for i := range s.parts {
		if taken := s.parts[i].bottom(1, func(*Conn) bool { return true }); len(taken) > 0 {
			s.count.Add(-1)
			return taken[0]
		}
	}
	return nil
}

// bottom takes out up to n connections from the one idle longest upwards,
// ending at the first that take refuses.
func (part *idlePart) bottom(n int, take func(*Conn) bool) []*Conn {
	part.mu.Lock()
	defer part.mu.Unlock()
	k := 0
	for k < min(n, len(part.conns)) && take(part.conns[k]) {
		k++
	}
	if k == 0 {
		return nil
	}
	taken := append([]*Conn(nil), part.conns[:k]...)
	rest := copy(part.conns, part.conns[k:])
	clear(part.conns[rest:])
	part.conns = part.conns[:rest]
	return taken
}

func (s *idle) discard(conns []*Conn) {
	s.count.Add(-int64(len(conns)))
	for _, c := range conns {
		c.close()
	}
}

// sweepBatch is how many connections the sweep takes out of use at a time.
const sweepBatch = 32

// sweep closes connections that have been idle or alive for too long, and
// those that have something to read while they are idle: what the target
// sends unasked must never be taken for an answer (RFC 9112, section 9.2), and
// an end is an end. Only connections left alone since the last sweep are
// looked at.
func (s *idle) sweep(now, interval time.Duration, k *KeepaliveConfig) {
	for i := range s.parts {
		part := &s.parts[i]
		var kept []*Conn
		for {
			batch := part.bottom(sweepBatch, func(c *Conn) bool { return now-c.since >= interval })
			var bad []*Conn
			for _, c := range batch {
				if expired(now-c.since, k.Timeout) || expired(now-c.born, k.Age) || readable(c.Conn) {
					bad = append(bad, c)
				} else {
					kept = append(kept, c)
				}
			}
			s.discard(bad)
			if len(batch) < sweepBatch {
				break
			}
		}
		s.discard(part.restore(kept))
	}
}

// restore puts connections back at the bottom; it gives back those that are
// not kept any more.
func (part *idlePart) restore(conns []*Conn) (refused []*Conn) {
	if len(conns) == 0 {
		return nil
	}
	part.mu.Lock()
	defer part.mu.Unlock()
	kept := make([]*Conn, 0, len(conns)+len(part.conns))
	for _, c := range conns {
		if !part.closed && part.generation == c.generation {
			kept = append(kept, c)
		} else {
			refused = append(refused, c)
		}
	}
	part.conns = append(kept, part.conns...)
	return refused
}

// expired tells whether an age is above its limit; there is none below 0.
func expired(age, limit time.Duration) bool { return limit >= 0 && age >= limit }

// keep puts a released connection among the idle ones, if it may be used
// again.
func (p *Pool) keep(c *Conn) bool {
	pl := p.view.Load().plan
	if pl.ProxyProtocol != "" {
		return false // it bears one client's address
	}
	now := p.clock()
	if expired(now-c.born, pl.Keepalive.Age) {
		return false
	}
	c.since, c.retry = now, false
	return c.Target.idle.push(c, int64(pl.Keepalive.Idle))
}
