package scan

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/wire"
)

// openLinks opens the links that targets are on, for ARP and neighbour
// discovery.
func (s *Scanner) openLinks(rate float64) error {
	addresses, err := s.routes.conn.Addresses()
	if err != nil {
		return err
	}
	seen := map[int]bool{}
	for _, a := range addresses {
		link := s.routes.links[a.Interface]
		reached := without(s.hosts.Ranges(), []Range{rangeOf(a.Prefix)})
		elsewhere, err := NewAddresses(reached)
		if err != nil {
			return err
		}
		const ethernet = 1
		if elsewhere.Len() == s.hosts.Len() || seen[link.Index] || link.Type != ethernet || link.NoARP || !link.Up {
			continue
		}
		seen[link.Index] = true
		o := &out{link: link.Index}
		if o.sender, err = wire.OpenSender(o.config(wire.SendConfig{Interface: link.Name, Rate: rate})); err != nil {
			return err
		}
		s.outs = append(s.outs, o)
	}
	return nil
}

// linkFor is by which out a host is asked: the link that it is on, or 0.
func (p *pass) linkFor(h hop) int {
	if !h.neighbour {
		return 0
	}
	for _, o := range p.outs {
		if o.link == h.link.Index {
			return o.link
		}
	}
	return 0
}

// solicit appends the frame that asks the link who has an address: an ARP
// request (RFC 826) or a neighbour solicitation (RFC 4861 §4.3).
func (p *prober) solicit(dst []byte, h hop, remote netip.Addr) ([]byte, error) {
	if len(h.link.Hardware) != 6 {
		return dst, fmt.Errorf("%s has no hardware address to ask from", h.link.Name)
	}
	own := packet.MAC(h.link.Hardware)
	if remote.Is4() {
		return packet.Build(dst, &packet.Ethernet{Dst: packet.Broadcast(), Src: own},
			&packet.ARP{SrcMAC: own, SrcIP: h.source, DstIP: remote})
	}
	a := remote.As16()
	group := netip.AddrFrom16([16]byte{0xff, 2, 11: 1, 12: 0xff, a[13], a[14], a[15]})
	dst, err := packet.Build(dst, &packet.Ethernet{Dst: packet.MAC{0x33, 0x33, 0xff, a[13], a[14], a[15]}, Src: own, Type: packet.Set(0x86dd)})
	if err != nil {
		return dst, err
	}
	m := append([]byte{135, 0, 0, 0, 0, 0, 0, 0}, a[:]...)
	m = append(append(m, 1, 1), own[:]...) // source link-layer address
	ip := packet.IPv6{Src: h.source.WithZone(""), Dst: group, HopLimit: packet.Set(255)}
	return p.buildICMPv6(dst, &ip, m)
}

// readARP reads an ARP reply.
func readARP(b []byte) (a answer, hardware string, ok bool) {
	if len(b) < 28 || !bytes.Equal(b[:8], []byte{0, 1, 8, 0, 6, 4, 0, 2}) {
		return a, "", false
	}
	a.remote = netip.AddrFrom4([4]byte(b[14:]))
	a.from, a.state, a.reason = a.remote, Up, "arp-response"
	return a, net.HardwareAddr(b[8:14]).String(), true
}

// readAdvertisement reads a neighbour advertisement, an IPv6 packet (RFC 4861
// §4.4). From beyond the link none comes: routers would have lowered the hop
// limit.
func readAdvertisement(b []byte) (a answer, hardware string, ok bool) {
	ip, ok := parseIP(b)
	if !ok || ip.protocol != protoICMPv6 || ip.ttl != 255 || len(ip.payload) < 24 || ip.payload[0] != 136 {
		return a, "", false
	}
	a.remote = netip.AddrFrom16([16]byte(ip.payload[8:]))
	a.from, a.ttl, a.state, a.reason = a.remote, ip.ttl, Up, "nd-response"
	for options := ip.payload[24:]; len(options) >= 8; {
		length := int(options[1]) * 8
		if length == 0 || length > len(options) {
			break
		}
		if options[0] == 2 { // target link-layer address
			hardware = net.HardwareAddr(options[2:8]).String()
		}
		options = options[length:]
	}
	return a, hardware, true
}
