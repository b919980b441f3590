package proto

import "github.com/netwright/netwright/packet/layer"

var icmp = &layer.Proto{
	Name: "icmp", Title: "Internet Control Message Protocol", Alias: []string{"ICMP"}, Spec: "RFC 792",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{1}}},
	Fields: []layer.Field{
		{Name: "icmp.type", Alias: "type", Title: "Type", Bits: 8, Default: 8, Enum: icmpTypes},
		{Name: "icmp.code", Alias: "code", Title: "Code", Bits: 8},
		{Name: "icmp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Alias: "quoted", Title: "Length of the quoted packet", Calc: quotedLength, At: "0"},
		{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
			{Of: []uint64{0, 8}, Fields: icmpIdentifier()},
			{Of: []uint64{3}, Fields: icmpUnreachable},
			{Of: []uint64{5}, Fields: []layer.Field{{Name: "icmp.redir_gw", Alias: "gw", Title: "Gateway Address", Kind: layer.IPv4}}},
			{Of: []uint64{11}, Fields: icmpQuote(layer.Field{Name: "icmp.unused", Title: "Unused", Kind: layer.Bytes, Len: "length == 0 ? 4 : 1"}, icmpUnused)},
			{Of: []uint64{12}, Fields: icmpQuote(
				layer.Field{Name: "icmp.pointer", Alias: "ptr", Title: "Pointer", Bits: 8},
				layer.Field{Name: "icmp.unused", Title: "Unused", Kind: layer.Bytes, Len: "length == 0 ? 3 : 2"},
			)},
			{Of: []uint64{9}, Fields: icmpRouters},
			{Of: []uint64{10}, Fields: []layer.Field{{Name: "icmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "4"}}},
			{Of: []uint64{13, 14}, Fields: append(icmpIdentifier(),
				layer.Field{Name: "icmp.originate_timestamp", Alias: "ts_ori", Title: "Originate Timestamp", Bits: 32},
				layer.Field{Name: "icmp.receive_timestamp", Alias: "ts_rx", Title: "Receive Timestamp", Bits: 32},
				layer.Field{Name: "icmp.transmit_timestamp", Alias: "ts_tx", Title: "Transmit Timestamp", Bits: 32})},
			{Of: []uint64{15, 16}, Fields: icmpIdentifier()},
			{Of: []uint64{17, 18}, Fields: append(icmpIdentifier(),
				layer.Field{Name: "icmp.address_mask", Alias: "addr_mask", Title: "Address Mask", Kind: layer.IPv4})},
			{Of: []uint64{42, 43}, Fields: icmpExtendedEcho},
		}},
		{Kind: layer.Group, At: "header + quoted", When: "quoted != 0", Sub: icmpExtensions},
	},
	Header:  "type == 13 || type == 14 ? 20 : type == 17 || type == 18 ? 12 : type == 9 || type == 42 || type == 43 || rest < 8 ? rest : 8",
	Payload: quotedLength,
	Next: []layer.Next{
		{When: "type == 3 || type == 4 || type == 5 || type == 11 || type == 12", Proto: "ip", Quoted: true},
	},
	Locate:   locateICMP,
	Checksum: &layer.Checksum{Field: "chksum"},
	Answers: &layer.Answer{
		Same: []string{"ident", "seq"},
		Pair: map[string][]layer.Answers{"type": {{Ask: 8, Answer: 0}, {Ask: 13, Answer: 14}, {Ask: 15, Answer: 16}, {Ask: 17, Answer: 18}, {Ask: 10, Answer: 9}, {Ask: 42, Answer: 43}}},
		By:   []string{"icmp"},
	},
	Summary: "${type} id=${id} seq=${seq} to ${gw} MTU ${nexthopmtu}",
}

func locateICMP(b []byte) layer.Location {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc := layer.Location{Header: min(8, len(b)), Next: -1}
	switch b[0] {
	case 13, 14:
		loc.Header = 20
	case 17, 18:
		loc.Header = 12
	case 9, 42, 43:
		loc.Header = len(b)
	case 4, 5:
		loc.Next = 0
	case 3, 11, 12:
		loc.Next = 0
		if len(b) <= 136 {
			break
		}
		if words := int(b[5]); words != 0 && len(b) > 8+words*4 || words == 0 && be16(b[10:]) <= 128 {
			loc.Payload = max(128, words*4)
		}
	}
	return loc
}

// icmpIdentifier are the two numbers that tie an answer to what asked for it.
func icmpIdentifier() []layer.Field {
	return []layer.Field{
		{Name: "icmp.ident", Alias: "id", Title: "Identifier (BE)", Bits: 16},
		{Name: "icmp.ident_le", Title: "Identifier (LE)", Bits: 16, LE: true, At: "pos - 2"},
		{Name: "icmp.seq", Alias: "seq", Title: "Sequence Number (BE)", Bits: 16},
		{Name: "icmp.seq_le", Title: "Sequence Number (LE)", Bits: 16, LE: true, At: "pos - 2"},
	}
}

// quotedLength is how much of a packet is quoted when extensions follow: as much
// as the message says, in words, or else 128 bytes (RFC 4884 sections 4 and 5.5).
const quotedLength = "(type == 3 || type == 11 || type == 12) && rest > 136 && (u8(5) != 0 ? rest > 8 + u8(5) * 4 : u16(10) <= 128)" +
	" ? u8(5) > 32 ? u8(5) * 4 : 128 : 0"

// icmpQuote are the second four bytes of a message that may say how long the
// packet is that it quotes: what comes before that length, and behind it.
func icmpQuote(before layer.Field, after ...layer.Field) []layer.Field {
	return append([]layer.Field{
		{Alias: "length", Calc: "u8(1)"},
		before,
		{Name: "icmp.length", Title: "Length", Bits: 8, When: "length != 0"},
		{Name: "icmp.length.original_datagram", Title: "Length of original datagram", Calc: "length * 4", At: "1", Len: "1", When: "length != 0"},
	}, after...)
}

var icmpUnused = layer.Field{Name: "icmp.unused", Title: "Unused", Kind: layer.Bytes, Len: "2", When: "length != 0"}

var icmpUnreachable = []layer.Field{{Kind: layer.Group, Switch: "code", Cases: []layer.Case{
	{Of: []uint64{4}, Fields: icmpQuote( // RFC 1191
		layer.Field{Name: "icmp.unused", Title: "Unused", Kind: layer.Bytes, Len: "length == 0 ? 2 : 1"},
		layer.Field{Name: "icmp.mtu", Alias: "nexthopmtu", Title: "MTU of next hop", Bits: 16},
	)},
	{Fields: icmpQuote(layer.Field{Name: "icmp.unused", Title: "Unused", Kind: layer.Bytes, Len: "length == 0 ? 4 : 1"}, icmpUnused)},
}}}

// icmpTypes are from IANA's registry of ICMP parameters.
var icmpTypes = layer.Enum{
	0: "Echo (ping) reply", 3: "Destination unreachable", 4: "Source quench (flow control)", 5: "Redirect", 6: "Alternate host address",
	8: "Echo (ping) request", 9: "Router advertisement", 10: "Router solicitation", 11: "Time-to-live exceeded", 12: "Parameter problem",
	13: "Timestamp request", 14: "Timestamp reply", 15: "Information request", 16: "Information reply", 17: "Address mask request",
	18: "Address mask reply", 30: "Traceroute", 40: "Photuris", 41: "Experimental mobility protocols", 42: "Extended Echo request", 43: "Extended Echo reply",
}
