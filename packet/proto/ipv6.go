package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

var ipv6 = &layer.Proto{
	Name: "ipv6", Title: "Internet Protocol Version 6", Alias: []string{"IPv6", "ip6"}, Spec: "RFC 8200",
	On: []layer.On{
		{Table: "link", Keys: []uint64{229}},
		{Table: "ip.version", Keys: []uint64{6}},
		{Table: "null.family", Keys: []uint64{24, 28, 30, 10}},
		{Table: "eth.type", Keys: []uint64{0x86DD}},
		{Table: "ip.proto", Keys: []uint64{41}},
		{Table: "ppp.protocol", Keys: []uint64{0x0057}},
	},
	Fields: []layer.Field{
		{Name: "ipv6.version", Alias: "version", Title: "Version", Bits: 4, Default: 6},
		{Name: "ipv6.tclass", Alias: "tc", Title: "Traffic Class", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ipv6.tclass.dscp", Title: "Differentiated Services Codepoint", Bits: 6, Enum: codepoints},
			{Name: "ipv6.tclass.ecn", Title: "Explicit Congestion Notification", Bits: 2, Enum: congestion},
		}},
		{Name: "ipv6.flow", Alias: "fl", Title: "Flow Label", Bits: 20, Base: layer.Hex},
		{Name: "ipv6.plen", Alias: "plen", Title: "Payload Length", Bits: 16, Auto: "payload"},
		{Name: "ipv6.nxt", Alias: "nh", Title: "Next Header", Bits: 8, Auto: "next", Default: 59, Enum: ipProtocols},
		{Name: "ipv6.hlim", Alias: "hlim", Title: "Hop Limit", Bits: 8, Default: 64},
		{Name: "ipv6.src", Alias: "src", Also: []string{"ipv6.addr", "ipv6.host", "ipv6.src_host"}, Title: "Source Address", Kind: layer.IPv6},
		embedded("src", "8"),
		{Name: "ipv6.dst", Alias: "dst", Also: []string{"ipv6.addr", "ipv6.host", "ipv6.dst_host"}, Title: "Destination Address", Kind: layer.IPv6},
		embedded("dst", "24"),
	},
	Header:  "40",
	Check:   "version == 6",
	Total:   "plen != 0 ? 40 + plen : nh == 0 && u16(42) == 0xC204 ? 40 + u32(44) : 40", // a jumbogram: RFC 2675
	Next:    []layer.Next{{By: "nh", Table: "ip.proto"}},
	Locate:  locateIPv6,
	Answers: &layer.Answer{Swap: [][2]string{{"src", "dst"}}, By: []string{"icmpv6"}},
	Summary: "${src} → ${dst}",
}

func locateIPv6(b []byte) (loc layer.Location) {
	if len(b) < 40 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	if b[0]>>4 != 6 {
		return layer.Location{Total: 1, Next: -1, Reason: layer.OtherVersion}
	}
	loc.Header, loc.Key = 40, uint32(b[6])
	loc.Total = 40 + int(be16(b[4:]))
	if loc.Total == 40 && loc.Key == 0 && len(b) >= 48 && be16(b[42:]) == 0xC204 {
		loc.Total = 40 + int(binary.BigEndian.Uint32(b[44:]))
	}
	return loc
}

// extension are the two fields that all extension headers begin with, and the
// length that the second stands for.
func extension(name string) []layer.Field {
	return []layer.Field{
		{Name: name + ".nxt", Alias: "nh", Title: "Next Header", Bits: 8, Auto: "next", Default: 59, Enum: ipProtocols},
		{Name: name + ".len", Alias: "len", Title: "Length", Bits: 8, Auto: "header / 8 - 1"},
		{Name: name + ".len_oct", Title: "Length", Calc: "(len + 1) * 8", At: "1", Len: "1"},
	}
}

// locateExtension locates an extension header that counts its length in eight
// bytes, without the first (RFC 8200 section 4).
func locateExtension(b []byte) layer.Location {
	if len(b) < 2 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	return layer.Location{Header: (int(b[1]) + 1) * 8, Key: uint32(b[0])}
}

var nextHeader = []layer.Next{{By: "nh", Table: "ip.proto"}}

var ipv6Hop = &layer.Proto{
	Name: "ipv6.hopopts", Title: "IPv6 Hop-by-Hop Option", Alias: []string{"IPv6ExtHdrHopByHop", "hopopts"}, Spec: "RFC 8200 section 4.3",
	On:     []layer.On{{Table: "ip.proto", Keys: []uint64{0}}},
	Fields: append(extension("ipv6.hopopts"), ipv6Options("(len + 1) * 8 - 2")),
	Header: "(len + 1) * 8",
	Next:   nextHeader, Locate: locateExtension,
	Summary: "options",
}

var ipv6Destination = &layer.Proto{
	Name: "ipv6.dstopts", Title: "Destination Options for IPv6", Alias: []string{"IPv6ExtHdrDestOpt", "dstopts"}, Spec: "RFC 8200 section 4.6",
	On:     []layer.On{{Table: "ip.proto", Keys: []uint64{60}}},
	Fields: append(extension("ipv6.dstopts"), ipv6Options("(len + 1) * 8 - 2")),
	Header: "(len + 1) * 8",
	Next:   nextHeader, Locate: locateExtension,
	Summary: "options",
}

var ipv6Fragment = &layer.Proto{
	Name: "ipv6.fraghdr", Title: "Fragment Header for IPv6", Alias: []string{"IPv6ExtHdrFragment", "fraghdr"}, Spec: "RFC 8200 section 4.5",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{44}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Len: "8", Sub: []layer.Field{
			{Name: "ipv6.fraghdr.nxt", Alias: "nh", Title: "Next header", Bits: 8, Auto: "next", Default: 59, Enum: ipProtocols},
			{Name: "ipv6.fraghdr.reserved_octet", Alias: "res1", Title: "Reserved octet", Bits: 8, Base: layer.Hex},
			{Bits: 16, Sub: []layer.Field{
				{Name: "ipv6.fraghdr.offset", Alias: "offset", Title: "Offset", Bits: 13},
				{Name: "ipv6.fraghdr.reserved_bits", Alias: "res2", Title: "Reserved bits", Bits: 2},
				{Name: "ipv6.fraghdr.more", Alias: "m", Title: "More Fragments", Bits: 1, Kind: layer.Bool},
			}},
			{Name: "ipv6.fraghdr.ident", Alias: "id", Title: "Identification", Bits: 32, Base: layer.Hex},
		}},
	},
	Header:  "8",
	Next:    []layer.Next{{When: "offset == 0", By: "nh", Table: "ip.proto"}},
	Locate:  locateFragment,
	Summary: "offset ${offset} more ${m}",
}

func locateFragment(b []byte) layer.Location {
	if len(b) < 8 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	if be16(b[2:])>>3 != 0 {
		return layer.Location{Header: 8, Next: -1}
	}
	return layer.Location{Header: 8, Key: uint32(b[0])}
}
