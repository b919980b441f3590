package wire

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
)

// routed is a host, a router and a host, with both versions of IP; the far
// cable takes packets of 1400 bytes.
func routed(t *testing.T) (a *netnstest.Namespace) {
	a, r, b := netnstest.New(t), netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24 2001:db8:1::1/64", r, "left", "10.1.0.254/24 2001:db8:1::fe/64")
	netnstest.Pair(t, b, "eth0", "10.2.0.1/24 2001:db8:2::1/64", r, "right", "10.2.0.254/24 2001:db8:2::fe/64")
	r.Router(t)
	r.Run(t, "ip", "link", "set", "right", "mtu", "1400")
	a.Run(t, "ip", "route", "add", "default", "via", "10.1.0.254")
	a.Run(t, "ip", "route", "add", "default", "via", "2001:db8:1::fe")
	b.Run(t, "ip", "route", "add", "default", "via", "10.2.0.254")
	b.Run(t, "ip", "route", "add", "default", "via", "2001:db8:2::fe")
	a.Sysctl(t, "net.ipv4.ping_group_range", "0 2147483647")
	return a
}

func icmpIn(t *testing.T, n *netnstest.Namespace, version int) *ICMP {
	var c *ICMP
	n.Do(t, func() {
		var err error
		if c, err = OpenICMP(version); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// echo makes an echo request with a sequence number.
func echo(version int, sequence uint16, size int) []byte {
	m := make([]byte, 8+size)
	m[0] = 8
	if version == 6 {
		m[0] = 128
	}
	binary.BigEndian.PutUint16(m[6:], sequence)
	return m
}

func TestICMP(t *testing.T) {
	t.Parallel()
	a := routed(t)
	tests := []struct {
		name, dst          string
		ttl, size          int
		from               string
		kind, code, quoted int
		err                string
		mtu                int
	}{
		{name: "answer", dst: "10.2.0.1", size: 32, from: "10.2.0.1"},
		{name: "answer v6", dst: "2001:db8:2::1", size: 32, from: "2001:db8:2::1", kind: 129},
		{name: "time exceeded", dst: "10.2.0.1", ttl: 1, size: 32, from: "10.1.0.254", kind: 11, quoted: 1, err: "no route to host"},
		{name: "time exceeded v6", dst: "2001:db8:2::1", ttl: 1, size: 32, from: "2001:db8:1::fe", kind: 3, quoted: 1, err: "no route to host"},
		{name: "too big v6", dst: "2001:db8:2::1", size: 1440, from: "2001:db8:1::fe", kind: 2, quoted: 1, err: "message too long", mtu: 1400},
		{name: "unreachable", dst: "10.99.0.1", size: 1, from: "10.1.0.254", kind: 3, quoted: 1, err: "network is unreachable"},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dst := netip.MustParseAddr(tt.dst)
			version := 4
			if dst.Is6() {
				version = 6
			}
			c := icmpIn(t, a, version)
			sequence := uint16(100 + i)
			at, err := c.Send(dst, tt.ttl, echo(version, sequence, tt.size))
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Receive(make([]byte, 2000), time.Now().Add(10*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			if got.From.String() != tt.from || int(got.Type) != tt.kind || int(got.Code) != tt.code || got.Quoted != (tt.quoted == 1) || got.MTU != tt.mtu {
				t.Errorf("got %+v", got)
			}
			if (tt.err == "") != (got.Err == nil) || got.Err != nil && got.Err.Error() != tt.err {
				t.Errorf("error %v, want %q", got.Err, tt.err)
			}
			if len(got.Data) < 8 || binary.BigEndian.Uint16(got.Data[6:]) != sequence || !got.Quoted && binary.BigEndian.Uint16(got.Data[4:]) != c.Identifier() {
				t.Errorf("message % x, sequence %d, identifier %d", got.Data, sequence, c.Identifier())
			}
			if !got.Quoted && got.TTL != 63 {
				t.Errorf("TTL %d through one router", got.TTL)
			}
			if d := got.Time.Sub(at); d < -time.Millisecond || d > 10*time.Second {
				t.Errorf("came %v after it was sent", d)
			}
		})
	}
}

func TestICMPRefuses(t *testing.T) {
	t.Parallel()
	a := routed(t)
	c := icmpIn(t, a, 4)
	if _, err := c.Send(netip.MustParseAddr("2001:db8:2::1"), 0, echo(4, 1, 0)); err == nil || !strings.Contains(err.Error(), "IPv4 cannot go to") {
		t.Errorf("got %v", err)
	}
	if _, err := c.Receive(make([]byte, 100), time.Now().Add(time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := c.Receive(make([]byte, 100), time.Now().Add(time.Minute))
		ended <- err
	}()
	c.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	a.Sysctl(t, "net.ipv4.ping_group_range", "1 0")
	a.Do(t, func() {
		if _, err := OpenICMP(4); err == nil || !strings.Contains(err.Error(), "sudo sysctl net.ipv4.ping_group_range") {
			t.Errorf("got %v", err)
		}
	})
	if _, err := OpenICMP(5); err == nil {
		t.Error("IP version 5")
	}
}
