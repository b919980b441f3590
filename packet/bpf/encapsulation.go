package bpf

// vlan compiles `vlan [ID]`: a tag of IEEE 802.1Q, in the frame or, on Linux,
// taken out of it by the driver. What follows looks behind the tag.
func (c *compiler) vlan(n *special) (condition, error) {
	f := &c.frame
	if f.labels > 0 {
		return nil, errorAt(n.word.pos, "no VLAN match after MPLS")
	}
	if f.kind != kindEthernet {
		return nil, c.unsupported(n.word)
	}
	if n.arg.kind == tokenNumber && n.arg.number > 4095 {
		return nil, errorAt(n.arg.pos, "VLAN tag %d greater than maximum 4095", n.arg.number)
	}
	isTag := oneOf(c.at(f.kindAt, 0, 2), etherVLAN, etherQinQ, etherOldQinQ)
	inFrame := all{isTag, c.vlanID(n, c.at(f.payload, 0, 2))}
	first := c.opts.LinuxExtensions && !f.tagged && !f.tunnel
	f.tagged = true
	if !first {
		f.kindAt, f.payload = f.kindAt.plus(4), f.payload.plus(4)
		return inFrame, nil
	}
	// How much the header in the frame is longer depends on where the tag was.
	shift := c.newSlot()
	f.kindAt.base, f.payload.base = shift, shift
	return anyOf{
		all{
			equal(c.meta(metaVLANTagged, 1), 1),
			assign{shift, c.constant(0)},
			c.vlanID(n, c.meta(metaVLAN, 2)),
		},
		all{
			not{equal(c.meta(metaVLANTagged, 1), 1)},
			assign{shift, c.constant(4)},
			inFrame,
		},
	}, nil
}

// vlanID compares the identifier in a tag, if one was asked for.
func (c *compiler) vlanID(n *special, tag *value) condition {
	if n.arg.kind != tokenNumber {
		return constantly(true)
	}
	return equal(c.and(tag, 0xfff), n.arg.number)
}

// mpls compiles `mpls [LABEL]` (RFC 3032). A second one looks at the next
// label of the stack.
func (c *compiler) mpls(n *special) (condition, error) {
	f := &c.frame
	var is condition
	switch {
	case f.labels > 0:
		is = not{c.bottomOfStack()}
	case f.kind == kindEthernet, f.kind == kindPPP, f.kind == kindPPPoE:
		var err error
		if is, err = c.carries(n.word.pos, etherMPLS); err != nil {
			return nil, err
		}
	default:
		return nil, c.unsupported(n.word)
	}
	if n.arg.kind == tokenNumber {
		if n.arg.number > 0xfffff {
			return nil, errorAt(n.arg.pos, "MPLS label %d greater than maximum %d", n.arg.number, 0xfffff)
		}
		is = all{is, equal(c.and(c.at(f.network(), 0, 4), 0xfffff000), n.arg.number<<12)}
	}
	f.labels += 4
	return is, nil
}

// pppoes compiles `pppoes [SESSION]` (RFC 2516). What follows looks at the
// PPP frame inside.
func (c *compiler) pppoes(n *special) (condition, error) {
	if n.arg.kind == tokenNumber && n.arg.number > 65535 {
		return nil, errorAt(n.arg.pos, "PPPoE session number %d greater than maximum 65535", n.arg.number)
	}
	is, err := c.carries(n.word.pos, etherPPPoES)
	if err != nil {
		return nil, err
	}
	header := c.frame.network()
	if n.arg.kind == tokenNumber {
		is = all{is, equal(c.at(header, 2, 2), n.arg.number)}
	}
	ppp := header.plus(6)
	c.frame = frame{kind: kindPPPoE, header: ppp, kindAt: ppp, payload: ppp.plus(2), tunnel: c.frame.tunnel}
	return is, nil
}
