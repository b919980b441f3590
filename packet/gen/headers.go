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
	size  int               // bytes that count as always there, where the table has more in most cases; 0: what it says

	// framed says that a stream carries it behind a length, which the types do not
	// have: there is no view of it then.
	framed bool
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
	{proto: "sctp", name: "SCTP", title: "an SCTP header; its chunks are a payload", names: map[string]string{"sctp.verification_tag": "Tag"}, plain: []string{"sctp.srcport", "sctp.dstport"}},
	{
		proto: "sll", name: "SLL", title: "a Linux cooked header",
		names: map[string]string{"sll.pkttype": "PacketType", "sll.hatype": "HardwareType", "sll.halen": "HardwareLen", "sll.etype": "Type"},
		more:  []more{{"sll.src.eth", 48}, {"sll.etype", 112}},
	},
	{
		proto: "sll2", name: "SLL2", title: "a Linux cooked header, version 2",
		names: map[string]string{"sll.pkttype": "PacketType", "sll.hatype": "HardwareType", "sll.halen": "HardwareLen", "sll.etype": "Type", "sll.ifindex": "Interface"},
		more:  []more{{"sll.etype", 0}, {"sll.ifindex", 32}, {"sll.hatype", 64}, {"sll.pkttype", 80}, {"sll.halen", 88}, {"sll.src.eth", 96}},
		size:  20,
	},
	{proto: "mpls", name: "MPLS", title: "an MPLS label", names: map[string]string{"mpls.label": "Label", "mpls.exp": "Class", "mpls.bottom": "Bottom"}},
	{proto: "gre", name: "GRE", title: "a GRE header; what its flags tell of is a payload", names: map[string]string{"gre.flags_and_version": "Flags"}, size: 4},
	{
		proto: "vxlan", name: "VXLAN", title: "a VXLAN header", names: map[string]string{"vxlan.gbp": "GroupPolicy", "vxlan.vni": "VNI"},
		more: []more{{"vxlan.flags", 0}, {"vxlan.gbp", 16}, {"vxlan.vni", 32}}, size: 8,
	},
	{
		proto: "geneve", name: "Geneve", title: "a Geneve header",
		names: map[string]string{"geneve.flags": "Flags", "geneve.vni": "VNI", "geneve.reserved": "Reserved"},
	},
	{proto: "pppoed", name: "PPPoEDiscovery", title: "a PPPoE discovery header; its tags are a payload", names: map[string]string{"pppoe.session_id": "Session"}},
	{proto: "pppoes", name: "PPPoE", title: "a PPPoE session header", names: map[string]string{"pppoe.session_id": "Session"}},
	{
		proto: "ipv6.fraghdr", name: "IPv6Fragment", title: "an IPv6 fragment header",
		names: map[string]string{"ipv6.fraghdr.reserved_octet": "Reserved", "ipv6.fraghdr.offset": "FragOffset", "ipv6.fraghdr.reserved_bits": "ReservedBits", "ipv6.fraghdr.more": "More"},
	},
	{
		proto: "dns", name: "DNS", title: "a DNS header, as UDP carries it; its records are a payload", framed: true,
		names: map[string]string{"dns.count.queries": "Questions", "dns.count.answers": "Answers", "dns.count.auth_rr": "Authorities", "dns.count.add_rr": "Additionals"},
		plain: []string{"dns.count.queries", "dns.flags"},
		more:  []more{{"dns.id", 0}, {"dns.flags", 16}, {"dns.count.queries", 32}, {"dns.count.answers", 48}, {"dns.count.auth_rr", 64}, {"dns.count.add_rr", 80}},
	},
	{
		proto: "ntp", name: "NTP", title: "an NTP packet that carries time",
		names: map[string]string{"ntp.flags": "Flags", "ntp.stratum": "Stratum", "ntp.ppoll": "Poll", "ntp.precision": "Precision", "ntp.rootdelay": "RootDelay",
			"ntp.rootdispersion": "RootDispersion", "ntp.refid": "RefID", "ntp.reftime": "Reference", "ntp.org": "Origin", "ntp.rec": "Receive", "ntp.xmt": "Transmit"},
		more: []more{{"ntp.stratum", 8}, {"ntp.ppoll", 16}, {"ntp.precision", 24}, {"ntp.rootdelay", 32}, {"ntp.rootdispersion", 64}, {"ntp.refid", 96}, {"ntp.reftime", 128},
			{"ntp.org", 192}, {"ntp.rec", 256}, {"ntp.xmt", 320}},
	},
}

// words are Go's names for fields, by their aliases in the tables.
var words = map[string]string{
	"ack": "Ack", "chksum": "Checksum", "cksum": "Checksum", "code": "Code", "dataofs": "DataOffset", "dport": "DstPort", "dst": "Dst", "fl": "FlowLabel",
	"flags": "Flags", "frag": "FragOffset", "hlim": "HopLimit", "hwdst": "DstMAC", "hwlen": "HardwareLen", "hwsrc": "SrcMAC", "hwtype": "HardwareType",
	"id": "ID", "ihl": "HeaderLen", "len": "Length", "nh": "NextHeader", "op": "Op", "optionlen": "OptionLen", "options": "Options", "pdst": "DstIP", "plen": "PayloadLen",
	"prio": "Priority", "proto": "Protocol", "psrc": "SrcIP", "ptype": "ProtocolType", "seq": "Seq", "sport": "SrcPort", "src": "Src", "tc": "TrafficClass",
	"tos": "TOS", "ttl": "TTL", "type": "Type", "urgptr": "Urgent", "version": "Version", "window": "Window",
}

// flagWords are names of flags that have others than the last part of the
// field's name.
var flagWords = map[string]string{"reset": "RST", "push": "PSH", "rb": "Evil"}
