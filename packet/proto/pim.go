package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// pim is version 2, and version 1, which is carried as a message of IGMP.
var pim = &layer.Proto{
	Name: "pim", Title: "Protocol Independent Multicast", Alias: []string{"PIM", "PIMv2Hdr"}, Spec: "RFC 7761 section 4.9, RFC 3973, RFC 5059",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{103}}},
	Fields: []layer.Field{
		{Kind: layer.Group, Switch: "u8(0) == 0x14", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Bits: 8, Sub: []layer.Field{
					{Name: "pim.version", Alias: "version", Title: "Version", Bits: 4, Default: 2},
					{Name: "pim.type", Alias: "type", Title: "Type", Bits: 4, Enum: pimTypes},
				}},
				{Name: "pim.res_bytes", Alias: "reserved", Title: "Reserved byte(s)", Kind: layer.Bytes, Len: "1"},
				pimChecksum,
				{Name: "pim.option", Title: "PIM Options", Kind: layer.Group, Len: "rest", Switch: "version == 2 ? type : 255", Cases: pimMessages},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "pim.igmp_type", Title: "Type", Kind: layer.Group, Len: "0"},
				{Bits: 8, Default: 0x14},
				{Name: "pim.code", Alias: "code", Title: "Code", Bits: 8},
				pimChecksum,
				{Bits: 8, Sub: []layer.Field{
					{Name: "pim.version", Title: "Version", Bits: 4, Default: 1},
					{Bits: 4},
				}},
				{Name: "pim.res_bytes", Title: "Reserved byte(s)", Kind: layer.Bytes, Len: "3"},
				{Name: "pim.option", Title: "PIM Options", Kind: layer.Group, Len: "rest", Switch: "code", Cases: []layer.Case{
					{Of: []uint64{4}, Fields: []layer.Field{
						{Name: "pim.group_address", Title: "Group Address", Kind: layer.IPv4},
						{Name: "pim.group_mask", Title: "Mask", Kind: layer.IPv4},
						{Name: "pim.rp", Title: "RP", Kind: layer.IPv4},
						{Name: "pim.res_bytes", Title: "Reserved byte(s)", Kind: layer.Bytes, Len: "2"},
						{Name: "pim.holdtime", Title: "Holdtime", Bits: 16},
					}},
				}},
			}},
		}},
	},
	Header:   "u8(0) == 0x21 && size >= 8 ? 8 : size",
	Next:     []layer.Next{{When: "u8(0) == 0x21 && size > 8", By: "u8(8) >> 4", Table: "ip.version"}},
	Guess:    isPIM1,
	Checksum: &layer.Checksum{Field: "chksum", Header: true}, // of what a register carries nothing is covered
	Summary:  "v${version} ${type}",
}

var pimChecksum = layer.Field{Name: "pim.cksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"}

// isPIM1 tells a message of version 1 by IGMP's type and what must be zero.
func isPIM1(b []byte) bool {
	return len(b) >= 8 && b[0] == 0x14 && b[1] <= 8 && b[4] == 0x10 && allZero(b[5:8])
}

var pimMessages = []layer.Case{
	{Of: []uint64{0}, Fields: []layer.Field{{Kind: layer.Group, Alias: "option", Repeat: "*", Len: "u16(2) + 4", Sub: []layer.Field{
		{Name: "pim.optiontype", Alias: "optiontype", Title: "Type", Bits: 16, Enum: layer.Enum{1: "Hold Time", 2: "LAN Prune Delay", 19: "DR Priority", 20: "Generation ID", 21: "State Refresh Capable", 22: "Bidir Capable", 24: "Address List"}},
		{Name: "pim.optionlength", Alias: "optionlength", Title: "Length", Bits: 16, Auto: "total - 4"},
	}, Switch: "optiontype << 16 | optionlength", Cases: []layer.Case{
		{Of: []uint64{1<<16 | 2}, Fields: []layer.Field{{Name: "pim.holdtime", Title: "Holdtime", Bits: 16, Default: 105}}},
		{Of: []uint64{2<<16 | 4}, Fields: []layer.Field{
			{Bits: 16, Sub: []layer.Field{
				{Name: "pim.t", Title: "T", Bits: 1, Kind: layer.Bool},
				{Name: "pim.propagation_delay", Title: "Propagation Delay", Bits: 15},
			}},
			{Name: "pim.override_interval", Title: "Override Interval", Bits: 16},
		}},
		{Of: []uint64{19<<16 | 4}, Fields: []layer.Field{{Name: "pim.dr_priority", Title: "DR Priority", Bits: 32, Default: 1}}},
		{Of: []uint64{20<<16 | 4}, Fields: []layer.Field{{Name: "pim.generation_id", Title: "Generation ID", Bits: 32}}},
		{Of: []uint64{21<<16 | 4}, Fields: []layer.Field{
			{Name: "pim.state_refresh_version", Title: "Version", Bits: 8, Default: 1},
			{Name: "pim.state_refresh_interval", Title: "Interval", Bits: 8},
			{Name: "pim.state_refresh_reserved", Title: "Reserved", Bits: 16},
		}},
	}}}},
	{Of: []uint64{1}, Fields: []layer.Field{
		{Name: "pim.register_flag", Title: "Flags", Bits: 32, Base: layer.Hex, Sub: []layer.Field{
			{Name: "pim.register_flag.border", Title: "Border", Bits: 1, Kind: layer.Bool},
			{Name: "pim.register_flag.null_register", Title: "Null-Register", Bits: 1, Kind: layer.Bool},
			{Bits: 30},
		}},
		{Name: "pim.ip_version", Title: "IP Version", Calc: "u8(0) >> 4", Len: "1", When: "rest > 0"},
	}},
	{Of: []uint64{2}, Fields: []layer.Field{pimGroup, pimUnicast("pim.source", "pim.source_ip6", "Source")}},
	{Of: []uint64{3, 6, 7}, Fields: []layer.Field{
		pimUnicast("pim.upstream_neighbor", "pim.upstream_neighbor_ip6", "Upstream-neighbor"),
		{Name: "pim.res_bytes", Title: "Reserved byte(s)", Kind: layer.Bytes, Len: "1"},
		{Name: "pim.numgroups", Alias: "num_group", Title: "Num Groups", Bits: 8},
		{Name: "pim.holdtime", Title: "Holdtime", Bits: 16, Default: 210},
		{Name: "pim.group_set", Title: "Group", Kind: layer.Group, Repeat: "num_group", Sub: []layer.Field{
			pimGroup,
			{Name: "pim.numjoins", Alias: "num_joins", Title: "Num Joins", Bits: 16},
			{Name: "pim.numprunes", Alias: "num_prunes", Title: "Num Prunes", Bits: 16},
			{Kind: layer.Group, Repeat: "num_joins", Sub: []layer.Field{pimSource("pim.join_ip", "pim.join_ip6", "Join")}},
			{Kind: layer.Group, Repeat: "num_prunes", Sub: []layer.Field{pimSource("pim.prune_ip", "pim.prune_ip6", "Prune")}},
		}},
	}},
	{Of: []uint64{4}, Fields: []layer.Field{
		{Name: "pim.fragment_tag", Title: "Fragment tag", Bits: 16, Base: layer.Hex},
		{Name: "pim.hash_mask_len", Title: "Hash mask len", Bits: 8},
		{Name: "pim.bsr_priority", Title: "BSR priority", Bits: 8},
		pimUnicast("pim.bsr", "pim.bsr_ip6", "BSR"),
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			pimGroup,
			{Name: "pim.rp_count", Title: "RP count", Bits: 8},
			{Name: "pim.frp_count", Alias: "fragment_rps", Title: "FRP count", Bits: 8},
			{Bits: 16},
			{Kind: layer.Group, Repeat: "fragment_rps", Sub: []layer.Field{
				pimUnicast("pim.rp", "pim.rp_ip6", "RP"),
				{Name: "pim.holdtime", Title: "Holdtime", Bits: 16},
				{Name: "pim.priority", Title: "Priority", Bits: 8},
				{Bits: 8},
			}},
		}},
	}},
	{Of: []uint64{5}, Fields: []layer.Field{
		pimGroup,
		pimUnicast("pim.source", "pim.source_ip6", "Source"),
		{Bits: 32, Sub: []layer.Field{
			{Name: "pim.rpt", Title: "RP Tree", Bits: 1, Kind: layer.Bool},
			{Name: "pim.metric_pref", Title: "Metric Preference", Bits: 31},
		}},
		{Name: "pim.metric", Title: "Metric", Bits: 32},
	}},
	{Of: []uint64{8}, Fields: []layer.Field{
		{Name: "pim.prefix_count", Alias: "prefixes", Title: "Prefix-count", Bits: 8},
		{Name: "pim.priority", Title: "Priority", Bits: 8},
		{Name: "pim.holdtime", Title: "Holdtime", Bits: 16},
		pimUnicast("pim.rp", "pim.rp_ip6", "RP"),
		{Kind: layer.Group, Repeat: "prefixes", Sub: []layer.Field{pimGroup}},
	}},
}

// Addresses are encoded with their family before them, and those of groups and
// sources with flags and a mask (RFC 7761 section 4.9.1). They are shown as a whole
// as well.
var (
	pimGroup = pimEncoded("pim.group", "pim.group_ip6", "Group", "pim.group", "pim.group_ip6",
		layer.Field{Name: "pim.group_addr.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "pim.group_addr.flags.b", Title: "Bidirectional PIM", Bits: 1, Kind: layer.Bool},
			{Name: "pim.group_addr.flags.reserved", Title: "Reserved", Bits: 6, Base: layer.Hex},
			{Name: "pim.group_addr.flags.z", Title: "Admin Scope Zone", Bits: 1, Kind: layer.Bool},
		}}, pimMask)
	pimMask = layer.Field{Name: "pim.mask_len", Title: "Masklen", Bits: 8, Default: 32}
)

func pimUnicast(name, name6, title string) layer.Field {
	return pimEncoded(name, name6, title, "pim.unicast", "pim.unicast_ipv6")
}

func pimSource(name, name6, title string) layer.Field {
	return pimEncoded(name, name6, title, "pim.source", "pim.source_ip6",
		layer.Field{Name: "pim.source_addr.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "pim.source_addr.flags.reserved", Title: "Reserved", Bits: 5, Base: layer.Hex},
			{Name: "pim.source_addr.flags.s", Title: "Sparse", Bits: 1, Kind: layer.Bool},
			{Name: "pim.source_addr.flags.w", Title: "WildCard", Bits: 1, Kind: layer.Bool},
			{Name: "pim.source_addr.flags.r", Title: "Rendezvous Point Tree", Bits: 1, Kind: layer.Bool},
		}}, pimMask)
}

// pimEncoded is an address with the names of the whole and of itself, for both
// families, and what stands between it and its encoding.
func pimEncoded(whole, whole6, title, name, name6 string, between ...layer.Field) layer.Field {
	parts := append([]layer.Field{
		{Name: "pim.addr_address_family", Alias: "family", Title: "Address Family", Bits: 8, Default: 1, Enum: layer.Enum{1: "IPv4", 2: "IPv6"}},
		{Name: "pim.addr_encoding_type", Title: "Encoding Type", Bits: 8},
	}, between...)
	parts = append(parts,
		layer.Field{Name: name, Title: title, Kind: layer.IPv4, When: "family == 1"},
		layer.Field{Name: name6, Title: title, Kind: layer.IPv6, When: "family == 2"},
	)
	head := 2 + len(between)
	show := func(w *layer.Walker) {
		if b := w.Rest(); len(b) >= head+4 && b[0] == 1 {
			if !w.Emit(0, w.Offset(), head+4, uint64(binary.BigEndian.Uint32(b[head:])), b[head:head+4]) {
				return
			}
		} else if len(b) >= head+16 && b[0] == 2 {
			if !w.Emit(1, w.Offset(), head+16, 16, b[head:head+16]) {
				return
			}
		} else {
			w.Fail("an address is of no family that is known")
			return
		}
		w.Field(2)
	}
	return layer.Field{Kind: layer.Group, Code: show, Sub: []layer.Field{
		{Name: whole, Title: title, Kind: layer.IPv4},
		{Name: whole6, Title: title, Kind: layer.IPv6},
		{Kind: layer.Group, Sub: parts},
	}}
}

var pimTypes = layer.Enum{
	0: "Hello", 1: "Register", 2: "Register-stop", 3: "Join/Prune", 4: "Bootstrap", 5: "Assert", 6: "Graft", 7: "Graft-Ack",
	8: "Candidate-RP-Advertisement", 9: "State-Refresh", 10: "DF election", 11: "ECMP redirect", 12: "PIM Flooding Mechanism",
}
