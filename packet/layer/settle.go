package layer

import "slices"

// leaves are the parts of an expression that read the packet.
func (e *Expr) leaves(to []*Expr) []*Expr {
	if e == nil {
		return to
	}
	switch e.op {
	case opStatic, opSlot, opRead:
		to = append(to, e)
	}
	return e.c.leaves(e.b.leaves(e.a.leaves(to)))
}

// ahead tells whether an expression reads what comes after the walk's place.
func (e *Expr) ahead() bool {
	return e != nil && (e.op == opRead || e.a.ahead() || e.b.ahead() || e.c.ahead())
}

// constant tells whether an expression is the same always.
func (e *Expr) constant() bool {
	if e == nil {
		return true
	}
	switch e.op {
	case opStatic, opSlot, opRead, opPos, opRest, opSize, opHeader, opInner, opStream, opReply:
		return false
	}
	return e.a.constant() && e.b.constant() && e.c.constant()
}

// find is the place of what a leaf reads, if it has been written.
func (b *builder) find(leaf *Expr) (place, bool) {
	var at place
	switch leaf.op {
	case opStatic:
		at = place{b.start*8 + int(leaf.n), leaf.bits, leaf.le}
	case opSlot:
		at = b.laid[b.at].slots[leaf.n]
	case opRead:
		n := leaf.a.eval(&b.scope)
		if n < 0 || n > int64(len(b.data)) {
			return at, false
		}
		at = place{b.bit + int(n)*8, leaf.bits, leaf.le}
	}
	return at, at.width > 0 && at.bit+at.width <= len(b.data)*8
}

func (p place) overlaps(q place) bool {
	return p.bit < q.bit+q.width && q.bit < p.bit+p.width
}

// owner tells who decides what lies at a place: the strongest of all.
func (b *builder) owner(at place) owner {
	by := byDefault
	for _, m := range b.laid[b.at].marks {
		if m.by > by && m.overlaps(at) {
			by = m.by
		}
	}
	return by
}

// given tells whether an expression reads something that the user decides.
func (b *builder) given(e *Expr) bool {
	for _, leaf := range e.leaves(nil) {
		if at, ok := b.find(leaf); ok && b.owner(at) >= byFit {
			return true
		}
	}
	return false
}

// settle makes an expression come to a value, by changing one number that it
// reads and that nobody has given. It returns whether the expression has that
// value.
func (b *builder) settle(e *Expr, want func(int64) bool, target int64) bool {
	if e == nil || b.natural(e, want, target) || want(e.eval(&b.scope)) {
		return true
	}
	// What an expression comes to stands last in it, conditions before.
	for _, leaf := range slices.Backward(e.leaves(nil)) {
		at, ok := b.find(leaf)
		if !ok || b.owner(at) != byDefault {
			continue
		}
		old := readBits(b.data, at.bit, at.width, at.le)
		if b.solve(e, at, want, target) {
			l := &b.laid[b.at]
			l.marks = append(l.marks, mark{place: at, by: byFit})
			return true
		}
		b.write(at, old)
	}
	return false
}

// natural puts the value itself into the last number that an expression reads,
// if nobody has said anything of that yet, and if the expression agrees: a length
// of 0 may stand for the least length there is, and yet be wrong.
func (b *builder) natural(e *Expr, want func(int64) bool, target int64) bool {
	leaves := e.leaves(nil)
	if len(leaves) == 0 || target < 0 {
		return false
	}
	at, ok := b.find(leaves[len(leaves)-1])
	if !ok || b.owner(at) != byDefault {
		return false
	}
	// What comes later counts as there, so that no length is more than the rest.
	b.end += 1 << 16
	defer func() { b.end = len(b.data) }()
	l := &b.laid[b.at]
	for i := range l.marks {
		m := &l.marks[i]
		if m.place != at || m.node == nil || m.node.Default != 0 || at.width < 63 && target>>at.width != 0 {
			continue
		}
		old := readBits(b.data, at.bit, at.width, at.le)
		b.write(at, uint64(target+1))
		decides := !want(e.eval(&b.scope))
		b.write(at, uint64(target))
		if decides && want(e.eval(&b.scope)) {
			m.by = byFit
			return true
		}
		b.write(at, old)
	}
	return false
}

// solve tries values at a place: along the slope that the expression has there,
// which finds every length and count, and some small ones.
func (b *builder) solve(e *Expr, at place, want func(int64) bool, target int64) bool {
	most := int64(1)<<min(at.width, 62) - 1
	value := func(x int64) int64 {
		b.write(at, uint64(x))
		return e.eval(&b.scope)
	}
	x := min(max(target, 0), most)
	for range 12 {
		v := value(x)
		if want(v) {
			return true
		}
		step := int64(1)
		slope := value(min(x+1, most)) - v
		if slope == 0 {
			step = 64
			slope = value(min(x+step, most)) - v
		}
		if slope == 0 {
			break
		}
		to := min(max(x+(target-v)*step/slope, 0), most)
		if to == x {
			to = min(x+1, most)
		}
		x = to
	}
	for x := range min(most, 255) + 1 {
		if want(value(x)) {
			return true
		}
	}
	return false
}

// settleAt is settle for a Len or Repeat that is to come to n, with the walk's
// place at the field it belongs to.
func (b *builder) settleAt(e *Expr, start int, n int64) bool {
	bit := b.bit
	b.bit = start * 8
	ok := b.settle(e, func(v int64) bool { return v == n }, n)
	b.bit = bit
	return ok
}

// carries makes the length of the payload say how much there is, where a number
// of the header does and is not the user's.
func (b *builder) carries(l *laid, size int) {
	e := l.code.payload
	if e == nil || b.at+1 == len(b.laid) {
		return
	}
	at := b.bit
	b.bit = l.start * 8
	defer func() { b.bit = at }()
	fitted := false
	for k := range l.marks {
		if m := &l.marks[k]; m.by == byFit && slices.ContainsFunc(e.leaves(nil), func(leaf *Expr) bool {
			p, ok := b.find(leaf)
			return ok && p.overlaps(m.place)
		}) {
			m.by, fitted = byDefault, true
		}
	}
	if !fitted {
		return
	}
	b.settle(e, func(v int64) bool { return v == int64(size) }, int64(size))
}

// own computes those bits inside a field that nobody has given, of a number of
// which others are, and tells whether the field's length agrees then.
func (b *builder) own(n *node, start int, size int64) bool {
	of, at := b.scope, b.bit
	of.start, of.inner = start, len(b.data)
	defer func() { b.bit = at }()
	b.bit = start * 8
	for k := range b.laid[b.at].marks {
		m := &b.laid[b.at].marks[k]
		if m.by != byDefault || m.node == nil || m.node.auto == nil || m.bit < start*8 {
			continue
		}
		old := readBits(b.data, m.bit, m.width, m.le)
		b.write(m.place, uint64(m.node.auto.eval(&of)))
		if n.length.eval(&b.scope) == size {
			m.by = byFit
			return true
		}
		b.write(m.place, old)
	}
	return false
}

// write changes a number that stands, and what expressions know of it.
func (b *builder) write(at place, v uint64) {
	putBits(b.data, at.bit, at.width, at.le, v)
	for i, s := range b.laid[b.at].slots {
		if s.width > 0 && s.overlaps(at) {
			b.vals[i] = readBits(b.data, s.bit, s.width, s.le)
		}
	}
}

// putBits writes a number of up to 64 bits at a place given in bits.
func putBits(data []byte, bit, n int, le bool, v uint64) {
	if le && bit%8 == 0 {
		for ; n > 0; n -= 8 {
			if n < 8 {
				data[bit/8] = data[bit/8]&^(1<<n-1) | byte(v)&(1<<n-1)
			} else {
				data[bit/8] = byte(v)
			}
			bit, v = bit+8, v>>8
		}
		return
	}
	for n > 0 {
		odd := bit & 7
		take := min(8-odd, n)
		shift := 8 - odd - take
		mask := byte(1<<take-1) << shift
		data[bit>>3] = data[bit>>3]&^mask | byte(v>>(n-take))<<shift&mask
		bit, n = bit+take, n-take
	}
}
