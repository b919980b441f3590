package proto

import "github.com/netwright/netwright/packet/layer"

// esp shows what is not encrypted.
var esp = &layer.Proto{
	Name: "esp", Title: "Encapsulating Security Payload", Alias: []string{"ESP"}, Spec: "RFC 4303",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{50}}},
	Fields: []layer.Field{
		{Name: "esp.spi", Alias: "spi", Title: "ESP SPI", Bits: 32, Base: layer.Hex},
		{Name: "esp.sequence", Alias: "seq", Title: "ESP Sequence", Bits: 32},
		{Alias: "data", Title: "Encrypted payload", Kind: layer.Bytes},
	},
	Summary: "SPI ${spi} seq ${seq}",
}

var ah = &layer.Proto{
	Name: "ah", Title: "Authentication Header", Alias: []string{"AH"}, Spec: "RFC 4302 section 2",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{51}}},
	Fields: []layer.Field{
		{Name: "ah.next_header", Alias: "nh", Title: "Next header", Bits: 8, Auto: "next", Enum: ipProtocols},
		{Name: "ah.length", Alias: "payloadlen", Title: "Length", Bits: 8, Auto: "header / 4 - 2"},
		{Name: "ah.reserved", Alias: "reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
		{Name: "ah.spi", Alias: "spi", Title: "AH SPI", Bits: 32, Base: layer.Hex},
		{Name: "ah.sequence", Alias: "seq", Title: "AH Sequence", Bits: 32},
		{Name: "ah.icv", Alias: "icv", Title: "AH ICV", Kind: layer.Bytes, Len: "payloadlen * 4 - 4", When: "payloadlen > 1"},
	},
	Header:  "payloadlen * 4 + 8",
	Next:    []layer.Next{{By: "nh", Table: "ip.proto"}},
	Summary: "SPI ${spi} seq ${seq}",
}

// udpencap is ESP through address translators, and IKE beside it.
var udpencap = &layer.Proto{
	Name: "udpencap", Title: "UDP Encapsulation of IPsec Packets", Spec: "RFC 3948",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{4500}}},
	Fields: []layer.Field{
		{Name: "udpencap.nat_keepalive", Title: "NAT-keepalive packet", Kind: layer.Group, Len: "1", When: "rest == 1 && u8(0) == 0xFF"},
		{Name: "udpencap.non_esp_marker", Title: "Non-ESP Marker", Kind: layer.Bytes, Len: "4", When: "rest >= 4 && u32(0) == 0"},
	},
	Header: "size == 1 ? 1 : u32(0) == 0 ? 4 : 0",
	Next: []layer.Next{
		{When: "size > 4 && u32(0) == 0", By: "500", Table: "udp.port"},
		{When: "size > 1 && u32(0) != 0", Proto: "esp"},
	},
}
