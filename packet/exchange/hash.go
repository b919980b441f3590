package exchange

import "github.com/netwright/netwright/packet/layer"

// Hash is what a packet and its answers have in common, as a number: they can only
// answer one another if one of the keys that [Matcher.Keys] gives for the answer is
// one of the request's.
type Hash uint64

// Keys appends the keys of a packet. A request is kept under up to three: one of all
// its layers, one of the outermost transport, which is as much as an error is sure
// to quote, and, for a tunnel, that with the ports. An answer may have been to a
// request of which its source is no part, so that it has up to ten.
func (m *Matcher) Keys(dst []Hash, st *layer.Stack, request bool) []Hash {
	if request {
		h := m.hash(st, -1, 0)
		if m.single(st) {
			h.whole, h.outer = h.whole+h.ends, h.outer+h.outerEnds
		}
		if dst = distinct(dst, h.whole, h.outer); h.ports != 0 {
			dst = append(dst, h.outer+h.ports)
		}
		return dst
	}
	if j, q := m.findQuote(st); q > 0 {
		h := m.hash(st, j, q)
		if dst = h.all(dst); h.ports != 0 { // of a request that is no tunnel, cut as it is
			dst = distinct(dst, h.outer+h.outerEnds+h.ports, h.outer+h.ports)
		}
	}
	return m.hash(st, -1, 0).all(dst)
}

// sums are what the layers of a packet come to, all and those through the outermost
// transport, what their addresses add, and the ports of a tunnel, which its answer
// does not have but a quote of it does.
type sums struct{ whole, outer, ends, outerEnds, ports Hash }

func (h sums) all(dst []Hash) []Hash {
	dst = distinct(dst, h.whole+h.ends, h.outer+h.outerEnds)
	return distinct(dst, h.whole, h.outer)
}

func distinct(dst []Hash, a, b Hash) []Hash {
	if dst = append(dst, a); a != b {
		dst = append(dst, b)
	}
	return dst
}

// findQuote is where an error quotes a packet, and which layer carries the error.
func (m *Matcher) findQuote(st *layer.Stack) (j, q int) {
	for j = m.next(st, 0); j < st.Len(); j = m.next(st, j+1) {
		if q = m.quote(m.rule(st, j), st, j); q > 0 {
			return j, q
		}
	}
	return -1, 0
}

// single tells whether a packet goes from one address to one other, which are those
// of its answer.
func (m *Matcher) single(st *layer.Stack) bool {
	for i := m.next(st, 0); i < st.Len(); i = m.next(st, i+1) {
		r := m.rule(st, i)
		if !r.addresses {
			continue
		}
		for k := range r.swap {
			if !st.Value(i, &r.swap[k][0], &m.wa, &m.va) || unspecified(&m.va) || many(&m.va) {
				return false
			}
			if !st.Value(i, &r.swap[k][1], &m.wa, &m.va) || r.toMany(&m.va, st, i) {
				return false
			}
		}
	}
	return true
}

// hash goes over the layers. Instead of what begins at the layer skip, it takes the
// quoted packet from q on.
func (m *Matcher) hash(st *layer.Stack, skip, q int) (h sums) {
	var seen, ended bool // an address, and the transport above it
	for i := m.next(st, 0); i < st.Len(); i = m.next(st, i+1) {
		if i == skip {
			i = q
		}
		r := m.rule(st, i)
		ports := h.ports
		m.layerHash(&h, r, st, i)
		if ended {
			h.ports = ports // a tunnel's in a tunnel
		} else {
			h.outer, h.outerEnds = h.whole, h.ends
		}
		ended = ended || seen && !r.addresses
		seen = seen || r.addresses
		if r.proto.Stream {
			break
		}
	}
	return h
}

// layerHash adds what is the same for a layer and what answers it.
func (m *Matcher) layerHash(h *sums, r *rule, st *layer.Stack, i int) {
	own := mix(uint64(st.Layer(i).ID()) + 1)
	to := &own
	switch {
	case r.addresses:
		to = &h.ends
	case m.alone(st, i+1):
		to = &h.ports
	}
	for k := range r.swap {
		for side := range r.swap[k] {
			if st.Value(i, &r.swap[k][side], &m.wa, &m.va) {
				*to += mix(uint64(k)<<32 ^ fold(&m.va)) // the same in either order
			}
		}
	}
	for k := range r.same {
		if value(st, i, r.same[k], &m.wa, &m.va) {
			own = own*31 + mix(fold(&m.va))
		}
	}
	h.whole += own
}

// fold is a value as a number.
func fold(v *layer.Value) uint64 {
	if v.Field.Number() {
		return v.U
	}
	h := uint64(14695981039346656037)
	for _, c := range v.B {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// mix spreads a number over all bits (the finalizer of MurmurHash3).
func mix(x uint64) Hash {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>33) * 0xFF51AFD7ED558CCD
	x = (x ^ x>>33) * 0xC4CEB9FE1A85EC53
	return Hash(x ^ x>>33)
}
