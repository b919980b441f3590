package proto

import "github.com/netwright/netwright/packet/layer"

var tcp = &layer.Proto{
	Name: "tcp", Title: "Transmission Control Protocol", Alias: []string{"TCP"}, Spec: "RFC 9293",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{6}}},
	Fields: []layer.Field{
		{Name: "tcp.srcport", Alias: "sport", Also: []string{"tcp.port"}, Title: "Source Port", Bits: 16, Default: 20},
		{Name: "tcp.dstport", Alias: "dport", Also: []string{"tcp.port"}, Title: "Destination Port", Bits: 16, Default: 80},
		{Name: "tcp.len", Title: "TCP Segment Len", Calc: "size - header"},
		{Name: "tcp.seq_raw", Alias: "seq", Title: "Sequence Number (raw)", Bits: 32},
		{Name: "tcp.ack_raw", Alias: "ack", Title: "Acknowledgment Number (raw)", Bits: 32},
		{Name: "tcp.hdr_len", Alias: "dataofs", Title: "Header Length", Bits: 4, Auto: "header / 4"},
		{Name: "tcp.flags", Alias: "flags", Title: "Flags", Bits: 12, Base: layer.Hex, Default: 2, Sub: []layer.Field{
			{Name: "tcp.flags.res", Alias: "reserved", Title: "Reserved", Bits: 3, Kind: layer.Bool},
			{Name: "tcp.flags.ae", Title: "Accurate ECN", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.cwr", Title: "Congestion Window Reduced", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.ece", Title: "ECN-Echo", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.urg", Title: "Urgent", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.ack", Title: "Acknowledgment", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.push", Title: "Push", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.reset", Title: "Reset", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.syn", Title: "Syn", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.fin", Title: "Fin", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "tcp.window_size_value", Alias: "window", Title: "Window", Bits: 16, Default: 8192},
		{Name: "tcp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Name: "tcp.urgent_pointer", Alias: "urgptr", Title: "Urgent Pointer", Bits: 16},
		{Name: "tcp.options", Alias: "options", Title: "Options", Kind: layer.Bytes, Len: "dataofs * 4 - 20", When: "dataofs > 5", Sub: []layer.Field{
			{Kind: layer.Group, Repeat: "*", Len: "u8(0) < 2 ? 1 : u8(1) < 2 ? 2 : u8(1)", Sub: []layer.Field{
				{Name: "tcp.option_kind", Title: "Kind", Bits: 8, Enum: tcpOptions},
				{Name: "tcp.option_len", Title: "Length", Bits: 8, When: "option_kind > 1"},
			}, Switch: "option_kind", Cases: []layer.Case{
				{Of: []uint64{2}, Fields: []layer.Field{{Name: "tcp.options.mss_val", Title: "MSS Value", Bits: 16}}},
				{Of: []uint64{3}, Fields: []layer.Field{
					{Name: "tcp.options.wscale.shift", Title: "Shift count", Bits: 8},
					{Name: "tcp.options.wscale.multiplier", Title: "Multiplier", Calc: "1 << shift"},
				}},
				{Of: []uint64{5}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
					{Name: "tcp.options.sack_le", Title: "Left edge", Bits: 32},
					{Name: "tcp.options.sack_re", Title: "Right edge", Bits: 32},
				}}}},
				{Of: []uint64{8}, Fields: []layer.Field{
					{Name: "tcp.options.timestamp.tsval", Title: "Timestamp value", Bits: 32},
					{Name: "tcp.options.timestamp.tsecr", Title: "Timestamp echo reply", Bits: 32},
				}},
			}},
		}},
		{Name: "tcp.payload", Title: "TCP payload", Kind: layer.Bytes, When: "rest > 0"},
	},
	Header:   "dataofs * 4",
	Next:     []layer.Next{{By: "sport, dport", Table: "tcp.port"}},
	Locate:   locateTCP,
	Stream:   true,
	Checksum: &layer.Checksum{Field: "chksum", Pseudo: true},
	Answers:  &layer.Answer{Swap: [][2]string{{"sport", "dport"}}, By: []string{"icmp", "icmpv6"}},
	Summary:  "${sport} → ${dport} [${flags}]",
}

func locateTCP(b []byte) (loc layer.Location) {
	if len(b) < 20 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = int(b[12]>>4) * 4
	if loc.Header < 20 {
		return layer.Location{Next: -1, Reason: layer.TooSmall}
	}
	loc.Key, loc.Key2 = ports(b)
	return loc
}

var tcpOptions = layer.Enum{
	0: "End of Option List", 1: "No-Operation", 2: "Maximum Segment Size", 3: "Window Scale", 4: "SACK Permitted", 5: "SACK",
	8: "Time Stamp Option", 19: "TCP MD5 signature", 28: "User Timeout", 29: "TCP Authentication Option", 30: "Multipath TCP", 34: "TCP Fast Open Cookie",
}
