package layer

import "bytes"

const (
	maxFields = 1 << 14 // of one layer; bounds the work for a frame
	maxDepth  = 32      // of fields in fields
)

// Value is a field with what it holds. It and the bytes it shows are lent until
// the visit returns.
type Value struct {
	Field *Field
	ID    int // of the field's name in the set; -1 for a group without one
	Depth int // 0 for the fields of the layer itself

	// Where it lies, in bytes from the start of the frame. A group whose length
	// is not known beforehand has a Len of -1; what has no bytes one of 0.
	Off, Len int

	// Of the bits of a number: how many of it stand before, and how many the
	// field has. Bits is 0 for what is not part of a number.
	Bit, Bits int

	U uint64 // numbers, flags, times, IPv4 addresses
	B []byte // bytes, texts and addresses
}

// Walker goes over the fields of a layer. The zero value is ready; reuse it, and
// nothing is allocated. Functions given as [Field].Code get it to read with.
type Walker struct {
	scope
	visit  func(*Value) bool
	v      Value
	node   *node // the one whose Code runs
	depth  int
	nested int // how many fields the walk is inside of
	top    int // where the layer's own field at hand starts
	aside  int // 1 and the place of what the walk reads other bytes for; 0: it reads the frame
	budget int
	done   bool // the visitor has had enough
	reason string
	store  [32]uint64
	spill  []uint64           // for protocols that store does not hold the values of
	trace  func(*node, event) // told of what visit does not see
	text   [256]byte
	asked  *Stack
	layer  int

	// For a walk to one field.
	pick   func(*Value) bool
	wanted int
	found  bool
}

// Walk visits the fields of the i-th layer of a frame in the order of their
// bytes, groups before what is in them, until visit returns false. It returns
// what is wrong with the layer, or "": fields that came before are visited all
// the same.
func (w *Walker) Walk(st *Stack, i int, visit func(*Value) bool) string {
	st.finish()
	sp := &st.layers[i]
	inner := 0
	if i+1 < st.n && (st.reason == "" || i+2 < st.n) {
		inner = st.layers[i+1].End
	}
	w.scope = scope{data: st.Data, start: sp.Start, header: sp.Header, inner: inner, base: sp.Start, end: sp.End, wire: sp.Wire, bit: sp.Start * 8}
	w.stream = i > 0 && st.layers[i-1].code.Stream
	w.reply = sp.code.asksReply && st.reply(i)
	w.asked, w.layer = st, i
	w.run(sp.code, visit)
	return w.reason
}

// silent walks a layer for its length alone.
func (w *Walker) silent(c *code, b []byte) {
	w.scope = scope{data: b, end: len(b)}
	w.asked = nil
	w.run(c, nil)
}

func (w *Walker) run(c *code, visit func(*Value) bool) {
	if c.slots <= len(w.store) {
		w.vals = w.store[:c.slots]
		clear(w.vals)
	} else {
		if len(w.spill) < c.slots {
			w.spill = make([]uint64, c.slots)
		}
		w.vals = w.spill[:c.slots]
		clear(w.vals)
	}
	w.aside = 0
	w.visit, w.depth, w.nested, w.budget, w.done, w.reason, w.node = visit, 0, 0, maxFields, false, "", nil
	w.list(c.fields)
}

// list walks fields one after another. It returns false when the walk is over.
func (w *Walker) list(nodes []node) bool {
	for i := range nodes {
		n := &nodes[i]
		if n.when != nil && n.when.eval(&w.scope) == 0 {
			continue
		}
		if n.all || n.repeat != nil {
			if !w.repeat(n) {
				return false
			}
		} else if !w.field(n) {
			return false
		}
	}
	return true
}

func (w *Walker) repeat(n *node) bool {
	count := int64(maxFields)
	if n.repeat != nil {
		count = n.repeat.eval(&w.scope)
	}
	for ; count > 0; count-- {
		before := w.bit
		if n.all && before >= w.end*8 {
			break
		}
		if w.trace != nil {
			w.trace(n, elementBegins)
		}
		ok := w.field(n)
		if w.trace != nil {
			w.trace(n, elementEnds)
		}
		if !ok {
			return false
		}
		if n.until != nil && n.until.eval(&w.scope) != 0 {
			break
		}
		if n.all && w.bit == before {
			return w.Fail("a field that repeats takes no bytes")
		}
	}
	return true
}

// field walks one field, wherever it lies.
func (w *Walker) field(n *node) bool {
	if w.budget--; w.budget < 0 {
		return w.Fail("more fields than are looked at")
	}
	bit := w.bit
	if n.at != nil {
		at := n.at.eval(&w.scope)
		if at < 0 || at > int64(w.end-w.base) {
			return w.Fail("a field lies outside")
		}
		w.bit = (w.base + int(at)) * 8
	}
	if n.calc != nil {
		ok := w.calculated(n, w.bit/8)
		w.bit = bit
		return ok
	}
	if n.at == nil {
		return w.here(n)
	}
	if w.trace != nil {
		w.trace(n, overlayBegins)
	}
	ok := w.here(n)
	if w.trace != nil {
		w.trace(n, overlayEnds)
	}
	w.bit = bit
	return ok
}

// calculated shows a field that is made of others, over the bytes that it says.
func (w *Walker) calculated(n *node, off int) bool {
	size := 0
	if n.length != nil {
		l := n.length.eval(&w.scope)
		if l < 0 || l > int64(w.end-off) {
			return w.short()
		}
		size = int(l)
	}
	return w.show(n, off, size, uint64(n.calc.eval(&w.scope)), nil) && w.inside(n, off, off)
}

// here walks a field at the walk's place.
func (w *Walker) here(n *node) bool {
	if n.width > 0 {
		return w.fixed(n)
	}
	off := (w.bit + 7) / 8
	size := w.end - off
	if n.length != nil {
		l := n.length.eval(&w.scope)
		if l < 0 {
			return w.Fail("a length is less than nothing")
		}
		if l > int64(size) {
			return w.short()
		}
		size = int(l)
	} else if n.Kind == Group || n.Code != nil {
		return w.open(n, off)
	} else if n.Kind == CString {
		end := bytes.IndexByte(w.data[off:w.end], 0)
		if end < 0 {
			return w.short()
		}
		size = end + 1
	}
	if size < 0 {
		return w.short()
	}
	b := w.data[off : off+size]
	var u uint64
	if n.number() {
		if size > 8 {
			return w.Fail("a number has more than 64 bits")
		}
		u = n.extend(readBits(w.data, off*8, size*8, n.LE), size*8)
	} else {
		u = uint64(size)
		if n.Kind == CString {
			if n := bytes.IndexByte(b, 0); n >= 0 {
				b = b[:n]
			}
		}
	}
	w.bit = off * 8
	if !w.show(n, off, size, u, b) || !w.inside(n, off, off+size) {
		return false
	}
	w.bit = (off + size) * 8
	return true
}

func (n *node) extend(u uint64, bits int) uint64 {
	if n.Kind == Int && bits < 64 && bits > 0 {
		return uint64(int64(u<<(64-bits)) >> (64 - bits))
	}
	return u
}

// fixed walks a field of a fixed width.
func (w *Walker) fixed(n *node) bool {
	if w.bit+n.width > w.end*8 {
		return w.short()
	}
	off, size := w.bit/8, (w.bit%8+n.width+7)/8
	if !n.number() {
		bit := w.bit
		if !w.show(n, off, size, uint64(size), w.data[off:off+size]) || !w.inside(n, off, off+size) {
			return false
		}
		w.bit = bit + n.width
		return true
	}
	u := readBits(w.data, w.bit, n.width, n.LE)
	bit := w.bit
	w.v.Bit = 0
	w.v.Bits = 0
	if w.bit%8 != 0 || n.width%8 != 0 {
		w.v.Bit, w.v.Bits = w.bit%8, n.width
	}
	var b []byte
	if n.Kind == IPv4 {
		b = w.data[off : off+4]
	}
	ok := w.show(n, off, size, n.extend(u, n.width), b)
	w.v.Bits = 0
	if !ok {
		return false
	}
	if n.flags {
		ok = w.flags(n, off, size, bit%8, u)
	} else {
		ok = w.inside(n, off, off+size)
	}
	w.bit = bit + n.width
	return ok
}

// flags shows the bits of a number that begins lead bits into its bytes.
func (w *Walker) flags(n *node, off, size, lead int, u uint64) bool {
	left := n.width
	deeper := 0
	if n.Name != "" {
		deeper = 1
	}
	w.depth += deeper
	for i := range n.sub {
		f := &n.sub[i]
		if f.calc == nil {
			left -= f.width
		}
		if f.when != nil && f.when.eval(&w.scope) == 0 {
			continue
		}
		if f.calc != nil {
			if !w.field(f) {
				return false
			}
			continue
		}
		bits := u >> left & (1<<f.width - 1)
		if w.budget--; f.Name == "" && len(f.sub) == 0 && f.slot < 0 {
			continue
		}
		from, wide := off, size
		before := lead + n.width - left - f.width
		if n.Tight {
			bit := size*8 - left - f.width
			before = bit % 8
			from, wide = off+bit/8, (bit%8+f.width+7)/8
		}
		w.v.Bit, w.v.Bits = before, f.width
		ok := w.show(f, from, wide, f.extend(bits, f.width), nil)
		w.v.Bits = 0
		if !ok || f.flags && !w.flags(f, from, wide, before, bits) {
			return false
		}
	}
	w.depth -= deeper
	return true
}

// open walks a group or a coded field whose end is known only when it is
// reached.
func (w *Walker) open(n *node, off int) bool {
	w.bit = off * 8
	size := -1
	if n.still {
		size = n.whole / 8
		if off+size > w.end {
			size = w.end - off
		}
	}
	if n.Name != "" && !w.show(n, off, size, 0, nil) {
		return false
	}
	return w.inside(n, off, w.end)
}

// inside walks what is in a field that lies from off to end.
func (w *Walker) inside(n *node, off, end int) bool {
	if n.sub == nil && n.choose == nil && n.Code == nil {
		return true
	}
	if w.depth >= maxDepth {
		return w.Fail("fields are nested deeper than is looked at")
	}
	base, stop, node := w.base, w.end, w.node
	w.base, w.end, w.node = off, end, n
	if n.Name != "" {
		w.depth++
	}
	if w.nested == 0 {
		w.top = off
	}
	w.nested++
	ok := w.body(n)
	w.nested--
	if n.Name != "" {
		w.depth--
	}
	w.base, w.end, w.node = base, stop, node
	return ok
}

func (w *Walker) body(n *node) bool {
	if n.Code != nil {
		if w.trace != nil {
			w.trace(n, codeBegins)
		}
		n.Code(w)
		if w.trace != nil {
			w.trace(n, codeEnds)
		}
		return !w.done && w.reason == ""
	}
	if !w.list(n.sub) {
		return false
	}
	if n.choose == nil {
		return true
	}
	if list, ok := n.cases[uint64(n.choose.eval(&w.scope))]; ok {
		return w.list(list)
	}
	return w.list(n.other)
}

// show hands a value to the visitor and keeps it for expressions.
func (w *Walker) show(n *node, off, size int, u uint64, b []byte) bool {
	if n.slot >= 0 {
		w.vals[n.slot] = u
	}
	if w.visit == nil || n.Name == "" {
		if w.trace != nil && n.Alias != "" {
			w.v.Off, w.v.Len, w.v.U, w.v.B = off, size, u, b
			w.trace(n, unnamedShown)
		}
		return true
	}
	if w.aside > 0 {
		off, size = w.aside-1, 0
	}
	v := &w.v
	v.Field, v.ID, v.Depth, v.Off, v.Len, v.U, v.B = n.Field, n.id, w.depth, off, size, u, b
	if !w.visit(v) {
		w.done = true
		return false
	}
	return true
}

func (w *Walker) short() bool {
	return w.Fail("a field is cut off")
}
