package proto

import "github.com/netwright/netwright/packet/layer"

// slow is what the slow protocols have in common: a subtype.
var slow = &layer.Proto{
	Name: "slow", Title: "Slow Protocols", Alias: []string{"SlowProtocol"}, Spec: "IEEE 802.3-2022 annex 57A",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x8809}}},
	Fields: []layer.Field{
		{Name: "slow.subtype", Alias: "subtype", Title: "Slow Protocols subtype", Bits: 8, Base: layer.Hex, Auto: "next", Default: 1, Enum: layer.Enum{
			1: "LACP", 2: "Marker Protocol", 3: "OAM", 10: "Organisation Specific Slow Protocol",
		}},
	},
	Next:    []layer.Next{{By: "subtype", Table: "slow.subtype"}},
	Summary: "${subtype}",
}

var lacp = &layer.Proto{
	Name: "lacp", Title: "Link Aggregation Control Protocol", Alias: []string{"LACP"}, Spec: "IEEE 802.1AX-2020 section 6.4.2",
	On: []layer.On{{Table: "slow.subtype", Keys: []uint64{1}}},
	Fields: []layer.Field{
		{Name: "lacp.version", Alias: "version", Title: "LACP Version", Bits: 8, Base: layer.Hex, Default: 1},
		{Alias: "tlvs", Kind: layer.Group, Repeat: "*", Until: "tlv_type == 0", Len: "u8(1) < 2 ? 2 : u8(1)", Sub: []layer.Field{
			{Name: "lacp.tlv_type", Title: "TLV Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{0: "Terminator", 1: "Actor Information", 2: "Partner Information", 3: "Collector Information"}},
			{Name: "lacp.tlv_length", Title: "TLV Length", Bits: 8, Base: layer.Hex, Auto: "total"},
		}, Switch: "tlv_type", Cases: []layer.Case{
			{Of: []uint64{0}},
			{Of: []uint64{1}, Fields: lacpSystem("actor", "Actor")},
			{Of: []uint64{2}, Fields: lacpSystem("partner", "Partner")},
			{Of: []uint64{3}, Fields: []layer.Field{
				{Name: "lacp.collector.max_delay", Alias: "collector_max_delay", Title: "Collector Max Delay", Bits: 16},
				{Name: "lacp.coll_reserved", Title: "Reserved", Kind: layer.Bytes, Len: "rest"},
			}},
			{Fields: []layer.Field{{Kind: layer.Bytes, Alias: "value"}}},
		}},
		{Name: "lacp.pad", Title: "Pad", Kind: layer.Bytes, Len: "rest < 50 ? rest : 50", When: "rest > 0"},
	},
	Summary: "v${version} ${actor_system} → ${partner_system}",
}

// lacpSystem is one end of a link: who it is, and how it sees the link.
func lacpSystem(end, title string) []layer.Field {
	name := "lacp." + end + "."
	state := []layer.Field{}
	for _, s := range [][2]string{
		{"expired", "Expired"}, {"defaulted", "Defaulted"}, {"distributing", "Distributing"}, {"collecting", "Collecting"},
		{"synchronization", "Synchronization"}, {"aggregation", "Aggregation"}, {"timeout", "LACP Timeout"}, {"activity", "LACP Activity"},
	} {
		state = append(state, layer.Field{Name: name + "state." + s[0], Title: s[1], Bits: 1, Kind: layer.Bool})
	}
	return []layer.Field{
		{Name: name + "sys_priority", Alias: end + "_system_priority", Title: title + " System Priority", Bits: 16},
		{Name: name + "sysid", Alias: end + "_system", Title: title + " System ID", Kind: layer.MAC},
		{Name: name + "key", Alias: end + "_key", Title: title + " Key", Bits: 16},
		{Name: name + "port_priority", Alias: end + "_port_priority", Title: title + " Port Priority", Bits: 16},
		{Name: name + "port", Alias: end + "_port_number", Title: title + " Port", Bits: 16},
		{Name: name + "state", Alias: end + "_state", Title: title + " State", Bits: 8, Base: layer.Hex, Sub: state},
		{Name: name + "reserved", Title: "Reserved", Kind: layer.Bytes, Len: "3"},
	}
}
