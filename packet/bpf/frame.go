package bpf

import "github.com/netwright/netwright/packet/pcap"

// linkKind is how a link header says what it carries.
type linkKind uint8

const (
	kindEthernet linkKind = iota // EtherType, or a length and an LLC header
	kindSLL                      // EtherType, or 1 and 4 for Novell's and LLC headers
	kindSLL2                     // EtherType
	kindPPP                      // a PPP protocol number
	kindPPPoE                    // the same, behind a PPPoE header
	kindLoopback                 // an address family
	kindRaw                      // nothing: the version in the IP header
	kindIPv4                     // nothing: it is IPv4
	kindIPv6                     // nothing: it is IPv6
)

// offset is a place in the packet: k bytes behind a base that the program
// computes, or behind the packet's first byte.
type offset struct {
	base *value // nil for the first byte
	k    uint32
}

func (o offset) plus(n uint32) offset { return offset{o.base, o.k + n} }

// frame says where the headers lie that the next primitive asks for.
type frame struct {
	kind    linkKind
	header  offset // the link header
	kindAt  offset // the field that says what the frame carries
	payload offset // what the frame carries
	labels  uint32 // bytes of MPLS labels between payload and the network header
	llc     uint32 // bytes of LLC header between payload and an OSI packet
	tagged  bool   // the first VLAN tag has been asked for
	tunnel  bool   // inside VXLAN or Geneve
	hasMAC  condition
}

// network is where the network header begins.
func (f *frame) network() offset { return f.payload.plus(f.labels) }

// osi is where an OSI network header begins, behind LLC.
func (f *frame) osi() offset { return f.network().plus(f.llc) }

// frameOf returns the outermost frame of a link type; false where the link
// type is not supported.
func frameOf(link pcap.LinkType) (frame, bool) {
	at := func(n uint32) offset { return offset{k: n} }
	switch link {
	case pcap.LinkEthernet:
		return ethernetAt(at(0)), true
	case pcap.LinkSLL:
		return frame{kind: kindSLL, kindAt: at(14), payload: at(16)}, true
	case pcap.LinkSLL2:
		return frame{kind: kindSLL2, kindAt: at(0), payload: at(20)}, true
	case pcap.LinkPPP:
		return frame{kind: kindPPP, kindAt: at(2), payload: at(4)}, true
	case pcap.LinkNull, pcap.LinkLoop:
		return frame{kind: kindLoopback, kindAt: at(0), payload: at(4)}, true
	case pcap.LinkRaw:
		return frame{kind: kindRaw}, true
	case pcap.LinkIPv4:
		return frame{kind: kindIPv4}, true
	case pcap.LinkIPv6:
		return frame{kind: kindIPv6}, true
	}
	return frame{}, false
}

// ethernetAt is an Ethernet frame at an offset.
func ethernetAt(o offset) frame {
	return frame{kind: kindEthernet, header: o, kindAt: o.plus(12), payload: o.plus(14), llc: 3}
}

// at is a field of size bytes, n bytes behind an offset.
func (c *compiler) at(o offset, n uint32, size uint8) *value {
	return c.load(o.base, o.k+n, size)
}

// transport is where the header behind the IPv4 header begins.
func (c *compiler) transport() offset {
	ip := c.frame.network()
	if ip.base == nil {
		return offset{c.values.header(ip.k), ip.k}
	}
	words := c.and(c.at(ip, 0, 1), 0xf)
	size := c.binary('<', words, c.constant(2))
	return offset{c.binary('+', size, ip.base), ip.k}
}

// transport6 is where the header behind an IPv6 header without extensions
// begins.
func (c *compiler) transport6() offset { return c.frame.network().plus(40) }
