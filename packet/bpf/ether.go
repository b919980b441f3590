package bpf

// etherHost is the condition of an Ethernet address at one or both ends.
func (c *compiler) etherHost(pos int, d direction, mac [6]byte) (condition, error) {
	if c.frame.kind != kindEthernet {
		return nil, errorAt(pos, "ethernet addresses supported only on ethernet, not on %s", c.dlt())
	}
	at := func(n uint32) []condition {
		low, high := word(mac[2:]), uint32(mac[0])<<8|uint32(mac[1])
		return []condition{all{
			equal(c.at(c.frame.header, n+2, 4), low),
			equal(c.at(c.frame.header, n, 2), high),
		}}
	}
	return c.withMAC(ends(d, at(6), at(0))), nil
}

// withMAC adds, inside a tunnel that need not carry Ethernet, that it does.
func (c *compiler) withMAC(is condition) condition {
	if c.frame.hasMAC == nil {
		return is
	}
	return all{c.frame.hasMAC, is}
}

// casting compiles broadcast and multicast.
func (c *compiler) casting(n *casting) (condition, error) {
	of := n.of.text
	if n.of.kind == tokenEnd {
		of = "link"
	}
	switch {
	case of == "link" && n.what.text == "broadcast":
		if c.frame.kind != kindEthernet {
			return nil, errorAt(n.what.pos, "not a broadcast link: %s has no addresses", c.dlt())
		}
		return c.etherHost(n.what.pos, destination, [6]byte{255, 255, 255, 255, 255, 255})
	case of == "link":
		if c.frame.kind != kindEthernet {
			return nil, errorAt(n.what.pos, "link-layer multicast filters supported only on ethernet, not on %s", c.dlt())
		}
		return c.withMAC(equal(c.and(c.at(c.frame.header, 0, 1), 1), 1)), nil
	case of == "ip" && n.what.text == "broadcast":
		return c.ipBroadcast(n.what)
	case of == "ip":
		return c.castingOf(n, etherIPv4, compare(c.at(c.frame.network(), 16, 1), isAtLeast, 224))
	case of == "ip6" && n.what.text == "multicast":
		return c.castingOf(n, etherIPv6, equal(c.at(c.frame.network(), 24, 1), 0xff))
	case n.what.text == "broadcast":
		return nil, errorAt(n.of.pos, "only link-layer/IP broadcast filters supported").hint("write 'ether broadcast' or 'ip broadcast'")
	}
	return nil, errorAt(n.of.pos, "only link-layer/IP/IPv6 multicast filters supported").
		hint("write 'ether multicast', 'ip multicast' or 'ip6 multicast'")
}

func (c *compiler) castingOf(n *casting, proto uint32, is condition) (condition, error) {
	carried, err := c.carries(n.of.pos, proto)
	return all{carried, is}, err
}

// ipBroadcast is a destination whose host part is all zeros or all ones.
func (c *compiler) ipBroadcast(t token) (condition, error) {
	mask := c.opts.Netmask
	if len(mask) != 4 || word(mask) == 0xffffffff {
		return nil, errorAt(t.pos, "netmask not known, so 'ip broadcast' not supported").hint("give the netmask of the network")
	}
	carried, err := c.carries(t.pos, etherIPv4)
	if err != nil {
		return nil, err
	}
	hosts := ^word(mask)
	host := c.and(c.at(c.frame.network(), 16, 4), hosts)
	return all{carried, oneOf(host, 0, hosts)}, nil
}

// gateway is a packet that a host handed on: its Ethernet address is that
// host's, its IP addresses are not.
func (c *compiler) gateway(n *identified) (condition, error) {
	q := n.quals
	switch {
	case n.id.kind == tokenMAC:
		return nil, errorAt(n.id.pos, "Ethernet address used in non-ether expression").hint("'gateway' takes the name of a host")
	case n.id.kind != tokenName:
		return nil, errorAt(n.id.pos, "'gateway' is not a valid qualifier for '%s'", n.id.text).hint("'gateway' takes the name of a host")
	case c.frame.labels > 0:
		return nil, errorAt(q.pos, "'gateway' cannot be used within MPLS")
	case c.frame.tunnel:
		return nil, errorAt(q.pos, "'gateway' cannot be used within VXLAN or Geneve")
	case q.protocol != "" && q.protocol != "ip" && q.protocol != "arp" && q.protocol != "rarp":
		return nil, errorAt(q.pos, "'%s' is not a valid qualifier for 'gateway'", q.protocol).hint("only ip, arp and rarp are")
	case c.frame.kind != kindEthernet:
		return nil, errorAt(q.pos, "'gateway' supported only on ethernet, not on %s", c.dlt())
	}
	mac, err := lookupEther(c.ctx, c.opts.Resolver, n.id.text)
	if err != nil || len(mac) != 6 {
		return nil, errorAt(n.id.pos, "unknown ether host: %s", n.id.text).hint("add it to /etc/ethers, or write 'ether host MAC and not host ADDRESS'")
	}
	four, _, err := c.lookupHost(n.id)
	if err != nil {
		return nil, err
	}
	if len(four) == 0 {
		return nil, errorAt(n.id.pos, "unknown host '%s'", n.id.text).hint("it has no IPv4 address")
	}
	through, err := c.etherHost(n.id.pos, sourceOrDestination, [6]byte(mac))
	if err != nil {
		return nil, err
	}
	return all{through, c.notFrom(q.protocol, four)}, nil
}

// notFrom is an IPv4, ARP or RARP packet with none of these addresses.
func (c *compiler) notFrom(protocol string, addrs []uint32) condition {
	var found anyOf
	for _, in := range hostProtocols {
		if protocol != "" && protocol != in.name {
			continue
		}
		carried, _ := c.carries(0, in.etherType) // cannot fail without labels
		found = append(found, all{carried, not{anyOf{
			oneOf(c.at(c.frame.network(), in.source, 4), addrs...),
			oneOf(c.at(c.frame.network(), in.destination, 4), addrs...),
		}}})
	}
	return found
}
