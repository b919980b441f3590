package main

// header is a protocol that gets types of its own.
type header struct {
	proto string // its name in the tables
	name  string // of the struct; the view's is that and View
	title string // how a comment calls it, with its article

	names map[string]string // of fields, by their full names, where words below do not fit
	plain []string          // fields that are 0 when they are not set, though the table has a default
	flags map[string]string // fields that get a type of flags, and its name
	more  []more            // fields behind those that are always there
}

// more is a field at a place that depends on other fields, which the struct's
// user sets right, or leaves as they are.
type more struct {
	field string
	bit   int
}

var headers = []header{
	{proto: "eth", name: "Ethernet", title: "an Ethernet header"},
	{proto: "vlan", name: "VLAN", title: "an 802.1Q tag", plain: []string{"vlan.id"}, names: map[string]string{"vlan.id": "ID", "vlan.dei": "DEI"}},
	{proto: "ieee8021ad", name: "QinQ", title: "an 802.1ad service tag", plain: []string{"ieee8021ad.id"}, names: map[string]string{"ieee8021ad.id": "ID", "ieee8021ad.dei": "DEI"}},
	{
		proto: "arp", name: "ARP", title: "an ARP packet for Ethernet and IPv4",
		names: map[string]string{"arp.proto.size": "ProtocolLen"},
		more:  []more{{"arp.src.hw_mac", 64}, {"arp.src.proto_ipv4", 112}, {"arp.dst.hw_mac", 144}, {"arp.dst.proto_ipv4", 192}},
	},
	{proto: "ip", name: "IPv4", title: "an IPv4 header", flags: map[string]string{"ip.flags": "IPv4Flags"}},
	{proto: "ipv6", name: "IPv6", title: "an IPv6 header"},
	{
		proto: "icmp", name: "ICMP", title: "an ICMP header, as echo requests have it",
		more: []more{{"icmp.ident", 32}, {"icmp.seq", 48}},
	},
	{
		proto: "icmpv6", name: "ICMPv6", title: "an ICMPv6 header, as echo requests have it",
		more: []more{{"icmpv6.echo.identifier", 32}, {"icmpv6.echo.sequence_number", 48}},
	},
	{proto: "tcp", name: "TCP", title: "a TCP header", plain: []string{"tcp.srcport", "tcp.dstport", "tcp.flags"}, flags: map[string]string{"tcp.flags": "TCPFlags"}},
	{proto: "udp", name: "UDP", title: "a UDP header", plain: []string{"udp.srcport", "udp.dstport"}},
}

// words are Go's names for fields, by their aliases in the tables.
var words = map[string]string{
	"ack": "Ack", "chksum": "Checksum", "cksum": "Checksum", "code": "Code", "dataofs": "DataOffset", "dport": "DstPort", "dst": "Dst", "fl": "FlowLabel",
	"flags": "Flags", "frag": "FragOffset", "hlim": "HopLimit", "hwdst": "DstMAC", "hwlen": "HardwareLen", "hwsrc": "SrcMAC", "hwtype": "HardwareType",
	"id": "ID", "ihl": "HeaderLen", "len": "Length", "nh": "NextHeader", "op": "Op", "options": "Options", "pdst": "DstIP", "plen": "PayloadLen",
	"prio": "Priority", "proto": "Protocol", "psrc": "SrcIP", "ptype": "ProtocolType", "seq": "Seq", "sport": "SrcPort", "src": "Src", "tc": "TrafficClass",
	"tos": "TOS", "ttl": "TTL", "type": "Type", "urgptr": "Urgent", "version": "Version", "window": "Window",
}

// flagWords are names of flags that have others than the last part of the
// field's name.
var flagWords = map[string]string{"reset": "RST", "push": "PSH", "rb": "Evil"}
