package proto

import "github.com/netwright/netwright/packet/layer"

// dhcpOptions are the options (RFC 2132, and those named). What an option holds
// stands in a group of its length, so that a wrong one does not reach into the
// next.
var dhcpOptions = []layer.Case{
	{Of: []uint64{0}, Fields: []layer.Field{{Kind: layer.Group, Code: showZeros, Sub: []layer.Field{
		{Name: "dhcp.option.padding", Title: "Padding", Kind: layer.Bytes},
	}}}},
	{Of: []uint64{255}, Fields: []layer.Field{{Name: "dhcp.option.end", Title: "Option End", Bits: 8, Default: 255}}},
	dhcpOption(1, layer.Field{Name: "dhcp.option.subnet_mask", Title: "Subnet Mask", Kind: layer.IPv4}),
	dhcpOption(2, layer.Field{Name: "dhcp.option.time_offset", Title: "Time Offset", Kind: layer.Int, Bits: 32}),
	dhcpOption(3, layer.Field{Name: "dhcp.option.router", Title: "Router", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(4, layer.Field{Name: "dhcp.option.time_server", Title: "Time Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(5, layer.Field{Name: "dhcp.option.name_server", Title: "Name Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(6, layer.Field{Name: "dhcp.option.domain_name_server", Title: "Domain Name Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(7, layer.Field{Name: "dhcp.option.log_server", Title: "Log Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(8, layer.Field{Name: "dhcp.option.quotes_server", Title: "Quotes Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(9, layer.Field{Name: "dhcp.option.lpr_server", Title: "LPR Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(10, layer.Field{Name: "dhcp.option.impress_server", Title: "Impress Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(11, layer.Field{Name: "dhcp.option.resource_location_server", Title: "Resource Location Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(12, layer.Field{Name: "dhcp.option.hostname", Title: "Host Name", Kind: layer.CString, Len: "rest"}),
	dhcpOption(13, layer.Field{Name: "dhcp.option.boot_file_size", Title: "Boot File Size", Bits: 16}),
	dhcpOption(14, layer.Field{Name: "dhcp.option.merit_dump_file", Title: "Merit Dump File", Kind: layer.CString, Len: "rest"}),
	dhcpOption(15, layer.Field{Name: "dhcp.option.domain_name", Title: "Domain Name", Kind: layer.CString, Len: "rest"}),
	dhcpOption(16, layer.Field{Name: "dhcp.option.swap_server", Title: "Swap Server", Kind: layer.IPv4}),
	dhcpOption(17, layer.Field{Name: "dhcp.option.root_path", Title: "Root Path", Kind: layer.CString, Len: "rest"}),
	dhcpOption(18, layer.Field{Name: "dhcp.option.extension_path", Title: "Extensions Path", Kind: layer.CString, Len: "rest"}),
	dhcpOption(19, layer.Field{Name: "dhcp.option.ip_forwarding", Title: "IP Forwarding", Kind: layer.Bool, Bits: 8}),
	dhcpOption(20, layer.Field{Name: "dhcp.option.non_local_source_routing", Title: "Non-Local Source Routing", Kind: layer.Bool, Bits: 8}),
	dhcpOption(21, layer.Field{Kind: layer.Group, Repeat: "rest / 8", Sub: []layer.Field{
		{Name: "dhcp.option.policy_filter.ip", Title: "IP Address", Kind: layer.IPv4},
		{Name: "dhcp.option.policy_filter.subnet_mask", Title: "Subnet Mask", Kind: layer.IPv4},
	}}),
	dhcpOption(22, layer.Field{Name: "dhcp.option.max_datagram_reassembly_size", Title: "Maximum Datagram Reassembly Size", Bits: 16}),
	dhcpOption(23, layer.Field{Name: "dhcp.option.default_ip_ttl", Title: "Default IP Time-to-Live", Bits: 8}),
	dhcpOption(24, layer.Field{Name: "dhcp.option.path_mtu_aging_timeout", Title: "Path MTU Aging Timeout", Bits: 32}),
	dhcpOption(25, layer.Field{Name: "dhcp.option.path_mtu_plateau_table_item", Title: "Path MTU Plateau Table Item", Bits: 16, Repeat: "rest / 2"}),
	dhcpOption(26, layer.Field{Name: "dhcp.option.interface_mtu", Title: "Interface MTU", Bits: 16}),
	dhcpOption(27, layer.Field{Name: "dhcp.option.all_subnets_are_local", Title: "All Subnets are Local", Kind: layer.Bool, Bits: 8}),
	dhcpOption(28, layer.Field{Name: "dhcp.option.broadcast_address", Title: "Broadcast Address", Kind: layer.IPv4}),
	dhcpOption(29, layer.Field{Name: "dhcp.option.perform_mask_discovery", Title: "Perform Mask Discovery", Kind: layer.Bool, Bits: 8}),
	dhcpOption(30, layer.Field{Name: "dhcp.option.mask_supplier", Title: "Mask Supplier", Kind: layer.Bool, Bits: 8}),
	dhcpOption(31, layer.Field{Name: "dhcp.option.perform_router_discover", Title: "Perform Router Discover", Kind: layer.Bool, Bits: 8}),
	dhcpOption(32, layer.Field{Name: "dhcp.option.router_solicitation_address", Title: "Router Solicitation Address", Kind: layer.IPv4}),
	dhcpOption(33, layer.Field{Kind: layer.Group, Repeat: "rest / 8", Sub: []layer.Field{
		{Name: "dhcp.option.static_route.ip", Title: "Destination IP Address", Kind: layer.IPv4},
		{Name: "dhcp.option.static_route.router", Title: "Destination Router", Kind: layer.IPv4},
	}}),
	dhcpOption(34, layer.Field{Name: "dhcp.option.trailer_encapsulation", Title: "Trailer Encapsulation", Kind: layer.Bool, Bits: 8}),
	dhcpOption(35, layer.Field{Name: "dhcp.option.arp_cache_timeout", Title: "ARP Cache Timeout", Bits: 32}),
	dhcpOption(36, layer.Field{Name: "dhcp.option.ethernet_encapsulation", Title: "Ethernet Encapsulation", Kind: layer.Bool, Bits: 8}),
	dhcpOption(37, layer.Field{Name: "dhcp.option.tcp_default_ttl", Title: "TCP Default TTL", Bits: 8}),
	dhcpOption(38, layer.Field{Name: "dhcp.option.tcp_keepalive_interval", Title: "TCP Keepalive Interval", Bits: 32}),
	dhcpOption(39, layer.Field{Name: "dhcp.option.tcp_keepalive_garbage", Title: "TCP Keepalive Garbage", Kind: layer.Bool, Bits: 8}),
	dhcpOption(40, layer.Field{Name: "dhcp.option.nis_domain", Title: "Network Information Service Domain", Kind: layer.CString, Len: "rest"}),
	dhcpOption(41, layer.Field{Name: "dhcp.option.nis_server", Title: "Network Information Service Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(42, layer.Field{Name: "dhcp.option.ntp_server", Title: "Network Time Protocol Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(44, layer.Field{Name: "dhcp.option.netbios_over_tcpip_name_server", Title: "NetBIOS over TCP/IP Name Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(45, layer.Field{Name: "dhcp.option.netbios_over_tcpip_dd_name_server", Title: "NetBIOS over TCP/IP Datagram Distribution Name Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(46, layer.Field{Name: "dhcp.option.netbios_over_tcpip_node_type", Title: "NetBIOS over TCP/IP Node Type", Bits: 8, Enum: layer.Enum{1: "B-node", 2: "P-node", 4: "M-node", 8: "H-node"}}),
	dhcpOption(47, layer.Field{Name: "dhcp.option.netbios_over_tcpip_scope", Title: "NetBIOS over TCP/IP Scope", Kind: layer.CString, Len: "rest"}),
	dhcpOption(48, layer.Field{Name: "dhcp.option.xwindows_system_font_server", Title: "X Window System Font Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(49, layer.Field{Name: "dhcp.option.xwindows_system_display_manager", Title: "X Window System Display Manager", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(50, layer.Field{Name: "dhcp.option.requested_ip_address", Title: "Requested IP Address", Kind: layer.IPv4}),
	dhcpOption(51, layer.Field{Name: "dhcp.option.ip_address_lease_time", Title: "IP Address Lease Time", Bits: 32}),
	dhcpOption(52, layer.Field{Name: "dhcp.option.option_overload", Title: "Option Overload", Bits: 8, Enum: layer.Enum{1: "file", 2: "sname", 3: "file and sname"}}),
	dhcpOption(53, layer.Field{Name: "dhcp.option.dhcp", Title: "DHCP", Bits: 8, Alias: "dhcp", Default: 1, Enum: dhcpMessages, Words: dhcpWords}),
	dhcpOption(54, layer.Field{Name: "dhcp.option.dhcp_server_id", Title: "DHCP Server Identifier", Kind: layer.IPv4}),
	dhcpOption(55, layer.Field{Name: "dhcp.option.request_list_item", Title: "Parameter Request List Item", Bits: 8, Repeat: "rest"}),
	dhcpOption(56, layer.Field{Name: "dhcp.option.message", Title: "Message", Kind: layer.CString, Len: "rest"}),
	dhcpOption(57, layer.Field{Name: "dhcp.option.dhcp_max_message_size", Title: "Maximum DHCP Message Size", Bits: 16}),
	dhcpOption(58, layer.Field{Name: "dhcp.option.renewal_time_value", Title: "Renewal Time Value", Bits: 32}),
	dhcpOption(59, layer.Field{Name: "dhcp.option.rebinding_time_value", Title: "Rebinding Time Value", Bits: 32}),
	dhcpOption(60, layer.Field{Name: "dhcp.option.vendor_class_id", Title: "Vendor class identifier", Kind: layer.CString, Len: "rest"}),
	dhcpOption(61, layer.Field{Kind: layer.Group, Len: "rest", Sub: dhcpClientID}),
	dhcpOption(64, layer.Field{Name: "dhcp.option.nis_plus_domain", Title: "Network Information Service+ Domain", Kind: layer.CString, Len: "rest"}),
	dhcpOption(65, layer.Field{Name: "dhcp.option.nis_plus_server", Title: "Network Information Service+ Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(66, layer.Field{Name: "dhcp.option.tftp_server_name", Title: "TFTP Server Name", Kind: layer.CString, Len: "rest"}),
	dhcpOption(67, layer.Field{Name: "dhcp.option.bootfile_name", Title: "Bootfile name", Kind: layer.CString, Len: "rest"}),
	dhcpOption(68, layer.Field{Name: "dhcp.option.mobile_ip_home_agent", Title: "Mobile IP Home Agent", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(69, layer.Field{Name: "dhcp.option.smtp_server", Title: "SMTP Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(70, layer.Field{Name: "dhcp.option.pop3_server", Title: "POP3 Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(71, layer.Field{Name: "dhcp.option.nntp_server", Title: "NNTP Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(72, layer.Field{Name: "dhcp.option.default_www_server", Title: "Default WWW Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(73, layer.Field{Name: "dhcp.option.default_finger_server", Title: "Default Finger Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(74, layer.Field{Name: "dhcp.option.default_irc_server", Title: "Default IRC Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(75, layer.Field{Name: "dhcp.option.streettalk_server", Title: "StreetTalk Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(76, layer.Field{Name: "dhcp.option.streettalk_da_server", Title: "StreetTalk Directory Assistance Server", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(77, layer.Field{Name: "dhcp.option.user_class", Title: "Instance of User Class", Kind: layer.Group, Repeat: "*", Sub: []layer.Field{ // RFC 3004
		{Name: "dhcp.option.user_class.length", Alias: "classlen", Title: "User Class Length", Bits: 8},
		{Name: "dhcp.option.user_class.data", Title: "User Class Data", Kind: layer.Bytes, Len: "classlen"},
	}}),
	dhcpOption(82, dhcpRelayAgent),
	dhcpOption(91, layer.Field{Name: "dhcp.option.client_last_transaction_time", Title: "Client last transaction time", Bits: 32}),
	dhcpOption(92, layer.Field{Name: "dhcp.option.associated_ip_option", Title: "Associated IP option", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(93, layer.Field{Name: "dhcp.option.client_system_architecture", Title: "Client System Architecture", Bits: 16, Enum: layer.Enum{0: "x86 BIOS", 6: "x86 UEFI", 7: "x64 UEFI", 9: "EBC", 10: "ARM 32-bit UEFI", 11: "ARM 64-bit UEFI"}}),
	dhcpOption(97, layer.Field{Name: "dhcp.client_id.uuid", Title: "Client Identifier (UUID)", Kind: layer.GUID, LE: true, At: "1", When: "rest == 17"}),
	dhcpOption(100, layer.Field{Name: "dhcp.option.tz_pcode", Title: "TZ PCode", Kind: layer.CString, Len: "rest"}),
	dhcpOption(101, layer.Field{Name: "dhcp.option.tz_tcode", Title: "TZ TCode", Kind: layer.CString, Len: "rest"}),
	dhcpOption(116, layer.Field{Name: "dhcp.option.dhcp_auto_configuration", Title: "DHCP Auto-Configuration", Bits: 8}),
	dhcpOption(118, layer.Field{Name: "dhcp.option.subnet_selection_option", Title: "Subnet Selection Option", Kind: layer.IPv4}),
	dhcpOption(145, layer.Field{Name: "dhcp.option.forcerenew_nonce.algorithm", Title: "Forcerenew Nonce Capable Algorithm", Bits: 8, Repeat: "rest"}),
	dhcpOption(150, layer.Field{Name: "dhcp.option.tftp_server_address", Title: "TFTP Server Address", Kind: layer.IPv4, Repeat: "rest / 4"}),
	dhcpOption(161, layer.Field{Name: "dhcp.option.mudurl", Title: "MUDURL", Kind: layer.CString, Len: "rest"}),
	dhcpOption(252, layer.Field{Name: "dhcp.option.private_proxy_autodiscovery", Title: "Private/Proxy autodiscovery", Kind: layer.CString, Len: "rest"}),
	{Fields: dhcpOptionOf(0, layer.Field{Name: "dhcp.option.value", Title: "Value", Kind: layer.Bytes, When: "rest > 0"})},
}

func dhcpOption(code uint64, fields ...layer.Field) layer.Case {
	return layer.Case{Of: []uint64{code}, Fields: dhcpOptionOf(code, fields...)}
}

func dhcpOptionOf(code uint64, fields ...layer.Field) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Len: "u8(1) + 2", Sub: append([]layer.Field{
		{Alias: "optcode", Bits: 8, Default: code},
		{Name: "dhcp.option.type", Title: "Option", Calc: "optcode", At: "0", Len: "size"},
		{Name: "dhcp.option.length", Alias: "optlen", Title: "Length", Bits: 8},
	}, fields...)}}
}

// dhcpClientID is a client's identifier: a hardware address, or one of RFC 4361.
var dhcpClientID = []layer.Field{
	{Name: "dhcp.hw.type", Title: "Hardware type", Bits: 8, Base: layer.Hex, When: "size == 7 && u8(0) > 0 && u8(0) < 48"},
	{Name: "dhcp.hw.mac_addr", Title: "Client MAC address", Kind: layer.MAC, When: "pos == 1"},
	{Kind: layer.Group, When: "pos == 0 && u8(0) == 0 && size > 1", Sub: []layer.Field{
		{Name: "dhcp.client_id.type", Title: "Type", Bits: 8},
		{Name: "dhcp.client_id.undef", Title: "Client Identifier", Kind: layer.CString, Len: "rest"},
	}},
}

// dhcpRelayAgent is what a relay says about the client (RFC 3046).
var dhcpRelayAgent = layer.Field{Kind: layer.Group, Repeat: "*", Len: "u8(1) + 2", Sub: []layer.Field{
	{Alias: "subcode", Bits: 8},
	{Name: "dhcp.option.agent_information_option.suboption", Title: "Option 82 Suboption", Calc: "subcode", At: "0", Len: "size"},
	{Name: "dhcp.option.suboption_length", Title: "Length", Bits: 8},
}, Switch: "subcode", Cases: []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.agent_circuit_id", Title: "Agent Circuit ID", Kind: layer.Bytes}}},
	{Of: []uint64{2}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.agent_remote_id", Title: "Agent Remote ID", Kind: layer.Bytes}}},
	{Of: []uint64{5}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.link_selection", Title: "Link selection", Kind: layer.IPv4}}},
	{Of: []uint64{6}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.subscriber_id", Title: "Subscriber ID", Kind: layer.CString, Len: "rest"}}},
	{Of: []uint64{11}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.server_id_override", Title: "Server ID Override", Kind: layer.IPv4}}},
	{Of: []uint64{12}, Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.relay_agent_id", Title: "Relay Agent Identifier", Kind: layer.Bytes}}},
	{Fields: []layer.Field{{Name: "dhcp.option.agent_information_option.value", Title: "Value", Kind: layer.Bytes, When: "rest > 0"}}},
}}

// dhcpMessages are from IANA's registry.
var dhcpMessages = layer.Enum{
	1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "ACK", 6: "NAK", 7: "Release", 8: "Inform", 9: "Force Renew",
	10: "Lease query", 11: "Lease Unassigned", 12: "Lease Unknown", 13: "Lease Active", 14: "Bulk Lease Query", 15: "Lease Query Done",
	16: "Active LeaseQuery", 17: "LeaseQuery Status", 18: "TLS",
}

// dhcpWords are the names of messages as Scapy has them.
var dhcpWords = map[string]uint64{
	"discover": 1, "offer": 2, "request": 3, "decline": 4, "ack": 5, "nak": 6, "release": 7, "inform": 8, "force_renew": 9,
}
