package proto

import "github.com/netwright/netwright/packet/layer"

// rtp has no port of its own: where it runs is agreed upon by others, such as
// SIP. It is known by those that are set for it.
var rtp = &layer.Proto{
	Name: "rtp", Title: "Real-Time Transport Protocol", Alias: []string{"RTP"}, Spec: "RFC 3550 section 5.1",
	Fields: []layer.Field{
		{Name: "rtp.version", Alias: "version", Title: "Version", Bits: 2, Default: 2},
		{Name: "rtp.padding", Alias: "padding", Title: "Padding", Kind: layer.Bool, Bits: 1},
		{Name: "rtp.ext", Alias: "extension", Title: "Extension", Kind: layer.Bool, Bits: 1},
		{Name: "rtp.cc", Alias: "numsync", Title: "Contributing source identifiers count", Bits: 4},
		{Name: "rtp.marker", Alias: "marker", Title: "Marker", Kind: layer.Bool, Bits: 1},
		{Name: "rtp.p_type", Alias: "payload_type", Title: "Payload type", Bits: 7, Enum: rtpTypes},
		{Name: "rtp.seq", Alias: "sequence", Title: "Sequence number", Bits: 16},
		{Name: "rtp.timestamp", Alias: "timestamp", Title: "Timestamp", Bits: 32},
		{Name: "rtp.ssrc", Alias: "sourcesync", Title: "Synchronization Source identifier", Bits: 32, Base: layer.Hex},
		{Name: "rtp.csrc.item", Alias: "sync", Title: "CSRC item", Bits: 32, Base: layer.Hex, Repeat: "numsync"},
		{Kind: layer.Group, When: "extension", Sub: []layer.Field{
			{Name: "rtp.ext.profile", Title: "Defined by profile", Bits: 16, Base: layer.Hex},
			{Name: "rtp.ext.len", Alias: "extlen", Title: "Extension length", Bits: 16},
			{Name: "rtp.hdr_ext", Title: "Header extension", Bits: 32, Base: layer.Hex, Repeat: "extlen"},
		}},
		{Name: "rtp.payload", Alias: "load", Title: "Payload", Kind: layer.Bytes, When: "rest > 0"},
	},
	Refuse:  func(b []byte) bool { return len(b) < 12 || b[0]>>6 != 2 },
	Summary: "${payload_type} seq ${sequence} time ${timestamp} ssrc ${sourcesync}",
}

// rtpTypes are from RFC 3551 section 6.
var rtpTypes = layer.Enum{
	0: "ITU-T G.711 PCMU", 3: "GSM 06.10", 4: "ITU-T G.723", 8: "ITU-T G.711 PCMA", 9: "ITU-T G.722", 10: "16-bit audio, stereo",
	11: "16-bit audio, monaural", 13: "Comfort noise", 14: "MPEG-I/II Audio", 15: "ITU-T G.728", 18: "ITU-T G.729", 26: "JPEG-compressed video",
	31: "ITU-T H.261", 32: "MPEG-I/II Video", 33: "MPEG-II transport streams", 34: "ITU-T H.263",
}

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
		{Name: "rtcp.pt", Alias: "packet_type", Title: "Packet type", Bits: 8, Default: 200, Enum: layer.Enum{
			200: "Sender Report", 201: "Receiver Report", 202: "Source description", 203: "Goodbye", 204: "Application specific",
			205: "Generic RTP Feedback", 206: "Payload-specific", 207: "Extended report (RFC 3611)",
		}},
		{Name: "rtcp.length", Alias: "length", Title: "Length", Bits: 16, Auto: "total / 4 - 1"},
	}, Switch: "packet_type", Cases: []layer.Case{
		{Of: []uint64{200}, Fields: []layer.Field{
			{Name: "rtcp.senderssrc", Alias: "sourcesync", Title: "Sender SSRC", Bits: 32, Base: layer.Hex},
			{Name: "rtcp.timestamp.ntp", Title: "MSW and LSW as NTP timestamp", Kind: layer.NTP, At: "8"},
			{Name: "rtcp.timestamp.ntp.msw", Title: "Timestamp, MSW", Bits: 32},
			{Name: "rtcp.timestamp.ntp.lsw", Title: "Timestamp, LSW", Bits: 32},
			{Name: "rtcp.timestamp.rtp", Title: "RTP timestamp", Bits: 32},
			{Name: "rtcp.sender.packetcount", Title: "Sender's packet count", Bits: 32},
			{Name: "rtcp.sender.octetcount", Title: "Sender's octet count", Bits: 32},
			rtcpReport,
		}},
		{Of: []uint64{201}, Fields: []layer.Field{
			{Name: "rtcp.senderssrc", Title: "Sender SSRC", Bits: 32, Base: layer.Hex},
			rtcpReport,
		}},
		{Of: []uint64{203}, Fields: []layer.Field{{Name: "rtcp.ssrc.identifier", Title: "Identifier", Bits: 32, Base: layer.Hex, Repeat: "count"}}},
		{Of: []uint64{202}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "count", Sub: []layer.Field{
			{Name: "rtcp.ssrc.identifier", Title: "Identifier", Bits: 32, Base: layer.Hex},
			{Kind: layer.Group, Repeat: "rest > 0 ? 64 : 0", Until: "sdes == 0 || rest == 0", Sub: []layer.Field{
				{Name: "rtcp.sdes.type", Alias: "sdes", Title: "Type", Bits: 8, Enum: layer.Enum{
					0: "END", 1: "CNAME", 2: "NAME", 3: "EMAIL", 4: "PHONE", 5: "LOC", 6: "TOOL", 7: "NOTE", 8: "PRIV",
				}},
				{Kind: layer.Group, When: "sdes != 0", Sub: []layer.Field{
					{Name: "rtcp.sdes.length", Alias: "sdeslen", Title: "Length", Bits: 8},
					{Name: "rtcp.sdes.text", Title: "Text", Kind: layer.String, Len: "sdeslen"},
				}},
			}},
			{Kind: layer.Bytes, Len: "(0 - pos) & 3"},
		}}}},
	}}},
	Summary: "${packet_type}",
}

// rtcpReport is a block of a report (RFC 3550 section 6.4.1).
var rtcpReport = layer.Field{Kind: layer.Group, Repeat: "count", Sub: []layer.Field{
	{Name: "rtcp.ssrc.identifier", Title: "Identifier", Bits: 32, Base: layer.Hex},
	{Name: "rtcp.ssrc.fraction", Title: "Fraction lost", Bits: 8},
	{Name: "rtcp.ssrc.cum_nr", Title: "Cumulative number of packets lost", Kind: layer.Int, Bits: 24},
	{Name: "rtcp.ssrc.high_cycles", Title: "Sequence number cycles count", Calc: "u16(0)", Len: "2"},
	{Name: "rtcp.ssrc.high_seq", Title: "Highest sequence number received", Calc: "u16(0)", At: "pos + 2", Len: "2"},
	{Name: "rtcp.ssrc.ext_high", Title: "Extended highest sequence number received", Bits: 32},
	{Name: "rtcp.ssrc.jitter", Title: "Interarrival jitter", Bits: 32},
	{Name: "rtcp.ssrc.lsr", Title: "Last SR timestamp", Bits: 32},
	{Name: "rtcp.ssrc.dlsr", Title: "Delay since last SR timestamp", Bits: 32},
}}
