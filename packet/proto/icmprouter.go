package proto

import "github.com/netwright/netwright/packet/layer"

// icmpRouters is a router advertisement (RFC 1256), with what mobile IP adds
// (RFC 5944 section 2.1).
var icmpRouters = []layer.Field{
	{Name: "icmp.num_addrs", Alias: "count", Title: "Number of addresses", Bits: 8},
	{Name: "icmp.addr_entry_size", Alias: "words", Title: "Address entry size", Bits: 8, Default: 2},
	{Name: "icmp.lifetime", Title: "Lifetime", Bits: 16, Default: 1800},
	{Kind: layer.Group, Repeat: "words == 2 ? count < rest / 8 ? count : rest / 8 : 0", Sub: []layer.Field{
		{Name: "icmp.router_address", Title: "Router address", Kind: layer.IPv4},
		{Name: "icmp.pref_level", Title: "Preference level", Kind: layer.Int, Bits: 32},
	}},
	{Kind: layer.Group, Repeat: "code == 0 || code == 16 ? rest : 0", Until: "rest == 0", Len: "rest == 0 || u8(0) == 0 ? rest > 0 : u8(1) + 2", Sub: []layer.Field{
		{Name: "icmp.mip.type", Alias: "extension", Title: "Extension Type", Bits: 8, When: "rest > 0", Enum: layer.Enum{
			0: "One byte padding extension", 16: "Mobility Agent Advertisement Extension", 19: "Prefix Lengths Extension", 24: "Challenge Extension",
		}},
		{Name: "icmp.mip.length", Title: "Length", Bits: 8, When: "rest > 0"},
	}, Switch: "size < 2 ? 0 : extension", Cases: []layer.Case{
		{Of: []uint64{0}},
		{Of: []uint64{16}, Fields: []layer.Field{
			{Name: "icmp.mip.seq", Title: "Sequence Number", Bits: 16},
			{Name: "icmp.mip.life", Title: "Registration Lifetime", Bits: 16},
			{Name: "icmp.mip.flags", Title: "Flags", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
				{Name: "icmp.mip.r", Title: "Registration Required", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.b", Title: "Busy", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.h", Title: "Home Agent", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.f", Title: "Foreign Agent", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.m", Title: "Minimal Encapsulation", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.g", Title: "GRE", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.v", Title: "VJ Comp", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.rt", Title: "Reverse tunneling", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.u", Title: "UDP tunneling", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.x", Title: "Revocation support", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mip.reserved", Title: "Reserved", Bits: 6, Base: layer.Hex},
			}},
			{Name: "icmp.mip.coa", Title: "Care-Of-Address", Kind: layer.IPv4, Repeat: "rest / 4"},
		}},
		{Of: []uint64{19}, Fields: []layer.Field{{Name: "icmp.mip.prefixlength", Title: "Prefix Length", Bits: 8, Repeat: "*"}}},
		{Of: []uint64{24}, Fields: []layer.Field{{Name: "icmp.mip.challenge", Title: "Challenge", Kind: layer.Bytes}}},
		{Fields: []layer.Field{{Name: "icmp.mip.content", Title: "Content", Kind: layer.Bytes, When: "rest > 0"}}},
	}},
}
