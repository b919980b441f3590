package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// null is the loopback of BSD: an address family in the byte order of the host
// that captured.
var null = &layer.Proto{
	Name: "null", Title: "Null/Loopback", Alias: []string{"loopback", "Loopback"}, Spec: "LINKTYPE_NULL, LINKTYPE_LOOP",
	On: []layer.On{{Table: "link", Keys: []uint64{0, 108}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Switch: "u16(0) == 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "null.family", Alias: "type", Title: "Family", Bits: 32, LE: true, Default: 2, Enum: addressFamilies, Auto: "next"}}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "null.family", Title: "Family", Bits: 32, Enum: addressFamilies}}},
		}},
	},
	Header:  "4",
	Next:    []layer.Next{{By: "u16(0) == 0 ? u32(0) : le32(0)", Table: "null.family"}},
	Locate:  locateNull,
	Summary: "${family}",
}

func locateNull(b []byte) layer.Location {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	family := binary.BigEndian.Uint32(b)
	if family > 0xFFFF {
		family = binary.LittleEndian.Uint32(b)
	}
	return layer.Location{Header: 4, Key: family}
}

// addressFamilies are those of the systems that have such an interface: for IPv6
// each has its own.
var addressFamilies = layer.Enum{2: "IP", 7: "ISO", 24: "IPv6", 28: "IPv6", 30: "IPv6"}

// raw stands for link types without a header of their own: what follows says by
// its first half byte what it is.
var raw = &layer.Proto{
	Name: "raw", Title: "Raw packet data", Spec: "LINKTYPE_RAW",
	On:      []layer.On{{Table: "link", Keys: []uint64{12, 14, 101}}},
	Header:  "0",
	Next:    []layer.Next{{By: "u8(0) >> 4", Table: "ip.version"}},
	Locate:  locateRaw,
	Summary: "raw",
}

func locateRaw(b []byte) (loc layer.Location) {
	if len(b) > 0 {
		loc.Key = uint32(b[0] >> 4)
	}
	return loc
}
