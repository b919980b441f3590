package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

var vlan = &layer.Proto{
	Name: "vlan", Title: "802.1Q Virtual LAN", Alias: []string{"Dot1Q"}, Spec: "IEEE 802.1Q-2022 section 9",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x8100, 0x9100}}},
	Fields: []layer.Field{
		{Bits: 16, Default: 1, Sub: []layer.Field{
			{Name: "vlan.priority", Alias: "prio", Title: "Priority", Bits: 3, Enum: priorities},
			{Name: "vlan.dei", Alias: "id", Title: "DEI", Bits: 1, Kind: layer.Bool},
			{Name: "vlan.id", Alias: "vlan", Title: "ID", Bits: 12},
		}},
		{Name: "vlan.etype", Alias: "type", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next", When: "u16(0) >= 1536"},
		{Name: "vlan.len", Title: "Length", Bits: 16, When: "pos == 2", Auto: "payload"},
		trailer("vlan.trailer", false),
	},
	Header: "4",
	Next:   tagNext, Locate: locateTag,
	Answers: &layer.Answer{Same: []string{"vlan"}},
	Summary: "VLAN ${vlan}",
}

var tagNext = []layer.Next{
	{When: "u16(2) >= 1536", By: "u16(2)", Table: "eth.type"},
	{When: "u16(2) <= 1500", Proto: "llc"},
}

func locateTag(b []byte) (loc layer.Location) {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = 4
	if kind := binary.BigEndian.Uint16(b[2:]); kind >= 1536 {
		loc.Key = uint32(kind)
	} else if loc.Next = -1; kind <= 1500 {
		loc.Next = 1
	}
	return loc
}

var priorities = layer.Enum{
	0: "Best Effort (default)", 1: "Background", 2: "Excellent Effort", 3: "Critical Applications",
	4: "Video, < 100ms latency and jitter", 5: "Voice, < 10ms latency and jitter", 6: "Internetwork Control", 7: "Network Control",
}

var qinq = &layer.Proto{
	Name: "ieee8021ad", Title: "802.1ad Provider Bridge", Alias: []string{"Dot1AD"}, Spec: "IEEE 802.1Q-2022 section 9",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x88A8}}},
	Fields: []layer.Field{
		{Bits: 16, Default: 1, Sub: []layer.Field{
			{Name: "ieee8021ad.priority", Alias: "prio", Title: "Priority", Bits: 3, Enum: priorities},
			{Name: "ieee8021ad.dei", Alias: "id", Title: "DEI", Bits: 1, Kind: layer.Bool},
			{Name: "ieee8021ad.id", Alias: "vlan", Title: "ID", Bits: 12},
		}},
		{Alias: "type", Title: "Type", Bits: 16, Base: layer.Hex, Enum: etherTypes, Auto: "next"},
	},
	Header: "4",
	Next:   tagNext, Locate: locateTag,
	Answers: &layer.Answer{Same: []string{"vlan"}},
	Summary: "VLAN ${vlan}",
}
