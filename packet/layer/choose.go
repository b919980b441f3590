package layer

import "slices"

// state is how far a build has come, to go back to.
type state struct {
	size, bit, marks, ahead int
	last                    byte
	vals                    []uint64
	slots                   []place
	used                    []bool
}

func (b *builder) state(p *pool) state {
	l := &b.laid[b.at]
	s := state{size: len(b.data), bit: b.bit, marks: len(l.marks), ahead: len(l.ahead), vals: slices.Clone(b.vals), slots: slices.Clone(l.slots), used: p.used()}
	if s.size > 0 {
		s.last = b.data[s.size-1]
	}
	return s
}

func (b *builder) back(s state, p *pool) {
	l := &b.laid[b.at]
	b.data, b.bit, b.end, l.marks = b.data[:s.size], s.bit, s.size, l.marks[:s.marks]
	l.ahead = l.ahead[:s.ahead]
	if s.size > 0 {
		b.data[s.size-1] = s.last
	}
	copy(b.vals, s.vals)
	copy(l.slots, s.slots)
	p.reset(s.used)
}

// body writes what is in a field: Sub, and of Cases the one that holds, unless
// what is given stands in another, and the value that decides is not given.
func (b *builder) body(n *node, p *pool) error {
	if n.choose == nil {
		return b.list(n.sub, p)
	}
	begin := b.state(p)
	if err := b.list(n.sub, p); err != nil {
		return err
	}
	if b.looksAhead(n, begin.bit) {
		return b.try(n, p, begin.bit)
	}
	list := b.chosen(n)
	if p.open() == 0 || p.anyOf(list) {
		return b.list(list, p)
	}
	for i, c := range n.Cases {
		if len(c.Of) == 0 || !p.anyOf(n.ordered[i]) {
			continue
		}
		for _, of := range c.Of {
			if !b.settleAt(n.choose, begin.bit/8, int64(of)) {
				continue
			}
			if key := b.within(n); key != nil && key.Name != "" && !p.gave(key) {
				// Fields before the case may depend on it: begin anew.
				u := b.vals[key.slot]
				b.back(begin, p)
				p.tokens = append(p.tokens, token{Given: &Given{Name: key.Name, U: u}, rank: 3})
				return b.body(n, p)
			}
			return b.list(n.ordered[i], p)
		}
	}
	return b.list(list, p)
}

// chosen is the case that holds.
func (b *builder) chosen(n *node) []node {
	if list, ok := n.cases[uint64(n.choose.eval(&b.scope))]; ok {
		return list
	}
	return n.other
}

// within is the field of Sub that decides between the cases, if it is one.
func (b *builder) within(n *node) *node {
	for _, leaf := range n.choose.leaves(nil) {
		for i := range n.sub {
			if s := &n.sub[i]; leaf.op == opSlot && s.slot == int(leaf.n) && s.calc == nil {
				return s
			}
		}
	}
	return nil
}

// looksAhead tells whether the choice reads what the cases write, which begin at
// that place.
func (b *builder) looksAhead(n *node, bit int) bool {
	if n.choose.ahead() {
		return true
	}
	for _, leaf := range n.choose.leaves(nil) {
		for _, e := range b.laid[b.at].ahead {
			if leaf.op == opSlot && e.slot == int(leaf.n) && e.bit >= bit {
				return true
			}
		}
	}
	return false
}

// try writes the first case that takes all that is given and is the one that
// holds then.
func (b *builder) try(n *node, p *pool, bit int) error {
	begin := b.state(p)
	given := p.within(n)
	for i, c := range n.Cases {
		if len(c.Of) == 0 || !p.allIn(given, n.ordered[i]) {
			continue
		}
		of := b.reread(n, bit)
		for k := range n.sub {
			if s := &n.sub[k]; s.calc != nil && s.slot >= 0 && !slices.Contains(c.Of, of) {
				b.vals[s.slot] = c.Of[0]
			}
		}
		err := b.list(n.ordered[i], p)
		if err == nil && !p.anyOf(n.ordered[i]) && slices.Contains(c.Of, b.reread(n, bit)) {
			return nil
		}
		b.back(begin, p)
	}
	if n.other != nil {
		return b.list(n.other, p)
	}
	return b.list(b.chosen(n), p)
}

// reread is the value that decides, when what it reads stands.
func (b *builder) reread(n *node, bit int) uint64 {
	at := b.bit
	for _, e := range b.laid[b.at].ahead {
		if e.bit >= bit {
			b.bit = e.bit
			b.vals[e.slot] = uint64(e.expr.eval(&b.scope))
		}
	}
	b.bit = bit
	of := uint64(n.choose.eval(&b.scope))
	b.bit = at
	return of
}
