package layer

import "encoding/binary"

// quick is where a layer's bounds and the key of the next one lie, for tables
// that say so in the common ways. It answers for sound headers alone, in a few
// instructions; for any other, and for other tables, the bounds are asked. It is
// made from the same expressions.
type quick struct {
	size int // bytes that a header has at least

	words      int  // offset of the byte whose 4 bits count the header's words; -1: it has size bytes
	wordsShift uint // how far they lie from the least bit

	check      int  // offset of the byte that Check looks at
	mask, want byte // those bits of it, and what they are; 0 where there is no Check

	total, more int // offset of 16 bits, to which more is added, for the length of all; -1

	zero     int    // offset of 16 bits of which those in zeroMask are 0
	zeroMask uint16 // 0 where there is no such condition

	key     int    // offset of 16 bits
	keyMask uint16 // of which these are the key of the next layer
	least   uint32 // the least that is one

	ports  bool // there are two keys of 16 bits
	second int  // offset of the other

	next  *step
	table *table
}

// bounds are the lengths of the header and of all, 0 for all there is, and the
// key. It returns false where the header is not one that it answers for.
func (q *quick) bounds(b []byte) (header, total int, key uint32, ok bool) {
	if len(b) < q.size || b[q.check]&q.mask != q.want || binary.BigEndian.Uint16(b[q.zero:])&q.zeroMask != 0 {
		return 0, 0, 0, false
	}
	header = q.size
	if q.words >= 0 {
		if header = int(b[q.words]>>q.wordsShift&15) * 4; header < q.size || header > len(b) {
			return 0, 0, 0, false
		}
	}
	if q.total >= 0 {
		length := int(binary.BigEndian.Uint16(b[q.total:]))
		if total = length + q.more; length == 0 || total < header {
			return 0, 0, 0, false
		}
	}
	key = uint32(binary.BigEndian.Uint16(b[q.key:]) & q.keyMask)
	return header, total, key, key >= q.least
}

// pair are the two keys, the lesser first.
func (q *quick) pair(b []byte) (low, high uint32) {
	low, high = uint32(binary.BigEndian.Uint16(b[q.key:])), uint32(binary.BigEndian.Uint16(b[q.second:]))
	if high < low {
		return high, low
	}
	return low, high
}

// quicken makes the quick way, nil if the tables are not of its kind.
func (c *code) quicken() *quick {
	q := &quick{words: -1, total: -1}
	if c.walked || len(c.next) == 0 || c.next[0].table == nil || c.next[0].quoted || !q.header(c.header) || !q.checks(c.check) || !q.totals(c.total) || !q.nexts(&c.next[0]) {
		return nil
	}
	if q.words >= 0 {
		q.size = c.min
	}
	if c.payload != nil && !q.noPayload(c.payload) {
		return nil
	}
	for _, end := range []int{q.words + 1, q.check + 1, q.total + 2, q.key + 2, q.second + 2, q.zero + 2} {
		if end > q.size {
			return nil
		}
	}
	return q
}

// number is a constant expression.
func (e *Expr) number() (int64, bool) {
	if e == nil || e.op != opNumber {
		return 0, false
	}
	return e.n, true
}

// bytes is a number of whole bytes at a fixed place.
func (e *Expr) bytes() (at, size int, ok bool) {
	if e == nil || e.le || e.bits != 8 && e.bits != 16 {
		return 0, 0, false
	}
	switch e.op {
	case opStatic:
		return int(e.n / 8), e.bits / 8, e.n%8 == 0
	case opRead:
		n, ok := e.a.number()
		return int(n), e.bits / 8, ok && n >= 0 && n < 256
	}
	return 0, 0, false
}

// nibble is half a byte at a fixed place.
func (e *Expr) nibble() (at int, shift uint, ok bool) {
	if e == nil || e.op != opStatic || e.bits != 4 || e.n%4 != 0 {
		return 0, 0, false
	}
	return int(e.n / 8), uint(4 - e.n%8), true
}

// header takes "20" and "words * 4".
func (q *quick) header(e *Expr) bool {
	if n, ok := e.number(); ok {
		q.size = int(n)
		return n > 0 && n < 256
	}
	if e == nil || e.op != opMul {
		return false
	}
	four, ok := e.b.number()
	at, shift, half := e.a.nibble()
	q.words, q.wordsShift = at, shift
	return ok && four == 4 && half
}

// checks takes "version == 4", of half a byte.
func (q *quick) checks(e *Expr) bool {
	if e == nil {
		return true
	}
	if e.op != opEq {
		return false
	}
	at, shift, half := e.a.nibble()
	n, ok := e.b.number()
	q.check, q.mask, q.want = at, 15<<shift, byte(n)<<shift
	return half && ok && n >= 0 && n < 16
}

// totals takes "len", and "len != 0 ? 40 + len : …".
func (q *quick) totals(e *Expr) bool {
	if e == nil {
		return true
	}
	if e.op == opChoose && e.a.op == opNe && e.b.op == opAdd {
		zero, isZero := e.a.b.number()
		more, ok := e.b.a.number()
		if !isZero || zero != 0 || !ok || *e.a.a != *e.b.b {
			return false
		}
		q.more, e = int(more), e.b.b
	}
	at, size, ok := e.bytes()
	q.total = at
	return ok && size == 2
}

// nexts takes a key of one or two bytes, "sport, dport", and the conditions
// "type >= 1536" of the key and "frag == 0".
func (q *quick) nexts(n *step) bool {
	q.next, q.table = n, n.table
	for i, by := range n.by {
		at, size, ok := by.bytes()
		if !ok || size == 1 && (at == 0 || len(n.by) > 1) || i > 1 {
			return false
		}
		if i == 0 {
			// A key of one byte is the second half of 16 bits.
			q.key, q.keyMask = at-2+size, 0xFFFF>>(16-8*size)
		}
		if i == 1 {
			q.ports, q.second = true, at
		}
	}
	if n.when == nil {
		return len(n.by) > 0
	}
	value, ok := n.when.b.number()
	switch {
	case !ok:
		return false
	case n.when.op == opGe:
		q.least = uint32(value)
		return len(n.by) == 1 && *n.when.a == *n.by[0] || sameBytes(n.when.a, n.by[0])
	case n.when.op == opEq && value == 0 && n.when.a.op == opStatic && n.when.a.bits < 16 && (n.when.a.n+int64(n.when.a.bits))%16 == 0:
		end := int(n.when.a.n) + n.when.a.bits
		q.zero, q.zeroMask = end/8-2, 1<<n.when.a.bits-1
		return true
	}
	return false
}

func sameBytes(a, b *Expr) bool {
	at, size, ok := a.bytes()
	at2, size2, ok2 := b.bytes()
	return ok && ok2 && at == at2 && size == size2
}

// noPayload takes "type <= 1500 ? type : 0" where the key, which is type, is
// more.
func (q *quick) noPayload(e *Expr) bool {
	if e.op != opChoose || e.a.op != opLe {
		return false
	}
	most, ok := e.a.b.number()
	zero, isZero := e.c.number()
	at, size, is := e.a.a.bytes()
	return ok && isZero && zero == 0 && is && at == q.key && size == 2 && most < int64(q.least)
}
