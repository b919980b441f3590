package bpf

// protocol compiles a bare protocol name.
func (c *compiler) protocol(t token) (condition, error) {
	switch t.text {
	case "tcp", "udp", "sctp", "ah", "esp", "pim":
		return c.ipProtocol(t.pos, "", abbreviated(t.text))
	case "icmp", "igmp", "igrp", "vrrp", "carp":
		return c.ipProtocol(t.pos, "ip", abbreviated(t.text))
	case "icmp6":
		return c.ipProtocol(t.pos, "ip6", protoICMPv6)
	case "clnp", "esis", "isis":
		number, _ := osiProtocol(t.text)
		return c.osiProtocol(t.pos, number)
	case "l1", "l2", "iih", "lsp", "snp", "csnp", "psnp":
		return c.isisPDU(t.pos, isisLevels(t.text)...)
	}
	if proto, ok := etherProtocol(t.text); ok {
		return c.carries(t.pos, proto)
	}
	switch t.text {
	case "link":
		return nil, errorAt(t.pos, "link layer applied in wrong context").hint("write 'ether host', 'ether proto' or 'ether[0]'")
	}
	return nil, errorAt(t.pos, "'%s' is not a valid syntax", t.text)
}

// abbreviated is the IP protocol number of a keyword.
func abbreviated(word string) uint32 {
	switch word {
	case "icmp":
		return 1
	case "igmp":
		return 2
	case "tcp":
		return protoTCP
	case "igrp":
		return 9
	case "udp":
		return protoUDP
	case "esp":
		return 50
	case "ah":
		return protoAH
	case "icmp6":
		return protoICMPv6
	case "pim":
		return 103
	case "vrrp", "carp":
		return 112
	}
	return protoSCTP
}

// etherProtocol is the EtherType or SAP of a name after `ether proto`.
func etherProtocol(name string) (uint32, bool) {
	switch name {
	case "ip":
		return etherIPv4, true
	case "ip6":
		return etherIPv6, true
	case "arp":
		return etherARP, true
	case "rarp":
		return etherRARP, true
	case "atalk":
		return etherAtalk, true
	case "aarp":
		return etherAARP, true
	case "decnet":
		return etherDECnet, true
	case "lat":
		return etherLAT, true
	case "sca":
		return etherSCA, true
	case "mopdl":
		return etherMOPDL, true
	case "moprc":
		return etherMOPRC, true
	case "lldp":
		return etherLLDP, true
	case "slow":
		return etherSlow, true
	case "loopback":
		return etherLoopback, true
	case "iso":
		return sapISO, true
	case "stp":
		return sapSTP, true
	case "ipx":
		return sapIPX, true
	case "netbeui":
		return sapNetBEUI, true
	}
	return 0, false
}

// protocolNamed compiles `[link|ip|ip6|iso|isis] proto X`.
func (c *compiler) protocolNamed(n *identified) (condition, error) {
	q := n.quals
	switch q.protocol {
	case "link":
		number, err := c.protocolNumber(n, etherProtocol)
		if err != nil {
			return nil, err
		}
		if err := c.fitsLink(n.id, number); err != nil {
			return nil, err
		}
		return c.carries(n.id.pos, number)
	case "", "ip", "ip6":
		number, err := c.protocolNumber(n, ipProtocolNamed)
		if err == nil {
			err = fits(n.id, "protocol number", number, 255)
		}
		if err != nil {
			return nil, err
		}
		return c.ipProtocol(n.id.pos, q.protocol, number)
	case "iso":
		number, err := c.protocolNumber(n, osiProtocol)
		if err == nil {
			err = fits(n.id, "ISO protocol", number, 255)
		}
		if err != nil {
			return nil, err
		}
		return c.osiProtocol(n.id.pos, number)
	case "isis":
		number, err := c.protocolNumber(n, func(string) (uint32, bool) { return 0, false })
		if err == nil {
			err = fits(n.id, "IS-IS PDU type", number, 31)
		}
		if err != nil {
			return nil, err
		}
		return c.isisPDU(n.id.pos, number)
	case "arp", "rarp", "atalk", "decnet", "lat", "sca", "moprc", "mopdl":
		return nil, errorAt(q.pos, "%s does not encapsulate another protocol", q.protocol)
	}
	return nil, errorAt(q.pos, "'%s proto' is bogus", q.protocol).hint("only link, ip, ip6, iso and isis carry a protocol by number")
}

// fits is the error of a number that its field cannot hold.
func fits(id token, what string, number, most uint32) error {
	if number > most {
		return errorAt(id.pos, "%s %d greater than maximum %d", what, number, most)
	}
	return nil
}

// fitsLink checks the number of `link proto`.
func (c *compiler) fitsLink(id token, number uint32) error {
	switch c.frame.kind {
	case kindPPP, kindPPPoE:
		return fits(id, "PPP protocol", number, 65535)
	case kindEthernet, kindSLL:
		if number <= maxLength {
			return fits(id, "LLC DSAP", number, 255)
		}
	}
	return fits(id, "EtherType", number, 65535)
}

// protocolNumber reads a number or a name that known resolves.
func (c *compiler) protocolNumber(n *identified, known func(string) (uint32, bool)) (uint32, error) {
	switch n.id.kind {
	case tokenNumber:
		return n.id.number, nil
	case tokenIPv4:
		return 0, errorAt(n.id.pos, "'%s' qualifier applied to IPv4 address", n.quals.kind)
	case tokenIPv6:
		return 0, errorAt(n.id.pos, "'%s' qualifier applied to IPv6 address", n.quals.kind)
	case tokenMAC:
		return 0, errorAt(n.id.pos, "Ethernet address used in non-ether expression")
	}
	if number, ok := known(n.id.text); ok && n.id.kind == tokenName {
		return number, nil
	}
	return 0, errorAt(n.id.pos, "unknown '%s' value '%s'", n.quals.kind, n.id.text).hint("write its number")
}

// ipProtocol is the protocol field of IPv4 and IPv6, or of the one named. In
// IPv6 a fragment header is looked behind, other extension headers are not.
func (c *compiler) ipProtocol(pos int, of string, number uint32) (condition, error) {
	ip := c.frame.network()
	var found anyOf
	if of != "ip6" {
		carried, err := c.carries(pos, etherIPv4)
		if err != nil {
			return nil, err
		}
		found = append(found, all{carried, equal(c.at(ip, 9, 1), number)})
	}
	if of != "ip" {
		carried, err := c.carries(pos, etherIPv6)
		if err != nil {
			return nil, err
		}
		next := c.at(ip, 6, 1)
		found = append(found, all{carried, anyOf{
			equal(next, number),
			all{equal(next, protoFragment), equal(c.at(ip, 40, 1), number)},
		}})
	}
	return found, nil
}
