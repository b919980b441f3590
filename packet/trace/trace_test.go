package trace

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/layer"
)

func forms() map[string]form {
	v4 := form{version: 4, src: netip.MustParseAddr("192.0.2.1"), dst: netip.MustParseAddr("198.51.100.7"), sport: 40000, port: 443, token: 0xdeadbeef}
	v6 := v4
	v6.version, v6.src, v6.dst = 6, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:1::7")
	list := make(map[string]form)
	for name, f := range map[string]form{"v4": v4, "v6": v6} {
		for _, method := range []Method{UDP, ICMP, TCP} {
			f.method, f.raw = method, true
			list[name+" "+method.String()] = f
		}
		f.method, f.raw = UDP, false
		list[name+" datagram"] = f
	}
	return list
}

func TestProbes(t *testing.T) {
	protocols := map[Method]uint8{UDP: 17, ICMP: 1, TCP: 6}
	for name, f := range forms() {
		flowBytes := make(map[int]string)
		for _, number := range []uint16{1, 2, 255, 65535} {
			for _, flow := range []int{0, 1, 95} {
				for _, size := range []int{0, 61, 80, 1400} {
					b := f.append([]byte("kept"), number, flow, size)
					if string(b[:4]) != "kept" {
						t.Fatal("what was before is gone")
					}
					b = b[4:]
					want := max(size, f.least()) - f.ipHeader()
					if f.method == TCP {
						want = 24
					} else if !f.raw {
						want -= udpHeader
					}
					if len(b) != want {
						t.Errorf("%s: %d bytes of %d", name, len(b), want)
					}
					got, ok, _ := f.quoted(b)
					if !ok || got != number {
						t.Errorf("%s: quoted is %d, %v, want %d", name, got, ok, number)
					}
					if !f.raw {
						continue
					}
					if got, ok, _ := f.quoted(b[:8]); !ok || got != number {
						t.Errorf("%s: quoted by eight bytes is %d, %v, want %d", name, got, ok, number)
					}
					before := uint64(0)
					if f.method != ICMP {
						before = f.pseudo(protocols[f.method], len(b))
					} else if f.version == 6 {
						before = f.pseudo(58, len(b))
					}
					if sum := layer.FoldSum(layer.AddSum(before, b)); sum != 0 {
						t.Errorf("%s: checksum is off by %#x", name, sum)
					}
					at := string(b[:4]) // what routers look at
					if known := flowBytes[flow]; known != "" && known != at {
						t.Errorf("%s: flow %d is not one: % x, % x", name, flow, known, at)
					}
					flowBytes[flow] = at
				}
			}
		}
		if f.raw && (flowBytes[0] == flowBytes[1] || flowBytes[1] == flowBytes[95]) {
			t.Errorf("%s: flows do not differ", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	all := forms()
	f := all["v4 tcp"]
	answer := make([]byte, 20)
	binary.BigEndian.PutUint16(answer, f.port)
	binary.BigEndian.PutUint16(answer[2:], f.sport+3)
	binary.BigEndian.PutUint32(answer[8:], f.sequence(77)+1)
	answer[13] = 0x14 // RST, ACK
	if number, ok := f.answered(answer); !ok || number != 77 {
		t.Errorf("got %d, %v", number, ok)
	}
	answer[3] ^= 0x80
	if _, ok := f.answered(answer); ok {
		t.Error("another port is taken for ours")
	}
	f = all["v6 icmp"]
	reply := f.append(nil, 9, 0, 100)
	if _, ok := f.answered(reply); ok {
		t.Error("a request is taken for a reply")
	}
	reply[0] = 129
	if number, ok := f.answered(reply); !ok || number != 9 {
		t.Errorf("got %d, %v", number, ok)
	}
}

func FuzzQuoted(f *testing.F) {
	all := forms()
	names := make([]string, 0, len(all))
	for name, form := range all {
		names = append(names, name)
		f.Add(form.append(nil, 77, 3, 100), uint8(0))
	}
	slices.Sort(names)
	f.Fuzz(func(t *testing.T, b []byte, which uint8) {
		form := all[names[int(which)%len(names)]]
		form.answered(b)
		if number, ok, anonymous := form.quoted(b); ok {
			// What is found is what another probe with that number says, too.
			again, same, _ := form.quoted(form.append(nil, number, 0, 100))
			if number != 0 && (!same || again != number) || anonymous {
				t.Fatalf("%x: %d, then %d", b, number, again)
			}
		}
	})
}

func FuzzReadLabels(f *testing.F) {
	f.Add([]byte{0x20, 0, 0, 0, 0, 8, 1, 1, 0, 6, 0x41, 1}, false)
	f.Add([]byte{0x20, 0, 0, 0, 0, 4, 2, 1, 0, 12, 1, 1, 0, 6, 0x40, 1, 0, 6, 0x41, 1}, false)
	f.Fuzz(func(t *testing.T, b []byte, guessed bool) {
		labels := readLabels(b, guessed)
		if len(labels) > len(b)/4 {
			t.Fatalf("%d labels in %d bytes", len(labels), len(b))
		}
		for _, l := range labels { // each is in the bytes as RFC 3032 has it
			v := l.Label<<12 | uint32(l.Class)<<9 | uint32(l.TTL)
			if l.Bottom {
				v |= 1 << 8
			}
			if !strings.Contains(string(b), string(binary.BigEndian.AppendUint32(nil, v))) {
				t.Fatalf("%v is not in %x", l, b)
			}
		}
	})
}

func TestReadLabels(t *testing.T) {
	good := []byte{0x20, 0, 0, 0, 0, 4, 2, 1, 0, 12, 1, 1, 0, 6, 0x40, 1, 0, 7, 0x4b, 9}
	want := []Label{{100, 0, false, 1}, {116, 5, true, 9}}
	if got := readLabels(good, false); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := readLabels(good, true); got != nil {
		t.Errorf("guessed without a checksum: %v", got)
	}
	binary.BigEndian.PutUint16(good[2:], layer.FoldSum(layer.AddSum(0, good)))
	if got := readLabels(good, true); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	good[2] ^= 1
	if got := readLabels(good, false); got != nil {
		t.Errorf("with a wrong checksum: %v", got)
	}
}

func TestNeeded(t *testing.T) {
	for k := 1; k < 40; k++ {
		if needed(k) < needed(k-1) || needed(k) > maxFlows {
			t.Errorf("needed(%d) = %d", k, needed(k))
		}
	}
}

func TestPlateau(t *testing.T) {
	var got []int
	for size := 1500; size > 0; size = plateau(size) {
		got = append(got, size)
	}
	if want := []int{1500, 1492, 1280, 1006, 508, 296, 68}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStats(t *testing.T) {
	var s Stats
	for _, ms := range []int{10, 14, 12, 20} {
		s.add(time.Duration(ms) * time.Millisecond)
	}
	if s.Best != 10*time.Millisecond || s.Max != 20*time.Millisecond || s.Mean() != 14*time.Millisecond || s.Last != 20*time.Millisecond {
		t.Errorf("%+v", s)
	}
	if got := s.Jitter.Round(time.Microsecond); got != 4667*time.Microsecond { // of 4, 2 and 8
		t.Errorf("jitter %v", got)
	}
	if got := s.Deviation().Round(time.Microsecond); got != 3742*time.Microsecond {
		t.Errorf("deviation %v", got)
	}
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		cfg  Config
		want string
	}{
		{Config{Hops: 256}, "last hop 256"},
		{Config{First: 5, Hops: 3}, "last hop 3"},
		{Config{MTU: true, Method: TCP}, "too small"},
		{Config{MTU: true, Size: 100}, "exclude"},
		{Config{Paths: true, Endless: true}, "in rounds"},
		{Config{Method: 9}, "there is no method 9"},
		{Config{}, ""},
	} {
		tt.cfg.SetDefaults()
		err := tt.cfg.Validate()
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt.cfg, err)
		}
	}
	for _, name := range []string{"udp", "icmp", "tcp"} {
		var m Method
		if err := m.UnmarshalText([]byte(name)); err != nil || m.String() != name {
			t.Errorf("%q: %v, %v", name, m, err)
		}
	}
}
