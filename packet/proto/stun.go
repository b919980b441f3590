package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

const stunCookie = 0x2112A442

var stun = &layer.Proto{
	Name: "stun", Title: "Session Traversal Utilities for NAT", Alias: []string{"STUN"}, Spec: "RFC 8489 section 5",
	On: []layer.On{
		{Table: "udp.port", Keys: []uint64{3478}},
		{Table: "tcp.port", Keys: []uint64{3478}},
	},
	Guess:  isSTUN,
	Refuse: func(b []byte) bool { return !isSTUN(b) },
	Fields: []layer.Field{
		{Name: "stun.type", Alias: "type", Title: "Message Type", Bits: 16, Base: layer.Hex, Default: 1, Enum: stunTypes},
		{Name: "stun.type.class", Title: "Message Class", Calc: "(type & 0x110) >> 4", At: "0", Len: "2", Base: layer.Hex},
		{Name: "stun.type.method", Title: "Message Method", Calc: "type & 0x3EEF", At: "0", Len: "2", Base: layer.Hex},
		{Name: "stun.type.method-assignment", Title: "Message Method Assignment", Calc: "(type & 0x2000) >> 13", At: "0", Len: "2", Base: layer.Hex},
		{Name: "stun.length", Alias: "length", Title: "Message Length", Bits: 16, Auto: "total - 20"},
		{Alias: "cookie", Also: []string{"stun.cookie"}, Title: "Message Cookie", Bits: 32, Base: layer.Hex, Default: stunCookie},
		{Name: "stun.cookie", Title: "Message Cookie", Kind: layer.Bytes, At: "4", Len: "4"},
		{Name: "stun.id", Alias: "transaction_id", Title: "Message Transaction ID", Kind: layer.Bytes, Len: "12"},
		{Name: "stun.attributes", Title: "Attributes", Kind: layer.Group, When: "length > 0", Sub: []layer.Field{
			{Name: "stun.attribute", Title: "Attribute", Kind: layer.Group, Repeat: "*", Len: "(u16(2) + 7) & ~3", Sub: []layer.Field{
				{Name: "stun.att.type", Alias: "att", Title: "Attribute Type", Bits: 16, Base: layer.Hex, Enum: stunAttributes},
				{Name: "stun.att.type.comprehension", Title: "Attribute Type Comprehension", Calc: "att >> 15", At: "0", Len: "2", Base: layer.Hex},
				{Name: "stun.att.type.assignment", Title: "Attribute Type Assignment", Calc: "att >> 14 & 1", At: "0", Len: "2", Base: layer.Hex},
				{Name: "stun.att.length", Alias: "attlen", Title: "Attribute Length", Bits: 16},
				{Kind: layer.Group, Len: "attlen", Switch: "att", Cases: stunValues},
				{Name: "stun.att.padding", Title: "Padding", Calc: "rest", Len: "rest", When: "rest > 0"},
			}},
		}},
	},
	Answers: &layer.Answer{Same: []string{"transaction_id"}, When: "(type & 0x100) != 0"},
	Summary: "${type}",
}

// isSTUN knows a message by its cookie and length (RFC 8489 section 6.3).
func isSTUN(b []byte) bool {
	return len(b) >= 20 && b[0] < 0x40 && binary.BigEndian.Uint32(b[4:]) == stunCookie && b[3]&3 == 0 && int(be16(b[2:]))+20 == len(b)
}

// stunValues are what attributes hold (RFC 8489 section 14, RFC 8656 section 18,
// RFC 8445 section 16).
var stunValues = []layer.Case{
	{Of: []uint64{0x0001, 0x8023}, Fields: []layer.Field{
		{Name: "stun.att.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		{Name: "stun.att.family", Alias: "family", Title: "Protocol Family", Bits: 8, Base: layer.Hex, Enum: stunFamilies},
		{Name: "stun.att.port", Title: "Port", Bits: 16},
		{Name: "stun.att.ipv4", Title: "IP", Kind: layer.IPv4, When: "family == 1"},
		{Name: "stun.att.ipv6", Title: "IP", Kind: layer.IPv6, When: "family == 2"},
	}},
	{Of: []uint64{0x0012, 0x0016, 0x0020}, Fields: []layer.Field{
		{Name: "stun.att.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
		{Name: "stun.att.family", Title: "Protocol Family", Bits: 8, Base: layer.Hex, Enum: stunFamilies},
		{Name: "stun.att.port", Title: "Port", Calc: "u16(0) ^ 0x2112", Len: "2"},
		{Name: "stun.att.port-xord", Title: "Port (XOR-d)", Kind: layer.Bytes, Len: "2"},
		{Kind: layer.Group, Code: showMapped, Sub: []layer.Field{
			{Name: "stun.att.ipv4-xord", Title: "IP (XOR-d)", Kind: layer.Bytes},
			{Name: "stun.att.ipv4", Title: "IP", Kind: layer.IPv4},
			{Name: "stun.att.ipv6-xord", Title: "IP (XOR-d)", Kind: layer.Bytes},
			{Name: "stun.att.ipv6", Title: "IP", Kind: layer.IPv6},
		}},
	}},
	{Of: []uint64{0x0006}, Fields: []layer.Field{{Name: "stun.att.username", Title: "Username", Kind: layer.String}}},
	{Of: []uint64{0x0008}, Fields: []layer.Field{{Name: "stun.att.hmac", Title: "HMAC-SHA1", Kind: layer.Bytes}}},
	{Of: []uint64{0x0009}, Fields: []layer.Field{
		{Bits: 24, Tight: true, Sub: []layer.Field{{Bits: 21}, {Name: "stun.att.error.class", Title: "Error Class", Bits: 3}}},
		{Name: "stun.att.error", Title: "Error Code", Bits: 8},
		{Name: "stun.att.error.reason", Title: "Error Reason Phrase", Kind: layer.String, When: "rest > 0"},
	}},
	{Of: []uint64{0x000A}, Fields: []layer.Field{{Name: "stun.att.unknown", Title: "Unknown Attribute", Bits: 16, Base: layer.Hex, Repeat: "rest / 2"}}},
	{Of: []uint64{0x000C}, Fields: []layer.Field{{Name: "stun.att.channelnum", Title: "Channel-Number", Bits: 16, Base: layer.Hex}}},
	{Of: []uint64{0x000D}, Fields: []layer.Field{{Name: "stun.att.lifetime", Title: "Lifetime", Bits: 32}}},
	{Of: []uint64{0x0013}, Fields: []layer.Field{{Name: "stun.value", Title: "Value", Kind: layer.Bytes, When: "rest > 0"}}},
	{Of: []uint64{0x0014}, Fields: []layer.Field{{Name: "stun.att.realm", Title: "Realm", Kind: layer.String}}},
	{Of: []uint64{0x0015}, Fields: []layer.Field{{Name: "stun.att.nonce", Title: "Nonce", Kind: layer.String}}},
	{Of: []uint64{0x0019}, Fields: []layer.Field{{Name: "stun.att.transp", Title: "Transport", Bits: 8, Base: layer.Hex, Enum: ipProtocols}}},
	{Of: []uint64{0x0024}, Fields: []layer.Field{{Name: "stun.att.priority", Title: "Priority", Bits: 32}}},
	{Of: []uint64{0x0025}},
	{Of: []uint64{0x8022}, Fields: []layer.Field{{Name: "stun.att.software", Title: "Software", Kind: layer.String}}},
	{Of: []uint64{0x8028}, Fields: []layer.Field{{Name: "stun.att.crc32", Title: "CRC-32", Bits: 32, Base: layer.Hex}}},
	{Of: []uint64{0x8029, 0x802A}, Fields: []layer.Field{{Name: "stun.att.tie-breaker", Title: "Tie breaker", Kind: layer.Bytes}}},
	{Fields: []layer.Field{{Name: "stun.value", Title: "Value", Kind: layer.Bytes, When: "rest > 0"}}},
}

// showMapped shows an address that is hidden by the cookie and the message's
// identifier (RFC 8489 section 14.2).
func showMapped(w *layer.Walker) {
	b, off := w.Rest(), w.Offset()
	if len(b) != 4 && len(b) != 16 {
		return
	}
	addr := append(w.Scratch(), b...)
	for i, c := range w.Frame()[w.Start()+4:][:len(b)] { // the cookie, and the identifier behind it
		addr[i] ^= c
	}
	if len(b) == 4 {
		_ = w.Emit(0, off, 4, 4, b) && w.Emit(1, off, 4, uint64(binary.BigEndian.Uint32(addr)), addr) && w.Move(4)
		return
	}
	_ = w.Emit(2, off, 16, 16, b) && w.Emit(3, off, 16, 16, addr) && w.Move(16)
}

var stunFamilies = layer.Enum{1: "IPv4", 2: "IPv6"}

var stunTypes = layer.Enum{
	0x0001: "Binding Request", 0x0011: "Binding Indication", 0x0101: "Binding Success Response", 0x0111: "Binding Error Response",
	0x0003: "Allocate Request", 0x0103: "Allocate Success Response", 0x0113: "Allocate Error Response", 0x0004: "Refresh Request",
	0x0104: "Refresh Success Response", 0x0114: "Refresh Error Response", 0x0016: "Send Indication", 0x0017: "Data Indication",
	0x0008: "CreatePermission Request", 0x0108: "CreatePermission Success Response", 0x0118: "CreatePermission Error Response",
	0x0009: "ChannelBind Request", 0x0109: "ChannelBind Success Response", 0x0119: "ChannelBind Error Response",
}

// stunAttributes are from IANA's registry.
var stunAttributes = layer.Enum{
	0x0001: "MAPPED-ADDRESS", 0x0006: "USERNAME", 0x0008: "MESSAGE-INTEGRITY", 0x0009: "ERROR-CODE", 0x000A: "UNKNOWN-ATTRIBUTES",
	0x000C: "CHANNEL-NUMBER", 0x000D: "LIFETIME", 0x0012: "XOR-PEER-ADDRESS", 0x0013: "DATA", 0x0014: "REALM", 0x0015: "NONCE",
	0x0016: "XOR-RELAYED-ADDRESS", 0x0017: "REQUESTED-ADDRESS-FAMILY", 0x0018: "EVEN-PORT", 0x0019: "REQUESTED-TRANSPORT",
	0x001A: "DONT-FRAGMENT", 0x001C: "MESSAGE-INTEGRITY-SHA256", 0x001E: "USERHASH", 0x0020: "XOR-MAPPED-ADDRESS", 0x0022: "RESERVATION-TOKEN",
	0x0024: "PRIORITY", 0x0025: "USE-CANDIDATE", 0x8022: "SOFTWARE", 0x8023: "ALTERNATE-SERVER", 0x8028: "FINGERPRINT",
	0x8029: "ICE-CONTROLLED", 0x802A: "ICE-CONTROLLING",
}
