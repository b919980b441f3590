package layer

// quick is where a layer's bounds and the key of the next one lie, for tables
// that say so in the common ways. It answers for sound headers alone, in a few
// instructions; for any other, and for other tables, the bounds are asked. It is
// made from the same expressions.
type quick struct {
	size int // bytes that a header has at least
	need int // bytes that are read: those, and quickHead of any

	mask, want uint64 // bits of the head, and what they must be: Check, and a condition of Next

	words      int  // offset of the byte whose 4 bits count the header's words; -1: it has size bytes
	wordsShift uint // how far they lie from the least bit

	total int // how far 16 bits of the head lie from its least, to which more is added, for the length of all; -1
	more  int

	key     int    // offset of 16 bits
	keyMask uint16 // of which these are the key of the next layer
	least   uint32 // the least that is one

	ports         bool // there are two keys instead, 16 bits of the head each
	first, second uint // how far they lie from its least bit

	next  *step
	table *table
}

// quickHead is how many bytes are read at once, as one number.
const quickHead = 8

// inHead is how far some bytes of a header lie from the least bit of its head.
func inHead(at, size int) (shift uint, ok bool) {
	shift = uint(8 * (quickHead - at - size))
	return shift & 63, at >= 0 && at+size <= quickHead
}

// pair are the two keys, the lesser first.
func (q *quick) pair(head uint64) (low, high uint32) {
	low, high = uint32(uint16(head>>(q.first&63))), uint32(uint16(head>>(q.second&63)))
	if high < low {
		return high, low
	}
	return low, high
}

// quicken makes the quick way, and tells whether the tables are of its kind.
func (c *code) quicken() bool {
	q := &c.quick
	*q = quick{words: -1, total: -1}
	if c.walked || len(c.next) == 0 || c.next[0].table == nil || c.next[0].quoted || !q.header(c.header) || !q.checks(c.check) || !q.totals(c.total) || !q.nexts(&c.next[0]) {
		return false
	}
	if q.words >= 0 {
		q.size = c.min
	}
	if c.payload != nil && !q.noPayload(c.payload) {
		return false
	}
	if q.need = max(q.size, quickHead); q.words >= q.size || q.key+2 > q.need {
		return false
	}
	return true
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
	shift2, in := inHead(at, 1)
	return half && ok && in && n >= 0 && n < 16 && q.holds(15<<(shift+shift2), uint64(n)<<(shift+shift2))
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
	shift, in := inHead(at, size)
	q.total = int(shift)
	return ok && in && size == 2
}

// holds adds bits of the head that must be as they are in want.
func (q *quick) holds(mask, want uint64) bool {
	q.mask, q.want = q.mask|mask, q.want|want
	return true
}

// nexts takes a key of one or two bytes, "sport, dport", and the conditions
// "type >= 1536" of the key and "frag == 0".
func (q *quick) nexts(n *step) bool {
	q.next, q.table = n, n.table
	if len(n.by) == 0 || len(n.by) > 2 {
		return false
	}
	at, size, ok := n.by[0].bytes()
	if !ok || size == 1 && (at == 0 || len(n.by) > 1) {
		return false
	}
	q.key, q.keyMask = at-2+size, 0xFFFF>>(16-8*size) // a key of one byte is the second half of 16 bits
	if len(n.by) == 2 {
		at2, size2, ok := n.by[1].bytes()
		var in, in2 bool
		q.ports = true
		q.first, in = inHead(at, size)
		q.second, in2 = inHead(at2, size2)
		if !ok || size2 != 2 || !in || !in2 {
			return false
		}
	}
	if n.when == nil {
		return true
	}
	value, ok := n.when.b.number()
	switch when := n.when.a; {
	case !ok:
		return false
	case n.when.op == opGe:
		q.least = uint32(value)
		return !q.ports && (*when == *n.by[0] || sameBytes(when, n.by[0]))
	case n.when.op == opEq && value == 0 && when.op == opStatic && when.bits < 16 && (when.n+int64(when.bits))%16 == 0:
		shift, in := inHead(int(when.n)/8, (int(when.n)%8+when.bits)/8)
		return in && q.holds((1<<when.bits-1)<<shift, 0)
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
