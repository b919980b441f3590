package h1

import (
	"encoding/binary"
	"math/bits"

	"github.com/netwright/netwright/http/message"
)

// limits of a head.
type limits struct {
	line   int // of the request or status line, bytes
	head   int // of the whole head, bytes
	fields int
}

// cut returns as much of b as a head may have, and whether that is all that it may
// have, so that a verdict does not depend on how much has come behind it.
func (l limits) cut(b []byte) ([]byte, bool) {
	if len(b) < l.head {
		return b, false
	}
	return b[:l.head], true
}

// parseFields reads field lines from b[p:] until the empty line. It returns the
// position behind that line, or 0 when b ends before it. A bad byte is an error
// as soon as it is seen, so that the verdict does not depend on how the head was
// cut into segments.
func parseFields(b []byte, p int, fields message.Fields, most int) (message.Fields, int, error) {
	for {
		if p >= len(b) {
			return fields, 0, nil
		}
		switch b[p] {
		case '\r':
			end, err := lineEnd(b, p)
			return fields, end, err
		case '\n':
			return fields, 0, errBareLF
		case ' ', '\t':
			return fields, 0, errFold
		}
		start, class := p, byte(0)
		for p < len(b) && nameClass[b[p]] != 0 {
			class |= nameClass[b[p]]
			p++
		}
		if p == len(b) {
			return fields, 0, nil
		}
		if b[p] != ':' || p == start {
			return fields, 0, errFieldName
		}
		name := b[start:p]
		p++
		for p < len(b) && (b[p] == ' ' || b[p] == '\t') {
			p++
		}
		start = p
		p = skipText(b, p)
		if p == len(b) {
			return fields, 0, nil
		}
		stop := p
		end, err := lineEnd(b, p)
		if end == 0 {
			return fields, 0, err
		}
		for stop > start && (b[stop-1] == ' ' || b[stop-1] == '\t') {
			stop--
		}
		if len(fields) == most {
			return fields, 0, ErrTooManyFields
		}
		fields = append(fields, message.Field{Name: name, Value: b[start:stop:stop], Known: message.Lookup(name)})
		if class&underscore != 0 {
			hideAlias(&fields[len(fields)-1])
		}
		p = end
	}
}

// hideAlias removes a field whose name becomes that of a known field when "_" is
// read as "-", as CGI and WSGI servers do: Transfer_Encoding behind us would be
// Transfer-Encoding there.
func hideAlias(f *message.Field) {
	var dashed [32]byte
	if len(f.Name) > len(dashed) {
		return
	}
	for i, c := range f.Name {
		if c == '_' {
			c = '-'
		}
		dashed[i] = c
	}
	if message.Lookup(dashed[:len(f.Name)]) != message.Other {
		f.Known = message.Removed
	}
}

// lineEnd returns the position behind the CRLF at b[p:], 0 when it is not all
// there yet.
func lineEnd(b []byte, p int) (int, error) {
	switch {
	case b[p] == '\n':
		return 0, errBareLF
	case b[p] != '\r':
		return 0, errFieldValue
	case p+1 == len(b):
		return 0, nil
	case b[p+1] != '\n':
		return 0, errBareCR
	}
	return p + 2, nil
}

// skipText returns the position of the first byte at or behind p that a field
// value may not have: a control other than tab. Eight bytes a step.
func skipText(b []byte, p int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for p+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[p:])
		control := (x - ones*0x20) & ^x // high bit where the byte is below 0x20
		del := x ^ ones*0x7f
		del = (del - ones) & ^del // … where it is 0x7f
		if bad := (control | del) & highs; bad != 0 {
			p += bits.TrailingZeros64(bad) / 8
			if b[p] == '\t' || b[p] >= ' ' && b[p] != 0x7f {
				p++ // a tab, or a borrow from the byte below
				continue
			}
			return p
		}
		p += 8
	}
	for p < len(b) && (b[p] >= ' ' && b[p] != 0x7f || b[p] == '\t') {
		p++
	}
	return p
}

const underscore = 2

// nameClass is 0 for bytes that a token may not have.
var nameClass = func() (t [256]byte) {
	for i, ok := range message.TokenByte {
		if ok {
			t[i] = 1
		}
	}
	t['_'] |= underscore
	return
}()
