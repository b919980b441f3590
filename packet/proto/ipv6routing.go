package proto

import "github.com/netwright/netwright/packet/layer"

var ipv6Routing = &layer.Proto{
	Name: "ipv6.routing", Title: "Routing Header for IPv6", Alias: []string{"IPv6ExtHdrRouting", "routing"}, Spec: "RFC 8200 section 4.4",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{43}}},
	Fields: append(extension("ipv6.routing"),
		layer.Field{Name: "ipv6.routing.type", Alias: "type", Title: "Type", Bits: 8, Enum: routingTypes},
		layer.Field{Name: "ipv6.routing.segleft", Alias: "segleft", Title: "Segments Left", Bits: 8},
		layer.Field{Kind: layer.Group, Len: "(len + 1) * 8 - 4", Switch: "type", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{ // RFC 5095 deprecates it
				{Name: "ipv6.routing.src.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "4"},
				{Name: "ipv6.routing.src.addr", Alias: "addresses", Title: "Address", Kind: layer.IPv6, Repeat: "rest / 16"},
			}},
			{Of: []uint64{2}, Fields: []layer.Field{ // RFC 6275 section 6.4
				{Name: "ipv6.routing.mipv6.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "4"},
				{Name: "ipv6.routing.mipv6.home_address", Title: "Home Address", Kind: layer.IPv6},
			}},
			{Of: []uint64{3}, Fields: []layer.Field{ // RFC 6554
				{Bits: 32, Sub: []layer.Field{
					{Name: "ipv6.routing.rpl.cmprI", Title: "Compressed Internal Octets (CmprI)", Bits: 4},
					{Name: "ipv6.routing.rpl.cmprE", Title: "Compressed Final Octets (CmprE)", Bits: 4},
					{Name: "ipv6.routing.rpl.pad", Title: "Padding Bytes", Bits: 4},
					{Name: "ipv6.routing.rpl.reserved", Title: "Reserved", Bits: 20},
				}},
				{Name: "ipv6.routing.rpl.address", Title: "Address", Kind: layer.Bytes, Len: "16 - cmprI", Repeat: "(rest - pad - (16 - cmprE)) / (16 - cmprI)"},
				{Name: "ipv6.routing.rpl.address", Title: "Address", Kind: layer.Bytes, Len: "16 - cmprE", When: "rest >= 16 - cmprE"},
			}},
			{Of: []uint64{4}, Fields: []layer.Field{ // RFC 8754
				{Name: "ipv6.routing.srh.last_entry", Alias: "lastentry", Title: "Last Entry", Bits: 8},
				{Name: "ipv6.routing.srh.flags", Title: "Flags", Bits: 8, Base: layer.Hex},
				{Name: "ipv6.routing.srh.tag", Alias: "tag", Title: "Tag", Kind: layer.Bytes, Len: "2"},
				{Name: "ipv6.routing.srh.addr", Title: "Address", Kind: layer.IPv6, Repeat: "lastentry + 1 < rest / 16 ? lastentry + 1 : rest / 16"},
			}},
			{Fields: []layer.Field{{Name: "ipv6.routing.unknown_data", Title: "Type-Specific Data", Kind: layer.Bytes}}},
		}},
	),
	Header: "(len + 1) * 8",
	Next:   nextHeader, Locate: locateExtension,
	Summary: "${type}, ${segleft} left",
}

var routingTypes = layer.Enum{
	0: "Source Route", 1: "Nimrod", 2: "Type 2 Routing", 3: "RPL Source Route Header", 4: "Segment Routing",
	5: "Compact Routing Header (16 bit)", 6: "Compact Routing Header (32 bit)", 253: "Experiment 1", 254: "Experiment 2",
}
