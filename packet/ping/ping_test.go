package ping

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type names map[string][]netip.Addr

func (n names) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, a := range n[host] {
		if network == "ip" || a.Unmap().Is4() == (network == "ip4") {
			list = append(list, a)
		}
	}
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return list, nil
}

func TestParseTargets(t *testing.T) {
	known := names{
		"both":   {netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("::ffff:192.0.2.7")},
		"my-six": {netip.MustParseAddr("2001:db8::6")},
	}
	tests := []struct{ network, words, want, err string }{
		{"ip", "192.0.2.1 2001:db8::1 fe80::1%eth0 ::ffff:192.0.2.3", "192.0.2.1 2001:db8::1 fe80::1%eth0 192.0.2.3", ""},
		{"ip", "192.0.2.8/30 192.0.2.4/31 192.0.2.1/32", "192.0.2.9 192.0.2.10 192.0.2.4 192.0.2.5 192.0.2.1", ""},
		{"ip", "192.0.2.9/30 2001:db8::/127", "192.0.2.9 192.0.2.10 2001:db8:: 2001:db8::1", ""},
		{"ip", "192.0.2.254-192.0.3.1", "192.0.2.254 192.0.2.255 192.0.3.0 192.0.3.1", ""},
		{"ip", "both my-six nobody", "192.0.2.7 2001:db8::6 !", ""},
		{"ip6", "both my-six", "2001:db8::7 2001:db8::6", ""},
		{"ip4", "both my-six", "192.0.2.7 !", ""},
		{"ip", "255.255.255.254-255.255.255.255", "255.255.255.254 255.255.255.255", ""},
		{"ip", "192.0.2.9-192.0.2.1", "", "no range from 192.0.2.9 to 192.0.2.1"},
		{"ip", "192.0.2.9-2001:db8::1", "", "no range"},
		{"ip", "192.0.2.1/33", "", `network "192.0.2.1/33"`},
		{"ip", "10.0.0.0/8", "", "the limit is 2^20"},
		{"ip", "10.0.0.0-10.255.0.0", "", "more than 1048576 targets"},
		{"ip", "host:80", "", "is no address, name, network or range"},
	}
	for _, tt := range tests {
		targets, err := ParseTargets(t.Context(), known, tt.network, strings.Fields(tt.words))
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.words, err, tt.err)
			continue
		}
		var got []string
		for _, target := range targets {
			if target.Err != nil {
				got = append(got, "!")
			} else {
				got = append(got, target.Addr.String())
			}
		}
		if !slices.Equal(got, strings.Fields(tt.want)) {
			t.Errorf("%s: %v, want %s", tt.words, got, tt.want)
		}
	}
}

func FuzzParseTargets(f *testing.F) {
	for _, seed := range []string{"192.0.2.1", "192.0.2.0/24", "2001:db8::/120", "10.0.0.1-10.0.0.9", "name", "::-::ffff", "fe80::1%a-b/3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		targets, err := ParseTargets(t.Context(), names{}, "ip", []string{word})
		if err != nil {
			return
		}
		if len(targets) > MaxTargets {
			t.Fatalf("%d targets", len(targets))
		}
		for _, target := range targets {
			if target.Addr.IsValid() == (target.Err != nil) {
				t.Fatalf("%+v", target)
			}
		}
	})
}

func FuzzReadEcho(f *testing.F) {
	w := newWriter(4, 16, 7, 9)
	f.Add(w.request, 16)
	f.Add(w.request[:8], 0)
	f.Fuzz(func(t *testing.T, b []byte, size int) {
		e := readEcho(b, 7, 9, size)
		if e.stranger {
			return
		}
		// What is taken for ours is what we would send.
		if len(b) < headerLen || b[4] != 0 || b[5] != 7 || e.target < -1 {
			t.Fatalf("%x: %+v", b, e)
		}
	})
}

func TestWriterAndReader(t *testing.T) {
	for _, size := range []int{0, 7, 8, 56, 1001} {
		w := newWriter(4, size, 0x1234, 0xabcdef01)
		b := slices.Clone(w.request)
		for _, seq := range []uint32{1, 70000, 5} {
			w.patch(b, 1<<20-1, seq)
			if sum := checksum(b); sum != 0 {
				t.Errorf("size %d: checksum is off by %#x", size, sum)
			}
			want := echo{seq: uint16(seq), target: 1<<20 - 1}
			if size < tokenLen {
				want.target = -1
			}
			if got := readEcho(b, 0x1234, 0xabcdef01, size); got != want {
				t.Errorf("size %d: got %+v, want %+v", size, got, want)
			}
		}
		if got := readEcho(b, 0x1235, 0xabcdef01, size); !got.stranger {
			t.Error("another identifier is taken for ours")
		}
		if got := readEcho(b, 0x1234, 0xabcdef02, size); got.stranger != (size >= tokenLen) {
			t.Errorf("size %d: another run: %+v", size, got)
		}
	}
}

// checksum is RFC 1071's, the plain way.
func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i, v := range b {
		sum += uint32(v) << (8 * (1 - i%2))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func TestQueue(t *testing.T) {
	var q queue
	next, first := uint32(0), uint32(0)
	for round := range 200 {
		for range round % 7 * 20 {
			q.push(waiter{seq: next})
			next++
		}
		for range round % 5 * 30 {
			w, ok := q.first()
			if !ok {
				break
			}
			if w.seq != first {
				t.Fatalf("got %d, want %d", w.seq, first)
			}
			q.pop()
			first++
		}
	}
	if next < 1000 || q.n != int(next-first) {
		t.Errorf("%d went in, %d out, %d are left", next, first, q.n)
	}
}

func TestSchedule(t *testing.T) {
	s := newSchedule(&Config{Count: 2, Interval: time.Second, Rate: 100}, 50)
	if s.gap != 20e6 || s.end != 100 {
		t.Errorf("%+v", s)
	}
	if s := newSchedule(&Config{Interval: time.Second, Rate: 100}, 500); s.gap != 10e6 {
		t.Errorf("the rate is not kept: %+v", s)
	}
	s.next = 3
	if s.isDue(59*time.Millisecond) || !s.isDue(60*time.Millisecond) {
		t.Error("the fourth is due at 60ms")
	}
	if !s.isDue(time.Second) || s.due() != time.Second-mostLate {
		t.Errorf("after a stall the next is due at %v", s.due())
	}
	s.next = 100
	if s.isDue(time.Hour) || !s.done() {
		t.Error("it has no end")
	}
}

func TestStats(t *testing.T) {
	var s Stats
	for _, ms := range []int{10, 20, 30, 40} {
		s.add(time.Duration(ms) * time.Millisecond)
	}
	s.Sent, s.Lost = 6, 1
	if s.Mean() != 25*time.Millisecond || s.Deviation().Round(time.Microsecond) != 11180*time.Microsecond || s.Loss() != 0.2 {
		t.Errorf("mean %v, deviation %v, loss %v", s.Mean(), s.Deviation(), s.Loss())
	}
	if got, want := s.String(), "6 sent, 4 received, 20% loss, min/avg/max/mdev 10.000/25.000/40.000/11.180 ms"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Count: -1}, "count of -1"},
		{Config{Size: 70000}, "up to 65507"},
		{Config{TTL: 256}, "TTL of 256"},
		{Config{Rate: 1e6, Timeout: time.Minute}, "lower one of them"},
		{Config{}, ""},
	} {
		tt.cfg.SetDefaults()
		err := tt.cfg.Validate()
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.cfg, err)
		}
	}
	for _, name := range []string{"", "do", "want", "dont", "probe"} {
		var m PMTU
		if err := m.UnmarshalText([]byte(name)); err != nil || m.String() != name {
			t.Errorf("%q: %v, %v", name, m, err)
		}
	}
}

func TestErrorNames(t *testing.T) {
	for _, tt := range []struct {
		e    ICMPError
		want string
	}{
		{ICMPError{Version: 4, Type: 3, Code: 4, MTU: 1400}, "fragmentation needed (MTU 1400)"},
		{ICMPError{Version: 6, Type: 1, Code: 1}, "prohibited by a filter"},
		{ICMPError{Version: 4, Type: 3, Code: 99}, "destination unreachable, code 99"},
		{ICMPError{Version: 4, Type: 77, Code: 1}, "ICMP type 77 code 1"},
	} {
		if got := tt.e.Error(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func FuzzReadNeighbour(f *testing.F) {
	target := netip.MustParseAddr("192.0.2.7")
	six := netip.MustParseAddr("2001:db8::7")
	arp := make([]byte, 42)
	copy(arp[12:], []byte{8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 1, 192, 0, 2, 7})
	f.Add(arp)
	advert := make([]byte, 86)
	copy(advert[12:], []byte{0x86, 0xdd, 0x60})
	advert[20], advert[21], advert[54] = 58, 255, advertisement
	copy(advert[62:], six.AsSlice())
	copy(advert[78:], []byte{2, 1, 2, 0, 0, 0, 0, 9})
	f.Add(advert)
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, a := range []netip.Addr{target, six} {
			n, ok := readNeighbour(frame, a)
			if !ok {
				continue
			}
			if len(n.hardware) != 6 || !strings.Contains(string(frame), string(n.hardware)) || !strings.Contains(string(frame), string(a.AsSlice())) {
				t.Fatalf("%x: %+v", frame, n)
			}
		}
	})
}

func TestTrip(t *testing.T) {
	p := probe{at: 100 * time.Microsecond, begin: 30_000}
	for answer, want := range map[time.Duration]time.Duration{150: 50, 100: 0, 95: 25, 60: 0} {
		if got := p.trip(answer * time.Microsecond); got != want*time.Microsecond {
			t.Errorf("at %dµs: %v, want %dµs", answer, got, want)
		}
	}
}

// failing is a resolver that fails.
type failing struct{ err error }

func (f failing) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, f.err
}

func TestTargetsOfTheOtherIP(t *testing.T) {
	for _, tt := range []struct{ network, word, want string }{
		{"ip4", "192.0.2.0/30", ""},
		{"ip6", "2001:db8::1-2001:db8::3", ""},
		{"ip4", "::ffff:192.0.2.7", ""},
		{"ip4", "2001:db8::1", "2001:db8::1 is not of IPv4, which -4 asks for"},
		{"ip6", "192.0.2.1", "192.0.2.1 is not of IPv6, which -6 asks for"},
		{"ip6", "192.0.2.0/30", "192.0.2.0/30 is not of IPv6, which -6 asks for"},
	} {
		_, err := ParseTargets(t.Context(), names{}, tt.network, []string{tt.word})
		if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
			t.Errorf("%s of %s: %v, want %q", tt.word, tt.network, err, tt.want)
		}
	}
}

func TestInterruptedLookUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	targets, err := ParseTargets(ctx, failing{&net.DNSError{Err: "operation was canceled"}}, "ip", []string{"slow"})
	if err != nil || targets[0].Err == nil || targets[0].Err.Error() != "slow: resolve: interrupted" {
		t.Errorf("%v, %v", targets, err)
	}
}

func TestNameError(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")
	known := names{"four": {four}, "six": {six}, "both": {six, four}}
	tests := []struct {
		network, name string
		err           error
		want          string
	}{
		{"ip", "both", nil, "192.0.2.7"},
		{"ip6", "both", nil, "2001:db8::7"},
		{"ip", "six", nil, "2001:db8::7"},
		{"ip", "nobody", nil, "nobody: resolve: no such host; check the name, or give an address"},
		{"ip6", "nobody", nil, "nobody: resolve: no such host; check the name, or give an address"},
		{"ip6", "four", nil, "four: resolve: there is no address of IPv6, but 192.0.2.7; leave out -6"},
		{"ip4", "six", nil, "six: resolve: there is no address of IPv4, but 2001:db8::7; leave out -4"},
		{"ip", "slow", &net.DNSError{Err: "i/o timeout", IsTimeout: true}, "slow: resolve: no answer from DNS; check the resolver in /etc/resolv.conf, or give an address"},
		{"ip", "broken", &net.DNSError{Err: "server misbehaving"}, "broken: resolve: server misbehaving; check the resolver in /etc/resolv.conf, or give an address"},
		{"ip4", "odd", &net.AddrError{Err: "no suitable address found", Addr: "odd"}, "odd: resolve: address odd: no suitable address found; check the name, or give an address"},
	}
	for _, tt := range tests {
		var resolver Resolver = known
		if tt.err != nil {
			resolver = failing{tt.err}
		}
		targets, err := ParseTargets(t.Context(), resolver, tt.network, []string{tt.name})
		if err != nil || len(targets) != 1 {
			t.Fatalf("%s: %v, %v", tt.name, targets, err)
		}
		got := targets[0].Addr.String()
		if targets[0].Err != nil {
			got = targets[0].Err.Error()
		}
		if got != tt.want {
			t.Errorf("%s of %s: %q, want %q", tt.network, tt.name, got, tt.want)
		}
	}
}

type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestSilentDNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		targets, err := ParseTargets(t.Context(), silent{}, "ip", []string{"example.com"})
		if err != nil {
			t.Fatal(err)
		}
		err = targets[0].Err
		want := "example.com: resolve: no answer from DNS in 10s; check the resolver in /etc/resolv.conf, or give an address"
		if err == nil || err.Error() != want || time.Since(start) != lookUpLimit {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
