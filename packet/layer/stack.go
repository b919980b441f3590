package layer

import "encoding/binary"

// maxLength is the largest length that a layer can say it has.
const maxLength = 1 << 40

// MaxLayers is how many layers of a frame are looked at. What lies deeper counts
// as the payload of the last.
const MaxLayers = 24

// Why a layer is malformed, as [Stack].Reason says it.
const (
	CutOff   = "the header is cut off"
	TooSmall = "the length of the header is too small"
	TooShort = "the length is less than the header's"

	OtherVersion = "the version is another one"
)

// Stack is a frame with the places of its layers: a view, which holds no copy.
// The zero value is ready; reuse it, and nothing is allocated. It is not safe
// for use by several goroutines.
type Stack struct {
	Data []byte // what was captured
	Wire int    // length on the wire, Data's or more

	set     *Set
	reason  string
	n       int // of layers that are found
	pending pending
	layers  [MaxLayers]Span
}

// pending is where finding layers goes on when somebody asks for more than the
// transport: which application a payload is of takes longer to say than all
// before.
type pending struct {
	next       *step // nil: all layers are found
	key, key2  uint32
	start, end int
	wire       int
	quoted     bool
}

// Span is the place of a layer, in bytes from the start of the frame.
type Span struct {
	code   *code
	Start  int  // of the header
	Header int  // end of the header, where the payload begins
	End    int  // end of the payload; what a layer around it may still hold is not part of it
	Wire   int  // where the payload ended on the wire: behind End if the frame was cut when it was captured
	Quoted bool // whether it is part of a packet that an error quotes
}

// Proto is the layer's protocol.
func (sp *Span) Proto() *Proto { return sp.code.Proto }

// ID is the protocol's position in [Set.Protos].
func (sp *Span) ID() int { return sp.code.id }

// Reason says what ended the dissection early: a layer that is cut short or
// contradicts itself, which is the last one. Empty if nothing did.
func (st *Stack) Reason() string {
	st.finish()
	return st.reason
}

// Len is the number of layers.
func (st *Stack) Len() int {
	st.finish()
	return st.n
}

// At is the i-th layer, or nil where there is none. Unlike [Stack.Len] it looks
// no deeper than it must.
func (st *Stack) At(i int) *Span {
	if i >= st.n {
		if st.finish(); i >= st.n {
			return nil
		}
	}
	return &st.layers[i]
}

// leave leaves the layers from here on pending.
func (st *Stack) leave(next *step, key, key2 uint32, start, end, wire int, quoted bool) {
	p := &st.pending // a field at a time: a struct would be copied twice
	p.next, p.key, p.key2, p.start, p.end, p.wire, p.quoted = next, key, key2, start, end, wire, quoted
}

// First is the first layer of the protocol that a dissection could start at, or
// nil. It looks no deeper than it must.
func (st *Stack) First(of Start) *Span {
	i := 0
	for {
		for ; i < st.n; i++ {
			if st.layers[i].code == of.code {
				return &st.layers[i]
			}
		}
		if st.pending.next == nil || !st.leads(of.code) {
			return nil
		}
		st.resume()
	}
}

// leads tells whether a layer of that protocol may be among those that are
// pending.
func (st *Stack) leads(to *code) bool {
	st.set.reach()
	p := &st.pending
	if p.next.proto.leads(to) {
		return true
	}
	t := p.next.table
	return t != nil && (t.get(p.key).leads(to) || t.get(p.key2).leads(to) || t.guesses.has(to.id)) || to == st.set.data
}

// finish finds the layers that are pending.
func (st *Stack) finish() {
	for st.pending.next != nil { // one in another, in a tunnel
		st.resume()
	}
}

func (st *Stack) resume() {
	p := st.pending
	st.pending.next = nil
	st.find(st.choose(p.next, p.key, p.key2, st.Data[p.start:p.end]), p.start, p.end, p.wire, p.quoted)
}

// Layer is the i-th layer, the outermost being 0.
func (st *Stack) Layer(i int) *Span {
	if i >= st.n {
		st.finish()
	}
	return &st.layers[i]
}

// Set is the protocols that the frame was read by.
func (st *Stack) Set() *Set { return st.set }

// Start is where a dissection begins: with one protocol of a set.
type Start struct {
	set   *Set
	code  *code
	table *table // asked for a guess if the protocol refuses a frame
}

// Start is the protocol under a key of a table, such as "link" and a LINKTYPE_
// value. Where there is none, all of a frame is data.
func (s *Set) Start(table string, key uint32) Start {
	if t := s.tables[table]; t != nil {
		if c := t.get(key); c != nil {
			return Start{s, c, t}
		}
	}
	return Start{s, s.data, nil}
}

// StartAt is the protocol of that name, or data.
func (s *Set) StartAt(name string) Start {
	if c := s.byName[name]; c != nil {
		return Start{s, c, nil}
	}
	return Start{s, s.data, nil}
}

// of is the protocol for a frame.
func (s *Start) of(frame []byte) *code {
	if s.code.Refuse == nil || len(frame) == 0 || !s.code.Refuse(frame) {
		return s.code
	}
	if s.table != nil {
		for _, g := range s.table.guess {
			if g.Guess(frame) {
				return g
			}
		}
	}
	return s.set.data
}

// Reset finds the layers of a frame, which stays the caller's and must not
// change while the stack is used. table and key name the first protocol, such as
// "link" and a LINKTYPE_ value; wire is the frame's length on the wire.
func (st *Stack) Reset(set *Set, table string, key uint32, data []byte, wire int) {
	st.ResetFrom(set.Start(table, key), data, wire)
}

// ResetFrom is [Stack.Reset] with the first protocol already found.
func (st *Stack) ResetFrom(start Start, data []byte, wire int) {
	st.set, st.Data, st.Wire, st.reason, st.n, st.pending.next = start.set, data, max(wire, len(data)), "", 0, nil
	st.find(start.of(data), 0, len(data), st.Wire, false)
}

// find finds the layers from c on, whose bytes lie from start to end. Headers of
// the common kinds are read here, without a call for each; the others are asked.
func (st *Stack) find(c *code, start, end, wire int, quoted bool) {
	for c != nil && (start < end || st.n == 0) {
		if st.n == MaxLayers {
			st.reason = "more layers than are looked at"
			return
		}
		b := st.Data[start:end]
		q := &c.quick
		var head, key uint64
		var header, total int
		sound := c.swift.Load() && len(b) >= q.need
		if sound {
			head, header = binary.BigEndian.Uint64(b), q.size
			sound = head&q.mask == q.want
		}
		if sound && q.words >= 0 {
			header = int(b[q.words]>>(q.wordsShift&7)&15) * 4
			sound = header >= q.size && header <= len(b)
		}
		if sound && q.total >= 0 {
			length := int(uint16(head >> (uint(q.total) & 63)))
			total = length + q.more
			sound = length != 0 && total >= header
		}
		if sound && !q.ports {
			key = uint64(binary.BigEndian.Uint16(b[q.key:]) & q.keyMask)
			sound = uint32(key) >= q.least
		}
		if !sound {
			c, start, end, wire, quoted = st.ask(c, start, end, wire, quoted)
			continue
		}
		if total > 0 {
			end, wire = min(end, start+total), min(wire, start+total)
		}
		sp := &st.layers[st.n]
		st.n++
		sp.code, sp.Start, sp.Header, sp.End, sp.Wire, sp.Quoted = c, start, start+header, end, wire, quoted
		if start += header; start >= end {
			return
		}
		if q.ports {
			low, high := q.pair(head)
			st.leave(q.next, low, high, start, end, wire, quoted)
			return
		}
		if c = q.table.get(uint32(key)); !c.takes(st.Data[start:end]) {
			c = st.guess(q.table, st.Data[start:end])
		}
	}
}

// ask finds a layer by its bounds, and what follows: its protocol, nil where
// nothing does or it is left pending, and its place.
func (st *Stack) ask(c *code, start, end, wire int, quoted bool) (*code, int, int, int, bool) {
	b := st.Data[start:end]
	sp := &st.layers[st.n]
	st.n++
	loc := c.ready().bounds(b)
	sp.code, sp.Start, sp.Header, sp.End, sp.Wire, sp.Quoted = c, start, end, end, wire, quoted
	if loc.Reason == "" && uint(loc.Header) > uint(len(b)) {
		loc.Reason = CutOff
	}
	if loc.Reason != "" {
		if loc.Total > 0 && loc.Total < len(b) {
			sp.Header, sp.End = start+loc.Total, start+loc.Total
		}
		if !quoted || loc.Reason != CutOff {
			st.reason = loc.Reason
		}
		return nil, 0, 0, 0, false
	}
	if loc.Total > 0 {
		if loc.Total < loc.Header && loc.Total < len(b) {
			st.reason = TooShort
			return nil, 0, 0, 0, false
		}
		end, wire = min(end, start+loc.Total), min(wire, start+loc.Total)
		sp.End, sp.Wire = end, wire
	}
	start += loc.Header
	sp.Header = start
	if loc.Payload > 0 {
		end, wire = min(end, start+loc.Payload), min(wire, start+loc.Payload)
	}
	switch {
	case start >= end:
		return nil, 0, 0, 0, false
	case uint(loc.Next) >= uint(len(c.next)):
		return st.set.data, start, end, wire, quoted
	}
	next := &c.next[loc.Next]
	quoted = quoted || next.quoted
	if len(next.by) == 2 {
		st.leave(next, loc.Key, loc.Key2, start, end, wire, quoted)
		return nil, 0, 0, 0, false
	}
	return st.choose(next, loc.Key, loc.Key2, st.Data[start:end]), start, end, wire, quoted
}

// choose is the protocol of a payload.
func (st *Stack) choose(next *step, key, key2 uint32, payload []byte) *code {
	if next.proto.takes(payload) {
		return next.proto
	}
	t := next.table
	if t == nil {
		return st.set.data
	}
	if found := t.get(key); found.takes(payload) {
		return found
	}
	if key2 != 0 {
		if found := t.get(key2); found.takes(payload) {
			return found
		}
	}
	return st.guess(t, payload)
}

// guess asks the protocols of a table that know a payload by its content.
func (st *Stack) guess(t *table, payload []byte) *code {
	for _, g := range t.guess {
		if g.Guess(payload) {
			return g
		}
	}
	return st.set.data
}

// reply tells whether a layer, or the one below that has ports, was found by the
// first of two keys, the one that says where it comes from, and not by the other.
func (st *Stack) reply(i int) bool {
	if i == 0 {
		return false
	}
	c, under := st.layers[i].code, &st.layers[i-1]
	s := scope{data: st.Data, start: under.Start, base: under.Start, end: under.End, bit: under.Start * 8}
	for k := range under.code.next {
		if n := &under.code.next[k]; n.table != nil && len(n.by) == 2 {
			return n.table.get(uint32(n.by[0].eval(&s))) == c && n.table.get(uint32(n.by[1].eval(&s))) != c
		}
	}
	return st.reply(i - 1)
}

// takes tells whether there is a protocol, and it does not refuse the payload.
func (c *code) takes(payload []byte) bool {
	return c != nil && (c.refuse == nil || !c.refuse(payload))
}

// Locate finds a layer's bounds by the table of its protocol alone, even where
// code finds them faster. An unknown protocol has none.
func (s *Set) Locate(name string, b []byte) Location {
	if c := s.code(name); c != nil {
		return c.locate(b)
	}
	return Location{Next: -1}
}

// locate finds a layer's bounds by its table.
func (c *code) locate(b []byte) (loc Location) {
	loc.Next = -1
	if len(b) < c.min {
		loc.Reason = CutOff
		return loc
	}
	if c.all {
		loc.Header = len(b)
		return loc
	}
	s := scope{data: b, end: len(b), wire: len(b)}
	if c.check != nil && c.check.eval(&s) == 0 {
		loc.Reason = OtherVersion
		return loc
	}
	var walked int
	var reason string
	if c.walked || c.header == nil && !c.fixed && len(c.next) > 0 {
		s.vals, walked, reason = c.walk(b)
	}
	switch {
	case c.header != nil:
		header := c.header.eval(&s)
		if header < int64(c.min) {
			loc.Reason = TooSmall
			return loc
		}
		loc.Header = int(min(header, int64(len(b)+1)))
	case c.fixed:
		loc.Header = c.min
	case len(c.next) == 0:
		loc.Header = len(b)
	default:
		loc.Header, loc.Reason = walked, reason
	}
	s.header = loc.Header
	if c.total != nil {
		if total := c.total.eval(&s); total > 0 {
			loc.Total = int(min(total, maxLength))
		}
	}
	if c.payload != nil {
		if payload := c.payload.eval(&s); payload > 0 {
			loc.Payload = int(min(payload, maxLength))
		}
	}
	c.key(&s, &loc)
	return loc
}

// walk walks a layer for the values that expressions ask for and for its length.
// A walker does not fit on the stack, so it is made only here.
func (c *code) walk(b []byte) (vals []uint64, length int, reason string) {
	w := Walker{}
	w.silent(c, b)
	return w.vals, w.bit / 8, w.reason
}

// key finds the first Next that holds, and its keys.
func (c *code) key(s *scope, loc *Location) {
	for i := range c.next {
		next := &c.next[i]
		if next.when != nil && next.when.eval(s) == 0 {
			continue
		}
		loc.Next = i
		for k, by := range next.by {
			key := uint32(by.eval(s))
			switch {
			case k == 0:
				loc.Key = key
			case key < loc.Key:
				loc.Key, loc.Key2 = key, loc.Key
			default:
				loc.Key2 = key
			}
		}
		return
	}
}

// Find is the first layer of a protocol by name or alias at or after from, or
// -1.
func (st *Stack) Find(name string, from int) int {
	c := st.set.byName[name]
	for i := max(from, 0); ; i++ {
		sp := st.At(i)
		if sp == nil {
			return -1
		}
		if sp.code == c {
			return i
		}
	}
}
