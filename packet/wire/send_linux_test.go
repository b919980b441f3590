package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/netnstest"
)

// datagram6 is an IPv6 packet with UDP.
func datagram6(to, from string, toPort uint16, payload string) []byte {
	p := []byte{0x60, 0, 0, 0, 0, byte(8 + len(payload)), 17, 64}
	p = append(append(p, net.ParseIP(from)...), net.ParseIP(to)...)
	u := binary.BigEndian.AppendUint16(nil, 4000)
	u = binary.BigEndian.AppendUint16(u, toPort)
	u = binary.BigEndian.AppendUint16(u, uint16(8+len(payload)))
	u = append(append(u, 0, 0), payload...)
	sum := uint32(17 + len(u))
	for _, part := range [][]byte{p[8:], u} {
		for i := 0; i < len(part); i += 2 {
			sum += uint32(part[i]) << 8
			if i+1 < len(part) {
				sum += uint32(part[i+1])
			}
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	binary.BigEndian.PutUint16(u[6:], ^uint16(sum))
	return append(p, u...)
}

// IP packets of both versions, mixed, find their way without a link header.
func TestSendIP(t *testing.T) {
	t.Parallel()
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.9.0.1/24 2001:db8:9::1/64", b, "eth0", "10.9.0.2/24 2001:db8:9::2/64")
	var conn net.PacketConn
	b.Do(t, func() {
		var err error
		if conn, err = net.ListenPacket("udp", ":53"); err != nil {
			t.Fatal(err)
		}
	})
	defer conn.Close()
	s := senderIn(t, a, SendConfig{IP: true})
	v4 := udp(make([]byte, 6), make([]byte, 6), [4]byte{10, 9, 0, 2}, [4]byte{10, 9, 0, 1}, 53, 4000)[14:]
	v6 := datagram6("2001:db8:9::2", "2001:db8:9::1", 53, "six")
	report := sendBy(t, s, v4, v4, v6, v6, v4)
	if report.Packets != 5 || report.Bytes != uint64(3*len(v4)+2*len(v6)) {
		t.Errorf("sent %+v", report)
	}
	got := make(map[string]int)
	buf := make([]byte, 100)
	for range 5 {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		n, from, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		got[from.String()+" "+string(buf[:n])]++
	}
	if got["10.9.0.1:4000 eighteen bytes, so"] != 3 || got["[2001:db8:9::1]:4000 six"] != 2 {
		t.Errorf("got %v", got)
	}
	for _, wrong := range [][]byte{nil, {0x45}, {0x60}, make([]byte, 60)} {
		if _, err := s.Write(wrong); err == nil || !strings.Contains(err.Error(), "neither an IPv4 nor an IPv6 header") {
			t.Errorf("% x: %v", wrong, err)
		}
	}
}

// What the kernel refuses ends the sending, or is passed over.
func TestRefusedPackets(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	good, long := frame(w.macB, w.macA, ours, 1), make([]byte, 9000)
	frames := [][]byte{good, long, good, good}
	source := func(i int) Source {
		return func(dst []byte) ([]byte, error) {
			if i == len(frames) {
				return nil, io.EOF
			}
			i++
			return append(dst, frames[i-1]...), nil
		}
	}
	report, err := senderIn(t, w.a, SendConfig{Interface: "eth0"}).Run(t.Context(), source(0))
	if !errors.Is(err, unix.EMSGSIZE) || !strings.Contains(err.Error(), "packet 1 of 9000 bytes") || report.Packets != 1 {
		t.Errorf("got %+v, %v", report, err)
	}
	type event struct {
		number uint64
		n      int
	}
	var events []event
	s := senderIn(t, w.a, SendConfig{
		Interface: "eth0",
		Failed:    func(number uint64, _ []byte, _ error) error { events = append(events, event{number, -1}); return nil },
		Sent:      func(first uint64, n int, _ time.Time) { events = append(events, event{first, n}) },
	})
	report, err = s.Run(t.Context(), source(0))
	if err != nil || report.Packets != 3 || report.Failed != 1 || len(events) != 3 || events[0] != (event{0, 1}) || events[1] != (event{1, -1}) || events[2] != (event{2, 2}) {
		t.Errorf("got %+v, %v, %v", report, err, events)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Write(good); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after closing: %v", err)
	}
}

// A context ends a sending that waits for its next packet.
func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := senderIn(t, w.a, SendConfig{Interface: "eth0", Rate: 0.01, Sent: func(uint64, int, time.Time) { cancel() }})
	report, err := s.Run(ctx, func(dst []byte) ([]byte, error) { return append(dst, frame(w.macB, w.macA, ours, 1)...), nil })
	if err != nil || report.Packets != 1 {
		t.Errorf("got %+v, %v", report, err)
	}
}

// Around the queueing discipline frames arrive as well.
func TestBypass(t *testing.T) {
	t.Parallel()
	w := newCable(t)
	finish := collect(t, openIn(t, w.b, Config{Interface: "eth0", Filter: only(t, ours)}), 2)
	s := senderIn(t, w.a, SendConfig{Interface: "eth0", Bypass: true})
	sendBy(t, s, frame(w.macB, w.macA, ours, 1))
	if n, err := s.Write(frame(w.macB, w.macA, ours, 2)); n != 60 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if all, _ := finish(); len(all) != 2 {
		t.Errorf("%d frames", len(all))
	}
}

func TestSendConfigRefuses(t *testing.T) {
	for want, cfg := range map[string]SendConfig{
		"no interface is named":        {},
		`not by "any"`:                 {Interface: "any"},
		"batch of 2000 packets":        {Interface: "eth0", Batch: 2000},
		"only frames can go around":    {IP: true, Bypass: true},
		"buffer of 2147483648 bytes":   {IP: true, Buffer: 1 << 31},
		`no interface "no-such-thing"`: {Interface: "no-such-thing"},
	} {
		if s, err := OpenSender(cfg); s != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
