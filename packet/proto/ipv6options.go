package proto

import "github.com/netwright/netwright/packet/layer"

// ipv6Options are the options of a hop-by-hop or destination header, in that
// many bytes (RFC 8200 section 4.2).
func ipv6Options(size string) layer.Field {
	return layer.Field{Kind: layer.Group, Len: size, Alias: "options", Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Kind: layer.Group, When: "u8(0) == 0", Sub: []layer.Field{
			{Name: "ipv6.opt.type", Title: "Type", Bits: 8, Base: layer.Hex, Enum: ipv6OptionTypes},
			{Name: "ipv6.opt.pad1", Title: "Pad1", Kind: layer.Bytes, At: "0", Len: "1"},
		}},
		{
			Name: "ipv6.opt", Title: "IPv6 Option", Kind: layer.Group, Len: "u8(1) + 2 < rest ? u8(1) + 2 : rest", When: "pos == 0",
			Sub: []layer.Field{
				{Name: "ipv6.opt.type", Alias: "otype", Title: "Type", Bits: 8, Base: layer.Hex, Enum: ipv6OptionTypes, Sub: []layer.Field{
					{Name: "ipv6.opt.type.action", Title: "Action", Bits: 2, Enum: optionActions},
					{Name: "ipv6.opt.type.change", Title: "May Change", Bits: 1, Kind: layer.Bool},
					{Name: "ipv6.opt.type.rest", Title: "Low-Order Bits", Bits: 5, Base: layer.Hex},
				}},
				{Name: "ipv6.opt.length", Alias: "optlen", Title: "Length", Bits: 8, Auto: "payload"},
			},
			Switch: "otype", Cases: ipv6OptionCases,
		},
	}}}}
}

var ipv6OptionCases = []layer.Case{
	{Of: []uint64{0x01}, Fields: []layer.Field{{Name: "ipv6.opt.padn", Title: "PadN", Kind: layer.Bytes, When: "rest > 0"}}},
	{Of: []uint64{0x04}, Fields: []layer.Field{{Name: "ipv6.opt.tel", Title: "Tunnel Encapsulation Limit", Bits: 8}}}, // RFC 2473
	{Of: []uint64{0x05}, Fields: []layer.Field{{Name: "ipv6.opt.router_alert", Title: "Router Alert", Bits: 16, Enum: ipv6Alerts}}},
	{Of: []uint64{0x07}, Fields: []layer.Field{ // RFC 5570
		{Name: "ipv6.opt.calipso.doi", Title: "CALIPSO Domain of Interpretation", Bits: 32},
		{Name: "ipv6.opt.calipso.cmpt.length", Alias: "compartments", Title: "Compartment Length", Bits: 8},
		{Name: "ipv6.opt.calipso.sens_level", Title: "Sensitivity Level", Bits: 8},
		{Name: "ipv6.opt.calipso.checksum", Title: "Checksum", Bits: 16, Base: layer.Hex},
		{Name: "ipv6.opt.calipso.cmpt_bitmap", Title: "Compartment Bitmap", Kind: layer.Bytes, Len: "compartments * 4"},
	}},
	{Of: []uint64{0x08}, Fields: []layer.Field{ // RFC 6621
		{Name: "ipv6.opt.smf_dpd.hash_bit", Alias: "hashed", Title: "H-bit", Bits: 1, Kind: layer.Bool},
		{Kind: layer.Group, Switch: "hashed", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "ipv6.opt.smf_dpd.tid_type", Alias: "tagger", Title: "TaggerID Type", Bits: 3, At: "0"},
				{Name: "ipv6.opt.smf_dpd.ident", Title: "Identifier", Kind: layer.Bytes},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "ipv6.opt.smf_dpd.hav", Title: "Hash Assist Value", Kind: layer.Bytes}}},
		}},
	}},
	{Of: []uint64{0x0F}, Fields: []layer.Field{ // RFC 8250
		{Name: "ipv6.opt.pdm.scale_dtlr", Title: "Scale DTLR", Bits: 8},
		{Name: "ipv6.opt.pdm.scale_dtls", Title: "Scale DTLS", Bits: 8},
		{Name: "ipv6.opt.pdm.psn_this_pkt", Title: "PSN This Packet", Bits: 16},
		{Name: "ipv6.opt.pdm.psn_last_recv", Title: "PSN Last Received", Bits: 16},
		{Name: "ipv6.opt.pdm.delta_last_recv", Title: "Delta Time Last Received", Bits: 16},
		{Name: "ipv6.opt.pdm.delta_last_sent", Title: "Delta Time Last Sent", Bits: 16},
	}},
	{Of: []uint64{0x26}, Fields: quickStart("ipv6.opt")},
	{Of: []uint64{0x23, 0x63}, Fields: []layer.Field{ // RFC 6553
		{Name: "ipv6.opt.rpl.flag", Title: "Flag", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ipv6.opt.rpl.flag.o", Title: "Down", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.rpl.flag.r", Title: "Rank Error", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.rpl.flag.f", Title: "Forwarding Error", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.rpl.flag.rsv", Title: "Reserved", Bits: 5, Base: layer.Hex},
		}},
		{Name: "ipv6.opt.rpl.instance_id", Title: "RPLInstanceID", Bits: 8, Base: layer.Hex},
		{Name: "ipv6.opt.rpl.sender_rank", Title: "Sender Rank", Bits: 16, Base: layer.Hex},
	}},
	{Of: []uint64{0x30}, Fields: []layer.Field{ // RFC 9268
		{Name: "ipv6.opt.pmtu.min", Title: "Minimum Reported PMTU", Bits: 16},
		{Name: "ipv6.opt.pmtu.rtn", Title: "Return Minimum PMTU", Bits: 16},
		{Name: "ipv6.opt.pmtu.r_flag", Title: "Return Flag", Kind: layer.Bool, Calc: "rtn & 1", At: "pos - 1", Len: "1"},
	}},
	{Of: []uint64{0x6D}, Fields: []layer.Field{ // RFC 7731
		{Name: "ipv6.opt.mpl.flag", Title: "Flag", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ipv6.opt.mpl.flag.s", Title: "Seed ID Length", Bits: 2},
			{Name: "ipv6.opt.mpl.flag.m", Title: "Largest Sequence", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.mpl.flag.v", Title: "Version", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.mpl.flag.rsv", Title: "Reserved", Bits: 4, Base: layer.Hex},
		}},
		{Name: "ipv6.opt.mpl.sequence", Title: "Sequence", Bits: 8, Base: layer.Hex},
		{Name: "ipv6.opt.mpl.seed_id", Title: "Seed ID", Kind: layer.Bytes, When: "rest > 0"},
	}},
	{Of: []uint64{0x8B}, Fields: []layer.Field{{Name: "ipv6.opt.ilnp_nonce", Title: "ILNP Nonce", Kind: layer.Bytes}}}, // RFC 6744
	{Of: []uint64{0x8C}, Fields: []layer.Field{ // RFC 6788
		{Name: "ipv6.opt.lio.length", Title: "LineIDLen", Bits: 8},
		{Name: "ipv6.opt.lio.line_id", Title: "Line ID", Kind: layer.String},
	}},
	{Of: []uint64{0xC2}, Fields: []layer.Field{{Name: "ipv6.opt.jumbo", Title: "Payload Length", Bits: 32}}}, // RFC 2675
	{Of: []uint64{0xC9}, Fields: []layer.Field{{Name: "ipv6.opt.mipv6.home_address", Title: "MIPv6 Home Address", Kind: layer.IPv6}}},
	{Of: []uint64{0xEE}, Fields: []layer.Field{ // RFC 6971
		{Name: "ipv6.opt.dff.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "ipv6.opt.dff.flag.ver", Title: "Version (VER)", Bits: 2},
			{Name: "ipv6.opt.dff.flag.dup", Title: "Duplicate (DUP)", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.dff.flag.ret", Title: "Return (RET)", Bits: 1, Kind: layer.Bool},
			{Name: "ipv6.opt.dff.flag.rsv", Title: "Reserved", Bits: 4, Base: layer.Hex},
		}},
		{Name: "ipv6.opt.dff.sequence_number", Title: "Sequence Number", Bits: 16, Base: layer.DecHex},
	}},
	{Of: []uint64{0x1E, 0x3E, 0x5E, 0x7E, 0x9E, 0xBE, 0xDE, 0xFE}, Fields: []layer.Field{{Name: "ipv6.opt.experimental", Title: "Experimental Option", Kind: layer.Bytes}}},
	{Fields: []layer.Field{{Name: "ipv6.opt.unknown", Title: "Unknown Option Payload", Kind: layer.Bytes, When: "rest > 0"}}},
}

// ipv6OptionTypes are from IANA's registry of IPv6 parameters.
var ipv6OptionTypes = layer.Enum{
	0x00: "Pad1", 0x01: "PadN", 0x04: "Tunnel Encapsulation Limit", 0x05: "Router Alert", 0x07: "CALIPSO", 0x08: "SMF_DPD",
	0x0F: "Performance and Diagnostic Metrics", 0x23: "RPL Option", 0x26: "Quick-Start", 0x30: "Path MTU Option", 0x63: "RPL Option (deprecated)",
	0x6D: "MPL Option", 0x8A: "Endpoint Identification", 0x8B: "ILNP Nonce", 0x8C: "Line-Identification Option", 0xC2: "Jumbo Payload",
	0xC9: "Home Address", 0xEE: "IPv6 DFF Header",
}

// optionActions are what a node does with an option that it does not know.
var optionActions = layer.Enum{
	0: "Skip and continue", 1: "Discard", 2: "Discard and send ICMP", 3: "Discard and send ICMP if not multicast",
}

var ipv6Alerts = layer.Enum{0: "MLD", 1: "RSVP", 2: "Active Networks"}
