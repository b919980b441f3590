package layer

import (
	"bytes"
	"slices"
)

// event is what a gathering of parts is told of a walk besides the values.
type event uint8

const (
	elementBegins event = iota // of a field that repeats
	elementEnds
	codeBegins
	codeEnds
	overlayBegins // of a field with a place of its own
	overlayEnds
	unnamedShown // of a field that has an alias alone
)

// Parts takes a frame apart into what [Set.Build] makes the same bytes of: each
// field is given, those that Build could compute as well. What the tables do not
// cover, or could not build, is given as bytes. The parts show the frame's bytes,
// no copies.
func (st *Stack) Parts() []Part {
	parts := make([]Part, st.Len())
	for i := range parts {
		sp := &st.layers[i]
		from, to := sp.Header, sp.End
		if i+1 < st.n {
			from = st.layers[i+1].End
		}
		if i == 0 {
			to = len(st.Data)
		}
		parts[i] = st.part(i)
		parts[i].Trailer = st.Data[from:to]
	}
	return parts
}

// part takes the i-th layer's header apart: as finely as it can be built again.
func (st *Stack) part(i int) Part {
	sp := &st.layers[i]
	header := st.Data[sp.Start:sp.Header]
	part := Part{Proto: sp.code.Name, Rest: header}
	if sp.code == st.set.data {
		return part
	}
	g := gatherer{st: st, limit: sp.Header}
	g.gather(i)
	all := g.root
	for _, fields := range [][]Given{all, plain(all, g.places, st.Data, false), plain(all, g.places, st.Data, true)} {
		if fields == nil {
			continue
		}
		whole := Part{Proto: part.Proto, Fields: fields}
		if st.builds(whole, header) {
			return whole
		}
	}
	return st.begin(part, all)
}

// builds tells whether a part alone makes these bytes.
func (st *Stack) builds(p Part, want []byte) bool {
	got, err := st.set.Build(nil, p)
	return err == nil && bytes.Equal(got, want)
}

// begin gives the fields at the begin of a layer, as many as come out right, and
// the rest as bytes.
func (st *Stack) begin(p Part, fields []Given) Part {
	header := p.Rest
	for n := len(fields); n > 0; n = n * 3 / 4 {
		got, err := st.set.Build(nil, Part{Proto: p.Proto, Fields: fields[:n], Rest: []byte{}})
		if err == nil && bytes.HasPrefix(header, got) {
			return Part{Proto: p.Proto, Fields: fields[:n], Rest: header[len(got):]}
		}
	}
	return p
}

// plain is a copy of fields in which those that hold others, or hold others that
// repeat, are given as bytes. It is nil if nothing can be given so.
func plain(fields []Given, places [][2]int, data []byte, all bool) []Given {
	var out []Given
	for i := range fields {
		f := &fields[i]
		if f.Sub == nil || !all && f.Name == "" {
			continue
		}
		if out == nil {
			out = slices.Clone(fields)
		}
		if at := places[i]; at[1] >= at[0] {
			out[i] = Given{Name: f.Name, Raw: data[at[0]:at[1]]}
		}
	}
	return out
}

// gatherer makes Givens of a walk.
type gatherer struct {
	st       *Stack
	w        Walker
	limit    int        // end of the header
	root     []Given    // what was found
	places   [][2]int   // where each of root lies
	open     []*[]Given // the lists at hand, the innermost last
	depths   []int      // of the values that each list takes
	owners   []owned    // what each list is in
	elements []bool     // of each element that is walked: whether it has a list
	skip     int        // values deeper than this are not looked at; -1: all are
	over     int        // how deep the walk is in fields that lie over others
	coded    int        // how deep the walk is in Code
	begin    int        // where the Code at hand began
	text     []byte     // what it showed first
	shown    bool
}

func (g *gatherer) gather(i int) {
	g.open, g.depths, g.owners, g.skip = []*[]Given{&g.root}, []int{0}, []owned{{}}, -1
	g.w.trace = g.event
	g.w.Walk(g.st, i, g.value)
	for len(g.open) > 1 {
		g.close()
	}
	for len(g.places) < len(g.root) {
		g.places = append(g.places, [2]int{0, -1})
	}
}

func (g *gatherer) top() *[]Given { return g.open[len(g.open)-1] }

// owned is a Given that is being filled, and its bytes.
type owned struct {
	*Given
	data []byte
}

// list begins the list of what is in a field.
func (g *gatherer) list(of *Given, depth int, data []byte) {
	g.open, g.depths, g.owners = append(g.open, &of.Sub), append(g.depths, depth), append(g.owners, owned{of, data})
}

// close ends the innermost list. What has nothing in it that is known is given
// as its bytes.
func (g *gatherer) close() {
	n := len(g.open) - 1
	if o := g.owners[n]; len(o.Sub) == 0 && len(o.data) > 0 {
		o.Sub, o.B = nil, o.data
	}
	g.open, g.depths, g.owners = g.open[:n], g.depths[:n], g.owners[:n]
}

// into ends the lists that a value of that depth is not in.
func (g *gatherer) into(depth int) {
	for len(g.open) > 1 && g.depths[len(g.depths)-1] > depth {
		g.close()
	}
}

func (g *gatherer) add(v Given, from, to int) *Given {
	list := g.top()
	*list = append(*list, v)
	if list == &g.root {
		g.places = append(g.places, [2]int{from, to})
	}
	return &(*list)[len(*list)-1]
}

func (g *gatherer) value(v *Value) bool {
	if g.over > 0 {
		return true
	}
	if g.coded > 0 {
		if !g.shown && v.B != nil {
			g.shown, g.text = true, append([]byte(nil), v.B...)
		}
		return true
	}
	if g.skip >= 0 && v.Depth > g.skip {
		return true
	}
	g.skip = -1
	g.into(v.Depth)
	f := v.Field
	switch {
	case v.Depth == 0 && v.Off >= g.limit && (v.Off > g.limit || v.Len != 0), f.Calc != "" || f.At != "":
		g.skip = v.Depth
		return true
	case f.Code != nil:
		return true // the event knows
	case f.number():
		g.add(Given{Name: f.Name, U: v.U}, v.Off, v.Off+v.Len)
		g.skip = v.Depth
	case f.width() == 0 && (f.Sub != nil || f.Cases != nil):
		at := g.add(Given{Name: f.Name, Sub: []Given{}}, v.Off, v.Off+v.Len)
		g.list(at, v.Depth+1, v.B)
	default:
		b := v.B
		if b == nil {
			b = []byte{}
		}
		g.add(Given{Name: f.Name, B: b}, v.Off, v.Off+v.Len)
		g.skip = v.Depth
	}
	return true
}

// event is told of elements of groups without a name, and of Code.
func (g *gatherer) event(n *node, e event) {
	switch e {
	case overlayBegins:
		g.over++
	case overlayEnds:
		g.over--
	}
	if g.over > 0 || g.skip >= 0 && g.w.depth > g.skip {
		return
	}
	switch e {
	case unnamedShown:
		g.unnamed(n)
	case elementBegins:
		named := n.Name != "" || n.Code != nil || g.coded > 0 || g.w.bit/8 >= g.limit
		g.elements = append(g.elements, !named)
		if !named {
			g.into(g.w.depth)
			g.list(g.add(Given{Name: n.Alias, Sub: []Given{}}, g.w.bit/8, -1), g.w.depth, nil)
		}
	case elementEnds:
		last := len(g.elements) - 1
		listed := g.elements[last]
		if g.elements = g.elements[:last]; !listed {
			return
		}
		g.into(g.w.depth)
		if len(g.open) == 2 {
			g.places[len(g.places)-1][1] = g.w.bit / 8
		}
		g.close()
	case codeBegins:
		if g.coded++; g.coded == 1 {
			g.begin, g.shown, g.text = g.w.bit/8, false, nil
		}
	case codeEnds:
		if g.coded--; g.coded == 0 && g.begin < g.limit {
			g.code(n)
		}
	}
}

// unnamed adds a field that has no name of its own, and nothing in it.
func (g *gatherer) unnamed(n *node) {
	v := &g.w.v
	if g.coded > 0 || len(n.sub) > 0 || n.choose != nil || n.Code != nil || n.calc != nil || g.w.depth == 0 && v.Off >= g.limit {
		return
	}
	g.into(g.w.depth)
	given := Given{Name: n.Alias, U: v.U}
	if !n.number() {
		given.U, given.B = 0, append([]byte{}, v.B...)
	}
	g.add(given, v.Off, v.Off+v.Len)
}

// code adds a coded field: as its value where Write makes the same bytes of it.
func (g *gatherer) code(n *node) {
	end := g.w.bit / 8
	if n.length != nil {
		end = g.w.end
	}
	if end < g.begin {
		end = g.begin
	}
	depth := g.w.depth
	if n.Name != "" {
		depth--
	}
	g.into(depth)
	raw := g.st.Data[g.begin:end]
	v := Given{Name: n.label(), Raw: raw}
	if v.Name == "" && len(raw) == 0 {
		return // it shows, or checks, what others hold
	}
	if n.Write != nil && g.shown {
		if b, err := n.Write(nil, g.text); err == nil && bytes.Equal(b, raw) {
			v.B, v.Raw = g.text, nil
		}
	}
	g.add(v, g.begin, end)
}
