package layer

import (
	"fmt"
	"slices"
	"strings"
)

// Part is one layer to build: a protocol and what its fields are to hold.
type Part struct {
	Proto  string  // name or alias; empty: bytes that are no protocol's
	Fields []Given // in any order; the others get their defaults, or are computed

	Rest    []byte // instead of the fields that are not given
	Trailer []byte // behind the payload, and part of this layer still
}

// Given is a field with what it is to hold. It is one of U, B, Sub and Raw that
// counts, by the field's [Kind].
type Given struct {
	Name string // alias, full name, or the last part of it; empty for one element of a group without a name
	U    uint64 // numbers, flags, times
	B    []byte // bytes, texts, addresses
	Sub  []Given
	Raw  []byte // what the field is sent as, nothing encoded
}

const (
	maxParts = 64      // layers built on one another
	maxBuilt = 1 << 20 // bytes written besides those that are given as such
)

// Build appends a packet to dst. The first part is the outermost layer. What is
// not given is filled in: lengths, counts that say how much of something there
// is, checksums, the number of the following protocol. What is given is never
// changed, so that it may be wrong on purpose.
//
// The error names the field that is unknown, has no place, or does not fit; dst
// is returned as it was then.
func (s *Set) Build(dst []byte, parts ...Part) ([]byte, error) {
	if len(parts) > maxParts {
		return dst, fmt.Errorf("%d layers are more than %d", len(parts), maxParts)
	}
	b := builder{set: s, parts: parts, laid: make([]laid, len(parts))}
	for i := range parts {
		if b.laid[i].code = s.codeOf(parts[i].Proto); b.laid[i].code == nil {
			return dst, fmt.Errorf("there is no protocol %q%s", parts[i].Proto, s.suggestProto(parts[i].Proto))
		}
	}
	b.data, b.most = dst, len(dst)+maxBuilt
	for i := range parts {
		b.most += len(parts[i].Rest) + len(parts[i].Trailer)
	}
	if err := b.layer(0); err != nil {
		return dst, err
	}
	return b.data, nil
}

func (s *Set) codeOf(name string) *code {
	if name != "" {
		return s.code(name)
	}
	if s.data != nil {
		return s.data.ready()
	}
	return &code{Proto: &Proto{}}
}

// builder lays layers behind one another. Its scope is that of the layer at
// hand, whose end is always the end of the data so far.
type builder struct {
	scope
	set   *Set
	parts []Part
	laid  []laid
	at    int // the layer at hand
	most  int // how long the data may become
	fits  int // how many fields around the one at hand have a length to agree with
}

// laid is a layer that stands, or is being written.
type laid struct {
	*code
	start, header int
	marks         []mark
	slots         []place // where the values that expressions ask for lie
	ahead         []early
}

// early is a value that was computed of what is not written yet.
type early struct {
	slot, bit int
	expr      *Expr
}

// place is where a number lies, in bits from the start of the data.
type place struct {
	bit, width int
	le         bool
}

// mark is a number that was written, and who decides what it holds.
type mark struct {
	place
	node *node
	by   owner
}

type owner uint8

const (
	byDefault owner = iota // may be changed to fit what is given
	byAuto                 // computed when all stands
	byFit                  // was changed to fit what is given
	byUser                 // never changed
)

// layer writes the i-th layer and all that it carries.
func (b *builder) layer(i int) error {
	if i == len(b.parts) {
		return nil
	}
	part, l := &b.parts[i], &b.laid[i]
	b.at = i
	l.start = len(b.data)
	l.slots = make([]place, l.code.slots)
	b.scope = scope{
		data: b.data, start: l.start, base: l.start, end: l.start, bit: l.start * 8, vals: make([]uint64, l.code.slots),
		stream: i > 0 && b.laid[i-1].Stream,
	}
	given := part.Fields
	if len(given) == 0 && part.Rest == nil {
		given = l.Blank
	}
	p := newPool(&b.set.ranks, given, l.fields)
	p.short = part.Rest != nil
	if err := b.list(l.fields, p); err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	if err := p.left(); err != nil {
		return fmt.Errorf("%s %w", l.Name, err)
	}
	if err := b.atLeastOne(l, p); err != nil {
		return fmt.Errorf("%s: %w", l.Name, err)
	}
	b.raw(part.Rest)
	b.align(l)
	l.header = len(b.data)
	own := b.scope
	if err := b.layer(i + 1); err != nil {
		return err
	}
	size := len(b.data) - l.header
	own.data = append(b.data, part.Trailer...)
	if part.Trailer == nil && l.Align > 0 {
		own.data = append(own.data, make([]byte, (l.Align-size%l.Align)%l.Align)...)
	}
	own.end = len(own.data)
	own.inner, own.header = own.end, l.header
	b.scope, b.at = own, i
	b.carries(l, size)
	return b.fill(l)
}

// atLeastOne writes a message of a protocol that is messages, if none is given.
func (b *builder) atLeastOne(l *laid, p *pool) error {
	if len(b.data) > l.start || p.short || len(l.fields) == 0 {
		return nil
	}
	n := &l.fields[0]
	if !n.all || n.Name != "" || n.Alias != "" || n.Kind != Group {
		return nil
	}
	return b.value(n, nil, p)
}

// align adds zeros until the length of the header can be said in its field.
func (b *builder) align(l *laid) {
	if l.code.header == nil {
		return
	}
	var length *mark
	for _, leaf := range l.code.header.leaves(nil) {
		at, ok := b.find(leaf)
		for k := range l.marks {
			if m := &l.marks[k]; ok && m.by == byAuto && m.overlaps(at) {
				length = m
			}
		}
	}
	if length == nil || length.node.auto == nil {
		return
	}
	for range 64 {
		b.header = len(b.data)
		v := length.node.auto.eval(&b.scope)
		b.write(length.place, uint64(max(v, 0)))
		if v >= 0 && l.code.header.eval(&b.scope) >= int64(len(b.data)-l.start) {
			return
		}
		b.raw([]byte{0})
	}
}

// fill computes what is to be computed when all of a layer stands.
func (b *builder) fill(l *laid) error {
	var sum *mark
	for k := range l.marks {
		m := &l.marks[k]
		switch {
		case m.by != byAuto:
		case m.node.Auto == "checksum":
			sum = m
		default:
			v := uint64(m.node.auto.eval(&b.scope))
			if m.width < 64 && v>>m.width != 0 {
				return fmt.Errorf("%s: %s: %d does not fit in %d bits", l.Name, m.node.label(), v, m.width)
			}
			b.write(m.place, v)
		}
	}
	if sum == nil || l.Checksum == nil {
		return nil
	}
	return b.checksum(l, sum.place)
}

func (b *builder) checksum(l *laid, at place) error {
	c := l.Checksum
	covered := b.data[l.start:]
	if c.Header {
		covered = b.data[l.start:l.header]
	}
	b.write(at, 0)
	switch c.Sum {
	case Internet:
		var seed uint64
		if c.Counts(covered) {
			seed = b.pseudo(l, len(covered))
		}
		sum := FoldSum(AddSum(seed, covered))
		if c.Zero && sum == 0 {
			sum = 0xFFFF
		}
		b.write(at, uint64(sum))
	case CRC32C:
		b.write(at, uint64(CRC32CSum(covered)))
	default:
		return fmt.Errorf("%s: its checksum cannot be computed; give %s", l.Name, c.Field)
	}
	return nil
}

// pseudo is the sum of the pseudo header of the nearest IP layer below; 0 where
// there is none. The destination is the last one that a routing header names.
func (b *builder) pseudo(l *laid, length int) uint64 {
	var protocol uint64
	for _, on := range l.On {
		if on.Table == "ip.proto" && len(on.Keys) > 0 {
			protocol = on.Keys[0]
		}
	}
	var route []byte
	for i := b.at - 1; i >= 0; i-- {
		below := &b.laid[i]
		switch header := b.data[below.start:below.header]; {
		case below.Name == "ip" && len(header) >= 20:
			return PseudoSum(header[12:20], uint8(protocol), length)
		case below.Name == "ipv6.routing":
			route = header
		case below.Name == "ipv6" && len(header) >= 40:
			addresses := append([]byte(nil), header[8:40]...)
			Destination(addresses[16:], route)
			return PseudoSum(addresses, uint8(protocol), length)
		}
	}
	return 0
}

// Destination puts where a packet goes in the end in place of where it goes now,
// which dst is: the last address that is left in its routing header (RFC 8200
// section 4.4, RFC 5095, RFC 6275 section 6.4, RFC 6554 section 3, RFC 8754
// section 2). Without one, and where none is left, dst stays.
func Destination(dst, routing []byte) {
	if len(routing) < 8 || routing[3] == 0 {
		return
	}
	end := min(len(routing), (int(routing[1])+1)*8)
	switch kind := routing[2]; {
	case (kind == 0 || kind == 2) && end >= 24:
		copy(dst, routing[end-16:end])
	case kind == 3:
		size, pad := 16-int(routing[4]&15), int(routing[5]>>4)
		if last := end - pad; last-size >= 8 {
			copy(dst[16-size:], routing[last-size:last])
		}
	case kind == 4 && end >= 24:
		copy(dst, routing[8:24])
	}
}

// last is 1 where the layer at hand is the last of its protocol in a row.
func (b *builder) last() uint64 {
	if b.at+1 < len(b.laid) && b.laid[b.at+1].Name == b.laid[b.at].Name {
		return 0
	}
	return 1
}

// following is the key that the layer at hand has for the next one. none tells
// that the next one is found without a key.
func (b *builder) following() (key uint64, ok, none bool) {
	if b.at+1 == len(b.laid) {
		return 0, false, false
	}
	next := b.laid[b.at+1].code
	if b.laid[b.at].direct(next) {
		return 0, false, true
	}
	for _, step := range b.laid[b.at].Next {
		if keys := next.keys(step.Table); len(keys) > 0 {
			return keys[0], true, false
		}
	}
	return 0, false, false
}

// direct tells whether a layer needs no key to be found: it follows where the
// field for the key is not there.
func (c *code) direct(next *code) bool {
	absent := slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Auto == "next" && f.When != "" })
	return absent && slices.ContainsFunc(c.next, func(s step) bool { return s.proto == next })
}

// keys are the keys that a protocol has in a table.
func (c *code) keys(table string) []uint64 {
	if table == "" {
		return nil
	}
	for _, on := range c.On {
		if on.Table == table && len(on.Keys) > 0 {
			return on.Keys
		}
	}
	return nil
}

// Key is the key by which a protocol is found in a table: its EtherType in
// "eth.type", its number in "ip.proto". It is false for what those who look there
// find without a key, as Ethernet finds LLC.
func (s *Set) Key(table, proto string) (key uint64, ok bool) {
	c := s.byName[proto]
	if c == nil {
		return 0, false
	}
	for _, parent := range s.protos {
		looks := slices.ContainsFunc(parent.Next, func(n Next) bool { return n.Table == table })
		if looks && parent.ready().direct(c) {
			return 0, false
		}
	}
	if keys := c.keys(table); len(keys) > 0 {
		return keys[0], true
	}
	return 0, false
}

// port is what a field holds by which the next layer is found, but which has a
// value of its own as well, such as a port: its default, unless that leads
// elsewhere.
func (b *builder) port(n *node) uint64 {
	if b.at+1 == len(b.laid) || n.Alias == "" {
		return n.Default
	}
	l, next := &b.laid[b.at], b.laid[b.at+1].code
	for i, step := range l.Next {
		by := strings.Split(step.By, ",")
		for k := range by {
			by[k] = strings.TrimSpace(by[k])
		}
		place := slices.Index(by, n.Alias)
		keys := next.keys(step.Table)
		if place < 0 || len(keys) == 0 {
			continue
		}
		found := l.next[i].table.get(uint32(n.Default))
		switch {
		case found == next, found == nil && place < len(by)-1:
			return n.Default
		case place < len(by)-1:
			return keys[min(1, len(keys)-1)]
		}
		return keys[0]
	}
	return n.Default
}
