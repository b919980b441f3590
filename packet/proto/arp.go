package proto

import "github.com/netwright/netwright/packet/layer"

var arp = &layer.Proto{
	Name: "arp", Title: "Address Resolution Protocol", Alias: []string{"ARP", "rarp"}, Spec: "RFC 826, RFC 903",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x0806, 0x8035}}},
	Fields: []layer.Field{
		{Name: "arp.hw.type", Alias: "hwtype", Title: "Hardware type", Bits: 16, Default: 1, Enum: arpHardware},
		{Name: "arp.proto.type", Alias: "ptype", Title: "Protocol type", Bits: 16, Base: layer.Hex, Default: 0x0800, Enum: etherTypes},
		{Name: "arp.hw.size", Alias: "hwlen", Title: "Hardware size", Bits: 8, Default: 6},
		{Name: "arp.proto.size", Alias: "plen", Title: "Protocol size", Bits: 8, Default: 4},
		{Name: "arp.opcode", Alias: "op", Title: "Opcode", Bits: 16, Default: 1, Enum: arpOpcodes, Words: map[string]uint64{"who-has": 1, "is-at": 2}},
		{Kind: layer.Group, When: "rest >= 2 * (hwlen + plen)", Sub: []layer.Field{
			{Name: "arp.src.hw_mac", Alias: "hwsrc", Title: "Sender MAC address", Kind: layer.MAC, When: "hwlen == 6 && (hwtype == 1 || hwtype == 6)"},
			{Name: "arp.src.hw", Title: "Sender hardware address", Kind: layer.Bytes, Len: "hwlen", When: "hwlen != 0 && !(hwlen == 6 && (hwtype == 1 || hwtype == 6))"},
			{Name: "arp.src.proto_ipv4", Alias: "psrc", Title: "Sender IP address", Kind: layer.IPv4, When: "plen == 4 && ptype == 0x0800"},
			{Name: "arp.src.proto", Title: "Sender protocol address", Kind: layer.Bytes, Len: "plen", When: "plen != 0 && !(plen == 4 && ptype == 0x0800)"},
			{Alias: "unknown", Calc: "u32(0) == 0 && u16(4) == 0"},
			{Name: "arp.dst.hw_mac", Alias: "hwdst", Title: "Target MAC address", Kind: layer.MAC, When: "hwlen == 6 && (hwtype == 1 || hwtype == 6)"},
			{Name: "arp.dst.hw", Title: "Target hardware address", Kind: layer.Bytes, Len: "hwlen", When: "hwlen != 0 && !(hwlen == 6 && (hwtype == 1 || hwtype == 6))"},
			{Name: "arp.dst.proto_ipv4", Alias: "pdst", Title: "Target IP address", Kind: layer.IPv4, When: "plen == 4 && ptype == 0x0800"},
			{Name: "arp.dst.proto", Title: "Target protocol address", Kind: layer.Bytes, Len: "plen", When: "plen != 0 && !(plen == 4 && ptype == 0x0800)"},
			{Name: "arp.isgratuitous", Title: "Is gratuitous", Kind: layer.Bool, Calc: "1", At: "0", When: "(op == 1 || op == 2) && ptype == 0x0800 && plen == 4 && psrc != 0 && psrc == pdst"},
			{Name: "arp.isannouncement", Title: "Is announcement", Kind: layer.Bool, Calc: "1", At: "0", When: "op == 1 && unknown && ptype == 0x0800 && hwlen == 6 && plen == 4 && psrc != 0 && psrc == pdst"},
			{Name: "arp.isprobe", Title: "Is probe", Kind: layer.Bool, Calc: "1", At: "0", When: "op == 1 && ptype == 0x0800 && plen == 4 && psrc == 0 && pdst != 0"},
		}},
	},
	Header:  "8 + 2 * (hwlen + plen)",
	Total:   "8 + 2 * (hwlen + plen)",
	Locate:  locateARP,
	Answers: &layer.Answer{Swap: [][2]string{{"psrc", "pdst"}}, Pair: map[string][]layer.Answers{"op": {{Ask: 1, Answer: 2}, {Ask: 3, Answer: 4}, {Ask: 5, Answer: 6}, {Ask: 8, Answer: 9}}}},
	Summary: "${op} ${psrc} → ${pdst}",
}

func locateARP(b []byte) layer.Location {
	if len(b) < 8 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	size := 8 + 2*(int(b[4])+int(b[5]))
	return layer.Location{Header: size, Total: size, Next: -1}
}

// arpOpcodes are from IANA's registry of ARP parameters, as Wireshark writes
// them.
var arpOpcodes = layer.Enum{
	1: "request", 2: "reply", 3: "reverse request", 4: "reverse reply", 5: "drarp request", 6: "drarp reply",
	7: "drarp error", 8: "inverse request", 9: "inverse reply", 10: "arp nak", 23: "mapos unarp",
}

var arpHardware = layer.Enum{
	1: "Ethernet", 3: "AX.25", 6: "IEEE 802", 7: "ARCNET", 15: "Frame Relay DLCI", 16: "ATM (16)", 19: "ATM (19)",
	20: "Serial Line", 24: "IEEE 1394.1995", 27: "EUI-64", 32: "InfiniBand", 512: "PPP", 772: "Loopback", 778: "GRE over IP",
}
