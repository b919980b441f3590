package bpf

const (
	// maxPasses bounds how often the graph is gone through; each pass can only
	// make it smaller, and a few are enough.
	maxPasses = 12
	// maxOptimized bounds the steps of a graph that is optimized at all.
	maxOptimized = 1 << 14
)

// optimize makes the graph smaller without changing what it accepts: a test
// whose outcome earlier ones on every way to it have decided is jumped over,
// an assignment to a slot that nothing reads is dropped, and tests of the same
// value are put together.
func (g *graph) optimize() {
	for range maxPasses {
		before := g.order()
		if len(before) > maxOptimized {
			return
		}
		g.thread(before)
		g.dropUnread()
		g.group(g.order())
		if g.same(before) {
			return
		}
	}
}

// same reports whether the graph still is this one.
func (g *graph) same(before []*step) bool {
	after := g.order()
	if len(after) != len(before) {
		return false
	}
	for i := range after {
		if after[i] != before[i] {
			return false
		}
	}
	return true
}

// thread rebuilds the graph with decided tests jumped over.
func (g *graph) thread(order []*step) {
	known := make(map[*step]*facts, len(order))
	reach := func(to *step, f *facts) {
		if have, ok := known[to]; ok {
			f = have.either(f)
		}
		known[to] = f
	}
	// Where an edge leads once the facts on it have been asked.
	type edges struct{ yes, no *step }
	leads := make(map[*step]edges, len(order))
	root := follow(g.root, nil)
	reach(root, nil)
	for _, s := range order {
		f, reached := known[s]
		if !reached {
			continue
		}
		switch s.kind {
		case stepAssign:
			e := edges{yes: follow(s.yes, f)}
			leads[s] = e
			reach(e.yes, f)
		case stepTest:
			yes, no := f.with(s.test, true), f.with(s.test, false)
			e := edges{follow(s.yes, yes), follow(s.no, no)}
			leads[s] = e
			reach(e.yes, yes)
			reach(e.no, no)
		}
	}
	rebuilt := map[*step]*step{g.accept: g.accept, g.reject: g.reject}
	for i := len(order) - 1; i >= 0; i-- {
		s := order[i]
		if e, ok := leads[s]; ok {
			c := *s
			c.yes, c.no = rebuilt[e.yes], rebuilt[e.no]
			rebuilt[s] = g.intern(c)
		}
	}
	g.root = rebuilt[root]
}

// follow goes on from a step as far as the facts decide the way.
func follow(s *step, f *facts) *step {
	for s.kind == stepTest {
		outcome, known := f.decide(s.test)
		switch {
		case !known:
			return s
		case outcome:
			s = s.yes
		default:
			s = s.no
		}
	}
	return s
}

// dropUnread rebuilds the graph without assignments to slots that no later
// step reads.
func (g *graph) dropUnread() {
	for range maxPasses {
		order := g.order()
		read := map[*value]bool{}
		for _, s := range order {
			if s.kind == stepTest || s.kind == stepAssign {
				markSlots(s.v, read)
				markSlots(s.other, read)
			}
		}
		dropped := false
		rebuilt := map[*step]*step{}
		for i := len(order) - 1; i >= 0; i-- {
			s := order[i]
			c := *s
			c.yes, c.no = rebuilt[s.yes], rebuilt[s.no]
			if s.kind == stepAssign && !read[s.slot] {
				rebuilt[s], dropped = c.yes, true
				continue
			}
			rebuilt[s] = g.intern(c)
		}
		g.root = rebuilt[g.root]
		if !dropped {
			return
		}
	}
}

// markSlots marks the slots that a value is made of.
func markSlots(v *value, read map[*value]bool) {
	for ; v != nil; v = v.a {
		if v.kind == valueSlot {
			read[v] = true
		}
		if v.b != nil {
			markSlots(v.b, read)
		}
	}
}
