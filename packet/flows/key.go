package flows

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
)

// Key is what tells a flow from others, the same in both directions.
type Key struct {
	low, high netip.AddrPort
	Proto     uint8  // of IP
	VLAN      uint16 // the innermost
	VNI       uint32 // of VXLAN, Geneve or GRE
}

// newKey is the key of a packet, and whether it goes from the lower end to the
// higher.
func newKey(src, dst netip.AddrPort, proto uint8, vlan uint16, vni uint32) (Key, bool) {
	if src.Compare(dst) <= 0 {
		return Key{src, dst, proto, vlan, vni}, true
	}
	return Key{dst, src, proto, vlan, vni}, false
}

// The numbers of protocols of IP that are looked into.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// CommunityID is the hash that identifies a flow to other tools: Community ID
// version 1, seed 0, as github.com/corelight/community-id-spec defines it. For
// ICMP the ports are the message's type, and that of its answer or its code.
func CommunityID(src, dst netip.AddrPort, proto uint8) string {
	oneWay := false
	if proto == protoICMP || proto == protoICMPv6 {
		src, dst, oneWay = icmpPorts(src, dst, proto)
	}
	if order := src.Addr().Compare(dst.Addr()); !oneWay && (order > 0 || order == 0 && src.Port() > dst.Port()) {
		src, dst = dst, src
	}
	b := make([]byte, 2, 42)
	b = append(b, src.Addr().AsSlice()...)
	b = append(b, dst.Addr().AsSlice()...)
	b = append(b, proto, 0)
	switch proto {
	case protoICMP, protoTCP, protoUDP, protoICMPv6, protoSCTP:
		b = binary.BigEndian.AppendUint16(b, src.Port())
		b = binary.BigEndian.AppendUint16(b, dst.Port())
	}
	sum := sha1.Sum(b)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// icmpPairs are the messages of ICMP and ICMPv6 that answer each other.
var icmpPairs = map[uint8]map[uint16]uint16{
	protoICMP:   {0: 8, 8: 0, 9: 10, 10: 9, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17},
	protoICMPv6: {128: 129, 129: 128, 130: 131, 131: 130, 133: 134, 134: 133, 135: 136, 136: 135, 139: 140, 140: 139, 144: 145, 145: 144},
}

// icmpPorts are type and answer as ports; one-way messages have their code, and
// keep their direction.
func icmpPorts(src, dst netip.AddrPort, proto uint8) (netip.AddrPort, netip.AddrPort, bool) {
	kind, code := src.Port(), dst.Port()
	answer, ok := icmpPairs[proto][kind]
	if !ok {
		answer = code
	}
	return netip.AddrPortFrom(src.Addr(), kind), netip.AddrPortFrom(dst.Addr(), answer), !ok
}
