package bpf

// tokenKind tells words, addresses, numbers and signs apart.
type tokenKind uint8

const (
	tokenEnd     tokenKind = iota
	tokenKeyword           // a word of the language: host, and, tcp …
	tokenName              // any other word, or one escaped by a backslash
	tokenNumber            // 80, 0x50, 0120
	tokenIPv4              // 192.0.2.1, 192.168, 10.0.1
	tokenIPv6              // 2001:db8::1
	tokenMAC               // 00:53:00:12:34:56 in its many spellings
	tokenARCnet            // $c0
	tokenSign              // ( ) [ ] : / + - * & | ^ % < > = ! and their pairs
)

// token is one piece of an expression.
type token struct {
	kind   tokenKind
	text   string // as typed; of an escaped name without the backslash
	number uint32 // of tokenNumber
	pos    int    // byte offset
}

// String names the token as an error shows it.
func (t token) String() string {
	if t.kind == tokenEnd {
		return "the end of the expression"
	}
	return "'" + t.text + "'"
}

// is reports whether the token is this keyword or sign.
func (t token) is(text string) bool {
	return (t.kind == tokenKeyword || t.kind == tokenSign) && t.text == text
}

// canonical maps each keyword to the one that stands for it.
func canonical(word string) (string, bool) {
	switch word {
	case "ether", "fddi", "tr", "wlan", "ppp", "slip", "link":
		return "link", true
	case "es-is":
		return "esis", true
	case "is-is":
		return "isis", true
	case "length":
		return "len", true
	case "ifname", "on":
		return "ifname", true
	case "rset", "ruleset":
		return "rset", true
	case "rulenum", "rnr":
		return "rnr", true
	case "subrulenum", "srnr":
		return "srnr", true
	case "address1", "addr1":
		return "addr1", true
	case "address2", "addr2":
		return "addr2", true
	case "address3", "addr3":
		return "addr3", true
	case "address4", "addr4":
		return "addr4", true
	case "ra", "ta", "type", "subtype", "dir", "direction",
		"dst", "src", "and", "or", "not",
		"host", "net", "mask", "port", "portrange", "proto", "protochain", "gateway",
		"arp", "rarp", "ip", "ip6", "sctp", "tcp", "udp", "icmp", "icmp6", "igmp", "igrp", "pim",
		"vrrp", "carp", "radio", "ah", "esp", "atalk", "aarp", "decnet", "lat", "sca", "moprc", "mopdl",
		"iso", "esis", "isis", "clnp", "stp", "ipx", "netbeui",
		"l1", "l2", "iih", "lsp", "snp", "csnp", "psnp",
		"broadcast", "multicast", "less", "greater", "byte", "len",
		"inbound", "outbound", "ifindex", "vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", "llc",
		"reason", "action",
		"lane", "metac", "bcc", "sc", "ilmic", "oamf4ec", "oamf4sc", "oam", "oamf4", "connectmsg", "metaconnect", "vpi", "vci",
		"fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu",
		"sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls":
		return word, true
	}
	return "", false
}

// namedNumber returns the number of a named constant of a protocol header.
func namedNumber(word string) (uint32, bool) {
	for _, c := range namedNumbers {
		if c.name == word {
			return c.value, true
		}
	}
	return 0, false
}

type namedValue struct {
	name  string
	value uint32
}

// namedNumbers are the offsets and values that arithmetic may name: offsets
// in ICMP, ICMPv6 and TCP headers, types of ICMP (RFC 792) and ICMPv6 (IANA's
// registry), flags of TCP (RFC 9293).
var namedNumbers = [...]namedValue{
	{"icmptype", 0}, {"icmpcode", 1}, {"icmp6type", 0}, {"icmp6code", 1}, {"tcpflags", 13},

	{"icmp-echoreply", 0}, {"icmp-unreach", 3}, {"icmp-sourcequench", 4}, {"icmp-redirect", 5},
	{"icmp-echo", 8}, {"icmp-routeradvert", 9}, {"icmp-routersolicit", 10}, {"icmp-timxceed", 11},
	{"icmp-paramprob", 12}, {"icmp-tstamp", 13}, {"icmp-tstampreply", 14}, {"icmp-ireq", 15},
	{"icmp-ireqreply", 16}, {"icmp-maskreq", 17}, {"icmp-maskreply", 18},

	{"icmp6-destinationunreach", 1}, {"icmp6-packettoobig", 2}, {"icmp6-timeexceeded", 3},
	{"icmp6-parameterproblem", 4}, {"icmp6-echo", 128}, {"icmp6-echoreply", 129},
	{"icmp6-multicastlistenerquery", 130}, {"icmp6-multicastlistenerreportv1", 131},
	{"icmp6-multicastlistenerdone", 132}, {"icmp6-routersolicit", 133}, {"icmp6-routeradvert", 134},
	{"icmp6-neighborsolicit", 135}, {"icmp6-neighboradvert", 136}, {"icmp6-redirect", 137},
	{"icmp6-routerrenum", 138}, {"icmp6-nodeinformationquery", 139},
	{"icmp6-nodeinformationresponse", 140}, {"icmp6-ineighbordiscoverysolicit", 141},
	{"icmp6-ineighbordiscoveryadvert", 142}, {"icmp6-multicastlistenerreportv2", 143},
	{"icmp6-homeagentdiscoveryrequest", 144}, {"icmp6-homeagentdiscoveryreply", 145},
	{"icmp6-mobileprefixsolicit", 146}, {"icmp6-mobileprefixadvert", 147},
	{"icmp6-certpathsolicit", 148}, {"icmp6-certpathadvert", 149},
	{"icmp6-multicastrouteradvert", 151}, {"icmp6-multicastroutersolicit", 152},
	{"icmp6-multicastrouterterm", 153},

	{"tcp-fin", 0x01}, {"tcp-syn", 0x02}, {"tcp-rst", 0x04}, {"tcp-push", 0x08},
	{"tcp-ack", 0x10}, {"tcp-urg", 0x20}, {"tcp-ece", 0x40}, {"tcp-cwr", 0x80},
}
