package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// mac is a field of an address on a link.
func mac(name, alias, title string) layer.Field {
	return layer.Field{
		Name: name, Alias: alias, Also: []string{"eth.addr"}, Title: title, Kind: layer.MAC,
	}
}

var ethernet = &layer.Proto{
	Name: "eth", Title: "Ethernet II", Alias: []string{"Ether", "ethernet"}, Spec: "IEEE 802.3-2022 section 3",
	On: []layer.On{
		{Table: "link", Keys: []uint64{1}},
		{Table: "eth.type", Keys: []uint64{0x6558}}, // transparent bridging: GRE, Geneve
	},
	Fields: []layer.Field{
		mac("eth.dst", "dst", "Destination"),
		mac("eth.src", "src", "Source"),
		{Name: "eth.type", Alias: "type", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next", When: "u16(0) >= 1536"},
		{Name: "eth.len", Title: "Length", Bits: 16, When: "pos == 12", Auto: "payload"},
	},
	Header: "14",
	Total:  "u16(12) <= 1500 ? 14 + u16(12) : 0",
	Next: []layer.Next{
		{When: "u16(12) >= 1536", By: "u16(12)", Table: "eth.type"},
		{When: "u16(12) <= 1500", Proto: "llc"},
	},
	Locate:  locateEthernet,
	Summary: "${src} → ${dst}",
}

func locateEthernet(b []byte) (loc layer.Location) {
	if len(b) < 14 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = 14
	if kind := binary.BigEndian.Uint16(b[12:]); kind >= 1536 {
		loc.Key = uint32(kind)
	} else if loc.Next = -1; kind <= 1500 {
		loc.Total, loc.Next = 14+int(kind), 1
	}
	return loc
}

// etherTypes are names from IEEE's registry, as Wireshark writes them.
var etherTypes = layer.Enum{
	0x0800: "IPv4", 0x0806: "ARP", 0x0842: "Wake on LAN", 0x6558: "Transparent Ethernet Bridging",
	0x8035: "RARP", 0x8100: "802.1Q Virtual LAN", 0x86DD: "IPv6", 0x8808: "MAC Control", 0x8809: "Slow Protocols",
	0x8847: "MPLS label switched packet", 0x8848: "MPLS multicast", 0x8863: "PPPoE Discovery", 0x8864: "PPPoE Session",
	0x888E: "802.1X Authentication", 0x88A8: "802.1ad Provider Bridge (Q-in-Q)", 0x88CC: "802.1 Link Layer Discovery Protocol (LLDP)",
}
