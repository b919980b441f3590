package layer

import (
	"maps"
	"slices"
	"strings"
)

// Fields lists the fields of that name: the one that is called so, the alias of
// one ("tcp.dport"), or all that answer to it ("ip.addr" is "ip.src" and
// "ip.dst"). An unknown name gives none.
func (s *Set) Fields(name string) []FieldRef {
	if id, ok := s.names[name]; ok {
		return []FieldRef{s.ref(id)}
	}
	if ids := s.also[name]; ids != nil {
		refs := make([]FieldRef, len(ids))
		for i, id := range ids {
			refs[i] = s.ref(id)
		}
		return refs
	}
	proto, alias, _ := strings.Cut(name, ".")
	if c := s.code(proto); c != nil && alias != "" {
		if n := findIn(c.fields, func(n *node) bool { return n.Alias == alias }); n != nil {
			return []FieldRef{s.ref(n.id)}
		}
	}
	return nil
}

// Field is the field of a protocol with that alias, full name, or last part of
// its name.
func (s *Set) Field(p *Proto, name string) (ref FieldRef, ok bool) {
	c := s.code(p.Name)
	if c == nil {
		return ref, false
	}
	for _, is := range []func(n *node) bool{
		func(n *node) bool { return n.Alias == name || n.Name == name },
		func(n *node) bool { return strings.HasSuffix(n.Name, "."+name) },
	} {
		if n := findIn(c.fields, is); n != nil {
			return s.ref(n.id), true
		}
	}
	return ref, false
}

// findIn is the first named field in a list, at any depth, of which is is true.
func findIn(list []node, is func(*node) bool) *node {
	for i := range list {
		n := &list[i]
		if n.id >= 0 && is(n) {
			return n
		}
		if found := findIn(n.sub, is); found != nil {
			return found
		}
		for _, c := range n.ordered {
			if found := findIn(c, is); found != nil {
				return found
			}
		}
	}
	return nil
}

func (s *Set) ref(id int) FieldRef {
	r := FieldRef{ID: id, Field: s.fields[id], proto: s.owners[id], place: -1}
	if r.shared = s.shared[id]; r.shared {
		return r
	}
	if n := findIn(s.protos[r.proto].ready().fields, func(n *node) bool { return n.id == id }); n != nil && n.Calc == "" && n.width > 0 {
		r.place, r.width = n.place, n.width
	}
	return r
}

// Names lists the names of all fields, sorted.
func (s *Set) Names() []string {
	return slices.Sorted(maps.Keys(s.names))
}

// FieldRef is a field of a set, found once and read often.
type FieldRef struct {
	ID     int // what [Value].ID is for this field
	Field  *Field
	proto  int
	shared bool
	place  int // in bits from the start of the layer, -1 if it varies
	width  int
}

// Fixed tells whether the field is always there and at the same place of its
// layer.
func (r *FieldRef) Fixed() bool { return r.place >= 0 && r.width > 0 }

// Place is where in its layer a field that is [FieldRef.Fixed] lies, and how wide
// it is, both in bits.
func (r *FieldRef) Place() (bit, width int) { return r.place, r.width }

// Uint reads a number, flag or IPv4 address in the first layer that has the
// field. Fields at a fixed place are read directly, others by a walk.
func (st *Stack) Uint(ref *FieldRef) (v uint64, ok bool) {
	for i := 0; ; i++ {
		sp := st.At(i)
		if sp == nil {
			return 0, false
		}
		if sp.code.id != ref.proto && !ref.shared {
			continue
		}
		if ref.place >= 0 && ref.width > 0 {
			if sp.Start*8+ref.place+ref.width > sp.End*8 {
				return 0, false
			}
			return readBits(st.Data, sp.Start*8+ref.place, ref.width, ref.Field.LE), true
		}
		if v, ok := st.seek(i, ref.ID); ok {
			return v, true
		}
	}
}

// seek finds a number in a layer by a walk.
func (st *Stack) seek(i, id int) (u uint64, ok bool) {
	var w Walker
	w.Walk(st, i, func(v *Value) bool {
		if v.ID == id {
			u, ok = v.U, true
		}
		return !ok
	})
	return u, ok
}

// Value reads a field in the i-th layer, the first of that name. Fields at a
// fixed place are read directly, others by a walk with w. It returns false where
// the layer does not have it. What v shows is lent until w is used again.
func (st *Stack) Value(i int, ref *FieldRef, w *Walker, v *Value) bool {
	sp := &st.layers[i]
	if sp.code.id != ref.proto && !ref.shared {
		return false
	}
	if !ref.Fixed() {
		return w.first(st, i, ref.ID, v)
	}
	bit := sp.Start*8 + ref.place
	if bit+ref.width > sp.End*8 {
		return false
	}
	off := bit / 8
	*v = Value{Field: ref.Field, ID: ref.ID, Off: off, Len: (bit%8 + ref.width + 7) / 8}
	if bit%8 != 0 || ref.width%8 != 0 {
		v.Bit, v.Bits = bit%8, ref.width
	}
	v.B = st.Data[off : off+v.Len]
	if ref.Field.number() {
		v.U = readBits(st.Data, bit, ref.width, ref.Field.LE)
		if ref.Field.Kind == Int && ref.width < 64 {
			v.U = uint64(int64(v.U<<(64-ref.width)) >> (64 - ref.width))
		}
	}
	return true
}

// first walks a layer up to a field.
func (w *Walker) first(st *Stack, i, id int, v *Value) bool {
	if w.pick == nil {
		w.pick = func(seen *Value) bool {
			w.found = seen.ID == w.wanted
			return !w.found
		}
	}
	w.wanted, w.found = id, false
	w.Walk(st, i, w.pick)
	if w.found {
		*v = w.v
	}
	return w.found
}

// NamesByID lists the names of all fields, each at the index of its ID.
func (s *Set) NamesByID() []string {
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.Name
	}
	return names
}

// In tells whether the i-th layer of a frame may have the field.
func (r *FieldRef) In(st *Stack, i int) bool {
	return r.shared || st.layers[i].code.id == r.proto
}
