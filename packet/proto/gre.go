package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// gre is of version 0, and of version 1 as PPTP has it: there the key is a
// length and a call, and what was received is acknowledged.
var gre = &layer.Proto{
	Name: "gre", Title: "Generic Routing Encapsulation", Alias: []string{"GRE"}, Spec: "RFC 2784, RFC 2890, RFC 2637",
	On: []layer.On{
		{Table: "ip.proto", Keys: []uint64{47}},
		{Table: "udp.port", Keys: []uint64{4754}}, // RFC 8086
	},
	Fields: []layer.Field{
		{Name: "gre.flags_and_version", Title: "Flags and Version", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
			{Name: "gre.flags.checksum", Alias: "chksum_present", Title: "Checksum Bit", Bits: 1, Kind: layer.Bool},
			{Name: "gre.flags.routing", Alias: "routing_present", Title: "Routing Bit", Bits: 1, Kind: layer.Bool},
			{Name: "gre.flags.key", Alias: "key_present", Title: "Key Bit", Bits: 1, Kind: layer.Bool},
			{Name: "gre.flags.sequence_number", Alias: "seqnum_present", Title: "Sequence Number Bit", Bits: 1, Kind: layer.Bool},
			{Name: "gre.flags.strict_source_route", Title: "Strict Source Route Bit", Bits: 1, Kind: layer.Bool},
			{Name: "gre.flags.recursion_control", Title: "Recursion control", Bits: 3},
			{Name: "gre.flags.ack", Alias: "acknum_present", Title: "Acknowledgment", Bits: 1, Kind: layer.Bool, When: "u8(1) & 7 == 1"},
			{Name: "gre.flags.reserved", Title: "Flags (Reserved)", Calc: "u8(1) & 7 == 1 ? u8(1) >> 3 & 15 : u8(1) >> 3", Len: "2"},
			{Bits: 4},
			{Name: "gre.flags.version", Alias: "version", Title: "Version", Bits: 3, Enum: layer.Enum{0: "GRE", 1: "Enhanced GRE"}},
		}},
		{Name: "gre.proto", Alias: "proto", Title: "Protocol Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"},
		{Name: "gre.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, When: "chksum_present || routing_present", Auto: "checksum"},
		{Name: "gre.offset", Alias: "offset", Title: "Offset", Bits: 16, When: "chksum_present || routing_present"},
		{Kind: layer.Group, When: "key_present", Switch: "version == 1", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "gre.key", Alias: "key", Title: "Key", Bits: 32, Base: layer.Hex}}},
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "gre.key.payload_length", Alias: "payload_len", Title: "Payload Length", Bits: 16, Auto: "payload"},
				{Name: "gre.key.call_id", Alias: "call_id", Title: "Call ID", Bits: 16},
			}},
		}},
		{Name: "gre.sequence_number", Alias: "seqence_number", Title: "Sequence Number", Bits: 32, When: "seqnum_present"},
		{Name: "gre.ack_number", Alias: "ack_number", Title: "Acknowledgment Number", Bits: 32, When: "version == 1 && acknum_present"},
		{Name: "gre.routing", Title: "Routing", Kind: layer.Group, Repeat: "routing_present ? 64 : 0", Until: "src_length == 0", Len: "u8(3) + 4", Sub: []layer.Field{
			{Name: "gre.routing.address_family", Title: "Address Family", Bits: 16},
			{Name: "gre.routing.sre_offset", Title: "SRE Offset", Bits: 8},
			{Name: "gre.routing.src_length", Title: "SRE Length", Bits: 8},
			{Name: "gre.routing.information", Title: "Routing Information", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Name: "gre.wccp.redirect_header", Title: "Redirect Header", Kind: layer.Group, When: "proto == 0x883E && rest >= 4 && u8(0) >> 4 != 4", Sub: []layer.Field{
			{Bits: 8, Sub: []layer.Field{
				{Bits: 5},
				{Name: "gre.wccp.redirect_header_valid", Title: "WCCP Redirect header is valid", Bits: 1, Kind: layer.Bool},
				{Name: "gre.wccp.alternative_bucket_used", Title: "Alternative bucket used", Bits: 1, Kind: layer.Bool},
				{Name: "gre.wccp.dynamic_service", Title: "Dynamic Service", Bits: 1, Kind: layer.Bool},
			}},
			{Name: "gre.wccp.service_id", Title: "Service ID", Bits: 8},
			{Name: "gre.wccp.alternative_bucket", Title: "Alternative Bucket", Bits: 8},
			{Name: "gre.wccp.primary_bucket", Title: "Primary Bucket", Bits: 8},
		}},
	},
	Header: "routing_present ? rest : 4 + 4 * (chksum_present + key_present + seqnum_present + (version == 1 && u8(1) >> 7)) + (proto == 0x883E) * 4",
	Next: []layer.Next{
		{When: "!routing_present && proto == 0x883E", Proto: "ip"},
		{When: "!routing_present && proto == 0x880B", Proto: "ppp"},
		{When: "!routing_present", By: "proto", Table: "eth.type"},
	},
	Locate:   locateGRE,
	Checksum: &layer.Checksum{Field: "chksum"},
	Answers:  &layer.Answer{Same: []string{"key"}},
	Summary:  "${proto}",
}

func locateGRE(b []byte) (loc layer.Location) {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	flags := binary.BigEndian.Uint16(b)
	if flags&0x4000 != 0 {
		return layer.Location{Header: len(b), Next: -1}
	}
	loc.Header = 4
	for _, present := range []bool{flags&0x8000 != 0, flags&0x2000 != 0, flags&0x1000 != 0, flags&0x87 == 0x81} {
		if present {
			loc.Header += 4
		}
	}
	if loc.Key = be16(b[2:]); loc.Key == 0x883E { // WCCP's redirect header
		loc.Header += 4
		loc.Key = 0
		return loc
	}
	if loc.Next = 2; loc.Key == 0x880B {
		loc.Next, loc.Key = 1, 0
	}
	return loc
}
