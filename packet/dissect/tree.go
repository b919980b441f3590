package dissect

import (
	"strconv"

	"github.com/netwright/netwright/packet/layer"
)

// Tree prints all fields of a frame, a line each, indented below their layer. It
// is not safe for several goroutines.
type Tree struct {
	// Names prints the filter name behind each field.
	Names bool

	walk layer.Walker
	dst  []byte
	line func(*layer.Value) bool
}

// Append appends the tree of a packet, with an empty line at its end.
func (t *Tree) Append(dst []byte, p *Packet) []byte {
	if t.line == nil {
		t.line = t.field
	}
	dst = append(dst, "Frame "...)
	dst = strconv.AppendInt(dst, int64(p.Number), 10)
	dst = append(dst, ": "...)
	dst = strconv.AppendInt(dst, int64(p.Wire), 10)
	dst = append(dst, " bytes on the wire, "...)
	dst = strconv.AppendInt(dst, int64(len(p.Data)), 10)
	dst = append(dst, " captured, "...)
	dst = p.Time.UTC().AppendFormat(dst, "2006-01-02 15:04:05.000000000 UTC")
	dst = append(dst, '\n')
	for _, c := range p.Comments {
		dst = append(append(append(dst, "  Comment: "...), c...), '\n')
	}
	for i := range p.Len() {
		sp := p.Layer(i)
		dst = append(append(dst, sp.Proto().Title...), '\n')
		t.dst = dst
		reason := t.walk.Walk(&p.Stack, i, t.line)
		dst = t.dst
		if i == p.Len()-1 && p.Reason() != "" {
			reason = p.Reason()
		}
		if reason != "" {
			dst = append(append(append(dst, "  [malformed: "...), reason...), "]\n"...)
		}
	}
	return append(dst, '\n')
}

func (t *Tree) field(v *layer.Value) bool {
	dst := t.dst
	for range v.Depth + 1 {
		dst = append(dst, "  "...)
	}
	if v.Bits > 0 && v.Len <= 8 {
		dst = appendBits(dst, v)
	}
	title := v.Field.Title
	if title == "" {
		title = v.Field.Name
	}
	dst = append(dst, title...)
	if v.Field.Kind != layer.Group {
		dst = append(dst, ": "...)
		dst = v.AppendText(dst)
	}
	if t.Names {
		dst = append(append(append(dst, "  ("...), v.Field.Name...), ')')
	}
	t.dst = append(dst, '\n')
	return true
}

// appendBits draws which bits of the bytes around it a value is made of.
func appendBits(dst []byte, v *layer.Value) []byte {
	n := v.Len * 8
	for i := range n {
		if i > 0 && i%4 == 0 {
			dst = append(dst, ' ')
		}
		if i < v.Bit || i >= v.Bit+v.Bits {
			dst = append(dst, '.')
		} else {
			dst = append(dst, byte('0'+v.U>>(v.Bit+v.Bits-1-i)&1))
		}
	}
	return append(dst, " = "...)
}
