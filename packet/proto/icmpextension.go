package proto

import "github.com/netwright/netwright/packet/layer"

// icmpExtensions are what follows a quoted packet (RFC 4884 section 7), and an
// extended echo request: objects, each with its length.
var icmpExtensions = []layer.Field{{Name: "icmp.ext", Title: "ICMP Extensions", Kind: layer.Group, Len: "rest", Sub: []layer.Field{
	{Bits: 16, Default: 0x2000, Sub: []layer.Field{
		{Name: "icmp.ext.version", Title: "Version", Bits: 4},
		{Name: "icmp.ext.res", Title: "Reserved", Bits: 12, Base: layer.Hex},
	}},
	{Name: "icmp.ext.checksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
	{Kind: layer.Group, Repeat: "rest / 4", Len: "u16(0) < 4 || u16(0) > rest ? rest : u16(0)", Sub: []layer.Field{
		{Name: "icmp.ext.length", Alias: "olen", Title: "Length", Bits: 16},
		{Name: "icmp.ext.class", Alias: "class", Title: "Class", Bits: 8, Enum: extensionClasses},
	}, Switch: "rest > 0 && (olen < 4 || olen > size) ? 0 : class", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "icmp.ext.ctype", Alias: "ctype", Title: "C-Type", Bits: 8, Enum: layer.Enum{1: "Incoming MPLS Label Stack"}},
			{Bits: 32, Tight: true, Repeat: "ctype == 1 ? rest / 4 : 0", Sub: []layer.Field{
				{Name: "icmp.mpls.label", Title: "Label", Bits: 20},
				{Name: "icmp.mpls.exp", Title: "Experimental", Bits: 3},
				{Name: "icmp.mpls.s", Title: "Stack bit", Bits: 1, Kind: layer.Bool},
				{Name: "icmp.mpls.ttl", Title: "Time to live", Bits: 8},
			}},
			{Name: "icmp.mpls.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{2}, Fields: interfaceInformation},
		{Of: []uint64{3}, Fields: interfaceIdentification},
		{Fields: []layer.Field{
			{Name: "icmp.ext.ctype", Title: "C-Type", Bits: 8},
			{Name: "icmp.ext.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"},
		}},
	}},
}}}

// interfaceInformation is RFC 5837's object: its type says what there is.
var interfaceInformation = []layer.Field{
	{Name: "icmp.ext.ctype", Title: "C-Type", Bits: 8, Sub: []layer.Field{
		{Name: "icmp.int_info.role", Title: "Interface Role", Bits: 2, Enum: layer.Enum{
			0: "Interface upon which datagram arrived", 1: "Sub-IP component of interface upon which datagram arrived",
			2: "Interface through which datagram would have been forwarded", 3: "Next-hop IP interface",
		}},
		{Name: "icmp.int_info.reserved", Title: "Reserved", Bits: 2},
		{Name: "icmp.int_info.ifindex", Title: "ifIndex", Bits: 1, Kind: layer.Bool},
		{Name: "icmp.int_info.ipaddr", Title: "IP Address", Bits: 1, Kind: layer.Bool},
		{Name: "icmp.int_info.name_present", Title: "Interface Name", Bits: 1, Kind: layer.Bool},
		{Name: "icmp.int_info.mtu_present", Title: "MTU", Bits: 1, Kind: layer.Bool},
	}},
	{Name: "icmp.int_info.index", Title: "Interface Index", Bits: 32, When: "ifindex"},
	{Kind: layer.Group, When: "ipaddr", Sub: []layer.Field{
		{Name: "icmp.int_info.afi", Title: "Address Family Identifier", Bits: 16},
		{Name: "icmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
		{Name: "icmp.int_info.ipv4", Title: "Source", Kind: layer.IPv4, When: "afi == 1"},
		{Name: "icmp.int_info.ipv6", Title: "Source", Kind: layer.IPv6, When: "afi == 2"},
	}},
	{Kind: layer.Group, When: "name_present", Len: "u8(0) == 0 ? 1 : u8(0)", Sub: []layer.Field{
		{Name: "icmp.int_info.name_length", Title: "Name Length", Bits: 8},
		{Name: "icmp.int_info.name", Title: "Name", Kind: layer.String, When: "name_length <= 63"},
	}},
	{Name: "icmp.int_info.mtu", Title: "Maximum Transmission Unit", Bits: 32, When: "mtu_present"},
}

// interfaceIdentification is RFC 8335's object.
var interfaceIdentification = []layer.Field{
	{Name: "icmp.ext.ctype", Alias: "ctype", Title: "C-Type", Bits: 8, Enum: layer.Enum{1: "Name", 2: "Index", 3: "Address"}},
	{Name: "icmp.int_ident.name", Title: "Name", Kind: layer.CString, Len: "rest", When: "ctype == 1"},
	{Name: "icmp.int_ident.index", Title: "Interface Index", Bits: 32, When: "ctype == 2"},
	{Kind: layer.Group, When: "ctype == 3", Sub: []layer.Field{
		{Name: "icmp.int_ident.afi", Title: "Address Family Identifier", Bits: 16},
		{Name: "icmp.int_ident.addr_length", Title: "Address Length", Bits: 8},
		{Name: "icmp.int_ident.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		{Name: "icmp.int_ident.ipv4", Title: "Address", Kind: layer.IPv4, When: "afi == 1 && addr_length == 4"},
		{Name: "icmp.int_ident.ipv6", Title: "Address", Kind: layer.IPv6, When: "afi == 2 && addr_length == 16"},
		{Name: "icmp.int_ident.address", Title: "Address", Kind: layer.Bytes, When: "rest > 0"},
	}},
}

// icmpExtendedEcho is RFC 8335's request and its reply.
var icmpExtendedEcho = []layer.Field{
	{Name: "icmp.ident", Title: "Identifier (BE)", Bits: 16},
	{Name: "icmp.ident_le", Title: "Identifier (LE)", Bits: 16, LE: true, At: "pos - 2"},
	{Name: "icmp.ext.echo.seq", Title: "Sequence Number", Bits: 8},
	{Bits: 8, When: "type == 42", Sub: []layer.Field{
		{Name: "icmp.ext.echo.req.res", Title: "Reserved", Bits: 7, Base: layer.Hex},
		{Name: "icmp.ext.echo.req.local", Title: "Local bit", Bits: 1, Kind: layer.Bool},
	}},
	{Bits: 8, When: "type == 43", Sub: []layer.Field{
		{Name: "icmp.ext.echo.rsp.state", Title: "State", Bits: 3, Enum: neighbourStates},
		{Name: "icmp.ext.echo.rsp.res", Title: "Reserved", Bits: 2, Base: layer.Hex},
		{Name: "icmp.ext.echo.rsp.active", Title: "Active bit", Bits: 1, Kind: layer.Bool},
		{Name: "icmp.ext.echo.rsp.ipv4", Title: "IPv4 bit", Bits: 1, Kind: layer.Bool},
		{Name: "icmp.ext.echo.rsp.ipv6", Title: "IPv6 bit", Bits: 1, Kind: layer.Bool},
	}},
	{Kind: layer.Group, When: "type == 42 && rest >= 4", Sub: icmpExtensions},
}

var neighbourStates = layer.Enum{0: "Reserved", 1: "Incomplete", 2: "Reachable", 3: "Stale", 4: "Delay", 5: "Probe", 6: "Failed"}

var extensionClasses = layer.Enum{
	1: "MPLS Label Stack Class", 2: "Interface Information Object", 3: "Interface Identification Object",
}
