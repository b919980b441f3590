// Package trace finds the routers on the way to a host, with all TTLs in flight
// at once.
//
//	t, err := trace.Open(trace.Config{Method: trace.UDP})
//	…
//	defer t.Close()
//	result, err := t.Run(ctx, netip.MustParseAddr("192.0.2.7"), nil)
//	for _, hop := range result.Hops {
//		fmt.Println(hop.TTL, hop.Nodes)
//	}
//
// Probes are of one flow, in the manner of Paris traceroute: their ports, or the
// checksum of their ICMP header, stay the same, so that routers which share their
// load by flows send them all the same way. With [Config.Paths] the flow is
// varied, in order to see all ways (multipath detection; the numbers of probes
// are those of Veitch, Augustin, Friedman and Teixeira, "Failure Control in
// Multipath Route Tracing", INFOCOM 2009, for 95 %).
//
// Answers are read from the sockets' queues of errors (ip(7), IP_RECVERR), which
// takes no privilege for UDP, and none for ICMP where net.ipv4.ping_group_range
// has the process's group; TCP takes CAP_NET_RAW. They carry the kernel's time, and
// the MPLS labels that routers tell (RFC 4884, RFC 4950).
package trace
