package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

var ipv4 = &layer.Proto{
	Name: "ip", Title: "Internet Protocol Version 4", Alias: []string{"IP", "ipv4"}, Spec: "RFC 791",
	On: []layer.On{
		{Table: "link", Keys: []uint64{228}},
		{Table: "ip.version", Keys: []uint64{4}},
		{Table: "eth.type", Keys: []uint64{0x0800}},
		{Table: "ip.proto", Keys: []uint64{4}},
	},
	Fields: []layer.Field{
		{Name: "ip.version", Alias: "version", Title: "Version", Bits: 4, Default: 4},
		{Name: "ip.hdr_len", Alias: "ihl", Title: "Header Length", Bits: 4, Auto: "header / 4"},
		{Name: "ip.dsfield", Alias: "tos", Title: "Differentiated Services Field", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ip.dsfield.dscp", Title: "Differentiated Services Codepoint", Bits: 6},
			{Name: "ip.dsfield.ecn", Title: "Explicit Congestion Notification", Bits: 2},
		}},
		{Name: "ip.len", Alias: "len", Title: "Total Length", Bits: 16, Auto: "total"},
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
		{Name: "ip.src", Alias: "src", Also: []string{"ip.addr", "ip.host"}, Title: "Source Address", Kind: layer.IPv4},
		{Name: "ip.dst", Alias: "dst", Also: []string{"ip.addr", "ip.host"}, Title: "Destination Address", Kind: layer.IPv4},
	},
	Header: "ihl * 4",
	Total:  "len",
	Next: []layer.Next{
		{When: "frag == 0", By: "proto", Table: "ip.proto"},
	},
	Locate:   locateIPv4,
	Checksum: &layer.Checksum{Field: "chksum", Header: true},
	Answers:  &layer.Answer{Swap: [][2]string{{"src", "dst"}}, By: []string{"icmp"}},
	Summary:  "${src} → ${dst}",
}

func locateIPv4(b []byte) (loc layer.Location) {
	if len(b) < 20 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = int(b[0]&15) * 4
	if loc.Header < 20 {
		return layer.Location{Next: -1, Reason: layer.TooSmall}
	}
	loc.Total = int(binary.BigEndian.Uint16(b[2:]))
	loc.Key = uint32(b[9])
	if binary.BigEndian.Uint16(b[6:])&0x1FFF != 0 {
		loc.Next, loc.Key = -1, 0
	}
	return loc
}

// ipProtocols are from IANA's registry of protocol numbers.
var ipProtocols = layer.Enum{
	0: "IPv6 Hop-by-Hop Option", 1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 41: "IPv6", 43: "Routing Header for IPv6",
	44: "Fragment Header for IPv6", 47: "Generic Routing Encapsulation", 50: "Encap Security Payload", 51: "Authentication Header",
	58: "ICMPv6", 59: "No Next Header for IPv6", 60: "Destination Options for IPv6", 88: "EIGRP", 89: "OSPF IGP",
	103: "Protocol Independent Multicast", 112: "VRRP", 132: "SCTP",
}
