package trace

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwright/netwright/packet/layer"
)

// form is how probes are written, and found again in what answers them.
type form struct {
	method   Method
	version  int
	raw      bool // they begin with their UDP or TCP header
	src, dst netip.Addr
	sport    uint16 // of flow 0; the identifier of ICMP
	port     uint16
	token    uint32 // of this run
}

const (
	udpHeader  = 8
	tcpHeader  = 20
	icmpHeader = 8
	tag        = 8 // what our payloads begin with: a word that makes up for a checksum, the token, the number
)

func (f *form) ipHeader() int {
	if f.version == 6 {
		return 40
	}
	return 20
}

// headers is what comes before the payload, IP header included.
func (f *form) headers() int {
	return f.ipHeader() + map[Method]int{UDP: udpHeader, ICMP: icmpHeader, TCP: tcpHeader}[f.method]
}

// least is the size of the smallest probe.
func (f *form) least() int {
	if f.method == TCP {
		return f.headers() + 4 // an option
	}
	return f.headers() + tag
}

// append makes a probe of that size, IP header included, as the socket wants it.
func (f *form) append(dst []byte, number uint16, flow, size int) []byte {
	start := len(dst)
	size = max(size, f.least())
	dst = append(dst, make([]byte, size-f.ipHeader())...)
	b := dst[start:]
	switch f.method {
	case ICMP:
		f.echo(b, number, flow)
	case TCP:
		f.syn(b[:tcpHeader+4], number, flow)
		return dst[:start+tcpHeader+4]
	default:
		f.datagram(b, number, flow)
		if !f.raw {
			return append(dst[:start], b[udpHeader:]...)
		}
	}
	return dst
}

// payload writes what is the same in all payloads.
func (f *form) payload(b []byte, number uint16) {
	binary.BigEndian.PutUint32(b[2:], f.token)
	binary.BigEndian.PutUint16(b[6:], number)
	for i := range b[tag:] {
		b[tag+i] = byte('A' + i%26)
	}
}

// compensate sets the word at b[at:] so that the sum of b and what was summed
// before is a whole one: with the checksum that b has, it is right.
func compensate(b []byte, at int, before uint64) {
	binary.BigEndian.PutUint16(b[at:], 0)
	binary.BigEndian.PutUint16(b[at:], layer.FoldSum(layer.AddSum(before, b)))
}

// echo writes an echo request. Routers that share load look at its checksum,
// so that it is the flow's; the kernel comes to the same when it computes it.
func (f *form) echo(b []byte, number uint16, flow int) {
	b[0] = 8
	before := uint64(0)
	if f.version == 6 {
		b[0] = 128
		before = f.pseudo(58, len(b))
	}
	binary.BigEndian.PutUint16(b[2:], 0x4e57+uint16(flow))
	binary.BigEndian.PutUint16(b[4:], f.sport)
	binary.BigEndian.PutUint16(b[6:], number)
	f.payload(b[icmpHeader:], number)
	compensate(b, icmpHeader, before)
}

// datagram writes a UDP datagram whose checksum is its number, since that is in
// the eight bytes that every router quotes.
func (f *form) datagram(b []byte, number uint16, flow int) {
	binary.BigEndian.PutUint16(b, f.sport+uint16(flow))
	binary.BigEndian.PutUint16(b[2:], f.port)
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	binary.BigEndian.PutUint16(b[6:], number)
	f.payload(b[udpHeader:], number)
	compensate(b, udpHeader, f.pseudo(17, len(b)))
}

// syn writes a SYN whose sequence number tells which it is.
func (f *form) syn(b []byte, number uint16, flow int) {
	binary.BigEndian.PutUint16(b, f.sport+uint16(flow))
	binary.BigEndian.PutUint16(b[2:], f.port)
	binary.BigEndian.PutUint32(b[4:], f.sequence(number))
	b[12], b[13] = byte(len(b)/4)<<4, 2
	binary.BigEndian.PutUint16(b[14:], 64240)
	copy(b[tcpHeader:], []byte{2, 4, 1460 >> 8, 1460 & 0xff})
	binary.BigEndian.PutUint16(b[16:], layer.FoldSum(layer.AddSum(f.pseudo(6, len(b)), b)))
}

func (f *form) sequence(number uint16) uint32 { return uint32(number)<<16 | f.token&0xffff }

func (f *form) pseudo(protocol uint8, length int) uint64 {
	return layer.PseudoSum(append(f.src.AsSlice(), f.dst.AsSlice()...), protocol, length)
}

// quoted finds the number of the probe that an error quotes, from its transport
// header on, or for datagram sockets of UDP from its payload on. anonymous says
// that the router quotes too little.
func (f *form) quoted(b []byte) (number uint16, ok, anonymous bool) {
	switch {
	case f.method == ICMP:
		if len(b) < icmpHeader || binary.BigEndian.Uint16(b[4:]) != f.sport {
			return 0, false, false
		}
		return binary.BigEndian.Uint16(b[6:]), f.tagged(b[icmpHeader:]) || len(b) < icmpHeader+tag, false
	case !f.raw:
		if len(b) < tag {
			return 0, false, true
		}
		return binary.BigEndian.Uint16(b[6:]), f.tagged(b), false
	case len(b) < udpHeader || binary.BigEndian.Uint16(b[2:]) != f.port || !f.isFlow(binary.BigEndian.Uint16(b)):
		return 0, false, false
	case f.method == TCP:
		seq := binary.BigEndian.Uint32(b[4:])
		return uint16(seq >> 16), f.sequence(uint16(seq>>16)) == seq, false
	case len(b) >= udpHeader+tag && f.tagged(b[udpHeader:]):
		return binary.BigEndian.Uint16(b[udpHeader+6:]), true, false
	}
	return binary.BigEndian.Uint16(b[6:]), true, false
}

func (f *form) tagged(payload []byte) bool {
	return len(payload) >= tag && binary.BigEndian.Uint32(payload[2:]) == f.token
}

// isFlow says whether a source port is one of ours.
func (f *form) isFlow(port uint16) bool { return port-f.sport < maxFlows }

// answered finds the number of the probe that a packet of the target's answers,
// from its transport header on; for a datagram socket it is the payload. Where
// it does not tell the number, ok is with a number of 0.
func (f *form) answered(b []byte) (number uint16, ok bool) {
	switch {
	case f.method == UDP && !f.raw:
		return 0, true
	case len(b) < udpHeader:
		return 0, false
	case f.method == ICMP:
		reply := byte(0)
		if f.version == 6 {
			reply = 129
		}
		return binary.BigEndian.Uint16(b[6:]), b[0] == reply && binary.BigEndian.Uint16(b[4:]) == f.sport && f.tagged(b[icmpHeader:])
	case binary.BigEndian.Uint16(b) != f.port || !f.isFlow(binary.BigEndian.Uint16(b[2:])):
		return 0, false
	case f.method == UDP:
		return 0, true
	case len(b) < tcpHeader || b[13]&0x10 == 0: // an answer to a SYN has an ACK
		return 0, false
	}
	seq := binary.BigEndian.Uint32(b[8:]) - 1
	return uint16(seq >> 16), f.sequence(uint16(seq>>16)) == seq
}
