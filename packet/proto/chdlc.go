package proto

import "github.com/netwright/netwright/packet/layer"

// chdlc is Cisco's framing of serial lines, which names protocols by EtherType.
var chdlc = &layer.Proto{
	Name: "chdlc", Title: "Cisco HDLC", Spec: "LINKTYPE_C_HDLC",
	On: []layer.On{{Table: "link", Keys: []uint64{104}}},
	Fields: []layer.Field{
		{Name: "chdlc.address", Title: "Address", Bits: 8, Base: layer.Hex, Default: 0x0F, Enum: layer.Enum{0x0F: "Unicast", 0x8F: "Multicast"}},
		{Name: "chdlc.control", Title: "Control", Bits: 8, Base: layer.Hex},
		{Name: "chdlc.protocol", Alias: "proto", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"},
		{Name: "chdlc.clns_padding", Title: "CLNS Padding", Bits: 8, Base: layer.Hex, When: "proto == 0xFEFE"},
	},
	Header: "proto == 0xFEFE ? 5 : 4",
	Next: []layer.Next{
		{When: "proto == 0x8035", Proto: "slarp"},
		{When: "proto == 0xFEFE", By: "proto", Table: "llc.dsap"},
		{By: "proto", Table: "eth.type"},
	},
	Summary: "${proto}",
}

var slarp = &layer.Proto{
	Name: "slarp", Title: "Cisco SLARP",
	Fields: []layer.Field{
		{Name: "slarp.ptype", Alias: "ptype", Title: "Packet type", Bits: 32, Default: 2, Enum: layer.Enum{0: "Address request", 1: "Address reply", 2: "Line keepalive"}},
		{Kind: layer.Group, Switch: "ptype == 2", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "slarp.address", Title: "Address", Kind: layer.IPv4},
				{Name: "slarp.netmask", Title: "Netmask", Kind: layer.IPv4},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "slarp.mysequence", Title: "Outgoing sequence number", Bits: 32},
				{Name: "slarp.yoursequence", Title: "Returned sequence number", Bits: 32},
				{Name: "slarp.reliability", Title: "Reliability", Bits: 16, Base: layer.Hex, Default: 0xFFFF},
			}},
		}},
	},
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"ptype": {{Ask: 0, Answer: 1}}}},
	Summary: "${ptype}",
}
