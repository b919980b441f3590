package proto

import "github.com/netwright/netwright/packet/layer"

var rip = &layer.Proto{
	Name: "rip", Title: "Routing Information Protocol", Alias: []string{"RIP"}, Spec: "RFC 1058, RFC 2453",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{520}}},
	Fields: []layer.Field{
		{Name: "rip.command", Alias: "cmd", Title: "Command", Bits: 8, Default: 1, Enum: layer.Enum{1: "Request", 2: "Response", 3: "Traceon", 4: "Traceoff", 5: "Vendor specific (Sun)"}},
		{Name: "rip.version", Alias: "version", Title: "Version", Bits: 8, Default: 2, Enum: layer.Enum{1: "RIPv1", 2: "RIPv2"}},
		{Bits: 16},
		{Kind: layer.Group, Alias: "entries", Repeat: "*", Len: "u32(0) == 0xFFFF0001 ? rest : 20", Until: "rest < 20", Switch: "u16(0) == 0xFFFF ? u16(2) == 1 ? 2 : 1 : 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "rip.family", Alias: "AF", Title: "Address Family", Bits: 16, Default: 2, Enum: layer.Enum{0: "Unspecified", 2: "IP"}},
				{Name: "rip.route_tag", Alias: "RouteTag", Title: "Route Tag", Bits: 16, When: "version > 1"},
				{Alias: "unused", Bits: 16, When: "version <= 1"},
				{Kind: layer.Group, Switch: "AF == 0", Cases: []layer.Case{
					{Of: []uint64{0}, Fields: []layer.Field{{Name: "rip.ip", Alias: "addr", Title: "IP Address", Kind: layer.IPv4}}},
					{Fields: []layer.Field{{Alias: "addr", Bits: 32}}},
				}},
				{Kind: layer.Group, Switch: "version > 1", Cases: []layer.Case{
					{Of: []uint64{1}, Fields: []layer.Field{
						{Name: "rip.netmask", Alias: "mask", Title: "Netmask", Kind: layer.IPv4},
						{Name: "rip.next_hop", Alias: "nextHop", Title: "Next Hop", Kind: layer.IPv4},
					}},
					{Fields: []layer.Field{{Bits: 64}}},
				}},
				{Name: "rip.metric", Alias: "metric", Title: "Metric", Bits: 32, Default: 1},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{ // RFC 2453 section 4.1, RFC 4822
				{Bits: 16, Default: 0xFFFF},
				{Name: "rip.auth.type", Alias: "authtype", Title: "Authentication type", Bits: 16, Default: 2, Enum: layer.Enum{1: "IP Route", 2: "Simple Password", 3: "Keyed Message Digest"}},
				{Name: "rip.auth.passwd", Alias: "password", Title: "Password", Kind: layer.CString, Len: "16", When: "authtype == 2"},
				{Kind: layer.Group, When: "authtype == 3", Sub: []layer.Field{
					{Name: "rip.digest_offset", Alias: "digestoffset", Title: "Digest Offset", Bits: 16},
					{Name: "rip.key_id", Alias: "keyid", Title: "Key ID", Bits: 8},
					{Name: "rip.auth_data_len", Alias: "authdatalen", Title: "Auth Data Len", Bits: 8},
					{Name: "rip.seq_num", Alias: "seqnum", Title: "Seq num", Bits: 32},
					{Name: "rip.zero_padding", Title: "Zero adding", Kind: layer.Group, Len: "8"},
				}},
			}},
			{Of: []uint64{2}, Fields: []layer.Field{
				{Bits: 32, Default: 0xFFFF0001},
				{Name: "rip.authentication_data", Alias: "authdata", Title: "Authentication Data", Kind: layer.Bytes, Len: "rest < 16 ? rest : 16"},
				{Alias: "more", Kind: layer.Bytes, When: "rest > 0"}, // of longer digests Wireshark shows as much
			}},
		}},
	},
	Header:  "size",
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"cmd": {{Ask: 1, Answer: 2}}}},
	Summary: "${version} ${cmd}",
}

var ripng = &layer.Proto{
	Name: "ripng", Title: "RIPng", Alias: []string{"RIPng"}, Spec: "RFC 2080",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{521}}},
	Fields: []layer.Field{
		{Name: "ripng.cmd", Alias: "cmd", Title: "Command", Bits: 8, Default: 1, Enum: layer.Enum{1: "Request", 2: "Response"}},
		{Name: "ripng.version", Alias: "version", Title: "Version", Bits: 8, Default: 1},
		{Name: "ripng.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
		{Name: "ripng.rte", Alias: "entries", Title: "Route Table Entry", Kind: layer.Group, Repeat: "*", Len: "20", Until: "rest < 20", Sub: []layer.Field{
			{Name: "ripng.rte.ipv6_prefix", Alias: "addr", Title: "IPv6 Prefix", Kind: layer.IPv6},
			{Name: "ripng.rte.route_tag", Title: "Route Tag", Bits: 16, Base: layer.Hex},
			{Name: "ripng.rte.prefix_length", Title: "Prefix Length", Bits: 8},
			{Name: "ripng.rte.metric", Title: "Metric", Bits: 8, Default: 1},
		}},
	},
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"cmd": {{Ask: 1, Answer: 2}}}},
	Summary: "${cmd}",
}
