//go:build e2e && linux

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/wire"
)

// rig is a cable with a capture at its far end, of frames of a type of their own.
type rig struct {
	near    *netnstest.Namespace
	capture *wire.Capture
	far     net.HardwareAddr
}

func newRateRig(t *testing.T) rig {
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
	r := rig{near: a}
	b.Do(t, func() {
		if r.capture, err = wire.Open(wire.Config{Interface: "eth0", Filter: filter, Direction: wire.In, Ring: 64 << 20}); err != nil {
			t.Fatal(err)
		}
		ifc, err := net.InterfaceByName("eth0")
		if err != nil {
			t.Fatal(err)
		}
		r.far = ifc.HardwareAddr
	})
	t.Cleanup(func() { r.capture.Close() })
	return r
}

// passed is what the far end saw of a sending.
type passed struct {
	sent        string // what the sender says
	seen        wire.Stats
	first, last time.Time
}

// rate is the rate that arrived, by the kernel's clock. A batch counts as a
// whole when it is sent, so its first packet is where both ends are measured.
func (p passed) rate() float64 {
	return float64(p.seen.Received-1) / p.last.Sub(p.first).Seconds()
}

// sending sends n packets at a rate, 0 for as fast as can be, and tells of it.
type sending func(ctx context.Context, t *testing.T, r rig, rate float64, n int) (string, error)

// bySender sends by package wire.
func bySender(ctx context.Context, t *testing.T, r rig, rate float64, n int) (string, error) {
	var s *wire.Sender
	var err error
	r.near.Do(t, func() { s, err = wire.OpenSender(wire.SendConfig{Interface: "eth0", Rate: rate}) })
	if err != nil {
		return "", err
	}
	defer s.Close()
	frame := make([]byte, 60)
	copy(frame, r.far)
	copy(frame[6:], []byte{2, 0, 0, 0, 0, 1, 0x88, 0xb5})
	left := n
	report, err := s.Run(ctx, func(dst []byte) ([]byte, error) {
		if left == 0 {
			return nil, io.EOF
		}
		left--
		return append(dst, frame...), nil
	})
	return report.String(), err
}

// byCommand sends by netwright send.
func byCommand(ctx context.Context, t *testing.T, r rig, rate float64, n int) (string, error) {
	cmd := exec.CommandContext(ctx, built, "send", "-i", "eth0", "--rate", fmt.Sprint(rate), "-c", fmt.Sprint(n),
		fmt.Sprintf("eth dst=%v src=02:00:00:00:00:01 type=0x88b5 / \"one packet many times\"", r.far))
	var said strings.Builder
	cmd.Stderr = &said
	r.near.Start(t, cmd)
	err := cmd.Wait()
	return strings.TrimSpace(said.String()), err
}

func pass(t *testing.T, send sending, rate float64, n int) passed {
	t.Helper()
	r := newRateRig(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var p passed
	done := make(chan error, 1)
	go func() {
		var err error
		p.seen, err = r.capture.Run(ctx, func(_ int, frames []wire.Frame) error {
			if p.first.IsZero() {
				p.first = frames[0].Time
			}
			p.last = frames[len(frames)-1].Time
			return nil
		})
		done <- err
	}()
	var err error
	p.sent, err = send(ctx, t, r, rate, n)
	cancel()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatalf("%v: %s", err, p.sent)
	}
	if p.seen.Received != uint64(n) || p.seen.Delivered+p.seen.Dropped != uint64(n) {
		t.Fatalf("%d to send; sent %s; seen %+v", n, p.sent, p.seen)
	}
	return p
}

// keepsTheRate sends for a second, or twenty packets. What arrives is within 2 % of
// what was asked for. A machine that does other things may have taken the time: so
// each has five tries, and says what it reached.
func keepsTheRate(t *testing.T, send sending, rates ...float64) {
	for _, rate := range rates {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			for range 5 {
				p := pass(t, send, rate, int(max(20, rate))+1)
				off := p.rate()/rate - 1
				t.Logf("%.1f/s arrived (%+.2f %%), sender says %s", p.rate(), 100*off, p.sent)
				if math.Abs(off) <= 0.02 {
					return
				}
			}
			t.Error("the rate was not kept")
		})
	}
}

// From 10 to 300,000 packets a second, also between the powers of ten: below 8,000
// packets go one by one, beyond in batches.
func TestSendKeepsTheRate(t *testing.T) {
	keepsTheRate(t, bySender, 10, 30, 100, 1000, 3000, 7000, 10_000, 30_000, 100_000, 200_000, 300_000)
}

// The command keeps it too, of one line many times.
func TestSendCommandKeepsTheRate(t *testing.T) {
	keepsTheRate(t, byCommand, 10, 1000, 30_000, 100_000, 300_000)
}

// TestCaptureCountsAFlood captures as much as can be sent: no frame is lost
// without being counted.
func TestCaptureCountsAFlood(t *testing.T) {
	p := pass(t, bySender, 0, 2_000_000)
	t.Logf("%.0f/s arrived, %v", p.rate(), p.seen)
	if p.seen.Delivered < p.seen.Received/2 {
		t.Errorf("most of the frames were lost: %v", p.seen)
	}
}
