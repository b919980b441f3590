package proto

import (
	"slices"
	"sync"

	"github.com/netwright/netwright/packet/layer"
)

// All lists the protocols, the built-in tables of this package. It makes a new
// list each time; the tables themselves are shared and must not be changed.
func All() []*layer.Proto {
	list := []*layer.Proto{
		data,
		// Link.
		ethernet, vlan, qinq, llc, arp, sll, sll2, null, raw, mpls, ppp, lcp, ipcp, ipv6cp, ccp, pap, chap,
		pppoed, pppoes, chdlc, slarp, stp, lldp, isl, fabricPath,
		// Internet.
		ipv4, ipv6, ipv6Hop, ipv6Routing, ipv6Fragment, ipv6Destination, icmp, igmp, icmpv6, gre, vrrp,
		// Transport.
		tcp, udp, vxlan, geneve, sctp,
	}
	return slices.Concat(list, services, applications, routing)
}

// Set is all protocols. It is made when it is first asked for.
var Set = sync.OnceValue(func() *layer.Set { return layer.LazySet(All()...) })
