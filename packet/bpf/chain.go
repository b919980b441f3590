package bpf

// The kernel takes no program that jumps back, so protochain's loop is written
// out for so many headers behind the IP header: RFC 8200 has six of them in a
// packet that follows its advice. Authentication headers in IPv4, which has no
// others, are rarely more than one.
const (
	kernelChain = 8
	longChain   = 128
	mostAH      = 8
)

// chainNamed compiles `[ip|ip6] protochain X`.
func (c *compiler) chainNamed(n *identified) (condition, error) {
	q := n.quals
	if q.protocol != "" && q.protocol != "ip" && q.protocol != "ip6" {
		return nil, errorAt(q.pos, "'%s' is not a valid qualifier for 'protochain'", q.protocol).hint("only ip and ip6 are")
	}
	number, err := c.protocolNumber(n, ipProtocolNamed)
	if err == nil {
		err = fits(n.id, "protocol number", number, 255)
	}
	if err != nil {
		return nil, err
	}
	if c.frame.payload.base != nil {
		return nil, errorAt(q.pos, "'protochain' not supported with variable length headers")
	}
	var found anyOf
	if q.protocol != "ip6" {
		carried, err := c.carries(n.id.pos, etherIPv4)
		if err != nil {
			return nil, err
		}
		ip := c.frame.network()
		found = append(found, all{carried, c.follows(c.at(ip, 9, 1), c.transport(), number, false, min(c.chain, mostAH))})
	}
	if q.protocol != "ip" {
		carried, err := c.carries(n.id.pos, etherIPv6)
		if err != nil {
			return nil, err
		}
		ip := c.frame.network()
		found = append(found, all{carried, c.follows(c.at(ip, 6, 1), c.transport6(), number, true, c.chain)})
	}
	return found, nil
}

// follows is the condition that the protocol of the header at o, which is next,
// is this number, or that one of the extension headers from there on names
// it. The authentication header (RFC 4302) is followed everywhere, those of
// RFC 8200 in IPv6 only.
func (c *compiler) follows(next *value, o offset, number uint32, six bool, limit int) condition {
	is := equal(next, number)
	if limit == 0 {
		return is
	}
	then, place := c.newSlot(), c.newSlot()
	if o.base == nil {
		o = offset{c.constant(o.k), 0}
	}
	base := o.base
	length := c.at(o, 1, 1)
	skip := func(more, shift uint32) condition {
		size := c.binary('<', c.add(length, more), c.constant(shift))
		return all{assign{then, c.at(o, 0, 1)}, assign{place, c.binary('+', size, base)}}
	}
	follow := anyOf{all{equal(next, protoAH), skip(2, 2)}}
	if six {
		follow = append(follow, all{
			oneOf(next, protoHopByHop, protoDestOpts, protoRouting, protoFragment), skip(1, 3),
		})
	}
	return anyOf{is, all{follow, c.follows(then, offset{place, o.k}, number, six, limit-1)}}
}
