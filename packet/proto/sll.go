package proto

import "github.com/netwright/netwright/packet/layer"

// Linux cooked captures name protocols by EtherType, but for some hardware and
// small numbers: ARPHRD_IPGRE, ARPHRD_NETLINK and 802.2 and 802.3 frames.
var sll = &layer.Proto{
	Name: "sll", Title: "Linux cooked capture v1", Alias: []string{"SLL", "CookedLinux"}, Spec: "LINKTYPE_LINUX_SLL",
	On: []layer.On{{Table: "link", Keys: []uint64{113}}},
	Fields: []layer.Field{
		{Name: "sll.pkttype", Alias: "pkttype", Title: "Packet type", Bits: 16, Enum: sllTypes},
		{Name: "sll.hatype", Alias: "lladdrtype", Title: "Link-layer address type", Bits: 16, Default: 1, Enum: arpHardware},
		{Name: "sll.halen", Alias: "lladdrlen", Title: "Link-layer address length", Bits: 16, Default: 6},
		sllAddress("halen", "src"),
		{Kind: layer.Group, Switch: "hatype == 778 ? 2 : u16(0) < 1536 ? 1 : 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "sll.etype", Alias: "proto", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"}}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "sll.ltype", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: sllProtocols}}},
			{Of: []uint64{2}, Fields: []layer.Field{{Name: "sll.gretype", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: etherTypes}}},
		}},
		trailer("sll.trailer", false),
	},
	Header: "16",
	Next: []layer.Next{
		{When: "u16(14) == 4", Proto: "llc"},
		{When: "hatype != 824", By: "u16(14)", Table: "eth.type"},
	},
	Locate:  func(b []byte) layer.Location { return locateCooked(b, 16, 2, 14) },
	Summary: "${pkttype} ${src}",
}

var sll2 = &layer.Proto{
	Name: "sll2", Title: "Linux cooked capture v2", Alias: []string{"SLL2", "CookedLinuxV2"}, Spec: "LINKTYPE_LINUX_SLL2",
	On: []layer.On{{Table: "link", Keys: []uint64{276}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Len: "2", Switch: "u16(8) == 778 ? 2 : u16(0) < 1536 ? 1 : 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "sll.etype", Alias: "proto", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"}}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "sll.ltype", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: sllProtocols}}},
			{Of: []uint64{2}, Fields: []layer.Field{{Name: "sll.gretype", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: etherTypes}}},
		}},
		{Alias: "reserved", Title: "Reserved", Bits: 16},
		{Name: "sll.ifindex", Alias: "ifindex", Title: "Interface index", Bits: 32},
		{Name: "sll.hatype", Alias: "lladdrtype", Title: "Link-layer address type", Bits: 16, Default: 1, Enum: arpHardware},
		{Name: "sll.pkttype", Alias: "pkttype", Title: "Packet type", Bits: 8, Enum: sllTypes},
		{Name: "sll.halen", Alias: "lladdrlen", Title: "Link-layer address length", Bits: 8, Default: 6},
		sllAddress("halen", "src"),
		trailer("sll.trailer", false),
	},
	Header: "20",
	Next: []layer.Next{
		{When: "u16(0) == 4", Proto: "llc"},
		{When: "hatype != 824", By: "u16(0)", Table: "eth.type"},
	},
	Locate:  func(b []byte) layer.Location { return locateCooked(b, 20, 8, 0) },
	Summary: "${pkttype} ${src}",
}

// sllAddress is the sender's address, of which 8 bytes are kept.
func sllAddress(size, alias string) layer.Field {
	return layer.Field{Kind: layer.Group, Len: "8", Switch: size, Cases: []layer.Case{
		{Of: []uint64{6}, Fields: []layer.Field{
			{Name: "sll.src.eth", Alias: alias, Title: "Source", Kind: layer.MAC, Also: []string{"eth.addr"}},
			{Name: "sll.unused", Title: "Unused", Kind: layer.Bytes},
		}},
		{Of: []uint64{4}, Fields: []layer.Field{
			{Name: "sll.src.ipv4", Title: "Source", Kind: layer.IPv4},
			{Name: "sll.unused", Title: "Unused", Kind: layer.Bytes},
		}},
		{Of: []uint64{0}, Fields: []layer.Field{{Name: "sll.unused", Title: "Unused", Kind: layer.Bytes}}},
		{Fields: []layer.Field{
			{Name: "sll.src.other", Title: "Source", Kind: layer.Bytes, Len: size + " > 8 ? 8 : " + size},
			{Name: "sll.unused", Title: "Unused", Kind: layer.Bytes, When: "rest > 0"},
		}},
	}}
}

// locateCooked locates a cooked header of that size, with the type of hardware
// and the protocol at these places.
func locateCooked(b []byte, size, hardware, protocol int) layer.Location {
	if len(b) < size {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc := layer.Location{Header: size, Next: 1, Key: be16(b[protocol:])}
	switch {
	case loc.Key == 4:
		loc.Next, loc.Key = 0, 0
	case be16(b[hardware:]) == 824: // netlink
		loc.Next, loc.Key = -1, 0
	}
	return loc
}

var sllTypes = layer.Enum{
	0: "Unicast to us", 1: "Broadcast", 2: "Multicast", 3: "Unicast to another host", 4: "Sent by us",
}

var sllProtocols = layer.Enum{1: "Raw 802.3", 4: "802.2 LLC", 0x000C: "CAN", 0x000D: "CAN FD"}
