package craft

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// candidate is a field that may be varied.
type candidate struct {
	field *layer.Field
	maybe bool // it is not always there
	read  bool // others depend on it
	next  bool // the next layer is found by it
}

// choices is what is to be known of a protocol to vary it.
type choices struct {
	last bool            // no protocol follows
	read map[string]bool // the names in its expressions
	next map[string]bool // and in those that find the next layer
	keep map[string]bool // fields by which the layer is known
}

func choicesOf(p *layer.Proto, last bool) *choices {
	c := &choices{last: last, read: map[string]bool{}, next: map[string]bool{}, keep: map[string]bool{}}
	words(c.keep, p.Check)
	words(c.read, p.Header, p.Total, p.Payload)
	for _, n := range p.Next {
		words(c.read, n.When)
		words(c.next, n.By)
	}
	var walk func([]layer.Field)
	walk = func(list []layer.Field) {
		for i := range list {
			f := &list[i]
			words(c.read, f.When, f.Len, f.Repeat, f.Until, f.Switch)
			if f.Calc != "" && f.Name == "" {
				words(c.read, f.Calc)
			}
			walk(f.Sub)
			for _, of := range f.Cases {
				walk(of.Fields)
			}
		}
	}
	walk(p.Fields)
	return c
}

// words adds the names in expressions.
func words(to map[string]bool, expressions ...string) {
	for _, e := range expressions {
		for _, w := range strings.FieldsFunc(e, func(r rune) bool {
			return r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			to[w] = true
		}
	}
}

// named tells whether a field is among names, as expressions name fields.
func named(names map[string]bool, f *layer.Field) bool {
	if f.Alias != "" && names[f.Alias] || f.Name != "" && names[f.Name] {
		return true
	}
	for i := range f.Name {
		if f.Name[i] == '.' && names[f.Name[i+1:]] {
			return true
		}
	}
	return false
}

// candidates are the fields of a list that may be varied and are not given.
func (c *choices) candidates(scope []layer.Field, have []layer.Given) []candidate {
	s := survey{choices: c, given: map[string]bool{}}
	for i := range have {
		if f := layer.FindField(scope, have[i].Name); f != nil {
			s.given[name(f)] = true
		}
	}
	if len(scope) == 1 && name(&scope[0]) == "" && scope[0].Kind == layer.Uint && scope[0].Bits == 0 {
		s.inside(&scope[0], false) // what is within a field
	} else {
		s.list(scope, false, nil)
	}
	return s.out
}

// given tells whether a field is among those that are given.
func (c *choices) given(f *layer.Field, have []layer.Given) bool {
	for i := range have {
		if have[i].Name == name(f) && f.Repeat == "" {
			return true
		}
	}
	return false
}

// survey looks for candidates.
type survey struct {
	*choices
	given map[string]bool
	out   []candidate
}

func (s *survey) inside(f *layer.Field, maybe bool) {
	s.list(f.Sub, maybe, nil)
	for i := range f.Cases {
		s.list(f.Cases[i].Fields, true, f.Cases[i].Of)
	}
}

func (s *survey) list(list []layer.Field, maybe bool, of []uint64) {
	for i := range list {
		s.field(&list[i], maybe || list[i].When != "", of)
	}
}

func (s *survey) field(f *layer.Field, maybe bool, of []uint64) {
	switch {
	case f.Calc != "", f.At != "", s.given[name(f)] && name(f) != "", named(s.keep, f):
	case f.Auto != "" && !(f.Auto == "next" && s.last):
	case f.Code != nil:
		s.coded(f, maybe)
	case name(f) == "":
		s.inside(f, maybe || f.Repeat != "" && f.Repeat != "*")
	case composite(f) && s.anyGiven(f):
		s.inside(f, true)
	case composite(f):
		s.add(f, true, of)
	case f.Number() && f.Width() > 0 && s.split(f):
		s.inside(f, maybe)
	case f.Kind != layer.Group:
		s.add(f, maybe, of)
	}
}

// coded adds what is read by a function, if it can be written as well.
func (s *survey) coded(f *layer.Field, maybe bool) {
	switch {
	case f.Make != nil:
		s.list(f.Sub, true, nil)
	case f.Write == nil:
	case len(f.Sub) == 0 && name(f) != "":
		s.add(f, maybe, nil)
	case len(f.Sub) > 0 && !s.given[name(&f.Sub[0])]:
		s.add(&f.Sub[0], maybe, nil)
	}
}

func (s *survey) add(f *layer.Field, maybe bool, of []uint64) {
	read := named(s.read, f)
	for _, v := range of {
		read = read || f.Default == v && v != 0
	}
	next := named(s.next, f) || f.Auto == "next"
	s.out = append(s.out, candidate{f, maybe, read, next})
	s.given[name(f)] = true // one of several by that name
}

// anyGiven tells whether something in a field is given without it.
func (s *survey) anyGiven(f *layer.Field) bool {
	for i := range f.Sub {
		if x := &f.Sub[i]; name(x) != "" && s.given[name(x)] || s.anyGiven(x) {
			return true
		}
	}
	for _, c := range f.Cases {
		if s.anyGiven(&layer.Field{Sub: c.Fields}) {
			return true
		}
	}
	return false
}

// split tells whether the bits of a number are varied one by one: where some are
// given, computed or needed, or where others depend on some.
func (s *survey) split(f *layer.Field) bool {
	for i := range f.Sub {
		x := &f.Sub[i]
		if name(x) != "" && s.given[name(x)] || x.Auto != "" || named(s.keep, x) || named(s.read, x) || s.split(x) {
			return true
		}
	}
	return false
}

// draw gives a field a random value.
func (c *choices) draw(r *rand.Rand, of candidate) layer.Given {
	f := of.field
	g := layer.Given{Name: name(f)}
	width := f.Width()
	size, err := strconv.Atoi(f.Len)
	switch {
	case of.read && len(f.Enum) > 0 && r.IntN(2) == 0:
		g.U = oneOf(r, f.Enum)
	case f.Number() && width == 0:
		g.U = r.Uint64() >> (64 - 8*(1+r.IntN(4)))
	case width > 0:
		it := item{high: 1<<min(width, 63) - 1, size: width / 8}
		if width >= 64 {
			it.high = ^uint64(0)
		}
		if put(&g, it.draw(r, f)); f.Kind == layer.MAC {
			g.B[0] = byte(r.Uint32()) // groups, too
		}
		if f.Number() && f.Kind != layer.IPv4 && r.IntN(8) == 0 {
			g.U = [...]uint64{0, 1, it.high, it.high/2 + 1}[r.IntN(4)]
		}
	case f.Kind == layer.String || f.Kind == layer.CString:
		switch {
		case err != nil || size <= 0:
			size = 1 + r.IntN(12)
		case f.Kind == layer.CString:
			size = 1 + r.IntN(max(size-1, 1)) // the NUL has room, too
		}
		g.B = drawText(r, min(size, 1<<10), f.Len == "")
	case f.Kind == layer.OID:
		g.B = []byte{0x2B, byte(r.IntN(128)), byte(r.IntN(128)), byte(r.IntN(128))}
	default:
		if err != nil || size <= 0 {
			size = 1 + r.IntN(16)
		}
		it := item{size: min(size, 1<<10)}
		put(&g, it.draw(r, f))
	}
	return g
}

// oneOf is one of the values that have a name.
func oneOf(r *rand.Rand, e layer.Enum) uint64 {
	keys := slices.Sorted(maps.Keys(e)) // in order, so that the same seed gives the same
	return keys[r.IntN(len(keys))]
}

// drawText makes a text of letters and digits, with a dot among them at times.
func drawText(r *rand.Rand, size int, dots bool) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)]
	}
	if dots && size > 4 && r.IntN(2) == 0 {
		b[size/2] = '.'
	}
	return b
}
