package proto

import "github.com/netwright/netwright/packet/layer"

// vxlan is also its generic extension, which says by a flag that it names the
// next protocol.
var vxlan = &layer.Proto{
	Name: "vxlan", Title: "Virtual eXtensible Local Area Network", Alias: []string{"VXLAN"}, Spec: "RFC 7348, draft-ietf-nvo3-vxlan-gpe",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{4789, 4790}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Len: "4", Switch: "u8(0) >> 2 & 1", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "vxlan.flags", Alias: "flags", Title: "Flags", Bits: 16, Base: layer.Hex, Default: 0x0800, Sub: []layer.Field{
					{Name: "vxlan.flag_g", Title: "GBP Extension", Bits: 1, Kind: layer.Bool},
					{Bits: 3},
					{Name: "vxlan.flag_i", Title: "VXLAN Network ID (VNI)", Bits: 1, Kind: layer.Bool},
					{Bits: 4},
					{Name: "vxlan.flag_d", Title: "Don't Learn", Bits: 1, Kind: layer.Bool},
					{Bits: 2},
					{Name: "vxlan.flag_a", Title: "Policy Applied", Bits: 1, Kind: layer.Bool},
					{Bits: 3},
					{Name: "vxlan.flags_reserved", Title: "Reserved(R)", Calc: "u16(0) & 0x77B7", Len: "2"},
				}},
				{Name: "vxlan.gbp", Alias: "gpid", Title: "Group Policy ID", Bits: 16},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "vxlan.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
					{Bits: 2},
					{Name: "vxlan.ver", Title: "Version", Bits: 2},
					{Name: "vxlan.i_bit", Title: "Instance", Bits: 1, Kind: layer.Bool},
					{Name: "vxlan.p_bit", Title: "Next Protocol", Bits: 1, Kind: layer.Bool},
					{Bits: 1},
					{Name: "vxlan.o_bit", Title: "OAM", Bits: 1, Kind: layer.Bool},
					{Name: "vxlan.flags_reserved", Title: "Reserved(R)", Calc: "u8(0) & 0xC2", Len: "1"},
				}},
				{Name: "vxlan.reserved_16", Title: "Reserved", Bits: 16},
				{Name: "vxlan.next_proto", Title: "Next Protocol", Bits: 8, Enum: layer.Enum{1: "IPv4", 2: "IPv6", 3: "Ethernet", 4: "NSH", 5: "MPLS"}},
			}},
		}},
		{Name: "vxlan.vni", Alias: "vni", Title: "VXLAN Network Identifier (VNI)", Bits: 24},
		{Name: "vxlan.reserved8", Title: "Reserved", Bits: 8},
	},
	Header: "8",
	Next: []layer.Next{
		{When: "u8(0) & 4 == 0", Proto: "eth"},
		{By: "u8(3)", Table: "vxlan.next_proto"},
	},
	Answers: &layer.Answer{Same: []string{"vni"}, Alone: true},
	Summary: "VNI ${vni}",
}

var geneve = &layer.Proto{
	Name: "geneve", Title: "Generic Network Virtualization Encapsulation", Alias: []string{"GENEVE"}, Spec: "RFC 8926",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{6081}}},
	Fields: []layer.Field{
		{Bits: 8, Sub: []layer.Field{
			{Name: "geneve.version", Alias: "version", Title: "Version", Bits: 2},
			{Alias: "optionlen", Title: "Length of the options in words", Bits: 6, Auto: "(header - 8) / 4"},
		}},
		{Name: "geneve.option.length", Title: "Length", Calc: "optionlen * 4", At: "0", Len: "1"},
		{Name: "geneve.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "geneve.flags.oam", Alias: "oam", Title: "Operations, Administration and Management Frame", Bits: 1, Kind: layer.Bool},
			{Name: "geneve.flags.critical", Alias: "critical", Title: "Critical Options Present", Bits: 1, Kind: layer.Bool},
			{Name: "geneve.flags.reserved", Title: "Reserved", Bits: 6, Kind: layer.Bool},
		}},
		{Name: "geneve.proto_type", Alias: "proto", Title: "Protocol Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Default: 0x6558, Auto: "next"},
		{Name: "geneve.vni", Alias: "vni", Title: "Virtual Network Identifier (VNI)", Bits: 24, Base: layer.Hex},
		{Name: "geneve.reserved", Title: "Reserved", Bits: 8, Base: layer.Hex},
		{Name: "geneve.options", Alias: "options", Title: "Options", Kind: layer.Bytes, Len: "optionlen * 4", When: "optionlen > 0", Sub: []layer.Field{
			{Name: "geneve.option", Title: "Option", Kind: layer.Bytes, Repeat: "*", Len: "4 + (u8(3) & 31) * 4", Sub: []layer.Field{
				{Name: "geneve.option.class", Title: "Class", Bits: 16, Base: layer.Hex},
				{Name: "geneve.option.type", Alias: "kind", Title: "Type", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
					{Name: "geneve.option.type.critical", Title: "Critical Option", Bits: 1, Kind: layer.Bool},
					{Bits: 7},
				}},
				{Bits: 8, Sub: []layer.Field{
					{Name: "geneve.option.flags.reserved", Title: "Reserved", Bits: 3, Kind: layer.Bool},
					{Alias: "words", Bits: 5},
				}},
				{Name: "geneve.option.length", Title: "Length", Calc: "4 + words * 4", At: "3", Len: "1"},
				{Kind: layer.Group, Switch: "class << 8 | kind", Cases: []layer.Case{
					{Of: []uint64{0x013201}, Fields: []layer.Field{{Bits: 32, Sub: []layer.Field{
						{Name: "geneve.option.gcp.vnid", Title: "GCP Virtual Network ID", Bits: 28},
						{Name: "geneve.option.gcp.reserved", Title: "GCP Reserved bits", Bits: 3, Kind: layer.Bool},
						{Name: "geneve.option.gcp.direction", Title: "GCP Traffic Direction", Bits: 1, Kind: layer.Bool},
					}}}},
					{Of: []uint64{0x013202}, Fields: []layer.Field{{Name: "geneve.option.gcp.endpoint", Title: "GCP Endpoint ID", Kind: layer.Bytes}}},
					{Of: []uint64{0x013203}, Fields: []layer.Field{{Name: "geneve.option.gcp.profile", Title: "GCP Profile ID", Bits: 64}}},
					{Fields: []layer.Field{{Name: "geneve.option.unknown.data", Title: "Unknown Option Data", Kind: layer.Bytes, When: "rest > 0"}}},
				}},
			}},
		}},
	},
	Header:  "8 + optionlen * 4",
	Next:    []layer.Next{{By: "proto", Table: "eth.type"}},
	Answers: &layer.Answer{Same: []string{"vni"}, Alone: true},
	Summary: "VNI ${vni}",
}
