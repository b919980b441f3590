package dissect

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// coded sums up the protocols that most frames are of, or that a template
// cannot.
var coded = map[string]func(dst []byte, l *Lines, p *Packet, i int) []byte{
	"tcp": tcpInfo, "udp": udpInfo, "arp": arpInfo,
	"icmp": icmpInfo, "icmpv6": icmpInfo,
	"dns": dnsInfo, "mdns": dnsInfo, "llmnr": dnsInfo,
}

// label is what a protocol is called in a line.
func label(p *layer.Proto) string {
	switch p.Name {
	case "eth":
		return "Ethernet"
	case "ip":
		return "IPv4"
	case "ipv6":
		return "IPv6"
	case "icmpv6":
		return "ICMPv6"
	}
	return strings.ToUpper(p.Name)
}

func udpInfo(dst []byte, _ *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	if len(b) < 8 {
		return dst
	}
	dst = append(ports(dst, b), " Len="...)
	return strconv.AppendInt(dst, int64(sp.End-sp.Header), 10)
}

// arpInfo is the template, written at once for the requests and replies that
// nearly all are.
func arpInfo(dst []byte, l *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	const usual = 0x08000604 // IPv4 addresses, and of 6 bytes
	if len(b) < 28 || binary.BigEndian.Uint32(b[2:]) != usual {
		return l.fill(dst, p, i)
	}
	switch binary.BigEndian.Uint16(b[6:]) {
	case 1:
		dst = append(dst, "request "...)
	case 2:
		dst = append(dst, "reply "...)
	default:
		return l.fill(dst, p, i)
	}
	return appendIPv4(append(appendIPv4(dst, b[14:18]), arrow...), b[24:28])
}

// icmpInfo is a template with what the code means behind the type.
func icmpInfo(dst []byte, l *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	dst = l.fill(dst, p, i)
	b := p.Data[sp.Start:sp.End]
	if len(b) < 2 {
		return dst
	}
	meanings := icmpCodes
	if sp.Proto().Name == "icmpv6" {
		meanings = icmpv6Codes
	}
	names := meanings(b[0])
	switch code := int(b[1]); {
	case code < len(names):
		dst = append(append(append(dst, " ("...), names[code]...), ')')
	case code != 0:
		dst = strconv.AppendInt(append(dst, " code "...), int64(code), 10)
	}
	return dst
}

// icmpCodes are what the codes of a type of ICMP say (RFC 792, RFC 1812 section
// 5.2.7).
func icmpCodes(kind byte) []string {
	switch kind {
	case 3:
		return []string{
			"network unreachable", "host unreachable", "protocol unreachable", "port unreachable", "fragmentation needed", "source route failed",
			"network unknown", "host unknown", "source host isolated", "network prohibited", "host prohibited",
			"network unreachable for this service", "host unreachable for this service", "prohibited by a filter", "host precedence violated", "precedence cut off",
		}
	case 5:
		return []string{"for the network", "for the host", "for service and network", "for service and host"}
	case 11:
		return []string{"in transit", "while fragments were awaited"}
	}
	return nil
}

// icmpv6Codes are those of ICMPv6 (RFC 4443 section 3).
func icmpv6Codes(kind byte) []string {
	switch kind {
	case 1:
		return []string{"no route", "prohibited by a filter", "beyond the scope of the source", "address unreachable", "port unreachable", "source failed a policy", "route rejected"}
	case 3:
		return []string{"in transit", "while fragments were awaited"}
	case 4:
		return []string{"erroneous header", "unknown next header", "unknown option"}
	}
	return nil
}

// dnsInfo says first whether it is a query or a response.
func dnsInfo(dst []byte, l *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	if i > 0 && p.Layer(i-1).Proto().Name == "tcp" {
		b = b[min(2, len(b)):] // the length
	}
	if len(b) >= 3 {
		kind := "query "
		if b[2]&0x80 != 0 {
			kind = "response "
		}
		dst = append(dst, kind...)
	}
	return l.fill(dst, p, i)
}

func ports(dst, b []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(b)), 10)
	dst = append(dst, arrow...)
	return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(b[2:])), 10)
}

func appendIPv4(dst, b []byte) []byte {
	for i, c := range b[:4] {
		if i > 0 {
			dst = append(dst, '.')
		}
		if c >= 100 {
			dst = append(dst, '0'+c/100)
		}
		if c >= 10 {
			dst = append(dst, '0'+c/10%10)
		}
		dst = append(dst, '0'+c%10)
	}
	return dst
}

func appendIPv6(dst, b []byte) []byte {
	return netip.AddrFrom16([16]byte(b)).AppendTo(dst)
}

func appendMAC(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b[:6] {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}
