package proto

import "github.com/netwright/netwright/packet/layer"

// rtp mostly runs where others, such as SIP, have agreed upon; it is known by its
// own port, and by those that are set for it.
var rtp = &layer.Proto{
	Name: "rtp", Title: "Real-Time Transport Protocol", Alias: []string{"RTP"}, Spec: "RFC 3550 section 5.1",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{5004}}},
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
		{Name: "rtp.csrc.items", Title: "Contributing Source identifiers", Kind: layer.Group, When: "numsync > 0", Sub: []layer.Field{
			{Name: "rtp.csrc.item", Alias: "sync", Title: "CSRC item", Bits: 32, Base: layer.Hex, Repeat: "numsync"},
		}},
		{Kind: layer.Group, When: "extension", Sub: []layer.Field{
			{Name: "rtp.ext.profile", Alias: "profile", Title: "Defined by profile", Bits: 16, Base: layer.Hex},
			{Name: "rtp.ext.len", Alias: "extlen", Title: "Extension length", Bits: 16},
			{Name: "rtp.hdr_exts", Title: "Header extensions", Kind: layer.Group, Len: "extlen * 4", When: "extlen > 0",
				Switch: "profile == 0xBEDE ? 1 : profile >> 4 == 0x100 ? 2 : 0", Cases: rtpExtensions},
		}},
		{Alias: "filler", Calc: "padding && rest > 0 && u8(rest - 1) <= rest ? u8(rest - 1) : 0", Bits: 8},
		{Name: "rtp.payload", Alias: "load", Title: "Payload", Kind: layer.Bytes, Len: "rest - filler", When: "rest > filler"},
		{Name: "rtp.padding.data", Title: "Padding data", Kind: layer.Bytes, Len: "filler - 1", When: "filler > 1"},
		{Name: "rtp.padding.count", Title: "Padding count", Bits: 8, When: "filler > 0"},
	},
	Refuse:  func(b []byte) bool { return len(b) < 12 || b[0]>>6 != 2 },
	Summary: "${payload_type} seq ${sequence} time ${timestamp} ssrc ${sourcesync}",
}

// rtpExtensions are header extensions by the size of their headers, 0 for those of
// no known form (RFC 8285 section 4). One that does not fit ends them, a byte of 0
// fills up.
var rtpExtensions = []layer.Case{
	{Of: []uint64{0}, Fields: []layer.Field{{Name: "rtp.hdr_ext", Title: "Header extension", Bits: 32, Base: layer.Hex, Repeat: "extlen"}}},
	{Of: []uint64{1}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Until: "stop", Sub: []layer.Field{
		{Alias: "stop", Calc: "u8(0) != 0 && (u8(0) & 15) + 2 > rest", Bits: 1},
		{Alias: "extsize", Calc: "(u8(0) & 15) + 1", Bits: 8},
		{Alias: "fill", Calc: "u8(0) == 0", Bits: 1},
		{Kind: layer.Bytes, When: "stop"},
		{Kind: layer.Bytes, Len: "1", When: "!stop && fill"},
		{Kind: layer.Group, When: "!stop && !fill", Sub: []layer.Field{
			{Name: "rtp.ext.rfc5285.len", Title: "Length", Calc: "extsize", Len: "1"},
			{Name: "rtp.ext.rfc5285.id", Title: "Identifier", Bits: 4},
			{Bits: 4},
			{Name: "rtp.ext.rfc5285.data", Title: "Extension Data", Kind: layer.Bytes, Len: "extsize"},
		}},
	}}}},
	{Of: []uint64{2}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Until: "stop", Sub: []layer.Field{
		{Alias: "stop", Calc: "u8(0) != 0 && (rest < 2 || u8(1) + 2 > rest)", Bits: 1},
		{Alias: "fill", Calc: "u8(0) == 0", Bits: 1},
		{Kind: layer.Bytes, When: "stop"},
		{Kind: layer.Bytes, Len: "1", When: "!stop && fill"},
		{Kind: layer.Group, When: "!stop && !fill", Sub: []layer.Field{
			{Name: "rtp.ext.rfc5285.id", Title: "Identifier", Bits: 8},
			{Name: "rtp.ext.rfc5285.len", Alias: "extsize", Title: "Length", Bits: 8},
			{Name: "rtp.ext.rfc5285.data", Title: "Extension Data", Kind: layer.Bytes, Len: "extsize", When: "extsize > 0"},
		}},
	}}}},
}

// rtpTypes are from RFC 3551 section 6.
var rtpTypes = layer.Enum{
	0: "ITU-T G.711 PCMU", 3: "GSM 06.10", 4: "ITU-T G.723", 8: "ITU-T G.711 PCMA", 9: "ITU-T G.722", 10: "16-bit audio, stereo",
	11: "16-bit audio, monaural", 13: "Comfort noise", 14: "MPEG-I/II Audio", 15: "ITU-T G.728", 18: "ITU-T G.729", 26: "JPEG-compressed video",
	31: "ITU-T H.261", 32: "MPEG-I/II Video", 33: "MPEG-II transport streams", 34: "ITU-T H.263",
}
