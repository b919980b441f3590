package bpf

// EtherTypes (IEEE's registry) and LLC service access points (IEEE 802.2)
// that expressions name. Below 1501 a number is a SAP.
const (
	etherIPv4     = 0x0800
	etherARP      = 0x0806
	etherRARP     = 0x8035
	etherIPv6     = 0x86dd
	etherVLAN     = 0x8100
	etherQinQ     = 0x88a8
	etherOldQinQ  = 0x9100
	etherMPLS     = 0x8847
	etherPPPoED   = 0x8863
	etherPPPoES   = 0x8864
	etherAtalk    = 0x809b
	etherAARP     = 0x80f3
	etherIPX      = 0x8137
	etherXNS      = 0x0600
	etherDECnet   = 0x6003
	etherLAT      = 0x6004
	etherSCA      = 0x6007
	etherMOPDL    = 0x6001
	etherMOPRC    = 0x6002
	etherLLDP     = 0x88cc
	etherSlow     = 0x8809
	etherLoopback = 0x9000

	sapIP      = 0x06
	sapSTP     = 0x42
	sapIPX     = 0xe0
	sapNetBEUI = 0xf0
	sapISO     = 0xfe

	maxLength = 1500 // the greatest number in the type field that is a length
)

// carries is the condition that the frame carries this EtherType or SAP.
func (c *compiler) carries(pos int, proto uint32) (condition, error) {
	f := &c.frame
	if f.labels > 0 {
		return c.labelled(pos, proto)
	}
	switch f.kind {
	case kindEthernet:
		return c.ethernetCarries(proto), nil
	case kindSLL:
		return c.cookedCarries(proto), nil
	case kindSLL2:
		return equal(c.at(f.kindAt, 0, 2), proto), nil
	case kindPPP, kindPPPoE:
		return equal(c.at(f.kindAt, 0, 2), pppProtocol(proto)), nil
	case kindLoopback:
		return c.familyIs(proto), nil
	case kindIPv4:
		return constantly(proto == etherIPv4), nil
	case kindIPv6:
		return constantly(proto == etherIPv6), nil
	}
	return c.versionIs(proto), nil
}

// versionIs looks at the IP header itself; nothing but IP is known this way.
func (c *compiler) versionIs(proto uint32) condition {
	version := c.and(c.at(c.frame.network(), 0, 1), 0xf0)
	switch proto {
	case etherIPv4:
		return equal(version, 0x40)
	case etherIPv6:
		return equal(version, 0x60)
	}
	return constantly(false)
}

// labelled is the condition behind MPLS labels: IP directly behind the label
// that is the stack's bottom (RFC 3032).
func (c *compiler) labelled(pos int, proto uint32) (condition, error) {
	if proto != etherIPv4 && proto != etherIPv6 {
		return nil, errorAt(pos, "unsupported protocol over mpls").hint("behind a label only IPv4 and IPv6 can be told")
	}
	return all{c.bottomOfStack(), c.versionIs(proto)}, nil
}

// bottomOfStack looks at the last label that has been asked for.
func (c *compiler) bottomOfStack() condition {
	last := c.frame.payload.plus(c.frame.labels - 4)
	return equal(c.and(c.at(last, 2, 1), 1), 1)
}

// ethernetCarries tells Ethernet II from 802.3 by the type field.
func (c *compiler) ethernetCarries(proto uint32) condition {
	kind, llc := c.at(c.frame.kindAt, 0, 2), c.frame.payload
	is8023 := not{compare(kind, isGreater, maxLength)}
	switch {
	case proto == sapISO, proto == sapIP, proto == sapNetBEUI:
		return all{is8023, equal(c.at(llc, 0, 2), proto<<8|proto)}
	case proto == sapIPX:
		return anyOf{equal(kind, etherIPX), all{is8023, anyOf{
			c.snap(0, etherIPX), equal(c.at(llc, 0, 1), sapIPX), equal(c.at(llc, 0, 2), 0xffff),
		}}}
	case proto == etherAtalk:
		return anyOf{equal(kind, etherAtalk), all{is8023, c.snap(0x080007, etherAtalk)}}
	case proto == etherAARP:
		return anyOf{equal(kind, etherAARP), all{is8023, c.snap(0, etherAARP)}}
	case proto <= maxLength:
		return all{is8023, equal(c.at(llc, 0, 1), proto)}
	}
	return equal(kind, proto)
}

// snap is an LLC header with SNAP behind it (IEEE 802), of an organisation
// and a type of its own.
func (c *compiler) snap(organisation, proto uint32) condition {
	llc := c.frame.payload
	return all{
		equal(c.at(llc, 4, 4), organisation<<16|proto),
		equal(c.at(llc, 0, 4), 0xaaaa0300|organisation>>16),
	}
}

// cookedCarries is Linux' cooked header, whose type field has numbers of its
// own for frames that have no EtherType.
func (c *compiler) cookedCarries(proto uint32) condition {
	const raw8023, llc8022 = 1, 4
	kind, llc := c.at(c.frame.kindAt, 0, 2), c.frame.payload
	isLLC := equal(kind, llc8022)
	switch {
	case proto == sapISO, proto == sapIP, proto == sapNetBEUI:
		return all{isLLC, equal(c.at(llc, 0, 2), proto<<8|proto)}
	case proto == sapIPX:
		return anyOf{equal(kind, etherIPX), equal(kind, raw8023), all{isLLC, anyOf{
			equal(c.at(llc, 0, 1), sapIPX), c.snap(0, etherIPX),
		}}}
	case proto == etherAtalk:
		return anyOf{equal(kind, etherAtalk), all{isLLC, c.snap(0x080007, etherAtalk)}}
	case proto == etherAARP:
		return anyOf{equal(kind, etherAARP), all{isLLC, c.snap(0, etherAARP)}}
	case proto <= maxLength:
		return all{isLLC, equal(c.at(llc, 0, 1), proto)}
	}
	return equal(kind, proto)
}

// pppProtocol is PPP's number (IANA's registry) for an EtherType or SAP.
func pppProtocol(proto uint32) uint32 {
	switch proto {
	case etherIPv4:
		return 0x0021
	case etherIPv6:
		return 0x0057
	case etherDECnet:
		return 0x0027
	case etherAtalk:
		return 0x0029
	case etherXNS:
		return 0x0025
	case etherMPLS:
		return 0x0281
	case sapISO:
		return 0x0023
	case sapSTP:
		return 0x0031
	case sapIPX:
		return 0x002b
	}
	return proto
}

// familyIs compares the address family of a BSD loopback header.
func (c *compiler) familyIs(proto uint32) condition {
	families := c.families()
	field := c.at(c.frame.kindAt, 0, 4)
	switch proto {
	case etherIPv4:
		return oneOf(field, families.IPv4...)
	case etherIPv6:
		return oneOf(field, families.IPv6...)
	}
	return constantly(false)
}
