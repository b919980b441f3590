package bpf

import (
	"math/bits"
	"slices"

	"github.com/netwright/netwright/packet/pcap"
)

// families are those of the options, or all that are known: AF_INET is 2
// everywhere that matters; AF_INET6 is 30 on macOS, 24 on OpenBSD and NetBSD
// and 28 on FreeBSD. NULL has the byte order of the host that captured, LOOP
// that of the network.
func (c *compiler) families() Families {
	if c.opts.Families != nil {
		return *c.opts.Families
	}
	known := Families{IPv4: []uint32{2}, IPv6: []uint32{30, 24, 28}}
	if c.link == pcap.LinkNull {
		known.IPv4 = inBothOrders(known.IPv4)
		known.IPv6 = inBothOrders(known.IPv6)
	}
	return known
}

func inBothOrders(numbers []uint32) []uint32 {
	for _, n := range slices.Clip(numbers) {
		numbers = append(numbers, bits.ReverseBytes32(n))
	}
	return numbers
}
