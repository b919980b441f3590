package proto

import "github.com/netwright/netwright/packet/layer"

// hsrp is version 1, of a fixed form, or version 2, a list of TLVs. The first byte
// tells which: a version of 0, or a type.
var hsrp = &layer.Proto{
	Name: "hsrp", Title: "Cisco Hot Standby Router Protocol", Alias: []string{"HSRP"}, Spec: "RFC 2281",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{1985, 2029}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Switch: "u8(0) == 0", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "hsrp.version", Alias: "version", Title: "Version", Bits: 8},
				{Name: "hsrp.opcode", Alias: "opcode", Title: "Op Code", Bits: 8, Enum: hsrpOperations},
				{Kind: layer.Group, Switch: "opcode == 3", Cases: []layer.Case{
					{Of: []uint64{0}, Fields: []layer.Field{
						{Name: "hsrp.state", Alias: "state", Title: "State", Bits: 8, Default: 16, Enum: layer.Enum{0: "Initial", 1: "Learn", 2: "Listen", 4: "Speak", 8: "Standby", 16: "Active"}},
						{Name: "hsrp.hellotime", Alias: "hellotime", Title: "Hellotime", Bits: 8, Default: 3},
						{Name: "hsrp.holdtime", Alias: "holdtime", Title: "Holdtime", Bits: 8, Default: 10},
						{Name: "hsrp.priority", Alias: "priority", Title: "Priority", Bits: 8, Default: 120},
						{Name: "hsrp.group", Alias: "group", Title: "Group", Bits: 8, Default: 1},
						{Name: "hsrp.reserved", Title: "Reserved", Bits: 8},
						{Name: "hsrp.auth_data", Alias: "auth", Title: "Authentication Data", Kind: layer.CString, Len: "8"},
						{Name: "hsrp.virt_ip", Alias: "virtualIP", Title: "Virtual IP Address", Kind: layer.IPv4},
					}},
					{Fields: []layer.Field{
						{Name: "hsrp.adv.tlvtype", Title: "Adv type", Bits: 16, Default: 1},
						{Name: "hsrp.adv.tlvlength", Title: "Adv length", Bits: 16, Default: 10},
						{Name: "hsrp.adv.state", Title: "Adv state", Bits: 8, Enum: layer.Enum{1: "Dormant", 2: "Passive", 3: "Active"}},
						{Name: "hsrp.adv.reserved1", Title: "Adv reserved1", Bits: 8},
						{Name: "hsrp.adv.activegrp", Title: "Adv active groups", Bits: 16},
						{Name: "hsrp.adv.passivegrp", Title: "Adv passive groups", Bits: 16},
						{Name: "hsrp.adv.reserved2", Title: "Adv reserved2", Bits: 32},
					}},
				}},
			}},
			{Fields: []layer.Field{{Kind: layer.Group, Alias: "tlvs", Repeat: "*", Len: "u8(1) + 2", Switch: "u8(0)", Cases: []layer.Case{
				{Of: []uint64{1}, Fields: []layer.Field{hsrpTLV("group_state", 1, hsrpState...)}},
				{Of: []uint64{2}, Fields: []layer.Field{hsrpTLV("interface_state", 2,
					layer.Field{Name: "hsrp2.active_groups", Title: "Active Groups", Bits: 16},
					layer.Field{Name: "hsrp2.passive_groups", Title: "Passive Groups", Bits: 16},
				)}},
				{Of: []uint64{3}, Fields: []layer.Field{hsrpTLV("text_auth", 3,
					layer.Field{Name: "hsrp2.auth_data", Title: "Authentication Data", Kind: layer.CString, Len: "8"},
				)}},
				{Of: []uint64{4}, Fields: []layer.Field{hsrpTLV("md5_auth", 4,
					layer.Field{Name: "hsrp2.md5_algorithm", Title: "MD5 Algorithm", Bits: 8, Default: 1},
					layer.Field{Name: "hsrp2.md5_padding", Title: "Padding", Bits: 8},
					layer.Field{Name: "hsrp2.md5_flags", Title: "MD5 Flags", Bits: 16, Base: layer.Hex},
					layer.Field{Name: "hsrp.md5_ip_address", Title: "Sender's IP Address", Kind: layer.IPv4},
					layer.Field{Name: "hsrp2.md5_key_id", Title: "MD5 Key ID", Bits: 32},
					layer.Field{Name: "hsrp2.md5_auth_data", Title: "MD5 Authentication Data", Kind: layer.Bytes, Len: "16"},
				)}},
			}}}},
		}},
	},
	Header:  "size",
	Summary: "${opcode}",
}

// hsrpTLV is a TLV of version 2, shown as a whole behind its type and length.
func hsrpTLV(name string, kind uint64, fields ...layer.Field) layer.Field {
	return layer.Field{Name: "hsrp2." + name + "_tlv", Title: name, Kind: layer.Group, Len: "rest", Sub: append([]layer.Field{
		{Alias: "tlvtype", Bits: 8, Default: kind},
		{Alias: "tlvlen", Bits: 8, Auto: "total - 2"},
	}, fields...)}
}

var hsrpState = []layer.Field{
	{Name: "hsrp2.version", Title: "Version", Bits: 8, Default: 2},
	{Name: "hsrp2.opcode", Title: "Op Code", Bits: 8, Enum: hsrpOperations},
	{Name: "hsrp2.state", Title: "State", Bits: 8, Default: 6, Enum: layer.Enum{0: "Disabled", 1: "Init", 2: "Learn", 3: "Listen", 4: "Speak", 5: "Standby", 6: "Active"}},
	{Name: "hsrp2.ipversion", Alias: "family", Title: "IP Ver.", Bits: 8, Default: 4},
	{Name: "hsrp2.group", Title: "Group", Bits: 16},
	{Name: "hsrp2.identifier", Title: "Identifier", Kind: layer.MAC},
	{Name: "hsrp2.priority", Title: "Priority", Bits: 32, Default: 100},
	{Name: "hsrp2.hellotime", Title: "Hellotime", Bits: 32, Default: 3000},
	{Name: "hsrp2.holdtime", Title: "Holdtime", Bits: 32, Default: 10000},
	{Name: "hsrp2.virt_ip", Title: "Virtual IP Address", Kind: layer.IPv4, When: "family == 4"},
	{Name: "hsrp2.virt_ip_v6", Title: "Virtual IPv6 Address", Kind: layer.IPv6, When: "family == 6"},
}

var hsrpOperations = layer.Enum{0: "Hello", 1: "Coup", 2: "Resign", 3: "Advertise"}
