package proto

import "github.com/netwright/netwright/packet/layer"

var igmp = &layer.Proto{
	Name: "igmp", Title: "Internet Group Management Protocol", Alias: []string{"IGMP", "IGMPv3"}, Spec: "RFC 1112, RFC 2236, RFC 9776",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{2}}},
	Fields: []layer.Field{
		{Name: "igmp.version", Title: "IGMP Version", When: "u8(0) > 8 && u8(0) != 0x1E && u8(0) != 0x1F",
			Calc: "u8(0) == 0x22 || u8(0) == 0x11 && size >= 12 ? 3 : u8(0) == 0x12 || u8(0) == 0x11 && u8(1) == 0 ? 1 : u8(0) == 0x13 || u8(0) == 0x14 ? 1 : 2"},
		{Name: "igmp.type", Alias: "type", Title: "Type", Bits: 8, Base: layer.Hex, Default: 0x11, Enum: igmpTypes},
		{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
			{Of: []uint64{0x11}, Fields: []layer.Field{
				{Kind: layer.Group, Switch: "version", Cases: []layer.Case{
					{Of: []uint64{1}, Fields: igmpPlain},
					{Of: []uint64{2}, Fields: igmpTimed},
					{Of: []uint64{3}, Fields: []layer.Field{
						{Name: "igmp.max_resp", Alias: "mrcode", Title: "Max Resp Time", Calc: "u8(0) < 128 ? u8(0) : (u8(0) & 15 | 16) << (u8(0) >> 4 & 7) + 3", Len: "1"},
						{Alias: "code", Bits: 8, Default: 20},
						{Bits: 8, At: "pos - 1", When: "code >= 128", Sub: []layer.Field{
							{Bits: 1},
							{Name: "igmp.max_resp.exp", Title: "Exponent", Bits: 3, Base: layer.Hex},
							{Name: "igmp.max_resp.mant", Title: "Mantissa", Bits: 4, Base: layer.Hex},
						}},
						igmpChecksum,
						igmpGroup,
						{Bits: 8, Sub: []layer.Field{
							{Bits: 4},
							{Name: "igmp.s", Alias: "s", Title: "S", Bits: 1, Kind: layer.Bool},
							{Name: "igmp.qrv", Alias: "qrv", Title: "QRV", Bits: 3},
						}},
						{Name: "igmp.qqic", Alias: "qqic", Title: "QQIC", Bits: 8},
						{Name: "igmp.num_src", Alias: "numsrc", Title: "Num Src", Bits: 16},
						{Name: "igmp.saddr", Alias: "srcaddrs", Title: "Source Address", Kind: layer.IPv4, Repeat: "numsrc"},
					}},
				}},
			}},
			{Of: []uint64{0x12}, Fields: igmpPlain},
			{Of: []uint64{0x16, 0x17}, Fields: igmpTimed},
			{Of: []uint64{0x22}, Fields: igmpReport},
			{Of: []uint64{0x1E, 0x1F}, Fields: igmpTrace},
			{Fields: []layer.Field{
				{Bits: 8},
				igmpChecksum,
				{Name: "igmp.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"},
			}},
		}},
	},
	Refuse:   otherThanGroups,
	Checksum: &layer.Checksum{Field: "chksum"},
	Answers:  &layer.Answer{Pair: map[string][]layer.Answers{"type": {{Ask: 0x11, Answer: 0x12}, {Ask: 0x11, Answer: 0x16}, {Ask: 0x11, Answer: 0x22}}}},
	Summary:  "${type} ${gaddr}",
}

// otherThanGroups tells of DVMRP and PIM version 1, which borrow IGMP's number.
func otherThanGroups(b []byte) bool {
	return len(b) == 0 || b[0] == 0x13 || b[0] == 0x14
}

var (
	igmpChecksum = layer.Field{Name: "igmp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"}
	igmpGroup    = layer.Field{Name: "igmp.maddr", Alias: "gaddr", Title: "Multicast Address", Kind: layer.IPv4}

	// igmpPlain is what version 1 has, and igmpTimed version 2.
	igmpPlain = []layer.Field{
		{Name: "igmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		igmpChecksum, igmpGroup,
	}
	igmpTimed = []layer.Field{
		{Name: "igmp.max_resp", Alias: "mrcode", Title: "Max Resp Time", Bits: 8, Default: 20},
		igmpChecksum, igmpGroup,
	}
)

// igmpReport is a report of version 3 (RFC 9776 section 4.2).
var igmpReport = []layer.Field{
	{Name: "igmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
	igmpChecksum,
	{Name: "igmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
	{Name: "igmp.num_grp_recs", Alias: "numgrp", Title: "Num Group Records", Bits: 16},
	{Alias: "records", Kind: layer.Group, Repeat: "numgrp", Len: "8 + u16(2) * 4 + u8(1) * 4", Sub: []layer.Field{
		{Name: "igmp.record_type", Alias: "rtype", Title: "Record Type", Bits: 8, Default: 1, Enum: recordTypes},
		{Name: "igmp.aux_data_len", Alias: "auxdlen", Title: "Aux Data Len", Bits: 8},
		{Name: "igmp.num_src", Alias: "numsrc", Title: "Num Src", Bits: 16},
		{Name: "igmp.maddr", Alias: "maddr", Title: "Multicast Address", Kind: layer.IPv4},
		{Name: "igmp.saddr", Alias: "srcaddrs", Title: "Source Address", Kind: layer.IPv4, Repeat: "numsrc"},
		{Name: "igmp.aux_data", Title: "Aux Data", Kind: layer.Bytes, When: "rest > 0"},
	}},
}

// igmpTrace is mtrace: a query, and a block from each router that it came by.
var igmpTrace = []layer.Field{
	{Name: "igmp.mtrace.max_hops", Title: "# hops", Bits: 8},
	igmpChecksum, igmpGroup,
	{Name: "igmp.mtrace.saddr", Title: "Source Address", Kind: layer.IPv4},
	{Name: "igmp.mtrace.raddr", Title: "Receiver Address", Kind: layer.IPv4},
	{Name: "igmp.mtrace.rspaddr", Title: "Response Address", Kind: layer.IPv4},
	{Name: "igmp.mtrace.resp_ttl", Title: "Response TTL", Bits: 8},
	{Name: "igmp.mtrace.q_id", Title: "Query ID", Bits: 24},
	{Kind: layer.Group, Repeat: "rest / 32", Sub: []layer.Field{
		{Name: "igmp.mtrace.q_arrival", Title: "Query Arrival", Bits: 32},
		{Name: "igmp.mtrace.q_inaddr", Title: "In itf addr", Kind: layer.IPv4},
		{Name: "igmp.mtrace.q_outaddr", Title: "Out itf addr", Kind: layer.IPv4},
		{Name: "igmp.mtrace.q_prevrtr", Title: "Previous rtr addr", Kind: layer.IPv4},
		{Name: "igmp.mtrace.q_inpkt", Title: "In pkts", Bits: 32},
		{Name: "igmp.mtrace.q_outpkt", Title: "Out pkts", Bits: 32},
		{Name: "igmp.mtrace.q_total", Title: "S,G pkt count", Bits: 32},
		{Name: "igmp.mtrace.q_rtg_proto", Title: "Rtg Protocol", Bits: 8},
		{Name: "igmp.mtrace.q_fwd_ttl", Title: "FwdTTL", Bits: 8},
		{Bits: 8, Sub: []layer.Field{
			{Name: "igmp.mtrace.q_mbz", Title: "MBZ", Bits: 1},
			{Name: "igmp.mtrace.q_s", Title: "S", Bits: 1},
			{Name: "igmp.mtrace.q_src_mask", Title: "Src Mask", Bits: 6, Base: layer.Hex},
		}},
		{Name: "igmp.mtrace.q_fwd_code", Title: "Forwarding Code", Bits: 8, Base: layer.Hex},
	}},
}

// igmpTypes are from IANA's registry of IGMP type numbers.
var igmpTypes = layer.Enum{
	0x11: "Membership Query", 0x12: "Membership Report", 0x13: "DVMRP Protocol", 0x14: "PIM Routing Message",
	0x16: "Membership Report", 0x17: "Leave Group", 0x1E: "Traceroute Response", 0x1F: "Traceroute Query or Request", 0x22: "Membership Report",
}

// recordTypes are those of RFC 9776 section 4.2.13 and RFC 3810 section 5.2.12.
var recordTypes = layer.Enum{
	1: "Mode Is Include", 2: "Mode Is Exclude", 3: "Change To Include Mode", 4: "Change To Exclude Mode",
	5: "Allow New Sources", 6: "Block Old Sources",
}
