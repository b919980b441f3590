package layer

import (
	"fmt"
	"slices"
)

// list writes fields one after another.
func (b *builder) list(nodes []node, p *pool) error {
	for i := range nodes {
		if p.short && p.done() {
			return nil
		}
		n := &nodes[i]
		var err error
		switch {
		case n.calc != nil:
			if n.slot >= 0 {
				b.vals[n.slot] = uint64(n.calc.eval(&b.scope))
				if n.calc.ahead() && n.at == nil {
					l := &b.laid[b.at]
					l.ahead = append(l.ahead, early{n.slot, b.bit, n.calc})
				}
			}
		case n.at != nil: // shows what others hold
		case n.all || n.repeat != nil:
			err = b.repeated(n, p)
		default:
			err = b.field(n, p.find(n), p, nodes[i+1:])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// repeated writes a field as often as it is given, and sees to it that the count
// says so.
func (b *builder) repeated(n *node, p *pool) error {
	if n.when != nil && !b.present(n, p.find(n), p, nil) {
		return nil
	}
	start := (b.bit + 7) / 8
	count := int64(0)
	for {
		t := p.find(n)
		if t == nil {
			t = p.element(n)
		}
		if t == nil && !p.any(n) {
			break
		}
		left := p.open()
		if err := b.value(n, t, p); err != nil {
			return err
		}
		if count++; p.open() == left {
			break // nothing of it has a place here; the pool says so
		}
	}
	if n.repeat == nil {
		return nil
	}
	if count > 0 {
		b.settleAt(n.repeat, start, count)
		return nil
	}
	if b.given(n.repeat) {
		return nil
	}
	for range min(n.repeat.eval(&b.scope), 1024) {
		if err := b.value(n, nil, p); err != nil {
			return err
		}
	}
	return nil
}

// field writes a field, if it is to be there. later are those that come after.
func (b *builder) field(n *node, t *token, p *pool, later []node) error {
	if n.when != nil && !b.present(n, t, p, later) {
		return nil
	}
	return b.value(n, t, p)
}

// present tells whether a conditional field is to be there: when its condition
// holds, and when it is given all the same.
func (b *builder) present(n *node, t *token, p *pool, later []node) bool {
	wanted := t != nil || p.any(n)
	if !wanted && n.when.ahead() && len(later) > 0 && later[0].when != nil && p.find(&later[0]) != nil {
		return false // the other one is given
	}
	if b.holds(n, t, p) {
		return true
	}
	if !wanted || t != nil && slices.ContainsFunc(later, func(o node) bool { return o.Name == n.Name }) {
		return false
	}
	l := &b.laid[b.at]
	marks := slices.Clone(l.marks)
	b.settle(n.when, func(v int64) bool { return v != 0 }, 1)
	if n.length != nil {
		l.marks = marks // what says the length is not settled yet
	}
	return true
}

// holds evaluates a field's condition. One that reads the field itself sees it.
func (b *builder) holds(n *node, t *token, p *pool) bool {
	if header := b.laid[b.at].code.header; header != nil {
		// What the header is going to have counts as there.
		size := b.end
		b.end = max(size, b.start+int(min(header.eval(&b.scope), 1<<16)))
		defer func() { b.end = len(b.data) }()
	}
	if !n.when.ahead() || n.width == 0 || n.width > 64 {
		return n.when.eval(&b.scope) != 0
	}
	v, ok := b.number(n, t, p)
	if !ok {
		return false
	}
	size := len(b.data)
	var last byte
	if size > 0 {
		last = b.data[size-1]
	}
	b.extend(b.bit + n.width)
	putBits(b.data, b.bit, n.width, n.LE, v)
	holds := n.when.eval(&b.scope) != 0
	b.data = b.data[:size]
	b.end = size
	if size > 0 {
		b.data[size-1] = last
	}
	return holds
}

// value writes one field.
func (b *builder) value(n *node, t *token, p *pool) error {
	if len(b.data) > b.most {
		return fmt.Errorf("%s: there are more than %d bytes of fields", n.label(), maxBuilt)
	}
	start := (b.bit + 7) / 8
	if t == nil && n.Code != nil {
		if t = p.inside(n); t != nil && t.Raw == nil && n.Make != nil {
			t = nil // it is one of several
		}
	}
	if t != nil {
		t.used = true
	}
	switch {
	case t != nil && t.Raw != nil:
		b.raw(t.Raw)
		b.keep(n, uint64(len(t.Raw)), place{})
		b.fit(n, start)
		return nil
	case n.Make != nil:
		return b.made(n, p, start)
	case n.Code != nil:
		return b.coded(n, t, start)
	case n.width > 0:
		return b.fixed(n, t, p)
	case n.number():
		return b.sized(n, t, p)
	case (n.sub != nil || n.choose != nil) && (t == nil || t.B == nil):
		return b.composite(n, t, p)
	case t == nil:
		return b.blank(n, start)
	}
	b.raw(t.B)
	full := n.length != nil && n.length.constant() && int64(len(t.B)) >= n.length.eval(&b.scope)
	if n.Kind == CString && !full {
		b.raw([]byte{0})
	}
	b.keep(n, uint64(len(b.data)-start), place{})
	b.fit(n, start)
	return nil
}

// made writes a field of those that are given inside of it.
func (b *builder) made(n *node, p *pool, start int) error {
	data, err := n.Make(b.data, p.take(n.Sub))
	if err != nil {
		return fmt.Errorf("%s: %w", n.label(), err)
	}
	b.data = data
	b.moved()
	b.fit(n, start)
	return nil
}

func (b *builder) coded(n *node, t *token, start int) error {
	switch {
	case n.Write != nil:
		var text []byte
		if t != nil {
			text = t.B
		}
		data, err := n.Write(b.data, text)
		if err != nil {
			return fmt.Errorf("%s: %w", n.label(), err)
		}
		b.data = data
		b.moved()
	case t != nil && t.Sub != nil:
		return fmt.Errorf("%s is not built of fields; give its bytes", n.label())
	case t != nil:
		b.raw(t.B)
	}
	b.fit(n, start)
	return nil
}

// label is what errors call a field.
func (n *node) label() string {
	if n.Name == "" && len(n.Also) > 0 {
		return n.Also[0]
	}
	if n.Name == "" && n.Alias != "" {
		return n.Alias
	}
	if n.Name == "" && len(n.sub) > 0 {
		return n.sub[0].label()
	}
	return n.Name
}

// sized writes a number whose length an expression says: in the fewest bytes for
// which the expression agrees.
func (b *builder) sized(n *node, t *token, p *pool) error {
	start := (b.bit + 7) / 8
	b.bit = start * 8
	v, _ := b.number(n, t, p)
	least := 1
	for least < 8 && v>>(8*least) != 0 && (n.Kind != Int || int64(v)>>(8*least-1) != -1) {
		least++
	}
	if n.length == nil {
		return nil
	}
	if t == nil && !n.length.ahead() {
		least = int(min(max(n.length.eval(&b.scope), 0), 8))
	}
	size := least
	for try := least; try <= 8; try++ {
		b.put(start, try, n, v)
		if n.length.eval(&b.scope) == int64(try) {
			size = try
			break
		}
	}
	b.put(start, size, n, v)
	b.settleAt(n.length, start, int64(size))
	at := place{start * 8, size * 8, n.LE}
	by := byDefault
	if t != nil {
		by = byUser
	}
	l := &b.laid[b.at]
	l.marks = append(l.marks, mark{at, n, by})
	b.keep(n, v, at)
	b.bit = (start + size) * 8
	return nil
}

// put writes a number of whole bytes at the end of the data, anew.
func (b *builder) put(start, size int, n *node, v uint64) {
	b.data = b.data[:start]
	b.extend((start + size) * 8)
	putBits(b.data, start*8, size*8, n.LE, v)
}

// composite writes a field by what is in it.
func (b *builder) composite(n *node, t *token, p *pool) error {
	start := (b.bit + 7) / 8
	if t == nil && n.Kind != Group && !p.any(n) {
		return b.blank(n, start)
	}
	b.bit = start * 8
	inner := p
	if t != nil {
		inner = newPool(&b.set.ranks, t.Sub, n.sub, n.ordered...)
	}
	base := b.base
	b.base = start
	sized := n.length != nil && !n.length.constant()
	if sized {
		b.fits++
	}
	err := b.body(n, inner)
	if sized {
		b.fits--
	}
	b.base = base
	if err == nil && t != nil {
		if left := inner.left(); left != nil {
			err = fmt.Errorf("%s %w", n.label(), left)
		}
	}
	if err != nil {
		return err
	}
	b.keep(n, uint64(len(b.data)-start), place{})
	b.fit(n, start)
	return nil
}

// blank writes zeros where a length that is not the user's asks for them.
func (b *builder) blank(n *node, start int) error {
	b.bit = start * 8
	if n.Kind == CString && n.length == nil {
		b.raw([]byte{0})
	}
	if n.length != nil && !b.given(n.length) {
		b.raw(make([]byte, min(max(n.length.eval(&b.scope), 0), 1<<16)))
	}
	b.keep(n, uint64(len(b.data)-start), place{})
	return nil
}

// fit makes the length of a field that was written agree with what says it, or
// fills the field up where the length is always the same.
func (b *builder) fit(n *node, start int) {
	if n.length == nil {
		return
	}
	size := int64(len(b.data) - start)
	if b.settleAt(n.length, start, size) {
		return
	}
	if n.length.constant() {
		if more := n.length.eval(&b.scope) - size; more > 0 && more < 1<<16 {
			b.raw(make([]byte, more))
		}
		return
	}
	if b.own(n, start, size) {
		return
	}
	// It may count in words.
	for more := int64(1); more < 8; more++ {
		b.raw([]byte{0})
		if b.settleAt(n.length, start, size+more) {
			return
		}
	}
	b.data = b.data[:start+int(size)]
	b.moved()
}

// raw writes bytes.
func (b *builder) raw(data []byte) {
	b.data = append(b.data, data...)
	b.moved()
}

// moved goes to the end of the data.
func (b *builder) moved() { b.end, b.bit = len(b.data), len(b.data)*8 }

// extend makes room up to a place in bits.
func (b *builder) extend(bit int) {
	for len(b.data) < (bit+7)/8 {
		b.data = append(b.data, 0)
	}
	b.end = len(b.data)
}

// keep remembers a value for expressions.
func (b *builder) keep(n *node, v uint64, at place) {
	if n.slot >= 0 {
		b.vals[n.slot] = v
		b.laid[b.at].slots[n.slot] = at
	}
}

func (b *builder) keepBits(n *node, v uint64, at place) {
	left := n.width
	for i := range n.sub {
		f := &n.sub[i]
		if f.calc != nil {
			if f.slot >= 0 {
				b.vals[f.slot] = uint64(f.calc.eval(&b.scope))
			}
			continue
		}
		left -= f.width
		bits := v >> left & (1<<f.width - 1)
		in := place{at.bit + n.width - left - f.width, f.width, false}
		if n.LE {
			in = place{}
		}
		b.keep(f, bits, in)
		if f.flags {
			b.keepBits(f, bits, in)
		}
	}
}
