package proto

import "github.com/netwright/netwright/packet/layer"

// ospfOpaques are what opaque link states hold, by the type that their identifier
// begins with: TLVs, some of which hold others.
var ospfOpaques = []layer.Case{
	{Of: []uint64{1}, Fields: ospfTLVs("ospf.tlv_type", layer.Enum{1: "Router Address", 2: "Link"}, // RFC 3630
		layer.Case{Of: []uint64{1}, Fields: []layer.Field{{Name: "ospf.mpls.routerid", Title: "MPLS/TE Router ID", Kind: layer.IPv4}}},
		layer.Case{Of: []uint64{2}, Fields: ospfTLVs("ospf.tlv_type", nil, ospfLink...)},
	)},
	{Of: []uint64{3}, Fields: []layer.Field{{Name: "ospf.v2.grace", Title: "Grace TLV", Kind: layer.Group, Repeat: "*", Len: ospfPadded, Sub: []layer.Field{ // RFC 3623
		{Name: "ospf.tlv_type", Alias: "tlvtype", Title: "TLV Type", Bits: 16},
		{Name: "ospf.tlv_length", Title: "TLV Length", Bits: 16},
	}, Switch: "tlvtype", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "ospf.v2.grace.period", Title: "Grace Period", Bits: 32}}},
		{Of: []uint64{2}, Fields: []layer.Field{
			{Name: "ospf.v2.grace.reason", Title: "Restart Reason", Bits: 8, Enum: layer.Enum{0: "Unknown", 1: "Software Restart", 2: "Software Reload/Upgrade", 3: "Processor Switchover"}},
			{Name: "ospf.pad_bytes", Title: "Pad Bytes", Kind: layer.Bytes, Len: "3"},
		}},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "ospf.v2.grace.ip", Title: "Restart IP", Kind: layer.IPv4}}},
	}}}},
	{Of: []uint64{4}, Fields: ospfTLVs("ospf.tlv_type.opaque", nil, // RFC 7770, RFC 8665
		layer.Case{Of: []uint64{7}, Fields: []layer.Field{{Name: "ospf.dynhostname", Title: "Dynamic Hostname", Kind: layer.String, Len: "tlvlen"}}},
		layer.Case{Of: []uint64{8}, Fields: []layer.Field{{Name: "ospf.lsa_sa", Title: "SR-Algorithm", Bits: 8, Repeat: "tlvlen"}}},
		layer.Case{Of: []uint64{9, 14}, Fields: append([]layer.Field{
			{Name: "ospf.tlv.range_size", Title: "Range Size", Bits: 24},
			ospfReserved(1),
		}, ospfTLVs("ospf.tlv.sidlabel_range.type", nil,
			layer.Case{Of: []uint64{1}, Fields: []layer.Field{{Name: "ospf.tlv.sid_label", Title: "SID/Label", Kind: layer.Uint, Len: "tlvlen > 3 ? 4 : 3"}}},
		)...)},
		layer.Case{Of: []uint64{15}, Fields: []layer.Field{
			{Name: "ospf.tlv.preference", Title: "Preference", Bits: 8},
			ospfReserved(3),
		}},
	)},
	{Of: []uint64{7}, Fields: ospfTLVs("ospf.tlv.extpfx.tlv_type", layer.Enum{1: "OSPFv2 Extended Prefix", 2: "OSPFv2 Extended Prefix Range"}, // RFC 7684
		layer.Case{Of: []uint64{1}, Fields: append([]layer.Field{
			{Name: "ospf.tlv.extpfx.rotuetype", Title: "Route Type", Bits: 8},
			{Name: "ospf.prefix_length", Title: "PrefixLength", Bits: 8},
			{Name: "ospf.tlv.extpfx.af", Title: "Address Family", Bits: 8},
			ospfFlags("ospf.tlv.extpfx.flags", "", "Flags", 8, "a", "n", "", "", "", "", "", ""),
			{Name: "ospf.v3.address_prefix.ipv4", Title: "Address Prefix", Kind: layer.IPv4},
		}, ospfTLVs("ospf.tlv.extpfx.subtlv_type", nil, ospfSegments)...)},
		layer.Case{Of: []uint64{2}, Fields: append([]layer.Field{
			{Name: "ospf.prefix_length", Title: "PrefixLength", Bits: 8},
			{Name: "ospf.tlv.extpfx.af", Title: "Address Family", Bits: 8},
			{Name: "ospf.tlv.range_size", Title: "Range Size", Bits: 16},
			ospfFlags("ospf.tlv.extpfx_range.flags", "", "Flags", 8, "ia", "", "", "", "", "", "", ""),
			ospfReserved(3),
			{Name: "ospf.v3.address_prefix.ipv4", Title: "Address Prefix", Kind: layer.IPv4},
		}, ospfTLVs("ospf.tlv.extpfx.subtlv_type", nil, ospfSegments)...)},
	)},
}

// ospfPadded is the length of a TLV with what fills it up to words.
const ospfPadded = "(u16(2) + 3 & ~3) + 4 > rest ? rest : (u16(2) + 3 & ~3) + 4"

// ospfTLVs are TLVs one after another, whose type has a name of its own in each
// place.
func ospfTLVs(name string, types layer.Enum, values ...layer.Case) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Alias: "tlvs", Repeat: "*", Len: ospfPadded, Sub: []layer.Field{
		{Name: name, Alias: "tlvtype", Title: "TLV Type", Bits: 16, Enum: types},
		{Name: "ospf.tlv_length", Alias: "tlvlen", Title: "TLV Length", Bits: 16},
	}, Switch: "tlvtype", Cases: values}}
}

// ospfSegments is the identifier of a prefix's segment (RFC 8665 section 5).
var ospfSegments = layer.Case{Of: []uint64{2}, Fields: []layer.Field{
	ospfFlags("ospf.tlv.pfxsid.flags", "", "Flags", 8, "", "np", "m", "e", "v", "l", "", ""),
	ospfReserved(1),
	{Name: "ospf.tlv.extlink.mt_id", Title: "Multi-Topology ID", Bits: 8},
	{Name: "ospf.lsa_sa", Title: "SR-Algorithm", Bits: 8},
	{Name: "ospf.tlv.sid_label", Title: "SID/Label", Kind: layer.Uint, Len: "tlvlen > 7 ? 4 : 3"},
}}

// ospfLink is RFC 3630 section 2.5, with the switching of RFC 4203.
var ospfLink = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Name: "ospf.mpls.linktype", Title: "MPLS/TE Link Type", Bits: 8, Enum: layer.Enum{1: "Point-to-point", 2: "Multi-access"}}}},
	{Of: []uint64{2}, Fields: []layer.Field{{Name: "ospf.mpls.linkid", Title: "MPLS/TE Link ID", Kind: layer.IPv4}}},
	{Of: []uint64{3}, Fields: []layer.Field{{Name: "ospf.mpls.local_addr", Title: "MPLS/TE Local Interface Address", Kind: layer.IPv4, Repeat: "rest / 4"}}},
	{Of: []uint64{4}, Fields: []layer.Field{{Name: "ospf.mpls.remote_addr", Title: "MPLS/TE Remote Interface Address", Kind: layer.IPv4, Repeat: "rest / 4"}}},
	{Of: []uint64{5}, Fields: []layer.Field{{Name: "ospf.mpls.te_metric", Title: "MPLS/TE Metric", Bits: 32}}},
	{Of: []uint64{6, 7}, Fields: []layer.Field{{Name: "ospf.mpls.link_max_bw", Title: "Link Max BW", Bits: 32, Kind: layer.Float}}},
	{Of: []uint64{8}, Fields: []layer.Field{{Name: "ospf.mpls.pri", Title: "Pri (or TE-Class)", Bits: 32, Kind: layer.Float, Repeat: "rest / 4"}}},
	{Of: []uint64{9}, Fields: []layer.Field{{Name: "ospf.mpls.linkcolor", Title: "MPLS/TE Link Resource Class/Color", Bits: 32, Base: layer.Hex}}},
	{Of: []uint64{15}, Fields: []layer.Field{
		{Name: "ospf.mpls.switching_type", Alias: "switching", Title: "MPLS/TE Switching Type", Bits: 8},
		{Name: "ospf.mpls.encoding", Title: "MPLS/TE Encoding", Bits: 8},
		{Bits: 16},
		{Name: "ospf.mpls.pri", Title: "Pri (or TE-Class)", Bits: 32, Kind: layer.Float, Repeat: "8"},
		{Kind: layer.Group, When: "switching >= 1 && switching <= 4 && rest >= 6", Sub: []layer.Field{
			{Name: "ospf.mpls.minimum_lsp_bandwidth", Title: "Minimum LSP bandwidth", Bits: 32, Kind: layer.Float},
			{Name: "ospf.mpls.interface_mtu", Title: "Interface MTU", Bits: 16},
		}},
	}},
	{Of: []uint64{17}, Fields: []layer.Field{{Name: "ospf.mpls.bc.model_id", Title: "MPLS/DSTE Bandwidth Constraints Model Id", Bits: 8}}}, // RFC 4124
}
