package proto

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// berType is a type of ASN.1 as BER (X.690) sends it: what a protocol that is
// specified so declares in place of fields in a row. Fields are given by name.
type berType struct {
	tag byte // the identifier's octet; 0 takes any

	// What is shown of it: whole over the tag, the length and the contents, choice
	// and value over the contents. The number of whole and choice is the tag's,
	// that of value is in the contents, or how many there are of of.
	whole, choice, value string

	// octets says that value is text only where it is printable, and else shown by
	// its bytes.
	octets bool

	// In the contents are seq, one after another, of which any may be absent, or
	// as many as there are of the alternatives that of lists.
	seq, of []berType
}

// berNode is a berType with the places of its fields in a table.
type berNode struct {
	tag                  byte
	whole, choice, value int
	kind                 layer.Kind // of value
	octets               bool
	seq, of              []berNode
}

// maxBER is how deep values in values are looked at.
const maxBER = 12

// compileBER finds the places of the fields. A name that the table does not have
// is a mistake in ours, so it panics, when the tables are made.
func compileBER(fields []layer.Field, types []berType) []berNode {
	place := func(name string) int {
		if name == "" {
			return -1
		}
		for i := range fields { // by index, as a field is large
			if fields[i].Name == name {
				return i
			}
		}
		panic("no field " + name)
	}
	nodes := make([]berNode, len(types))
	for i, t := range types {
		n := berNode{
			tag: t.tag, whole: place(t.whole), choice: place(t.choice), value: place(t.value),
			seq: compileBER(fields, t.seq), of: compileBER(fields, t.of), octets: t.octets,
		}
		if n.value >= 0 {
			n.kind = fields[n.value].Kind
		}
		nodes[i] = n
	}
	return nodes
}

// element is a value as it lies in a frame.
type element struct {
	tag              byte
	start, body, end int
}

// readElement reads the tag and the length of the value at a place of b. Its end
// may lie behind b's.
func readElement(b []byte, at int) (e element, ok bool) {
	if at+2 > len(b) {
		return e, false
	}
	e.tag, e.start, e.body = b[at], at, at+2
	if e.tag&0x1F == 0x1F {
		return e, false // no protocol here has tags above 30
	}
	n := int(b[at+1])
	if n >= 0x80 {
		octets := n & 0x7F
		if octets == 0 || octets > 4 || at+2+octets > len(b) {
			return e, false
		}
		n = 0
		for _, c := range b[at+2 : at+2+octets] {
			n = n<<8 | int(c)
		}
		e.body += octets
	}
	e.end = e.body + n
	return e, true
}

// showBER shows the values that lie in a row from one place to another, by the
// alternatives, or the sequence, of their types. It returns how many there were,
// and false when the walk is over.
func showBER(w *layer.Walker, nodes []berNode, ordered bool, at, end, depth int) (count int, ok bool) {
	b := w.Frame()[:end]
	for at < end {
		e, ok := readElement(b, at)
		if !ok {
			return count, w.Fail("a value's length is cut off or too large")
		}
		i := slices.IndexFunc(nodes, func(n berNode) bool { return n.tag == 0 || n.tag == e.tag })
		if i >= 0 {
			if !nodes[i].show(w, e, end, depth) {
				return count, false
			}
			if ordered {
				nodes = nodes[i+1:]
			}
		}
		at = e.end
		count++
	}
	return count, true
}

// show shows a value, of which bytes are there up to end, and what is in it.
func (n *berNode) show(w *layer.Walker, e element, end, depth int) bool {
	number := uint64(e.tag & 0x1F)
	there := e.end <= end
	if there {
		if n.whole >= 0 && !w.Emit(n.whole, e.start, e.end-e.start, number, nil) {
			return false
		}
		if n.choice >= 0 && !w.Emit(n.choice, e.body, e.end-e.body, number, nil) {
			return false
		}
		if n.value >= 0 && !n.emit(w, e) {
			return false
		}
	}
	inner, ordered := n.of, false
	if len(n.seq) > 0 {
		inner, ordered = n.seq, true
	}
	if len(inner) > 0 && depth < maxBER {
		if _, ok := showBER(w, inner, ordered, e.body, min(e.end, end), depth+1); !ok {
			return false
		}
	}
	if !there {
		return w.Fail("a value is cut off")
	}
	return true
}

// emit shows a value's contents, as their field's kind has it.
func (n *berNode) emit(w *layer.Walker, e element) bool {
	b := w.Frame()[e.body:e.end]
	size := uint64(len(b))
	switch n.kind {
	case layer.Group:
		return w.Emit(n.value, e.body, len(b), size, nil)
	case layer.Uint, layer.Int, layer.Bool:
		if len(n.of) > 0 {
			size = berCount(w.Frame(), e)
		} else {
			size = berNumber(b, n.kind == layer.Int)
		}
		return w.Emit(n.value, e.body, len(b), size, nil)
	case layer.IPv4:
		if len(b) != 4 {
			return true
		}
		size = uint64(binary.BigEndian.Uint32(b))
	case layer.String:
		b, _, _ = bytes.Cut(b, []byte{0})
		if n.octets && !printable(b) {
			b = hexPairs(w.Scratch(), b)
		}
	}
	return w.Emit(n.value, e.body, e.end-e.body, size, b)
}

// printable tells whether all bytes are printable ASCII.
func printable(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' || c > '~' })
}

// hexPairs appends bytes as pairs of digits with colons, as many as there is room
// for.
func hexPairs(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b[:min(len(b), cap(dst)/3)] {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// berNumber is an INTEGER, ENUMERATED or BOOLEAN (X.690 section 8.3), of which
// the last 64 bits are kept.
func berNumber(b []byte, signed bool) (u uint64) {
	if signed && len(b) > 0 && b[0]&0x80 != 0 {
		u = ^uint64(0)
	}
	for _, c := range b {
		u = u<<8 | uint64(c)
	}
	return u
}

// berCount is how many values are in a value.
func berCount(b []byte, e element) (count uint64) {
	for at := e.body; at < e.end; count++ {
		inner, ok := readElement(b[:e.end], at)
		if !ok {
			break
		}
		at = inner.end
	}
	return count
}
