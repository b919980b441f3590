package ping

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// neighbour is somebody who says that he has the target's address.
type neighbour struct {
	hardware  net.HardwareAddr
	time      time.Time
	broadcast bool
	reply     bool // somebody asked for it; else he says so in a request of his own
}

// Types of ICMPv6 (RFC 4861 section 4).
const (
	solicitation  = 135
	advertisement = 136
)

// readNeighbour reads an Ethernet frame: an ARP packet whose sender has the
// address, or a neighbour advertisement for it.
func readNeighbour(frame []byte, target netip.Addr) (n neighbour, ok bool) {
	const ethernet = 14
	if len(frame) < ethernet+28 {
		return n, false
	}
	p := frame[ethernet:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case 0x0806: // RFC 826, for Ethernet and IPv4
		if binary.BigEndian.Uint16(p) != 1 || binary.BigEndian.Uint16(p[2:]) != 0x0800 || p[4] != 6 || p[5] != 4 || netip.AddrFrom4([4]byte(p[14:18])) != target {
			return n, false
		}
		n.hardware, n.reply = slices.Clone(p[8:14]), binary.BigEndian.Uint16(p[6:]) == 2
		return n, true
	case 0x86dd:
		if len(p) < 40+24 || p[6] != 58 || p[7] != 255 || p[40] != advertisement || p[41] != 0 || netip.AddrFrom16([16]byte(p[48:64])) != target {
			return n, false
		}
		n.hardware, n.reply = slices.Clone(frame[6:12]), true
		for o := p[64:]; len(o) >= 8 && o[1] > 0; o = o[min(int(o[1])*8, len(o)):] {
			if o[0] == 2 { // target link-layer address
				n.hardware = slices.Clone(o[2:8])
			}
		}
		return n, true
	}
	return n, false
}

// request is the frame to send: to a host, or with nil to all.
func (l *Link) request(to net.HardwareAddr) ([]byte, error) {
	own := packet.MAC(l.link.Hardware)
	if l.target.Is6() {
		return l.solicitation(own, to)
	}
	source := l.source
	if !source.IsValid() {
		source = netip.IPv4Unspecified()
	}
	arp := &packet.ARP{SrcMAC: own, SrcIP: source, DstIP: l.target}
	if l.cfg.Ask == Answer {
		arp.Op = packet.Set(2)
		arp.DstMAC = packet.Broadcast()
	}
	dst := packet.Broadcast()
	if to != nil {
		dst = packet.MAC(to)
	}
	return packet.Build(nil, &packet.Ethernet{Dst: dst, Src: own}, arp)
}

// solicitation is the same of IPv6: a solicitation, or for the announcements an
// advertisement to all nodes (RFC 4861 section 7.2.6).
func (l *Link) solicitation(own packet.MAC, to net.HardwareAddr) ([]byte, error) {
	target := l.target.As16()
	m := make([]byte, 8, 32)
	m[0] = solicitation
	option := byte(1)                                                                                                 // source link-layer address
	dst := netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: target[13], 14: target[14], 15: target[15]}) // solicited-node
	source := l.source
	if l.cfg.Ask == Announce || l.cfg.Ask == Answer {
		const override = 0x20
		m[0], m[4], option = advertisement, override, 2
		dst = netip.IPv6LinkLocalAllNodes()
	}
	m = append(m, target[:]...)
	if source.IsValid() {
		m = append(append(m, option, 1), own[:]...)
	} else {
		source = netip.IPv6Unspecified()
	}
	group := dst.As16()
	hardware := packet.MAC{0x33, 0x33, group[12], group[13], group[14], group[15]}
	if to != nil {
		dst, hardware = l.target, packet.MAC(to)
	}
	binary.BigEndian.PutUint16(m[2:], layer.FoldSum(layer.AddSum(layer.PseudoSum(append(source.AsSlice(), dst.AsSlice()...), 58, len(m)), m)))
	return packet.Build(nil, &packet.Ethernet{Dst: hardware, Src: own}, &packet.IPv6{Src: source, Dst: dst, HopLimit: packet.Set(255), NextHeader: packet.Set(58)}, packet.Payload(m))
}
