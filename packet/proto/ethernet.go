package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// mac is a field of an address on a link: bytes with two flags in the first.
func mac(name, alias, title string) layer.Field {
	return layer.Field{
		Name: name, Alias: alias, Also: []string{"eth.addr"}, Title: title, Kind: layer.MAC, Sub: []layer.Field{
			{Bits: 24, Sub: []layer.Field{
				{Bits: 6},
				{Name: name + ".lg", Also: []string{"eth.lg"}, Title: "LG bit", Bits: 1, Kind: layer.Bool},
				{Name: name + ".ig", Also: []string{"eth.ig"}, Title: "IG bit", Bits: 1, Kind: layer.Bool},
				{Bits: 16},
			}},
		},
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
		{Name: "eth.type", Alias: "type", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next", Default: 0x9000, When: "u16(0) >= 1536"},
		{Name: "eth.len", Title: "Length", Bits: 16, When: "pos == 12", Auto: "payload"},
		trailer("eth.trailer", true),
	},
	Header:  "14",
	Payload: "u16(12) <= 1500 ? u16(12) : 0",
	Next: []layer.Next{
		{When: "u16(12) >= 1536", By: "u16(12)", Table: "eth.type"},
		{When: "u16(12) <= 1500", Proto: "llc"},
	},
	Locate:  locateEthernet,
	Refuse:  ciscoFraming,
	Summary: "${src} → ${dst}",
}

func locateEthernet(b []byte) (loc layer.Location) {
	if len(b) < 14 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = 14
	if kind := binary.BigEndian.Uint16(b[12:]); kind >= 1536 {
		loc.Key = uint32(kind)
	} else if loc.Next = -1; kind <= 1500 { // a length (clause 3.2.6)
		loc.Payload, loc.Next = int(kind), 1
	}
	return loc
}

// trailer is what lies behind the payload of a frame: padding to its smallest
// size, bytes that are named after the link, and a check sequence if it has one.
func trailer(name string, checked bool) layer.Field {
	show := func(w *layer.Walker) { showTrailer(w, checked) }
	return layer.Field{Kind: layer.Group, At: "inner", When: "inner > 0 && inner < size", Code: show, Sub: []layer.Field{
		{Name: "eth.padding", Title: "Padding", Kind: layer.Bytes},
		{Name: name, Title: "Trailer", Kind: layer.Bytes},
		{Name: "eth.fcs", Title: "Frame check sequence", Bits: 32, Base: layer.Hex},
	}}
}

// showTrailer tells the parts apart as Wireshark does: zeros up to 60 bytes are
// padding, and the last four of a frame of 64 or more the check sequence.
func showTrailer(w *layer.Walker, checked bool) {
	const least, enough = 60, 64
	b := w.Rest()
	if pad := least - w.Wire() + w.Under(0).Wire - w.Offset(); w.Wire() >= least && pad > 0 && pad <= len(b) && allZero(b[:pad]) {
		if !w.Emit(0, w.Offset(), pad, uint64(pad), b[:pad]) || !w.Move(pad) {
			return
		}
		b = b[pad:]
	}
	sum := 0
	if checked && w.Wire() >= enough && w.Wire() == len(w.Frame()) && len(b) >= 4 {
		sum = 4
	}
	if n := len(b) - sum; n > 0 {
		if !w.Emit(1, w.Offset(), n, uint64(n), b[:n]) || !w.Move(n) {
			return
		}
	}
	if sum > 0 {
		w.Field(2)
	}
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// etherTypes are names from IEEE's registry, as Wireshark writes them.
var etherTypes = layer.Enum{
	0x0800: "IPv4", 0x0806: "ARP", 0x0842: "Wake on LAN", 0x6558: "Transparent Ethernet Bridging",
	0x8035: "RARP", 0x8100: "802.1Q Virtual LAN", 0x86DD: "IPv6", 0x8808: "MAC Control", 0x8809: "Slow Protocols",
	0x8847: "MPLS label switched packet", 0x8848: "MPLS multicast", 0x8863: "PPPoE Discovery", 0x8864: "PPPoE Session",
	0x888E: "802.1X Authentication", 0x88A8: "802.1ad Provider Bridge (Q-in-Q)", 0x88CC: "802.1 Link Layer Discovery Protocol (LLDP)",
}
