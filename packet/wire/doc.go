// Package wire takes packets from Linux network interfaces and puts packets on
// them.
//
// [Open] captures: one kernel ring for each worker (TPACKET_V3), flows spread
// over them by hash (PACKET_FANOUT), the filter in force before the first
// packet is seen, and what was lost always reported:
//
//	c, err := wire.Open(wire.Config{Interface: "eth0", Filter: program})
//	…
//	defer c.Close()
//	if err := wire.DropPrivileges(); err != nil { … }
//	stats, err := c.Run(ctx, func(worker int, frames []wire.Frame) error {
//		for i := range frames {
//			fmt.Println(frames[i].Time, len(frames[i].Data))
//		}
//		return nil // or wire.ErrStop
//	})
//	fmt.Println(stats) // 1000 frames, 0 dropped
//
// [OpenSender] sends, whole frames or IP packets, in batches and at the rate
// asked for:
//
//	s, err := wire.OpenSender(wire.SendConfig{Interface: "eth0", Rate: 1000})
//	…
//	report, err := s.Run(ctx, func(dst []byte) ([]byte, error) { return append(dst, frame...), nil })
//
// [OpenICMP] pings without privileges. Filters are classic BPF programs that
// package packet/bpf compiles; what is in the bytes is for package packet to
// say.
//
// Capturing and sending need CAP_NET_RAW: errors for want of it tell what to do
// ([PermissionError]). [DropPrivileges] gives it back for good once the sockets
// are open. On other systems than Linux all this fails with [ErrUnsupported].
package wire
