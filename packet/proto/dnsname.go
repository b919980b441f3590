package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/netwright/netwright/packet/layer"
)

// domain is a domain name, which may be compressed, shown as f and, if there are
// more, its length in characters and its labels.
func domain(f ...layer.Field) layer.Field {
	f[0].Kind = layer.String
	return layer.Field{Kind: layer.Group, Sub: f, Write: writeDomain, Code: func(w *layer.Walker) {
		showDomain(w, messageStart(w), len(f) > 1)
	}}
}

// plainDomain is a domain name that is never compressed, and shown with the dot at
// its end.
func plainDomain(f layer.Field) layer.Field {
	f.Kind = layer.String
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{f}, Write: writeDomain, Code: func(w *layer.Walker) {
		showPlainDomain(w)
	}}
}

func showPlainDomain(w *layer.Walker) {
	off := w.Offset()
	name, size, _ := readName(w.Frame()[:w.End()], off, off, w.Scratch())
	if size == 0 {
		w.Fail("a domain name is cut off")
		return
	}
	name = append(name, '.')
	_ = w.Emit(0, off, size, uint64(len(name)), name) && w.Move(size)
}

// showDomain shows the name that starts here in a message as Sub[0], and if asked
// its length and labels as Sub[1] and Sub[2].
func showDomain(w *layer.Walker, message int, count bool) {
	off := w.Offset()
	name, size, labels := readName(w.Frame()[:w.End()], message, off, w.Scratch())
	if size == 0 {
		w.Fail("a domain name is cut off or points nowhere")
		return
	}
	if len(name) == 0 {
		name, labels = append(name, "<Root>"...), 1
	}
	length := uint64(len(name))
	if w.Emit(0, off, size, length, name) && w.Move(size) && count {
		_ = w.Emit(1, off, size, length, nil) && w.Emit(2, off, size, uint64(labels), nil)
	}
}

// showRecordName shows the name of the record that starts here.
func showRecordName(w *layer.Walker) {
	off, typ := w.Offset(), 0
	name, size, labels := readName(w.Frame()[:w.End()], messageStart(w), off, w.Scratch())
	if b := w.Rest(); size > 0 && len(b) >= size+2 {
		typ = int(binary.BigEndian.Uint16(b[size:]))
	}
	if typ != 33 || labels == 0 {
		showDomain(w, messageStart(w), false)
		return
	}
	for i := 1; i <= 3; i++ {
		part, rest, more := name, []byte(nil), false
		if i < 3 {
			part, rest, more = bytes.Cut(name, []byte("."))
		}
		if !w.Emit(i, off, size, uint64(len(part)), part) {
			return
		}
		if name = rest; !more {
			break
		}
	}
	w.Move(size)
}

// maxPointers is how many pointers a name may go over.
const maxPointers = 64

// readName appends a name's text to dst, its labels with dots between them (RFC
// 1035 section 4.1.4). Pointers count from start and lead backwards only, so it
// ends. size is how many bytes the name takes where it stands, 0 if it is wrong.
func readName(b []byte, start, at int, dst []byte) (name []byte, size, labels int) {
	first := at
	limit, hops := at, 0 // pointers must lead before this
	for at < len(b) {
		n := int(b[at])
		switch {
		case n == 0:
			if size == 0 {
				size = at + 1 - first
			}
			return dst, size, labels
		case n&0xC0 == 0xC0:
			if at+2 > len(b) {
				return dst, 0, labels
			}
			if size == 0 {
				size = at + 2 - first
			}
			at = start + int(binary.BigEndian.Uint16(b[at:])&0x3FFF)
			if hops++; at >= limit || hops > maxPointers {
				return dst, 0, labels
			}
			limit = at
		case n&0xC0 != 0 || at+1+n > len(b):
			return dst, 0, labels
		default:
			if labels > 0 {
				dst = append(dst, '.')
			}
			if len(dst)+n > 254 {
				return dst, 0, labels
			}
			dst = append(dst, b[at+1:at+1+n]...)
			labels++
			at += 1 + n
		}
	}
	return dst, 0, labels
}

// writeDomain appends a name as it is sent, without compression.
func writeDomain(dst, name []byte) ([]byte, error) {
	if string(name) == "<Root>" {
		name = nil
	}
	name = bytes.TrimSuffix(name, []byte("."))
	if len(name) > 253 {
		return dst, fmt.Errorf("a domain name has at most 253 characters, not %d", len(name))
	}
	for len(name) > 0 {
		label, rest, _ := bytes.Cut(name, []byte("."))
		if len(label) == 0 || len(label) > 63 {
			return dst, fmt.Errorf("a label of a domain name has 1 to 63 characters, not %d as in %q", len(label), name)
		}
		dst = append(append(dst, byte(len(label))), label...)
		name = rest
	}
	return append(dst, 0), nil
}

// readTypes reads the bit map of types of NSEC and its like (RFC 4034 section
// 4.1.2), each as Sub[0] where its bit is.
func readTypes(w *layer.Walker) {
	for {
		b := w.Rest()
		if len(b) < 2 {
			w.Move(len(b))
			return
		}
		window, n := uint64(b[0])<<8, int(b[1])
		if n > 32 || n > len(b)-2 {
			w.Fail("a bit map of types is cut off")
			return
		}
		at := w.Offset() + 2
		for i, bits := range b[2 : 2+n] {
			for bit := range 8 {
				if bits&(0x80>>bit) != 0 && !w.Emit(0, at+i, 1, window|uint64(i*8+bit), nil) {
					return
				}
			}
		}
		if !w.Move(2 + n) {
			return
		}
	}
}

// showBase32 shows what is in the group as text of base32 with extended alphabet
// (RFC 4648 section 7), as Sub[0].
func showBase32(w *layer.Walker) {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	b := w.Rest()
	if len(b) > 150 {
		w.Fail("a hash is longer than any")
		return
	}
	text := w.Scratch()
	var bits, have uint
	for _, c := range b {
		bits, have = bits<<8|uint(c), have+8
		for ; have >= 5; have -= 5 {
			text = append(text, digits[bits>>(have-5)&31])
		}
	}
	if have > 0 {
		text = append(text, digits[bits<<(5-have)&31])
	}
	w.Emit(0, w.Offset(), len(b), uint64(len(text)), text)
}

// showSubnet shows the address of a client's subnet, whose zeros at the end are
// left out (RFC 7871 section 6): Sub[0] for IPv4, Sub[1] for IPv6, by the family
// at the begin of the option's data.
func showSubnet(w *layer.Walker) {
	b := w.Rest()
	off := w.Offset()
	addr := w.Scratch()[:16]
	clear(addr)
	copy(addr, b)
	switch family := w.Frame()[off-3]; {
	case family == 1 && len(b) <= 4:
		w.Emit(0, off, len(b), uint64(binary.BigEndian.Uint32(addr)), addr[:4])
	case family == 2 && len(b) <= 16:
		w.Emit(1, off, len(b), 16, addr)
	}
}

// checkRecord ends the walk at a record that does not fit in the message: where
// its name, or what follows it, is wrong, nothing of it is to be believed.
func checkRecord(w *layer.Walker) {
	b := w.Rest()
	_, n, _ := readName(w.Frame()[:w.End()], messageStart(w), w.Offset(), w.Scratch())
	if n == 0 || n+10 > len(b) || n+10+int(binary.BigEndian.Uint16(b[n+8:])) > len(b) {
		w.Fail("a record is cut off")
	}
}

// messageStart is where pointers count from: behind the length, if there is one.
func messageStart(w *layer.Walker) int {
	if w.Stream() {
		return w.Top() + 2
	}
	return w.Top()
}
