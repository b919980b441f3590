package proto

import "github.com/netwright/netwright/packet/layer"

// neighbourOptions are the options of Neighbour Discovery (RFC 4861 section 4.6
// and later ones), which count their length in eight bytes. One of length 0
// makes the message invalid.
var neighbourOptions = layer.Field{
	Name: "icmpv6.opt", Alias: "options", Title: "ICMPv6 Option", Kind: layer.Group, Repeat: "*", Len: "u8(1) == 0 ? rest + 1 : u8(1) * 8",
	Sub: []layer.Field{
		{Name: "icmpv6.opt.type", Alias: "otype", Title: "Type", Bits: 8, Enum: neighbourOptionTypes},
		{Name: "icmpv6.opt.length", Alias: "olen", Title: "Length", Bits: 8, Auto: "total / 8"},
	},
	Switch: "otype", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: linkAddress("src")},
		{Of: []uint64{2}, Fields: linkAddress("target")},
		{Of: []uint64{3}, Fields: []layer.Field{
			{Name: "icmpv6.opt.prefix.length", Alias: "prefixlen", Title: "Prefix Length", Bits: 8, Default: 64},
			{Name: "icmpv6.opt.prefix.flag", Title: "Flag", Bits: 8, Base: layer.Hex, Default: 0xC0, Sub: []layer.Field{
				{Name: "icmpv6.opt.prefix.flag.l", Title: "On-link flag(L)", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.prefix.flag.a", Title: "Autonomous address-configuration flag(A)", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.prefix.flag.r", Title: "Router address flag(R)", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.prefix.flag.reserved", Title: "Reserved", Bits: 5},
			}},
			{Name: "icmpv6.opt.prefix.valid_lifetime", Alias: "validlifetime", Title: "Valid Lifetime", Bits: 32, Default: 0xFFFFFFFF},
			{Name: "icmpv6.opt.prefix.preferred_lifetime", Alias: "preferredlifetime", Title: "Preferred Lifetime", Bits: 32, Default: 0xFFFFFFFF},
			optionReserved("4"),
			{Name: "icmpv6.opt.prefix", Alias: "prefix", Title: "Prefix", Kind: layer.IPv6},
		}},
		{Of: []uint64{4}, Fields: []layer.Field{
			optionReserved("6"),
			{Name: "icmpv6.opt.redirected_packet", Title: "Redirected Packet", Kind: layer.Bytes},
		}},
		{Of: []uint64{5}, Fields: []layer.Field{optionReserved("2"), {Name: "icmpv6.opt.mtu", Alias: "omtu", Title: "MTU", Bits: 32, Default: 1500}}},
		{Of: []uint64{6}, Fields: []layer.Field{ // RFC 2491
			{Name: "icmpv6.opt.nbma.shortcut_limit", Title: "Shortcut Limit", Bits: 8}, optionReserved("1"), optionReserved("4"),
		}},
		{Of: []uint64{7}, Fields: []layer.Field{optionReserved("2"), {Name: "icmpv6.opt.advertisement_interval", Title: "Advertisement Interval", Bits: 32}}},
		{Of: []uint64{8}, Fields: []layer.Field{ // RFC 6275 section 7.4
			optionReserved("2"),
			{Name: "icmpv6.opt.home_agent_preference", Title: "Home Agent Preference", Bits: 16},
			{Name: "icmpv6.opt.home_agent_lifetime", Title: "Home Agent Preference", Bits: 16},
		}},
		{Of: []uint64{9, 10}, Fields: []layer.Field{ // RFC 3122
			optionReserved("6"),
			{Name: "icmpv6.opt.ipv6_address", Title: "IPv6 Address", Kind: layer.IPv6, Repeat: "rest / 16"},
		}},
		{Of: []uint64{11}, Fields: []layer.Field{ // RFC 3971
			{Name: "icmpv6.opt.cga.pad_length", Title: "Pad Length", Bits: 8},
			optionReserved("1"),
			{Name: "icmpv6.opt.cga", Title: "CGA", Kind: layer.Bytes, Len: "rest - pad_length"},
			optionPadding,
		}},
		{Of: []uint64{12}, Fields: []layer.Field{
			optionReserved("2"),
			{Name: "icmpv6.opt.rsa.key_hash", Title: "Key Hash", Kind: layer.Bytes, Len: "16"},
			{Name: "icmpv6.opt.digital_signature_padding", Title: "Digital Signature and Padding", Kind: layer.Bytes},
		}},
		{Of: []uint64{14}, Fields: []layer.Field{{Name: "icmpv6.opt.nonce", Alias: "nonce", Title: "Nonce", Kind: layer.Bytes}}},
		{Of: []uint64{24}, Fields: []layer.Field{ // RFC 4191
			{Name: "icmpv6.opt.prefix.length", Alias: "plen", Title: "Prefix Length", Bits: 8},
			{Name: "icmpv6.opt.route_info.flag", Title: "Flag", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Bits: 3},
				{Name: "icmpv6.opt.route_info.flag.route_preference", Alias: "prf", Title: "Route Preference", Bits: 2, Enum: routePreferences},
				{Bits: 3},
				{Name: "icmpv6.opt.route_info.flag.reserved", Title: "Reserved", Calc: "flag >> 5 << 3 | flag & 7"},
			}},
			{Name: "icmpv6.opt.route_lifetime", Alias: "rtlifetime", Title: "Route Lifetime", Bits: 32, Default: 0xFFFFFFFF},
			{Kind: layer.Group, When: "rest >= 8", Code: shortPrefix, Sub: []layer.Field{{Name: "icmpv6.opt.prefix", Title: "Prefix", Kind: layer.IPv6}}},
		}},
		{Of: []uint64{25}, Fields: []layer.Field{ // RFC 8106
			optionReserved("2"),
			{Name: "icmpv6.opt.rdnss.lifetime", Alias: "lifetime", Title: "Lifetime", Bits: 32, Default: 1800},
			{Name: "icmpv6.opt.rdnss", Alias: "dns", Title: "Recursive DNS Servers", Kind: layer.IPv6, Repeat: "rest / 16"},
		}},
		{Of: []uint64{26}, Fields: []layer.Field{ // RFC 5175
			{Name: "icmpv6.opt.efo", Title: "Flags Expansion Option", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
				{Name: "icmpv6.opt.efo.m", Title: "Managed address configuration", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.efo.o", Title: "Other configuration", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.efo.h", Title: "Home Agent", Bits: 1, Kind: layer.Bool},
				{Name: "icmpv6.opt.efo.prf", Title: "Prf (Default Router Preference)", Bits: 2, Enum: routePreferences},
				{Name: "icmpv6.opt.efo.p", Title: "Proxy", Bits: 1, Kind: layer.Bool},
				{Bits: 1},
				{Name: "icmpv6.opt.efo.rsv", Title: "Reserved", Bits: 9},
			}},
			optionReserved("4"),
		}},
		{Of: []uint64{31}, Fields: []layer.Field{ // RFC 8106
			optionReserved("2"),
			{Name: "icmpv6.opt.dnssl.lifetime", Alias: "lifetime", Title: "Lifetime", Bits: 32, Default: 1800},
			{Kind: layer.Group, Repeat: "rest", Until: "u8(0) == 0", Sub: []layer.Field{domain(layer.Field{Name: "icmpv6.opt.dnssl", Alias: "searchlist", Title: "Domain Names"})}},
			optionPadding,
		}},
		{Of: []uint64{33}, Fields: []layer.Field{ // RFC 6775
			{Name: "icmpv6.opt.aro.status", Title: "Status", Bits: 8},
			optionReserved("3"),
			{Name: "icmpv6.opt.aro.registration_lifetime", Title: "Registration  Lifetime", Bits: 16},
			{Name: "icmpv6.opt.aro.eui64", Title: "EUI-64", Kind: layer.EUI64},
		}},
		{Of: []uint64{37}, Fields: []layer.Field{{Name: "icmpv6.opt.captive_portal", Alias: "URI", Title: "Captive Portal", Kind: layer.String}}}, // RFC 8910
		{Of: []uint64{38}, Fields: []layer.Field{ // RFC 8781
			{Bits: 16, Sub: []layer.Field{
				{Alias: "scaledlifetime", Bits: 13},
				{Name: "icmpv6.opt.pref64.plc", Alias: "plc", Title: "PLC (Prefix Length Code)", Bits: 3, Base: layer.Hex},
			}},
			{Name: "icmpv6.opt.pref64.scaled_lifetime", Title: "Scaled Lifetime", Calc: "scaledlifetime", At: "2", Len: "2"},
			{Kind: layer.Group, When: "olen == 2", Code: shortPrefix, Sub: []layer.Field{{Name: "icmpv6.opt.pref64.prefix", Title: "Prefix", Kind: layer.IPv6}}},
		}},
		{Fields: []layer.Field{{Name: "icmpv6.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}}},
	},
}

// linkAddress is an address of a neighbour's link: EUI-48, or EUI-64 with
// padding behind it.
func linkAddress(whose string) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Switch: "olen", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{
			{Name: "icmpv6.opt.linkaddr", Also: []string{"icmpv6.opt." + whose + "_linkaddr"}, Alias: "lladdr", Title: "Link-layer address", Kind: layer.MAC},
		}},
		{Of: []uint64{2}, Fields: []layer.Field{
			{Name: "icmpv6.opt.linkaddr_eui64", Also: []string{"icmpv6.opt." + whose + "_linkaddr_eui64"}, Title: "Link-layer address", Kind: layer.EUI64},
			optionPadding,
		}},
		{Fields: []layer.Field{
			{Name: "icmpv6.opt.linkaddr", Also: []string{"icmpv6.opt." + whose + "_linkaddr"}, Title: "Link-layer address", Kind: layer.Bytes},
		}},
	}}}
}

func optionReserved(size string) layer.Field {
	return layer.Field{Name: "icmpv6.opt.reserved", Title: "Reserved", Kind: layer.Bytes, Len: size}
}

var optionPadding = layer.Field{Name: "icmpv6.opt.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"}

// shortPrefix shows an address of which only the first bytes are sent.
func shortPrefix(w *layer.Walker) {
	b := w.Rest()
	addr := w.Scratch()[:16]
	clear(addr)
	n := copy(addr, b)
	if w.Emit(0, w.Offset(), n, uint64(n), addr) {
		w.Move(n)
	}
}

// neighbourOptionTypes are from IANA's registry of ICMPv6 parameters.
var neighbourOptionTypes = layer.Enum{
	1: "Source link-layer address", 2: "Target link-layer address", 3: "Prefix information", 4: "Redirected header", 5: "MTU",
	6: "NBMA Shortcut Limit Option", 7: "Advertisement Interval", 8: "Home Agent Information", 9: "Source Address List", 10: "Target Address List",
	11: "CGA", 12: "RSA Signature", 13: "Timestamp", 14: "Nonce", 15: "Trust Anchor", 16: "Certificate", 17: "IP Address/Prefix Option",
	24: "Route Information", 25: "Recursive DNS Server", 26: "RA Flags Extension", 31: "DNS Search List Option", 33: "Address Registration Option",
	34: "6LoWPAN Context Option", 35: "Authoritative Border Router", 36: "6LoWPAN Capability Indication Option", 37: "DHCP Captive-Portal", 38: "PREF64 Option",
}
