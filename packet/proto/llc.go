package proto

import "github.com/netwright/netwright/packet/layer"

var llc = &layer.Proto{
	Name: "llc", Title: "Logical-Link Control", Alias: []string{"LLC"}, Spec: "IEEE 802.2-1998 section 3",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x8870}}},
	Fields: []layer.Field{
		{Name: "llc.dsap", Alias: "dsap", Title: "DSAP", Bits: 8, Base: layer.Hex, Default: 0xAA},
		{Name: "llc.ssap", Alias: "ssap", Title: "SSAP", Bits: 8, Base: layer.Hex, Default: 0xAA},
		{Name: "llc.control", Alias: "ctrl", Title: "Control field", Base: layer.Hex, Len: "u8(0) & 3 == 3 ? 1 : 2", Default: 3},
		{Kind: layer.Group, When: "dsap == 0xAA && ssap == 0xAA && control == 3", Sub: []layer.Field{
			{Name: "llc.oui", Alias: "OUI", Title: "Organization Code", Bits: 24},
			{Name: "llc.type", Alias: "code", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"},
		}},
	},
	Header: "u8(2) & 3 != 3 ? 4 : u16(0) == 0xAAAA && u8(2) == 3 ? 8 : 3",
	Next: []layer.Next{
		{When: "u16(0) == 0xAAAA && u8(2) == 3 && (u24(3) == 0 || u24(3) == 0xF8)", By: "u16(6)", Table: "eth.type"},
		{When: "u16(0) != 0xAAAA", By: "dsap", Table: "llc.dsap"},
	},
	Summary: "${dsap}",
}
