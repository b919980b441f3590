package exchange

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/rtnl"
)

// outfitter gives packets what they need to leave by an interface: a link header,
// and the addresses that they were not given. It is not safe for use by several
// goroutines.
type outfitter struct {
	conn   *rtnl.Conn
	link   rtnl.Link
	kind   pcap.LinkType // with what sent packets begin
	begin  string
	fill   Fill
	forced bool // the interface was named, whatever the route
	loose  bool // it does not matter whether the packet can leave
	routes map[netip.Addr]rtnl.Route
	packet packet.Packet
}

// maxRoutes bounds how many routes are remembered.
const maxRoutes = 4096

// etherHeader is the length of an Ethernet header.
const etherHeader = 14

// outfit is a packet that is ready, but perhaps for its next hop.
type outfit struct {
	data  []byte
	begin string
	hop   netip.Addr // whose hardware address is still to be put in front
}

// dress makes a packet ready. The bytes are copied.
func (o *outfitter) dress(number uint64, b []byte) (outfit, error) {
	begin := o.begin
	if begin == "" {
		begin = "ip"
		if len(b) > 0 && b[0]>>4 == 6 {
			begin = "ipv6"
		}
	}
	out := outfit{begin: begin}
	header := 0
	switch {
	case begin == "eth" && o.kind != pcap.LinkEthernet:
		return out, fmt.Errorf("%s does not take Ethernet frames; begin the packet with ip", o.link.Name)
	case begin != "eth" && o.kind == pcap.LinkEthernet:
		header, out.begin = etherHeader, "eth"
	case begin == "arp":
		return out, fmt.Errorf("%s does not take Ethernet frames, so no ARP", o.link.Name)
	}
	out.data = append(make([]byte, header, header+len(b)), b...)
	p := &o.packet
	p.DecodeAs(begin, out.data[header:])
	ip := outermost(p)
	var route rtnl.Route
	var dst netip.Addr
	if ip >= 0 {
		var err error
		if dst, route, err = o.way(p, ip); err != nil {
			return out, err
		}
		if err := o.fillIP(p, ip, route.Source, number); err != nil {
			return out, err
		}
	} else if err := o.fillARP(p); err != nil {
		return out, err
	}
	if out.begin == "eth" {
		o.linkHeader(&out, header > 0, p, dst, route)
	}
	return out, nil
}

// outermost is the first IP layer of a packet, or -1.
func outermost(p *packet.Packet) int {
	for i := range p.Len() {
		switch p.Layer(i).Proto().Name {
		case "ip", "ipv6":
			return i
		case "arp":
			return -1
		}
	}
	return -1
}

// addresses are those of an IP header.
func addresses(p *packet.Packet, ip int) (src, dst netip.Addr) {
	sp := p.Layer(ip)
	h := p.Data[sp.Start:sp.End]
	switch {
	case sp.Proto().Name == "ip" && len(h) >= 20:
		src, _ = netip.AddrFromSlice(h[12:16])
		dst, _ = netip.AddrFromSlice(h[16:20])
	case sp.Proto().Name == "ipv6" && len(h) >= 40:
		src, _ = netip.AddrFromSlice(h[8:24])
		dst, _ = netip.AddrFromSlice(h[24:40])
	}
	return src, dst
}

// way is where a packet goes, and how. It is not asked for where nothing depends
// on it.
func (o *outfitter) way(p *packet.Packet, ip int) (dst netip.Addr, r rtnl.Route, err error) {
	_, dst = addresses(p, ip)
	if !dst.IsValid() || p.Layer(0).Proto().Name == "eth" && !o.fill.LinkTarget && !o.fill.Source {
		return dst, r, nil
	}
	if r, err = o.route(dst); err != nil && !o.loose {
		return dst, r, err
	}
	switch {
	case r.Interface == o.link.Index, o.loose:
	case r.Kind == rtnl.Local:
		return dst, r, fmt.Errorf("%v is an address of this host, which is not reached by %s; name no interface", dst, o.link.Name)
	case !o.forced:
		return dst, r, fmt.Errorf("%v does not leave by %s as the first packet; send it on its own", dst, o.link.Name)
	}
	return dst, r, nil
}

// route asks how an address is reached, or remembers it.
func (o *outfitter) route(dst netip.Addr) (rtnl.Route, error) {
	if r, ok := o.routes[dst]; ok {
		return r, nil
	}
	index := 0
	if o.forced {
		index = o.link.Index
	}
	r, err := o.conn.Route(dst, index)
	if err != nil {
		return r, err
	}
	if len(o.routes) >= maxRoutes || o.routes == nil {
		o.routes = map[netip.Addr]rtnl.Route{}
	}
	o.routes[dst] = r
	return r, nil
}

func (o *outfitter) fillIP(p *packet.Packet, ip int, source netip.Addr, number uint64) error {
	name := p.Layer(ip).Proto().Name
	if o.fill.Source && source.IsValid() {
		if err := p.Set(name+".src", source); err != nil {
			return err
		}
	}
	if o.fill.ID && name == "ip" {
		return p.Set("ip.id", uint16(number+1)|1<<15) // never 0, which the kernel fills in
	}
	return nil
}

func (o *outfitter) fillARP(p *packet.Packet) error {
	if !p.Has("arp") {
		return nil
	}
	if o.fill.ARPLink && len(o.link.Hardware) == 6 {
		if err := p.Set("arp.src.hw_mac", o.link.Hardware); err != nil {
			return err
		}
	}
	target, ok := p.Field("arp.dst.proto_ipv4")
	if !o.fill.ARPSource || !ok {
		return nil
	}
	dst, _ := netip.AddrFromSlice(target.B)
	r, err := o.route(dst)
	if err != nil || !r.Source.Is4() {
		return nil // as it would be without an address of one's own
	}
	return p.Set("arp.src.proto_ipv4", r.Source)
}

// linkHeader writes what an Ethernet header lacks.
func (o *outfitter) linkHeader(out *outfit, made bool, p *packet.Packet, dst netip.Addr, route rtnl.Route) {
	h := out.data
	if len(h) < etherHeader {
		return
	}
	if made || o.fill.LinkSource {
		copy(h[6:12], o.link.Hardware)
	}
	if made {
		binary.BigEndian.PutUint16(h[12:], map[string]uint16{"ip": 0x0800, "ipv6": 0x86DD, "arp": 0x0806}[p.Layer(0).Proto().Name])
	}
	if !made && !o.fill.LinkTarget {
		return
	}
	target := packet.Broadcast()
	switch {
	case !dst.IsValid():
		if hw, ok := p.Field("arp.dst.hw_mac"); ok && isReply(p) {
			copy(target[:], hw.B)
		}
	case dst.Is4() && dst.IsMulticast(): // RFC 1112 section 6.4
		a := dst.As4()
		target = packet.MAC{0x01, 0x00, 0x5E, a[1] & 0x7F, a[2], a[3]}
	case dst.IsMulticast(): // RFC 2464 section 7
		a := dst.As16()
		target = packet.MAC{0x33, 0x33, a[12], a[13], a[14], a[15]}
	case route.Kind == rtnl.Broadcast:
	case o.link.NoARP || o.link.Loopback:
		target = packet.MAC{}
	default:
		target, out.hop = packet.MAC{}, dst
		if route.Gateway.IsValid() {
			out.hop = route.Gateway
		}
	}
	copy(h[:6], target[:])
}

func isReply(p *packet.Packet) bool {
	op, ok := p.Field("arp.opcode")
	return ok && op.U == 2
}
