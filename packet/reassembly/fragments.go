package reassembly

import (
	"container/list"
	"net/netip"
	"time"
)

// Datagram says which IP packet a fragment is of (RFC 791 section 3.2, RFC 8200
// section 4.5).
type Datagram struct {
	Src, Dst netip.Addr
	ID       uint32
	Proto    uint8
	VLAN     uint16
	VNI      uint32
}

// Fragments puts IP packets together. The zero value has the default limits.
type Fragments struct {
	Budget
	Timeout time.Duration // how long a packet waits for its fragments; 0: 30 s

	Done       int // packets that were put together
	Expired    int // given up after Timeout
	Evicted    int // given up to make room
	Overlapped int // IPv6 packets dropped since fragments overlap (RFC 5722)
	Bad        int // fragments that reach beyond 65,535 bytes or contradict others

	waiting map[Datagram]*list.Element
	age     list.List // of *partial, the oldest first
}

// partial is a packet of which some fragments are there.
type partial struct {
	key   Datagram
	since time.Time
	kept  pieces
	size  int64 // -1 until the last fragment is there
	dead  bool
}

// Add takes a fragment: at which offset its payload lies, and whether more
// follow. When it completes its packet, the whole payload is returned; it is the
// caller's. now must not go back.
func (f *Fragments) Add(now time.Time, key Datagram, offset int, more bool, payload []byte) []byte {
	f.expire(now)
	end := int64(offset + len(payload))
	if offset < 0 || end > 65535 || len(payload) == 0 {
		f.Bad++
		return nil
	}
	p := f.partial(now, key)
	if p.size >= 0 && end > p.size || !more && (p.size >= 0 && p.size != end || p.kept.end() > end) {
		f.Bad++
		return nil
	}
	if p.dead {
		return nil
	}
	if !more {
		p.size = end
	}
	added, differ := p.kept.put(int64(offset), payload, f.Policy)
	f.held += added
	if again := added == 0 && differ == 0; added < len(payload) && !again && key.Src.Is6() {
		f.Overlapped++
		f.held -= p.kept.held
		p.kept.clear()
		p.dead = true
		return nil
	}
	if len(p.kept.list) > f.pieces() || p.kept.held > f.stream() {
		f.drop(key)
		f.Evicted++
		return nil
	}
	for f.full(0) && f.age.Len() > 1 {
		f.evict(key)
	}
	if p.size < 0 || int64(p.kept.held) != p.size { // no piece overlaps another
		return nil
	}
	whole := p.kept.join()
	f.drop(key)
	f.Done++
	return whole
}

func (f *Fragments) partial(now time.Time, key Datagram) *partial {
	if e := f.waiting[key]; e != nil {
		return e.Value.(*partial)
	}
	if f.waiting == nil {
		f.waiting = map[Datagram]*list.Element{}
	}
	for len(f.waiting) >= f.datagrams() {
		f.evict(key)
	}
	p := &partial{key: key, since: now, size: -1}
	f.waiting[key] = f.age.PushBack(p)
	return p
}

// evict gives up the oldest packet but that of key.
func (f *Fragments) evict(key Datagram) {
	e := f.age.Front()
	if e != nil && e.Value.(*partial).key == key {
		e = e.Next()
	}
	if e != nil {
		f.drop(e.Value.(*partial).key)
		f.Evicted++
	}
}

func (f *Fragments) expire(now time.Time) {
	timeout := f.Timeout
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	for e := f.age.Front(); e != nil && now.Sub(e.Value.(*partial).since) > timeout; e = f.age.Front() {
		f.drop(e.Value.(*partial).key)
		f.Expired++
	}
}

func (f *Fragments) drop(key Datagram) {
	e := f.waiting[key]
	f.held -= e.Value.(*partial).kept.held
	f.age.Remove(e)
	delete(f.waiting, key)
}

// Waiting is how many packets wait for fragments.
func (f *Fragments) Waiting() int { return len(f.waiting) }
