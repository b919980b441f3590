package proto

import "github.com/netwright/netwright/packet/layer"

var ipv4 = &layer.Proto{
	Name: "ip", Title: "Internet Protocol Version 4", Alias: []string{"IP", "ipv4"}, Spec: "RFC 791",
	On: []layer.On{
		{Table: "link", Keys: []uint64{228}},
		{Table: "ip.version", Keys: []uint64{4}},
		{Table: "null.family", Keys: []uint64{2}},
		{Table: "eth.type", Keys: []uint64{0x0800}},
		{Table: "ip.proto", Keys: []uint64{4}},
		{Table: "ppp.protocol", Keys: []uint64{0x0021}},
	},
	Fields: []layer.Field{
		{Name: "ip.version", Alias: "version", Title: "Version", Bits: 4, Default: 4},
		{Alias: "ihl", Title: "Header Length in words", Bits: 4, Auto: "header / 4"},
		{Name: "ip.hdr_len", Title: "Header Length", Calc: "ihl * 4", At: "0", Len: "1", When: "version == 4"},
		{Name: "ip.dsfield", Alias: "tos", Title: "Differentiated Services Field", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ip.dsfield.dscp", Title: "Differentiated Services Codepoint", Bits: 6, Enum: codepoints},
			{Name: "ip.dsfield.ecn", Title: "Explicit Congestion Notification", Bits: 2, Enum: congestion},
		}},
		{Alias: "len", Also: []string{"ip.len"}, Title: "Total Length", Bits: 16, Auto: "total"},
		{Name: "ip.len", Title: "Total Length", Calc: "len != 0 ? len : wire", At: "2", Len: "2"}, // 0: more than 16 bits hold
		{Name: "ip.id", Alias: "id", Title: "Identification", Bits: 16, Base: layer.Hex, Default: 1},
		{Name: "ip.flags", Alias: "flags", Title: "Flags", Bits: 3, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ip.flags.rb", Title: "Reserved bit", Bits: 1, Kind: layer.Bool},
			{Name: "ip.flags.df", Title: "Don't fragment", Bits: 1, Kind: layer.Bool},
			{Name: "ip.flags.mf", Title: "More fragments", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "ip.frag_offset", Alias: "frag", Title: "Fragment Offset", Bits: 13},
		{Name: "ip.ttl", Alias: "ttl", Title: "Time to Live", Bits: 8, Default: 64},
		{Name: "ip.proto", Alias: "proto", Title: "Protocol", Bits: 8, Auto: "next", Enum: ipProtocols},
		{Name: "ip.checksum", Alias: "chksum", Title: "Header Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Name: "ip.src", Alias: "src", Also: []string{"ip.addr", "ip.host", "ip.src_host"}, Title: "Source Address", Kind: layer.IPv4},
		{Name: "ip.dst", Alias: "dst", Also: []string{"ip.addr", "ip.host", "ip.dst_host"}, Title: "Destination Address", Kind: layer.IPv4},
		{Alias: "options", Title: "Options", Kind: layer.Bytes, Len: "ihl * 4 - 20", When: "ihl > 5", Sub: ipv4Options},
	},
	Header: "ihl * 4",
	Check:  "version == 4",
	Total:  "len",
	Next: []layer.Next{
		{When: "frag == 0", By: "proto", Table: "ip.proto"},
	},
	Locate:   locateIPv4,
	Checksum: &layer.Checksum{Field: "chksum", Header: true},
	Answers:  &layer.Answer{Swap: [][2]string{{"src", "dst"}}, Same: []string{"proto"}, By: []string{"icmp"}},
	Summary:  "${src} → ${dst}",
}

func locateIPv4(b []byte) (loc layer.Location) {
	if len(b) < 20 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	if b[0]>>4 != 4 {
		return layer.Location{Total: 1, Next: -1, Reason: layer.OtherVersion}
	}
	loc.Header = int(b[0]&15) * 4
	if loc.Header < 20 {
		return layer.Location{Total: 1, Next: -1, Reason: layer.TooSmall}
	}
	loc.Total = int(be16(b[2:]))
	if loc.Total > 0 && loc.Total < loc.Header {
		return layer.Location{Total: 4, Next: -1, Reason: layer.TooShort}
	}
	loc.Key = uint32(b[9])
	if be16(b[6:])&0x1FFF != 0 {
		loc.Next, loc.Key = -1, 0
	}
	return loc
}

// ipProtocols are from IANA's registry of protocol numbers.
var ipProtocols = layer.Enum{
	0: "IPv6 Hop-by-Hop Option", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 41: "IPv6", 43: "Routing Header for IPv6",
	44: "Fragment Header for IPv6", 46: "Reservation Protocol", 47: "Generic Routing Encapsulation", 50: "Encap Security Payload", 51: "Authentication Header",
	58: "ICMPv6", 59: "No Next Header for IPv6", 60: "Destination Options for IPv6", 88: "EIGRP", 89: "OSPF IGP",
	103: "Protocol Independent Multicast", 108: "IP Payload Compression Protocol", 112: "VRRP", 115: "Layer 2 Tunneling", 132: "SCTP",
	135: "Mobility Header", 136: "UDPLite", 137: "MPLS-in-IP", 139: "Host Identity Protocol", 140: "Shim6 Header",
}

// codepoints are from IANA's registry of differentiated services.
var codepoints = layer.Enum{
	0: "Default", 1: "LE", 8: "CS1", 10: "AF11", 12: "AF12", 14: "AF13", 16: "CS2", 18: "AF21", 20: "AF22", 22: "AF23",
	24: "CS3", 26: "AF31", 28: "AF32", 30: "AF33", 32: "CS4", 34: "AF41", 36: "AF42", 38: "AF43", 40: "CS5", 44: "VOICE-ADMIT",
	46: "EF", 48: "CS6", 56: "CS7",
}

// congestion are the codepoints of RFC 3168 section 5.
var congestion = layer.Enum{
	0: "Not ECN-Capable Transport", 1: "ECN-Capable Transport codepoint '01'", 2: "ECN-Capable Transport codepoint '10'", 3: "Congestion Experienced",
}
