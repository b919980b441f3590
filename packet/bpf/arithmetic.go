package bpf

// relation compiles `left operator right`. The protocols that accessors name
// must be there, or it is false.
func (c *compiler) relation(n *relation) (condition, error) {
	left, needLeft, err := c.arithmetic(n.left)
	if err != nil {
		return nil, err
	}
	right, needRight, err := c.arithmetic(n.right)
	if err != nil {
		return nil, err
	}
	var is condition
	switch n.operator {
	case "=":
		is = relate(left, isEqual, right)
	case "!=":
		is = not{relate(left, isEqual, right)}
	case ">":
		is = relate(left, isGreater, right)
	case "<=":
		is = not{relate(left, isGreater, right)}
	case ">=":
		is = relate(left, isAtLeast, right)
	case "<":
		is = not{relate(left, isAtLeast, right)}
	}
	return append(append(needLeft, needRight...), is), nil
}

// arithmetic returns the value of an expression and what must hold for it to
// have one.
func (c *compiler) arithmetic(n arithmetic) (*value, all, error) {
	switch n := n.(type) {
	case *number:
		return c.constant(n.value), nil, nil
	case *length:
		return c.values.length(), nil, nil
	case *minus:
		v, need, err := c.arithmetic(n.of)
		if err != nil {
			return nil, nil, err
		}
		return c.negative(v), need, nil
	case *computed:
		return c.binaryOf(n)
	default:
		return c.accessor(n.(*accessor))
	}
}

func (c *compiler) binaryOf(n *computed) (*value, all, error) {
	left, needLeft, err := c.arithmetic(n.left)
	if err != nil {
		return nil, nil, err
	}
	right, needRight, err := c.arithmetic(n.right)
	if err != nil {
		return nil, nil, err
	}
	op := n.operator[0] // << and >> are < and > here
	if right.kind == valueConstant {
		switch {
		case op == '/' && right.k == 0:
			return nil, nil, errorAt(n.pos, "division by zero")
		case op == '%' && right.k == 0:
			return nil, nil, errorAt(n.pos, "modulus by zero")
		case (op == '<' || op == '>') && right.k > 31:
			return nil, nil, errorAt(n.pos, "shift by more than 31 bits")
		}
	}
	return c.values.binary(op, left, right), append(needLeft, needRight...), nil
}

// accessor is `protocol[index:size]`: bytes behind that protocol's header,
// which must be there.
func (c *compiler) accessor(n *accessor) (*value, all, error) {
	index, need, err := c.arithmetic(n.index)
	if err != nil {
		return nil, nil, err
	}
	at, is, err := c.accessed(n.protocol)
	if err != nil {
		return nil, nil, err
	}
	if is != nil {
		need = append(need, is)
	}
	if index.kind == valueConstant && uint64(at.k)+uint64(index.k) > maxOffset {
		return nil, nil, errorAt(n.protocol.pos, "offset %d of '%s' is beyond the end of any packet", index.k, n.protocol.text)
	}
	return c.indexed(at, index, uint8(n.size)), need, nil
}

// maxOffset is the greatest offset of a load. From 0xffe00000 on Linux gives
// offsets another meaning.
const maxOffset = 1 << 30

// indexed is size bytes at an offset plus a computed index.
func (c *compiler) indexed(at offset, index *value, size uint8) *value {
	switch {
	case index.kind == valueConstant:
		return c.load(at.base, at.k+index.k, size)
	case at.base == nil:
		return c.load(index, at.k, size)
	}
	return c.load(c.values.binary('+', index, at.base), at.k, size)
}

// accessed is where a protocol's header begins, and the condition that there
// is one (nil for none).
func (c *compiler) accessed(t token) (offset, condition, error) {
	switch name := t.text; name {
	case "link":
		return c.frame.header, nil, nil
	case "radio":
		return offset{}, nil, errorAt(t.pos, "radio information not present in capture")
	case "ip", "arp", "rarp", "atalk", "decnet", "lat", "sca", "mopdl", "moprc", "ip6":
		proto, _ := etherProtocol(name)
		is, err := c.carries(t.pos, proto)
		return c.frame.network(), is, err
	case "tcp", "udp", "sctp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp":
		carried, err := c.carries(t.pos, etherIPv4)
		return c.transport(), all{
			carried, equal(c.at(c.frame.network(), 9, 1), abbreviated(name)), c.unfragmented(),
		}, err
	case "icmp6":
		carried, err := c.carries(t.pos, etherIPv6)
		return c.transport6(), all{carried, equal(c.at(c.frame.network(), 6, 1), protoICMPv6)}, err
	}
	return offset{}, nil, errorAt(t.pos, "unsupported index operation: '%s' cannot be looked into", t.text)
}
