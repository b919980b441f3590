package rtnl

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

func TestParseAddressOfPointToPoint(t *testing.T) {
	fixed := []byte{familyIPv4, 32, 0, 0, 7, 0, 0, 0}
	binary.NativeEndian.PutUint32(fixed[4:], 7)
	b := attribute(fixed, ifaAddress, []byte{192, 0, 2, 2})
	b = attribute(b, ifaLocal, []byte{192, 0, 2, 1})
	got, err := parseAddress(b)
	want := Address{Interface: 7, Prefix: netip.MustParsePrefix("192.0.2.1/32")}
	if err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestGroupHardware(t *testing.T) {
	for addr, want := range map[string]string{
		"224.0.0.251": "01:00:5e:00:00:fb",
		"239.129.2.3": "01:00:5e:01:02:03",
		"ff02::1:2":   "33:33:00:01:00:02",
		"192.0.2.1":   "",
	} {
		if got := groupHardware(netip.MustParseAddr(addr)).String(); got != want {
			t.Errorf("%s: got %s, want %s", addr, got, want)
		}
	}
}

// Each cut of an answer is an error or a shorter answer, and what a request
// says can be read back.
func FuzzMessages(f *testing.F) {
	f.Add(finish(routeRequest(netip.MustParseAddr("192.0.2.1"), 3), 1))
	f.Add(finish(neighbourRequest(3, netip.MustParseAddr("2001:db8::1")), 2))
	f.Add(finish(request(newLink, 0, attribute(make([]byte, linkLen), iflaName, []byte("eth0\x00"))), 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for m, err := range messages(b) {
			if err != nil {
				break
			}
			total += headerLen + len(m.body)
			size := 0
			for _, v := range attributes(m.body) {
				size += 4 + len(v)
			}
			if size > len(m.body) {
				t.Fatalf("attributes of %d bytes in a body of %d", size, len(m.body))
			}
			if r, err := parseRoute(m.body); err == nil && len(m.body) < routeLen {
				t.Fatalf("a short body gave the route %v", r)
			}
			parseNeighbour(m.body)
			parseLink(m.body)
			parseAddress(m.body)
		}
		if total > len(b) {
			t.Fatalf("messages of %d bytes in %d", total, len(b))
		}
	})
}
