package proto

import "github.com/netwright/netwright/packet/layer"

var vrrp = &layer.Proto{
	Name: "vrrp", Title: "Virtual Router Redundancy Protocol", Alias: []string{"VRRP", "VRRPv3"}, Spec: "RFC 3768, RFC 9568",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{112}}},
	Fields: []layer.Field{
		{Name: "vrrp.typever", Title: "Version, Packet type", Bits: 8, Default: 0x21, Sub: []layer.Field{
			{Name: "vrrp.version", Alias: "version", Title: "VRRP protocol version", Bits: 4},
			{Name: "vrrp.type", Alias: "type", Title: "VRRP packet type", Bits: 4, Enum: layer.Enum{1: "Advertisement"}},
		}},
		{Name: "vrrp.virt_rtr_id", Alias: "vrid", Title: "Virtual Rtr ID", Bits: 8, Default: 1},
		{Name: "vrrp.prio", Alias: "priority", Title: "Priority", Bits: 8, Default: 100},
		{Name: "vrrp.addr_count", Alias: "ipcount", Title: "Addr Count", Bits: 8},
		{Alias: "passworded", Calc: "version < 3 && u8(0) == 1"},
		{Kind: layer.Group, Switch: "version >= 3", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "vrrp.auth_type", Alias: "authtype", Title: "Auth Type", Bits: 8, Enum: layer.Enum{0: "No Authentication", 1: "Simple Text Authentication [RFC 2338] / Reserved [RFC 3768]", 2: "IP Authentication Header [RFC 2338] / Reserved [RFC 3768]"}},
				{Name: "vrrp.adver_int", Alias: "adv", Title: "Adver Int", Bits: 8, Default: 1},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{
				{Bits: 16, Default: 100, Sub: []layer.Field{
					{Name: "vrrp.reserved_mbz", Alias: "res", Title: "Reserved", Bits: 4},
					{Name: "vrrp.short_adver_int", Title: "Adver Int", Bits: 12},
				}},
			}},
		}},
		{Name: "vrrp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Alias: "wide", Calc: "version >= 3 && ipcount > 0 && rest >= ipcount * 16"},
		{Name: "vrrp.ip_addr", Alias: "addrlist", Title: "IP Address", Kind: layer.IPv4, Repeat: "ipcount", When: "!wide"},
		{Name: "vrrp.ipv6_addr", Title: "IPv6 Address", Kind: layer.IPv6, Repeat: "ipcount", When: "wide"},
		{Name: "vrrp.auth_string", Title: "Authentication String", Kind: layer.CString, Len: "8", When: "passworded && rest >= 8"},
	},
	Checksum: &layer.Checksum{Field: "chksum", Pseudo: true, Plain: func(b []byte) bool { return len(b) > 0 && b[0]>>4 < 3 }},
	Summary:  "v${version} router ${vrid} priority ${priority}",
}
