package proto

import "github.com/netwright/netwright/packet/layer"

// tcpOptions are the options behind the header (RFC 9293 section 3.2 and later
// ones), one after another. An end of the list ends it.
var tcpOptions = []layer.Field{{
	Kind: layer.Group, Repeat: "*", Until: "kind == 0",
	Len: "u8(0) < 2 ? 1 : u8(1) < 2 ? rest + 1 : u8(1)",
	Sub: []layer.Field{{Alias: "kind", Calc: "u8(0)"}}, Switch: "kind",
	Cases: []layer.Case{
		tcpOption(0, "eol", "End of Option List (EOL)"),
		tcpOption(1, "nop", "No-Operation (NOP)"),
		tcpOption(2, "mss", "Maximum segment size", layer.Field{Name: "tcp.options.mss_val", Title: "MSS Value", Bits: 16, Default: 1460}),
		tcpOption(3, "wscale", "Window scale",
			layer.Field{Name: "tcp.options.wscale.shift", Title: "Shift count", Bits: 8},
			layer.Field{Name: "tcp.options.wscale.multiplier", Title: "Multiplier", Calc: "1 << (shift < 14 ? shift : 14)", At: "2", Len: "1"},
		),
		tcpOption(4, "sack_perm", "SACK permitted"),
		tcpOption(5, "sack", "SACK", // RFC 2018
			layer.Field{Kind: layer.Group, Repeat: "rest / 8", Sub: []layer.Field{
				{Name: "tcp.options.sack_le", Title: "TCP SACK Left Edge", Bits: 32},
				{Name: "tcp.options.sack_re", Title: "TCP SACK Right Edge", Bits: 32},
			}},
			layer.Field{Name: "tcp.options.sack.count", Title: "TCP SACK Count", Calc: "(olen - 2) / 8"},
			layer.Field{Kind: layer.Group, At: "2", When: "size >= 10", Sub: []layer.Field{ // RFC 2883: the first block came twice
				{Name: "tcp.options.sack.dsack_le", Title: "TCP D-SACK Left Edge", Calc: "u32(0)", Len: "4", When: duplicate},
				{Name: "tcp.options.sack.dsack_re", Title: "TCP D-SACK Right Edge", Calc: "u32(0)", At: "4", Len: "4", When: duplicate},
			}},
		),
		tcpOption(6, "echo", "Echo", layer.Field{Name: "tcp.options.echo_value", Title: "TCP Echo Option", Bits: 32}),
		tcpOption(7, "echoreply", "Echo reply", layer.Field{Name: "tcp.options.echo_value", Title: "TCP Echo Option", Bits: 32}),
		tcpOption(8, "timestamp", "Timestamps", // RFC 7323
			layer.Field{Name: "tcp.options.timestamp.tsval", Title: "Timestamp value", Bits: 32},
			layer.Field{Name: "tcp.options.timestamp.tsecr", Title: "Timestamp echo reply", Bits: 32},
		),
		tcpOption(11, "cc", "CC", layer.Field{Name: "tcp.options.cc_value", Title: "TCP CC Option", Bits: 32}),
		tcpOption(12, "ccnew", "CC.NEW", layer.Field{Name: "tcp.options.cc_value", Title: "TCP CC Option", Bits: 32}),
		tcpOption(13, "ccecho", "CC.ECHO", layer.Field{Name: "tcp.options.cc_value", Title: "TCP CC Option", Bits: 32}),
		tcpOption(19, "md5", "TCP MD5 signature", layer.Field{Name: "tcp.options.md5.digest", Title: "MD5 digest", Kind: layer.Bytes}), // RFC 2385
		tcpOption(20, "scps", "SCPS capabilities", layer.Field{Name: "tcp.options.scps.vector", Title: "TCP SCPS Capabilities Vector", Bits: 8, Base: layer.Hex, When: "rest >= 1"},
			layer.Field{Name: "tcp.options.scps.binding.id", Title: "Binding Space (Community) ID", Bits: 8, When: "rest == 1"}),
		tcpOption(21, "snack", "Selective Negative Acknowledgment",
			layer.Field{Name: "tcp.options.snack.offset", Title: "TCP SNACK Offset", Bits: 16},
			layer.Field{Name: "tcp.options.snack.size", Title: "TCP SNACK Size", Bits: 16}),
		tcpOption(27, "qs", "Quick-Start", // RFC 4782
			layer.Field{Name: "tcp.options.qs.rate", Title: "QS Rate", Bits: 8},
			layer.Field{Name: "tcp.options.qs.ttl_diff", Title: "QS Rate", Bits: 8},
		),
		tcpOption(28, "user_to", "User Timeout", layer.Field{Bits: 16, Sub: []layer.Field{ // RFC 5482
			{Name: "tcp.options.user_to_granularity", Title: "Granularity", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.options.user_to_val", Title: "User Timeout", Bits: 15},
		}}),
		tcpOption(29, "ao", "TCP AO", // RFC 5925
			layer.Field{Name: "tcp.options.ao.keyid", Title: "AO KeyID", Bits: 8},
			layer.Field{Name: "tcp.options.ao.rnextkeyid", Title: "AO RNextKeyID", Bits: 8},
			layer.Field{Name: "tcp.options.ao.mac", Title: "AO MAC", Kind: layer.Bytes, When: "rest > 0"},
		),
		{Of: []uint64{30}, Fields: []layer.Field{
			{Name: "mptcp", Title: "Multipath Transmission Control Protocol", Kind: layer.Group, Len: "rest", Sub: append(tcpOptionHead(30), multipath...)},
		}},
		tcpOption(34, "tfo", "TCP Fast Open", fastOpen...),
		tcpOption(172, "acc_ecn", "Accurate ECN", accurateECN(false)...),
		tcpOption(174, "acc_ecn", "Accurate ECN", accurateECN(true)...),
		experimentalOption(253), experimentalOption(254),
		{Fields: []layer.Field{{Name: "tcp.options.unknown", Title: "TCP Option - Unknown", Kind: layer.Bytes, Sub: append(tcpOptionHead(255),
			layer.Field{Name: "tcp.options.unknown.payload", Title: "Payload", Kind: layer.Bytes, When: "rest > 0"})}}},
	},
}}

// duplicate tells of the first block that SACK reports whether it begins before
// what is acknowledged.
const duplicate = "(ack_raw - u32(0) - 1 & 0xFFFFFFFF) < 0x7FFFFFFF"

// tcpOption is the option of that kind, with what comes behind its length.
func tcpOption(kind uint64, name, title string, fields ...layer.Field) layer.Case {
	return layer.Case{Of: []uint64{kind}, Fields: []layer.Field{
		{Name: "tcp.options." + name, Title: "TCP Option - " + title, Kind: layer.Bytes, Sub: append(tcpOptionHead(kind), fields...)},
	}}
}

func tcpOptionHead(kind uint64) []layer.Field {
	head := []layer.Field{{Name: "tcp.option_kind", Title: "Kind", Bits: 8, Default: kind, Enum: tcpOptionKinds}}
	if kind > 1 {
		head = append(head, layer.Field{Name: "tcp.option_len", Alias: "olen", Title: "Length", Bits: 8, Auto: "total"})
	}
	return head
}

// fastOpen is RFC 7413's cookie, or the wish for one.
var fastOpen = []layer.Field{
	{Name: "tcp.options.tfo.request", Title: "Fast Open Cookie Request", Kind: layer.Group, At: "0", Len: "olen", When: "rest == 0"},
	{Name: "tcp.options.tfo.cookie", Title: "Fast Open Cookie", Kind: layer.Bytes, When: "rest > 0"},
}

// accurateECN are the counters of draft-ietf-tcpm-accurate-ecn, as many as there
// is room for.
func accurateECN(second bool) []layer.Field {
	fields := []layer.Field{
		{Name: "tcp.options.acc_ecn.ee0b", Title: "Accurate ECN Echo ECT(0) Byte Counter", Bits: 24, When: "rest >= 3"},
		{Name: "tcp.options.acc_ecn.eceb", Title: "Accurate ECN Echo CE Byte Counter", Bits: 24, When: "rest >= 3"},
		{Name: "tcp.options.acc_ecn.ee1b", Title: "Accurate ECN Echo ECT(1) Byte Counter", Bits: 24, When: "rest >= 3"},
	}
	if second {
		fields[0], fields[2] = fields[2], fields[0]
	}
	return fields
}

// experimentalOption tells what it is by its first two bytes (RFC 6994).
func experimentalOption(kind uint64) layer.Case {
	return tcpOption(kind, "experimental", "Experimental",
		layer.Field{Name: "tcp.options.experimental.exid", Title: "Experiment Identifier", Bits: 16, Base: layer.Hex, When: "rest >= 2"},
		layer.Field{Kind: layer.Group, Switch: "exid", Cases: []layer.Case{
			{Of: []uint64{0xF989}, Fields: fastOpen},
			{Of: []uint64{0xACC0}, Fields: accurateECN(false)},
			{Of: []uint64{0xACC1}, Fields: accurateECN(true)},
			{Fields: []layer.Field{{Name: "tcp.options.experimental.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}}},
		}})
}

// tcpOptionKinds are from IANA's registry of TCP parameters.
var tcpOptionKinds = layer.Enum{
	0: "End of Option List", 1: "No-Operation", 2: "Maximum Segment Size", 3: "Window Scale", 4: "SACK Permitted", 5: "SACK",
	6: "Echo", 7: "Echo Reply", 8: "Time Stamp Option", 11: "CC", 12: "CC.NEW", 13: "CC.ECHO", 19: "MD5 Signature Option",
	20: "SCPS Capabilities", 21: "Selective Negative Acknowledgements", 22: "Record Boundaries", 23: "Corruption experienced",
	27: "Quick-Start Response", 28: "User Timeout Option", 29: "The TCP Authentication Option", 30: "Multipath TCP", 34: "TCP Fast Open Cookie",
	172: "Accurate ECN Order 0", 174: "Accurate ECN Order 1", 253: "RFC3692-style Experiment 1", 254: "RFC3692-style Experiment 2",
}
