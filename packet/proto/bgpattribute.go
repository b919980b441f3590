package proto

import "github.com/netwright/netwright/packet/layer"

// bgpAttribute are path attributes, one after another (RFC 4271 section 4.3). One
// of them may hold others (RFC 6368), but those no more.
func bgpAttribute(outer bool) layer.Field {
	values := []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.origin", Title: "Origin", Bits: 8, Enum: layer.Enum{0: "IGP", 1: "EGP", 2: "INCOMPLETE"}}}},
		{Of: []uint64{2}, Fields: bgpPath("u8(1) * 2 + 2 >= rest || u8(u8(1) * 2 + 2) >= 1 && u8(u8(1) * 2 + 2) <= 4 && u8(u8(1) * 2 + 3) > 0 ? 2 : 4")},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.next_hop", Title: "Next hop", Kind: layer.IPv4}}},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.multi_exit_disc", Title: "Multiple exit discriminator", Bits: 32}}},
		{Of: []uint64{5}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.local_pref", Title: "Local preference", Bits: 32, Default: 100}}},
		{Of: []uint64{6}},
		{Of: []uint64{7}, Fields: []layer.Field{{Kind: layer.Group, Switch: "rest", Cases: []layer.Case{
			{Of: []uint64{6}, Fields: bgpAggregator(16)}, {Of: []uint64{8}, Fields: bgpAggregator(32)},
		}}}},
		{Of: []uint64{8}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.communities", Title: "Communities", Kind: layer.Group, Len: "rest", Sub: []layer.Field{bgpCommunity}}}}, // RFC 1997
		{Of: []uint64{9}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.originator_id", Title: "Originator identifier", Kind: layer.IPv4}}},                                     // RFC 4456
		{Of: []uint64{10}, Fields: []layer.Field{{Name: "bgp.path_attribute.cluster_list", Title: "Cluster List", Kind: layer.Group, Len: "rest", Sub: []layer.Field{
			{Name: "bgp.path_attribute.cluster_id", Title: "Cluster ID", Kind: layer.IPv4, Repeat: "rest / 4"},
		}}}},
		{Of: []uint64{14}, Fields: bgpReach}, {Of: []uint64{15}, Fields: bgpUnreach},
		{Of: []uint64{16}, Fields: []layer.Field{{Name: "bgp.ext_communities", Title: "Carried extended communities", Kind: layer.Group, Len: "rest", Sub: []layer.Field{bgpExtended}}}},
		{Of: []uint64{17}, Fields: bgpPath("4")},
		{Of: []uint64{18}, Fields: bgpAggregator(32)}, // RFC 6793
		{Of: []uint64{22}, Fields: bgpProvider},
		{Of: []uint64{26}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.aigp", Title: "AIGP Attribute", Kind: layer.Group, Len: "rest", Sub: []layer.Field{ // RFC 7311
			{Name: "bgp.update.attribute.aigp.type", Title: "AIGP attribute type", Bits: 8, Default: 1},
			{Kind: layer.Group, When: "bgp.update.attribute.aigp.type == 1 && rest >= 10", Sub: []layer.Field{
				{Name: "bgp.update.attribute.aigp.length", Title: "AIGP TLV length", Bits: 16, Default: 11},
				{Name: "bgp.update.attribute.aigp.accu_igp_metric", Title: "AIGP Accumulated IGP Metric", Bits: 64},
			}},
		}}}},
		{Of: []uint64{32}, Fields: []layer.Field{{Name: "bgp.large_communities", Title: "Large Communities", Kind: layer.Group, Len: "12", Repeat: "rest / 12", Sub: []layer.Field{ // RFC 8092
			{Name: "bgp.large_communities.ga", Title: "Global Administrator", Bits: 32},
			{Name: "bgp.large_communities.ldp1", Title: "Local Data Part 1", Bits: 32},
			{Name: "bgp.large_communities.ldp2", Title: "Local Data Part 2", Bits: 32},
		}}}},
		{Of: []uint64{33}, Fields: bgpSecurity},
		{Fields: []layer.Field{{Name: "bgp.update.path_attributes.unknown", Title: "Unknown Path attributes", Kind: layer.Group, Len: "rest"}}},
	}
	if outer {
		values = append(values, layer.Case{Of: []uint64{128}, Fields: []layer.Field{
			{Name: "bgp.update.path_attribute.attr_set.origin_as", Title: "Origin AS", Bits: 32},
			{Name: "bgp.update.path_attributes", Title: "Path attributes", Kind: layer.Group, Len: "rest", Sub: []layer.Field{bgpAttribute(false)}},
		}})
	}
	return layer.Field{
		Name: "bgp.update.path_attribute", Alias: "path_attr", Title: "Path Attribute", Kind: layer.Group, Repeat: "*",
		Len: "(u8(0) & 16 ? u16(2) + 4 : u8(2) + 3) > rest ? rest : u8(0) & 16 ? u16(2) + 4 : u8(2) + 3",
		Sub: []layer.Field{
			{Name: "bgp.update.path_attribute.flags", Alias: "type_flags", Title: "Flags", Bits: 8, Base: layer.Hex, Default: 0x40, Sub: []layer.Field{
				{Name: "bgp.update.path_attribute.flags.optional", Title: "Optional", Bits: 1, Kind: layer.Bool},
				{Name: "bgp.update.path_attribute.flags.transitive", Title: "Transitive", Bits: 1, Kind: layer.Bool},
				{Name: "bgp.update.path_attribute.flags.partial", Title: "Partial", Bits: 1, Kind: layer.Bool},
				{Name: "bgp.update.path_attribute.flags.extended_length", Title: "Extended-Length", Bits: 1, Kind: layer.Bool},
				{Name: "bgp.update.path_attribute.flags.unused", Title: "Unused", Bits: 4, Base: layer.Hex},
			}},
			{Name: "bgp.update.path_attribute.type_code", Alias: "type_code", Title: "Type Code", Bits: 8, Enum: bgpAttributes},
			{Name: "bgp.update.path_attribute.length", Alias: "attr_len", Title: "Length", Bits: 8, Auto: "total - 3", When: "type_flags & 16 == 0"},
			{Name: "bgp.update.path_attribute.length", Alias: "attr_ext_len", Title: "Length", Bits: 16, Auto: "total - 4", When: "type_flags & 16"},
		},
		Switch: "type_code", Cases: values,
	}
}

// bgpPath is a path of systems (section 4.3, and RFC 6793 for those with numbers
// of four bytes). width says which it is: nothing in it does.
func bgpPath(width string) []layer.Field {
	return []layer.Field{
		{Alias: "width", Calc: width},
		{Name: "bgp.update.path_attribute.as_path_segment", Title: "AS Path segment", Kind: layer.Group, Repeat: "*", Len: "u8(1) * width + 2", Sub: []layer.Field{
			{Name: "bgp.update.path_attribute.as_path_segment.type", Title: "Segment type", Bits: 8, Default: 2, Enum: layer.Enum{1: "AS_SET", 2: "AS_SEQUENCE", 3: "AS_CONFED_SEQUENCE", 4: "AS_CONFED_SET"}},
			{Name: "bgp.update.path_attribute.as_path_segment.length", Alias: "segment_length", Title: "Segment length (number of ASN)", Bits: 8},
			{Name: "bgp.update.path_attribute.as_path_segment.as2", Title: "AS2", Bits: 16, Repeat: "segment_length", When: "width == 2"},
			{Name: "bgp.update.path_attribute.as_path_segment.as4", Title: "AS4", Bits: 32, Repeat: "segment_length", When: "width == 4"},
		}},
	}
}

func bgpAggregator(bits int) []layer.Field {
	return []layer.Field{
		{Name: "bgp.update.path_attribute.aggregator_as", Title: "Aggregator AS", Bits: bits},
		{Name: "bgp.update.path_attribute.aggregator_origin", Title: "Aggregator origin", Kind: layer.IPv4},
	}
}

var bgpCommunity = layer.Field{
	Name: "bgp.update.path_attribute.community", Title: "Community", Kind: layer.Group, Repeat: "rest / 4", Len: "4", Switch: "u16(0) == 0xFFFF", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.community_wellknown", Title: "Community Well-known", Bits: 32, Base: layer.Hex, Default: 0xFFFFFF01, Enum: layer.Enum{
			0xFFFF0000: "GRACEFUL_SHUTDOWN", 0xFFFF029A: "BLACKHOLE", 0xFFFFFF01: "NO_EXPORT", 0xFFFFFF02: "NO_ADVERTISE", 0xFFFFFF03: "NO_EXPORT_SUBCONFED", 0xFFFFFF04: "NOPEER",
		}}}},
		{Fields: []layer.Field{
			{Name: "bgp.update.path_attribute.community_as", Title: "Community AS", Bits: 16},
			{Name: "bgp.update.path_attribute.community_value", Title: "Community value", Bits: 16},
		}},
	},
}

// bgpReach and bgpUnreach are RFC 4760.
var bgpReach = []layer.Field{
	{Name: "bgp.update.path_attribute.mp_reach_nlri.afi", Alias: "afi", Title: "Address family identifier (AFI)", Bits: 16, Default: 1, Enum: bgpFamilies},
	{Name: "bgp.update.path_attribute.mp_reach_nlri.safi", Alias: "safi", Title: "Subsequent address family identifier (SAFI)", Bits: 8, Default: 1, Enum: bgpSubFamilies},
	{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop", Alias: "nh", Title: "Next hop", Kind: layer.Bytes, Len: "u8(0) + 1", Sub: []layer.Field{
		{Alias: "nh_addr_len", Bits: 8, Auto: "total - 1"},
		{Kind: layer.Group, When: "safi == 128 && (afi == 1 && nh_addr_len == 12 || afi == 2 && (nh_addr_len == 24 || nh_addr_len == 48))", Code: showDistinguisher, Sub: []layer.Field{
			{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.rd", Title: "Route Distinguisher", Kind: layer.String},
		}},
		{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv4", Title: "IPv4 Address", Kind: layer.IPv4, When: "(afi == 1 || afi == 25) && rest == 4"},
		{Kind: layer.Group, When: "(afi == 1 || afi == 2 || afi == 25) && rest >= 16", Sub: []layer.Field{
			{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6", Title: "IPv6 Address", Kind: layer.IPv6},
			{Name: "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv6.link_local", Title: "Link-local Address", Kind: layer.IPv6, When: "rest == 16"},
		}},
	}},
	{Name: "bgp.update.path_attribute.mp_reach_nlri.nbr_snpa", Alias: "snpas", Title: "Number of Subnetwork points of attachment (SNPA)", Bits: 8},
	{Kind: layer.Group, Repeat: "snpas", Sub: []layer.Field{
		{Name: "bgp.update.path_attribute.mp_reach_nlri.snpa_length", Alias: "snpalen", Title: "SNPA Length", Bits: 8},
		{Name: "bgp.update.path_attribute.mp_reach_nlri.snpa", Title: "SNPA", Kind: layer.Bytes, Len: "snpalen"},
	}},
	{Name: "bgp.update.path_attribute.mp_reach_nlri", Title: "Network Layer Reachability Information (NLRI)", Kind: layer.Group, Len: "rest", When: "rest > 0",
		Switch: "afi << 8 | safi", Cases: bgpNLRI("bgp.mp_reach_nlri_ipv4_prefix", "bgp.mp_reach_nlri_ipv6_prefix")},
}

var bgpUnreach = []layer.Field{
	{Name: "bgp.update.path_attribute.mp_unreach_nlri.afi", Alias: "afi", Title: "Address family identifier (AFI)", Bits: 16, Default: 1, Enum: bgpFamilies},
	{Name: "bgp.update.path_attribute.mp_unreach_nlri.safi", Alias: "safi", Title: "Subsequent address family identifier (SAFI)", Bits: 8, Default: 1, Enum: bgpSubFamilies},
	{Name: "bgp.update.path_attribute.mp_unreach_nlri", Title: "Withdrawn Routes", Kind: layer.Group, Len: "rest",
		Switch: "afi << 8 | safi", Cases: bgpNLRI("bgp.mp_unreach_nlri_ipv4_prefix", "bgp.mp_unreach_nlri_ipv6_prefix")},
}

func showDistinguisher(w *layer.Walker) {
	text := appendDistinguisher(w.Scratch(), be16(w.Rest()), w.Rest())
	if w.Emit(0, w.Offset(), 8, uint64(len(text)), text) {
		w.Move(8)
	}
}

// bgpNLRI are the routes of the families that are known, by family and the one
// below it.
func bgpNLRI(name4, name6 string) []layer.Case {
	return []layer.Case{
		{Of: []uint64{0x101, 0x102}, Fields: bgpPrefixes(32, bgpPrefix4(name4, "Prefix"))},
		{Of: []uint64{0x201, 0x202}, Fields: bgpPrefixes(128, bgpPrefix6(name6, "Prefix"))},
		{Of: []uint64{0x104}, Fields: bgpPrefixes(-1, bgpLabeled(false, name4, "Prefix", layer.IPv4))},
		{Of: []uint64{0x204}, Fields: bgpPrefixes(-1, bgpLabeled(false, name6, "Prefix", layer.IPv6))},
		{Of: []uint64{0x180}, Fields: bgpPrefixes(-1, bgpLabeled(true, name4, "Prefix", layer.IPv4))},
		{Of: []uint64{0x280}, Fields: bgpPrefixes(-1, bgpLabeled(true, name6, "Prefix", layer.IPv6))},
		{Of: []uint64{0x184}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Code: showTargets, Sub: []layer.Field{
			{Alias: "bits", Title: "Prefix Length", Bits: 8},
			{Name: "bgp.originating_as", Title: "Originating AS", Bits: 32},
			{Name: "bgp.community_prefix", Title: "Community Prefix", Kind: layer.String},
		}}}},
		{Of: []uint64{25<<8 | 70}, Fields: []layer.Field{bgpEthernet}},
	}
}

// bgpEthernet is RFC 7432 section 7, of which the route for an address is known.
var bgpEthernet = layer.Field{
	Name: "bgp.evpn.nlri", Title: "EVPN NLRI", Kind: layer.Group, Repeat: "*", Len: "u8(1) + 2", Sub: []layer.Field{
		{Name: "bgp.evpn.nlri.rt", Alias: "route", Title: "Route Type", Bits: 8, Default: 2, Enum: layer.Enum{
			1: "Ethernet AD Route", 2: "MAC Advertisement Route", 3: "Inclusive Multicast Route", 4: "Ethernet Segment Route", 5: "IP Prefix route",
		}},
		{Name: "bgp.evpn.nlri.len", Title: "Length", Bits: 8, Auto: "total - 2"},
		{Name: "bgp.evpn.nlri.rd", Title: "Route Distinguisher", Kind: layer.Bytes, Len: "8"},
	}, Switch: "route", Cases: []layer.Case{{Of: []uint64{2}, Fields: []layer.Field{
		{Name: "bgp.evpn.nlri.esi", Title: "ESI", Kind: layer.Bytes, Len: "10", Sub: []layer.Field{
			{Name: "bgp.evpn.nlri.esi.type", Alias: "esitype", Title: "ESI Type", Bits: 8},
			{Name: "bgp.evpn.nlri.esi.value", Title: "ESI Value", Kind: layer.Bytes, Len: "9"},
			{Name: "bgp.evpn.nlri.esi.type0", Title: "ESI 9 bytes value", Kind: layer.Bytes, At: "1", Len: "9", When: "esitype == 0"},
		}},
		{Name: "bgp.evpn.nlri.etag", Title: "Ethernet Tag ID", Bits: 32},
		{Name: "bgp.evpn.nlri.maclen", Title: "MAC Address Length", Bits: 8, Default: 48},
		{Name: "bgp.evpn.nlri.mac_addr", Title: "MAC Address", Kind: layer.MAC},
		{Name: "bgp.evpn.nlri.iplen", Alias: "iplen", Title: "IP Address Length", Bits: 8},
		{Name: "bgp.evpn.nlri.ip.addr", Title: "IPv4 address", Kind: layer.IPv4, When: "iplen == 32"},
		{Name: "bgp.evpn.nlri.ipv6.addr", Title: "IPv6 address", Kind: layer.IPv6, When: "iplen == 128"},
		{Name: "bgp.evpn.nlri.vni", Title: "VNI", Bits: 24},
	}}},
}

// bgpProvider is RFC 6514 section 5.
var bgpProvider = []layer.Field{
	{Name: "bgp.update.path_attribute.pmsi.tunnel.flags", Title: "Flags", Bits: 8},
	{Name: "bgp.update.path_attribute.pmsi.tunnel.type", Alias: "tunnel", Title: "Tunnel Type", Bits: 8, Enum: layer.Enum{
		0: "Type is not present", 1: "RSVP-TE P2MP LSP", 2: "mLDP P2MP LSP", 3: "PIM SSM Tree", 4: "PIM SM Tree", 5: "BIDIR-PIM Tree",
		6: "Ingress Replication", 7: "mLDP MP2MP LSP",
	}},
	{Bits: 24, Sub: []layer.Field{
		{Name: "bgp.update.path_attribute.mpls_label_value_20bits", Title: "MPLS Label", Bits: 20},
		{Bits: 4},
	}},
	{Name: "bgp.update.path_attribute.pmsi.tunnel.id", Title: "Tunnel ID", Kind: layer.Group, Len: "rest", When: "tunnel > 0", Switch: "tunnel", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "bgp.update.path_attribute.pmsi.rsvp.id", Title: "RSVP P2MP id", Kind: layer.IPv4},
			{Bits: 16},
			{Name: "bgp.update.path_attribute.pmsi.rsvp.tunnel_id", Title: "RSVP P2MP tunnel id", Bits: 16},
			{Name: "bgp.update.path_attribute.pmsi.rsvp.ext_tunnel_idv4", Title: "RSVP P2MP extended tunnel id", Kind: layer.IPv4},
		}},
		{Of: []uint64{6}, Fields: []layer.Field{{Name: "bgp.update.path_attribute.pmsi.ingress_rep_ip", Title: "Tunnel type ingress replication IP end point", Kind: layer.IPv4}}},
	}},
}

// bgpSecurity is BGPsec_PATH (RFC 8205 section 3): the systems of a path, and their
// signatures in one block or two.
var bgpSecurity = []layer.Field{
	{Name: "bgp.update.path_attribute.bgpsec.sp.length", Alias: "splen", Title: "Length", Bits: 16},
	{Kind: layer.Group, Repeat: "splen < 2 ? 0 : (splen - 2) / 6", Sub: []layer.Field{
		{Name: "bgp.update.path_attribute.bgpsec.sps.pcount", Title: "pCount", Bits: 8},
		{Name: "bgp.update.path_attribute.bgpsec.sps.flags", Title: "Flags", Bits: 8},
		{Name: "bgp.update.path_attribute.bgpsec.sps.as", Title: "AS Number", Bits: 32},
	}},
	{Kind: layer.Group, Repeat: "*", Len: "u16(0) < 3 ? rest + 1 : u16(0)", Sub: []layer.Field{
		{Name: "bgp.update.path_attribute.bgpsec.sb.length", Title: "Length", Bits: 16, Auto: "total"},
		{Name: "bgp.update.path_attribute.bgpsec.sb.algo_id", Title: "Algo ID", Bits: 8},
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "bgp.update.path_attribute.bgpsec.ss.ski", Title: "SKI", Kind: layer.Bytes, Len: "20"},
			{Name: "bgp.update.path_attribute.bgpsec.ss.length", Alias: "siglen", Title: "Length", Bits: 16},
			{Name: "bgp.update.path_attribute.bgpsec.ss.sig", Title: "Signature", Kind: layer.Bytes, Len: "siglen"},
		}},
	}},
}

// bgpAttributes are from IANA's registry of path attributes.
var bgpAttributes = layer.Enum{
	1: "ORIGIN", 2: "AS_PATH", 3: "NEXT_HOP", 4: "MULTI_EXIT_DISC", 5: "LOCAL_PREF", 6: "ATOMIC_AGGREGATE", 7: "AGGREGATOR", 8: "COMMUNITIES",
	9: "ORIGINATOR_ID", 10: "CLUSTER_LIST", 14: "MP_REACH_NLRI", 15: "MP_UNREACH_NLRI", 16: "EXTENDED_COMMUNITIES", 17: "AS4_PATH",
	18: "AS4_AGGREGATOR", 22: "PMSI_TUNNEL_ATTRIBUTE", 23: "TUNNEL_ENCAPSULATION_ATTRIBUTE", 26: "AIGP", 29: "BGP-LS Attribute",
	32: "LARGE_COMMUNITY", 33: "BGPsec_PATH", 35: "ONLY_TO_CUSTOMER", 40: "BGP Prefix-SID", 128: "ATTR_SET",
}
