package bpf

import "github.com/netwright/netwright/packet/pcap"

// Offsets from where Linux answers loads with what it knows beside the bytes
// of the packet (linux/filter.h, SKF_AD_).
const (
	metaBase       = 0xfffff000
	metaType       = metaBase + 4
	metaInterface  = metaBase + 8
	metaVLAN       = metaBase + 44
	metaVLANTagged = metaBase + 48
)

// outgoing is the packet type that Linux gives to what this host sends.
const outgoing = 4

// special compiles the primitives that are words of their own.
func (c *compiler) special(n *special) (condition, error) {
	switch n.word.text {
	case "less":
		return not{compare(c.values.length(), isGreater, n.arg.number)}, nil
	case "greater":
		return compare(c.values.length(), isAtLeast, n.arg.number), nil
	case "inbound", "outbound":
		return c.bound(n.word)
	case "ifindex":
		return c.interfaceIndex(n)
	case "vlan":
		return c.vlan(n)
	case "mpls":
		return c.mpls(n)
	case "pppoed":
		return c.carries(n.word.pos, etherPPPoED)
	case "pppoes":
		return c.pppoes(n)
	case "geneve":
		return c.geneve(n)
	case "vxlan":
		return c.vxlan(n)
	case "llc":
		return c.llc(n)
	}
	return nil, c.foreign(n.word)
}

// foreign is the error of a primitive of link types that are not supported.
func (c *compiler) foreign(t token) error {
	where := "raw ATM"
	switch t.text {
	case "ifname", "rset", "rnr", "srnr", "reason", "action":
		where = "PF linktype"
	case "type", "subtype", "dir", "direction":
		where = "802.11"
	case "fisu", "lssu", "lsu", "msu", "hfisu", "hlssu", "hmsu":
		where = "MTP2"
	case "sio", "opc", "dpc", "sls", "hsio", "hopc", "hdpc", "hsls":
		where = "SS7"
	}
	return errorAt(t.pos, "'%s' supported only on %s, not on %s", t.text, where, c.dlt())
}

// bound tells what comes in from what goes out.
func (c *compiler) bound(t token) (condition, error) {
	var goesOut condition
	switch {
	case c.link == pcap.LinkSLL:
		goesOut = equal(c.load(nil, 0, 2), outgoing)
	case c.link == pcap.LinkSLL2:
		goesOut = equal(c.load(nil, 10, 1), outgoing)
	case c.opts.LinuxExtensions:
		goesOut = equal(c.meta(metaType, 2), outgoing)
	default:
		return nil, c.unsupported(t).hint("the bytes of such a frame do not tell; a capture on Linux does, and LINUX_SLL files do")
	}
	if t.text == "inbound" {
		return not{goesOut}, nil
	}
	return goesOut, nil
}

func (c *compiler) interfaceIndex(n *special) (condition, error) {
	switch {
	case c.link == pcap.LinkSLL2:
		return equal(c.load(nil, 4, 4), n.arg.number), nil
	case c.opts.LinuxExtensions:
		return equal(c.meta(metaInterface, 4), n.arg.number), nil
	}
	return nil, c.unsupported(n.word).hint("a capture on Linux and LINUX_SLL2 files know the interface")
}

// byteTest compiles `byte OFFSET OPERATOR VALUE`, on the packet's bytes.
func (c *compiler) byteTest(n *byteTest) (condition, error) {
	if n.value.number > 255 {
		return nil, errorAt(n.value.pos, "byte argument %d greater than maximum 255", n.value.number)
	}
	if n.offset.number > maxOffset {
		return nil, errorAt(n.offset.pos, "offset %d is beyond the end of any packet", n.offset.number)
	}
	field, k := c.at(c.frame.header, n.offset.number, 1), n.value.number
	switch n.operator {
	case "=":
		return equal(field, k), nil
	case "<":
		return not{compare(field, isAtLeast, k)}, nil
	case ">":
		return compare(field, isGreater, k), nil
	case "&":
		return not{equal(c.and(field, k), 0)}, nil
	}
	return not{equal(c.binary('|', field, c.constant(k)), 0)}, nil
}
