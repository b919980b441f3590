package display

import (
	"net/netip"
	"strconv"
	"strings"
)

// Capture is a capture filter (pcap-filter(7)) that passes whatever the display
// filter is true for, and as little else as can be told: what a kernel can
// refuse before it is copied and dissected. It is empty where nothing can.
//
// It decides on TCP alone: a frame that holds TCP without a tunnel, tag or
// extension header around it holds no other packet, so that its one header
// decides. All else passes, but for frames that are cut within their IP header.
func (f *Filter) Capture() string {
	expr, never := push(f.node)
	switch {
	case never:
		return "not (" + plainTCP + ")"
	case expr == "":
		return ""
	}
	return "not (" + plainTCP + ") or (" + expr + ")" // and binds no tighter than or there
}

// plainTCP is not just tcp: that passes fragments of IPv6 too, which tcp port
// does not look into.
const plainTCP = "(ip and ip[9] = 6) or (ip6 and ip6[6] = 6)"

// push is a condition that a plain TCP frame meets if it meets the node, empty if
// there is none; never says that no plain TCP frame meets it.
func push(n *node) (expr string, never bool) {
	switch n.op {
	case "test":
		return pushTest(n.test)
	case "and":
		var parts []string
		for _, s := range n.subs {
			e, never := push(s)
			if never {
				return "", true
			}
			if e != "" {
				parts = append(parts, e)
			}
		}
		return strings.Join(parts, " and "), false
	case "or":
		return pushOr(n)
	}
	return "", false
}

// pushOr joins tests of one protocol: those of several might read past the end of
// a frame that is cut, which refuses it, where another test would pass it.
func pushOr(n *node) (string, bool) {
	var parts []string
	protocol := ""
	all := true // no plain TCP frame meets any
	for _, s := range n.subs {
		e, never := push(s)
		if never {
			continue
		}
		all = false
		if e == "" || s.op != "test" {
			return "", false
		}
		name, _, _ := strings.Cut(s.test.left.token.text, ".")
		if protocol != "" && name != protocol {
			return "", false
		}
		protocol = name
		parts = append(parts, e)
	}
	return "(" + strings.Join(parts, " or ") + ")", all
}

// noTCP are protocols of which no plain TCP frame has a layer.
var noTCP = map[string]bool{"udp": true, "icmp": true, "icmpv6": true, "arp": true, "igmp": true, "sctp": true, "gre": true, "vxlan": true, "geneve": true, "dhcp": true, "dhcpv6": true, "ntp": true, "tftp": true, "snmp": true, "stp": true, "lldp": true, "vrrp": true, "mdns": true, "llmnr": true}

// ports and hosts are fields with what they are called in a capture filter.
var (
	portFields = map[string]string{"tcp.port": "tcp port", "tcp.srcport": "tcp src port", "tcp.sport": "tcp src port", "tcp.dstport": "tcp dst port", "tcp.dport": "tcp dst port"}
	hostFields = map[string]string{"ip.addr": "", "ip.src": "src ", "ip.dst": "dst ", "ipv6.addr": "", "ipv6.src": "src ", "ipv6.dst": "dst "}
	flagFields = map[string]string{"tcp.flags.fin": "1", "tcp.flags.syn": "2", "tcp.flags.reset": "4", "tcp.flags.push": "8", "tcp.flags.ack": "16", "tcp.flags.urg": "32"}
)

func pushTest(t *test) (expr string, never bool) {
	if t.left.fn != "" || t.left.sum != "" || t.left.slice != nil || t.left.layer != nil || t.left.raw || t.left.token.kind != word {
		return "", false
	}
	name := t.left.token.text
	protocol, _, _ := strings.Cut(name, ".")
	if noTCP[protocol] {
		return "", true
	}
	var values []string
	switch {
	case t.op == "==" && simple(t.right):
		values = []string{t.right.token.text}
	case t.op == "in":
		for _, m := range t.set {
			if !simple(m.low) || m.high != nil {
				return "", false
			}
			values = append(values, m.low.token.text)
		}
	default:
		return "", false
	}
	var parts []string
	for _, v := range values {
		e := pushValue(name, v)
		if e == "" {
			return "", false
		}
		parts = append(parts, e)
	}
	return "(" + strings.Join(parts, " or ") + ")", false
}

func simple(o *operand) bool {
	return o != nil && o.fn == "" && o.sum == "" && o.slice == nil && !o.raw && o.token.kind == word
}

// pushValue is a field with one value as a capture filter has it, or "".
func pushValue(name, v string) string {
	if what, ok := portFields[name]; ok {
		if n, err := strconv.ParseUint(v, 0, 16); err == nil {
			return what + " " + strconv.FormatUint(n, 10)
		}
		return ""
	}
	if bit, ok := flagFields[name]; ok && (v == "1" || v == "true") {
		return "(ip6 or tcp[13] & " + bit + " != 0)" // tcp[…] reads behind IPv4 alone
	}
	side, ok := hostFields[name]
	if !ok {
		return ""
	}
	if prefix, err := netip.ParsePrefix(v); err == nil {
		return side + "net " + prefix.Masked().String()
	}
	if addr, err := netip.ParseAddr(v); err == nil && addr.Zone() == "" {
		return side + "host " + addr.String()
	}
	return ""
}
