package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// embedded shows what an address at this place holds of other addresses: a MAC
// (RFC 4291 appendix A), the IPv4 of 6to4 (RFC 3056), or server and client of
// Teredo (RFC 4380).
func embedded(end, at string) layer.Field {
	name := "ipv6." + end + "_"
	return layer.Field{Kind: layer.Group, At: at, Code: showEmbedded, Sub: []layer.Field{
		{Name: name + "slaac_mac", Also: []string{"ipv6.slaac_mac"}, Title: "SLAAC MAC", Kind: layer.MAC},
		{Name: name + "6to4_gw_ipv4", Also: []string{"ipv6.6to4_gw_ipv4"}, Title: "6to4 Gateway IPv4", Kind: layer.IPv4},
		{Name: name + "6to4_sla_id", Also: []string{"ipv6.6to4_sla_id"}, Title: "6to4 SLA ID", Bits: 16},
		{Name: name + "ts_ipv4", Also: []string{"ipv6.ts_ipv4"}, Title: "Teredo Server IPv4", Kind: layer.IPv4},
		{Name: name + "tc_port", Also: []string{"ipv6.tc_port"}, Title: "Teredo Port", Bits: 16},
		{Name: name + "tc_ipv4", Also: []string{"ipv6.tc_ipv4"}, Title: "Teredo Client IPv4", Kind: layer.IPv4},
	}}
}

func showEmbedded(w *layer.Walker) {
	b, at := w.Rest(), w.Offset()
	if len(b) < 16 {
		return
	}
	b = b[:16]
	switch {
	case b[0] == 0x20 && b[1] == 0x02:
		if !w.Emit(1, at+2, 4, ipv4Number(b[2:6]), b[2:6]) || !w.Emit(2, at+6, 2, uint64(be16(b[6:])), nil) {
			return
		}
	case b[0] == 0x20 && b[1] == 0x01 && b[2] == 0 && b[3] == 0:
		client := append(w.Scratch(), ^b[12], ^b[13], ^b[14], ^b[15]) // both are sent inverted
		if !w.Emit(3, at+4, 4, ipv4Number(b[4:8]), b[4:8]) || !w.Emit(4, at+10, 2, uint64(^uint16(be16(b[10:]))), nil) {
			return
		}
		if !w.Emit(5, at+12, 4, ipv4Number(client), client) {
			return
		}
	}
	if b[8]&2 != 0 && b[11] == 0xFF && b[12] == 0xFE && b[0] != 0xFF {
		w.Emit(0, at+8, 8, 6, append(w.Scratch(), b[8]^2, b[9], b[10], b[13], b[14], b[15]))
	}
}

func ipv4Number(b []byte) uint64 {
	return uint64(binary.BigEndian.Uint32(b))
}
