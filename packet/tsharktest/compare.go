package tsharktest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Add compares the frames of a capture. The frames that only one of both has are
// not looked at.
func (r *Report) Add(capture string, ours, theirs []Frame) {
	seen := map[string]bool{}
	for i := range min(len(ours), len(theirs)) {
		segment, where := segment(&ours[i]), fmt.Sprintf("%s#%d", capture, i+1)
		r.frame(where, &ours[i], &theirs[i], segment != "" && seen[segment])
		seen[segment] = true
	}
}

// segment names a piece of a stream of TCP, so that it is known when it is sent
// again: tshark takes what is in it for what comes next.
func segment(f *Frame) string {
	i := slices.IndexFunc(f.Layers, func(l Layer) bool { return l.Name == "tcp" })
	if i < 0 {
		return ""
	}
	var name strings.Builder
	payload := false
	for _, field := range f.Layers[i].Fields {
		switch field.Name {
		case "tcp.srcport", "tcp.dstport", "tcp.seq_raw":
			name.WriteString(field.Show + " ")
		case "tcp.payload":
			payload = true
			name.WriteString(field.Show)
		}
	}
	if !payload {
		return ""
	}
	return name.String()
}

// frame compares a frame. again tells that it repeats what was sent before.
func (r *Report) frame(where string, ours, theirs *Frame, again bool) {
	pools := map[string]*pool{}
	for i := range theirs.Layers {
		l := &theirs.Layers[i]
		if r.stats(l.Name) != nil && !(l.Name == "data" && i > 0 && r.stats(theirs.Layers[i-1].Name) == nil) {
			r.seen(pools, l) // but not what is in a protocol that we do not know
		}
		lend(pools, l)
	}
	gaveUp := again || slices.ContainsFunc(theirs.Layers, func(l Layer) bool { return annotation(l.Name) })
	looked := map[string]bool{}
	for i := range ours.Layers {
		l := &ours.Layers[i]
		s, p := r.stats(l.Name), pools[l.Name]
		first := !looked[l.Name]
		looked[l.Name] = true
		if l.Name == "data" && !p.begins(l.Pos) {
			continue // what a protocol that we do not know may be in
		}
		if r.remembers(where, l.Name) {
			continue
		}
		if first {
			s.Frames++
		}
		switch {
		case p != nil:
			s.layer(where, l, p.with(pools, l), ours.Data, gaveUp)
		case first && gaveUp:
			s.Beyond.add(where, "tshark shows "+names(theirs))
		case first:
			s.Extra.add(where, "tshark shows "+names(theirs))
		}
	}
	if name := missing(r, ours, theirs); name != "" {
		r.stats(name).Missing.add(where, "ours is "+names(ours)+", tshark's "+names(theirs))
	}
}

// annotation tells whether a layer is none, but a remark of tshark's: that it
// found something malformed, or cut short, and went no further.
func annotation(layer string) bool { return strings.HasPrefix(layer, "_ws.") }

// pool is the fields that tshark shows in the layers of one protocol in a frame.
type pool struct {
	byName  map[string][]*Field
	used    map[*Field]bool
	carries map[string]bool // protocols whose fields it was given too
}

// seen takes a layer of tshark's into the pool of its protocol and counts the
// names in it.
func (r *Report) seen(pools map[string]*pool, l *Layer) {
	s, p := r.stats(l.Name), pools[l.Name]
	if p == nil {
		p = &pool{map[string][]*Field{}, map[*Field]bool{}, map[string]bool{}}
		pools[l.Name] = p
		s.Theirs++
	}
	for i := range l.Fields {
		f := &l.Fields[i]
		p.byName[f.Name] = append(p.byName[f.Name], f)
		if !f.Hidden && r.stats(f.Name) == nil {
			s.names[f.Name]++
		}
	}
}

// lend adds fields that tshark shows in a part which it gives a protocol's name,
// and we do not, to the protocol that has them: Multipath TCP's options to TCP.
func lend(pools map[string]*pool, l *Layer) {
	for i := range l.Fields {
		f := &l.Fields[i]
		if p := pools[owner(f.Name)]; p != nil && owner(f.Name) != owner(l.Name) {
			p.byName[f.Name] = append(p.byName[f.Name], f)
		}
	}
}

// begins tells whether the bytes that no protocol takes begin at a place.
func (p *pool) begins(pos int) bool {
	return p != nil && slices.ContainsFunc(p.byName["data.data"], func(f *Field) bool { return f.Pos == pos })
}

// with adds what tshark shows in layers of their own and we do in this one,
// because it is not in the frame as it stands: TLS in what QUIC encrypts.
func (p *pool) with(pools map[string]*pool, l *Layer) *pool {
	for i := range l.Fields {
		f := &l.Fields[i]
		if other := pools[owner(f.Name)]; f.Size == 0 && other != nil && other != p && !p.carries[owner(f.Name)] {
			p.carries[owner(f.Name)] = true
			maps.Copy(p.byName, other.byName)
		}
	}
	return p
}

// layer compares a layer of ours. gaveUp tells that tshark went no further
// somewhere in the frame. Neither does it in a message that comes in pieces, which
// we put together from one packet.
func (s *Stats) layer(where string, l *Layer, p *pool, data []byte, gaveUp bool) {
	for i := range l.Fields {
		f := &l.Fields[i]
		if newer(f.Name) {
			continue
		}
		if match := p.match(f, data); match != nil {
			p.used[match] = true
			s.Equal++
			s.shown[f.Name]++
			continue
		}
		if f.Size == 0 && p.carries[owner(f.Name)] && p.byName[f.Name] == nil {
			s.Beyond.add(where, f.Name+" "+f.text())
			continue
		}
		if gaveUp && !slices.ContainsFunc(p.byName[f.Name], func(t *Field) bool { return placed(f, t) }) {
			s.Beyond.add(where, f.Name+" "+f.text())
			continue
		}
		d := s.Differ[f.Name]
		if d == nil {
			d = &Finding{}
			s.Differ[f.Name] = d
		}
		d.add(where, "ours "+f.text()+"; tshark "+p.candidates(f))
	}
}

// match is the field of tshark's that is equal to one of ours, under its name or
// one that it answers to as well.
func (p *pool) match(f *Field, data []byte) *Field {
	names := []string{f.Name}
	for i := 0; i < len(names); i++ {
		for _, t := range p.byName[names[i]] {
			if !p.used[t] && !(i > 0 && t.Hidden) && placed(f, t) && equal(f, t, data) {
				return t
			}
		}
		if i == 0 {
			names = append(names, f.Also...)
		}
	}
	return nil
}

// newer tells which fields have come to Wireshark after the tshark that we are
// compared with. They have tests of their own.
func newer(name string) bool { return name == "tls.handshake.ja4" || name == "dtls.handshake.ja4" }

// candidates says what tshark has under the name of a field, those at its place
// first.
func (p *pool) candidates(f *Field) string {
	var near, far []string
	for _, t := range p.byName[f.Name] {
		text := t.text()
		if p.used[t] {
			text += " (taken)"
		}
		if placed(f, t) {
			near = append(near, text)
		} else {
			far = append(far, text)
		}
	}
	all := append(near, far...)
	switch {
	case len(all) == 0:
		return "has none"
	case len(all) > 3:
		return fmt.Sprintf("%s and %d more", strings.Join(all[:3], ", "), len(all)-3)
	}
	return strings.Join(all, ", ")
}

func (f *Field) text() string {
	show := f.Show
	if len(show) > 60 {
		show = strings.ToValidUTF8(show[:60], "") + "…"
	}
	return fmt.Sprintf("@%d+%d %q", f.Pos, f.Size, show)
}

func names(f *Frame) string {
	var b strings.Builder
	for i := range f.Layers {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(f.Layers[i].Name)
	}
	return b.String()
}

// missing is the first protocol that tshark shows where we show another or none,
// if it is one that we know. Behind one that we do not know, nothing is missing.
// A protocol several times in a row may be one layer of the other side.
func missing(r *Report, ours, theirs *Frame) string {
	i := 0
	previous := ""
	for j := range theirs.Layers {
		name := theirs.Layers[j].Name
		if annotation(name) {
			continue
		}
		for i < len(ours.Layers) && ours.Layers[i].Name == previous && name != previous {
			i++
		}
		switch {
		case i < len(ours.Layers) && ours.Layers[i].Name == name:
			i++
		case name == previous:
		case r.stats(name) == nil:
			return ""
		default:
			return name
		}
		previous = name
	}
	return ""
}
