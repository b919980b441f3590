package proto

import "github.com/netwright/netwright/packet/layer"

// lldp is a list of TLVs, each with seven bits of type and nine of length. The
// first three must be chassis, port and time to live.
var lldp = &layer.Proto{
	Name: "lldp", Title: "Link Layer Discovery Protocol", Alias: []string{"LLDP", "LLDPDU"}, Spec: "IEEE 802.1AB-2016",
	On: []layer.On{{Table: "eth.type", Keys: []uint64{0x88CC}}},
	Fields: []layer.Field{
		{Alias: "tlvs", Kind: layer.Group, Repeat: "*", Until: "kind == 0 || kind == 1 && u8(0) >> 1 != 2 || kind == 2 && u8(0) >> 1 != 3", When: "u8(0) >> 1 == 1", Len: "(u16(0) & 0x1FF) + 2", Sub: []layer.Field{
			{Bits: 16, Sub: []layer.Field{
				{Name: "lldp.tlv.type", Alias: "kind", Title: "TLV Type", Bits: 7, Enum: lldpTypes},
				{Name: "lldp.tlv.len", Title: "TLV Length", Bits: 9, Auto: "total - 2"},
			}},
		}, Switch: "kind", Cases: []layer.Case{
			{Of: []uint64{0}},
			{Of: []uint64{1}, Fields: lldpChassis},
			{Of: []uint64{2}, Fields: lldpPort},
			{Of: []uint64{3}, Fields: []layer.Field{{Name: "lldp.time_to_live", Alias: "ttl", Title: "Seconds", Bits: 16, Default: 120}}},
			{Of: []uint64{4}, Fields: []layer.Field{{Name: "lldp.port.desc", Title: "Port Description", Kind: layer.String}}},
			{Of: []uint64{5}, Fields: []layer.Field{{Name: "lldp.tlv.system.name", Alias: "system_name", Title: "System Name", Kind: layer.String}}},
			{Of: []uint64{6}, Fields: []layer.Field{{Name: "lldp.tlv.system.desc", Title: "System Description", Kind: layer.String}}},
			{Of: []uint64{7}, Fields: []layer.Field{
				{Name: "lldp.tlv.system_cap", Title: "Capabilities", Bits: 16, Base: layer.Hex, Sub: lldpCapabilities("lldp.tlv.system_cap.")},
				{Name: "lldp.tlv.enable_system_cap", Title: "Enabled Capabilities", Bits: 16, Base: layer.Hex, Sub: lldpCapabilities("lldp.tlv.enable_system_cap.")},
			}},
			{Of: []uint64{8}, Fields: lldpManagement},
			{Of: []uint64{127}, Fields: []layer.Field{
				{Name: "lldp.orgtlv.oui", Title: "Organization Unique Code", Bits: 24, Base: layer.Hex},
				{Kind: layer.Group, Switch: "oui", Cases: []layer.Case{
					{Of: []uint64{0x0080C2}, Fields: lldpBridging},
					{Of: []uint64{0x00120F}, Fields: lldpEthernet},
					{Of: []uint64{0x0012BB}, Fields: lldpMedia},
					{Of: []uint64{0x00005E}, Fields: []layer.Field{ // RFC 8520
						{Name: "lldp.iana.subtype", Title: "IANA Subtype", Bits: 8, Base: layer.Hex},
						{Name: "lldp.iana.mudurl", Title: "Manufacturer Usage Description URL", Kind: layer.String, When: "subtype == 1"},
					}},
					{Fields: []layer.Field{
						{Name: "lldp.unknown_subtype", Title: "Unknown Subtype", Bits: 8, When: "rest > 0"},
						{Name: "lldp.unknown_subtype.content", Title: "Unknown Subtype Content", Kind: layer.Bytes, When: "rest > 0"},
					}},
				}},
			}},
		}},
	},
	Blank: []layer.Given{
		{Name: "tlvs", Sub: []layer.Given{{Name: "kind", U: 1}, {Name: "lldp.chassis.id.mac", B: make([]byte, 6)}}},
		{Name: "tlvs", Sub: []layer.Given{{Name: "kind", U: 2}, {Name: "lldp.port.id", B: []byte("eth0")}}},
		{Name: "tlvs", Sub: []layer.Given{{Name: "kind", U: 3}}},
		{Name: "tlvs", Sub: []layer.Given{{Name: "kind", U: 0}}},
	},
	Summary: "${system_name}",
}

// An identifier is of a kind: an address, or a name.
var lldpChassis = []layer.Field{
	{Name: "lldp.chassis.subtype", Alias: "cidkind", Title: "Chassis Id Subtype", Bits: 8, Default: 4, Enum: layer.Enum{
		1: "Chassis component", 2: "Interface alias", 3: "Port component", 4: "MAC address", 5: "Network address", 6: "Interface name", 7: "Locally assigned",
	}},
	{Kind: layer.Group, Switch: "cidkind == 5 && u8(0) == 1 ? 16 : cidkind == 5 && u8(0) == 2 ? 17 : cidkind", Cases: []layer.Case{
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "lldp.chassis.id.mac", Title: "Chassis Id", Kind: layer.MAC}}},
		{Of: []uint64{16}, Fields: []layer.Field{lldpFamily, {Name: "lldp.chassis.id.ip4", Title: "Chassis Id", Kind: layer.IPv4}}},
		{Of: []uint64{17}, Fields: []layer.Field{lldpFamily, {Name: "lldp.chassis.id.ip6", Title: "Chassis Id", Kind: layer.IPv6}}},
		{Fields: []layer.Field{{Name: "lldp.chassis.id", Title: "Chassis Id", Kind: layer.String}}},
	}},
}

var lldpPort = []layer.Field{
	{Name: "lldp.port.subtype", Alias: "pidkind", Title: "Port Id Subtype", Bits: 8, Default: 5, Enum: layer.Enum{
		1: "Interface alias", 2: "Port component", 3: "MAC address", 4: "Network address", 5: "Interface name", 6: "Agent circuit Id", 7: "Locally assigned",
	}},
	{Kind: layer.Group, Switch: "pidkind == 4 && u8(0) == 1 ? 16 : pidkind == 4 && u8(0) == 2 ? 17 : pidkind", Cases: []layer.Case{
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "lldp.port.id.mac", Title: "Port Id", Kind: layer.MAC}}},
		{Of: []uint64{16}, Fields: []layer.Field{lldpFamily, {Name: "lldp.port.id.ip4", Title: "Port Id", Kind: layer.IPv4}}},
		{Of: []uint64{17}, Fields: []layer.Field{lldpFamily, {Name: "lldp.port.id.ip6", Title: "Port Id", Kind: layer.IPv6}}},
		{Fields: []layer.Field{{Name: "lldp.port.id", Title: "Port Id", Kind: layer.String}}},
	}},
}

var lldpFamily = layer.Field{Name: "lldp.network_address.subtype", Title: "Network Address family", Bits: 8, Enum: layer.Enum{1: "IPv4", 2: "IPv6"}}

var lldpManagement = []layer.Field{
	{Name: "lldp.mgn.address.len", Alias: "alen", Title: "Address String Length", Bits: 8, Auto: "5"},
	{Name: "lldp.mgn.address.subtype", Alias: "family", Title: "Address Subtype", Bits: 8, Default: 1},
	{Kind: layer.Group, Len: "alen < 1 ? 0 : alen - 1", Switch: "family == 1 && alen == 5 ? 1 : family == 2 && alen == 17 ? 2 : 0", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "lldp.mgn.addr.ip4", Title: "Management Address", Kind: layer.IPv4}}},
		{Of: []uint64{2}, Fields: []layer.Field{{Name: "lldp.mgn.addr.ip6", Title: "Management Address", Kind: layer.IPv6}}},
		{Fields: []layer.Field{{Name: "lldp.mgn.addr.hex", Title: "Management Address", Kind: layer.Bytes, When: "rest > 0"}}},
	}},
	{Name: "lldp.mgn.interface.subtype", Title: "Interface Subtype", Bits: 8, Default: 2, Enum: layer.Enum{1: "Unknown", 2: "ifIndex", 3: "System port number"}},
	{Name: "lldp.mgn.interface.number", Title: "Interface Number", Bits: 32},
	{Name: "lldp.mgn.obj.len", Alias: "oidlen", Title: "OID String Length", Bits: 8},
	{Name: "lldp.mgn.obj.id", Title: "Object Identifier", Kind: layer.OID, Len: "oidlen", When: "oidlen > 0"},
}

// lldpCapabilities are the functions of a system (clause 8.5.8.1).
func lldpCapabilities(prefix string) []layer.Field {
	fields := []layer.Field{{Bits: 8}}
	for _, name := range []string{"station_only", "docsis_cable_device", "telephone", "router", "wlan_access_pt", "bridge", "repeater", "other"} {
		fields = append(fields, layer.Field{Name: prefix + name, Title: name, Bits: 1, Kind: layer.Bool})
	}
	return fields
}

// lldpTypes are those of clause 8.4.1.
var lldpTypes = layer.Enum{
	0: "End of LLDPDU", 1: "Chassis Id", 2: "Port Id", 3: "Time to Live", 4: "Port Description", 5: "System Name", 6: "System Description",
	7: "System Capabilities", 8: "Management Address", 127: "Organization Specific",
}
