package layer

// protoSet is a set of protocols, by their position in a [Set].
type protoSet []uint64

func (p protoSet) has(id int) bool { return p[id/64]>>(id%64)&1 != 0 }

func (p protoSet) add(id int) { p[id/64] |= 1 << (id % 64) }

// join adds what is in q, and tells whether that was more.
func (p protoSet) join(q protoSet) (grown bool) {
	for i := range p {
		grown = grown || q[i]&^p[i] != 0
		p[i] |= q[i]
	}
	return grown
}

// leads tells whether a layer of c, which may be nil, may be one of that protocol
// or have one behind it.
func (c *code) leads(to *code) bool { return c != nil && c.reach.has(to.id) }

// reach finds what each protocol may have behind it, so that nobody looks for TCP
// behind the ports of a query for a name.
func (s *Set) reach() { s.reached.Do(s.findReach) }

func (s *Set) findReach() {
	empty := func() protoSet { return make(protoSet, (len(s.protos)+63)/64) }
	for _, t := range s.tables {
		t.all, t.guesses = empty(), empty()
		for _, s := range t.slots {
			if s.code != nil {
				t.all.add(s.code.id)
			}
		}
		for _, c := range t.guess {
			t.guesses.add(c.id)
		}
		t.all.join(t.guesses)
	}
	for _, c := range s.protos {
		c.reach = empty()
		c.reach.add(c.id)
		for _, n := range c.Next {
			if behind := s.byName[n.Proto]; behind != nil {
				c.reach.add(behind.id)
			}
			c.reach.join(s.tables[n.Table].all)
		}
		if s.data != nil {
			c.reach.add(s.data.id)
		}
	}
	for grown := true; grown; {
		grown = false
		for _, c := range s.protos {
			for _, behind := range s.protos {
				if behind != c && c.reach.has(behind.id) && c.reach.join(behind.reach) {
					grown = true
				}
			}
		}
	}
	for _, t := range s.tables {
		for _, c := range t.guess {
			t.guesses.join(c.reach)
		}
	}
}
