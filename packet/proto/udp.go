package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

var udp = &layer.Proto{
	Name: "udp", Title: "User Datagram Protocol", Alias: []string{"UDP"}, Spec: "RFC 768",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{17}}},
	Fields: []layer.Field{
		{Name: "udp.srcport", Alias: "sport", Also: []string{"udp.port"}, Title: "Source Port", Bits: 16, Default: 53},
		{Name: "udp.dstport", Alias: "dport", Also: []string{"udp.port"}, Title: "Destination Port", Bits: 16, Default: 53},
		{Name: "udp.length", Alias: "len", Title: "Length", Bits: 16, Auto: "total"},
		{Name: "udp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Name: "udp.payload", Title: "Payload", Kind: layer.Bytes, When: "rest > 0"},
	},
	Header:   "8",
	Total:    "len",
	Next:     []layer.Next{{By: "sport, dport", Table: "udp.port"}},
	Locate:   locateUDP,
	Checksum: &layer.Checksum{Field: "chksum", Pseudo: true, Zero: true},
	Answers:  &layer.Answer{Swap: [][2]string{{"sport", "dport"}}, By: []string{"icmp", "icmpv6"}},
	Summary:  "${sport} → ${dport}",
}

func locateUDP(b []byte) (loc layer.Location) {
	if len(b) < 8 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = 8
	if loc.Total = int(be16(b[4:])); loc.Total < 8 {
		return layer.Location{Total: 6, Next: -1, Reason: layer.TooShort}
	}
	loc.Key, loc.Key2 = ports(b)
	return loc
}

// ports are the two ports at the begin of a header, the smaller first.
func ports(b []byte) (low, high uint32) {
	low, high = uint32(binary.BigEndian.Uint16(b)), uint32(binary.BigEndian.Uint16(b[2:]))
	if high < low {
		return high, low
	}
	return low, high
}
