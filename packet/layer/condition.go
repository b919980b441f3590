package layer

import "fmt"

// Condition is an expression over the fields of a layer as it came, such as the
// When of an [Answer]. It is not safe for use by several goroutines.
type Condition struct {
	expr *Expr
	refs []FieldRef
	vals []uint64
	w    Walker
	v    Value
}

// Condition compiles an expression over the fields of a protocol.
func (s *Set) Condition(p *Proto, text string) (*Condition, error) {
	c := &Condition{}
	var err error
	c.expr, err = parseExpr(text, func(name string) (*Expr, error) {
		ref, ok := s.Field(p, name)
		if !ok {
			return nil, fmt.Errorf("%s has no field %q", p.Name, name)
		}
		c.refs = append(c.refs, ref)
		return &Expr{op: opSlot, n: int64(len(c.refs) - 1)}, nil
	})
	c.vals = make([]uint64, len(c.refs))
	return c, err
}

// FieldsOf lists the fields of a protocol with that alias, full name, or last part
// of its name, which are several where a layer has one or another.
func (s *Set) FieldsOf(p *Proto, name string) (refs []FieldRef) {
	first, ok := s.Field(p, name)
	if !ok {
		return nil
	}
	refs = append(refs, first)
	if first.Field.Alias != name {
		return refs
	}
	seen := map[int]bool{first.ID: true}
	findIn(s.code(p.Name).fields, func(n *node) bool {
		if n.Alias == name && !seen[n.id] {
			seen[n.id] = true
			refs = append(refs, s.ref(n.id))
		}
		return false
	})
	return refs
}

// Holds tells whether the expression is not 0 for the i-th layer of a frame.
// Fields that the layer does not have are 0 in it.
func (c *Condition) Holds(st *Stack, i int) bool {
	for k := range c.refs {
		c.vals[k] = 0
		if st.Value(i, &c.refs[k], &c.w, &c.v) {
			c.vals[k] = c.v.U
		}
	}
	sp := &st.layers[i]
	s := scope{data: st.Data, start: sp.Start, header: sp.Header, base: sp.Start, end: sp.End, wire: sp.Wire, bit: sp.Start * 8, vals: c.vals}
	return c.expr.eval(&s) != 0
}
