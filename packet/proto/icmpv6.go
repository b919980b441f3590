package proto

import "github.com/netwright/netwright/packet/layer"

var icmpv6 = &layer.Proto{
	Name: "icmpv6", Title: "Internet Control Message Protocol v6", Alias: []string{"ICMPv6", "icmp6"}, Spec: "RFC 4443, RFC 4861",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{58}}},
	Fields: []layer.Field{
		{Name: "icmpv6.type", Alias: "type", Title: "Type", Bits: 8, Default: 128, Enum: icmpv6Types},
		{Name: "icmpv6.code", Alias: "code", Title: "Code", Bits: 8},
		{Name: "icmpv6.checksum", Alias: "cksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Kind: layer.Group, Switch: "type", Cases: icmpv6Messages},
		{Alias: "quoted", Title: "Length of the quoted packet", Calc: quotedLengthv6, At: "0"},
		{Kind: layer.Group, At: "header + quoted", When: "quoted != 0", Sub: icmpExtensions},
	},
	Header:  "type < 1 || type > 4 && type != 128 && type != 129 || rest < 8 ? rest : 8",
	Payload: quotedLengthv6,
	Next: []layer.Next{
		{When: "type >= 1 && type <= 4", Proto: "ipv6", Quoted: true},
	},
	Locate:   locateICMPv6,
	Checksum: &layer.Checksum{Field: "cksum", Pseudo: true},
	Answers: &layer.Answer{
		Same: []string{"id", "seq", "tgt"},
		Pair: map[string][]layer.Answers{"type": {
			{Ask: 128, Answer: 129}, {Ask: 130, Answer: 131}, {Ask: 130, Answer: 143}, {Ask: 133, Answer: 134}, {Ask: 135, Answer: 136},
			{Ask: 139, Answer: 140}, {Ask: 141, Answer: 142}, {Ask: 144, Answer: 145}, {Ask: 146, Answer: 147}, {Ask: 152, Answer: 151}, {Ask: 160, Answer: 161},
		}},
		By: []string{"icmpv6"},
	},
	Summary: "${type} id=${id} seq=${seq} for ${icmpv6.nd.ns.target_address} for ${icmpv6.nd.na.target_address} for ${icmpv6.nd.rd.target_address} MTU ${mtu}",
}

// quotedLengthv6 is as quotedLength, but in units of eight bytes (RFC 4884
// section 4.2).
const quotedLengthv6 = "(type == 1 || type == 3) && u8(4) != 0 && rest > 8 + u8(4) * 8 ? u8(4) * 8 : 0"

func locateICMPv6(b []byte) layer.Location {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc := layer.Location{Header: len(b), Next: -1}
	switch b[0] {
	case 1, 2, 3, 4:
		loc.Header, loc.Next = min(8, len(b)), 0
		if (b[0] == 1 || b[0] == 3) && len(b) > 8 && len(b) > 8+int(b[4])*8 {
			loc.Payload = int(b[4]) * 8
		}
	case 128, 129:
		loc.Header = min(8, len(b))
	}
	return loc
}

var icmpv6Messages = []layer.Case{
	{Of: []uint64{1, 3}, Fields: []layer.Field{
		{Kind: layer.Group, Switch: "u8(0) == 0", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "icmpv6.length", Alias: "length", Title: "Length of original datagram", Bits: 8},
				{Name: "icmpv6.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "3"},
			}},
			{Of: []uint64{1}, Fields: []layer.Field{icmpv6Reserved("4")}},
		}},
	}},
	{Of: []uint64{2}, Fields: []layer.Field{{Name: "icmpv6.mtu", Alias: "mtu", Title: "MTU", Bits: 32, Default: 1280}}},
	{Of: []uint64{4}, Fields: []layer.Field{{Name: "icmpv6.pointer", Alias: "ptr", Title: "Pointer", Bits: 32}}},
	{Of: []uint64{128, 129}, Fields: []layer.Field{
		{Name: "icmpv6.echo.identifier", Alias: "id", Title: "Identifier", Bits: 16, Base: layer.Hex},
		{Name: "icmpv6.echo.sequence_number", Alias: "seq", Title: "Sequence", Bits: 16},
	}},
	{Of: []uint64{130}, Fields: []layer.Field{
		{Kind: layer.Group, Switch: "size >= 24", Cases: []layer.Case{
			{Of: []uint64{0}, Fields: listenerMessage},
			{Of: []uint64{1}, Fields: listenerQuery},
		}},
	}},
	{Of: []uint64{131, 132}, Fields: listenerMessage},
	{Of: []uint64{143}, Fields: listenerReport},
	{Of: []uint64{133}, Fields: []layer.Field{icmpv6Reserved("4"), neighbourOptions}},
	{Of: []uint64{134}, Fields: routerAdvertisement},
	{Of: []uint64{135}, Fields: []layer.Field{
		icmpv6Reserved("4"),
		{Name: "icmpv6.nd.ns.target_address", Alias: "tgt", Title: "Target Address", Kind: layer.IPv6},
		neighbourOptions,
	}},
	{Of: []uint64{136}, Fields: []layer.Field{
		{Name: "icmpv6.nd.na.flag", Title: "Flags", Bits: 32, Base: layer.Hex, Default: 0x60000000, Sub: []layer.Field{
			{Name: "icmpv6.nd.na.flag.r", Alias: "R", Title: "Router", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.nd.na.flag.s", Alias: "S", Title: "Solicited", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.nd.na.flag.o", Alias: "O", Title: "Override", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.nd.na.flag.rsv", Title: "Reserved", Bits: 29},
		}},
		{Name: "icmpv6.nd.na.target_address", Alias: "tgt", Title: "Target Address", Kind: layer.IPv6},
		neighbourOptions,
	}},
	{Of: []uint64{137}, Fields: []layer.Field{
		icmpv6Reserved("4"),
		{Name: "icmpv6.nd.rd.target_address", Alias: "tgt", Title: "Target Address", Kind: layer.IPv6},
		{Name: "icmpv6.rd.na.destination_address", Alias: "dst", Title: "Destination Address", Kind: layer.IPv6},
		neighbourOptions,
	}},
	{Of: []uint64{138}, Fields: routerRenumbering},
	{Of: []uint64{139, 140}, Fields: nodeInformation},
	{Of: []uint64{141, 142}, Fields: []layer.Field{icmpv6Reserved("4"), neighbourOptions}}, // RFC 3122
	{Of: []uint64{144, 145, 146, 147}, Fields: []layer.Field{ // RFC 6275 section 6.5
		{Name: "icmpv6.mip6.identifier", Title: "Identifier", Bits: 16},
		{Kind: layer.Group, When: "type != 147", Sub: []layer.Field{icmpv6Reserved("2")}},
		{Name: "icmpv6.mip6.home_agent_address", Title: "Home Agent Address", Kind: layer.IPv6, Repeat: "type == 145 ? rest / 16 : 0"},
		{Name: "icmpv6.mip6.flag", Title: "Flag", Bits: 16, Base: layer.Hex, When: "type == 147", Sub: []layer.Field{
			{Name: "icmpv6.mip6.flag.m", Title: "Managed Address Configuration", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.mip6.flag.o", Title: "Other Stateful Configuration", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.mip6.flag.rsv", Title: "Reserved", Bits: 14},
		}},
		{Kind: layer.Group, When: "type == 147", Sub: []layer.Field{neighbourOptions}},
	}},
	{Of: []uint64{151}, Fields: []layer.Field{ // RFC 4286
		{Name: "icmpv6.mcast_ra.query_interval", Title: "Query Interval", Bits: 16},
		{Name: "icmpv6.mcast_ra.robustness_variable", Title: "Robustness Variable", Bits: 16},
	}},
	{Of: []uint64{152, 153}, Fields: []layer.Field{icmpv6Reserved("4")}},
	{Of: []uint64{155}, Fields: rplControl},
	{Of: []uint64{160, 161}, Fields: []layer.Field{ // RFC 8335
		{Name: "icmpv6.echo.identifier", Title: "Identifier", Bits: 16, Base: layer.Hex},
		{Name: "icmpv6.ext.echo.seq", Title: "Sequence number", Bits: 8},
		{Bits: 8, When: "type == 160", Sub: []layer.Field{
			{Name: "icmpv6.ext.echo.req.res", Title: "Reserved", Bits: 7, Base: layer.Hex},
			{Name: "icmpv6.ext.echo.req.local", Title: "Local bit", Bits: 1, Kind: layer.Bool},
		}},
		{Bits: 8, When: "type == 161", Sub: []layer.Field{
			{Name: "icmpv6.ext.echo.rsp.state", Title: "State", Bits: 3, Enum: neighbourStates},
			{Name: "icmpv6.ext.echo.rsp.res", Title: "Reserved", Bits: 2, Base: layer.Hex},
			{Name: "icmpv6.ext.echo.rsp.active", Title: "Active bit", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.ext.echo.rsp.ipv4", Title: "IPv4 bit", Bits: 1, Kind: layer.Bool},
			{Name: "icmpv6.ext.echo.rsp.ipv6", Title: "IPv6 bit", Bits: 1, Kind: layer.Bool},
		}},
		{Kind: layer.Group, When: "type == 160 && rest >= 4", Sub: icmpExtensions},
	}},
	{Fields: []layer.Field{{Name: "icmpv6.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}}},
}

func icmpv6Reserved(size string) layer.Field {
	return layer.Field{Name: "icmpv6.reserved", Title: "Reserved", Kind: layer.Bytes, Len: size}
}

var routerAdvertisement = []layer.Field{
	{Name: "icmpv6.nd.ra.cur_hop_limit", Alias: "chlim", Title: "Cur hop limit", Bits: 8},
	{Name: "icmpv6.nd.ra.flag", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Name: "icmpv6.nd.ra.flag.m", Alias: "M", Title: "Managed address configuration", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.nd.ra.flag.o", Title: "Other configuration", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.nd.ra.flag.h", Alias: "H", Title: "Home Agent", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.nd.ra.flag.prf", Alias: "prf", Title: "Prf (Default Router Preference)", Bits: 2, Enum: routePreferences},
		{Name: "icmpv6.nd.ra.flag.p", Alias: "P", Title: "Proxy", Bits: 1, Kind: layer.Bool},
		{Name: "icmpv6.nd.ra.flag.rsv", Title: "Reserved", Bits: 2},
	}},
	{Name: "icmpv6.nd.ra.router_lifetime", Alias: "routerlifetime", Title: "Router lifetime (s)", Bits: 16, Default: 1800},
	{Name: "icmpv6.nd.ra.reachable_time", Alias: "reachabletime", Title: "Reachable time (ms)", Bits: 32},
	{Name: "icmpv6.nd.ra.retrans_timer", Alias: "retranstimer", Title: "Retrans timer (ms)", Bits: 32},
	neighbourOptions,
}

// routePreferences are those of RFC 4191 section 2.1.
var routePreferences = layer.Enum{0: "Medium", 1: "High", 2: "Reserved", 3: "Low"}

// icmpv6Types are from IANA's registry of ICMPv6 parameters.
var icmpv6Types = layer.Enum{
	1: "Destination Unreachable", 2: "Packet Too Big", 3: "Time Exceeded", 4: "Parameter Problem",
	128: "Echo (ping) request", 129: "Echo (ping) reply", 130: "Multicast Listener Query", 131: "Multicast Listener Report",
	132: "Multicast Listener Done", 133: "Router Solicitation", 134: "Router Advertisement", 135: "Neighbor Solicitation",
	136: "Neighbor Advertisement", 137: "Redirect", 138: "Router Renumbering", 139: "Node Information Query", 140: "Node Information Reply",
	141: "Inverse Neighbor Discovery Solicitation", 142: "Inverse Neighbor Discovery Advertisement", 143: "Multicast Listener Report Message v2",
	144: "Home Agent Address Discovery Request", 145: "Home Agent Address Discovery Reply", 146: "Mobile Prefix Solicitation",
	147: "Mobile Prefix Advertisement", 148: "Certification Path Solicitation", 149: "Certification Path Advertisement",
	151: "Multicast Router Advertisement", 152: "Multicast Router Solicitation", 153: "Multicast Router Termination", 154: "FMIPv6",
	155: "RPL Control", 157: "Duplicate Address Request", 158: "Duplicate Address Confirmation", 160: "Extended Echo request", 161: "Extended Echo reply",
}
