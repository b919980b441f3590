package proto

import "github.com/netwright/netwright/packet/layer"

var rtcp = &layer.Proto{
	Name: "rtcp", Title: "Real-time Transport Control Protocol", Alias: []string{"RTCP"}, Spec: "RFC 3550 section 6",
	On:     []layer.On{{Table: "udp.port", Keys: []uint64{5005}}},
	Refuse: func(b []byte) bool { return len(b) < 4 || b[0]>>6 != 2 || b[1] < 192 || b[1] > 213 },
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: "(u16(2) + 1) * 4 > rest ? rest : (u16(2) + 1) * 4", Sub: []layer.Field{
		{Name: "rtcp.version", Alias: "version", Title: "Version", Bits: 2, Default: 2},
		{Name: "rtcp.padding", Alias: "padding", Title: "Padding", Kind: layer.Bool, Bits: 1},
		{Bits: 5, Alias: "count"},
		{Name: "rtcp.rc", Title: "Reception report count", Calc: "count", At: "0", Len: "1", When: "u8(0) == 200 || u8(0) == 201"},
		{Name: "rtcp.sc", Title: "Source count", Calc: "count", At: "0", Len: "1", When: "u8(0) == 202 || u8(0) == 203"},
		{Name: "rtcp.app.subtype", Title: "Subtype", Calc: "count", At: "0", Len: "1", When: "u8(0) == 204"},
		{Name: "rtcp.rtpfb.fmt", Title: "RTCP Feedback message type (FMT)", Calc: "count", At: "0", Len: "1", When: "u8(0) == 205"},
		{Name: "rtcp.psfb.fmt", Title: "RTCP Feedback message type (FMT)", Calc: "count", At: "0", Len: "1", When: "u8(0) == 206"},
		{Name: "rtcp.pt", Alias: "packet_type", Title: "Packet type", Bits: 8, Default: 200, Enum: layer.Enum{
			200: "Sender Report", 201: "Receiver Report", 202: "Source description", 203: "Goodbye", 204: "Application specific",
			205: "Generic RTP Feedback", 206: "Payload-specific", 207: "Extended report (RFC 3611)",
		}},
		{Name: "rtcp.length", Alias: "length", Title: "Length", Bits: 16, Auto: "total / 4 - 1"},
		{Alias: "filler", Calc: "padding && rest > 0 && u8(rest - 1) <= rest ? u8(rest - 1) : 0", Bits: 8},
		{Kind: layer.Group, Len: "rest - filler", Switch: "packet_type", Cases: rtcpPackets},
		{Name: "rtcp.padding.data", Title: "Padding data", Kind: layer.Bytes, Len: "filler - 1", When: "filler > 1"},
		{Name: "rtcp.padding.count", Title: "Padding count", Bits: 8, When: "filler > 0"},
	}}},
	Summary: "${packet_type}",
}

var (
	rtcpSender = layer.Field{Name: "rtcp.senderssrc", Alias: "sourcesync", Title: "Sender SSRC", Bits: 32, Base: layer.Hex}
	rtcpMedia  = layer.Field{Name: "rtcp.mediassrc", Title: "Media source SSRC", Bits: 32, Base: layer.Hex}
	rtcpSource = layer.Field{Name: "rtcp.ssrc.identifier", Title: "Identifier", Bits: 32, Base: layer.Hex}
)

// rtcpPackets are what is behind the header of each type.
var rtcpPackets = []layer.Case{
	{Of: []uint64{200}, Fields: []layer.Field{
		rtcpSender,
		{Name: "rtcp.timestamp.ntp", Title: "MSW and LSW as NTP timestamp", Kind: layer.NTP, At: "4"},
		{Name: "rtcp.timestamp.ntp.msw", Title: "Timestamp, MSW", Bits: 32},
		{Name: "rtcp.timestamp.ntp.lsw", Title: "Timestamp, LSW", Bits: 32},
		{Name: "rtcp.timestamp.rtp", Title: "RTP timestamp", Bits: 32},
		{Name: "rtcp.sender.packetcount", Title: "Sender's packet count", Bits: 32},
		{Name: "rtcp.sender.octetcount", Title: "Sender's octet count", Bits: 32},
		rtcpReport,
	}},
	{Of: []uint64{201}, Fields: []layer.Field{rtcpSender, rtcpReport}},
	{Of: []uint64{202}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "count", Sub: []layer.Field{
		rtcpSource,
		{Kind: layer.Group, Repeat: "rest > 0 ? 64 : 0", Until: "sdes == 0 || rest == 0", Sub: []layer.Field{
			{Name: "rtcp.sdes.type", Alias: "sdes", Title: "Type", Bits: 8, Enum: layer.Enum{
				0: "END", 1: "CNAME", 2: "NAME", 3: "EMAIL", 4: "PHONE", 5: "LOC", 6: "TOOL", 7: "NOTE", 8: "PRIV",
			}},
			{Kind: layer.Group, When: "sdes != 0", Sub: []layer.Field{
				{Name: "rtcp.sdes.length", Alias: "sdeslen", Title: "Length", Bits: 8},
				{Kind: layer.Group, Len: "sdeslen", Sub: []layer.Field{
					{Kind: layer.Group, When: "sdes == 8 && rest > 0", Sub: []layer.Field{
						{Name: "rtcp.sdes.prefix.length", Alias: "prefixlen", Title: "Prefix length", Bits: 8},
						{Name: "rtcp.sdes.prefix.string", Title: "Prefix string", Kind: layer.String, Len: "prefixlen"},
					}},
					{Name: "rtcp.sdes.text", Title: "Text", Kind: layer.String},
				}},
			}},
		}},
		{Kind: layer.Bytes, Len: "(0 - pos) & 3"},
	}}}},
	{Of: []uint64{203}, Fields: []layer.Field{
		{Kind: layer.Group, Repeat: "count", Sub: []layer.Field{rtcpSource}},
		{Kind: layer.Group, When: "rest > 0", Sub: []layer.Field{
			{Name: "rtcp.sdes.length", Alias: "reasonlen", Title: "Length", Bits: 8},
			{Name: "rtcp.sdes.text", Title: "Text", Kind: layer.String, Len: "reasonlen"},
		}},
	}},
	{Of: []uint64{204}, Fields: []layer.Field{
		rtcpSource,
		{Name: "rtcp.app.name", Title: "Name (ASCII)", Kind: layer.String, Len: "4"},
		{Name: "rtcp.app.data", Title: "Application specific data", Kind: layer.Bytes, When: "rest > 0"},
	}},
	{Of: []uint64{205}, Fields: []layer.Field{rtcpSender, rtcpMedia, {Kind: layer.Group, Switch: "count", Cases: rtcpFeedback}}},
	{Of: []uint64{206}, Fields: []layer.Field{rtcpSender, rtcpMedia, {Kind: layer.Group, Switch: "count", Cases: rtcpPayloadFeedback}}},
	{Of: []uint64{207}, Fields: []layer.Field{rtcpSender, {Kind: layer.Group, Repeat: "*", Len: "u16(2) * 4 + 4 > rest ? rest : u16(2) * 4 + 4", Sub: rtcpBlock}}},
}

// rtcpFeedback is about transport (RFC 4585 section 6.2, RFC 5104 section 4.2).
var rtcpFeedback = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "rtcp.rtpfb.nack_pid", Title: "Transport Feedback NACK PID", Bits: 16},
		{Name: "rtcp.rtpfb.nack_blp", Title: "Transport Feedback NACK BLP", Bits: 16, Base: layer.Hex},
	}}}},
	{Of: []uint64{3, 4}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "rtcp.rtpfb.tmmbr.fci.ssrc", Title: "SSRC", Bits: 32, Base: layer.Hex},
		{Bits: 32, Sub: []layer.Field{
			{Name: "rtcp.rtpfb.tmmbr.fci.exp", Title: "MxTBR Exp", Bits: 6},
			{Name: "rtcp.rtpfb.tmmbr.fci.mantissa", Title: "MxTBR Mantissa", Bits: 17},
			{Name: "rtcp.rtpfb.tmmbr.fci.measuredoverhead", Title: "Measured Overhead", Bits: 9},
		}},
	}}}},
	{Of: []uint64{15}},
	{Fields: []layer.Field{{Name: "rtcp.fci", Title: "Feedback Control Information (FCI)", Kind: layer.Bytes, When: "rest > 0"}}},
}

// rtcpPayloadFeedback is about what is carried (RFC 4585 section 6.3, RFC 5104
// section 4.3), and the estimate of the bandwidth that receivers send.
var rtcpPayloadFeedback = []layer.Case{
	{Of: []uint64{2}, Fields: []layer.Field{{Bits: 32, Repeat: "*", Sub: []layer.Field{
		{Name: "rtcp.psfb.fir.sli.first", Title: "First MB", Bits: 13},
		{Name: "rtcp.psfb.fir.sli.number", Title: "Number of MBs", Bits: 13},
		{Name: "rtcp.psfb.fir.sli.picture_id", Title: "Picture ID", Bits: 6},
	}}}},
	{Of: []uint64{4}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "rtcp.psfb.fir.fci.ssrc", Title: "SSRC", Bits: 32, Base: layer.Hex},
		{Name: "rtcp.psfb.fir.fci.csn", Title: "Command Sequence Number", Bits: 8},
		{Name: "rtcp.psfb.fir.fci.reserved", Title: "Reserved", Bits: 24},
	}}}},
	{Of: []uint64{15}, Fields: []layer.Field{{Kind: layer.Group, When: "u32(0) == 0x52454D42", Sub: []layer.Field{ // "REMB"
		{Name: "rtcp.psfb.remb.identifier", Title: "Unique Identifier", Kind: layer.String, Len: "4"},
		{Name: "rtcp.psfb.remb.fci.number_ssrcs", Alias: "ssrcs", Title: "Number of Ssrcs", Bits: 8},
		{Bits: 24, Sub: []layer.Field{
			{Name: "rtcp.psfb.remb.fci.br_exp", Title: "BR Exp", Bits: 6},
			{Name: "rtcp.psfb.remb.fci.br_mantissa", Title: "Br Mantissa", Bits: 18},
		}},
		{Name: "rtcp.psfb.remb.fci.ssrc", Title: "SSRC", Bits: 32, Base: layer.Hex, Repeat: "ssrcs"},
	}}}},
	{Fields: []layer.Field{{Name: "rtcp.fci", Title: "Feedback Control Information (FCI)", Kind: layer.Bytes, When: "rest > 0"}}},
}

// rtcpBlock is a block of an extended report (RFC 3611 section 4).
var rtcpBlock = []layer.Field{
	{Name: "rtcp.xr.bt", Alias: "block", Title: "Type", Bits: 8, Enum: layer.Enum{
		1: "Loss Run Length Encoding", 2: "Duplicate Run Length Encoding", 3: "Packet Receipt Times", 4: "Receiver Reference Time",
		5: "DLRR", 6: "Statistics Summary", 7: "VoIP Metrics",
	}},
	{Kind: layer.Group, Len: "1", Switch: "block", Cases: []layer.Case{
		{Of: []uint64{1, 2, 3}, Fields: []layer.Field{{Bits: 4}, {Name: "rtcp.xr.tf", Title: "Thinning factor", Bits: 4}}},
		{Of: []uint64{6}, Fields: []layer.Field{
			{Name: "rtcp.xr.stats.lrflag", Title: "Loss Report Flag", Bits: 1, Kind: layer.Bool},
			{Name: "rtcp.xr.stats.dupflag", Title: "Duplicates Report Flag", Bits: 1, Kind: layer.Bool},
			{Name: "rtcp.xr.stats.jitterflag", Title: "Jitter Report Flag", Bits: 1, Kind: layer.Bool},
			{Name: "rtcp.xr.stats.ttl", Title: "TTL or Hop Limit Flag", Bits: 2},
			{Bits: 3},
		}},
		{Fields: []layer.Field{{Name: "rtcp.xr.bs", Title: "Type Specific", Bits: 8}}},
	}},
	{Name: "rtcp.xr.bl", Title: "Length", Bits: 16},
	{Kind: layer.Group, Len: "rest", Switch: "block", Cases: []layer.Case{
		{Of: []uint64{1, 2}, Fields: rtcpRange},
		{Of: []uint64{3}, Fields: append(rtcpRange[:3:3], layer.Field{Name: "rtcp.xr.receipt_time_seq", Title: "Receipt Time", Bits: 32, Repeat: "*"})},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "rtcp.xr.timestamp", Title: "Timestamp", Kind: layer.NTP}}},
		{Of: []uint64{5}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			rtcpSource,
			{Name: "rtcp.xr.lrr", Title: "Last RR timestamp", Bits: 32},
			{Name: "rtcp.xr.dlrr", Title: "Delay since last RR timestamp", Bits: 32},
		}}}},
		{Of: []uint64{6}, Fields: append(rtcpRange[:3:3], rtcpStatistics...)},
		{Of: []uint64{7}, Fields: rtcpVoIP},
	}},
}

var rtcpRange = []layer.Field{
	rtcpSource,
	{Name: "rtcp.xr.beginseq", Title: "Begin Sequence Number", Bits: 16},
	{Name: "rtcp.xr.endseq", Title: "End Sequence Number", Bits: 16},
}

var rtcpStatistics = []layer.Field{
	{Name: "rtcp.xr.stats.lost", Title: "Lost Packets", Bits: 32},
	{Name: "rtcp.xr.stats.dups", Title: "Duplicate Packets", Bits: 32},
	{Name: "rtcp.xr.stats.minjitter", Title: "Minimum Jitter", Bits: 32},
	{Name: "rtcp.xr.stats.maxjitter", Title: "Maximum Jitter", Bits: 32},
	{Name: "rtcp.xr.stats.meanjitter", Title: "Mean Jitter", Bits: 32},
	{Name: "rtcp.xr.stats.devjitter", Title: "Standard Deviation of Jitter", Bits: 32},
	{Name: "rtcp.xr.stats.minttl", Title: "Minimum TTL or Hop Limit", Bits: 8},
	{Name: "rtcp.xr.stats.maxttl", Title: "Maximum TTL or Hop Limit", Bits: 8},
	{Name: "rtcp.xr.stats.meanttl", Title: "Mean TTL or Hop Limit", Bits: 8},
	{Name: "rtcp.xr.stats.devttl", Title: "Standard Deviation of TTL", Bits: 8},
}

var rtcpVoIP = []layer.Field{
	rtcpSource,
	{Name: "rtcp.ssrc.fraction", Title: "Fraction lost", Bits: 8},
	{Name: "rtcp.ssrc.discarded", Title: "Fraction discarded", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.burstdensity", Title: "Burst Density", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.gapdensity", Title: "Gap Density", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.burstduration", Title: "Burst Duration(ms)", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.gapduration", Title: "Gap Duration(ms)", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.rtdelay", Title: "Round Trip Delay(ms)", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.esdelay", Title: "End System Delay(ms)", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.signallevel", Title: "Signal Level", Kind: layer.Int, Bits: 8},
	{Name: "rtcp.xr.voipmetrics.noiselevel", Title: "Noise Level", Kind: layer.Int, Bits: 8},
	{Name: "rtcp.xr.voipmetrics.rerl", Title: "Residual Echo Return Loss", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.gmin", Title: "Gmin", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.rfactor", Title: "R Factor", Bits: 8},
	{Name: "rtcp.xr.voipmetrics.extrfactor", Title: "External R Factor", Bits: 8},
	{Kind: layer.Bytes, Len: "2"},
	{Name: "rtcp.xr.voipmetrics.plc", Title: "Packet Loss Concealment Algorithm", Bits: 2},
	{Name: "rtcp.xr.voipmetrics.jba", Title: "Adaptive Jitter Buffer Algorithm", Bits: 2},
	{Name: "rtcp.xr.voipmetrics.jbrate", Title: "Jitter Buffer Rate", Bits: 4},
	{Bits: 8},
	{Name: "rtcp.xr.voipmetrics.jbnominal", Title: "Nominal Jitter Buffer Size", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.jbmax", Title: "Maximum Jitter Buffer Size", Bits: 16},
	{Name: "rtcp.xr.voipmetrics.jbabsmax", Title: "Absolute Maximum Jitter Buffer Size", Bits: 16},
}

// rtcpReport is a block of a report (RFC 3550 section 6.4.1).
var rtcpReport = layer.Field{Kind: layer.Group, Repeat: "count", Sub: []layer.Field{
	rtcpSource,
	{Name: "rtcp.ssrc.fraction", Title: "Fraction lost", Bits: 8},
	{Name: "rtcp.ssrc.cum_nr", Title: "Cumulative number of packets lost", Kind: layer.Int, Bits: 24},
	{Name: "rtcp.ssrc.high_cycles", Title: "Sequence number cycles count", Calc: "u16(0)", Len: "2"},
	{Name: "rtcp.ssrc.high_seq", Title: "Highest sequence number received", Calc: "u16(0)", At: "pos + 2", Len: "2"},
	{Name: "rtcp.ssrc.ext_high", Title: "Extended highest sequence number received", Bits: 32},
	{Name: "rtcp.ssrc.jitter", Title: "Interarrival jitter", Bits: 32},
	{Name: "rtcp.ssrc.lsr", Title: "Last SR timestamp", Bits: 32},
	{Name: "rtcp.ssrc.dlsr", Title: "Delay since last SR timestamp", Bits: 32},
}}
