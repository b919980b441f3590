package flows

import (
	"net/netip"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/reassembly"
)

// Config bounds a table. The zero value has the defaults.
type Config struct {
	Flows     int               // at most so many; 0: 100,000
	IdleTCP   time.Duration     // silence that ends a TCP flow; 0: 5 min
	Idle      time.Duration     // and any other; 0: 1 min
	Linger    time.Duration     // how long a closed flow is kept for stragglers; 0: 5 s
	Streams   reassembly.Limits // of TCP
	Fragments reassembly.Limits // of IP

	// Data gets what TCP carries, in order: of which flow, from which side, and
	// how many bytes are missing before it. What it is given is lent.
	Data func(f *Flow, side int, data []byte, missing int)
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		to       *time.Duration
		standard time.Duration
	}{{&c.IdleTCP, 5 * time.Minute}, {&c.Idle, time.Minute}, {&c.Linger, 5 * time.Second}} {
		if *d.to <= 0 {
			*d.to = d.standard
		}
	}
	if c.Flows <= 0 {
		c.Flows = 100_000
	}
}

// Table is the flows that go on. It is not safe for several goroutines.
type Table struct {
	Packets int // that were of a flow
	Other   int // that were not: no IP, or cut too short
	Ended   int // flows

	Fragments reassembly.Fragments

	cfg     Config
	end     func(*Flow)
	index   map[Key]int32
	slots   []Flow
	free    []int32
	order   [classes]order
	streams reassembly.Budget
	details details
	inner   layer.Stack // of a packet that was put together
	now     time.Time

	// For the deliver function of streams, which is made once.
	current *Flow
	side    int
	deliver func(data []byte, missing int)
}

// New makes a table. end is called for each flow when it ends; the flow is lent
// to it.
func New(cfg Config, end func(*Flow)) *Table {
	cfg.setDefaults()
	t := &Table{cfg: cfg, end: end, index: map[Key]int32{}}
	for class := range t.order {
		t.order[class] = order{-1, -1}
	}
	t.streams.Limits, t.Fragments.Limits = cfg.Streams, cfg.Fragments
	if cfg.Data != nil {
		t.deliver = func(data []byte, missing int) { cfg.Data(t.current, t.side, data, missing) }
	}
	return t
}

// Add counts a packet. Times that go back count as the latest.
func (t *Table) Add(st *layer.Stack, at time.Time) {
	if at.After(t.now) {
		t.now = at
	}
	t.expire()
	var p seen
	if !p.read(st) {
		t.Other++
		return
	}
	if p.fragment {
		t.fragment(st, &p)
		return
	}
	t.Packets++
	t.count(st, &p)
}

// fragment keeps a fragment, and counts the packet that it completes as one.
func (t *Table) fragment(st *layer.Stack, p *seen) {
	key := reassembly.Datagram{Src: p.src, Dst: p.dst, ID: p.id, Proto: p.proto, VLAN: p.vlan, VNI: p.vni}
	whole := t.Fragments.Add(t.now, key, p.offset, p.more, p.payload)
	if whole == nil {
		return
	}
	t.Packets++
	t.inner.ResetFrom(st.Set().Start("ip.proto", uint32(p.proto)), whole, len(whole))
	p.size += len(whole) - len(p.payload)
	if p.transport(&t.inner) {
		t.count(&t.inner, p)
	}
}

// count counts a packet in its flow.
func (t *Table) count(st *layer.Stack, p *seen) {
	src, dst := netip.AddrPortFrom(p.src, p.sport), netip.AddrPortFrom(p.dst, p.dport)
	keySrc, keyDst := src, dst
	if p.proto == protoICMP || p.proto == protoICMPv6 {
		keySrc, keyDst = icmpEnds(src, dst, p)
	}
	key, forward := newKey(keySrc, keyDst, p.proto, p.vlan, p.vni)
	i, ok := t.index[key]
	if ok && p.tcp && p.flags&(flagSYN|flagACK) == flagSYN && t.slots[i].closed {
		t.finish(i, Renewed)
		ok = false
	}
	if !ok {
		i = t.open(key, src, dst, forward, p)
	}
	f := &t.slots[i]
	side := 0
	if forward != f.forward {
		side = 1
	}
	f.Last = t.now
	f.Packets[side]++
	f.Bytes[side] += int64(p.size)
	if p.tcp {
		t.tcp(f, side, p)
	}
	t.touch(i)
	if f.App == "" || f.Detail == "" {
		t.details.read(f, st)
	}
}

// icmpEnds gives both directions of an exchange the same ends: the identifier of
// what has one, and the type otherwise.
func icmpEnds(src, dst netip.AddrPort, p *seen) (netip.AddrPort, netip.AddrPort) {
	id := p.sport
	if answer, ok := icmpPairs[p.proto][p.sport]; ok {
		id = min(p.sport, answer)<<8 ^ p.icmpID
	}
	return netip.AddrPortFrom(src.Addr(), id), netip.AddrPortFrom(dst.Addr(), id)
}

func (t *Table) open(key Key, src, dst netip.AddrPort, forward bool, p *seen) int32 {
	if len(t.index) >= t.cfg.Flows {
		t.finish(t.silent(), Evicted)
	}
	var i int32
	if n := len(t.free); n > 0 {
		i, t.free = t.free[n-1], t.free[:n-1]
	} else {
		i = int32(len(t.slots))
		t.slots = append(t.slots, Flow{})
	}
	if p.tcp && p.flags&(flagSYN|flagACK) == flagSYN|flagACK {
		src, dst, forward = dst, src, !forward // the answer came first
	}
	t.slots[i] = Flow{
		Proto: p.proto, Initiator: src, Responder: dst, VLAN: p.vlan, VNI: p.vni, First: t.now,
		key: key, forward: forward, older: -1, newer: -1,
	}
	t.index[key] = i
	t.link(i)
	return i
}

const (
	flagFIN = 1
	flagSYN = 2
	flagRST = 4
	flagACK = 16
)

func (t *Table) tcp(f *Flow, side int, p *seen) {
	f.Flags[side] |= p.flags
	switch {
	case p.flags&(flagSYN|flagACK) == flagSYN:
		f.syn = t.now
	case f.RTT == 0 && side == 0 && p.flags&flagACK != 0 && f.Flags[1]&flagSYN != 0 && !f.syn.IsZero():
		f.RTT = t.now.Sub(f.syn)
	}
	t.current, t.side = f, side
	f.Streams[side].Segment(&t.streams, p.seq, p.flags&flagSYN != 0, p.flags&flagFIN != 0, p.payload, t.deliver)
	if p.flags&flagRST != 0 {
		f.closed, f.End = true, Reset
	} else if f.Flags[0]&f.Flags[1]&flagFIN != 0 && f.End == Open {
		f.closed, f.End = true, Closed
	}
}

// expire ends the flows that were silent too long.
func (t *Table) expire() {
	for class, patience := range [...]time.Duration{closing: t.cfg.Linger, stream: t.cfg.IdleTCP, other: t.cfg.Idle} {
		for i := t.order[class].oldest; i >= 0 && t.now.Sub(t.slots[i].Last) > patience; i = t.order[class].oldest {
			t.finish(i, Idle)
		}
	}
}

// finish ends a flow and frees its slot.
func (t *Table) finish(i int32, why End) {
	f := &t.slots[i]
	if f.End == Open {
		f.End = why
	}
	for side := range f.Streams {
		t.current, t.side = f, side
		f.Streams[side].Flush(&t.streams, t.deliver)
	}
	t.Ended++
	t.end(f)
	t.unlink(i)
	delete(t.index, f.key)
	t.free = append(t.free, i)
}

// Close ends all flows. Those that go on end as open.
func (t *Table) Close() {
	for len(t.index) > 0 {
		t.finish(t.silent(), Open)
	}
}

// Len is how many flows go on.
func (t *Table) Len() int { return len(t.index) }

// Each calls visit for the flows that go on, until it returns false.
func (t *Table) Each(visit func(*Flow) bool) {
	for class := range t.order {
		for i := t.order[class].newest; i >= 0; i = t.slots[i].older {
			if !visit(&t.slots[i]) {
				return
			}
		}
	}
}
