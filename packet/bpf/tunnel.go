package bpf

// udpTo is a UDP packet to a port whose payload begins as begins says, over
// IPv4 or IPv6. Either way slot takes the number of bytes between the network
// header, whose place is returned, and the UDP header.
func (c *compiler) udpTo(pos int, port uint32, slot *value, begins func(payload offset) condition) (condition, offset, error) {
	four, err := c.carries(pos, etherIPv4)
	if err != nil {
		return nil, offset{}, err
	}
	six, err := c.carries(pos, etherIPv6)
	if err != nil {
		return nil, offset{}, err
	}
	ip := c.frame.network()
	over4, over6 := c.transport(), c.transport6()
	start := over4.base
	if ip.base != nil {
		over6.base, over6.k = c.add(ip.base, 40), over6.k-40
	} else {
		over6.base, over6.k = c.constant(40), over6.k-40
	}
	return anyOf{
		all{
			four, equal(c.at(ip, 9, 1), protoUDP), c.unfragmented(),
			equal(c.at(over4, 2, 2), port), begins(over4.plus(8)), assign{slot, start},
		},
		all{
			six, equal(c.at(ip, 6, 1), protoUDP),
			equal(c.at(over6, 2, 2), port), begins(over6.plus(8)), assign{slot, over6.base},
		},
	}, offset{slot, ip.k}, nil
}

// vxlan compiles `vxlan [VNI]` (RFC 7348). What follows looks at the Ethernet
// frame inside.
func (c *compiler) vxlan(n *special) (condition, error) {
	if err := fitsVNI(n, "VXLAN"); err != nil {
		return nil, err
	}
	const validVNI = 0x08
	slot := c.newSlot()
	is, udp, err := c.udpTo(n.word.pos, 4789, slot, func(payload offset) condition {
		return all{equal(c.at(payload, 0, 1), validVNI), c.vni(n, payload)}
	})
	if err != nil {
		return nil, err
	}
	c.frame = ethernetAt(udp.plus(16))
	c.frame.tunnel = true
	return is, nil
}

// geneve compiles `geneve [VNI]` (RFC 8926). What follows looks at what is
// inside: an Ethernet frame, or any protocol that has an EtherType.
func (c *compiler) geneve(n *special) (condition, error) {
	if err := fitsVNI(n, "Geneve"); err != nil {
		return nil, err
	}
	const transparentEthernet = 0x6558
	slot, kindAt, payload := c.newSlot(), c.newSlot(), c.newSlot()
	is, udp, err := c.udpTo(n.word.pos, 6081, slot, func(payload offset) condition {
		return all{equal(c.and(c.at(payload, 0, 1), 0xc0), 0), c.vni(n, payload)}
	})
	if err != nil {
		return nil, err
	}
	// From here on the offsets are kept relative to the UDP payload's place
	// in the packet as it is for a header of length 0: k stays what it was.
	header := udp.plus(8)
	words := c.and(c.at(header, 0, 1), 0x3f)
	options := c.binary('<', words, c.constant(2))
	inner := c.newSlot()
	is = all{
		is,
		assign{inner, c.binary('+', options, slot)},
		anyOf{
			all{
				equal(c.at(header, 2, 2), transparentEthernet),
				assign{kindAt, c.add(inner, 8+12)},
				assign{payload, c.add(inner, 14)},
			},
			all{assign{kindAt, c.add(slot, 2)}, assign{payload, inner}},
		},
	}
	c.frame = frame{
		kind:    kindEthernet,
		header:  offset{inner, header.k + 8},
		kindAt:  offset{kindAt, header.k},
		payload: offset{payload, header.k + 8},
		llc:     3,
		tunnel:  true,
		hasMAC:  not{relate(payload, isEqual, inner)},
	}
	return is, nil
}

func fitsVNI(n *special, what string) error {
	if n.arg.kind == tokenNumber && n.arg.number > 0xffffff {
		return errorAt(n.arg.pos, "%s VNI %d greater than maximum %d", what, n.arg.number, 0xffffff)
	}
	return nil
}

// vni compares the network identifier, which VXLAN and Geneve both have in
// the upper three bytes of their second word.
func (c *compiler) vni(n *special, header offset) condition {
	if n.arg.kind != tokenNumber {
		return constantly(true)
	}
	return equal(c.and(c.at(header, 4, 4), 0xffffff00), n.arg.number<<8)
}
