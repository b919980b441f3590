package proto

import "github.com/netwright/netwright/packet/layer"

// bgpExtended is an extended community (RFC 4360): a type, with two flags in it,
// and what it says of the six bytes behind.
var bgpExtended = layer.Field{
	Name: "bgp.ext_community", Title: "Community", Kind: layer.Group, Repeat: "rest / 8", Len: "8", Sub: []layer.Field{
		{Name: "bgp.ext_com.type", Alias: "etype", Title: "Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{
			0x00: "Transitive 2-Octet AS-Specific", 0x01: "Transitive IPv4-Address-Specific", 0x02: "Transitive 4-Octet AS-Specific",
			0x03: "Transitive Opaque", 0x06: "EVPN", 0x40: "Non-Transitive 2-Octet AS-Specific", 0x41: "Non-Transitive IPv4-Address-Specific",
			0x42: "Non-Transitive 4-Octet AS-Specific", 0x43: "Non-Transitive Opaque", 0x80: "Generic Transitive Experimental",
		}, Sub: []layer.Field{
			{Name: "bgp.ext_com.type.auth", Title: "IANA Authority", Bits: 1, Kind: layer.Bool},
			{Name: "bgp.ext_com.type.tran", Title: "Transitive across ASes", Bits: 1, Kind: layer.Bool},
			{Bits: 6},
		}},
	}, Switch: "etype", Cases: []layer.Case{
		{Of: []uint64{0x00}, Fields: bgpExtendedOf("tr_as2", bgpExtendedAS2...)},
		{Of: []uint64{0x40}, Fields: bgpExtendedOf("ntr_as2",
			layer.Field{Name: "bgp.ext_com.value_as2", Title: "2-Octet AS", Bits: 16},
			layer.Field{Name: "bgp.ext_com.value_link_bw", Title: "Link bandwidth", Bits: 32, Kind: layer.Float, When: "esubtype == 4"}, // draft-ietf-idr-link-bandwidth
			layer.Field{Name: "bgp.ext_com.value_an4", Title: "4-Octet AN", Bits: 32, When: "esubtype != 4"},
		)},
		{Of: []uint64{0x01}, Fields: bgpExtendedOf("tr_IP4", bgpExtendedIPv4...)},
		{Of: []uint64{0x41}, Fields: bgpExtendedOf("ntr_IP4", bgpExtendedIPv4...)},
		{Of: []uint64{0x02}, Fields: bgpExtendedOf("tr_as4", bgpExtendedAS4...)}, // RFC 5668
		{Of: []uint64{0x42}, Fields: bgpExtendedOf("ntr_as4", bgpExtendedAS4...)},
		{Of: []uint64{0x03}, Fields: bgpExtendedOf("tr_opaque",
			layer.Field{Kind: layer.Group, Switch: "esubtype == 12", Cases: []layer.Case{
				{Of: []uint64{1}, Fields: []layer.Field{ // RFC 9012
					{Bits: 32},
					{Name: "bgp.ext_com.tunnel_type", Title: "Tunnel type", Bits: 16},
				}},
				{Fields: bgpExtendedRaw},
			}},
		)},
		{Of: []uint64{0x43}, Fields: bgpExtendedOf("ntr_opaque", bgpExtendedRaw...)},
		{Of: []uint64{0x06}, Fields: bgpExtendedOf("tr_evpn")},
		{Of: []uint64{0x80}, Fields: bgpExtendedOf("tr_exp")},
		{Fields: bgpExtendedOf("unknown", bgpExtendedRaw...)},
	},
}

func bgpExtendedOf(of string, value ...layer.Field) []layer.Field {
	return append([]layer.Field{{Name: "bgp.ext_com.stype_" + of, Alias: "esubtype", Title: "Subtype", Bits: 8, Base: layer.Hex, Default: 2, Enum: layer.Enum{2: "Route Target", 3: "Route Origin"}}}, value...)
}

var (
	bgpExtendedAS2 = []layer.Field{
		{Name: "bgp.ext_com.value_as2", Title: "2-Octet AS", Bits: 16},
		{Name: "bgp.ext_com.value_an4", Title: "4-Octet AN", Bits: 32},
	}
	bgpExtendedIPv4 = []layer.Field{
		{Name: "bgp.ext_com.value_IP4", Title: "IPv4 address", Kind: layer.IPv4},
		{Name: "bgp.ext_com.value_an2", Title: "2-Octet AN", Bits: 16},
	}
	bgpExtendedAS4 = []layer.Field{
		{Name: "bgp.ext_com.value_as4", Title: "4-Octet AS", Bits: 32},
		{Name: "bgp.ext_com.value_an2", Title: "2-Octet AN", Bits: 16},
	}
	bgpExtendedRaw = []layer.Field{{Name: "bgp.ext_com.value_raw", Title: "Raw Value", Bits: 48, Base: layer.Hex}}
)
