package flows

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwright/netwright/packet/layer"
)

// seen is what a packet says of its flow.
type seen struct {
	src, dst     netip.Addr
	sport, dport uint16
	proto        uint8
	vlan         uint16
	vni          uint32
	size         int // of the IP packet

	tcp     bool
	flags   uint8
	seq     uint32
	payload []byte // of TCP, or of a fragment
	icmpID  uint16

	fragment bool
	id       uint32
	offset   int
	more     bool
}

// read finds the innermost packet of a frame that is not quoted in an error. It
// returns false where there is none.
func (p *seen) read(st *layer.Stack) bool {
	found := false
	for i := range st.Len() {
		sp := st.Layer(i)
		b := st.Data[sp.Start:sp.End]
		switch sp.Proto().Name {
		case "vlan", "ieee8021ad":
			if len(b) >= 2 {
				p.vlan = binary.BigEndian.Uint16(b) & 0xFFF
			}
		case "vxlan", "geneve":
			if len(b) >= 8 {
				p.vni = binary.BigEndian.Uint32(b[4:]) >> 8
			}
		case "ip":
			found = p.ipv4(b, sp.Header-sp.Start)
		case "ipv6":
			found = p.ipv6(b)
		case "ipv6.fraghdr":
			p.fragment6(b)
		case "ah", "ipv6.hopopts", "ipv6.dstopts", "ipv6.routing":
			if len(b) > 0 {
				p.proto = b[0]
			}
		}
		if found && p.fragment {
			return true
		}
		if found && p.header(sp.Proto().Name, b, sp.Header-sp.Start) {
			return true
		}
	}
	return found
}

// transport reads the layers of a packet that was put together.
func (p *seen) transport(st *layer.Stack) bool {
	for i := range st.Len() {
		sp := st.Layer(i)
		if p.header(sp.Proto().Name, st.Data[sp.Start:sp.End], sp.Header-sp.Start) {
			return true
		}
	}
	return true
}

func (p *seen) ipv4(b []byte, header int) bool {
	if len(b) < 20 {
		return false
	}
	p.src, p.dst = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	p.proto, p.size = b[9], len(b)
	p.sport, p.dport, p.tcp = 0, 0, false
	flags := binary.BigEndian.Uint16(b[6:])
	if flags&0x3FFF == 0 || header > len(b) {
		return true
	}
	p.fragment, p.more, p.offset = true, flags&0x2000 != 0, int(flags&0x1FFF)*8
	p.id, p.payload = uint32(binary.BigEndian.Uint16(b[4:])), b[header:]
	return true
}

func (p *seen) ipv6(b []byte) bool {
	if len(b) < 40 {
		return false
	}
	p.src, p.dst = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	p.proto, p.size = b[6], len(b)
	p.sport, p.dport, p.tcp = 0, 0, false
	return true
}

func (p *seen) fragment6(b []byte) {
	if len(b) < 8 {
		return
	}
	p.proto = b[0]
	word := binary.BigEndian.Uint16(b[2:])
	if word&0xFFF9 == 0 {
		return // all of it in one
	}
	p.fragment, p.more, p.offset = true, word&1 != 0, int(word&0xFFF8)
	p.id, p.payload = binary.BigEndian.Uint32(b[4:]), b[8:]
}

// header reads the header of a transport. It returns true where nothing behind it
// can be another packet of its own.
func (p *seen) header(name string, b []byte, header int) bool {
	switch name {
	case "tcp":
		if len(b) < 20 {
			return false
		}
		p.proto, p.tcp, p.flags, p.seq = protoTCP, true, b[13], binary.BigEndian.Uint32(b[4:])
		p.payload = b[min(header, len(b)):]
		p.ports(b)
		return true
	case "udp":
		p.proto = protoUDP
		p.ports(b)
	case "sctp":
		p.proto = protoSCTP
		p.ports(b)
		return true
	case "icmp", "icmpv6":
		p.proto = protoICMP
		if name == "icmpv6" {
			p.proto = protoICMPv6
		}
		if len(b) >= 2 {
			p.sport, p.dport = uint16(b[0]), uint16(b[1])
		}
		if len(b) >= 6 {
			p.icmpID = binary.BigEndian.Uint16(b[4:])
		}
		return true
	}
	return false
}

func (p *seen) ports(b []byte) {
	if len(b) >= 4 {
		p.sport, p.dport = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	}
}
