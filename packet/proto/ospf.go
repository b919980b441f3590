package proto

import (
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// ospf is versions 2 and 3, which differ in their headers and in what addresses
// are. Behind the packet, and not part of its length, may come a digest, a block
// of link-local signalling (RFC 5613) and an authentication trailer (RFC 7166).
var ospf = &layer.Proto{
	Name: "ospf", Title: "Open Shortest Path First", Alias: []string{"OSPF", "OSPF_Hdr", "OSPFv3_Hdr"}, Spec: "RFC 2328 appendix A, RFC 5340 appendix A",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{89}}},
	Fields: []layer.Field{
		{Alias: "three", Calc: "u8(0) == 3"},
		{Alias: "signalled", Calc: "three ? u8(1) == 1 && u8(22) & 2 || u8(1) == 2 && u8(18) & 2 : u8(1) == 1 && u8(30) & 16 || u8(1) == 2 && u8(26) & 16"},
		{Alias: "trailed", Calc: "three && (u8(1) == 1 && u8(22) & 4 || u8(1) == 2 && u8(18) & 4)"},
		{Alias: "body", Calc: "u16(2) - (three ? 16 : 24)"},
		{Name: "ospf.header", Title: "OSPF Header", Kind: layer.Group, Sub: []layer.Field{
			{Name: "ospf.version", Alias: "version", Title: "Version", Bits: 8, Default: 2},
			{Name: "ospf.msg", Alias: "type", Title: "Message Type", Bits: 8, Default: 1, Enum: layer.Enum{1: "Hello Packet", 2: "DB Description", 3: "LS Request", 4: "LS Update", 5: "LS Acknowledge"}},
			{Name: "ospf.packet_length", Alias: "len", Title: "Packet Length", Bits: 16, Auto: "total"},
			{Name: "ospf.srcrouter", Alias: "src", Title: "Source OSPF Router", Kind: layer.IPv4},
			{Name: "ospf.area_id", Alias: "area", Title: "Area ID", Kind: layer.IPv4},
			{Name: "ospf.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
			{Kind: layer.Group, When: "version == 2", Sub: []layer.Field{
				{Name: "ospf.auth.type", Alias: "authtype", Title: "Auth Type", Bits: 16, Enum: layer.Enum{0: "Null", 1: "Simple password", 2: "Cryptographic"}},
				{Alias: "digest", Calc: "authtype == 2 ? u8(3) : 0"},
			}, Switch: "authtype", Cases: []layer.Case{
				{Of: []uint64{0}, Fields: []layer.Field{{Name: "ospf.auth.none", Alias: "authdata", Title: "Auth Data (none)", Kind: layer.Bytes, Len: "8"}}},
				{Of: []uint64{1}, Fields: []layer.Field{{Name: "ospf.auth.simple", Title: "Auth Data (Simple)", Kind: layer.String, Len: "8"}}},
				{Of: []uint64{2}, Fields: []layer.Field{
					{Bits: 16},
					{Name: "ospf.auth.crypt.key_id", Alias: "keyid", Title: "Auth Crypt Key id", Bits: 8},
					{Name: "ospf.auth.crypt.data_length", Title: "Auth Crypt Data Length", Bits: 8},
					{Name: "ospf.auth.crypt.seq_nbr", Alias: "seq", Title: "Auth Crypt Sequence Number", Bits: 32},
				}},
				{Fields: []layer.Field{{Kind: layer.Bytes, Alias: "authdata", Len: "8"}}},
			}},
			{Kind: layer.Group, When: "version == 3", Sub: []layer.Field{
				{Name: "ospf.instance_id", Alias: "instance", Title: "Instance ID", Bits: 8},
				{Name: "ospf.reserved", Alias: "reserved", Title: "Reserved", Kind: layer.Bytes, Len: "1"},
			}},
		}},
		{Kind: layer.Group, Len: "body < 0 ? 0 : body > rest ? rest : body", Switch: "msg << 4 | version", Cases: ospfMessages},
		{Name: "ospf.auth.crypt.data", Title: "Auth Crypt Data", Kind: layer.Bytes, Len: "digest", When: "digest > 0"},
		{Kind: layer.Group, When: "signalled && rest >= 4", Len: "u16(2) < 1 ? 4 : u16(2) * 4", Sub: ospfSignalling},
		{Name: "ospf.at", Title: "OSPFv3 Authentication Trailer", Kind: layer.Group, Len: "u16(2)", When: "trailed && rest >= 16 && u16(2) >= 16", Sub: []layer.Field{
			{Name: "ospf.at.auth_type", Title: "Authentication Type", Bits: 16},
			{Name: "ospf.at.auth_data_len", Title: "Authentication Data Length", Bits: 16},
			{Name: "ospf.at.reserved", Title: "Reserved", Bits: 16, Base: layer.Hex},
			{Name: "ospf.at.sa_id", Title: "Security Association Identifier (SA ID)", Bits: 16, Base: layer.Hex},
			{Name: "ospf.at.crypto_seq_nbr", Title: "Cryptographic Sequence Number", Bits: 64},
			{Name: "ospf.at.auth_data", Title: "Authentication Data", Kind: layer.Bytes},
		}},
	},
	Summary: "v${version} ${type} from ${src}",
}

// ospfMessages are by type and version.
var ospfMessages = []layer.Case{
	{Of: []uint64{0x12}, Fields: []layer.Field{{Name: "ospf.hello", Title: "OSPF Hello Packet", Kind: layer.Group, Len: "rest", Sub: []layer.Field{
		{Name: "ospf.hello.network_mask", Alias: "mask", Title: "Network Mask", Kind: layer.IPv4, Default: 0xFFFFFF00},
		{Name: "ospf.hello.hello_interval", Alias: "hellointerval", Title: "Hello Interval", Bits: 16, Default: 10},
		ospfOptions2,
		{Name: "ospf.hello.router_priority", Alias: "prio", Title: "Router Priority", Bits: 8, Default: 1},
		{Name: "ospf.hello.router_dead_interval", Alias: "deadinterval", Title: "Router Dead Interval", Bits: 32, Default: 40},
		{Name: "ospf.hello.designated_router", Alias: "router", Title: "Designated Router", Kind: layer.IPv4},
		{Name: "ospf.hello.backup_designated_router", Alias: "backup", Title: "Backup Designated Router", Kind: layer.IPv4},
		{Name: "ospf.hello.active_neighbor", Alias: "neighbors", Title: "Active Neighbor", Kind: layer.IPv4, Repeat: "rest / 4"},
	}}}},
	{Of: []uint64{0x13}, Fields: []layer.Field{{Name: "ospf.hello", Title: "OSPF Hello Packet", Kind: layer.Group, Len: "rest", Sub: []layer.Field{
		{Name: "ospf.hello.interface_id", Alias: "intid", Title: "Interface ID", Bits: 32},
		{Name: "ospf.hello.router_priority", Alias: "prio", Title: "Router Priority", Bits: 8, Default: 1},
		ospfOptions3,
		{Name: "ospf.hello.hello_interval", Alias: "hellointerval", Title: "Hello Interval", Bits: 16, Default: 10},
		{Name: "ospf.hello.router_dead_interval", Alias: "deadinterval", Title: "Router Dead Interval", Bits: 16, Default: 40},
		{Name: "ospf.hello.designated_router", Alias: "router", Title: "Designated Router", Kind: layer.IPv4},
		{Name: "ospf.hello.backup_designated_router", Alias: "backup", Title: "Backup Designated Router", Kind: layer.IPv4},
		{Name: "ospf.hello.active_neighbor", Alias: "neighbors", Title: "Active Neighbor", Kind: layer.IPv4, Repeat: "rest / 4"},
	}}}},
	{Of: []uint64{0x22}, Fields: []layer.Field{
		{Name: "ospf.db.interface_mtu", Alias: "mtu", Title: "Interface MTU", Bits: 16, Default: 1500},
		ospfOptions2,
		ospfDescription,
		{Name: "ospf.db.dd_sequence", Alias: "ddseq", Title: "DD Sequence", Bits: 32},
		{Kind: layer.Group, Alias: "lsaheaders", Repeat: "rest / 20", Sub: ospfHeader2},
	}},
	{Of: []uint64{0x23}, Fields: []layer.Field{
		ospfReserved(1),
		ospfOptions3,
		{Name: "ospf.db.interface_mtu", Alias: "mtu", Title: "Interface MTU", Bits: 16, Default: 1500},
		ospfReserved(1),
		ospfDescription,
		{Name: "ospf.db.dd_sequence", Alias: "ddseq", Title: "DD Sequence", Bits: 32},
		{Kind: layer.Group, Alias: "lsaheaders", Repeat: "rest / 20", Sub: ospfHeader3},
	}},
	{Of: []uint64{0x32}, Fields: []layer.Field{{Kind: layer.Group, Alias: "requests", Repeat: "rest / 12", Sub: []layer.Field{
		{Name: "ospf.lsa", Alias: "lstype", Title: "LS Type", Bits: 32, Default: 1, Enum: ospfTypes},
		{Name: "ospf.link_state_id", Alias: "id", Title: "Link State ID", Kind: layer.IPv4},
		{Name: "ospf.advrouter", Alias: "adrouter", Title: "Advertising Router", Kind: layer.IPv4},
	}}}},
	{Of: []uint64{0x33}, Fields: []layer.Field{{Kind: layer.Group, Alias: "requests", Repeat: "rest / 12", Sub: []layer.Field{
		ospfReserved(2),
		ospfType3,
		{Name: "ospf.link_state_id", Alias: "id", Title: "Link State ID", Kind: layer.IPv4},
		{Name: "ospf.advrouter", Alias: "adrouter", Title: "Advertising Router", Kind: layer.IPv4},
	}}}},
	{Of: []uint64{0x42}, Fields: []layer.Field{
		{Name: "ospf.ls.number_of_lsas", Alias: "lsacount", Title: "Number of LSAs", Bits: 32},
		{Kind: layer.Group, Alias: "lsalist", Repeat: "lsacount", Len: "u16(18) < 20 ? 20 : u16(18)", Sub: append(slices.Clip(ospfHeader2),
			layer.Field{Kind: layer.Group, Switch: "lstype", Cases: ospfStates2})},
	}},
	{Of: []uint64{0x43}, Fields: []layer.Field{
		{Name: "ospf.ls.number_of_lsas", Alias: "lsacount", Title: "Number of LSAs", Bits: 32},
		{Kind: layer.Group, Alias: "lsalist", Repeat: "lsacount", Len: "u16(18) < 20 ? 20 : u16(18)", Sub: append(slices.Clip(ospfHeader3),
			layer.Field{Kind: layer.Group, Switch: "lstype & 0x1FFF", Cases: ospfStates3})},
	}},
	{Of: []uint64{0x52}, Fields: []layer.Field{{Kind: layer.Group, Alias: "lsaheaders", Repeat: "rest / 20", Sub: ospfHeader2}}},
	{Of: []uint64{0x53}, Fields: []layer.Field{{Kind: layer.Group, Alias: "lsaheaders", Repeat: "rest / 20", Sub: ospfHeader3}}},
}

func ospfReserved(size int) layer.Field {
	return layer.Field{Name: "ospf.reserved", Title: "Reserved", Kind: layer.Bytes, Len: string(rune('0' + size))}
}

// ospfFlags are flags of which some bits have no name, from the most significant
// on.
func ospfFlags(name, alias, title string, bits int, flags ...string) layer.Field {
	f := layer.Field{Name: name, Alias: alias, Title: title, Bits: bits, Base: layer.Hex}
	for _, flag := range flags {
		bit := layer.Field{Bits: 1}
		if flag != "" {
			bit = layer.Field{Name: name + "." + flag, Title: flag, Bits: 1, Kind: layer.Bool}
		}
		f.Sub = append(f.Sub, bit)
	}
	if spare := bits - len(flags); spare > 0 {
		f.Sub = append([]layer.Field{{Bits: spare}}, f.Sub...)
	}
	return f
}

var (
	ospfOptions2    = ospfFlags("ospf.v2.options", "options", "Options", 8, "dn", "o", "dc", "l", "n", "mc", "e", "mt")
	ospfOptions3    = ospfFlags("ospf.v3.options", "options", "Options", 24, "at", "l", "af", "", "", "dc", "r", "n", "mc", "e", "v6")
	ospfDescription = ospfFlags("ospf.dbd", "dbdescr", "DB Description", 8, "r", "i", "m", "ms")
)

// ospfType3 is the type of a link state in version 3: who floods it, how far it
// goes, and what it says (RFC 5340 appendix A.4.2.1).
var ospfType3 = layer.Field{Name: "ospf.v3.lsa", Alias: "lstype", Title: "LS Type", Bits: 16, Base: layer.Hex, Default: 0x2001, Sub: []layer.Field{
	{Name: "ospf.v3.lsa.u", Title: "LSA Handling", Bits: 1, Kind: layer.Bool},
	{Name: "ospf.v3.lsa.s12", Title: "Flooding Scope", Bits: 2, Base: layer.Hex, Enum: layer.Enum{0: "Link-Local Scoping", 1: "Area Scoping", 2: "AS Scoping"}},
	{Name: "ospf.v3.lsa.fc", Title: "Function Code", Bits: 13, Enum: layer.Enum{
		1: "Router-LSA", 2: "Network-LSA", 3: "Inter-Area-Prefix-LSA", 4: "Inter-Area-Router-LSA", 5: "AS-External-LSA", 7: "NSSA-LSA",
		8: "Link-LSA", 9: "Intra-Area-Prefix-LSA", 11: "Grace-LSA", 12: "Router Information Opaque-LSA",
	}},
}}

// ospfSignalling is RFC 5613 section 2.
var ospfSignalling = []layer.Field{
	{Name: "ospf.lls.checksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
	{Name: "ospf.lls.data_length", Title: "LLS Data Length", Calc: "u16(0) * 4", Len: "2"},
	{Bits: 16, Alias: "words"},
	{Kind: layer.Group, Repeat: "*", Len: "(u16(2) + 3 & ~3) + 4", Sub: []layer.Field{
		{Name: "ospf.tlv_type", Alias: "tlvtype", Title: "TLV Type", Bits: 16},
		{Name: "ospf.tlv_length", Alias: "tlvlen", Title: "TLV Length", Bits: 16},
		{Kind: layer.Group, Switch: "tlvtype", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{ospfFlags("ospf.lls.ext.options", "", "Options", 32, "rs", "lr")}},
			{Of: []uint64{2}, Fields: []layer.Field{
				{Name: "ospf.v2.lls.sequence_number", Title: "Sequence Number", Bits: 32, Base: layer.Hex},
				{Name: "ospf.v2.lls.auth_data", Title: "Auth Data", Kind: layer.Bytes, Len: "tlvlen < 4 ? 0 : tlvlen - 4"},
			}},
		}},
	}},
}
