//go:build e2e && linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/wire"
)

// wiredPair is a sender at one end of a cable and a capture at the other, of
// frames of a type of their own.
func wiredPair(t *testing.T, rate float64) (*wire.Sender, *wire.Capture, []byte) {
	t.Helper()
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "", b, "eth0", "")
	filter, err := bpf.Assemble([]bpf.Instruction{
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x88b5, SkipFalse: 1},
		bpf.RetConstant{Val: 1 << 18},
		bpf.RetConstant{Val: 0},
	})
	if err != nil {
		t.Fatal(err)
	}
	var s *wire.Sender
	var c *wire.Capture
	var mac net.HardwareAddr
	a.Do(t, func() { s, err = wire.OpenSender(wire.SendConfig{Interface: "eth0", Rate: rate}) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b.Do(t, func() {
		if c, err = wire.Open(wire.Config{Interface: "eth0", Filter: filter, Direction: wire.In, Ring: 64 << 20}); err != nil {
			t.Fatal(err)
		}
		ifc, err := net.InterfaceByName("eth0")
		if err != nil {
			t.Fatal(err)
		}
		mac = ifc.HardwareAddr
	})
	t.Cleanup(func() { c.Close() })
	frame := make([]byte, 60)
	copy(frame, mac)
	copy(frame[6:], []byte{2, 0, 0, 0, 0, 1, 0x88, 0xb5})
	return s, c, frame
}

// passed is what the far end saw of a sending.
type passed struct {
	sent        wire.Report
	seen        wire.Stats
	first, last time.Time
}

// rate is the rate that arrived, by the kernel's clock. A batch counts as a
// whole when it is sent, so its first packet is where both ends are measured.
func (p passed) rate() float64 {
	return float64(p.sent.Packets-1) / p.last.Sub(p.first).Seconds()
}

func pass(t *testing.T, rate float64, n int) passed {
	t.Helper()
	s, c, frame := wiredPair(t, rate)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var p passed
	done := make(chan error, 1)
	go func() {
		var err error
		p.seen, err = c.Run(ctx, func(_ int, frames []wire.Frame) error {
			if p.first.IsZero() {
				p.first = frames[0].Time
			}
			p.last = frames[len(frames)-1].Time
			return nil
		})
		done <- err
	}()
	var err error
	left := n
	p.sent, err = s.Run(ctx, func(dst []byte) ([]byte, error) {
		if left == 0 {
			return nil, io.EOF
		}
		left--
		return append(dst, frame...), nil
	})
	cancel()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	if p.sent.Packets != uint64(n) || p.seen.Received != uint64(n) || p.seen.Delivered+p.seen.Dropped != uint64(n) {
		t.Fatalf("%d to send; sent %v; seen %+v", n, p.sent, p.seen)
	}
	return p
}

// TestSendKeepsTheRate sends at rates from 10 to 300,000 packets a second; what
// arrives is within 2 % of what was asked for. A machine that does other things
// may have taken the time: so each has three tries, and says what it reached.
func TestSendKeepsTheRate(t *testing.T) {
	for _, rate := range []float64{10, 100, 1000, 10_000, 100_000, 300_000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			for range 3 {
				p := pass(t, rate, int(max(20, rate))+1)
				off := p.rate()/rate - 1
				t.Logf("%.1f/s arrived (%+.2f %%), sender says %v", p.rate(), 100*off, p.sent)
				if math.Abs(off) <= 0.02 {
					return
				}
			}
			t.Error("the rate was not kept")
		})
	}
}

// TestCaptureCountsAFlood captures as much as can be sent: no frame is lost
// without being counted.
func TestCaptureCountsAFlood(t *testing.T) {
	p := pass(t, 0, 2_000_000)
	t.Logf("%.0f/s arrived, %v", p.rate(), p.seen)
	if p.seen.Delivered < p.seen.Received/2 {
		t.Errorf("most of the frames were lost: %v", p.seen)
	}
}
