package bpf

import (
	"strconv"
	"strings"
)

// decnetHost compiles `decnet host AREA.NODE`. A DECnet routing header (Phase
// IV) begins behind two bytes of length, after one byte of padding or none,
// and is short or long; the addresses are little endian.
func (c *compiler) decnetHost(n *identified) (condition, error) {
	if n.quals.kind == "net" {
		return nil, errorAt(n.quals.pos, "'decnet' is not a valid qualifier for 'net'")
	}
	if n.id.kind == tokenName {
		return nil, errorAt(n.id.pos, "'decnet' is not a valid qualifier for 'host' by name").hint("write the address as AREA.NODE")
	}
	addr, ok := decnetAddress(n.id)
	if !ok || n.mask.kind != tokenEnd {
		return nil, errorAt(n.id.pos, "invalid DECnet address '%s'", n.id.text).hint("write AREA.NODE, AREA at most 63 and NODE at most 1023")
	}
	carried, err := c.carries(n.id.pos, etherDECnet)
	if err != nil {
		return nil, err
	}
	src := []condition{c.decnetAt(addr, 3, 15)}
	dst := []condition{c.decnetAt(addr, 1, 7)}
	return all{carried, ends(n.quals.direction, src, dst)}, nil
}

// decnetAddress is an address as two bytes of a packet hold it.
func decnetAddress(id token) (uint32, bool) {
	area, node, ok := strings.Cut(id.text, ".")
	a, err1 := strconv.ParseUint(area, 10, 8)
	n, err2 := strconv.ParseUint(node, 10, 16)
	if !ok || err1 != nil || err2 != nil || a > 63 || n > 1023 {
		return 0, false
	}
	addr := uint32(a<<10 | n)
	return addr>>8 | addr&0xff<<8, true
}

// decnetAt compares an address that lies short bytes behind the flags of a
// short header, and long bytes behind those of a long one.
func (c *compiler) decnetAt(addr, short, long uint32) condition {
	const isShort, isLong, padded = 0x02, 0x06, 0x81
	header := c.frame.network().plus(2)
	flags, padding := c.and(c.at(header, 0, 1), 7), c.and(c.at(header, 0, 2), 0xff07)
	return anyOf{
		all{equal(flags, isShort), equal(c.at(header, short, 2), addr)},
		all{equal(padding, padded<<8|isShort), equal(c.at(header, short+1, 2), addr)},
		all{equal(flags, isLong), equal(c.at(header, long, 2), addr)},
		all{equal(padding, padded<<8|isLong), equal(c.at(header, long+1, 2), addr)},
	}
}
