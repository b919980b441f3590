package scan

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwright/netwright/packet"
)

// attempts is how often a pair is asked at most; each time comes from a source
// port of its own, so that filters and hosts do not take it for a repetition.
const attempts = 16

// slots is how many source ports there are for each attempt. Which of them is
// used is a part of the cookie.
const slots = 32

// sourcePorts is how many source ports a scan takes.
const sourcePorts = attempts * slots

// cookie is what a pair's answers are recognised by: a keyed hash, of which
// parts are in the source port and in the sequence number, identifier or
// payload.
type cookie uint64

func (k key) cookie(local, remote netip.Addr, port uint16) cookie {
	var m [40]byte
	l, r := local.As16(), remote.As16()
	copy(m[:], l[:])
	copy(m[16:], r[:])
	binary.BigEndian.PutUint16(m[32:], port)
	return cookie(k.sum(m[:]))
}

// seq is the part that TCP's sequence number is.
func (c cookie) seq() uint32 { return uint32(c) }

// source is the source port of an attempt.
func (c cookie) source(base uint16, attempt int) uint16 {
	return base + uint16(c>>59)*attempts + uint16(attempt)
}

// attemptOf says which attempt a source port is of, if it can be of this
// cookie.
func (c cookie) attemptOf(base, source uint16) (attempt int, ok bool) {
	n := int(source) - int(c.source(base, 0))
	return n, n >= 0 && n < attempts
}

// prober writes the packets that ask.
type prober struct {
	mode Mode
	key  key
	base uint16 // first of the source ports

	ip4  packet.IPv4
	ip6  packet.IPv6
	tcp  packet.TCP
	udp  packet.UDP
	echo packet.ICMP
	data []byte
}

func newProber(mode Mode, k key, base uint16) *prober {
	p := &prober{mode: mode, key: k, base: base}
	p.tcp.Window = packet.Set(1024)
	p.ip6.HopLimit = packet.Set(64)
	switch mode {
	case SYN:
		p.tcp.Flags = packet.SYN
		p.tcp.Options = []byte{2, 4, 0x05, 0xb4} // maximum segment size 1460: some drop a SYN without
	case ACK:
		p.tcp.Flags = packet.ACK
	case FIN:
		p.tcp.Flags = packet.FIN
	}
	return p
}

// build appends an IP packet that asks a pair.
func (p *prober) build(dst []byte, local, remote netip.Addr, port uint16, attempt int) ([]byte, error) {
	c := p.key.cookie(local, remote, port)
	p.ip4.Src, p.ip4.Dst = local, remote
	p.ip6.Src, p.ip6.Dst = local, remote
	p.ip4.ID = packet.Set(uint16(c >> 16))
	var ip packet.Layer = &p.ip4
	if remote.Is6() {
		ip = &p.ip6
	}
	switch p.mode {
	case UDP:
		p.udp.SrcPort, p.udp.DstPort = c.source(p.base, attempt), port
		p.data = appendPayload(p.data[:0], port, uint32(c))
		return packet.Build(dst, ip, &p.udp, packet.Payload(p.data))
	case Sweep:
		return p.buildEcho(dst, ip, c, remote.Is6(), attempt)
	}
	p.tcp.SrcPort, p.tcp.DstPort = c.source(p.base, attempt), port
	p.tcp.Seq = c.seq()
	if p.mode == ACK {
		p.tcp.Ack = c.seq()
	}
	return packet.Build(dst, ip, &p.tcp)
}

// echoData is what an echo request carries behind its cookie: nothing of
// interest, and enough for those who drop empty ones.
const echoData = "netwright scan  "
