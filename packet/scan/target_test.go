package scan

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseRanges(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.7":                 "[192.0.2.7]",
		"192.0.2.0/30":              "[192.0.2.0-192.0.2.3]",
		"192.0.2.9/30":              "[192.0.2.8-192.0.2.11]",
		"10.0.0.250-10.0.1.3":       "[10.0.0.250-10.0.1.3]",
		"10.0.0.1-3":                "[10.0.0.1-10.0.0.3]",
		"10.0.0-1.1-2":              "[10.0.0.1-10.0.0.2 10.0.1.1-10.0.1.2]",
		"10.*.0.1":                  "", // 256 of them
		"10.0.*.*":                  "[10.0.0.0-10.0.255.255]",
		"10.0.1-2.*":                "[10.0.1.0-10.0.2.255]",
		"10.0.0.-5":                 "[10.0.0.0-10.0.0.5]",
		"2001:db8::7":               "[2001:db8::7]",
		"2001:db8::/126":            "[2001:db8::-2001:db8::3]",
		"2001:db8::1-2001:db8::2:5": "[2001:db8::1-2001:db8::2:5]",
		"fe80::1%eth0":              "[fe80::1%eth0]",
		"fe80::1%br-lan":            "[fe80::1%br-lan]",
		"::ffff:192.0.2.1":          "[192.0.2.1]",
	} {
		ranges, err := ParseRanges(text)
		if err != nil {
			t.Error(err)
			continue
		}
		if want == "" {
			if len(ranges) != 256 {
				t.Errorf("%s: %d ranges", text, len(ranges))
			}
			continue
		}
		if got := sprint(ranges); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func sprint(ranges []Range) string {
	var parts []string
	for _, r := range ranges {
		parts = append(parts, r.String())
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func TestParseRangesRefuses(t *testing.T) {
	for _, text := range []string{
		"", "10.0.0", "10.0.0.256", "10.0.0.5-1", "10.0.0.5-10.0.0.1", "10.0.0.1-2001:db8::1", "300.1-2.3.4", "0.0.0.0", "224.0.0.1",
		"255.255.255.255", "ff02::1", "::", "10.0.0.0/33", "router", "1-255.1-255.1-255.1", "0.0.0.0/0", "::ffff:10.0.0.0/120", "1.2.3.4-fe80::1",
	} {
		if ranges, err := ParseRanges(text); err == nil {
			t.Errorf("%q is %v", text, ranges)
		}
	}
}

// What is read can be written and read again.
func FuzzParseRanges(f *testing.F) {
	for _, text := range []string{"10.0.0-3.1-254", "192.0.2.0/28", "2001:db8::/120", "fe80::1%x", "10.0.0.1-10.0.0.9", "1.*.3.*"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ranges, err := ParseRanges(text)
		if err != nil {
			return
		}
		for _, r := range ranges[:min(len(ranges), 100)] {
			if r.Last.Less(r.First) || r.First.BitLen() != r.Last.BitLen() {
				t.Fatalf("%q has the range %v", text, r)
			}
			again, err := ParseRanges(r.String())
			if err != nil || len(again) != 1 || again[0] != r {
				t.Fatalf("%q has %v, which is read as %v, %v", text, r, again, err)
			}
		}
		if set, err := NewAddresses(ranges); err == nil {
			checkSet(t, set)
		}
	})
}

// checkSet looks at some addresses of a set: each has its number.
func checkSet(t *testing.T, set *Addresses) {
	t.Helper()
	for _, i := range []uint64{0, 1, set.Len() / 3, set.Len() / 2, set.Len() - 1} {
		if i >= set.Len() {
			continue
		}
		a := set.At(i)
		if back, ok := set.Index(a); !ok || back != i {
			t.Fatalf("%v has number %d, but is found as %d, %t", a, i, back, ok)
		}
	}
}

func ranges(t *testing.T, texts ...string) []Range {
	t.Helper()
	all, err := ParseTargets(context.Background(), texts, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAddresses(t *testing.T) {
	set, err := NewAddresses(ranges(t, "10.0.0.5-10.0.0.7", "2001:db8::/127", "10.0.0.6-10.0.0.9", "10.0.0.10", "192.0.2.1", "10.0.0.5"))
	if err != nil {
		t.Fatal(err)
	}
	if got := sprint(set.Ranges()); got != "[10.0.0.5-10.0.0.10 192.0.2.1 2001:db8::-2001:db8::1]" || set.Len() != 9 {
		t.Errorf("%s, %d addresses", got, set.Len())
	}
	seen := map[netip.Addr]bool{}
	for i := range set.Len() {
		a := set.At(i)
		if back, ok := set.Index(a); !ok || back != i || seen[a] {
			t.Errorf("%v: number %d is found as %d, %t", a, i, back, ok)
		}
		seen[a] = true
	}
	for _, text := range []string{"10.0.0.4", "10.0.0.11", "192.0.2.2", "2001:db8::2", "::", "255.255.255.255", "::a00:5"} {
		if i, ok := set.Index(netip.MustParseAddr(text)); ok {
			t.Errorf("%s has number %d", text, i)
		}
	}
}

func TestAddressesAreNotTooMany(t *testing.T) {
	for _, text := range []string{"2001:db8::/64", "2001:db8::/32", "fd00::/79"} {
		if set, err := NewAddresses(ranges(t, text)); err == nil {
			t.Errorf("%s has %d addresses", text, set.Len())
		}
	}
}

func TestLinkLocalAddressesKeepTheirZone(t *testing.T) {
	set, err := NewAddresses(ranges(t, "fe80::1%eth0"))
	if err != nil {
		t.Fatal(err)
	}
	if i, ok := set.Index(netip.MustParseAddr("fe80::1")); !ok || set.At(i).Zone() != "eth0" {
		t.Errorf("found as %d, %t: %v", i, ok, set.At(0))
	}
}

func TestWithout(t *testing.T) {
	for _, tt := range []struct{ from, less, want string }{
		{"10.0.0.0/24", "10.0.0.0", "[10.0.0.1-10.0.0.255]"},
		{"10.0.0.0/24", "10.0.0.255", "[10.0.0.0-10.0.0.254]"},
		{"10.0.0.0/24", "10.0.0.5-10.0.0.6", "[10.0.0.0-10.0.0.4 10.0.0.7-10.0.0.255]"},
		{"10.0.0.0/24", "10.0.0.0/8", "[]"},
		{"10.0.0.0/24", "2001:db8::/32", "[10.0.0.0-10.0.0.255]"},
		{"fe80::1%eth0", "fe80::1", "[]"},
		{"fe80::1%eth0-fe80::3%eth0", "fe80::2", "[fe80::1%eth0 fe80::3%eth0]"},
	} {
		if got := sprint(without(ranges(t, tt.from), ranges(t, tt.less))); got != tt.want {
			t.Errorf("%s without %s is %s, want %s", tt.from, tt.less, got, tt.want)
		}
	}
}

func TestForeign(t *testing.T) {
	for text, want := range map[string]string{
		"10.1.2.3": "[]", "192.168.0.0/16": "[]", "172.31.255.255": "[]", "172.32.0.0": "[172.32.0.0]", "127.0.0.1": "[]", "100.64.0.1": "[]",
		"100.128.0.0": "[100.128.0.0]", "fe80::1": "[]", "fd00::1": "[]", "::1": "[]", "::2": "[::2]", "2001:db8::1": "[]", "198.51.100.7": "[]",
		"203.0.113.9": "[]", "9.255.255.255-10.0.0.1": "[9.255.255.255]", "8.8.8.8": "[8.8.8.8]", "2606:4700::1": "[2606:4700::1]",
	} {
		if got := sprint(Foreign(ranges(t, text))); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestForeignTargetsTakePermission(t *testing.T) {
	cfg := Config{Targets: ranges(t, "10.0.0.1", "8.8.8.8"), Sockets: true}
	var foreign *ForeignError
	if _, err := New(cfg); !errors.As(err, &foreign) || sprint(foreign.Ranges) != "[8.8.8.8]" {
		t.Errorf("without permission: %v", err)
	}
	cfg.Exclude = ranges(t, "8.0.0.0/8")
	if _, err := New(cfg); err != nil {
		t.Errorf("with those excluded: %v", err)
	}
	cfg.Exclude, cfg.Allow = nil, true
	if _, err := New(cfg); err != nil {
		t.Errorf("with permission: %v", err)
	}
}

func TestParseTargets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "targets")
	if err := os.WriteFile(file, []byte("# ours\n10.0.0.1 10.0.0.2\n\nrouter # the old one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	resolve := func(_ context.Context, _, name string) ([]netip.Addr, error) {
		if name != "router" {
			return nil, errors.New("no such host")
		}
		return []netip.Addr{netip.MustParseAddr("::ffff:10.9.9.9"), netip.MustParseAddr("2001:db8::9")}, nil
	}
	got, err := ParseTargets(t.Context(), []string{"@" + file, "192.0.2.1"}, resolve)
	if want := "[10.0.0.1 10.0.0.2 10.9.9.9 2001:db8::9 192.0.2.1]"; err != nil || sprint(got) != want {
		t.Errorf("%s, %v, want %s", sprint(got), err, want)
	}
	for _, target := range []string{"nobody", "@" + file + "x", ""} {
		if got, err := ParseTargets(t.Context(), []string{target}, resolve); err == nil {
			t.Errorf("%q is %v", target, got)
		}
	}
	if err := os.WriteFile(file, []byte("10.0.0.1\n10.0.0.300\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseTargets(t.Context(), []string{"@" + file}, nil); err == nil || !strings.Contains(err.Error(), file+":2") {
		t.Errorf("a wrong line gives %v", err)
	}
}

func TestParsePorts(t *testing.T) {
	for text, want := range map[string]string{
		"22": "22", "80,22,22": "22,80", "8000-8003": "8000-8003", "-3": "1-3", "65533-": "65533-65535", "-": "1-65535",
		"ssh,https": "22,443", "1,2,3,5": "1-3,5", " 22 , 80": "22,80", "0": "0", "netbios-ssn": "139",
	} {
		ports, err := ParsePorts(text)
		if err != nil || ports.String() != want {
			t.Errorf("%q: %v, %v, want %s", text, ports, err, want)
		}
	}
	for _, text := range []string{"", "65536", "a", "5-1", "22,", "1-2-3", "-0-", "+5", "0x10"} {
		if ports, err := ParsePorts(text); err == nil {
			t.Errorf("%q is %v", text, ports)
		}
	}
}

func FuzzParsePorts(f *testing.F) {
	for _, text := range []string{"22,80-90,https", "-", "-5,7-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ports, err := ParsePorts(text)
		if err != nil {
			return
		}
		again, err := ParsePorts(ports.String())
		if err != nil || !reflect.DeepEqual(again, ports) {
			t.Fatalf("%q is %v, which is read as %v, %v", text, ports, again, err)
		}
	})
}

func TestServices(t *testing.T) {
	last := -1
	for _, s := range services() {
		if int(s.port) <= last || s.name == "" || !s.tcp && !s.udp {
			t.Errorf("the entry %+v is out of order or says nothing", s)
		}
		last = int(s.port)
	}
	if ServiceName(22) != "ssh" || ServiceName(65000) != "" {
		t.Error("the names are wrong")
	}
	if tcp, udp := len(CommonPorts(false)), len(CommonPorts(true)); tcp < 100 || udp < 40 {
		t.Errorf("%d and %d common ports", tcp, udp)
	}
}
