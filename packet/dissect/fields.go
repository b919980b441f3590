package dissect

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// Fields prints the values of chosen fields, a line for each frame, with
// separators between them; several values of one field are joined by commas. It
// is not safe for several goroutines.
type Fields struct {
	Separator string // between fields; a tab when empty

	columns []column
	slots   [][]int // by id of a field, the columns it goes to
	walk    layer.Walker
	visit   func(*layer.Value) bool
}

type column struct {
	frame func(dst []byte, p *Packet) []byte // for frame.number and the like
	value []byte
	any   bool
}

// frameFields are those that are not in the frame's bytes.
var frameFields = map[string]func(dst []byte, p *Packet) []byte{
	"frame.number":        func(dst []byte, p *Packet) []byte { return strconv.AppendInt(dst, int64(p.Number), 10) },
	"frame.len":           func(dst []byte, p *Packet) []byte { return strconv.AppendInt(dst, int64(p.Wire), 10) },
	"frame.cap_len":       func(dst []byte, p *Packet) []byte { return strconv.AppendInt(dst, int64(len(p.Data)), 10) },
	"frame.time_relative": func(dst []byte, p *Packet) []byte { return fmt.Appendf(dst, "%.9f", p.Since.Seconds()) },
	"frame.time_epoch": func(dst []byte, p *Packet) []byte {
		return fmt.Appendf(dst, "%d.%09d", p.Time.Unix(), p.Time.Nanosecond())
	},
	"frame.time": func(dst []byte, p *Packet) []byte {
		return p.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000000Z")
	},
	"frame.protocols": func(dst []byte, p *Packet) []byte {
		for i := range p.Len() {
			if i > 0 {
				dst = append(dst, ':')
			}
			dst = append(dst, p.Layer(i).Proto().Name...)
		}
		return dst
	},
	"frame.interface_id": func(dst []byte, p *Packet) []byte { return strconv.AppendInt(dst, int64(p.Interface), 10) },
	"frame.comment":      func(dst []byte, p *Packet) []byte { return append(dst, strings.Join(p.Comments, ",")...) },
}

// NewFields makes a printer of the fields of these names. An unknown name is an
// error that says which is like it.
func NewFields(set *layer.Set, names []string) (*Fields, error) {
	f := &Fields{columns: make([]column, len(names)), slots: make([][]int, len(set.NamesByID()))}
	for i, name := range names {
		if f.columns[i].frame = frameFields[name]; f.columns[i].frame != nil {
			continue
		}
		refs := set.Fields(name)
		if refs == nil {
			return nil, fmt.Errorf("there is no field %q%s", name, set.Suggest(name))
		}
		for _, ref := range refs {
			f.slots[ref.ID] = append(f.slots[ref.ID], i)
		}
	}
	f.visit = f.take
	return f, nil
}

// Append appends the line of a packet, with its end.
func (f *Fields) Append(dst []byte, p *Packet) []byte {
	for i := range f.columns {
		f.columns[i].value, f.columns[i].any = f.columns[i].value[:0], false
	}
	for i := range p.Len() {
		f.walk.Walk(&p.Stack, i, f.visit)
	}
	separator := f.Separator
	if separator == "" {
		separator = "\t"
	}
	for i := range f.columns {
		if i > 0 {
			dst = append(dst, separator...)
		}
		if c := &f.columns[i]; c.frame != nil {
			dst = c.frame(dst, p)
		} else {
			dst = append(dst, c.value...)
		}
	}
	return append(dst, '\n')
}

func (f *Fields) take(v *layer.Value) bool {
	for _, i := range f.slots[v.ID] {
		c := &f.columns[i]
		if c.any {
			c.value = append(c.value, ',')
		}
		c.any = true
		c.value = v.AppendShow(c.value)
	}
	return true
}
