package proto

import "github.com/netwright/netwright/packet/layer"

// ipv4Options are the options of RFC 791 section 3.1 and those that came later,
// one after another. An end of the list ends it.
var ipv4Options = []layer.Field{{
	Kind: layer.Group, Repeat: "*", Until: "kind == 0",
	Len: "u8(0) < 2 ? 1 : u8(1) < 2 ? rest + 1 : u8(1)",
	Sub: []layer.Field{{Alias: "kind", Calc: "u8(0)"}}, Switch: "kind",
	Cases: []layer.Case{
		ipv4Option(0, "eol", "End of Options List (EOL)"),
		ipv4Option(1, "nop", "No-Operation (NOP)"),
		ipv4Option(7, "record_route", "Record Route", recordedRoute...),
		ipv4Option(11, "mtu_probe", "MTU Probe", layer.Field{Name: "ip.opt.mtu", Title: "MTU", Bits: 16}),
		ipv4Option(12, "mtu_reply", "MTU Reply", layer.Field{Name: "ip.opt.mtu", Title: "MTU", Bits: 16}),
		ipv4Option(25, "qs", "Quick-Start", quickStart("ip.opt")...),
		ipv4Option(68, "timestamp", "Time Stamp",
			layer.Field{Name: "ip.opt.ptr", Alias: "pointer", Title: "Pointer", Bits: 8},
			layer.Field{Name: "ip.opt.overflow", Title: "Overflow", Bits: 4},
			layer.Field{Name: "ip.opt.flag", Title: "Flag", Bits: 4, Base: layer.Hex, Enum: timestampFlags},
			layer.Field{Kind: layer.Group, Repeat: "flag == 0 ? rest / 4 : 0", Sub: []layer.Field{{Name: "ip.opt.time_stamp", Title: "Time stamp", Bits: 32}}},
			layer.Field{Kind: layer.Group, Repeat: "flag == 1 || flag == 3 ? rest / 8 : 0", Sub: []layer.Field{
				{Name: "ip.opt.time_stamp_addr", Title: "Address", Kind: layer.IPv4},
				{Name: "ip.opt.time_stamp", Title: "Time stamp", Bits: 32},
			}},
		),
		ipv4Option(82, "traceroute", "Traceroute",
			layer.Field{Name: "ip.opt.id_number", Title: "ID Number", Bits: 16},
			layer.Field{Name: "ip.opt.ohc", Title: "Outbound Hop Count", Bits: 16},
			layer.Field{Name: "ip.opt.rhc", Title: "Return Hop Count", Bits: 16},
			layer.Field{Name: "ip.opt.originator", Title: "Originator IP Address", Kind: layer.IPv4},
		),
		ipv4Option(130, "security", "Security", securityOption...),
		ipv4Option(131, "route", "Loose Source Route", sourceRoute...),
		ipv4Option(133, "ext_security", "Extended Security",
			layer.Field{Name: "ip.opt.ext_sec_add_sec_info_format_code", Title: "Additional Security Info Format Code", Bits: 8, Base: layer.Hex},
			layer.Field{Name: "ip.opt.ext_sec_add_sec_info", Title: "Additional Security Info", Kind: layer.Bytes, When: "rest > 0"},
		),
		ipv4Option(134, "cipso", "Commercial Security",
			layer.Field{Name: "ip.cipso.doi", Title: "DOI", Bits: 32},
			layer.Field{Kind: layer.Group, Repeat: "*", Len: "u8(1) < 2 ? rest + 1 : u8(1)", Sub: []layer.Field{
				{Name: "ip.cipso.tag_type", Title: "Tag Type", Bits: 8},
				{Bits: 8},
				{Name: "ip.cipso.sensitivity_level", Title: "Sensitivity Level", Bits: 8, At: "3", When: "tag_type == 1 || tag_type == 2 || tag_type == 5"},
				{Name: "ip.cipso.tag_data", Title: "Tag data", Kind: layer.Bytes, When: "tag_type > 127 && rest > 0"},
			}},
		),
		ipv4Option(136, "sid", "Stream ID", layer.Field{Name: "ip.opt.sid", Title: "Stream Identifier", Bits: 16}),
		ipv4Option(137, "source_route", "Strict Source Route", sourceRoute...),
		ipv4Option(148, "routeralert", "Router Alert", layer.Field{Name: "ip.opt.ra", Title: "Router Alert", Bits: 16, Enum: routerAlert}),
		ipv4Option(149, "sdb", "Selective Directed Broadcast", layer.Field{Name: "ip.opt.addr", Title: "IP Address", Kind: layer.IPv4, Repeat: "rest / 4"}),
	},
}}

// ipv4Option is the option of that type, with what comes behind its length.
func ipv4Option(kind uint64, name, title string, fields ...layer.Field) layer.Case {
	head := []layer.Field{
		{Name: "ip.opt.type", Title: "Type", Bits: 8, Default: kind, Sub: []layer.Field{
			{Name: "ip.opt.type.copy", Title: "Copy on fragmentation", Bits: 1, Kind: layer.Bool},
			{Name: "ip.opt.type.class", Title: "Class", Bits: 2, Enum: optionClasses},
			{Name: "ip.opt.type.number", Title: "Number", Bits: 5},
		}},
	}
	if kind > 1 {
		head = append(head, layer.Field{Name: "ip.opt.len", Alias: "olen", Title: "Length", Bits: 8, Auto: "total"})
	}
	return layer.Case{Of: []uint64{kind}, Fields: []layer.Field{
		{Name: "ip.options." + name, Title: "IP Option - " + title, Kind: layer.Bytes, Sub: append(head, fields...)},
	}}
}

// The addresses of routes (RFC 791): those behind the pointer are still to come,
// or still empty, and the last of a source route is where the packet goes.
var recordedRoute = []layer.Field{
	{Name: "ip.opt.ptr", Alias: "pointer", Title: "Pointer", Bits: 8, Default: 4},
	{Kind: layer.Group, Repeat: "rest / 4", Switch: "olen - rest + 1 >= pointer", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{{Name: "ip.rec_rt", Also: []string{"ip.rec_rt_host"}, Title: "Recorded Route", Kind: layer.IPv4}}},
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "ip.empty_rt", Also: []string{"ip.empty_rt_host"}, Title: "Empty Route", Kind: layer.IPv4}}},
	}},
}

var sourceRoute = []layer.Field{
	{Name: "ip.opt.ptr", Alias: "pointer", Title: "Pointer", Bits: 8, Default: 4},
	{Kind: layer.Group, Repeat: "rest / 4", Switch: "olen - rest + 1 >= pointer", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{{Name: "ip.rec_rt", Also: []string{"ip.rec_rt_host"}, Title: "Recorded Route", Kind: layer.IPv4}}},
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "ip.src_rt", Also: []string{"ip.src_rt_host"}, Title: "Source Route", Kind: layer.IPv4}}},
	}},
}

// securityOption is RFC 791's where it has its length of 11, else RFC 1108's.
var securityOption = []layer.Field{
	{Kind: layer.Group, Switch: "size == 11", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "ip.opt.sec_rfc791_sec", Title: "Security", Bits: 16, Base: layer.Hex},
			{Name: "ip.opt.sec_rfc791_comp", Title: "Compartments", Bits: 16},
			{Name: "ip.opt.sec_rfc791_hr", Title: "Handling Restrictions", Kind: layer.String, Len: "2"},
			{Name: "ip.opt.sec_rfc791_tcc", Title: "Transmission Control Code", Kind: layer.String, Len: "3"},
		}},
		{Fields: []layer.Field{
			{Name: "ip.opt.sec_cl", Title: "Classification Level", Bits: 8, Base: layer.Hex},
			{Repeat: "*", Until: "fti == 0", Kind: layer.Group, Sub: []layer.Field{
				{Name: "ip.opt.sec_prot_auth_flags", Title: "Protection Authority Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
					{Name: "ip.opt.sec_prot_auth_genser", Title: "GENSER", Bits: 1, Kind: layer.Bool},
					{Name: "ip.opt.sec_prot_auth_siop_esi", Title: "SIOP-ESI", Bits: 1, Kind: layer.Bool},
					{Name: "ip.opt.sec_prot_auth_sci", Title: "SCI", Bits: 1, Kind: layer.Bool},
					{Name: "ip.opt.sec_prot_auth_nsa", Title: "NSA", Bits: 1, Kind: layer.Bool},
					{Name: "ip.opt.sec_prot_auth_doe", Title: "DOE", Bits: 1, Kind: layer.Bool},
					{Name: "ip.opt.sec_prot_auth_unassigned", Title: "Unassigned", Bits: 2, Base: layer.Hex},
					{Name: "ip.opt.sec_prot_auth_fti", Alias: "fti", Title: "Field Termination Indicator", Bits: 1, Kind: layer.Bool},
				}},
			}},
		}},
	}},
}

// quickStart is the option of RFC 4782, the same in IPv4, IPv6 and TCP but for
// its names.
func quickStart(prefix string) []layer.Field {
	return []layer.Field{
		{Name: prefix + ".qs_func", Title: "Function", Bits: 4, Enum: layer.Enum{0: "Rate request", 8: "Rate report"}},
		{Name: prefix + ".qs_rate", Title: "Rate", Bits: 4},
		{Kind: layer.Group, Switch: "qs_func", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: prefix + ".qs_ttl", Title: "QS TTL", Bits: 8}}},
			{Of: []uint64{8}, Fields: []layer.Field{{Name: prefix + ".qs_unused", Title: "Not Used", Bits: 8}}},
			{Fields: []layer.Field{{Bits: 8}}},
		}},
		{Bits: 32, Sub: []layer.Field{
			{Name: prefix + ".qs_nonce", Title: "QS Nonce", Bits: 30, Base: layer.Hex},
			{Name: prefix + ".qs_reserved", Title: "Reserved", Bits: 2, Base: layer.Hex},
		}},
	}
}

var optionClasses = layer.Enum{0: "Control", 1: "Reserved for future use", 2: "Debugging and measurement", 3: "Reserved for future use"}

var timestampFlags = layer.Enum{0: "Time stamps only", 1: "Time stamp and address", 3: "Time stamps for prespecified addresses"}

// routerAlert is from RFC 2113, 2711 and 6398.
var routerAlert = layer.Enum{0: "Router shall examine packet"}
