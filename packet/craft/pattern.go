package craft

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/packet/layer"
)

// Pattern is a craft line that is held against packets instead of made into them.
// It is not safe for use by several goroutines.
type Pattern struct {
	parts []patternPart
	walk  layer.Walker
}

// patternPart is a layer, and what its fields hold.
type patternPart struct {
	proto   *layer.Proto // nil for bytes
	payload []byte
	fields  []patternField
}

type patternField struct {
	refs  []layer.FieldRef
	items []*item
}

// Pattern makes the line one that packets match which have its layers, in their
// order, with others between them or not, and in each the fields that are given:
// one of the values, a number or an address in one of the ranges. A field that
// comes several times matches if one of them does. Bytes are what a payload begins
// with. It fails for fields that cannot be read by their name alone.
func (s *Spec) Pattern() (*Pattern, error) {
	p := &Pattern{}
	if names := s.Templates(); len(names) > 0 {
		return nil, fmt.Errorf("craft line: ${%s} has no value here: it is a pattern", names[0])
	}
	for _, part := range s.parts {
		q := patternPart{proto: part.proto}
		for _, it := range []*item{part.payload, part.rest} {
			if it != nil {
				q.payload = it.one.b
			}
		}
		if err := s.patternFields(&q, part.fields); err != nil {
			return nil, inCharacters(s.line, err)
		}
		p.parts = append(p.parts, q)
	}
	return p, nil
}

func (s *Spec) patternFields(q *patternPart, list []*value) error {
	for _, v := range list {
		if v.nested {
			if err := s.patternFields(q, v.subs); err != nil {
				return err
			}
			continue
		}
		f := patternField{items: v.items}
		switch {
		case v.field.Name != "":
			if ref, ok := s.set.Field(q.proto, v.field.Name); ok {
				f.refs = []layer.FieldRef{ref}
			}
		case v.field.Alias != "":
			f.refs = s.set.FieldsOf(q.proto, v.field.Alias)
		}
		if len(f.refs) == 0 {
			return &Error{v.items[0].column + 1, fmt.Sprintf("%s cannot be compared with what packets hold", v.field.Short())}
		}
		q.fields = append(q.fields, f)
	}
	return nil
}

// Match tells whether a packet is like the pattern.
func (p *Pattern) Match(st *layer.Stack) bool { return p.from(st, 0, 0) }

// from tells whether the layers from the i-th on have the parts from the k-th on.
func (p *Pattern) from(st *layer.Stack, i, k int) bool {
	if k == len(p.parts) {
		return true
	}
	for ; i < st.Len(); i++ {
		if p.layer(st, i, &p.parts[k]) && p.from(st, i+1, k+1) {
			return true
		}
	}
	return false
}

func (p *Pattern) layer(st *layer.Stack, i int, part *patternPart) bool {
	sp := st.Layer(i)
	if part.proto == nil {
		return bytes.HasPrefix(st.Data[sp.Start:sp.End], part.payload)
	}
	if sp.Proto() != part.proto {
		return false
	}
	for k := range part.fields {
		if !p.field(st, i, &part.fields[k]) {
			return false
		}
	}
	return true
}

func (p *Pattern) field(st *layer.Stack, i int, f *patternField) bool {
	for k := range f.refs {
		ref := &f.refs[k]
		if ref.Fixed() {
			var v layer.Value
			if st.Value(i, ref, &p.walk, &v) && f.matches(&v) {
				return true
			}
			continue
		}
		found := false
		p.walk.Walk(st, i, func(v *layer.Value) bool {
			found = v.ID == ref.ID && f.matches(v)
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

func (f *patternField) matches(v *layer.Value) bool {
	for _, it := range f.items {
		if it.matches(v) {
			return true
		}
	}
	return false
}

// matches tells whether a value is the item, or in its range.
func (it *item) matches(v *layer.Value) bool {
	addr, isAddr := netip.Addr{}, false
	if v.Field.Kind == layer.IPv4 || v.Field.Kind == layer.IPv6 {
		addr, isAddr = netip.AddrFromSlice(v.B)
	}
	switch {
	case it.from.IsValid():
		return isAddr && !addr.Less(it.from) && !it.to.Less(addr)
	case it.random:
		return !v.Field.Number() || it.low <= v.U && v.U <= it.high
	case it.span:
		return it.low <= v.U && v.U <= it.high
	case it.one.raw != nil:
		return bytes.Equal(it.one.raw, v.B)
	case v.Field.Number() && it.one.b == nil:
		return v.U == it.one.u
	}
	return bytes.Equal(it.one.b, v.B)
}
