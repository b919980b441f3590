package display

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/netwright/netwright/packet/layer"
)

// Info is what is known of a frame beside its bytes, for the fields of frame.
type Info struct {
	Number    int
	Time      time.Time
	Since     time.Duration // since the first frame
	Interface int
}

// packet is a frame that is being asked.
type packet struct {
	st   *layer.Stack
	info *Info
	work int // how many pairs of values are still looked at
}

// maxPairs bounds the work of a filter that joins or compares fields, of a frame
// in which each comes many times.
const maxPairs = 1 << 20

// source gives the values of an operand, one by one, until do returns false. A
// source is used by one test alone, and not within itself.
type source interface {
	each(p *packet, do func(*value) bool)
}

// picked are layers of a protocol, counted from 1, or from the last, which is -1;
// nil: all.
type picked []span

func (l picked) fromEnd() bool {
	return slices.ContainsFunc(l, func(s span) bool { return s.start < 0 })
}

// has tells whether the nth of all layers is picked.
func (l picked) has(nth, all int) bool {
	return l == nil || slices.ContainsFunc(l, func(s span) bool {
		if s.start < 0 {
			s.start += all + 1
		}
		return nth >= s.start && (s.length < 0 || nth < s.start+s.length)
	})
}

// fieldSource gives the values of a field.
type fieldSource struct {
	refs  []layer.FieldRef
	layer picked // of the layers of the protocol
	walk  layer.Walker
	raw   layer.Value
	v     value
	do    func(*value) bool
	more  bool
	visit func(*layer.Value) bool
}

func newFieldSource(refs []layer.FieldRef, of []span) *fieldSource {
	s := &fieldSource{refs: refs, layer: of}
	s.visit = s.seen
	return s
}

func (s *fieldSource) each(p *packet, do func(*value) bool) {
	s.do, s.more = do, true
	fixed := true
	for i := range s.refs {
		fixed = fixed && s.refs[i].Fixed()
	}
	nth, all := 0, 0
	if s.layer.fromEnd() {
		for i := range p.st.Len() {
			if s.within(p, i) {
				all++
			}
		}
	}
	for i := 0; i < p.st.Len() && s.more; i++ {
		if !s.within(p, i) {
			continue
		}
		if nth++; !s.layer.has(nth, all) {
			continue
		}
		if !fixed {
			s.walk.Walk(p.st, i, s.visit)
			continue
		}
		for k := range s.refs {
			if s.more && p.st.Value(i, &s.refs[k], &s.walk, &s.raw) {
				s.v.set(&s.raw)
				s.more = do(&s.v)
			}
		}
	}
}

// within tells whether the i-th layer may have the field.
func (s *fieldSource) within(p *packet, i int) bool {
	for k := range s.refs {
		if s.refs[k].In(p.st, i) {
			return true
		}
	}
	return false
}

func (s *fieldSource) seen(f *layer.Value) bool {
	for k := range s.refs {
		if s.refs[k].ID == f.ID {
			s.v.set(f)
			s.more = s.do(&s.v)
			return s.more
		}
	}
	return true
}

// protoSource gives the bytes of the layers of a protocol; frame's are all.
type protoSource struct {
	name  string
	layer picked
	v     value
}

func (s *protoSource) each(p *packet, do func(*value) bool) {
	s.v = value{class: octets}
	if s.name == "frame" {
		s.v.b = p.st.Data
		do(&s.v)
		return
	}
	nth, all := 0, 0
	if s.layer.fromEnd() {
		for i := range p.st.Len() {
			if p.st.Layer(i).Proto().Name == s.name {
				all++
			}
		}
	}
	for i := range p.st.Len() {
		sp := p.st.Layer(i)
		if sp.Proto().Name != s.name {
			continue
		}
		if nth++; !s.layer.has(nth, all) {
			continue
		}
		if s.v.b = p.st.Data[sp.Start:sp.End]; !do(&s.v) {
			return
		}
	}
}

// frameSource gives a field of frame.
type frameSource struct {
	get func(p *packet, v *value)
	v   value
}

func (s *frameSource) each(p *packet, do func(*value) bool) {
	s.v = value{b: s.v.b[:0]}
	s.get(p, &s.v)
	do(&s.v)
}

// frameField is a field of frame: its kind, and how it is read.
type frameField struct {
	kind layer.Kind
	get  func(p *packet, v *value)
}

var frameFields = map[string]frameField{
	"frame.len":           {layer.Uint, func(p *packet, v *value) { v.u = uint64(p.st.Wire) }},
	"frame.cap_len":       {layer.Uint, func(p *packet, v *value) { v.u = uint64(len(p.st.Data)) }},
	"frame.number":        {layer.Uint, func(p *packet, v *value) { v.u = uint64(p.info.Number) }},
	"frame.interface_id":  {layer.Uint, func(p *packet, v *value) { v.u = uint64(p.info.Interface) }},
	"frame.time_relative": {layer.Float, func(p *packet, v *value) { v.class, v.f = real, p.info.Since.Seconds() }},
	"frame.time_epoch":    {layer.Float, func(p *packet, v *value) { v.class, v.f = real, float64(p.info.Time.UnixNano())/1e9 }},
	"frame.time":          {layer.Seconds, func(p *packet, v *value) { v.u = uint64(p.info.Time.Unix()) }},
	"frame.protocols": {layer.String, func(p *packet, v *value) {
		v.class = text8
		for i := range p.st.Len() {
			if i > 0 {
				v.b = append(v.b, ':')
			}
			v.b = append(v.b, p.st.Layer(i).Proto().Name...)
		}
	}},
}

// mapSource makes other values of those of a source.
type mapSource struct {
	from source
	to   func(in, out *value) bool // false: there is none
	v    value
	do   func(*value) bool
	take func(*value) bool
}

func newMapSource(from source, to func(in, out *value) bool) *mapSource {
	s := &mapSource{from: from, to: to}
	s.take = func(in *value) bool {
		if !s.to(in, &s.v) {
			return true
		}
		return s.do(&s.v)
	}
	return s
}

func (s *mapSource) each(p *packet, do func(*value) bool) {
	s.do = do
	s.from.each(p, s.take)
}

// slicer cuts parts out of bytes. What lies outside is no value.
func slicer(spans []span) func(in, out *value) bool {
	return func(in, out *value) bool {
		b := in.b
		if in.field != nil && kindClass(in.field.Field.Kind) == number {
			b = numberBytes(in)
		}
		joined := out.b[:0]
		for _, s := range spans {
			start, length := s.start, s.length
			if start < 0 {
				start += len(b)
			}
			if length < 0 {
				length = len(b) - start
			}
			if start < 0 || length <= 0 || start+length > len(b) {
				return false
			}
			joined = append(joined, b[start:start+length]...)
		}
		out.class, out.b = octets, joined
		return true
	}
}

// numberBytes is a number as it stands in the packet, most significant byte
// first.
func numberBytes(v *value) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v.u)
	return b[8-min(max(v.field.Len, 1), 8):]
}

// rawSource gives the bytes of the frame in which the values of a field lie.
type rawSource struct {
	from *fieldSource
	v    value
	p    *packet
	do   func(*value) bool
	take func(*value) bool
}

func newRawSource(from *fieldSource) *rawSource {
	s := &rawSource{from: from}
	s.take = func(in *value) bool {
		from, to := in.field.Off, in.field.Off+in.field.Len
		if from >= to || to > len(s.p.st.Data) {
			return true // it has no bytes of its own
		}
		s.v = value{class: octets, b: s.p.st.Data[from:to]}
		return s.do(&s.v)
	}
	return s
}

func (s *rawSource) each(p *packet, do func(*value) bool) {
	s.p, s.do = p, do
	s.from.each(p, s.take)
}

// countSource gives how many values there are.
type countSource struct {
	from  source
	v     value
	count func(*value) bool
}

func newCountSource(from source) *countSource {
	s := &countSource{from: from}
	s.count = func(*value) bool { s.v.u++; return true }
	return s
}

func (s *countSource) each(p *packet, do func(*value) bool) {
	s.v = value{}
	s.from.each(p, s.count)
	if s.v.u > 0 {
		do(&s.v)
	}
}
