package craft

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

const (
	maxVaried = 150 // trials for one layer of one packet
	maxRefuse = 3   // fields in a row that have no place, until the others of a list are not asked
	maxInside = 3   // how deep fields are in fields
	sameShape = 8   // packets of one shape, in which values alone differ
	maxBegun  = 16  // attempts to begin a layer that is nothing by itself
)

// varier gives random values to what is not given of a layer: fields, and what
// is in them, options and records. It tries them out: a field stays if the layer
// is read again with it, and with all that stood before.
type varier struct {
	set    *layer.Set
	proto  *layer.Proto
	random *rand.Rand
	known  *choices
	hand   []layer.Given // what is given, of the packet at hand

	carrier, follower string       // the protocols before and behind, as far as they are met there
	parts             []layer.Part // what is tried
	at                int          // of the layer among them
	start             layer.Start
	root              []layer.Given
	trials            int
	sound             bool // whether what is given is read again by itself
	fresh             bool // whether what was tried last is what stands

	shape     []layer.Given // of the packet before, and of what was given
	shapeHand []layer.Given
	shapeLeft int             // for how many packets more
	fixed     map[string]bool // fields that others of the shape depend on

	out  []byte
	st   layer.Stack
	w    layer.Walker
	seen []seen
	text []byte
}

// seen is a field that was read.
type seen struct {
	field *layer.Field
	u     uint64
	b     []byte
}

// newVarier is a varier of a line's i-th layer, to be copied for each use.
func newVarier(s *Spec, i int) *varier {
	z := varier{set: s.set, proto: s.parts[i].proto}
	var before, behind *layer.Proto
	if i > 0 {
		before = s.parts[i-1].proto
	}
	if i+1 < len(s.parts) {
		behind = s.parts[i+1].proto
	}
	keep := varier{set: z.set, proto: z.proto, known: choicesOf(z.proto, behind == nil)}
	z.known = keep.known
	if behind != nil && z.meets(before, behind) {
		keep.follower = behind.Name
	}
	if before != nil && z.meets(before, nil) {
		keep.carrier = before.Name
	}
	return &keep
}

// with is a varier for the layer as it is given.
func (z *varier) with(random *rand.Rand, hand []layer.Given) *varier {
	return &varier{set: z.set, proto: z.proto, known: z.known, carrier: z.carrier, follower: z.follower, random: random, hand: hand}
}

// frame lays out what is tried: the layer, and its neighbours.
func (z *varier) frame(before, behind *layer.Proto) {
	z.parts, z.at = z.parts[:0], 0
	if before != nil {
		z.parts, z.at = append(z.parts, layer.Part{Proto: before.Name}), 1
	}
	z.parts = append(z.parts, layer.Part{Proto: z.proto.Name})
	if behind != nil {
		z.parts = append(z.parts, layer.Part{Proto: behind.Name})
	}
	z.start = z.set.StartAt(z.parts[0].Proto)
}

// meets tells whether the layer is read between its neighbours.
func (z *varier) meets(before, behind *layer.Proto) bool {
	z.frame(before, behind)
	z.trials, z.sound, z.root = 1, true, nil
	return z.works(nil)
}

// vary is what is given of the layer, and random values for all else.
func (z *varier) vary() []layer.Given {
	if z.shapeLeft--; z.shapeLeft > 0 && reflect.DeepEqual(z.hand, z.shapeHand) {
		z.root = cloneGiven(z.shape)
		z.redraw(z.root, z.proto.Fields, z.hand)
		if z.trials = maxVaried; z.works(nil) {
			z.depended(z.root[len(z.hand):], false)
			if z.follower != "" {
				z.frame(z.set.Proto(z.carrier), z.set.Proto(z.follower))
				z.depended(z.root[len(z.hand):], true)
				z.frame(z.set.Proto(z.carrier), nil)
			}
			return z.root
		}
	}
	z.fixed = map[string]bool{}
	z.shapeLeft, z.shapeHand, z.shape = sameShape, cloneGiven(z.hand), z.anew()
	return cloneGiven(z.shape)
}

// redraw gives other values to what is not given, and what nothing depends on.
func (z *varier) redraw(list []layer.Given, scope []layer.Field, hand []layer.Given) {
	for i := range list {
		g := &list[i]
		f := layer.FindField(scope, g.Name)
		switch {
		case g.Sub != nil:
			inner, given := scope, []layer.Given(nil)
			if f != nil {
				inner = within(f)
			}
			if i < len(hand) {
				given = hand[i].Sub
			}
			z.redraw(g.Sub, inner, given)
		case i >= len(hand) && f != nil && g.Raw == nil && !z.fixed[g.Name] && !named(z.known.read, f):
			*g = z.known.draw(z.random, candidate{field: f})
		}
	}
}

// anew makes a shape.
func (z *varier) anew() []layer.Given {
	z.root = cloneGiven(z.hand)
	z.frame(z.set.Proto(z.carrier), nil)
	if z.begin(); !z.sound {
		z.fill(&z.root, z.plain(&z.root, z.proto.Fields), 0)
		return z.root
	}
	if z.follower != "" {
		z.frame(z.set.Proto(z.carrier), z.set.Proto(z.follower))
		for _, c := range z.known.candidates(z.proto.Fields, z.root) {
			if c.next {
				z.try(&z.root, c, 0)
			}
		}
		z.frame(z.set.Proto(z.carrier), nil)
	}
	z.grow(&z.root, z.proto.Fields, 0)
	z.end()
	return z.root
}

// begin finds out whether what is given is read again by itself, or with what is
// built where nothing is given, or with some values that others depend on.
func (z *varier) begin() {
	z.trials, z.sound = maxVaried, true
	if len(z.hand) == 0 && z.blank() {
		return
	}
	if z.works(nil) {
		return
	}
	for range maxBegun {
		for _, c := range z.known.candidates(z.proto.Fields, z.root) {
			if c.read && !composite(c.field) && z.random.IntN(4) > 0 {
				z.fixed[name(c.field)] = true
				z.root = append(z.root, z.known.draw(z.random, c))
			}
		}
		if z.works(nil) {
			return
		}
		z.root = cloneGiven(z.hand)
	}
	z.sound, z.trials = false, maxVaried
}

// blank begins with what is built where nothing is given, but for its end, and
// with more of its kind.
func (z *varier) blank() bool {
	n := len(z.proto.Blank) - 1
	if n < 0 {
		return false
	}
	z.root = cloneGiven(z.proto.Blank[:n])
	if !z.works(nil) {
		z.root = nil
		return false
	}
	z.standing(z.root, z.proto.Fields)
	if f := layer.FindField(z.proto.Fields, z.proto.Blank[n].Name); f != nil && composite(f) {
		for range 1 + z.random.IntN(4) {
			z.open(&z.root, f, 1)
		}
	}
	return true
}

// end adds the end of what is built where nothing is given.
func (z *varier) end() {
	if n := len(z.proto.Blank) - 1; n >= 0 && len(z.hand) == 0 {
		z.root = append(z.root, cloneGiven(z.proto.Blank[n:])...)
		z.trials = max(z.trials, 1)
		z.works(func() { z.root = z.root[:len(z.root)-1] })
	}
}

// standing gives other values to fields that stand in the first place where nothing
// is given, where that goes.
func (z *varier) standing(list []layer.Given, scope []layer.Field) {
	for i := range list {
		g := &list[i]
		f := layer.FindField(scope, g.Name)
		switch {
		case f == nil:
			z.standing(g.Sub, scope)
		case g.Sub != nil:
			z.standing(g.Sub, within(f))
		case !named(z.known.read, f):
			z.another(g, candidate{field: f})
		}
	}
}

// depended gives other values to those of the layer's own fields that others depend
// on, or that the next layer is found by, where that goes.
func (z *varier) depended(list []layer.Given, next bool) {
	for i := range list {
		g := &list[i]
		f := layer.FindField(z.proto.Fields, g.Name)
		if f != nil && g.Sub == nil && z.fixed[g.Name] && named(z.known.next, f) == next {
			z.another(g, candidate{field: f, read: true})
		}
	}
}

// another tries another value.
func (z *varier) another(g *layer.Given, c candidate) {
	old := *g
	*g = z.known.draw(z.random, c)
	z.works(func() { *g = old })
}

// plain are the fields that are always there.
func (z *varier) plain(list *[]layer.Given, scope []layer.Field) (plain []candidate) {
	for _, c := range z.known.candidates(scope, *list) {
		if !c.maybe && !c.next && !c.read && !composite(c.field) {
			plain = append(plain, c)
		}
	}
	return plain
}

// grow gives values to what is in a list, and in what is given there.
func (z *varier) grow(list *[]layer.Given, scope []layer.Field, depth int) {
	elements := false
	for i := range *list {
		g := &(*list)[i]
		if elements = elements || g.Name == ""; g.Sub == nil {
			continue
		}
		inner := scope
		if f := layer.FindField(scope, g.Name); f != nil {
			inner = within(f)
		}
		z.grow(&g.Sub, inner, depth+1)
	}
	if elements || depth > maxInside {
		return
	}
	var maybe, read []candidate
	for _, c := range z.known.candidates(scope, *list) {
		switch {
		case c.next && z.follower != "":
		case c.read || c.next:
			read = append(read, c)
		case c.maybe || composite(c.field):
			maybe = append(maybe, c)
		}
	}
	for _, l := range [][]candidate{maybe, read} {
		z.random.Shuffle(len(l), func(i, k int) { l[i], l[k] = l[k], l[i] })
	}
	if depth > 0 && len(read) > 1 {
		read = read[:1]
	}
	first := z.random.IntN(3) == 0
	if first {
		z.each(list, read, depth)
	}
	z.each(list, maybe, depth)
	z.fill(list, z.plain(list, scope), depth)
	if !first {
		z.each(list, read, depth)
	}
	z.fill(list, z.present(list, scope), depth)
}

// each tries fields one by one.
func (z *varier) each(list *[]layer.Given, all []candidate, depth int) {
	refused := 0
	for _, c := range all {
		if refused++; z.try(list, c, depth) {
			refused = 0
		}
		if refused == maxRefuse && c.maybe {
			return
		}
	}
}

// try gives a field. It is taken back if it has no place.
func (z *varier) try(list *[]layer.Given, c candidate, depth int) bool {
	if c.maybe && z.known.given(c.field, *list) {
		return false
	}
	n := len(*list)
	if c.read || c.next && z.follower != "" {
		z.fixed[name(c.field)] = true
	}
	if !composite(c.field) {
		*list = append(*list, z.known.draw(z.random, c))
		return z.works(func() { *list = (*list)[:n] })
	}
	z.open(list, c.field, depth+1)
	if c.field.Repeat != "" && z.random.IntN(2) == 0 {
		z.open(list, c.field, depth+1)
	}
	return len(*list) > n
}

// open gives a field by what is in it.
func (z *varier) open(list *[]layer.Given, f *layer.Field, depth int) {
	n := len(*list)
	*list = append(*list, layer.Given{Name: name(f), Sub: []layer.Given{}})
	inside := &(*list)[n].Sub
	e := element(f)
	if e == nil {
		z.grow(inside, within(f), depth)
	} else {
		for range 1 + z.random.IntN(max(4-depth, 1)) {
			k := len(*inside)
			*inside = append(*inside, layer.Given{Sub: []layer.Given{}})
			if z.grow(&(*inside)[k].Sub, within(e), depth); len((*inside)[k].Sub) == 0 {
				*inside = (*inside)[:k]
			}
		}
	}
	if len(*inside) == 0 {
		*list = (*list)[:n]
		return
	}
	if !z.fresh {
		z.works(func() { *list = (*list)[:n] })
	}
}

// fill gives fields together, or one by one if that does not go.
func (z *varier) fill(list *[]layer.Given, all []candidate, depth int) {
	if len(all) == 0 {
		return
	}
	n := len(*list)
	for _, c := range all {
		*list = append(*list, z.known.draw(z.random, c))
	}
	if !z.works(func() { *list = (*list)[:n] }) {
		z.each(list, all, depth)
	}
}

// present are the fields that are there as it is, and not given.
func (z *varier) present(list *[]layer.Given, scope []layer.Field) (there []candidate) {
	if !z.fresh {
		z.works(nil)
	}
	for _, c := range z.known.candidates(scope, *list) {
		is := func(s seen) bool { return s.field.Name == c.field.Name }
		if !composite(c.field) && c.maybe && !(c.next && z.follower != "") && slices.ContainsFunc(z.seen, is) {
			there = append(there, c)
		}
	}
	return there
}

// works tells whether the layer can be built as it is given, and is read so
// again. If not, undo is called.
func (z *varier) works(undo func()) bool {
	z.trials--
	if z.fresh = z.trials >= 0 && z.builds(); z.fresh {
		return true
	}
	if undo != nil {
		undo()
	}
	return false
}

func (z *varier) builds() bool {
	z.parts[z.at].Fields = z.root
	var err error
	if z.out, err = z.set.Build(z.out[:0], z.parts...); err != nil {
		return false
	}
	if !z.sound {
		return true
	}
	z.st.ResetFrom(z.start, z.out, len(z.out))
	if z.st.Reason() != "" || z.st.Len() < len(z.parts) {
		return false
	}
	for i := range z.parts {
		if z.st.Layer(i).Proto().Name != z.parts[i].Proto {
			return false
		}
	}
	header := z.st.Layer(z.at).Header
	z.seen, z.text = z.seen[:0], z.text[:0]
	reason := z.w.Walk(&z.st, z.at, func(v *layer.Value) bool {
		if v.Field.Name != "" && (v.Off < header || v.Len == 0) {
			from := len(z.text)
			z.text = append(z.text, v.B...)
			z.seen = append(z.seen, seen{v.Field, v.U, z.text[from:len(z.text):len(z.text)]})
		}
		return true
	})
	return reason == "" && z.read(z.root, z.proto.Fields)
}

// read tells whether what is given is among what was seen.
func (z *varier) read(list []layer.Given, scope []layer.Field) bool {
	for i := range list {
		g := &list[i]
		f := layer.FindField(scope, g.Name)
		switch {
		case g.Raw != nil, g.Sub == nil && (f == nil || f.Name == ""):
		case g.Sub != nil && f == nil:
			if !z.read(g.Sub, scope) {
				return false
			}
		case g.Sub != nil && f.Width() == 0:
			if !z.read(g.Sub, within(f)) {
				return false
			}
		case g.Sub == nil && !slices.ContainsFunc(z.seen, func(s seen) bool { return s.holds(g, f) }):
			return false
		}
	}
	return true
}

// holds tells whether a field that was read is one that was given.
func (s seen) holds(g *layer.Given, f *layer.Field) bool {
	switch {
	case s.field.Name != f.Name:
		return false
	case !f.Number():
		return bytes.Equal(s.b, g.B)
	case f.Kind == layer.IPv4 && g.B != nil:
		return bytes.Equal(s.b, g.B)
	case f.Kind == layer.Int:
		drop := 64 - max(f.Width(), 1)
		return s.u<<drop == g.U<<drop
	}
	return s.u == g.U
}

func cloneGiven(list []layer.Given) []layer.Given {
	out := slices.Clone(list)
	for i := range out {
		if out[i].Sub != nil {
			out[i].Sub = cloneGiven(out[i].Sub)
		}
	}
	return out
}
