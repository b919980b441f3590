package dissect

import (
	"strconv"
	"unicode/utf8"

	"github.com/netwright/netwright/packet/layer"
)

// JSON prints a frame as one object on a line:
//
//	{"frame":{"number":1,"time":"…","len":74,"captured":74,"link":"EN10MB"},
//	 "layers":[{"proto":"eth","off":0,"len":14,"fields":{"eth.dst":"…",…}},…],
//	 "malformed":"…"}
//
// Numbers are numbers, flags true and false, the rest text; bytes are hex. The
// fields in a group are an object of their own; a field that a layer or group
// has several times is an array. It is not safe for several goroutines.
type JSON struct {
	walk    layer.Walker
	collect func(*layer.Value) bool
	entries []entry
	text    []byte // of the values
	keys    []string
	count   [][]int // by nesting: of an id in the object that is being written
	nested  int
}

// entry is a field of the layer that is being written.
type entry struct {
	id, depth  int
	group      bool
	start, end int // of its value in text
}

// NewJSON makes a printer for packets of a set.
func NewJSON(set *layer.Set) *JSON {
	j := &JSON{}
	for _, name := range set.NamesByID() {
		j.keys = append(j.keys, string(append(appendQuoted(nil, []byte(name)), ':')))
	}
	j.collect = j.field
	return j
}

// Append appends the object of a packet, with a line end.
func (j *JSON) Append(dst []byte, p *Packet) []byte {
	dst = append(dst, `{"frame":{"number":`...)
	dst = strconv.AppendInt(dst, int64(p.Number), 10)
	dst = append(dst, `,"time":"`...)
	dst = p.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000000Z")
	dst = append(dst, `","len":`...)
	dst = strconv.AppendInt(dst, int64(p.Wire), 10)
	dst = append(dst, `,"captured":`...)
	dst = strconv.AppendInt(dst, int64(len(p.Data)), 10)
	dst = append(dst, `,"link":"`...)
	dst = append(append(dst, p.Link.String()...), '"')
	dst = appendComments(dst, p.Comments)
	dst = append(dst, `},"layers":[`...)
	reason := p.Reason()
	for i := range p.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		var why string
		if dst, why = j.layer(dst, p, i); reason == "" {
			reason = why
		}
	}
	dst = append(dst, ']')
	if reason != "" {
		dst = appendQuoted(append(dst, `,"malformed":`...), []byte(reason))
	}
	return append(dst, '}', '\n')
}

func appendComments(dst []byte, comments []string) []byte {
	if len(comments) == 0 {
		return dst
	}
	dst = append(dst, `,"comments":[`...)
	for i, c := range comments {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, []byte(c))
	}
	return append(dst, ']')
}

func (j *JSON) layer(dst []byte, p *Packet, i int) ([]byte, string) {
	sp := p.Layer(i)
	dst = append(dst, `{"proto":"`...)
	dst = append(dst, sp.Proto().Name...)
	dst = append(dst, `","off":`...)
	dst = strconv.AppendInt(dst, int64(sp.Start), 10)
	dst = append(dst, `,"len":`...)
	dst = strconv.AppendInt(dst, int64(sp.Header-sp.Start), 10)
	dst = append(dst, `,"fields":`...)
	j.entries, j.text = j.entries[:0], j.text[:0]
	reason := j.walk.Walk(&p.Stack, i, j.collect)
	dst = j.object(dst, 0, len(j.entries))
	return append(dst, '}'), reason
}

func (j *JSON) field(v *layer.Value) bool {
	e := entry{id: v.ID, depth: v.Depth, group: v.Field.Kind == layer.Group, start: len(j.text)}
	if !e.group {
		j.text = appendJSON(j.text, v)
	}
	e.end = len(j.text)
	j.entries = append(j.entries, e)
	return true
}

// object writes the entries from a to b that are not in a group among them.
func (j *JSON) object(dst []byte, a, b int) []byte {
	if j.nested == len(j.count) {
		j.count = append(j.count, make([]int, len(j.keys)))
	}
	count := j.count[j.nested]
	j.nested++
	for i := a; i < b; i = j.after(i, b) {
		count[j.entries[i].id]++
	}
	dst = append(dst, '{')
	first := true
	for i := a; i < b; i = j.after(i, b) {
		id := j.entries[i].id
		n := count[id]
		if n == 0 {
			continue // written with the first of its name
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, j.keys[id]...)
		count[id] = 0
		if n == 1 {
			dst = j.value(dst, i, b)
		} else {
			dst = j.array(dst, i, b, n)
		}
	}
	j.nested--
	return append(dst, '}')
}

// array writes the n entries from i on that have the id of that one.
func (j *JSON) array(dst []byte, i, b, n int) []byte {
	dst = append(dst, '[')
	for id := j.entries[i].id; n > 0; i = j.after(i, b) {
		if j.entries[i].id != id {
			continue
		}
		dst = j.value(dst, i, b)
		if n--; n > 0 {
			dst = append(dst, ',')
		}
	}
	return append(dst, ']')
}

// after is the entry after i in the same object: what is in a group is passed
// over.
func (j *JSON) after(i, b int) int {
	e := &j.entries[i]
	if i++; e.group {
		for i < b && j.entries[i].depth > e.depth {
			i++
		}
	}
	return i
}

func (j *JSON) value(dst []byte, i, b int) []byte {
	if e := &j.entries[i]; !e.group {
		return append(dst, j.text[e.start:e.end]...)
	}
	return j.object(dst, i+1, j.after(i, b))
}

func appendJSON(dst []byte, v *layer.Value) []byte {
	switch v.Field.Kind {
	case layer.Uint:
		return strconv.AppendUint(dst, v.U, 10)
	case layer.Int:
		return strconv.AppendInt(dst, int64(v.U), 10)
	case layer.Bool:
		return strconv.AppendBool(dst, v.U != 0)
	case layer.String, layer.CString:
		return appendQuoted(dst, v.B)
	case layer.Bytes:
		dst = append(dst, '"')
		const digits = "0123456789abcdef"
		for _, c := range v.B {
			dst = append(dst, digits[c>>4], digits[c&15])
		}
		return append(dst, '"')
	}
	dst = append(dst, '"')
	dst = v.AppendShow(dst)
	return append(dst, '"')
}

// appendQuoted appends text as JSON. Bytes that are not UTF-8 become \ufffd.
func appendQuoted(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for len(b) > 0 {
		c := b[0]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(b)
			if r == utf8.RuneError && n == 1 {
				dst = append(dst, `\ufffd`...)
			} else {
				dst = append(dst, b[:n]...)
			}
			b = b[n:]
			continue
		}
		b = b[1:]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ' || c == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
