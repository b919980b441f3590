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
	"tcp": tcpInfo,
	"udp": udpInfo,
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

func tcpInfo(dst []byte, _ *Lines, p *Packet, i int) []byte {
	sp := p.Layer(i)
	b := p.Data[sp.Start:sp.End]
	if len(b) < 20 {
		return dst
	}
	dst = ports(dst, b)
	dst = append(dst, " ["...)
	flags := b[13]
	first := true
	for bit, name := range [8]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if flags&(1<<bit) != 0 {
			if !first {
				dst = append(dst, ", "...)
			}
			dst = append(dst, name...)
			first = false
		}
	}
	dst = append(dst, "] Seq="...)
	dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(b[4:])), 10)
	if flags&0x10 != 0 {
		dst = append(dst, " Ack="...)
		dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(b[8:])), 10)
	}
	dst = append(dst, " Win="...)
	dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(b[14:])), 10)
	dst = append(dst, " Len="...)
	return strconv.AppendInt(dst, int64(sp.End-sp.Header), 10)
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
