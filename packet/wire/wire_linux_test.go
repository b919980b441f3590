package wire

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/netnstest"
)

// Ethertypes for local experiments (IEEE 802).
const (
	ours   = 0x88b5
	theirs = 0x88b6
)

// cable is two hosts with a veth pair between them, on which nothing is said
// but by the test.
type cable struct {
	a, b       *netnstest.Namespace
	macA, macB net.HardwareAddr
}

func newCable(t testing.TB) *cable {
	t.Helper()
	c := &cable{a: netnstest.New(t), b: netnstest.New(t)}
	for _, n := range []*netnstest.Namespace{c.a, c.b} {
		n.Sysctl(t, "net.ipv6.conf.default.disable_ipv6", "1")
	}
	netnstest.Pair(t, c.a, "eth0", "10.9.0.1/24", c.b, "eth0", "10.9.0.2/24")
	mac := func(n *netnstest.Namespace) (mac net.HardwareAddr) {
		n.Do(t, func() {
			ifc, err := net.InterfaceByName("eth0")
			if err != nil {
				t.Fatal(err)
			}
			mac = ifc.HardwareAddr
		})
		return mac
	}
	c.macA, c.macB = mac(c.a), mac(c.b)
	return c
}

// frame is an Ethernet frame of the type to a host, with a number in it.
func frame(dst, src net.HardwareAddr, ethertype uint16, number uint64) []byte {
	f := append(append([]byte{}, dst...), src...)
	f = binary.BigEndian.AppendUint16(f, ethertype)
	f = binary.BigEndian.AppendUint64(f, number)
	return append(f, make([]byte, 60-len(f))...)
}

// udp is an IPv4 datagram with an Ethernet header.
func udp(dst, src net.HardwareAddr, to, from [4]byte, toPort, fromPort uint16) []byte {
	f := append(append([]byte{}, dst...), src...)
	f = append(f, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0)
	f = append(append(f, from[:]...), to[:]...)
	sum := uint32(0)
	for i := 14; i < 34; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(f[i:]))
	}
	sum = sum>>16 + sum&0xffff
	binary.BigEndian.PutUint16(f[24:], ^uint16(sum+sum>>16))
	f = binary.BigEndian.AppendUint16(f, fromPort)
	f = binary.BigEndian.AppendUint16(f, toPort)
	f = append(f, 0, 26, 0, 0)
	return append(f, "eighteen bytes, so"...)
}

// only accepts frames of an ethertype.
func only(t testing.TB, ethertype uint32) []bpf.RawInstruction {
	t.Helper()
	program, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: ethertype, SkipFalse: 1},
		bpf.RetConstant{Val: 1 << 18},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func openIn(t testing.TB, n *netnstest.Namespace, cfg Config) *Capture {
	t.Helper()
	var c *Capture
	n.Do(t, func() {
		var err error
		if c, err = Open(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func senderIn(t testing.TB, n *netnstest.Namespace, cfg SendConfig) *Sender {
	t.Helper()
	var s *Sender
	n.Do(t, func() {
		var err error
		if s, err = OpenSender(cfg); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { s.Close() })
	return s
}

// send sends frames and fails the test where that fails.
func send(t testing.TB, n *netnstest.Namespace, frames ...[]byte) Report {
	t.Helper()
	s := senderIn(t, n, SendConfig{Interface: "eth0"})
	return sendBy(t, s, frames...)
}

func sendBy(t testing.TB, s *Sender, frames ...[]byte) Report {
	t.Helper()
	report, err := s.Run(t.Context(), func(dst []byte) ([]byte, error) {
		if len(frames) == 0 {
			return nil, io.EOF
		}
		dst = append(dst, frames[0]...)
		frames = frames[1:]
		return dst, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// taken is a copy of a frame that outlives the callback.
type taken struct {
	Frame
	worker int
}

// collect starts a capture. finish ends it, when it has seen n frames or after
// a long time, and returns all.
func collect(t testing.TB, c *Capture, n int) (finish func() ([]taken, Stats)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	var seen atomic.Int64
	perWorker := make([][]taken, len(c.workers))
	type result struct {
		stats Stats
		err   error
	}
	done := make(chan result, 1)
	go func() {
		stats, err := c.Run(ctx, func(worker int, frames []Frame) error {
			for _, f := range frames {
				f.Data = append([]byte(nil), f.Data...)
				perWorker[worker] = append(perWorker[worker], taken{f, worker})
			}
			if seen.Add(int64(len(frames))) >= int64(n) {
				cancel()
			}
			return nil
		})
		done <- result{stats, err}
	}()
	return func() ([]taken, Stats) {
		t.Helper()
		if n == 0 {
			cancel()
		}
		r := <-done
		cancel()
		if r.err != nil {
			t.Fatal(r.err)
		}
		var all []taken
		for _, frames := range perWorker {
			all = append(all, frames...)
		}
		return all, r.stats
	}
}
