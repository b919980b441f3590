package layer

import "fmt"

// number is what a number is to hold. It returns false for a field that has
// nothing to say, since the next layer is found without it.
func (b *builder) number(n *node, t *token, p *pool) (v uint64, ok bool) {
	switch {
	case t != nil && n.Kind == IPv4 && len(t.B) == 4:
		return readBits(t.B, 0, 32, false), true
	case t != nil:
		return t.U, true
	case n.Auto == "next":
		key, ok, none := b.following()
		if ok {
			return key, true
		}
		return n.Default, !none || n.when == nil
	case n.Auto == "last":
		return b.last(), true
	case n.Auto != "":
		return 0, true
	case n.flags:
		return b.bits(n, b.port(n), p), true
	}
	return b.port(n), true
}

// bits puts those bits of a number in that are given one by one.
func (b *builder) bits(n *node, v uint64, p *pool) uint64 {
	left := n.width
	for i := range n.sub {
		f := &n.sub[i]
		if f.calc != nil {
			continue
		}
		left -= f.width
		old := v >> left & (1<<f.width - 1)
		bits := old
		if t := p.find(f); t != nil {
			t.used = true
			bits = t.U & (1<<f.width - 1)
		} else if f.Auto == "last" {
			bits = b.last()
		} else if f.flags {
			bits = b.bits(f, old, p)
		} else if n.Default == 0 && f.Default != 0 {
			bits = f.Default & (1<<f.width - 1)
		}
		v += (bits - old) << left
	}
	return v
}

// fixed writes a field of a fixed width.
func (b *builder) fixed(n *node, t *token, p *pool) error {
	at := place{b.bit, n.width, n.LE}
	if !n.number() {
		var text []byte
		if t != nil {
			text = t.B
		}
		if len(text) > n.width/8 {
			return fmt.Errorf("%s: %d bytes do not fit in %d", n.label(), len(text), n.width/8)
		}
		b.raw(text)
		b.raw(make([]byte, n.width/8-len(text)))
		b.keep(n, uint64(n.width/8), place{})
		return nil
	}
	given := t != nil
	if t != nil && t.Sub != nil {
		inner := newPool(&b.set.ranks, t.Sub, n.sub)
		t = &token{Given: &Given{U: b.bits(n, n.Default, inner)}}
		if err := inner.left(); err != nil {
			return fmt.Errorf("%s %w", n.label(), err)
		}
	}
	before := p.open()
	v, _ := b.number(n, t, p)
	if n.width < 64 && v>>n.width != 0 && (n.Kind != Int || int64(v)>>(n.width-1) != -1) {
		return fmt.Errorf("%s: %d does not fit in %d bits", n.label(), int64(v), n.width)
	}
	b.extend(b.bit + n.width)
	putBits(b.data, b.bit, n.width, n.LE, v)
	by := byDefault
	switch {
	case given, p.open() != before:
		by = byUser
	case n.Auto == "next":
		if v != n.Default {
			by = byUser
		}
	case n.Auto == "checksum", n.auto != nil && b.fits == 0:
		by = byAuto
	}
	l := &b.laid[b.at]
	l.marks = append(l.marks, mark{at, n, by})
	b.keep(n, v, at)
	if n.flags {
		b.keepBits(n, v, at)
		if !given {
			b.autoBits(n, at, p)
		}
	}
	b.bit += n.width
	return nil
}

// autoBits marks those bits of a number that are computed.
func (b *builder) autoBits(n *node, at place, p *pool) {
	bit := at.bit
	for i := range n.sub {
		f := &n.sub[i]
		if f.calc != nil {
			continue
		}
		in := place{bit, f.width, false}
		bit += f.width
		switch {
		case n.LE || p.gave(f):
		case f.auto != nil:
			l, by := &b.laid[b.at], byAuto
			if b.fits > 0 {
				by = byDefault
			}
			l.marks = append(l.marks, mark{in, f, by})
		case f.flags:
			b.autoBits(f, in, p)
		}
	}
}
