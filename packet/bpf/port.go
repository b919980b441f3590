package bpf

import "strings"

// IP protocol numbers (IANA's registry) that the compiler itself asks for.
const (
	protoHopByHop = 0
	protoTCP      = 6
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoAH       = 51
	protoICMPv6   = 58
	protoNoNext   = 59
	protoDestOpts = 60
	protoSCTP     = 132
)

// portNamed compiles `port` and `portrange`.
func (c *compiler) portNamed(n *identified) (condition, error) {
	q := n.quals
	var protocols []uint32
	switch q.protocol {
	case "":
		protocols = []uint32{protoTCP, protoUDP, protoSCTP}
	case "tcp":
		protocols = []uint32{protoTCP}
	case "udp":
		protocols = []uint32{protoUDP}
	case "sctp":
		protocols = []uint32{protoSCTP}
	default:
		return nil, errorAt(q.pos, "'%s' is not a valid qualifier for '%s'", q.protocol, q.kind).hint("write '%s and %s %s'", q.protocol, q.kind, n.id.text)
	}
	low, high, only, err := c.ports(n)
	if err != nil {
		return nil, err
	}
	if only != 0 {
		protocols = []uint32{only}
	}
	six, err := c.carries(n.id.pos, etherIPv6)
	if err != nil {
		return nil, err
	}
	four, err := c.carries(n.id.pos, etherIPv4)
	if err != nil {
		return nil, err
	}
	ip := c.frame.network()
	return anyOf{
		all{six, oneOf(c.at(ip, 6, 1), protocols...), c.portsAt(c.transport6(), q.direction, low, high)},
		all{four, oneOf(c.at(ip, 9, 1), protocols...), c.unfragmented(), c.portsAt(c.transport(), q.direction, low, high)},
	}, nil
}

// unfragmented is an IPv4 packet that begins with its transport header.
func (c *compiler) unfragmented() condition {
	return equal(c.and(c.at(c.frame.network(), 6, 2), 0x1fff), 0)
}

// portsAt compares the ports of a transport header.
func (c *compiler) portsAt(o offset, d direction, low, high uint32) condition {
	in := func(n uint32) []condition {
		port := c.at(o, n, 2)
		if low == high {
			return []condition{equal(port, low)}
		}
		return []condition{all{compare(port, isAtLeast, low), not{compare(port, isGreater, high)}}}
	}
	return ends(d, in(0), in(2))
}

// ports reads the ports of an identifier, and the one protocol that a service
// name implies (0 for none).
func (c *compiler) ports(n *identified) (low, high, only uint32, err error) {
	id, q := n.id, n.quals
	switch {
	case id.kind == tokenNumber:
		if id.number > 65535 {
			return 0, 0, 0, tooBigPort(id, id.text)
		}
		return id.number, id.number, 0, nil
	case id.kind == tokenMAC:
		return 0, 0, 0, errorAt(id.pos, "Ethernet address used in non-ether expression")
	case id.kind == tokenIPv4:
		return 0, 0, 0, errorAt(q.pos, "'%s' qualifier applied to IPv4 address", q.kind).hint("write 'host %s'", id.text)
	case id.kind == tokenIPv6:
		return 0, 0, 0, errorAt(q.pos, "'%s' qualifier applied to IPv6 address", q.kind).hint("write 'host %s'", id.text)
	case id.kind == tokenARCnet:
		return 0, 0, 0, errorAt(id.pos, "'%s' is no port", id.text)
	case q.kind == "port":
		low, only, err = servicePort(id, id.text, q)
		return low, low, only, err
	}
	return portRange(id, q)
}

// portRange reads `80-90` or `ssh-smtp`. A service's name may have a hyphen
// too, so every one is tried as the range's.
func portRange(id token, q qualifiers) (low, high, only uint32, err error) {
	for i := range id.text {
		if id.text[i] != '-' || i == 0 {
			continue
		}
		first, firstOnly, e1 := servicePort(id, id.text[:i], q)
		last, lastOnly, e2 := servicePort(id, id.text[i+1:], q)
		switch {
		case e1 != nil && !isUnknown(e1):
			return 0, 0, 0, e1
		case e2 != nil && e1 == nil && !isUnknown(e2):
			return 0, 0, 0, e2
		case e1 != nil || e2 != nil:
			continue
		}
		if firstOnly != lastOnly {
			firstOnly = 0
		}
		return min(first, last), max(first, last), firstOnly, nil
	}
	return 0, 0, 0, errorAt(id.pos, "unknown port in range '%s'", id.text).hint("write two ports or services, as in 8000-8010")
}

func isUnknown(err error) bool {
	e, ok := err.(*Error)
	return ok && strings.HasPrefix(e.Reason, "unknown")
}

// servicePort reads one port, by number or by the name of a service.
func servicePort(id token, text string, q qualifiers) (port, only uint32, err error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		number, _, err := lexNumber(strings.TrimLeft(text, "0")+zeroIf(text), id.pos)
		if err != nil || number > 65535 {
			return 0, 0, tooBigPort(id, text)
		}
		return number, 0, nil
	}
	s, ok := serviceNamed(text)
	if !ok {
		return 0, 0, errorAt(id.pos, "unknown port '%s'", text).hint("write its number")
	}
	if s.only == 0 || q.protocol == "" {
		return s.port, s.only, nil
	}
	if name := protocolName(s.only); name != q.protocol {
		return 0, 0, errorAt(id.pos, "port '%s' is %s", text, name).hint("write '%s port %s' or its number", name, text)
	}
	return s.port, s.only, nil
}

// zeroIf is "0" for a number of nothing but zeros, whose digits were trimmed.
func zeroIf(text string) string {
	if strings.Trim(text, "0") == "" {
		return "0"
	}
	return ""
}

func tooBigPort(id token, text string) *Error {
	return errorAt(id.pos, "port number %s greater than maximum 65535", text)
}

func protocolName(number uint32) string {
	switch number {
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	}
	return "sctp"
}
