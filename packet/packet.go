package packet

import (
	"net/netip"
	"sync"
	"time"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// Packet is a frame with the places of its layers. The zero value is ready;
// reuse it, and nothing is allocated. It is not safe for use by several
// goroutines.
//
// The fields and methods of [layer.Stack] are there to be used: Data, Reason
// (why the dissection ended early), Len, Layer.
type Packet struct {
	layer.Stack
	Info Info

	known  *known
	walker layer.Walker
}

// Info is what is known of a frame besides its bytes.
type Info struct {
	Time      time.Time
	Length    int // on the wire; 0: as many as were captured
	Interface int // its index, in the capture file or the system
}

// MAC is an EUI-48 address.
type MAC [6]byte

// String returns the address as 02:00:00:00:00:01.
func (m MAC) String() string {
	const digits = "0123456789abcdef"
	var b [17]byte
	for i, c := range m {
		if i > 0 {
			b[3*i-1] = ':'
		}
		b[3*i], b[3*i+1] = digits[c>>4], digits[c&15]
	}
	return string(b[:])
}

// Broadcast is the address of all stations of a link.
func Broadcast() MAC { return MAC{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF} }

// known is what decoding needs, found once.
type known struct {
	set    *layer.Set
	protos [kinds]layer.Start
	starts [linkTypes]layer.Start
	sums   []layer.FieldRef // the checksum of each protocol, by its ID
}

// linkTypes is how many link types have their protocol found beforehand.
const linkTypes = 512

var knownProtocols = sync.OnceValue(func() *known { return know(proto.Set()) })

func know(set *layer.Set) *known {
	k := &known{set: set}
	for i, name := range kindNames() {
		k.protos[i] = k.set.StartAt(name)
	}
	for _, p := range k.set.Protos() {
		var ref layer.FieldRef
		if p.Checksum != nil {
			ref, _ = k.set.Field(p, p.Checksum.Field)
		}
		k.sums = append(k.sums, ref)
	}
	for i := range k.starts {
		k.starts[i] = k.set.Start("link", uint32(i))
	}
	return k
}

// Use makes the packet be read by these protocols, instead of those that
// [proto.Set] has. It takes some time: keep the packet.
func (p *Packet) Use(set *layer.Set) {
	if set == proto.Set() {
		p.known = knownProtocols()
	} else if p.known == nil || p.known.set != set {
		p.known = know(set)
	}
}

// Decode finds the layers of a frame. The bytes stay the caller's and must not
// change while the packet is used, but by its own [Packet.Set]. Whatever they
// are, Decode does not fail: what is malformed ends the layers, and Reason says
// why. Info is the caller's to fill in; its Length, if set, is before.
func (p *Packet) Decode(data []byte, link pcap.LinkType) {
	if p.known == nil {
		p.known = knownProtocols()
	}
	if int(link) < linkTypes {
		p.ResetFrom(p.known.starts[link], data, p.Info.Length)
		return
	}
	p.Reset(p.known.set, "link", uint32(link), data, p.Info.Length)
}

// DecodeAs is Decode for bytes that begin with that protocol, by name or alias.
func (p *Packet) DecodeAs(proto string, data []byte) {
	if p.known == nil {
		p.known = knownProtocols()
	}
	p.ResetFrom(p.known.set.StartAt(proto), data, p.Info.Length)
}

// Has tells whether the packet has a layer of that protocol, by name or alias.
func (p *Packet) Has(proto string) bool { return p.known != nil && p.Find(proto, 0) >= 0 }

// Field reads a field by its name, such as "dns.qry.name", in the first layer
// that has it. What the value shows is lent until the next call.
func (p *Packet) Field(name string) (v layer.Value, ok bool) {
	if p.known == nil {
		return v, false
	}
	for _, ref := range p.known.set.Fields(name) {
		for i := range p.Len() {
			if p.Value(i, &ref, &p.walker, &v) {
				return v, true
			}
		}
	}
	return v, false
}

// Payload is what the last layer that is not plain data carries.
func (p *Packet) Payload() []byte {
	for i := p.Len() - 1; i >= 0; i-- {
		if sp := p.Layer(i); sp.Proto().Name != "data" {
			return p.Data[sp.Header:sp.End]
		}
	}
	return p.Data
}

// View is a layer of a packet: what all the typed views have.
type View struct {
	b      []byte // header and payload
	header int
}

// view is the first layer of a protocol whose header has at least size bytes.
func (p *Packet) view(kind, size int) View {
	if p.known == nil {
		return View{}
	}
	sp := p.First(p.known.protos[kind])
	if sp == nil || sp.Header-sp.Start < size {
		return View{}
	}
	return View{p.Data[sp.Start:sp.End], sp.Header - sp.Start}
}

// datagram is view for what a stream carries otherwise: not valid in one.
func (p *Packet) datagram(kind, size int) View {
	v := p.view(kind, size)
	if v.Valid() {
		if i := p.Find(kindNames()[kind], 0); i > 0 && p.Layer(i-1).Proto().Stream {
			return View{}
		}
	}
	return v
}

// Valid tells whether the packet has the layer, with its header whole.
func (v View) Valid() bool { return v.b != nil }

// Bytes are header and payload.
func (v View) Bytes() []byte { return v.b }

// Header is the header alone.
func (v View) Header() []byte { return v.b[:v.header] }

// Payload is what the header is in front of.
func (v View) Payload() []byte { return v.b[v.header:] }

// put4 writes an IPv4 address; the zero value is 0.0.0.0.
func put4(b []byte, a netip.Addr) bool {
	if !a.IsValid() {
		return true
	}
	if !a.Is4() && !a.Is4In6() {
		return false
	}
	a4 := a.As4()
	copy(b, a4[:])
	return true
}

// put16 writes an IPv6 address; the zero value is ::.
func put16(b []byte, a netip.Addr) bool {
	if !a.IsValid() {
		return true
	}
	if !a.Is6() {
		return false
	}
	a16 := a.As16()
	copy(b, a16[:])
	return true
}
