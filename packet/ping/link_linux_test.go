package ping

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/netnstest"
	"github.com/netwright/netwright/packet/rtnl"
	"github.com/netwright/netwright/packet/wire"
)

func cable(t *testing.T) (a, b *netnstest.Namespace) {
	t.Helper()
	a, b = netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24 2001:db8:1::1/64", b, "eth0", "10.1.0.2/24 2001:db8:1::2/64")
	return a, b
}

func hardwareOf(t *testing.T, n *netnstest.Namespace, name string) (mac net.HardwareAddr) {
	t.Helper()
	n.Do(t, func() {
		ifc, err := net.InterfaceByName(name)
		if err != nil {
			t.Fatal(err)
		}
		mac = ifc.HardwareAddr
	})
	return mac
}

func ask(t *testing.T, n *netnstest.Namespace, cfg LinkConfig, target string) (answers []LinkAnswer, stats LinkStats) {
	t.Helper()
	var l *Link
	n.Do(t, func() {
		var err error
		if l, err = OpenLink(cfg, netip.MustParseAddr(target)); err != nil {
			t.Fatal(err)
		}
	})
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stats, err := l.Run(ctx, func(a LinkAnswer) error {
		answers = append(answers, a)
		return nil
	})
	if err != nil || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
	return answers, stats
}

// seen has a host count what it sees, by a filter that tcpdump would take.
func seen(t *testing.T, n *netnstest.Namespace) func() []string {
	t.Helper()
	var capture *wire.Capture
	n.Do(t, func() {
		var err error
		if capture, err = wire.Open(wire.Config{Interface: "eth0", Direction: wire.In, Immediate: true, Snap: 128}); err != nil {
			t.Fatal(err)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	var lines []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = capture.Run(ctx, func(_ int, frames []wire.Frame) error {
			for _, f := range frames {
				var p packet.Packet
				p.Decode(append([]byte{}, f.Data...), capture.LinkType())
				if arp := p.ARP(); arp.Valid() {
					lines = append(lines, fmt.Sprintf("to %v: op %d, %v is %v, %v", p.Ethernet().Dst(), arp.Op(), arp.SrcIP(), arp.SrcMAC(), arp.DstIP()))
				}
			}
			return nil
		})
	}()
	return func() []string {
		time.Sleep(20 * time.Millisecond) // frames that are under way
		stop()
		<-done
		capture.Close()
		return lines
	}
}

func TestWhoHas(t *testing.T) {
	t.Parallel()
	a, b := cable(t)
	mac, own := hardwareOf(t, b, "eth0"), hardwareOf(t, a, "eth0")
	lines := seen(t, b)
	for _, target := range []string{"10.1.0.2", "2001:db8:1::2"} {
		answers, stats := ask(t, a, LinkConfig{Count: 3, Interval: 20 * time.Millisecond}, target)
		if len(answers) != 3 || stats.Sent != 3 || stats.Received != 3 || stats.Lost != 0 || len(stats.Hardware) != 1 || stats.Hardware[0].String() != mac.String() {
			t.Errorf("%s: %v, %+v", target, answers, stats)
		}
		for i, answer := range answers {
			if answer.Seq != i+1 || answer.Hardware.String() != mac.String() || answer.RTT <= 0 || answer.RTT > time.Second || answer.Again {
				t.Errorf("%s: %+v", target, answer)
			}
		}
	}
	want := []string{
		fmt.Sprintf("to ff:ff:ff:ff:ff:ff: op 1, 10.1.0.1 is %v, 10.1.0.2", own),
		fmt.Sprintf("to %v: op 1, 10.1.0.1 is %v, 10.1.0.2", mac, own),
		fmt.Sprintf("to %v: op 1, 10.1.0.1 is %v, 10.1.0.2", mac, own),
	}
	if got := lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the host saw\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	_, stats := ask(t, a, LinkConfig{Count: 2, Interval: 20 * time.Millisecond, Timeout: 50 * time.Millisecond}, "10.1.0.77")
	if stats.Sent != 2 || stats.Received != 0 || stats.Lost != 2 || stats.Loss() != 1 {
		t.Errorf("nobody: %+v", stats)
	}
}

// claim has a host say that it has an address, with another hardware address.
func claim(t *testing.T, n *netnstest.Namespace, ip string, mac packet.MAC) {
	t.Helper()
	var capture *wire.Capture
	var sender *wire.Sender
	n.Do(t, func() {
		var err error
		if capture, err = wire.Open(wire.Config{Interface: "eth0", Direction: wire.In, Immediate: true, Snap: 128}); err != nil {
			t.Fatal(err)
		}
		if sender, err = wire.OpenSender(wire.SendConfig{Interface: "eth0"}); err != nil {
			t.Fatal(err)
		}
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = capture.Run(ctx, func(_ int, frames []wire.Frame) error {
			for _, f := range frames {
				var p packet.Packet
				p.Decode(append([]byte{}, f.Data...), capture.LinkType())
				arp := p.ARP()
				if !arp.Valid() || arp.Op() != 1 || arp.DstIP().String() != ip {
					continue
				}
				reply, err := packet.Build(nil, &packet.Ethernet{Dst: arp.SrcMAC(), Src: mac}, &packet.ARP{Op: packet.Set(2), SrcMAC: mac, SrcIP: arp.DstIP(), DstMAC: arp.SrcMAC(), DstIP: arp.SrcIP()})
				if err == nil {
					_, err = sender.Write(reply)
				}
				if err != nil {
					t.Error(err)
				}
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		<-done
		sender.Close()
		capture.Close()
	})
}

func TestTwoHaveIt(t *testing.T) {
	t.Parallel()
	a, b := cable(t)
	claim(t, b, "10.1.0.2", packet.MAC{2, 0, 0, 0, 0, 9})
	_, stats := ask(t, a, LinkConfig{Count: 2, Interval: 50 * time.Millisecond, Timeout: 100 * time.Millisecond, Broadcast: true, Patient: true}, "10.1.0.2")
	if stats.Received != 2 || stats.Duplicates != 2 || len(stats.Hardware) != 2 {
		t.Errorf("%+v", stats)
	}
}

func TestProbeAndAnnounce(t *testing.T) {
	t.Parallel()
	a, b := cable(t)
	own := hardwareOf(t, a, "eth0")
	quick := LinkConfig{Interface: "eth0", Ask: Probe, Count: 2, Interval: 20 * time.Millisecond, Timeout: 50 * time.Millisecond}
	for _, tt := range []struct {
		target string
		taken  int
	}{{"10.1.0.2", 1}, {"10.1.0.50", 0}, {"2001:db8:1::2", 1}, {"2001:db8:1::50", 0}} {
		_, stats := ask(t, a, quick, tt.target)
		if len(stats.Hardware) != tt.taken {
			t.Errorf("%s: %+v", tt.target, stats)
		}
	}
	lines := seen(t, b)
	for _, how := range []Ask{Announce, Answer} {
		if _, stats := ask(t, a, LinkConfig{Interface: "eth0", Ask: how}, "10.1.0.1"); stats.Sent != 1 {
			t.Errorf("%+v", stats)
		}
	}
	want := []string{
		fmt.Sprintf("to ff:ff:ff:ff:ff:ff: op 1, 10.1.0.1 is %v, 10.1.0.1", own),
		fmt.Sprintf("to ff:ff:ff:ff:ff:ff: op 2, 10.1.0.1 is %v, 10.1.0.1", own),
	}
	if got := lines(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the host saw\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// The neighbour's table follows an announcement.
	b.Run(t, "ip", "neigh", "replace", "2001:db8:1::1", "lladdr", "02:00:00:00:00:07", "dev", "eth0", "nud", "stale")
	ask(t, a, LinkConfig{Interface: "eth0", Ask: Announce}, "2001:db8:1::1")
	b.Do(t, func() {
		conn, err := rtnl.Dial()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		link, err := conn.Named("eth0")
		if err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			n, err := conn.Neighbour(link.Index, netip.MustParseAddr("2001:db8:1::1"))
			if err == nil && n.Hardware.String() == own.String() {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the neighbour still has %v, %v", n.Hardware, err)
			}
		}
	})
}

func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	for target, want := range map[string]string{
		"10.3.0.1":  "is not on a link of this host, but behind 10.1.0.254",
		"127.0.0.1": "it has no ARP",
	} {
		n.a.Do(t, func() {
			if _, err := OpenLink(LinkConfig{}, netip.MustParseAddr(target)); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", target, err)
			}
		})
	}
	n.a.Do(t, func() {
		if _, err := OpenLink(LinkConfig{Interface: "none0"}, netip.MustParseAddr("10.1.0.2")); err == nil || !strings.Contains(err.Error(), "none0") {
			t.Errorf("got %v", err)
		}
		l, err := OpenLink(LinkConfig{}, netip.MustParseAddr("10.1.0.254"))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		stop := errors.New("enough")
		if _, err := l.Run(t.Context(), func(LinkAnswer) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("got %v", err)
		}
	})
}

func TestAgainstArping(t *testing.T) {
	t.Parallel()
	arping, err := exec.LookPath("arping")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("arping is not installed")
		}
		t.Skip("arping is not installed")
	}
	a, b := cable(t)
	out := a.Run(t, arping, "-c2", "-W0.1", "-I", "eth0", "10.1.0.2")
	theirs := regexp.MustCompile(`from ([0-9a-f:]{17}) \(10\.1\.0\.2\)`).FindAllStringSubmatch(out, -1)
	answers, _ := ask(t, a, LinkConfig{Count: 2, Interval: 50 * time.Millisecond}, "10.1.0.2")
	if len(theirs) != 2 || len(answers) != 2 {
		t.Fatalf("ours %v, arping's %v\n%s", answers, theirs, out)
	}
	for i := range answers {
		if answers[i].Hardware.String() != theirs[i][1] || theirs[i][1] != hardwareOf(t, b, "eth0").String() {
			t.Errorf("ours %v, arping's %v", answers[i], theirs[i][1])
		}
	}
}
