package proto

import (
	"sync"

	"github.com/netwright/netwright/packet/layer"
)

// All lists the protocols, the built-in tables of this package. It makes a new
// list each time; the tables themselves are shared and must not be changed.
func All() []*layer.Proto {
	return []*layer.Proto{
		data,
		// Link.
		ethernet, vlan, qinq, llc,
		mpls,
		arp, sll, sll2, null, raw,
		// Internet.
		ipv4,
		gre, vrrp,
		igmp,
		icmp,
		ipv6, ipv6Hop, ipv6Routing, ipv6Fragment, ipv6Destination,
		// Transport.
		tcp, udp,
		vxlan, geneve,
	}
}

// Set is all protocols, ready to run. It is made when it is first asked for.
var Set = sync.OnceValue(func() *layer.Set {
	set, err := layer.NewSet(All()...)
	if err != nil {
		panic(err) // a mistake in a table of ours, which a test finds
	}
	return set
})
