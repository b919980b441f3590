package exchange

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// shape is what the answers to some requests look like to a capture filter.
type shape struct {
	family   uint8      // 4, 6, or 1 for ARP
	self     netip.Addr // who the answers are for; not valid: anybody
	protocol uint8      // that of IP; 0: any
	port     uint16     // to which answers come; 0: any
}

// maxShapes is how many a filter tells apart. With more, all packets pass.
const maxShapes = 24

// shapes are those of all requests so far: their filter passes whatever may be an
// answer, and as little else as can be told.
type shapes struct {
	seen map[shape]bool
	all  bool
}

// add adds the shape of a request, and tells whether the filter must be another.
func (s *shapes) add(p *packet.Packet) bool {
	if s.all {
		return false
	}
	sh, ok := shapeOf(p)
	if ok && s.seen[sh] {
		return false
	}
	if s.seen == nil {
		s.seen = map[shape]bool{}
	}
	s.seen[sh] = true
	s.all = !ok || len(s.seen) > maxShapes
	return true
}

// shapeOf is the shape of a request; ok is false where a filter cannot tell, as with
// VLAN tags, which the kernel hides from filters.
func shapeOf(p *packet.Packet) (s shape, ok bool) {
	i := 0
	if p.Len() > 0 && p.Layer(0).Proto().Name == "eth" {
		i++
	}
	if i == p.Len() {
		return s, false
	}
	switch p.Layer(i).Proto().Name {
	case "arp":
		return shape{family: 1}, true
	case "ip":
		s.family = 4
	case "ipv6":
		s.family = 6
	default:
		return s, false
	}
	src, dst := addresses(p, i)
	if !src.IsValid() || !dst.IsValid() {
		return s, false
	}
	if !src.IsUnspecified() && !dst.IsMulticast() {
		s.self = src
	}
	if s.family == 6 { // extension headers may stand before all else
		return s, true
	}
	h := p.Data[p.Layer(i).Start:p.Layer(i).Header]
	s.protocol = h[9]
	tunnel := i+2 < p.Len() && (p.Has("vxlan") || p.Has("geneve"))
	if payload := p.Data[p.Layer(i).Header:p.Layer(i).End]; (s.protocol == 6 || s.protocol == 17) && len(payload) >= 2 && !tunnel {
		s.port = uint16(payload[0])<<8 | uint16(payload[1])
	}
	return s, true
}

// expression is the shapes in the language of capture filters.
func (s *shapes) expression() string {
	var terms []string
	for sh := range s.seen {
		terms = append(terms, sh.expression())
	}
	slices.Sort(terms)
	return strings.Join(terms, " or ")
}

func (s shape) expression() string {
	to := ""
	if s.self.IsValid() {
		to = fmt.Sprintf(" and dst host %v", s.self)
	}
	switch {
	case s.family == 1:
		return "arp"
	case s.family == 6:
		return fmt.Sprintf("(ip6%s)", to)
	case s.port != 0:
		name := map[uint8]string{6: "tcp", 17: "udp"}[s.protocol]
		return fmt.Sprintf("(ip%s and (icmp or %s dst port %d))", to, name, s.port)
	}
	return fmt.Sprintf("(ip%s and (icmp or ip proto %d))", to, s.protocol)
}

// program is the filter for a link; nil passes all.
func (s *shapes) program(link pcap.LinkType) []netbpf.RawInstruction {
	if s.all {
		return nil
	}
	p, err := bpf.Compile(s.expression(), link, &bpf.Options{LinuxExtensions: true})
	if err != nil {
		return nil // a link that filters cannot be made for
	}
	return p
}

// nothing is the filter before the first request.
func nothing() []netbpf.RawInstruction {
	return []netbpf.RawInstruction{{Op: 0x06}} // return 0
}
