package scan

import (
	"encoding/binary"
	"net/netip"

	"github.com/netwright/netwright/packet"
)

// Numbers of IANA's protocol list.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// ipPacket is what there is to know of an IP packet's header.
type ipPacket struct {
	src, dst netip.Addr
	protocol uint8
	ttl      uint8
	payload  []byte // may be cut short
}

// parseIP reads the header of an IP packet, and passes over the extension
// headers of IPv6. Fragments other than the first are none.
func parseIP(b []byte) (p ipPacket, ok bool) {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		header := int(b[0]&15) * 4
		if header < 20 || header > len(b) || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
			return p, false
		}
		end := min(max(int(binary.BigEndian.Uint16(b[2:])), header), len(b))
		return ipPacket{netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[9], b[8], b[header:end]}, true
	case len(b) >= 40 && b[0]>>4 == 6:
		end := min(40+int(binary.BigEndian.Uint16(b[4:])), len(b))
		p = ipPacket{netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[6], b[7], b[40:end]}
		return p, p.skipExtensions()
	}
	return p, false
}

// skipExtensions goes to what the packet carries (RFC 8200 §4).
func (p *ipPacket) skipExtensions() bool {
	const mostHeaders = 8
	for range mostHeaders {
		length := 0
		switch p.protocol {
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(p.payload) < 8 {
				return false
			}
			length = 8 + int(p.payload[1])*8
		case 44: // fragment
			if len(p.payload) < 8 || binary.BigEndian.Uint16(p.payload[2:])&^7 != 0 {
				return false
			}
			length = 8
		default:
			return true
		}
		if length > len(p.payload) {
			return false
		}
		p.protocol, p.payload = p.payload[0], p.payload[length:]
	}
	return false
}

// answer is what an IP packet says about a pair.
type answer struct {
	remote  netip.Addr // of the pair
	port    uint16
	from    netip.Addr // who sent it
	ttl     uint8
	attempt int
	absent  bool // it is this host's: nobody on the link has the address
	state   State
	reason  string
}

// read reads an answer from an IP packet. ok is false where it is none, or is
// not to what this scan has asked.
func (p *prober) read(b []byte) (a answer, ok bool) {
	ip, ok := parseIP(b)
	if !ok {
		return a, false
	}
	a.remote, a.from, a.ttl = ip.src, ip.src, ip.ttl
	switch {
	case ip.protocol == protoICMP || ip.protocol == protoICMPv6:
		return a, p.readICMP(&a, ip)
	case ip.protocol == protoTCP && p.mode.Protocol() == "tcp":
		return a, p.readTCP(&a, ip)
	case ip.protocol == protoUDP && p.mode == UDP && len(ip.payload) >= 8:
		a.port, a.state, a.reason = binary.BigEndian.Uint16(ip.payload), Open, "udp-response"
		return a, p.known(&a, ip.dst, binary.BigEndian.Uint16(ip.payload[2:]))
	}
	return a, false
}

// known says that a pair was asked from this source port.
func (p *prober) known(a *answer, local netip.Addr, source uint16) (ok bool) {
	a.attempt, ok = p.key.cookie(local, a.remote, a.port).attemptOf(p.base, source)
	return ok
}

// readTCP reads a segment: it acknowledges what was sent, or, where an ACK was
// answered, continues where that said.
func (p *prober) readTCP(a *answer, ip ipPacket) bool {
	t := ip.payload
	if len(t) < 20 {
		return false
	}
	a.port = binary.BigEndian.Uint16(t)
	if !p.known(a, ip.dst, binary.BigEndian.Uint16(t[2:])) {
		return false
	}
	c := p.key.cookie(ip.dst, a.remote, a.port).seq()
	seq, ack, flags := binary.BigEndian.Uint32(t[4:]), binary.BigEndian.Uint32(t[8:]), packet.TCPFlags(t[13])
	reset := flags&packet.RST != 0
	switch p.mode {
	case SYN:
		if ack != c+1 || flags&packet.ACK == 0 {
			return false
		}
		switch {
		case reset:
			a.state, a.reason = Closed, "reset"
		case flags&packet.SYN != 0:
			a.state, a.reason = Open, "syn-ack"
		default:
			return false
		}
		return true
	case ACK:
		a.state, a.reason = Unfiltered, "reset"
		return reset && seq == c
	default: // FIN counts as a byte; who answers NULL may or may not count it
		a.state, a.reason = Closed, "reset"
		return reset && (ack == c+1 || ack == c)
	}
}

// readICMP reads an echo reply, or an error about what was sent.
func (p *prober) readICMP(a *answer, ip ipPacket) bool {
	m := ip.payload
	if len(m) < 8 {
		return false
	}
	v6 := ip.protocol == protoICMPv6
	if v6 != ip.src.Is6() {
		return false
	}
	if p.mode == Sweep && (m[0] == 0 && !v6 || m[0] == 129 && v6) {
		c := p.key.cookie(ip.dst, a.remote, 0)
		a.state, a.reason = Up, "echo-reply"
		a.attempt = int(binary.BigEndian.Uint16(m[6:])-uint16(c>>16)) & 0xffff
		return binary.BigEndian.Uint16(m[4:]) == uint16(c) && a.attempt < attempts
	}
	if !v6 && m[0] != 3 && m[0] != 11 || v6 && (m[0] == 0 || m[0] > 4) {
		return false
	}
	quoted, ok := parseIP(m[8:])
	if !ok || len(quoted.payload) < 8 || !p.readQuoted(a, quoted) {
		return false
	}
	a.state, a.reason = p.errorState(v6, m[0], m[1], a.from == a.remote)
	if a.absent = ip.src == ip.dst && a.reason != "port-unreach"; a.absent {
		a.state, a.reason = p.mode.silent(), "no-neighbour"
	}
	return true
}

// readQuoted reads the begin of a packet of ours in an ICMP error.
func (p *prober) readQuoted(a *answer, q ipPacket) bool {
	a.remote = q.dst
	c := p.key.cookie(q.src, a.remote, 0)
	switch {
	case q.protocol == protoTCP && p.mode.Protocol() == "tcp":
		a.port = binary.BigEndian.Uint16(q.payload[2:])
		c = p.key.cookie(q.src, a.remote, a.port)
		return p.known(a, q.src, binary.BigEndian.Uint16(q.payload)) && binary.BigEndian.Uint32(q.payload[4:]) == c.seq()
	case q.protocol == protoUDP && p.mode == UDP:
		a.port = binary.BigEndian.Uint16(q.payload[2:])
		return p.known(a, q.src, binary.BigEndian.Uint16(q.payload))
	case (q.protocol == protoICMP || q.protocol == protoICMPv6) && p.mode == Sweep:
		a.attempt = int(binary.BigEndian.Uint16(q.payload[6:])-uint16(c>>16)) & 0xffff
		return binary.BigEndian.Uint16(q.payload[4:]) == uint16(c) && a.attempt < attempts
	}
	return false
}

// errorState is what an ICMP error says: only the target itself can say that
// nothing listens on a UDP port.
func (p *prober) errorState(v6 bool, kind, code uint8, own bool) (State, string) {
	reason := errorReason(v6, kind, code)
	switch {
	case p.mode == Sweep:
		return Down, reason
	case p.mode == UDP && own && reason == "port-unreach":
		return Closed, reason
	}
	return Filtered, reason
}

// errorReason names an ICMP error as nmap does.
func errorReason(v6 bool, kind, code uint8) string {
	var names []string
	switch {
	case !v6 && kind == 3:
		names = []string{"net-unreach", "host-unreach", "proto-unreach", "port-unreach", "", "", "", "", "",
			"net-prohibited", "host-prohibited", "", "", "admin-prohibited"}
	case v6 && kind == 1:
		names = []string{"no-route", "admin-prohibited", "beyond-scope", "addr-unreach", "port-unreach", "admin-prohibited", "reject-route"}
	case !v6 && kind == 11, v6 && kind == 3:
		return "time-exceeded"
	}
	if int(code) < len(names) && names[code] != "" {
		return names[code]
	}
	return "dest-unreach"
}
