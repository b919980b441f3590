package proto

import "github.com/netwright/netwright/packet/layer"

// nodeInformation is a query for names or addresses of a node, and its reply
// (RFC 4620).
var nodeInformation = []layer.Field{
	{Name: "icmpv6.ni.qtype", Alias: "qtype", Title: "Qtype", Bits: 16, Enum: layer.Enum{0: "NOOP", 2: "Node Name", 3: "IPv6 Node Addresses", 4: "IPv4 Node Addresses"}},
	{Name: "icmpv6.ni.flag", Title: "Flags", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
		{Name: "icmpv6.ni.flag.rsv", Title: "Reserved", Bits: 10, Base: layer.Hex},
		{Name: "icmpv6.ni.flag.g", Title: "Global-scope addresses", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.ni.flag.s", Title: "Site-local addresses", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.ni.flag.l", Title: "Link-local addresses", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.ni.flag.c", Title: "Compression", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.ni.flag.a", Title: "Unicast Addresses", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.ni.flag.t", Title: "Truncated", Bits: 1, Kind: layer.Bool},
	}},
	{Name: "icmpv6.ni.nonce", Alias: "nonce", Title: "Nonce", Bits: 64, Base: layer.Hex},
	{Kind: layer.Group, Switch: "type == 139 ? code : 16 + qtype", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{{Name: "icmpv6.ni.query.subject_ipv6", Title: "IPv6 subject address", Kind: layer.IPv6}}},
		{Of: []uint64{2}, Fields: []layer.Field{{Name: "icmpv6.ni.query.subject_ipv4", Title: "IPv4 subject address", Kind: layer.IPv4}}},
		{Of: []uint64{1}, Fields: []layer.Field{domain(layer.Field{Name: "icmpv6.ni.query.subject_fqdn", Title: "FQDN subject"})}},
		{Of: []uint64{18}, Fields: []layer.Field{
			{Name: "icmpv6.ni.reply.node_ttl", Title: "TTL", Bits: 32},
			{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{domain(layer.Field{Name: "icmpv6.ni.reply.node_name", Title: "Name Node"})}},
		}},
		{Of: []uint64{19}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "rest / 20", Sub: []layer.Field{
			{Name: "icmpv6.ni.reply.node_ttl", Title: "TTL", Bits: 32},
			{Name: "icmpv6.ni.reply.node_address", Title: "IPv6 Node address", Kind: layer.IPv6},
		}}}},
		{Of: []uint64{20}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "rest / 8", Sub: []layer.Field{
			{Name: "icmpv6.ni.reply.node_ttl", Title: "TTL", Bits: 32},
			{Name: "icmpv6.ni.reply.ipv4_address", Title: "IPv4 Node address", Kind: layer.IPv4},
		}}}},
	}},
}

// routerRenumbering is RFC 2894's command: which prefixes are meant, and what
// they become.
var routerRenumbering = []layer.Field{
	{Name: "icmpv6.rr.sequence_number", Title: "Sequence Number", Bits: 32},
	{Name: "icmpv6.rr.segment_number", Title: "Segment Number", Bits: 8},
	{Name: "icmpv6.rr.flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Name: "icmpv6.rr.flag.t", Title: "Test Command", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.rr.flag.r", Title: "Result requested", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.rr.flag.a", Title: "All Interfaces", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.rr.flag.s", Title: "Site-specific", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.rr.flag.p", Title: "Processed previously", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.rr.flag.rsv", Title: "Reserved", Bits: 3},
	}},
	{Name: "icmpv6.rr.maxdelay", Title: "Max Delay", Bits: 16},
	icmpv6Reserved("4"),
	{Kind: layer.Group, When: "code == 0", Sub: []layer.Field{
		{Name: "icmpv6.rr.pco.mp", Title: "Match-Prefix Part", Kind: layer.Group, Len: "24", Sub: []layer.Field{
			{Name: "icmpv6.rr.pco.mp.opcode", Title: "OpCode", Bits: 8, Enum: layer.Enum{1: "ADD", 2: "CHANGE", 3: "SETGLOBAL"}},
			{Name: "icmpv6.rr.pco.mp.oplength", Title: "OpLength", Bits: 8},
			{Name: "icmpv6.rr.pco.mp.ordinal", Title: "Ordinal", Bits: 8, Base: layer.Hex},
			{Name: "icmpv6.rr.pco.mp.matchlen", Title: "MatchLen", Bits: 8},
			{Name: "icmpv6.rr.pco.mp.minlen", Title: "MinLen", Bits: 8},
			{Name: "icmpv6.rr.pco.mp.maxlen", Title: "MaxLen", Bits: 8},
			icmpv6Reserved("2"),
			{Name: "icmpv6.rr.pco.mp.matchprefix", Title: "MatchPrefix", Kind: layer.IPv6},
		}},
		{Name: "icmpv6.rr.pco.up", Title: "Use-Prefix Part", Kind: layer.Group, Len: "32", Repeat: "rest / 32", Sub: []layer.Field{
			{Name: "icmpv6.rr.pco.up.uselen", Title: "UseLen", Bits: 8},
			{Name: "icmpv6.rr.pco.up.keeplen", Title: "KeepLen", Bits: 8},
			{Name: "icmpv6.rr.pco.up.flagmask", Title: "FlagMask", Bits: 8, Base: layer.Hex, Sub: renumberingFlags},
			{Name: "icmpv6.rr.pco.up.raflags", Title: "RAFlags", Bits: 8, Base: layer.Hex, Sub: renumberingFlags},
			{Name: "icmpv6.rr.pco.up.validlifetime", Title: "Valid Lifetime", Bits: 32},
			{Name: "icmpv6.rr.pco.up.preferredlifetime", Title: "Preferred Lifetime", Bits: 32},
			{Name: "icmpv6.rr.pco.up.flag", Title: "Flags", Bits: 32, Base: layer.Hex, Sub: []layer.Field{
				{Name: "icmpv6.rr.pco.up.flag.v", Title: "Decrement valid lifetime", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.rr.pco.up.flag.p", Title: "Decrement preferred lifetime", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.rr.pco.up.flag.reserved", Title: "Reserved", Bits: 30},
			}},
			{Name: "icmpv6.rr.pco.up.useprefix", Title: "UsePrefix", Kind: layer.IPv6},
		}},
	}},
	{Name: "icmpv6.rr.rm", Title: "Result Message", Kind: layer.Group, Len: "24", Repeat: "code == 1 ? rest / 24 : 0", Sub: []layer.Field{
		{Name: "icmpv6.rr.rm.flag", Title: "Flags", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
			{Name: "icmpv6.rr.rm.flag.reserved", Title: "Reserved", Bits: 14},
			{Name: "icmpv6.rr.rm.flag.b", Title: "Bounds", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.rr.rm.flag.f", Title: "Forbidden", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "icmpv6.rr.rm.ordinal", Title: "Ordinal", Bits: 8, Base: layer.Hex},
		{Name: "icmpv6.rr.rm.matchedlen", Title: "MatchedLen", Bits: 8},
		{Name: "icmpv6.rr.rm.interfaceindex", Title: "InterfaceIndex", Bits: 32},
		{Name: "icmpv6.rr.rm.matchedprefix", Title: "MatchedPrefix", Kind: layer.IPv6},
	}},
}

var renumberingFlags = []layer.Field{
	{Name: "icmpv6.rr.pco.up.flagmask.l", Title: "On-link flag(L)", Bits: 1, Kind: layer.Bool},
	{Name: "icmpv6.rr.pco.up.flagmask.a", Title: "Autonomous address-configuration flag(A)", Bits: 1, Kind: layer.Bool},
	{Name: "icmpv6.rr.pco.up.flagmask.reserved", Title: "Reserved", Bits: 6},
}
