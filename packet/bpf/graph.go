package bpf

// step is a node of the decision graph that a condition becomes. The graph
// has no cycles. Steps are interned as values are, so that equal endings are
// one.
type step struct {
	kind stepKind
	test        // of stepTest
	slot *value // of stepAssign: this slot takes test.v
	yes  *step  // where a true test goes on, and an assignment
	no   *step  // where a false test goes on
}

type stepKind uint8

const (
	stepTest stepKind = iota
	stepAssign
	stepAccept
	stepReject
)

// graph builds and holds one decision graph.
type graph struct {
	known          map[step]*step
	accept, reject *step
	root           *step
	literal        bool // keep tests whose outcome does not matter
}

// newGraph turns a condition into its graph. A literal one has every test that
// was written.
func newGraph(c condition, literal bool) *graph {
	g := &graph{known: map[step]*step{}, literal: literal}
	g.accept = g.intern(step{kind: stepAccept})
	g.reject = g.intern(step{kind: stepReject})
	g.root = g.build(c, g.accept, g.reject)
	return g
}

func (g *graph) intern(s step) *step {
	if s.kind == stepTest && s.yes == s.no && !g.literal {
		return s.yes
	}
	known, ok := g.known[s]
	if !ok {
		known = &s
		g.known[s] = known
	}
	return known
}

// build returns the first step of a condition that goes on at yes or at no.
func (g *graph) build(c condition, yes, no *step) *step {
	switch c := c.(type) {
	case constantly:
		if c {
			return yes
		}
		return no
	case test:
		return g.intern(step{kind: stepTest, test: c, yes: yes, no: no})
	case not:
		return g.build(c.c, no, yes)
	case assign:
		return g.intern(step{kind: stepAssign, test: test{v: c.v}, slot: c.slot, yes: yes})
	case all:
		for i := len(c) - 1; i >= 0; i-- {
			yes = g.build(c[i], yes, no)
		}
		return yes
	case anyOf:
		for i := len(c) - 1; i >= 0; i-- {
			no = g.build(c[i], yes, no)
		}
		return no
	}
	return no
}

// order returns the steps from the root on, each before those it leads to: a
// step, then what follows where it is true, then the rest.
func (g *graph) order() []*step {
	seen := map[*step]bool{}
	var reversed []*step
	// An explicit stack: a graph may be deeper than it is wise to recurse.
	type visit struct {
		s    *step
		done bool
	}
	stack := []visit{{s: g.root}}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if v.done {
			reversed = append(reversed, v.s)
			continue
		}
		if seen[v.s] {
			continue
		}
		seen[v.s] = true
		stack = append(stack, visit{v.s, true})
		if v.s.yes != nil {
			stack = append(stack, visit{s: v.s.yes})
		}
		if v.s.no != nil {
			stack = append(stack, visit{s: v.s.no})
		}
	}
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	return reversed
}
