// Package ping asks hosts whether they are there: by ICMP echo requests to any
// number of them at once (RFC 792, RFC 4443), and on a link by ARP (RFC 826) or
// neighbour solicitations (RFC 4861).
//
//	p, err := ping.Open(ping.Config{Count: 3})
//	…
//	defer p.Close()
//	targets := []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
//	stats, err := p.Run(ctx, targets, func(e ping.Event) error {
//		fmt.Println(targets[e.Target], e)
//		return nil
//	})
//	fmt.Println(stats[0])
//
// One goroutine does it all, by sendmmsg(2) and recvmmsg(2). Times of arrival are
// the kernel's, so a busy program measures no longer round trips than an idle one.
// It takes no privilege where net.ipv4.ping_group_range has the process's group,
// else CAP_NET_RAW, which may be given up after [Open].
//
// [ParseTargets] reads what people type: addresses, names, networks and ranges.
// [OpenLink] is the way to ARP and neighbour discovery.
package ping
