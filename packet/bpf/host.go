package bpf

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

func word(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// words are the four words of an IPv6 address.
func words(a netip.Addr) (w [4]uint32) {
	b := a.As16()
	for i := range w {
		w[i] = word(b[4*i:])
	}
	return w
}

// addressIPv4 compiles `host 192.0.2.1`, `net 192.0.2/24` and their like. A
// number of fewer than four parts stands for a network.
func (c *compiler) addressIPv4(n *identified) (condition, error) {
	q := n.quals
	if q.protocol == "ip6" {
		return nil, errorAt(q.pos, "'ip6' qualifier applied to IPv4 address").hint("write 'ip' or leave it out")
	}
	if n.id.kind == tokenNumber {
		number, mask := n.id.number, uint32(0xffffffff)
		if q.kind == "net" {
			number, mask = leftAligned(number)
		}
		return c.hosts4(q, []uint32{number}, mask)
	}
	number, mask, err := parseIPv4(n.id)
	if err != nil {
		return nil, err
	}
	text := n.id.text
	switch n.mask.kind {
	case tokenNumber:
		if n.mask.number > 32 {
			return nil, errorAt(n.mask.pos, "netmask length %d greater than maximum 32", n.mask.number)
		}
		mask = uint32(uint64(0xffffffff) << (32 - n.mask.number))
		text += "/" + n.mask.text
	case tokenIPv4:
		if mask, _, err = parseIPv4(n.mask); err != nil {
			return nil, err
		}
		text += " mask " + n.mask.text
	}
	if number&^mask != 0 {
		return nil, errorAt(n.id.pos, "non-network bits set in \"%s\"", text).hint("the network is %s", dotted(number&mask))
	}
	if n.mask.kind != tokenEnd && q.kind != "net" {
		return nil, errorAt(n.mask.pos, "Mask syntax for networks only").hint("write 'net %s'", text)
	}
	return c.hosts4(q, []uint32{number}, mask)
}

func dotted(n uint32) string {
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, n))).String()
}

// parseIPv4 reads one to four parts; missing ones are 0 and not in the mask.
func parseIPv4(t token) (number, mask uint32, err error) {
	parts := strings.Split(t.text, ".")
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 32)
		if err != nil || n > 255 {
			return 0, 0, errorAt(t.pos, "invalid IPv4 address '%s'", t.text).hint("each part is at most 255")
		}
		number |= uint32(n) << (24 - 8*i)
	}
	return number, uint32(uint64(0xffffffff) << (32 - 8*len(parts))), nil
}

// leftAligned shifts a network's number until its first part is not 0, and
// returns the mask of the parts it has: 10 is 10.0.0.0/8.
func leftAligned(number uint32) (uint32, uint32) {
	mask := uint32(0xffffffff)
	for number != 0 && number&0xff000000 == 0 {
		number, mask = number<<8, mask<<8
	}
	return number, mask
}

// addressIPv6 compiles `host 2001:db8::1` and `net 2001:db8::/32`.
func (c *compiler) addressIPv6(n *identified) (condition, error) {
	q := n.quals
	if q.protocol != "" && q.protocol != "ip6" {
		return nil, errorAt(q.pos, "'%s' qualifier applied to IPv6 address", q.protocol).hint("write 'ip6' or leave it out")
	}
	addr, err := netip.ParseAddr(n.id.text)
	if err != nil {
		return nil, errorAt(n.id.pos, "invalid IPv6 address %s", n.id.text)
	}
	length := uint32(128)
	if n.mask.kind == tokenNumber {
		length = n.mask.number
	}
	if length > 128 {
		return nil, errorAt(n.mask.pos, "mask length must be <= 128, and is %d", length)
	}
	if length < 128 && q.kind != "net" {
		return nil, errorAt(n.mask.pos, "Mask syntax for networks only").hint("write 'net %s/%d'", n.id.text, length)
	}
	prefix, err := addr.Prefix(int(length))
	if err != nil || prefix.Addr() != addr {
		return nil, errorAt(n.id.pos, "non-network bits set in \"%s/%d\"", n.id.text, length).hint("the network is %s", prefix)
	}
	return c.hosts6(q, [][4]uint32{words(addr)}, int(length))
}

// ends puts together the conditions of the two ends. Each is a list with one
// condition for each address; one address must fit both ends where both are
// asked for.
func ends(d direction, src, dst []condition) condition {
	switch d {
	case source:
		return anyOf(src)
	case destination:
		return anyOf(dst)
	case sourceOrDestination:
		return anyOf{anyOf(src), anyOf(dst)}
	}
	var c anyOf
	for i := range src {
		c = append(c, all{src[i], dst[i]})
	}
	return c
}

// hostProtocols are those with IPv4 addresses, and where they have them.
var hostProtocols = [...]struct {
	name                string
	etherType           uint32
	source, destination uint32
}{{"ip", etherIPv4, 12, 16}, {"arp", etherARP, 14, 24}, {"rarp", etherRARP, 14, 24}}

// hosts4 is the condition of IPv4 addresses under one mask, in IPv4, ARP and
// RARP or in that one of them that is named.
func (c *compiler) hosts4(q qualifiers, addrs []uint32, mask uint32) (condition, error) {
	var found anyOf
	for _, in := range hostProtocols {
		if q.protocol != "" && q.protocol != in.name {
			continue
		}
		carried, err := c.carries(q.pos, in.etherType)
		if err != nil { // behind MPLS there is no ARP to look at
			if q.protocol == "" {
				continue
			}
			return nil, err
		}
		at := func(n uint32) (cs []condition) {
			field := c.and(c.at(c.frame.network(), n, 4), mask)
			for _, a := range addrs {
				cs = append(cs, equal(field, a))
			}
			return cs
		}
		found = append(found, all{carried, ends(q.direction, at(in.source), at(in.destination))})
	}
	return found, nil
}

// hosts6 is the condition of IPv6 addresses under one prefix length.
func (c *compiler) hosts6(q qualifiers, addrs [][4]uint32, length int) (condition, error) {
	carried, err := c.carries(q.pos, etherIPv6)
	if err != nil {
		return nil, err
	}
	at := func(n uint32) (cs []condition) {
		for _, a := range addrs {
			var same all
			for i, w := range a {
				kept := min(max(length-32*i, 0), 32)
				if mask := bits.Reverse32(uint32(uint64(1)<<kept - 1)); mask != 0 {
					same = append(same, equal(c.and(c.at(c.frame.network(), n+4*uint32(i), 4), mask), w))
				}
			}
			cs = append(cs, same)
		}
		return cs
	}
	return all{carried, ends(q.direction, at(8), at(24))}, nil
}
