package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// quic is a datagram with one packet or several. Of a client's Initial packets,
// whose keys anybody can make, what they hold is shown as well, with the TLS in
// it as far as it is in the one datagram.
var quic = &layer.Proto{
	Name: "quic", Title: "QUIC", Alias: []string{"QUIC"}, Spec: "RFC 9000 section 17, RFC 9369",
	On:     []layer.On{{Table: "udp.port", Keys: []uint64{443}}},
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: quicPacket}},
	Guess:  guessQUIC,

	Summary: "${version} ${dcid}",
}

// quicPacket is one packet. Those in a datagram are of one connection (RFC 9000
// section 12.2), which those with a short header must show by an ID that is long
// enough to tell.
var quicPacket = []layer.Field{
	{Kind: layer.Group, When: "u8(0) >> 7 == 1", Sub: quicLong},
	{Kind: layer.Group, When: "pos == 0 && u8(0) >> 6 == 1 && (connection == 0 || u32(1) == connection)", Len: "rest", Sub: []layer.Field{
		{Name: "quic.short", Title: "QUIC Short Header", Kind: layer.Group, Len: "rest", Sub: []layer.Field{{Bits: 8, Sub: []layer.Field{
			{Name: "quic.header_form", Title: "Header Form", Bits: 1, Kind: layer.Bool},
			{Name: "quic.fixed_bit", Title: "Fixed Bit", Bits: 1, Kind: layer.Bool},
			{Name: "quic.spin_bit", Title: "Spin Bit", Bits: 1, Kind: layer.Bool},
			{Bits: 5},
		}}}},
	}},
	{Kind: layer.Bytes, When: "pos == 0"}, // padding behind the packets, or no QUIC
}

// Kinds of packets with a long header, by the numbers of version 1. Version 2 has
// them turned by one.
const (
	quicKind     = "(" + quicIsTwo + " ? type + 3 & 3 : type)"
	quicIsTwo    = "(version == 0x6B3343CF || version == 0x709A50C4)"
	quicAheadTwo = "(u32(1) == 0x6B3343CF || u32(1) == 0x709A50C4)"
)

var quicLong = []layer.Field{
	{Bits: 8, Alias: "first", Sub: []layer.Field{
		{Name: "quic.header_form", Title: "Header Form", Bits: 1, Kind: layer.Bool},
		{Bits: 7},
	}},
	{Kind: layer.Group, At: "0", When: "u32(0) != 0", Sub: []layer.Field{
		{Bits: 8, When: "!" + quicAheadTwo, Sub: []layer.Field{
			{Bits: 1},
			{Name: "quic.fixed_bit", Title: "Fixed Bit", Bits: 1, Kind: layer.Bool, When: "u8(0) >> 4 & 3 != 3"},
			{Name: "quic.long.packet_type", Alias: "type1", Title: "Packet Type", Bits: 2, Enum: layer.Enum{0: "Initial", 1: "0-RTT", 2: "Handshake", 3: "Retry"}},
			{Bits: 4},
		}},
		{Bits: 8, When: "pos == 0", Sub: []layer.Field{
			{Bits: 1},
			{Name: "quic.fixed_bit", Title: "Fixed Bit", Bits: 1, Kind: layer.Bool, When: "u8(0) >> 4 & 3 != 0"},
			{Name: "quic.long.packet_type_v2", Title: "Packet Type", Bits: 2, Enum: layer.Enum{0: "Retry", 1: "Initial", 2: "0-RTT", 3: "Handshake"}},
			{Bits: 4},
		}},
	}},
	{Kind: layer.Group, At: "0", When: "u32(0) == 0", Sub: []layer.Field{{Bits: 8, Sub: []layer.Field{
		{Bits: 1},
		{Name: "quic.vn.unused", Title: "Unused", Bits: 7, Base: layer.Hex},
	}}}},
	{Alias: "type", Calc: "first >> 4 & 3", Bits: 8},
	{Name: "quic.version", Alias: "version", Title: "Version", Bits: 32, Base: layer.Hex, Enum: quicVersions},
	{Alias: "kind", Calc: "version == 0 ? 4 : " + quicKind, Bits: 8},
	{Name: "quic.dcil", Alias: "dcil", Title: "Destination Connection ID Length", Bits: 8},
	{Alias: "connection", Calc: "dcil == 0 ? 0 : dcil < 8 ? -1 : u32(0)", Bits: 64},
	{Name: "quic.dcid", Alias: "dcid", Title: "Destination Connection ID", Kind: layer.Bytes, Len: "dcil", When: "dcil > 0"},
	{Name: "quic.scil", Alias: "scil", Title: "Source Connection ID Length", Bits: 8},
	{Name: "quic.scid", Alias: "scid", Title: "Source Connection ID", Kind: layer.Bytes, Len: "scil", When: "scil > 0"},
	{Name: "quic.supported_version", Title: "Supported Version", Bits: 32, Base: layer.Hex, Enum: quicVersions, When: "kind == 4", Repeat: "rest / 4"},
	{Kind: layer.Group, When: "kind == 3", Sub: []layer.Field{
		{Name: "quic.retry_token", Title: "Retry Token", Kind: layer.Bytes, Len: "rest - 16"},
		{Name: "quic.retry_integrity_tag", Title: "Retry Integrity Tag", Kind: layer.Bytes, Len: "16"},
	}},
	{Kind: layer.Group, When: "kind == 0", Sub: []layer.Field{
		quicInteger(layer.Field{Name: "quic.token_length", Alias: "tokenlen", Title: "Token Length"}),
		{Name: "quic.token", Alias: "token", Title: "Token", Kind: layer.Bytes, Len: "tokenlen", When: "tokenlen > 0"},
	}},
	{Kind: layer.Group, When: "kind < 3", Sub: []layer.Field{
		quicInteger(layer.Field{Name: "quic.length", Alias: "len", Title: "Length"}),
	}},
	{Name: "quic.packet_length", Title: "Packet Length", Calc: "kind < 3 ? pos + len : size", When: "kind > 2 || len <= rest"},
	{Name: "quic.remaining_payload", Title: "Remaining Payload", Kind: layer.Bytes, Len: "len", When: "kind == 1 || kind == 2"},
	{Kind: layer.Group, Len: "len", When: "kind == 0", Code: showInitial, Sub: quicInitial},
}

// quicVersions are IANA's, and the drafts that were deployed.
var quicVersions = layer.Enum{
	0: "Version Negotiation", 1: "1", 0x6B3343CF: "2", 0x709A50C4: "draft-00 of 2", 0xFF00001B: "draft-27", 0xFF00001C: "draft-28",
	0xFF00001D: "draft-29", 0xFF00001E: "draft-30", 0xFF00001F: "draft-31", 0xFF000020: "draft-32", 0xFF000021: "draft-33", 0xFF000022: "draft-34",
}

// guessQUIC looks for a long header of a version that is known.
func guessQUIC(b []byte) bool {
	if len(b) < 21 || b[0]&0x80 == 0 {
		return false
	}
	version := binary.BigEndian.Uint32(b[1:])
	dcil := int(b[5])
	if dcil > 20 || len(b) < 7+dcil {
		return false
	}
	scil := int(b[6+dcil])
	if scil > 20 || len(b) < 7+dcil+scil {
		return false
	}
	if version != 0 {
		return b[0]&0x40 != 0 && quicVersions[uint64(version)] != ""
	}
	offered := b[7+dcil+scil:]
	if len(offered)%4 != 0 {
		return false
	}
	for ; len(offered) > 0; offered = offered[4:] {
		if v := binary.BigEndian.Uint32(offered); v != 0 && quicVersions[uint64(v)] != "" {
			return true
		}
	}
	return false
}
