package proto

import "github.com/netwright/netwright/packet/layer"

// isl is Cisco's old tag: a whole frame behind a header that begins as Ethernet
// does, with an address of its own.
var isl = &layer.Proto{
	Name: "isl", Title: "ISL", Spec: "Cisco Inter-Switch Link",
	On:    []layer.On{{Table: "link"}},
	Guess: isISL,
	Fields: []layer.Field{
		{Name: "isl.dst", Also: []string{"isl.addr"}, Title: "Destination", Kind: layer.MAC, Sub: []layer.Field{
			{Kind: layer.Bytes, Len: "5"},
			{Bits: 8, Sub: []layer.Field{
				{Name: "isl.type", Title: "Type", Bits: 4},
				{Bits: 2},
				{Name: "isl.user_eth", Title: "User", Bits: 2},
			}},
		}},
		{Name: "isl.src", Also: []string{"isl.addr"}, Title: "Source", Kind: layer.MAC},
		{Name: "isl.len", Title: "Length", Bits: 16},
		{Name: "isl.dsap", Title: "DSAP", Bits: 8, Base: layer.Hex},
		{Name: "isl.ssap", Title: "SSAP", Bits: 8, Base: layer.Hex},
		{Name: "isl.control", Title: "Control", Bits: 8, Base: layer.Hex},
		{Name: "isl.hsa", Title: "HSA", Bits: 24, Base: layer.Hex},
		{Bits: 16, Sub: []layer.Field{
			{Name: "isl.vlan_id", Alias: "vlan", Title: "VLAN ID", Bits: 15},
			{Name: "isl.bpdu", Title: "BPDU", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "isl.index", Title: "Index", Bits: 16},
		{Name: "isl.reserved", Title: "Reserved", Bits: 16, Base: layer.Hex},
	},
	Header:  "26",
	Next:    []layer.Next{{When: "u8(5) >> 4 == 0", Proto: "eth"}},
	Summary: "VLAN ${vlan}",
}

func isISL(b []byte) bool {
	return len(b) >= 26 && b[0]&^2 == 1 && b[1] == 0 && b[2] == 0x0C && b[3] == 0 && b[4] == 0
}

// ciscoFraming tells of what looks as Ethernet does and is not: ISL, and
// FabricPath, whose type stands where the addresses are switches.
func ciscoFraming(b []byte) bool {
	return isISL(b) || isFabricPath(b)
}

// fabricPath carries a frame between switches.
var fabricPath = &layer.Proto{
	Name: "cfp", Title: "Cisco FabricPath",
	On:    []layer.On{{Table: "link"}},
	Guess: isFabricPath,
	Fields: []layer.Field{
		{Alias: "many", Calc: "u8(0) & 1", Bits: 1},
		{Name: "cfp.d_hmac_mc", Title: "MC Destination", Kind: layer.MAC, When: "many"},
		{Name: "cfp.d_hmac", Title: "Destination", Kind: layer.Group, Len: "6", When: "!many", Sub: fabricAddress},
		{Name: "cfp.s_hmac", Title: "Source", Kind: layer.Group, Len: "6", Sub: fabricAddress},
		{Name: "cfp.etype", Title: "Type", Bits: 16, Base: layer.Hex, Default: 0x8903},
		{Bits: 16, Sub: []layer.Field{
			{Name: "cfp.ftag", Alias: "tag", Title: "FTAG", Bits: 10},
			{Name: "cfp.ttl", Title: "TTL", Bits: 6},
		}},
		{Name: "cfp.fcs", Title: "FCS", Bits: 32, Base: layer.Hex, At: "size - 4", When: "size >= 20"},
	},
	Header:  "16",
	Payload: "rest > 20 ? rest - 20 : 0",
	Next:    []layer.Next{{Proto: "eth"}},
	Summary: "tag ${tag}",
}

// fabricAddress is where a switch, and a port of it, is.
var fabricAddress = []layer.Field{
	{Bits: 24, Sub: []layer.Field{
		{Bits: 6},
		{Name: "cfp.ul", Title: "U/L bit", Bits: 1, Kind: layer.Bool},
		{Name: "cfp.ig", Title: "I/G bit", Bits: 1, Kind: layer.Bool},
		{Bits: 2},
		{Bits: 1},
		{Name: "cfp.ooodl", Title: "OOO/DL Bit", Bits: 1, Kind: layer.Bool},
		{Name: "cfp.swid", Title: "switch-id", Bits: 12},
	}},
	{Name: "cfp.sswid", Title: "sub-switch-id", Bits: 8},
	{Name: "cfp.lid", Title: "Source LID", Bits: 16},
}

func isFabricPath(b []byte) bool {
	return len(b) >= 16 && b[12] == 0x89 && b[13] == 0x03
}
