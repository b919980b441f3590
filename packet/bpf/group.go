package bpf

// group puts tests of the same value beside each other where the order makes
// no difference: in a chain of tests that all lead to the same step where they
// are true (`a or b or c`), or all where they are false (`a and b and c`). In
// `host A or host B` the source address is then loaded once for both.
func (g *graph) group(order []*step) {
	ways := map[*step]int{g.root: 1}
	for _, s := range order {
		ways[s.yes]++
		ways[s.no]++
	}
	chains := map[*step][]*step{}
	within := map[*step]bool{}
	for _, s := range order {
		if s.kind != stepTest || within[s] {
			continue
		}
		chain := longer(chainFrom(s, ways, false), chainFrom(s, ways, true))
		for _, link := range chain {
			within[link] = true
		}
		chains[s] = chain
	}
	rebuilt := map[*step]*step{}
	for i := len(order) - 1; i >= 0; i-- {
		s := order[i]
		if chain := chains[s]; len(chain) > 2 {
			rebuilt[s] = g.regrouped(chain, rebuilt)
			continue
		}
		c := *s
		c.yes, c.no = rebuilt[s.yes], rebuilt[s.no]
		rebuilt[s] = g.intern(c)
	}
	g.root = rebuilt[g.root]
}

func longer(a, b []*step) []*step {
	if len(b) > len(a) {
		return b
	}
	return a
}

// chainFrom follows the tests behind s that nothing else leads to and that
// leave the chain as s does: where they are true, or along true ones where
// they are false.
func chainFrom(s *step, ways map[*step]int, along bool) []*step {
	chain := []*step{s}
	for {
		out, next := s.yes, s.no
		if along {
			out, next = s.no, s.yes
		}
		if next.kind != stepTest || ways[next] != 1 || along && next.no != out || !along && next.yes != out {
			return chain
		}
		chain = append(chain, next)
		s = next
	}
}

// regrouped rebuilds a chain with the tests of each value together, in the
// order in which the values first came.
func (g *graph) regrouped(chain []*step, rebuilt map[*step]*step) *step {
	first, last := chain[0], chain[len(chain)-1]
	along := first.no == last.no && first.yes != last.yes
	var values []*value
	tests := map[*value][]test{}
	for _, s := range chain {
		if tests[s.v] == nil {
			values = append(values, s.v)
		}
		tests[s.v] = append(tests[s.v], s.test)
	}
	out, next := rebuilt[last.yes], rebuilt[last.no]
	if along {
		out, next = rebuilt[last.no], rebuilt[last.yes]
	}
	for i := len(values) - 1; i >= 0; i-- {
		of := tests[values[i]]
		for j := len(of) - 1; j >= 0; j-- {
			s := step{kind: stepTest, test: of[j], yes: out, no: next}
			if along {
				s.yes, s.no = next, out
			}
			next = g.intern(s)
		}
	}
	return next
}
