package bpf

import "slices"

// fact is what is known about one value: bounds, bits, and what it is not.
type fact struct {
	low, high   uint32
	zeros, ones uint32
	not         []uint32 // sorted; at most maxNot
}

// maxNot bounds how many numbers a fact remembers not to be the value.
const maxNot = 64

// facts are what is known where the program has got to: a chain, the newest
// first, of which ways that part share the older end. Nil knows nothing.
type facts struct {
	older *facts
	v     *value
	fact  fact
	depth int // links from here on
	kept  int // values that were known when the chain was last shortened
}

// find returns the newest fact about a value.
func (f *facts) find(v *value) (fact, bool) {
	for ; f != nil; f = f.older {
		if f.v == v {
			return f.fact, true
		}
	}
	return fact{}, false
}

// add returns the chain with one more fact. One that has grown much longer
// than what it knows is shortened.
func (f *facts) add(v *value, known fact) *facts {
	if f == nil {
		return &facts{v: v, fact: known, depth: 1}
	}
	if f.depth > 2*f.kept+64 {
		f = f.shortened()
	}
	return &facts{older: f, v: v, fact: known, depth: f.depth + 1, kept: f.kept}
}

// mostFacts bounds how many values are remembered: the oldest are forgotten.
const mostFacts = 128

// shortened keeps the newest fact about each value.
func (f *facts) shortened() *facts {
	seen := map[*value]bool{}
	var newest []*facts
	for l := f; l != nil && len(newest) < mostFacts; l = l.older {
		if !seen[l.v] {
			seen[l.v] = true
			newest = append(newest, l)
		}
	}
	var short *facts
	for i := len(newest) - 1; i >= 0; i-- {
		short = &facts{older: short, v: newest[i].v, fact: newest[i].fact, depth: len(newest) - i, kept: len(newest)}
	}
	return short
}

// about returns all that is known of a value, from what it is made of too. Of
// a value that no test has asked for, nothing is known, not even how wide it
// is: to conclude from that would skip a load that may end the program.
func (f *facts) about(v *value) fact {
	known, ok := f.find(v)
	if !ok {
		known = fact{high: 0xffffffff}
	}
	if k, ok := f.constant(v, 0); ok {
		known = fact{low: k, high: k, zeros: ^k, ones: k}
	}
	return known
}

// constant returns the number that a value must be, if that is known. Since
// values are nested the depth is bounded.
func (f *facts) constant(v *value, depth int) (uint32, bool) {
	if v.kind == valueConstant {
		return v.k, true
	}
	if known, ok := f.find(v); ok && known.low == known.high {
		return known.low, true
	}
	if v.kind != valueBinary || depth > 8 {
		return 0, false
	}
	a, ok := f.constant(v.a, depth+1)
	if !ok {
		return 0, false
	}
	b, ok := f.constant(v.b, depth+1)
	if !ok || b == 0 && (v.op == '/' || v.op == '%') {
		return 0, false
	}
	return calculate(v.op, a, b), true
}

// decide says how a test comes out, if that is known.
func (f *facts) decide(t test) (outcome, known bool) {
	if t.other != nil {
		k, ok := f.constant(t.other, 0)
		if !ok {
			return t.v == t.other && t.op != isGreater && t.op != hasBits, t.v == t.other && t.op != hasBits
		}
		t.k = k
	}
	about := f.about(t.v)
	switch t.op {
	case isEqual:
		if t.k < about.low || t.k > about.high || t.k&about.zeros != 0 || about.ones&^t.k != 0 || slices.Contains(about.not, t.k) {
			return false, true
		}
		return true, about.low == about.high
	case isGreater:
		return about.low > t.k, about.low > t.k || about.high <= t.k
	case isAtLeast:
		return about.low >= t.k, about.low >= t.k || about.high < t.k
	default:
		return about.ones&t.k != 0, about.ones&t.k != 0 || t.k&^about.zeros == 0
	}
}

// with returns the facts that hold besides once a test came out this way.
func (f *facts) with(t test, outcome bool) *facts {
	if t.other != nil {
		return f
	}
	about := f.about(t.v)
	about.high, about.zeros = min(about.high, t.v.mask), about.zeros|^t.v.mask
	switch t.op {
	case isEqual:
		if outcome {
			about = fact{low: t.k, high: t.k, zeros: ^t.k, ones: t.k}
		} else {
			about = about.without(t.k)
		}
	case isGreater:
		if outcome {
			about.low = max(about.low, t.k+1)
		} else {
			about.high = min(about.high, t.k)
		}
	case isAtLeast:
		if outcome {
			about.low = max(about.low, t.k)
		} else {
			about.high = min(about.high, t.k-1)
		}
	case hasBits:
		switch {
		case !outcome:
			about.zeros |= t.k
		case t.k&(t.k-1) == 0:
			about.ones |= t.k
		}
	}
	return f.add(t.v, about)
}

// without is the fact besides which the value is not k.
func (a fact) without(k uint32) fact {
	switch {
	case k == a.low && a.low < a.high:
		a.low++
	case k == a.high && a.low < a.high:
		a.high--
	case len(a.not) < maxNot:
		at, found := slices.BinarySearch(a.not, k)
		if !found {
			a.not = slices.Insert(slices.Clone(a.not), at, k)
		}
	}
	return a
}

// either returns what holds whichever of two sets of facts does: what they
// share, and of the rest what both know something about.
func (f *facts) either(g *facts) *facts {
	shared := f.shared(g)
	inF, order := f.downTo(shared, nil)
	inG, order := g.downTo(shared, order)
	both := shared
	for i, v := range order {
		a, okF := inF[v]
		b, okG := inG[v]
		switch {
		case okF && okG && i >= len(inF):
			continue // came with f already
		case !okF:
			a, okF = shared.find(v)
		case !okG:
			b, okG = shared.find(v)
		}
		if okF && okG {
			both = both.add(v, a.or(b))
		}
	}
	return both
}

// downTo returns the newest facts that are not of the older end, and appends
// their values to a list.
func (f *facts) downTo(older *facts, order []*value) (map[*value]fact, []*value) {
	newest := map[*value]fact{}
	for l := f; l != older; l = l.older {
		if _, ok := newest[l.v]; !ok {
			newest[l.v] = l.fact
			order = append(order, l.v)
		}
	}
	return newest, order
}

// shared is the older end that two chains have in common.
func (f *facts) shared(g *facts) *facts {
	for f != g {
		if f == nil || g == nil {
			return nil
		}
		if f.depth >= g.depth {
			f = f.older
		} else {
			g = g.older
		}
	}
	return f
}

// or is what holds where one of two facts does.
func (a fact) or(b fact) fact {
	return fact{
		low:   min(a.low, b.low),
		high:  max(a.high, b.high),
		zeros: a.zeros & b.zeros,
		ones:  a.ones & b.ones,
		not:   bothLack(a, b),
	}
}

// bothLack are the numbers that neither of two facts allows.
func bothLack(a, b fact) (not []uint32) {
	for _, k := range a.not {
		if k < b.low || k > b.high || slices.Contains(b.not, k) {
			not = append(not, k)
		}
	}
	for _, k := range b.not {
		if k < a.low || k > a.high {
			not = append(not, k)
		}
	}
	slices.Sort(not)
	return slices.Compact(not)
}
