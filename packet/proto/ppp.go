package proto

import "github.com/netwright/netwright/packet/layer"

// ppp is framed as HDLC has it or not, and its protocol's number is compressed
// or not: the first bytes tell.
var ppp = &layer.Proto{
	Name: "ppp", Title: "Point-to-Point Protocol", Alias: []string{"PPP", "HDLC"}, Spec: "RFC 1661, RFC 1662",
	On: []layer.On{
		{Table: "link", Keys: []uint64{9, 50, 51}},
	},
	Fields: []layer.Field{
		{Kind: layer.Group, When: "u8(0) == 0xFF", Sub: []layer.Field{
			{Name: "ppp.address", Title: "Address", Bits: 8, Base: layer.Hex, Default: 0xFF},
			{Name: "ppp.control", Title: "Control", Bits: 8, Base: layer.Hex, Default: 3},
		}},
		{Kind: layer.Group, Switch: "u8(0) & 1", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "ppp.protocol", Alias: "proto", Title: "Protocol", Bits: 16, Base: layer.Hex, Enum: pppProtocols, Auto: "next"}}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "ppp.protocol", Title: "Protocol", Bits: 8, Base: layer.Hex, Enum: pppProtocols}}},
		}},
	},
	Header: "u8(0) == 0xFF ? u8(2) & 1 ? 3 : 4 : u8(0) & 1 ? 1 : 2",
	Next: []layer.Next{
		{When: "u8(0) == 0xFF", By: "u8(2) & 1 ? u8(2) : u16(2)", Table: "ppp.protocol"},
		{By: "u8(0) & 1 ? u8(0) : u16(0)", Table: "ppp.protocol"},
	},
	Locate:  locatePPP,
	Summary: "${proto}",
}

func locatePPP(b []byte) (loc layer.Location) {
	if len(b) >= 2 && b[0] == 0xFF {
		loc.Header = 2
	} else {
		loc.Next = 1
	}
	rest := b[loc.Header:]
	switch {
	case len(rest) > 0 && rest[0]&1 != 0:
		loc.Header, loc.Key = loc.Header+1, uint32(rest[0])
	case len(rest) > 1:
		loc.Header, loc.Key = loc.Header+2, be16(rest)
	default:
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	return loc
}

// pppControl are the fields that all control protocols begin with (RFC 1661
// section 5).
func pppControl(codes layer.Enum) []layer.Field {
	return []layer.Field{
		{Name: "ppp.code", Alias: "code", Title: "Code", Bits: 8, Default: 1, Enum: codes},
		{Name: "ppp.identifier", Alias: "id", Title: "Identifier", Bits: 8, Default: 1},
		{Name: "ppp.length", Alias: "len", Title: "Length", Bits: 16, Auto: "total"},
	}
}

// pppOptions are options of the kind that a protocol's case by their type says,
// with type and length before.
func pppOptions(prefix string, types layer.Enum, cases ...layer.Case) layer.Field {
	head := []layer.Field{
		{Name: prefix + ".opt.type", Alias: "otype", Title: "Type", Bits: 8, Enum: types},
		{Name: prefix + ".opt.length", Alias: "olen", Title: "Length", Bits: 8, Auto: "total"},
	}
	for i := range cases {
		for k := range cases[i].Fields {
			f := &cases[i].Fields[k]
			f.Sub = append(head[:2:2], f.Sub...)
		}
	}
	return layer.Field{Alias: "options", Kind: layer.Group, Len: "len < 4 ? 0 : len - 4", When: "code >= 1 && code <= 4", Sub: []layer.Field{
		{Kind: layer.Group, Repeat: "*", Len: "u8(1) < 2 ? rest + 1 : u8(1)", Switch: "u8(0)", Cases: cases},
	}}
}

// pppOption is an option of a name, with what it holds behind type and length.
func pppOption(kind uint64, name, title string, fields ...layer.Field) layer.Case {
	return layer.Case{Of: []uint64{kind}, Fields: []layer.Field{{Name: name, Title: title, Kind: layer.Bytes, Sub: fields}}}
}

// pppData is what the messages that end something, or do not know it, hold.
var pppData = layer.Field{Name: "ppp.data", Title: "Data", Kind: layer.Bytes, When: "(code >= 5 && code <= 7 || code > 13) && rest > 0"}

// lcpCharacters are the control characters that are escaped, from the last on
// (RFC 1662 section 7.1).
var lcpCharacters = []string{
	"lcp.opt.asyncmap.us", "lcp.opt.asyncmap.rs", "lcp.opt.asyncmap.gs", "lcp.opt.asyncmap.fs", "lcp.opt.asyncmap.esc", "lcp.opt.asyncmap.sub",
	"lcp.opt.asyncmap.em", "lcp.opt.asyncmap.can", "lcp.opt.asyncmap.etb", "lcp.opt.asyncmap.syn", "lcp.opt.asyncmap.nak", "lcp.opt.asyncmap.dc4",
	"lcp.opt.asyncmap.dc3", "lcp.opt.asyncmap.dc2", "lcp.opt.asyncmap.dc1", "lcp.opt.asyncmap.dle", "lcp.opt.asyncmap.si", "lcp.opt.asyncmap.so",
	"lcp.opt.asyncmap.cr", "lcp.opt.asyncmap.ff", "lcp.opt.asyncmap.vt", "lcp.opt.asyncmap.lf", "lcp.opt.asyncmap.ht", "lcp.opt.asyncmap.bs",
	"lcp.opt.asyncmap.bel", "lcp.opt.asyncmap.ack", "lcp.opt.asyncmap.enq", "lcp.opt.asyncmap.eot", "lcp.opt.asyncmap.etx", "lcp.opt.asyncmap.stx",
	"lcp.opt.asyncmap.soh", "lcp.opt.asyncmap.nul",
}

// pppBits are 32 flags, from the most significant on.
func pppBits(name, title string, flags ...string) layer.Field {
	f := bits(name, "", title, 32, flags...)
	f.LE = false
	return f
}

var lcp = &layer.Proto{
	Name: "lcp", Title: "PPP Link Control Protocol", Alias: []string{"PPP_LCP"}, Spec: "RFC 1661",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0xC021}}},
	Fields: append(pppControl(controlCodes),
		pppOptions("lcp", layer.Enum{
			1: "Maximum Receive Unit", 2: "Async Control Character Map", 3: "Authentication Protocol", 4: "Quality Protocol", 5: "Magic Number",
			7: "Protocol Field Compression", 8: "Address and Control Field Compression", 13: "Callback", 17: "Multilink MRRU",
			18: "Multilink Short Sequence Number Header", 19: "Multilink Endpoint Discriminator",
		},
			pppOption(1, "lcp.opt.mtu_bytes", "Maximum Receive Unit", layer.Field{Name: "lcp.opt.mru", Title: "MRU", Bits: 16, Default: 1500}),
			pppOption(2, "lcp.opt.asyncmap_bytes", "Async Control Character Map", pppBits("lcp.opt.asyncmap", "Async Control Character Map", lcpCharacters...)),
			pppOption(3, "lcp.opt.auth_protocol_bytes", "Authentication Protocol",
				layer.Field{Name: "lcp.opt.auth_protocol", Title: "Authentication Protocol", Bits: 16, Base: layer.Hex, Enum: pppProtocols, Default: 0xC223},
				layer.Field{Name: "lcp.opt.algorithm", Title: "Algorithm", Bits: 8, When: "auth_protocol == 0xC223 && rest > 0", Default: 5},
				layer.Field{Name: "lcp.opt.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}),
			pppOption(4, "lcp.opt.quality_protocol_bytes", "Quality Protocol",
				layer.Field{Name: "lcp.opt.quality_protocol", Title: "Quality Protocol", Bits: 16, Base: layer.Hex},
				layer.Field{Name: "lcp.opt.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}),
			pppOption(5, "lcp.opt.magic_number_bytes", "Magic Number", layer.Field{Name: "lcp.opt.magic_number", Title: "Magic Number", Bits: 32, Base: layer.Hex}),
			pppOption(7, "lcp.opt.field_compress", "Protocol Field Compression"),
			pppOption(8, "lcp.opt.addr_field_compress", "Address and Control Field Compression"),
			pppOption(13, "lcp.opt.callback", "Callback",
				layer.Field{Name: "lcp.opt.operation", Title: "Operation", Bits: 8},
				layer.Field{Name: "lcp.opt.message", Title: "Message", Kind: layer.Bytes, When: "rest > 0"}),
			pppOption(17, "lcp.opt.multilink_mrru", "Multilink MRRU", layer.Field{Name: "lcp.opt.mrru", Title: "MRRU", Bits: 16, Default: 1500}),
			pppOption(18, "lcp.opt.multilink_ssnh", "Multilink Short Sequence Number Header"),
			pppOption(19, "lcp.opt.multilink_ep_disc", "Multilink Endpoint Discriminator",
				layer.Field{Name: "lcp.opt.ep_disc_class", Alias: "class", Title: "Class", Bits: 8},
				layer.Field{Name: "lcp.opt.ip_address", Title: "IP Address", Kind: layer.IPv4, When: "class == 2 && rest == 4"},
				layer.Field{Name: "lcp.opt.802_1_address", Title: "IEEE 802.1 Address", Kind: layer.MAC, When: "class == 3 && rest == 6"},
				layer.Field{Name: "lcp.opt.magic_block", Title: "Magic-Number Block", Kind: layer.Bytes, When: "class == 4 && rest > 0 && rest % 4 == 0"},
				layer.Field{Name: "lcp.opt.psndn", Title: "Public Switched Network Directory Number", Kind: layer.Bytes, When: "class == 5 && rest > 0"},
				layer.Field{Name: "lcp.opt.data", Title: "Data", Kind: layer.Bytes, When: "(class < 2 || class > 5) && rest > 0"}),
		),
		layer.Field{Kind: layer.Group, When: "code >= 9 && code <= 13", Sub: []layer.Field{
			{Name: "lcp.magic_number", Alias: "magic_number", Title: "Magic Number", Bits: 32, Base: layer.Hex},
			{Name: "lcp.data", Alias: "data", Title: "Data", Kind: layer.Bytes, When: "rest > 0 && code < 12"},
			{Name: "lcp.message", Title: "Message", Kind: layer.String, When: "rest > 0 && code == 12"},
		}},
		layer.Field{Kind: layer.Group, When: "code == 8", Sub: []layer.Field{
			{Name: "lcp.rej_proto", Title: "Rejected Protocol", Bits: 16, Base: layer.Hex, Enum: pppProtocols},
			{Alias: "rejected", Title: "Rejected Information", Kind: layer.Bytes},
		}},
		pppData,
	),
	Total: "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {
		{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}, {Ask: 1, Answer: 4}, {Ask: 5, Answer: 6}, {Ask: 9, Answer: 10},
	}}},
	Summary: "${code}",
}

var ipcp = &layer.Proto{
	Name: "ipcp", Title: "PPP IP Control Protocol", Alias: []string{"PPP_IPCP"}, Spec: "RFC 1332, RFC 1877",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0x8021}}},
	Fields: append(pppControl(controlCodes),
		pppOptions("ipcp", layer.Enum{
			1: "IP Addresses (deprecated)", 2: "IP Compression Protocol", 3: "IP Address", 4: "Mobile Node's Home IP Address",
			129: "Primary DNS Server IP Address", 130: "Primary NBNS Server IP Address", 131: "Secondary DNS Server IP Address", 132: "Secondary NBNS Server IP Address",
		},
			pppOption(1, "ipcp.opt.addrs", "IP Addresses (deprecated)",
				layer.Field{Name: "ipcp.opt.src_address", Title: "Source IP Address", Kind: layer.IPv4},
				layer.Field{Name: "ipcp.opt.dst_address", Title: "Destination IP Address", Kind: layer.IPv4}),
			pppOption(2, "ipcp.opt.compress", "IP Compression Protocol",
				layer.Field{Name: "ipcp.opt.compress_proto", Title: "IP Compression Protocol", Bits: 16, Base: layer.Hex},
				layer.Field{Kind: layer.Group, Switch: "compress_proto", Cases: []layer.Case{
					{Of: []uint64{0x002D}, Fields: []layer.Field{ // RFC 1144
						{Name: "ipcp.opt.max_slot_id", Title: "Max-Slot-Id", Bits: 8, When: "rest >= 2"},
						{Name: "ipcp.opt.comp_slot_id", Title: "Comp-Slot-Id", Bits: 8, When: "rest >= 1"},
					}},
					{Of: []uint64{0x0061, 0x0003}, Fields: []layer.Field{ // RFC 2509
						{Name: "ipcp.opt.tcp_space", Title: "TCP_SPACE", Bits: 16},
						{Name: "ipcp.opt.non_tcp_space", Title: "NON_TCP_SPACE", Bits: 16},
						{Name: "ipcp.opt.f_max_period", Title: "F_MAX_PERIOD", Bits: 16},
						{Name: "ipcp.opt.f_max_time", Title: "F_MAX_TIME", Bits: 16},
						{Name: "ipcp.opt.max_header", Title: "MAX_HEADER", Bits: 16},
					}},
				}}),
			pppOption(3, "ipcp.opt.addr", "IP Address", layer.Field{Name: "ipcp.opt.ip_address", Title: "IP Address", Kind: layer.IPv4}),
			pppOption(4, "ipcp.opt.mobileipv4", "Mobile Node's Home IP Address", layer.Field{Name: "ipcp.opt.mobilenodehomeaddress", Title: "Mobile Node's Home Address", Kind: layer.IPv4}),
			pppOption(129, "ipcp.opt.pri_dns", "Primary DNS Server IP Address", layer.Field{Name: "ipcp.opt.pri_dns_address", Title: "Primary DNS Address", Kind: layer.IPv4}),
			pppOption(130, "ipcp.opt.pri_nbns", "Primary NBNS Server IP Address", layer.Field{Name: "ipcp.opt.pri_nbns_address", Title: "Primary NBNS Address", Kind: layer.IPv4}),
			pppOption(131, "ipcp.opt.sec_dns", "Secondary DNS Server IP Address", layer.Field{Name: "ipcp.opt.sec_dns_address", Title: "Secondary DNS Address", Kind: layer.IPv4}),
			pppOption(132, "ipcp.opt.sec_nbns", "Secondary NBNS Server IP Address", layer.Field{Name: "ipcp.opt.sec_nbns_address", Title: "Secondary NBNS Address", Kind: layer.IPv4}),
		),
		pppData,
	),
	Total:   "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}, {Ask: 1, Answer: 4}, {Ask: 5, Answer: 6}}}},
	Summary: "${code}",
}

var ipv6cp = &layer.Proto{
	Name: "ipv6cp", Title: "PPP IPv6 Control Protocol", Spec: "RFC 5072",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0x8057}}},
	Fields: append(pppControl(controlCodes),
		pppOptions("ipv6cp", layer.Enum{1: "Interface Identifier", 2: "IPv6 Compression Protocol"},
			pppOption(1, "ipv6cp.opt.interface_identifier", "Interface Identifier", layer.Field{Name: "ipv6cp.interface_identifier", Title: "Interface Identifier", Kind: layer.Bytes})),
		pppData,
	),
	Total:   "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}, {Ask: 1, Answer: 4}, {Ask: 5, Answer: 6}}}},
	Summary: "${code}",
}

// controlCodes are those of RFC 1661 section 5 and RFC 1570.
var controlCodes = layer.Enum{
	0: "Vendor Specific", 1: "Configuration Request", 2: "Configuration Ack", 3: "Configuration Nak", 4: "Configuration Reject",
	5: "Termination Request", 6: "Termination Ack", 7: "Code Reject", 8: "Protocol Reject", 9: "Echo Request", 10: "Echo Reply",
	11: "Discard Request", 12: "Identification", 13: "Time Remaining", 14: "Reset Request", 15: "Reset Ack",
}

// pppProtocols are from IANA's registry of PPP numbers.
var pppProtocols = layer.Enum{
	0x0021: "Internet Protocol version 4", 0x002D: "Van Jacobson Compressed TCP/IP", 0x003D: "PPP Multilink Protocol", 0x0057: "Internet Protocol version 6",
	0x00FD: "Compressed Datagram", 0x0281: "MPLS Unicast", 0x0283: "MPLS Multicast", 0x8021: "Internet Protocol Control Protocol",
	0x8057: "IPv6 Control Protocol", 0x8281: "MPLS Control Protocol", 0x80FD: "Compression Control Protocol", 0xC021: "Link Control Protocol",
	0xC023: "Password Authentication Protocol", 0xC025: "Link Quality Report", 0xC223: "Challenge Handshake Authentication Protocol",
}
