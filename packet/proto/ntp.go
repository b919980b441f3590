package proto

import "github.com/netwright/netwright/packet/layer"

var ntp = &layer.Proto{
	Name: "ntp", Title: "Network Time Protocol", Alias: []string{"NTP", "NTPHeader"}, Spec: "RFC 5905 section 7.3",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{123}}},
	Fields: []layer.Field{
		{Name: "ntp.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Default: 0x23, Sub: []layer.Field{
			{Bits: 2, Sub: []layer.Field{
				{Name: "ntp.priv.flags.r", Title: "Response bit", Kind: layer.Bool, Bits: 1, When: "(flags & 7) == 7"},
				{Name: "ntp.priv.flags.more", Title: "More bit", Kind: layer.Bool, Bits: 1, When: "(flags & 7) == 7"},
			}, When: "(flags & 7) == 7"},
			{Name: "ntp.flags.vn", Alias: "version", Title: "Version number", Bits: 3},
			{Name: "ntp.flags.mode", Alias: "mode", Title: "Mode", Bits: 3, Enum: ntpModes},
		}},
		{Name: "ntp.flags.li", Alias: "leap", Title: "Leap Indicator", Calc: "flags >> 6", At: "0", Len: "1", When: "mode < 7", Enum: ntpLeaps},
		{Kind: layer.Group, When: "mode < 6", Sub: ntpTime},
		{Kind: layer.Group, When: "mode == 6", Sub: ntpControl},
		{Kind: layer.Group, When: "mode == 7", Sub: ntpPrivate},
	},
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"mode": {{Ask: 3, Answer: 4}, {Ask: 1, Answer: 2}}}},
	Summary: "version ${version} ${mode} stratum ${stratum}",
}

// ntpTime is a packet that carries time. What follows it is extensions (RFC 7822)
// and a code of authentication.
var ntpTime = []layer.Field{
	{Name: "ntp.stratum", Alias: "stratum", Title: "Peer Clock Stratum", Bits: 8},
	{Name: "ntp.ppoll", Alias: "poll", Title: "Peer Polling Interval", Bits: 8},
	{Name: "ntp.precision", Alias: "precision", Title: "Peer Clock Precision", Bits: 8},
	{Name: "ntp.rootdelay", Alias: "delay", Title: "Root Delay", Bits: 32},
	{Name: "ntp.rootdispersion", Alias: "dispersion", Title: "Root Dispersion", Bits: 32},
	{Name: "ntp.refid", Alias: "id", Title: "Reference ID", Kind: layer.Bytes, Len: "4"},
	{Name: "ntp.reftime", Alias: "ref", Title: "Reference Timestamp", Kind: layer.NTP},
	{Name: "ntp.org", Alias: "orig", Title: "Origin Timestamp", Kind: layer.NTP},
	{Name: "ntp.rec", Alias: "recv", Title: "Receive Timestamp", Kind: layer.NTP},
	{Name: "ntp.xmt", Alias: "sent", Title: "Transmit Timestamp", Kind: layer.NTP},
	{Name: "ntp.ext", Title: "Extension", Kind: layer.Group, Repeat: "rest > 28 ? 16 : 0", Until: "rest <= 24", Len: "u16(2) < 16 || u16(2) > rest ? rest : u16(2)", Sub: []layer.Field{
		{Name: "ntp.ext.type", Title: "Field Type", Bits: 16, Base: layer.Hex},
		{Name: "ntp.ext.length", Title: "Length", Bits: 16},
		{Name: "ntp.ext.value", Title: "Value", Kind: layer.Bytes, When: "rest > 0"},
	}},
	{Kind: layer.Group, When: "rest >= 4 && rest <= 24", Sub: []layer.Field{
		{Name: "ntp.keyid", Title: "Key ID", Kind: layer.Bytes, Len: "4"},
		{Name: "ntp.mac", Title: "Message Authentication Code", Kind: layer.Bytes, When: "rest > 0"},
	}},
}

// ntpControl is a control message (RFC 9327 section 2).
var ntpControl = []layer.Field{
	{Name: "ntp.ctrl.flags2", Title: "Flags 2", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Name: "ntp.ctrl.flags2.r", Alias: "ctrlr", Title: "Response bit", Kind: layer.Bool, Bits: 1},
		{Name: "ntp.ctrl.flags2.error", Title: "Error bit", Kind: layer.Bool, Bits: 1},
		{Name: "ntp.ctrl.flags2.more", Title: "More bit", Kind: layer.Bool, Bits: 1},
		{Name: "ntp.ctrl.flags2.opcode", Alias: "ctrlop", Title: "Opcode", Bits: 5, Enum: layer.Enum{
			1: "read status", 2: "read variables", 3: "write variables", 4: "read clock variables", 5: "write clock variables",
			6: "set trap address/port", 7: "trap response", 8: "runtime configuration", 31: "unset trap address/port",
		}},
	}},
	{Name: "ntp.ctrl.sequence", Title: "Sequence", Bits: 16},
	{Name: "ntp.ctrl.status", Title: "Status", Bits: 16, Base: layer.Hex},
	{Name: "ntp.ctrl.associd", Title: "AssociationID", Bits: 16},
	{Kind: layer.Group, At: "3", When: "ctrlr && (ctrlop == 1 || ctrlop == 2) && associd == 0", Sub: []layer.Field{{Bits: 16, Sub: []layer.Field{
		{Name: "ntp.ctrl.sys_status.li", Title: "Leap Indicator", Bits: 2},
		{Name: "ntp.ctrl.sys_status.clksrc", Title: "Clock Source", Bits: 6},
		{Name: "ntp.ctrl.sys_status.count", Title: "System Event Counter", Bits: 4},
		{Name: "ntp.ctrl.sys_status.code", Title: "System Event Code", Bits: 4},
	}}}},
	{Name: "ntp.ctrl.offset", Title: "Offset", Bits: 16},
	{Name: "ntp.ctrl.count", Title: "Count", Bits: 16},
	{Name: "ntp.ctrl.data", Title: "Data", Kind: layer.Bytes, Len: "count > rest ? rest : count", When: "count > 0 && rest > 0", Sub: []layer.Field{
		{Name: "ntp.ctrl.item", Title: "Item", Kind: layer.Bytes, Len: "4", Repeat: "ctrlr && ctrlop == 1 && associd == 0 ? rest / 4 : 0", Sub: []layer.Field{
			{Name: "ntp.ctrl.associd", Title: "AssociationID", Bits: 16},
			{Name: "ntp.ctrl.status", Title: "Peer Status", Bits: 16, Base: layer.Hex, Sub: ntpPeerStatus},
		}},
	}},
}

var ntpPeerStatus = []layer.Field{
	{Name: "ntp.ctrl.peer_status.config", Title: "Configured", Bits: 1},
	{Name: "ntp.ctrl.peer_status.authenable", Title: "Authentication enabled", Bits: 1},
	{Name: "ntp.ctrl.peer_status.authentic", Title: "Authenticated", Bits: 1},
	{Name: "ntp.ctrl.peer_status.reach", Title: "Reachable", Bits: 1},
	{Name: "ntp.ctrl.peer_status.bcast", Title: "Broadcast", Bits: 1},
	{Name: "ntp.ctrl.peer_status.selection", Title: "Selection", Bits: 3},
	{Name: "ntp.ctrl.peer_status.count", Title: "Event Counter", Bits: 4},
	{Name: "ntp.ctrl.peer_status.code", Title: "Event Code", Bits: 4},
}

// ntpPrivate is a message of mode 7, which ntpd alone has spoken.
var ntpPrivate = []layer.Field{
	{Name: "ntp.priv.auth_seq", Title: "Auth, sequence", Bits: 8, Sub: []layer.Field{
		{Name: "ntp.priv.auth", Title: "Auth bit", Kind: layer.Bool, Bits: 1},
		{Name: "ntp.priv.seq", Title: "Sequence number", Bits: 7},
	}},
	{Name: "ntp.priv.impl", Title: "Implementation", Bits: 8},
	{Name: "ntp.priv.reqcode", Title: "Request code", Bits: 8, Enum: layer.Enum{
		0: "PEER_LIST", 1: "PEER_LIST_SUM", 2: "PEER_INFO", 3: "PEER_STATS", 4: "SYS_INFO", 5: "SYS_STATS", 6: "IO_STATS", 7: "MEM_STATS",
		8: "LOOP_INFO", 28: "AUTHINFO", 38: "GET_KERNEL", 42: "MON_GETLIST_1",
	}},
	{Bits: 16, Tight: true, Sub: []layer.Field{
		{Name: "ntp.priv.err", Title: "Err", Bits: 4, Base: layer.Hex},
		{Name: "ntp.priv.numitems", Title: "Number of data items", Bits: 12},
	}},
	{Bits: 16, Tight: true, Sub: []layer.Field{
		{Name: "ntp.priv.reserved", Title: "Reserved", Bits: 4, Base: layer.Hex},
		{Name: "ntp.priv.itemsize", Title: "Size of data item", Bits: 12},
	}},
	{Name: "ntp.priv.mode7.item", Title: "Item", Kind: layer.Group, Repeat: "numitems", Len: "itemsize", Switch: "reqcode", When: "(flags & 0x80) != 0 && itemsize > 0", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: ntpPeer},
		{Of: []uint64{8}, Fields: []layer.Field{
			{Name: "ntp.priv.mode7.last_offset", Title: "Last offset", Kind: layer.Int, Bits: 64},
			{Name: "ntp.priv.mode7.drift_comp", Title: "Drift comp", Kind: layer.Int, Bits: 64},
			{Name: "ntp.priv.mode7.compliance", Title: "Compliance", Bits: 32},
			{Name: "ntp.priv.mode7.watchdog_timer", Title: "Watchdog timer", Bits: 32},
		}},
		{Of: []uint64{28}, Fields: []layer.Field{
			{Name: "ntp.priv.mode7.timereset", Title: "Time reset", Bits: 32},
			{Name: "ntp.priv.mode7.numkeys", Title: "Number of keys", Bits: 32},
			{Name: "ntp.priv.mode7.numfreekeys", Title: "Number of free keys", Bits: 32},
			{Name: "ntp.priv.mode7.keylookups", Title: "Key lookups", Bits: 32},
			{Name: "ntp.priv.mode7.keynotfound", Title: "Keys not found", Bits: 32},
			{Name: "ntp.priv.mode7.encryptions", Title: "Encryptions", Bits: 32},
			{Name: "ntp.priv.mode7.decryptions", Title: "Decryptions", Bits: 32},
			{Name: "ntp.priv.mode7.expired", Title: "Expired", Bits: 32},
			{Name: "ntp.priv.mode7.keyuncached", Title: "Keys not cached", Bits: 32},
		}},
	}},
}

// ntpPeer is what ntpd's info_peer_summary holds.
var ntpPeer = []layer.Field{
	{Name: "ntp.priv.mode7.dstaddress", Title: "Local address", Kind: layer.IPv4},
	{Name: "ntp.priv.mode7.srcaddress", Title: "Remote address", Kind: layer.IPv4},
	{Name: "ntp.priv.mode7.srcport", Title: "Remote port", Bits: 16},
	{Bits: 8},
	{Name: "ntp.priv.mode7.hpoll", Title: "Host polling interval", Bits: 8},
	{Bits: 8},
	{Name: "ntp.priv.mode7.reach", Title: "Reachability", Bits: 8},
	{Name: "ntp.priv.mode7.peer.flags", Title: "Flags", Bits: 8, Base: layer.Hex},
	{Name: "ntp.priv.mode7.hmode", Title: "Host mode", Bits: 8, Enum: ntpModes},
	{Name: "ntp.priv.mode7.delay", Title: "Delay", Kind: layer.Int, Bits: 32},
	{Name: "ntp.priv.mode7.offset", Title: "Offset", Kind: layer.Int, Bits: 64},
	{Name: "ntp.priv.mode7.dispersion", Title: "Dispersion", Bits: 32},
	{Name: "ntp.priv.mode7.ipv6_flag", Title: "IPv6 flag", Bits: 32},
	{Name: "ntp.priv.mode7.unused", Title: "Unused", Kind: layer.Bytes, Len: "4"},
	{Name: "ntp.priv.mode7.dstaddress6", Title: "Local address", Kind: layer.IPv6},
	{Name: "ntp.priv.mode7.srcaddress6", Title: "Remote address", Kind: layer.IPv6},
}

var ntpModes = layer.Enum{
	0: "reserved", 1: "symmetric active", 2: "symmetric passive", 3: "client", 4: "server", 5: "broadcast", 6: "control", 7: "private",
}

var ntpLeaps = layer.Enum{0: "no warning", 1: "last minute of the day has 61 seconds", 2: "last minute of the day has 59 seconds", 3: "unknown (clock unsynchronized)"}
