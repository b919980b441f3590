package proto

import "github.com/netwright/netwright/packet/layer"

var dhcpv6 = &layer.Proto{
	Name: "dhcpv6", Title: "DHCPv6", Alias: []string{"DHCP6"}, Spec: "RFC 8415 section 8",
	On:      []layer.On{{Table: "udp.port", Keys: []uint64{546, 547}}},
	Fields:  dhcpv6Message(2),
	Answers: &layer.Answer{Same: []string{"xid"}, When: "type == 2 || type == 7 || type == 13"},
	Summary: "${type} ${xid}",
}

// dhcpv6Message is a message, in which relays' messages hold others so deep.
func dhcpv6Message(depth int) []layer.Field {
	options := layer.Case{Fields: dhcpv6Options(depth)}
	return []layer.Field{
		{Name: "dhcpv6.msgtype", Alias: "type", Title: "Message type", Bits: 8, Default: 1, Enum: dhcpv6Messages},
		{Kind: layer.Group, When: "type == 12 || type == 13", Sub: []layer.Field{
			{Name: "dhcpv6.hopcount", Alias: "hopcount", Title: "Hopcount", Bits: 8},
			{Name: "dhcpv6.linkaddr", Alias: "linkaddr", Title: "Link address", Kind: layer.IPv6},
			{Name: "dhcpv6.peeraddr", Alias: "peeraddr", Title: "Peer address", Kind: layer.IPv6},
		}},
		{Name: "dhcpv6.xid", Alias: "xid", Title: "Transaction ID", Bits: 24, Base: layer.Hex, When: "type != 12 && type != 13"},
		{Kind: layer.Group, Alias: "options", Repeat: "*", Len: "u16(2) + 4", Sub: options.Fields},
	}
}

// dhcpv6Option is an option's head, and what it holds by its code.
func dhcpv6Option(cases ...layer.Case) []layer.Field {
	return []layer.Field{
		{Name: "dhcpv6.option.type", Alias: "optcode", Title: "Option", Bits: 16, Enum: dhcpv6OptionNames},
		{Name: "dhcpv6.option.length", Alias: "optlen", Title: "Length", Bits: 16},
		{Kind: layer.Group, Len: "rest", Switch: "optcode", Cases: cases},
	}
}

func dhcpv6Options(depth int) []layer.Field {
	cases := append([]layer.Case{}, dhcpv6Data...)
	if depth > 0 {
		cases = append(cases, layer.Case{Of: []uint64{9}, Fields: dhcpv6Message(depth - 1)})
	}
	return dhcpv6Option(cases...)
}

// dhcpv6Data is what options hold (RFC 8415 section 21, and those named).
var dhcpv6Data = []layer.Case{
	{Of: []uint64{1, 2}, Fields: dhcpv6DUID},
	{Of: []uint64{3, 25}, Fields: []layer.Field{
		{Name: "dhcpv6.iaid", Alias: "iaid", Title: "IAID", Kind: layer.Bytes, Len: "4"},
		{Name: "dhcpv6.iaid.t1", Alias: "T1", Title: "T1", Bits: 32},
		{Name: "dhcpv6.iaid.t2", Alias: "T2", Title: "T2", Bits: 32},
		dhcpv6Inner,
	}},
	{Of: []uint64{4}, Fields: []layer.Field{{Name: "dhcpv6.iata", Title: "IATA", Kind: layer.Bytes, Len: "4"}, dhcpv6Inner}},
	dhcpv6Address,
	dhcpv6Prefix,
	{Of: []uint64{6}, Fields: []layer.Field{{Name: "dhcpv6.requested_option_code", Title: "Requested Option code", Bits: 16, Repeat: "rest / 2", Enum: dhcpv6OptionNames}}},
	{Of: []uint64{7}, Fields: []layer.Field{{Name: "dhcpv6.option_preference", Title: "Pref-value", Bits: 8}}},
	{Of: []uint64{8}, Fields: []layer.Field{{Name: "dhcpv6.elapsed_time", Title: "Elapsed time", Calc: "u16(0) * 10", Len: "2"}, {Bits: 16}}},
	{Of: []uint64{12}, Fields: []layer.Field{{Name: "dhcpv6.server_unicast", Title: "IPv6 address", Kind: layer.IPv6}}},
	dhcpv6Status,
	{Of: []uint64{14, 20}},
	{Of: []uint64{15}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "dhcpv6.userclass.length", Alias: "classlen", Title: "Length", Bits: 16},
		{Name: "dhcpv6.userclass.opaque_data", Title: "Suboption", Kind: layer.Bytes, Len: "classlen"},
	}}}},
	{Of: []uint64{16}, Fields: []layer.Field{
		{Name: "dhcpv6.vendorclass.enterprise", Title: "Enterprise ID", Bits: 32},
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Alias: "classlen", Bits: 16},
			{Name: "dhcpv6.vendorclass.data", Title: "vendor-class-data", Kind: layer.String, Len: "classlen"},
		}},
	}},
	{Of: []uint64{17}, Fields: []layer.Field{
		{Name: "dhcpv6.vendoropts.enterprise", Alias: "enterprise", Title: "Enterprise ID", Bits: 32},
		{Kind: layer.Group, Repeat: "enterprise == 4491 ? 0 : 4096", Until: "rest == 0", When: "rest > 0", Sub: []layer.Field{
			{Name: "dhcpv6.vendoropts.enterprise.option_code", Title: "Option code", Bits: 16},
			{Name: "dhcpv6.vendoropts.enterprise.option_length", Alias: "vendorlen", Title: "Option length", Bits: 16},
			{Name: "dhcpv6.vendoropts.enterprise.option_data", Title: "Option data", Kind: layer.Bytes, Len: "vendorlen"},
		}},
	}},
	{Of: []uint64{18}, Fields: []layer.Field{{Name: "dhcpv6.interface_id", Title: "Interface-ID", Kind: layer.Bytes}}},
	{Of: []uint64{19}, Fields: []layer.Field{{Name: "dhcpv6.reconf_msg", Title: "Reconf-type", Bits: 8, Enum: dhcpv6Messages, When: "rest == 1"}}},
	{Of: []uint64{21}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{plainDomain(layer.Field{Name: "dhcpv6.sip_server_domain_search_fqdn", Title: "SIP Server Domain Search FQDN"})}}}},
	{Of: []uint64{22}, Fields: []layer.Field{{Name: "dhcpv6.sip_server_a", Title: "SIP server address", Kind: layer.IPv6, Repeat: "rest / 16"}}},
	{Of: []uint64{23}, Fields: []layer.Field{{Name: "dhcpv6.dns_server", Title: "DNS server address", Kind: layer.IPv6, Repeat: "rest / 16"}}},
	{Of: []uint64{24}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{plainDomain(layer.Field{Name: "dhcpv6.search_list_entry", Title: "List entry"})}}}},
	{Of: []uint64{31}, Fields: []layer.Field{{Name: "dhcpv6.sntp_server", Title: "SNTP server address", Kind: layer.IPv6, Repeat: "rest / 16"}}},
	{Of: []uint64{32}, Fields: []layer.Field{{Name: "dhcpv6.lifetime", Title: "Lifetime", Bits: 32}}},
	{Of: []uint64{39}, Fields: []layer.Field{ // RFC 4704
		{Name: "dhcpv6.client_fqdn_flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Bits: 5},
			{Name: "dhcpv6.clientfqdn.client.n", Title: "N bit", Kind: layer.Bool, Bits: 1},
			{Name: "dhcpv6.clientfqdn.client.o", Title: "O bit", Kind: layer.Bool, Bits: 1, When: "(client_fqdn_flags & 2) != 0"},
			{Name: "dhcpv6.clientfqdn.client.s", Title: "S bit", Kind: layer.Bool, Bits: 1},
		}},
	}},
	{Of: []uint64{56}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: "u16(2) + 4", Sub: []layer.Field{ // RFC 5908
		{Name: "dhcpv6.ntpserver.option.type", Alias: "ntpopt", Title: "Suboption", Bits: 16},
		{Name: "dhcpv6.ntpserver.option.length", Title: "Length", Bits: 16},
		{Name: "dhcpv6.ntpserver.addr", Title: "NTP Server Address", Kind: layer.IPv6, When: "ntpopt == 1"},
		{Name: "dhcpv6.ntpserver.mc_addr", Title: "NTP Multicast Address", Kind: layer.IPv6, When: "ntpopt == 2"},
		{Kind: layer.Group, When: "ntpopt == 3", Sub: []layer.Field{plainDomain(layer.Field{Name: "dhcpv6.ntpserver.fqdn", Title: "NTP Server FQDN"})}},
	}}}},
	{Of: []uint64{64}, Fields: []layer.Field{plainDomain(layer.Field{Name: "dhcpv6.aftr_name", Title: "DS-Lite AFTR Name"})}},
	{Of: []uint64{112}, Fields: []layer.Field{{Name: "dhcpv6.mudurl", Title: "MUDURL", Kind: layer.String}}},
}

var (
	dhcpv6Address = layer.Case{Of: []uint64{5}, Fields: []layer.Field{
		{Name: "dhcpv6.iaaddr.ip", Alias: "addr", Title: "IPv6 address", Kind: layer.IPv6},
		{Name: "dhcpv6.iaaddr.pref_lifetime", Alias: "preflft", Title: "Preferred lifetime", Bits: 32},
		{Name: "dhcpv6.iaaddr.valid_lifetime", Alias: "validlft", Title: "Valid lifetime", Bits: 32},
	}}
	dhcpv6Prefix = layer.Case{Of: []uint64{26}, Fields: []layer.Field{
		{Name: "dhcpv6.iaprefix.pref_lifetime", Title: "Preferred lifetime", Bits: 32},
		{Name: "dhcpv6.iaprefix.valid_lifetime", Title: "Valid lifetime", Bits: 32},
		{Name: "dhcpv6.iaprefix.pref_len", Alias: "plen", Title: "Prefix length", Bits: 8},
		{Name: "dhcpv6.iaprefix.pref_addr", Alias: "prefix", Title: "Prefix address", Kind: layer.IPv6},
	}}
	dhcpv6Status = layer.Case{Of: []uint64{13}, Fields: []layer.Field{
		{Name: "dhcpv6.status_code", Title: "Status Code", Bits: 16, Enum: layer.Enum{
			0: "Success", 1: "UnspecFail", 2: "NoAddrsAvail", 3: "NoBinding", 4: "NotOnLink", 5: "UseMulticast", 6: "NoPrefixAvail",
		}},
		{Name: "dhcpv6.status_message", Title: "Status Message", Kind: layer.String, When: "rest > 0"},
	}}

	// dhcpv6Inner are the options in an identity association.
	dhcpv6Inner = layer.Field{Kind: layer.Group, Repeat: "*", Len: "u16(2) + 4", Sub: dhcpv6Option(dhcpv6Address, dhcpv6Prefix, dhcpv6Status)}
)

// dhcpv6DUID is a unique identifier (RFC 8415 section 11).
var dhcpv6DUID = []layer.Field{
	{Name: "dhcpv6.duid.bytes", Title: "DUID", Kind: layer.Bytes, At: "0"},
	{Name: "dhcpv6.duid.type", Alias: "duid", Title: "DUID Type", Bits: 16, Enum: layer.Enum{
		1: "link-layer address plus time", 2: "assigned by vendor based on Enterprise number", 3: "link-layer address", 4: "Universally Unique IDentifier (UUID)",
	}},
	{Kind: layer.Group, When: "duid == 1", Sub: []layer.Field{
		{Name: "dhcpv6.duidllt.hwtype", Alias: "llttype", Title: "Hardware type", Bits: 16},
		{Bits: 32}, // seconds since 2000
		{Name: "dhcpv6.duidllt.link_layer_addr", Title: "Link-layer address", Kind: layer.MAC, When: "llttype == 1 && rest == 6"},
	}},
	{Kind: layer.Group, When: "duid == 2", Sub: []layer.Field{
		{Name: "dhcpv6.duiden.enterprise", Title: "Enterprise ID", Bits: 32},
		{Name: "dhcpv6.duiden.identifier", Title: "Identifier", Kind: layer.Bytes},
	}},
	{Kind: layer.Group, When: "duid == 3", Sub: []layer.Field{
		{Name: "dhcpv6.duidll.hwtype", Alias: "lltype", Title: "Hardware type", Bits: 16},
		{Name: "dhcpv6.duidll.link_layer_addr", Title: "Link-layer address", Kind: layer.MAC, When: "lltype == 1 && rest == 6"},
	}},
	{Name: "dhcpv6.duiduuid.bytes", Title: "UUID", Kind: layer.Bytes, When: "duid == 4"},
}

// dhcpv6Messages are from IANA's registry.
var dhcpv6Messages = layer.Enum{
	1: "Solicit", 2: "Advertise", 3: "Request", 4: "Confirm", 5: "Renew", 6: "Rebind", 7: "Reply", 8: "Release", 9: "Decline",
	10: "Reconfigure", 11: "Information-request", 12: "Relay-forw", 13: "Relay-reply", 14: "Leasequery", 15: "Leasequery-reply",
	16: "Leasequery-done", 17: "Leasequery-data", 20: "DHCPv4-query", 21: "DHCPv4-response",
}

// dhcpv6OptionNames are from IANA's registry.
var dhcpv6OptionNames = layer.Enum{
	1: "Client Identifier", 2: "Server Identifier", 3: "IA_NA", 4: "IA_TA", 5: "IA Address", 6: "Option Request", 7: "Preference", 8: "Elapsed Time",
	9: "Relay Message", 11: "Authentication", 12: "Server Unicast", 13: "Status Code", 14: "Rapid Commit", 15: "User Class", 16: "Vendor Class",
	17: "Vendor-specific Information", 18: "Interface-Id", 19: "Reconfigure Message", 20: "Reconfigure Accept", 21: "SIP Server Domain Names",
	22: "SIP Server Addresses", 23: "DNS Servers", 24: "Domain Search List", 25: "IA_PD", 26: "IA Prefix", 31: "SNTP Servers",
	32: "Information Refresh Time", 39: "Client FQDN", 56: "NTP Server", 59: "Boot File URL", 64: "AFTR Name", 82: "SOL_MAX_RT", 83: "INF_MAX_RT", 112: "MUD URL",
}
