package proto

import (
	"encoding/binary"
	"math"

	"github.com/netwright/netwright/packet/layer"
)

// showUptime shows milliseconds as seconds.
func showUptime(w *layer.Walker) {
	if b := w.Rest(); len(b) >= 4 && w.Emit(0, w.Offset(), 4, milliseconds(b), nil) {
		w.Move(4)
	}
}

func milliseconds(b []byte) uint64 {
	return math.Float64bits(float64(binary.BigEndian.Uint32(b)) / 1000)
}

// cflowTemplate is a template as it lies in a frame.
type cflowTemplate struct {
	specifiers []byte // of its fields
	scopes     int    // how many of them are scopes of version 9, which are numbered apart
	fields     int
	ipfix      bool
}

// next is the next field: its place in cflowShown, and its length, which is 65535
// where each record says it.
func (t *cflowTemplate) next() (number, size int, ok bool) {
	b := t.specifiers
	if t.fields == 0 || len(b) < 4 {
		return 0, 0, false
	}
	number, size, b = int(be16(b)), int(be16(b[2:])), b[4:]
	if t.ipfix && number >= 0x8000 {
		if len(b) >= 4 && binary.BigEndian.Uint32(b) == cflowReverse {
			number &= 0x7FFF
		} else {
			number = len(cflowElements) + cflowPrivate
		}
		b = b[min(4, len(b)):]
	}
	if t.scopes > 0 {
		number += len(cflowElements)
		t.scopes--
	}
	t.specifiers = b
	t.fields--
	return number, size, true
}

// cflowReverse is the enterprise of the elements that count what comes back (RFC
// 5103 section 6.1).
const cflowReverse = 29305

// least is how short a record can be.
func (t cflowTemplate) least() (n int) {
	for {
		_, size, ok := t.next()
		if !ok {
			return n
		}
		if size == variable && t.ipfix {
			size = 1
		}
		n += size
	}
}

// variable is the length of fields that say theirs in each record (RFC 7011
// section 7).
const variable = 0xFFFF

// findTemplate looks for a template in the sets before a record's. It looks at a
// bounded number of sets and templates.
func findTemplate(b []byte, id uint32) (t cflowTemplate, ok bool) {
	if len(b) < 20 {
		return t, false
	}
	t.ipfix = b[1] == 10
	if t.ipfix {
		b = b[16:]
	} else {
		b = b[20:]
	}
	for looks := 512; looks > 0 && len(b) >= 4; looks-- {
		kind, size := be16(b), int(be16(b[2:]))
		if size < 4 || size > len(b) {
			return t, false
		}
		set := b[4:size]
		b = b[size:]
		if t.ipfix {
			kind -= 2
		}
		for ; kind <= 1 && looks > 0 && len(set) >= 4; looks-- {
			head, length := 4, 0
			t.fields, t.scopes = int(be16(set[2:])), 0
			if kind == 1 {
				head = 6
				if len(set) < head {
					break
				}
				if !t.ipfix {
					t.scopes = int(be16(set[2:])) / 4
					t.fields = t.scopes + int(be16(set[4:]))/4
				}
			}
			t.specifiers = set[head:]
			if be16(set) == id {
				return t, true
			}
			for rest := t; ; {
				if _, _, more := rest.next(); !more {
					length = len(t.specifiers) - len(rest.specifiers)
					break
				}
			}
			set = set[head+length:]
		}
	}
	return t, false
}

// showRecords shows the records of a set by its template.
func showRecords(w *layer.Walker) {
	start, at := w.Start(), w.Offset()
	t, ok := findTemplate(w.Frame()[start:at-4], be16(w.Frame()[at-4:]))
	if !ok {
		w.Move(len(w.Rest()))
		return
	}
	least := t.least()
	for least > 0 && len(w.Rest()) >= least {
		for record := t; ; {
			number, size, more := record.next()
			if !more {
				break
			}
			if !showElement(w, number, size, t.ipfix) {
				return
			}
		}
	}
	if n := len(w.Rest()); n > 0 && w.Emit(0, w.Offset(), n, uint64(n), w.Rest()) {
		w.Move(n)
	}
}

// showElement shows one field of a record.
func showElement(w *layer.Walker, number, size int, ipfix bool) bool {
	b := w.Rest()
	if size == variable && ipfix {
		head := 1
		if len(b) < 1 {
			return w.Move(1)
		}
		if size = int(b[0]); size == 255 {
			if len(b) < 3 {
				return w.Move(3)
			}
			head, size = 3, int(be16(b[1:]))
		}
		if !w.Move(head) {
			return false
		}
		b = w.Rest()
	}
	if size > len(b) {
		return w.Move(size)
	}
	b = b[:size]
	if number > 0 && number < len(cflowShown) {
		private := cflowShown[number].Name == cflowScopes[cflowPrivate].Name // which version 9 does not have
		if u, ok := cflowValue(number, b); ok && (ipfix || !private) && !w.Emit(number, w.Offset(), size, u, b) {
			return false
		}
	}
	return w.Move(size)
}

// cflowValue is the value of an element, or false if its length is none that it
// can have.
func cflowValue(number int, b []byte) (u uint64, ok bool) {
	for _, c := range b[:min(8, len(b))] {
		u = u<<8 | uint64(c)
	}
	switch f := &cflowShown[number]; f.Kind {
	case layer.Bytes, layer.String:
		return uint64(len(b)), true
	case layer.IPv4:
		return u, len(b) == 4
	case layer.IPv6:
		return u, len(b) == 16
	case layer.MAC:
		return u, len(b) == 6
	case layer.Seconds:
		return u, len(b) == 4
	case layer.Float: // of milliseconds
		if len(b) != 4 {
			return 0, false
		}
		return milliseconds(b), true
	case layer.NTP:
		if len(b) == 8 && sinceEpoch(number) {
			const until1900 = 2_208_988_800
			since := u/1000 + until1900
			return since<<32 | (u%1000<<32+999)/1000, since>>31 == 1 || since>>31 == 2 // 1968 to 2104
		}
		return u, len(b) == 8
	default:
		return u, len(b) > 0 && len(b) <= max(4, f.Bits/8) && (len(b)*8 == f.Bits || f.Sub == nil && f.Base != layer.Hex)
	}
}

// sinceEpoch tells of the elements that count milliseconds since 1970; the others
// of their kind are NTP's timestamps.
func sinceEpoch(number int) bool {
	switch number {
	case 152, 153, 160, 258, 269, 323, 359, 360:
		return true
	}
	return false
}
