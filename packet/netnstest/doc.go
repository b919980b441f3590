// Package netnstest gives tests network namespaces of their own: hosts and
// routers with real interfaces, invisible to the machine they run on, gone
// when the test ends.
//
//	a, b := netnstest.New(t), netnstest.New(t)
//	netnstest.Pair(t, a, "eth0", "10.0.0.1/24 2001:db8::1/64", b, "eth0", "10.0.0.2/24 2001:db8::2/64")
//	a.Run(t, "ping", "-c1", "10.0.0.2")
//	var conn net.PacketConn
//	b.Do(t, func() { conn, err = net.ListenPacket("udp", "10.0.0.2:53") })
//
// A socket belongs to the namespace that it was opened in for ever, so only the
// opening needs to be inside [Namespace.Do]; it may be used anywhere.
//
// It needs root (CAP_SYS_ADMIN) and iproute2's ip. Where these are missing the
// test is skipped, and fails when the environment variable CI is set.
package netnstest
