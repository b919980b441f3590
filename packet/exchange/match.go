package exchange

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// Matcher tells which packets answer which others, by what the tables of their
// protocols say ([layer.Answer]). It is not safe for use by several goroutines.
type Matcher struct {
	*rules
	when   []*layer.Condition // by the ID of the protocol
	wa, wb layer.Walker
	va, vb layer.Value
}

// NewMatcher makes a matcher for packets that are read by a set of protocols; nil
// is those that are built in. It fails where a table names a field that is not
// there.
func NewMatcher(set *layer.Set) (*Matcher, error) {
	r, err := rulesOf(set)
	if err != nil {
		return nil, err
	}
	m := &Matcher{rules: r, when: make([]*layer.Condition, len(r.by))}
	for i, one := range r.by {
		if one == nil || one.When == "" {
			continue
		}
		if m.when[i], err = r.set.Condition(one.proto, one.When); err != nil {
			return nil, fmt.Errorf("what answers %s: %w", one.proto.Name, err)
		}
	}
	return m, nil
}

// Answers tells whether a packet is an answer to another, layer by layer. Layers
// that say nothing of answers, such as Ethernet's, are passed over; an error that
// quotes the packet answers it, too.
func (m *Matcher) Answers(ask, answer *layer.Stack) bool {
	i, j := m.next(ask, 0), m.next(answer, 0)
	if i == ask.Len() {
		return false // nothing that could be answered
	}
	seen := false // an address
	for i < ask.Len() && j < answer.Len() {
		r := m.rule(ask, i)
		if q := m.quote(r, answer, j); q > 0 {
			return m.addressed(r, ask, i, answer, j) && m.quotes(ask, i, answer, q)
		}
		if m.rule(answer, j) != r || !m.fits(r, ask, i, answer, j) {
			return false
		}
		if r.proto.Stream {
			return true // its payload may be anything
		}
		seen = seen || r.addresses
		i, j = m.next(ask, i+1), m.next(answer, j+1)
		if i < ask.Len() && j < answer.Len() {
			continue
		}
		if r.addresses || !seen {
			return i == ask.Len() && j == answer.Len()
		}
		// Which protocol a port carries is not certain.
		return i == ask.Len() || answer.Layer(answer.Len()-1).Proto().Name == "data"
	}
	return false
}

// next is the first layer from there on of which something is said.
func (m *Matcher) next(st *layer.Stack, from int) int {
	for ; from < st.Len(); from++ {
		if m.by[st.Layer(from).ID()] != nil {
			return from
		}
	}
	return from
}

func (m *Matcher) rule(st *layer.Stack, i int) *rule { return m.by[st.Layer(i).ID()] }

// quote is where in an answer a packet is quoted by an error that the i-th layer
// carries; 0 if none is.
func (m *Matcher) quote(r *rule, answer *layer.Stack, j int) int {
	if len(r.By) == 0 || !r.addresses {
		return 0
	}
	k := m.next(answer, j+1)
	if k+1 >= answer.Len() {
		return 0
	}
	p := answer.Layer(k).Proto()
	if !slices.Contains(r.By, p.Name) {
		return 0
	}
	quoted := answer.Layer(k + 1).Proto()
	for i := range p.Next {
		if p.Next[i].Quoted && (p.Next[i].Proto == quoted.Name || p.Next[i].Proto == "") {
			return k + 1
		}
	}
	return 0
}

// addressed tells whether an error went to the sender of a packet.
func (m *Matcher) addressed(r *rule, ask *layer.Stack, i int, answer *layer.Stack, j int) bool {
	for k := range r.swap {
		if !ask.Value(i, &r.swap[k][0], &m.wa, &m.va) || !answer.Value(j, &r.swap[k][1], &m.wb, &m.vb) {
			return false
		}
		if !equal(&m.va, &m.vb) && !unspecified(&m.va) {
			return false
		}
	}
	return true
}

// quotes tells whether a packet is the one that an error quotes from its j-th
// layer on, as far as it does, which is the outermost transport in the least (RFC
// 792).
func (m *Matcher) quotes(ask *layer.Stack, i int, answer *layer.Stack, j int) bool {
	var seen, enough bool // an address, and the transport above it
	for {
		i, j = m.next(ask, i), m.next(answer, j)
		if i == ask.Len() || j == answer.Len() {
			return enough || seen && i == ask.Len() && j == answer.Len()
		}
		r := m.rule(ask, i)
		if m.rule(answer, j) != r {
			return enough
		}
		for k := range r.swap {
			for side := range r.swap[k] {
				if !m.alike(r.swap[k][side:side+1], ask, i, answer, j, enough) {
					return false
				}
			}
		}
		for k := range r.same {
			if !m.alike(r.same[k], ask, i, answer, j, enough) {
				return false
			}
		}
		enough = enough || seen && !r.addresses
		seen = seen || r.addresses
		i, j = i+1, j+1
	}
}

// alike tells whether a field holds the same in two layers, or is missing in both,
// or cut off in the second.
func (m *Matcher) alike(refs []layer.FieldRef, a *layer.Stack, i int, b *layer.Stack, j int, cut bool) bool {
	inA, inB := value(a, i, refs, &m.wa, &m.va), value(b, j, refs, &m.wb, &m.vb)
	if !inA || !inB {
		return inA == inB || cut && !inB
	}
	return equal(&m.va, &m.vb)
}

// value reads the one of some fields that a layer has.
func value(st *layer.Stack, i int, refs []layer.FieldRef, w *layer.Walker, v *layer.Value) bool {
	for k := range refs {
		if st.Value(i, &refs[k], w, v) {
			return true
		}
	}
	return false
}

// fits tells whether a layer answers another of the same protocol.
func (m *Matcher) fits(r *rule, ask *layer.Stack, i int, answer *layer.Stack, j int) bool {
	for k := range r.swap {
		if !m.swapped(r, &r.swap[k], ask, i, answer, j) {
			return false
		}
	}
	for k := range r.same {
		if !m.alike(r.same[k], ask, i, answer, j, false) {
			return false
		}
	}
	for k := range r.pairs {
		p := &r.pairs[k]
		if !ask.Value(i, &p.ref, &m.wa, &m.va) || !answer.Value(j, &p.ref, &m.wb, &m.vb) ||
			!slices.Contains(p.list, layer.Answers{Ask: m.va.U, Answer: m.vb.U}) {
			return false
		}
	}
	if when := m.when[answer.Layer(j).ID()]; when != nil && (!when.Holds(answer, j) || when.Holds(ask, i)) {
		return false
	}
	return r.Fits == nil || r.Fits(part(ask, i), part(answer, j))
}

// swapped tells whether sender and receiver are exchanged. What was sent to many
// may be answered by anybody, and to many; what was sent by nobody in particular
// may be answered to anybody.
func (m *Matcher) swapped(r *rule, refs *[2]layer.FieldRef, ask *layer.Stack, i int, answer *layer.Stack, j int) bool {
	if !r.addresses && (m.alone(ask, i+1) || m.alone(answer, j+1)) {
		return m.alone(ask, i+1) && m.alone(answer, j+1) && m.rule(ask, i+1) == m.rule(answer, j+1)
	}
	from, to := &refs[0], &refs[1]
	if !ask.Value(i, to, &m.wa, &m.va) || !answer.Value(j, from, &m.wb, &m.vb) {
		return false
	}
	toMany := r.toMany(&m.va, ask, i)
	if !toMany && !equal(&m.va, &m.vb) {
		return false
	}
	sender := m.vb // what it shows is the packet's
	if !ask.Value(i, from, &m.wa, &m.va) || !answer.Value(j, to, &m.wb, &m.vb) {
		return false
	}
	switch {
	case equal(&m.va, &m.vb):
		return true
	case !r.addresses:
		return false
	case unspecified(&m.va):
		return true
	}
	return toMany && many(&m.vb) && !equal(&m.va, &sender)
}

// alone tells whether a layer is of a protocol whose carrier is not looked at.
func (m *Matcher) alone(st *layer.Stack, i int) bool {
	return i < st.Len() && m.rule(st, i) != nil && m.rule(st, i).Alone
}

// part is the bytes of a layer and what it carries.
func part(st *layer.Stack, i int) []byte { return st.Data[st.Layer(i).Start:st.Layer(i).End] }

func equal(a, b *layer.Value) bool {
	if a.Field.Number() {
		return a.U == b.U
	}
	return bytes.Equal(a.B, b.B)
}

// unspecified tells whether a value is the address of nobody.
func unspecified(v *layer.Value) bool {
	a, ok := netip.AddrFromSlice(v.B)
	return ok && a.IsUnspecified()
}

// many tells whether a value is a multicast or broadcast address.
func many(v *layer.Value) bool {
	a, ok := netip.AddrFromSlice(v.B)
	return ok && (a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}))
}

// toMany tells whether a layer is for many by its address, or by that of the frame
// around it: a network's own broadcast address cannot be known as such.
func (r *rule) toMany(to *layer.Value, st *layer.Stack, i int) bool {
	return r.addresses && (many(to) || len(r.proto.Next) > 0 && manyOnLink(st, i))
}

// manyOnLink tells whether an Ethernet frame around a layer is for many.
func manyOnLink(st *layer.Stack, i int) bool {
	for i--; i >= 0; i-- {
		switch sp := st.Layer(i); sp.Proto().Name {
		case "eth":
			return sp.Start < sp.End && st.Data[sp.Start]&1 != 0
		case "ip", "ipv6":
			return false
		}
	}
	return false
}
