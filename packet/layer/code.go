package layer

// What follows is for functions given as [Field].Code.

// Rest is what is left of the bytes that the field stands in.
func (w *Walker) Rest() []byte { return w.data[min(w.bit/8, w.end):w.end] }

// Offset is the walk's place, in bytes from the start of the frame.
func (w *Walker) Offset() int { return w.bit / 8 }

// Start is where the layer starts and Base where the field does, in bytes from
// the start of the frame; End is where what the field stands in ends.
func (w *Walker) Start() int { return w.start }

// Base is where the coded field starts.
func (w *Walker) Base() int { return w.base }

// Top is where that field of the layer itself starts that the walk is in: with
// messages that stand one after another, where the message at hand does.
func (w *Walker) Top() int { return w.top }

// Stream tells whether a stream carries the layer, as TCP does.
func (w *Walker) Stream() bool { return w.stream }

// Reply tells whether the layer comes from the port that its protocol is known
// by, as what servers send does.
func (w *Walker) Reply() bool { return w.asked != nil && w.asked.reply(w.layer) }

// End is where the bytes that may be read end.
func (w *Walker) End() int { return w.end }

// Frame is the whole frame, as far as it was captured.
func (w *Walker) Frame() []byte { return w.data }

// Wire is the length of the frame on the wire.
func (w *Walker) Wire() int {
	if w.asked == nil {
		return len(w.data)
	}
	return w.asked.Wire
}

// Under is the layer that many below the one walked over (1 is the one that
// carries it), and nil where there is none.
func (w *Walker) Under(levels int) *Span {
	if w.asked == nil || levels > w.layer {
		return nil
	}
	return &w.asked.layers[w.layer-levels]
}

// Move goes on by n bytes. It returns false, and the walk ends, past the end.
func (w *Walker) Move(n int) bool {
	if n < 0 || n > w.end-w.bit/8 {
		return w.Fail("a field is cut off")
	}
	w.bit += n * 8
	return true
}

// Seek goes to a place given from the start of the frame, within what the field
// stands in.
func (w *Walker) Seek(off int) bool {
	if off < w.base || off > w.end {
		return w.Fail("a field lies outside")
	}
	w.bit = off * 8
	return true
}

// Fail ends the walk of this layer and says why. It returns false.
func (w *Walker) Fail(reason string) bool {
	if w.reason == "" {
		w.reason = reason
	}
	return false
}

// Emit shows Sub[i] of the coded field with a value, at a place given from the
// start of the frame. It returns false when the walk is over.
func (w *Walker) Emit(i, off, size int, u uint64, b []byte) bool {
	if w.budget--; w.budget < 0 {
		return w.Fail("more fields than are looked at")
	}
	n := &w.node.sub[i]
	if !w.show(n, off, size, u, b) {
		return false
	}
	if n.flags {
		return w.flags(n, off, size, 0, u)
	}
	return true
}

// Field walks Sub[i] of the coded field by its table, at the walk's place, and
// moves on. It returns false when the walk is over.
func (w *Walker) Field(i int) bool {
	return w.list(w.node.sub[i : i+1])
}

// Part walks Sub[i] of the coded field by its table in the next size bytes, and
// moves on behind them. It returns false when the walk is over.
func (w *Walker) Part(i, size int) bool {
	off, end := w.bit/8, w.end
	if size < 0 || size > end-off {
		return w.Fail("a field is cut off")
	}
	base := w.base
	w.base, w.end = off, off+size
	ok := w.Field(i)
	w.base, w.end = base, end
	w.bit = (off + size) * 8
	return ok
}

// Group shows Sub[i] of the coded field, of size bytes, and calls inside for
// what is in it, whose indexes then are those of its Sub, and which ends where
// the group does. The walk goes on behind it. A size of -1 leaves the end open,
// and the walk where inside left it.
func (w *Walker) Group(i, size int, inside func(w *Walker)) bool {
	if w.budget--; w.budget < 0 {
		return w.Fail("more fields than are looked at")
	}
	if w.depth >= maxDepth {
		return w.Fail("fields are nested deeper than is looked at")
	}
	n := &w.node.sub[i]
	off := w.bit / 8
	if size > w.end-off {
		return w.Fail("a field is cut off")
	}
	if !w.show(n, off, size, 0, nil) {
		return false
	}
	base, end, node := w.base, w.end, w.node
	w.base, w.node = off, n
	if size >= 0 {
		w.end = off + size
	}
	w.depth++
	inside(w)
	w.depth--
	w.base, w.end, w.node = base, end, node
	if w.done || w.reason != "" {
		return false
	}
	if size >= 0 {
		w.bit = (off + size) * 8
	}
	return true
}

// Aside walks Sub[i] of the coded field over other bytes than the frame's, such as
// what was encrypted in it. They have no place in the frame: all that is in them is
// shown with a length of 0 where the walk is, which does not move. It returns false
// when the walk is over.
func (w *Walker) Aside(i int, b []byte) bool {
	outer, place := w.scope, w.aside
	if place == 0 {
		w.aside = 1 + w.bit/8
	}
	w.data, w.start, w.base, w.end, w.bit = b, 0, 0, len(b), 0
	ok := w.Field(i)
	w.scope, w.aside = outer, place
	return ok
}

// Scratch is a buffer of 256 bytes for a value that does not lie in the frame as
// it is shown. It is good until the next value.
func (w *Walker) Scratch() []byte { return w.text[:0] }
