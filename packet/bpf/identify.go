package bpf

// identified compiles a primitive that names something, by what its
// qualifiers say and by what the name looks like.
func (c *compiler) identified(n *identified) (condition, error) {
	q := n.quals
	if q.direction == wireless {
		return nil, errorAt(q.pos, "802.11 addresses are only supported on 802.11 with 802.11 headers, not on %s", c.dlt())
	}
	switch q.kind {
	case "", "host", "net":
		return c.address(n)
	case "port", "portrange":
		return c.portNamed(n)
	case "proto":
		return c.protocolNamed(n)
	case "protochain":
		return c.chainNamed(n)
	}
	return c.gateway(n)
}

// address compiles host and net.
func (c *compiler) address(n *identified) (condition, error) {
	q := n.quals
	switch q.protocol {
	case "decnet":
		return c.decnetHost(n)
	case "", "ip", "arp", "rarp", "ip6", "link":
	default:
		return nil, errorAt(q.pos, "'%s' is not a valid qualifier for '%s'", q.protocol, q.kindOr("host")).
			hint("only link, ip, ip6, arp, rarp and decnet have addresses")
	}
	switch n.id.kind {
	case tokenMAC:
		if q.protocol != "link" || q.kind == "net" {
			return nil, errorAt(n.id.pos, "Ethernet address used in non-ether expression").hint("write 'ether host %s'", n.id.text)
		}
		mac, _ := parseMAC(n.id.text)
		return c.etherHost(n.id.pos, q.direction, mac)
	case tokenARCnet:
		return nil, errorAt(n.id.pos, "ARCnet address %s is not supported on %s", n.id.text, c.dlt())
	case tokenName:
		return c.named(n)
	case tokenIPv6:
		return c.addressIPv6(n)
	}
	if q.protocol == "link" {
		return nil, errorAt(n.id.pos, "illegal link-layer address '%s'", n.id.text).hint("write an Ethernet address such as 00:53:00:12:34:56")
	}
	return c.addressIPv4(n)
}

// kindOr is the kind of a qualifier, or this where none was written.
func (q qualifiers) kindOr(kind string) string {
	if q.kind != "" {
		return q.kind
	}
	return kind
}

// named compiles the name of a host or network.
func (c *compiler) named(n *identified) (condition, error) {
	q, name := n.quals, n.id.text
	if q.kind == "net" {
		return c.networkNamed(n)
	}
	if q.protocol == "link" {
		mac, err := lookupEther(c.ctx, c.opts.Resolver, name)
		if err != nil || len(mac) != 6 {
			return nil, errorAt(n.id.pos, "unknown ether host '%s'", name).hint("write an Ethernet address, or add the name to /etc/ethers")
		}
		return c.etherHost(n.id.pos, q.direction, [6]byte(mac))
	}
	four, six, err := c.lookupHost(n.id)
	if err != nil {
		return nil, err
	}
	var found anyOf
	if q.protocol != "ip6" && len(four) > 0 {
		is, err := c.hosts4(q, four, 0xffffffff)
		if err != nil {
			return nil, err
		}
		found = append(found, is)
	}
	if (q.protocol == "" || q.protocol == "ip6") && len(six) > 0 {
		is, err := c.hosts6(q, six, 128)
		if err != nil {
			return nil, err
		}
		found = append(found, is)
	}
	if len(found) == 0 {
		return nil, errorAt(n.id.pos, "unknown host '%s' for '%s'", name, q.protocol).hint("the name has no address of this family")
	}
	return found, nil
}

// lookupHost resolves a name to its IPv4 and IPv6 addresses.
func (c *compiler) lookupHost(id token) (four []uint32, six [][4]uint32, err error) {
	addrs, err := c.opts.Resolver.LookupNetIP(c.ctx, "ip", id.text)
	if err != nil || len(addrs) == 0 {
		e := errorAt(id.pos, "unknown host '%s'", id.text)
		if err != nil {
			_ = e.hint("%v", err) // it is e itself
		}
		return nil, nil, e
	}
	for _, a := range addrs {
		if a = a.Unmap(); a.Is4() {
			four = append(four, word(a.AsSlice()))
		} else {
			six = append(six, words(a))
		}
	}
	return four, six, nil
}

// networkNamed compiles `net NAME`. As in libpcap the network's number is
// compared whole, with no netmask: a name says none.
func (c *compiler) networkNamed(n *identified) (condition, error) {
	addr, err := lookupNetwork(c.ctx, c.opts.Resolver, n.id.text)
	if err != nil || !addr.Is4() {
		return nil, errorAt(n.id.pos, "unknown network '%s'", n.id.text).hint("write its number, as in 'net 192.0.2.0/24', or add the name to /etc/networks")
	}
	if p := n.quals.protocol; p == "link" || p == "ip6" {
		return nil, errorAt(n.quals.pos, "'%s' qualifier applied to IPv4 address", p)
	}
	number, mask := leftAligned(word(addr.AsSlice()))
	return c.hosts4(n.quals, []uint32{number}, mask)
}
