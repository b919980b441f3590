package rtnl

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
)

// host is a namespace with a cable to another, a gateway on it, and a Conn.
type host struct {
	*netnstest.Namespace
	conn *Conn
	peer net.HardwareAddr
}

func newHost(t *testing.T) host {
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "192.0.2.1/24 2001:db8::1/64", b, "eth0", "192.0.2.2/24 2001:db8::2/64")
	a.Run(t, "ip", "route", "add", "198.51.100.0/24", "via", "192.0.2.2", "mtu", "1400")
	a.Run(t, "ip", "route", "add", "203.0.113.0/24", "via", "inet6", "2001:db8::2", "dev", "eth0")
	a.Run(t, "ip", "route", "add", "unreachable", "198.18.0.0/15")
	h := host{Namespace: a}
	a.Do(t, func() {
		var err error
		if h.conn, err = Dial(); err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() { h.conn.Close() })
	b.Do(t, func() {
		ifc, err := net.InterfaceByName("eth0")
		if err != nil {
			t.Fatal(err)
		}
		h.peer = ifc.HardwareAddr
	})
	return h
}

func TestHop(t *testing.T) {
	h := newHost(t)
	eth0, err := h.conn.Named("eth0")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		dst, next, source, remote string
		kind                      RouteKind
		mtu                       int
	}{
		{"192.0.2.2", "192.0.2.2", "192.0.2.1", h.peer.String(), Unicast, 1500},
		{"::ffff:192.0.2.2", "192.0.2.2", "192.0.2.1", h.peer.String(), Unicast, 1500},
		{"198.51.100.9", "192.0.2.2", "192.0.2.1", h.peer.String(), Unicast, 1400},
		{"203.0.113.9", "2001:db8::2", "192.0.2.1", h.peer.String(), Unicast, 1500},
		{"2001:db8::2", "2001:db8::2", "2001:db8::1", h.peer.String(), Unicast, 1500},
		{"192.0.2.255", "192.0.2.255", "192.0.2.1", "ff:ff:ff:ff:ff:ff", Broadcast, 1500},
		{"ff02::fb%eth0", "ff02::fb", "", "33:33:00:00:00:fb", Multicast, 1500},
	}
	for _, tt := range tests {
		var hop Hop
		h.Do(t, func() { hop, err = h.conn.Hop(t.Context(), netip.MustParseAddr(tt.dst)) })
		if err != nil {
			t.Errorf("%s: %v", tt.dst, err)
			continue
		}
		if hop.Next.String() != tt.next || tt.source != "" && hop.Source.String() != tt.source || hop.Kind != tt.kind || hop.MTU != tt.mtu ||
			hop.Remote.String() != tt.remote || hop.Local.String() != eth0.Hardware.String() || hop.Link.Name != "eth0" {
			t.Errorf("%s: got %+v, want %+v", tt.dst, hop, tt)
		}
	}
}

func TestHopToOneself(t *testing.T) {
	h := newHost(t)
	hop, err := h.conn.Hop(t.Context(), netip.MustParseAddr("192.0.2.1"))
	if err != nil || hop.Kind != Local || !hop.Link.Loopback || hop.Remote.String() != "00:00:00:00:00:00" {
		t.Errorf("got %+v, %v", hop, err)
	}
}

func TestRouteRefused(t *testing.T) {
	h := newHost(t)
	for dst, want := range map[string]string{
		"198.18.0.1":      "no route to host",
		"10.0.0.1":        "network is unreachable",
		"ff02::fb%nobody": `no interface "nobody"`,
	} {
		if r, err := h.conn.Route(netip.MustParseAddr(dst), 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v, want %q", dst, r, err, want)
		}
	}
	if _, err := h.conn.Route(netip.Addr{}, 0); err == nil {
		t.Error("a route to no address")
	}
}

func TestNeighbours(t *testing.T) {
	h := newHost(t)
	eth0, err := h.conn.Named("eth0")
	if err != nil {
		t.Fatal(err)
	}
	missing, err := h.conn.Neighbour(eth0.Index, netip.MustParseAddr("192.0.2.77"))
	if err != nil || missing.State != 0 {
		t.Errorf("a neighbour never asked for: %+v, %v", missing, err)
	}
	h.Run(t, "ip", "neigh", "add", "192.0.2.50", "lladdr", "02:00:00:00:00:50", "dev", "eth0")
	got, err := h.conn.Resolve(t.Context(), eth0.Index, netip.MustParseAddr("192.0.2.50"))
	if err != nil || got.String() != "02:00:00:00:00:50" {
		t.Errorf("a permanent neighbour: %v, %v", got, err)
	}
	all, err := h.conn.Neighbours()
	if err != nil || !slices.ContainsFunc(all, func(n Neighbour) bool {
		return n.Addr == netip.MustParseAddr("192.0.2.50") && n.State == Permanent && n.Interface == eth0.Index
	}) {
		t.Errorf("the list: %+v, %v", all, err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	h := newHost(t)
	h.Sysctl(t, "net.ipv4.neigh.eth0.retrans_time_ms", "20")
	eth0, err := h.conn.Named("eth0")
	if err != nil {
		t.Fatal(err)
	}
	h.Do(t, func() { _, err = h.conn.Resolve(t.Context(), eth0.Index, netip.MustParseAddr("192.0.2.99")) })
	if !errors.Is(err, ErrNoNeighbour) || !strings.Contains(err.Error(), "192.0.2.99 on eth0") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	h.Sysctl(t, "net.ipv4.neigh.eth0.retrans_time_ms", "1000")
	h.Do(t, func() { _, err = h.conn.Resolve(ctx, eth0.Index, netip.MustParseAddr("192.0.2.98")) })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// The lists say what the standard library finds.
func TestLists(t *testing.T) {
	h := newHost(t)
	links, err := h.conn.Links()
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := h.conn.Addresses()
	if err != nil {
		t.Fatal(err)
	}
	h.Do(t, func() {
		want, err := net.Interfaces()
		if err != nil || len(want) != len(links) {
			t.Fatalf("%d links, want %d (%v)", len(links), len(want), err)
		}
		for i, l := range links {
			if w := want[i]; l.Index != w.Index || l.Name != w.Name || l.MTU != w.MTU || l.Up != (w.Flags&net.FlagUp != 0) || l.Loopback != (w.Flags&net.FlagLoopback != 0) {
				t.Errorf("got %+v, want %+v", l, w)
			}
			for _, addr := range ifcAddrs(t, want[i]) {
				if !slices.Contains(addrs, Address{Interface: l.Index, Prefix: addr}) {
					t.Errorf("%s: %v is not in %v", l.Name, addr, addrs)
				}
			}
		}
	})
}

func ifcAddrs(t *testing.T, ifc net.Interface) []netip.Prefix {
	var all []netip.Prefix
	addrs, err := ifc.Addrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		all = append(all, netip.MustParsePrefix(a.String()))
	}
	return all
}

func TestClosed(t *testing.T) {
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Links(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	if err := c.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
