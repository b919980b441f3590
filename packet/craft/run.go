package craft

import (
	"math/rand/v2"
	"net/netip"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// run makes the packets of a line. It builds the first, and where only numbers
// and addresses change that nothing else depends on, it changes them in the
// packet before.
type run struct {
	set    *layer.Set
	random *rand.Rand
	parts  []layer.Part
	axes   []*axis
	varied map[int]*varier // by the layer, those in fuzz(…)
	made   bool            // whether out is a packet whose fields can be changed
	out    []byte
	packet packet.Packet
}

// axis is a field with more than one value.
type axis struct {
	to    *layer.Given
	bytes *[]byte // instead of to, for bytes that are no field's
	field *layer.Field
	items []*item

	at      int // of the item
	n       uint64
	addr    netip.Addr
	changed bool
	buf     [16]byte

	part  int // the layer
	ref   layer.FieldRef
	patch bool // whether it can be changed in place
}

// inPlace are fields that no other field depends on but checksums.
var inPlace = map[string]bool{
	"eth.src": true, "eth.dst": true, "vlan.id": true,
	"ip.src": true, "ip.dst": true, "ip.id": true, "ip.ttl": true, "ip.dsfield": true,
	"ipv6.src": true, "ipv6.dst": true, "ipv6.hlim": true, "ipv6.flow": true, "ipv6.tclass": true,
	"tcp.srcport": true, "tcp.dstport": true, "tcp.seq_raw": true, "tcp.ack_raw": true, "tcp.window_size_value": true, "tcp.urgent_pointer": true,
	"udp.srcport": true, "udp.dstport": true, "icmp.ident": true, "icmp.seq": true,
}

// run lays the line's layers out.
func (s *Spec) run() (*run, error) {
	r := &run{set: s.set, random: s.random, parts: make([]layer.Part, len(s.parts))}
	if r.random == nil {
		r.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	byHand := false
	for i, p := range s.parts {
		part := &r.parts[i]
		for _, b := range []struct {
			it *item
			to *[]byte
		}{{p.payload, &part.Rest}, {p.rest, &part.Rest}, {p.trailer, &part.Trailer}} {
			if err := r.lay(b.it, b.to); err != nil {
				return nil, err
			}
		}
		if p.proto == nil {
			continue
		}
		part.Proto = p.proto.Name
		fields := p.fields
		part.Fields = make([]layer.Given, len(fields))
		for k, v := range fields {
			if err := r.fill(v, &part.Fields[k], i); err != nil {
				return nil, err
			}
			c := p.proto.Checksum
			byHand = byHand || c != nil && layer.FindField(p.proto.Fields, c.Field) == v.field
		}
		if p.fuzz {
			if r.varied == nil {
				r.varied = map[int]*varier{}
			}
			r.varied[i] = p.vary.with(r.random, part.Fields)
		}
	}
	for _, a := range r.axes {
		if a.bytes == nil && !byHand && inPlace[a.field.Name] && len(r.parts[a.part].Rest) == 0 {
			ref, ok := r.set.Field(s.parts[a.part].proto, a.field.Name)
			a.ref, a.patch = ref, ok && ref.Fixed()
		}
		a.reset()
		a.load(r.random)
	}
	r.packet.Use(s.set)
	r.vary()
	return r, nil
}

// lay puts bytes in their place.
func (r *run) lay(it *item, to *[]byte) error {
	switch {
	case it == nil:
	case it.template:
		return &Error{it.column + 1, "${…} is not filled in"}
	case it.random:
		r.axes = append(r.axes, &axis{bytes: to, field: &payloadField, items: []*item{it}})
	case it.one.raw != nil:
		*to = it.one.raw
	default:
		*to = it.one.b
		if *to == nil {
			*to = []byte{}
		}
	}
	return nil
}

// fill puts a field's value in its place, or remembers that it has several.
func (r *run) fill(v *value, to *layer.Given, part int) error {
	to.Name = v.name
	if v.nested {
		to.Sub = make([]layer.Given, len(v.subs))
		for i, sub := range v.subs {
			if err := r.fill(sub, &to.Sub[i], part); err != nil {
				return err
			}
		}
		return nil
	}
	for _, it := range v.items {
		if it.template {
			return &Error{it.column + 1, "${…} is not filled in"}
		}
	}
	if len(v.items) == 1 && v.items[0].single() {
		put(to, v.items[0].one)
		return nil
	}
	r.axes = append(r.axes, &axis{to: to, field: v.field, items: v.items, part: part})
	return nil
}

func put(to *layer.Given, c content) { to.U, to.B, to.Raw = c.u, c.b, c.raw }

// vary gives the layers in fuzz(…) other values.
func (r *run) vary() {
	for i := range r.parts {
		if z := r.varied[i]; z != nil {
			r.parts[i].Fields = z.vary()
		}
	}
}

// reset goes to an axis' first value.
func (a *axis) reset() {
	a.at = 0
	a.begin()
}

// begin goes to the first value of an item.
func (a *axis) begin() {
	a.changed = true
	it := a.items[a.at]
	a.n, a.addr = it.low, it.from
}

// next goes to the next value. It returns false behind the last.
func (a *axis) next() bool {
	it := a.items[a.at]
	switch {
	case it.span && it.from.IsValid() && a.addr.Less(it.to):
		a.addr = a.addr.Next()
	case it.span && !it.from.IsValid() && a.n < it.high:
		a.n++
	default:
		if a.at++; a.at == len(a.items) {
			return false
		}
		a.begin()
		return true
	}
	a.changed = true
	return true
}

// load puts the value at hand in its place.
func (a *axis) load(random *rand.Rand) {
	it := a.items[a.at]
	c := it.one
	switch {
	case it.random:
		c = it.draw(random, a.field)
	case it.span && it.from.IsValid():
		c = content{b: a.slice()}
	case it.span:
		c = content{u: a.n}
	}
	if a.bytes != nil {
		*a.bytes = c.b
		return
	}
	put(a.to, c)
}

// slice is the address at hand.
func (a *axis) slice() []byte {
	if a.addr.Is4() {
		b := a.addr.As4()
		return append(a.buf[:0], b[:]...)
	}
	a.buf = a.addr.As16()
	return a.buf[:]
}

// next goes to the next packet: the last axis first. Behind the last one it goes to the
// first again and returns false.
func (r *run) next() bool {
	more := false
	for i := len(r.axes) - 1; i >= 0; i-- {
		a := r.axes[i]
		if a.next() {
			more = true
			break
		}
		a.reset()
	}
	for _, a := range r.axes {
		if a.changed || a.items[a.at].random {
			a.changed = true
			a.load(r.random)
		}
	}
	r.vary()
	return more
}

// build makes the packet at hand.
func (r *run) build() ([]byte, error) {
	if r.made && r.change() {
		return r.out, nil
	}
	var err error
	if r.out, err = r.set.Build(r.out[:0], r.parts...); err != nil {
		return nil, err
	}
	r.made = len(r.varied) == 0 && (len(r.axes) == 0 || r.found())
	for _, a := range r.axes {
		a.changed = false
	}
	return r.out, nil
}

// change changes what is different in the packet before. It returns false where
// that cannot be done.
func (r *run) change() bool {
	for _, a := range r.axes {
		if a.changed && (!a.patch || a.to.Raw != nil) {
			return false
		}
	}
	for _, a := range r.axes {
		if a.changed && !r.packet.SetIn(a.part, &a.ref, a.to.U, a.to.B) {
			return false
		}
		a.changed = false
	}
	return true
}

// found tells whether the packet that was built is read as the layers that it was
// built of, so that their fields are found in it.
func (r *run) found() bool {
	deepest, some := 0, false
	for _, a := range r.axes {
		if a.patch {
			deepest, some = max(deepest, a.part), true
		}
	}
	if !some {
		return false
	}
	r.packet.DecodeAs(r.parts[0].Proto, r.out)
	if r.packet.Len() <= deepest {
		return false
	}
	for i := range deepest + 1 {
		if r.packet.Layer(i).Proto().Name != r.parts[i].Proto {
			return false
		}
	}
	return true
}
