package proto

import "github.com/netwright/netwright/packet/layer"

// ospfHeader2 and ospfHeader3 begin each link state (RFC 2328 appendix A.4.1 and
// RFC 5340 appendix A.4.2).
var (
	ospfHeader2 = []layer.Field{
		{Bits: 16, Sub: []layer.Field{
			{Name: "ospf.lsa.donotage", Title: "Do Not Age Flag", Bits: 1, Kind: layer.Bool},
			{Name: "ospf.lsa.age", Alias: "age", Title: "LS Age (seconds)", Bits: 15},
		}},
		ospfOptions2,
		{Name: "ospf.lsa", Alias: "lstype", Title: "LS Type", Bits: 8, Default: 1, Enum: ospfTypes},
		{Alias: "opaque", Calc: "u8(0)"},
		{Kind: layer.Group, Switch: "lstype >= 9 && lstype <= 11 ? 1 + (opaque == 1) : 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{{Name: "ospf.lsa.id", Alias: "id", Title: "Link State ID", Kind: layer.IPv4}}},
			{Of: []uint64{1}, Fields: []layer.Field{ // RFC 5250
				{Name: "ospf.lsid_opaque_type", Title: "Link State ID Opaque Type", Bits: 8, Enum: ospfOpaque},
				{Name: "ospf.lsid.opaque_id", Title: "Link State ID Opaque ID", Bits: 24},
			}},
			{Of: []uint64{2}, Fields: []layer.Field{ // RFC 3630
				{Name: "ospf.lsid_opaque_type", Title: "Link State ID Opaque Type", Bits: 8, Enum: ospfOpaque},
				{Name: "ospf.lsid_te_lsa.reserved", Title: "Link State ID TE-LSA Reserved", Bits: 8},
				{Name: "ospf.lsid_te_lsa.instance", Title: "Link State ID TE-LSA Instance", Bits: 16},
			}},
		}},
		{Name: "ospf.advrouter", Alias: "adrouter", Title: "Advertising Router", Kind: layer.IPv4},
		{Name: "ospf.lsa.seqnum", Alias: "lsseq", Title: "Sequence Number", Bits: 32, Base: layer.Hex, Default: 0x80000001},
		{Name: "ospf.lsa.chksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
		{Name: "ospf.lsa.length", Alias: "lslen", Title: "Length", Bits: 16, Auto: "total"},
	}
	ospfHeader3 = []layer.Field{
		{Bits: 16, Sub: []layer.Field{
			{Name: "ospf.v3.lsa.do_not_age", Title: "Do Not Age", Bits: 1, Kind: layer.Bool},
			{Name: "ospf.lsa.age", Alias: "age", Title: "LS Age (seconds)", Bits: 15},
		}},
		ospfType3,
		{Name: "ospf.link_state_id", Alias: "id", Title: "Link State ID", Kind: layer.IPv4},
		{Name: "ospf.advrouter", Alias: "adrouter", Title: "Advertising Router", Kind: layer.IPv4},
		{Name: "ospf.lsa.seqnum", Alias: "lsseq", Title: "Sequence Number", Bits: 32, Base: layer.Hex, Default: 0x80000001},
		{Name: "ospf.lsa.chksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
		{Name: "ospf.lsa.length", Alias: "lslen", Title: "Length", Bits: 16, Auto: "total"},
	}
)

var ospfTypes = layer.Enum{
	1: "Router-LSA", 2: "Network-LSA", 3: "Summary-LSA (IP network)", 4: "Summary-LSA (ASBR)", 5: "AS-External-LSA (ASBR)", 6: "Group Membership LSA",
	7: "NSSA AS-External-LSA", 9: "Opaque LSA, Link-local scope", 10: "Opaque LSA, Area-local scope", 11: "Opaque LSA, AS-wide scope",
}

var ospfOpaque = layer.Enum{1: "Traffic Engineering LSA", 3: "Grace-LSA", 4: "Router Information (RI)", 7: "OSPFv2 Extended Prefix Opaque LSA", 8: "OSPFv2 Extended Link Opaque LSA"}

// ospfStates2 is RFC 2328 appendix A.4, and opaque ones.
var ospfStates2 = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{
		ospfFlags("ospf.v2.router.lsa.flags", "", "Flags", 8, "h", "", "", "n", "w", "v", "e", "b"),
		{Bits: 8},
		{Name: "ospf.lsa.number_of_links", Alias: "linkcount", Title: "Number of Links", Bits: 16},
		{Kind: layer.Group, Alias: "linklist", Repeat: "linkcount", Sub: []layer.Field{
			{Name: "ospf.lsa.router.linkid", Title: "Link ID", Kind: layer.IPv4},
			{Name: "ospf.lsa.router.linkdata", Title: "Link Data", Kind: layer.IPv4},
			{Name: "ospf.lsa.router.linktype", Title: "Link Type", Bits: 8, Default: 3, Enum: layer.Enum{
				1: "Point-to-point connection to another router", 2: "Connection to a transit network", 3: "Connection to a stub network", 4: "Virtual link",
			}},
			{Name: "ospf.lsa.router.nummetrics", Alias: "toscount", Title: "Number of Metrics", Bits: 8},
			{Name: "ospf.lsa.router.metric0", Title: "0 Metric", Bits: 16},
			{Kind: layer.Group, Repeat: "toscount", Sub: []layer.Field{
				{Name: "ospf.lsa.tos", Title: "TOS", Bits: 8},
				{Bits: 8},
				{Name: "ospf.metric", Title: "Metric", Bits: 16},
			}},
		}},
	}},
	{Of: []uint64{2}, Fields: []layer.Field{
		{Name: "ospf.lsa.network.netmask", Title: "Netmask", Kind: layer.IPv4},
		{Name: "ospf.lsa.network.attchrtr", Title: "Attached Router", Kind: layer.IPv4, Repeat: "rest / 4"},
	}},
	{Of: []uint64{3, 4}, Fields: []layer.Field{
		{Name: "ospf.lsa.asext.netmask", Title: "Netmask", Kind: layer.IPv4},
		{Kind: layer.Group, Repeat: "rest / 4", Sub: []layer.Field{
			{Name: "ospf.lsa.tos", Title: "TOS", Bits: 8},
			{Name: "ospf.metric", Title: "Metric", Bits: 24},
		}},
	}},
	{Of: []uint64{5, 7}, Fields: []layer.Field{
		{Name: "ospf.lsa.asext.netmask", Title: "Netmask", Kind: layer.IPv4},
		{Kind: layer.Group, Repeat: "rest / 12", Sub: []layer.Field{
			{Bits: 8, Sub: []layer.Field{
				{Name: "ospf.lsa.asext.type", Title: "External Type", Bits: 1, Kind: layer.Bool},
				{Name: "ospf.lsa.tos", Title: "TOS", Bits: 7},
			}},
			{Name: "ospf.metric", Title: "Metric", Bits: 24, Default: 20},
			{Name: "ospf.lsa.asext.fwdaddr", Title: "Forwarding Address", Kind: layer.IPv4},
			{Name: "ospf.lsa.asext.extrttag", Title: "External Route Tag", Bits: 32},
		}},
	}},
	{Of: []uint64{9, 10, 11}, Fields: []layer.Field{{Kind: layer.Group, Switch: "opaque", Cases: ospfOpaques}}},
}

// ospfStates3 is RFC 5340 appendix A.4, by function code.
var ospfStates3 = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{
		ospfFlags("ospf.v3.router.lsa.flags", "", "Flags", 8, "w", "v", "e", "b"),
		ospfOptions3,
		{Kind: layer.Group, Alias: "linklist", Repeat: "rest / 16", Sub: []layer.Field{
			{Name: "ospf.v3.lsa.type", Title: "Type", Bits: 8, Default: 1, Enum: layer.Enum{
				1: "Point-to-point connection to another router", 2: "Connection to a transit network", 4: "Virtual link",
			}},
			ospfReserved(1),
			{Name: "ospf.metric", Title: "Metric", Bits: 16},
			{Name: "ospf.v3.lsa.interface_id", Title: "Interface ID", Bits: 32},
			{Name: "ospf.v3.lsa.neighbor_interface_id", Title: "Neighbor Interface ID", Bits: 32},
			{Name: "ospf.v3.lsa.neighbor_router_id", Title: "Neighbor Router ID", Kind: layer.IPv4},
		}},
	}},
	{Of: []uint64{2}, Fields: []layer.Field{
		ospfReserved(1),
		ospfOptions3,
		{Name: "ospf.v3.lsa.attached_router", Title: "Attached Router", Kind: layer.IPv4, Repeat: "rest / 4"},
	}},
	{Of: []uint64{3}, Fields: []layer.Field{
		ospfReserved(1),
		{Name: "ospf.metric", Title: "Metric", Bits: 24},
		ospfPrefixLength, ospfPrefixOptions, ospfReserved(2), ospfPrefix,
	}},
	{Of: []uint64{4}, Fields: []layer.Field{
		ospfReserved(1),
		ospfOptions3,
		ospfReserved(1),
		{Name: "ospf.metric", Title: "Metric", Bits: 24},
		{Name: "ospf.v3.lsa.destination_router_id", Title: "Destination Router ID", Kind: layer.IPv4},
	}},
	{Of: []uint64{5, 7}, Fields: []layer.Field{
		ospfFlags("ospf.v3.as.external.flags", "eflags", "Flags", 8, "e", "f", "t"),
		{Name: "ospf.metric", Title: "Metric", Bits: 24},
		ospfPrefixLength, ospfPrefixOptions,
		{Name: "ospf.v3.lsa.referenced_ls_type", Alias: "reftype", Title: "Referenced LS type", Bits: 16, Base: layer.Hex},
		ospfPrefix,
		{Name: "ospf.v3.lsa.forwarding_address.ipv6", Title: "Forwarding Address", Kind: layer.IPv6, When: "eflags & 2"},
		{Name: "ospf.v3.lsa.external_route_tag", Title: "External Route Tag", Bits: 32, When: "eflags & 1"},
		{Name: "ospf.v3.lsa.referenced_link_state_id", Title: "Referenced Link State ID", Kind: layer.IPv4, When: "reftype"},
	}},
	{Of: []uint64{8}, Fields: []layer.Field{
		{Name: "ospf.v3.lsa.router_priority", Title: "Router Priority", Bits: 8},
		ospfOptions3,
		{Name: "ospf.v3.lsa.link_local_interface_address.ipv6", Title: "Link-local Interface Address", Kind: layer.IPv6},
		{Name: "ospf.v3.lsa.num_prefixes", Alias: "prefixes", Title: "# prefixes", Bits: 32},
		{Kind: layer.Group, Repeat: "prefixes", Sub: []layer.Field{ospfPrefixLength, ospfPrefixOptions, ospfReserved(2), ospfPrefix}},
	}},
	{Of: []uint64{9}, Fields: []layer.Field{
		{Name: "ospf.v3.lsa.num_prefixes", Alias: "prefixes", Title: "# prefixes", Bits: 16},
		{Name: "ospf.v3.lsa.referenced_ls_type", Title: "Referenced LS type", Bits: 16, Base: layer.Hex, Default: 0x2001},
		{Name: "ospf.v3.lsa.referenced_link_state_id", Title: "Referenced Link State ID", Kind: layer.IPv4},
		{Name: "ospf.v3.lsa.referenced_advertising_router", Title: "Referenced Advertising Router", Kind: layer.IPv4},
		{Kind: layer.Group, Repeat: "prefixes", Sub: []layer.Field{
			ospfPrefixLength, ospfPrefixOptions,
			{Name: "ospf.metric", Title: "Metric", Bits: 16},
			ospfPrefix,
		}},
	}},
}

// A prefix takes as many words of 32 bits as its length needs (RFC 5340 appendix
// A.4.1).
var (
	ospfPrefixLength  = layer.Field{Name: "ospf.prefix_length", Alias: "bits", Title: "PrefixLength", Bits: 8, Default: 64}
	ospfPrefixOptions = ospfFlags("ospf.v3.prefix.options", "", "PrefixOptions", 8, "p", "mc", "la", "nu")
	ospfPrefix        = layer.Field{Kind: layer.Group, Len: "(bits + 31) / 32 * 4", Code: showOSPFPrefix, Sub: []layer.Field{
		{Name: "ospf.v3.address_prefix.ipv6", Title: "Address Prefix", Kind: layer.IPv6},
	}}
)

func showOSPFPrefix(w *layer.Walker) {
	b := w.Rest()
	if len(b) > 16 {
		w.Fail("a prefix is longer than an address")
		return
	}
	addr := append(w.Scratch(), b...)
	for len(addr) < 16 {
		addr = append(addr, 0)
	}
	w.Emit(0, w.Offset(), len(b), 16, addr)
}
