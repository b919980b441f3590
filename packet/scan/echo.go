package scan

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// buildEcho appends an ICMP echo request whose identifier and sequence number
// are the cookie.
func (p *prober) buildEcho(dst []byte, ip packet.Layer, c cookie, v6 bool, attempt int) ([]byte, error) {
	if !v6 {
		p.echo.ID, p.echo.Seq = uint16(c), uint16(c>>16)+uint16(attempt)
		return packet.Build(dst, ip, &p.echo, packet.Payload(echoData))
	}
	m := append(p.data[:0], 128, 0, 0, 0)
	m = binary.BigEndian.AppendUint16(m, uint16(c))
	m = binary.BigEndian.AppendUint16(m, uint16(c>>16)+uint16(attempt))
	p.data = append(m, echoData...)
	return p.buildICMPv6(dst, &p.ip6, p.data)
}

// buildICMPv6 appends an IPv6 packet with a message, and fills in its checksum.
func (p *prober) buildICMPv6(dst []byte, ip *packet.IPv6, message []byte) ([]byte, error) {
	message[2], message[3] = 0, 0
	src, to := ip.Src.As16(), ip.Dst.As16()
	addresses := append(src[:], to[:]...)
	sum := layer.FoldSum(layer.AddSum(layer.PseudoSum(addresses, protoICMPv6, len(message)), message))
	binary.BigEndian.PutUint16(message[2:], sum)
	ip.NextHeader = packet.Set(uint8(protoICMPv6))
	return packet.Build(dst, ip, packet.Payload(message))
}
