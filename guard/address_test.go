package guard

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// list makes address entries of prefixes.
func list(prefixes ...string) (out []AddressConfig) {
	for _, p := range prefixes {
		out = append(out, AddressConfig{Prefix: MustPrefix(p)})
	}
	return out
}

func mustNew(t testing.TB, name string, cfg Config) *named {
	t.Helper()
	g, err := New(name, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return g.(*named)
}

func write(t testing.TB, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAddresses(t *testing.T) {
	both := Config{
		Allow: list("10.0.0.0/8", "10.9.8.0/24", "2001:db8::/32", "192.0.2.7", "10.7.0.0/16"),
		Deny:  list("10.9.0.0/16", "2001:db8:bad::/48", "10.7.0.0/16"),
	}
	for _, tt := range []struct {
		name, peer string
		cfg        Config
		want       Decision
	}{
		{"allowed", "10.1.2.3", both, Admit},
		{"not listed", "11.1.2.3", both, Refuse},
		{"deny is longer", "10.9.1.1", both, Refuse},
		{"allow within deny is longer still", "10.9.8.1", both, Admit},
		{"the same prefix in both", "10.7.1.1", both, Refuse},
		{"single address", "192.0.2.7", both, Admit},
		{"beside the single address", "192.0.2.8", both, Refuse},
		{"IPv6 allowed", "2001:db8::1", both, Admit},
		{"IPv6 denied", "2001:db8:bad::1", both, Refuse},
		{"IPv6 not listed", "2001:db9::1", both, Refuse},
		{"IPv4 mapped, allowed", "::ffff:10.1.2.3", both, Admit},
		{"IPv4 mapped, denied", "::ffff:10.9.1.1", both, Refuse},
		{"zone", "fe80::1%eth0", Config{Allow: list("fe80::/10")}, Admit},
		{"zone, in both", "fe80::1%eth0", Config{Allow: list("fe80::/10"), Deny: list("fe80::1")}, Refuse},
		{"zone, allow is longer", "fe80::1%eth0", Config{Allow: list("fe80::1"), Deny: list("fe80::/10")}, Admit},
		{"deny alone, listed", "10.9.1.1", Config{Deny: list("10.9.0.0/16")}, Refuse},
		{"deny alone, not listed", "10.8.1.1", Config{Deny: list("10.9.0.0/16")}, Admit},
		{"all of IPv4 is no IPv6", "::1", Config{Allow: list("0.0.0.0/0")}, Refuse},
		{"mapped prefix", "10.1.2.3", Config{Allow: list("::ffff:10.0.0.0/104")}, Admit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := mustNew(t, "office", tt.cfg)
			a := Attempt{Peer: netip.MustParseAddr(tt.peer)}
			v := g.Ask(&a)
			if v.Decision != tt.want {
				t.Errorf("%s: %v (%s), want %v", tt.peer, v.Decision, v.Reason, tt.want)
			}
			if v.Decision == Refuse && (v.Guard != "office" || v.Status != 403 || v.Reason == "") {
				t.Errorf("the refusal does not say who and why: %+v", v)
			}
			lines := Explain(g, &a)
			if last := lines[len(lines)-1]; last.Decision != tt.want {
				t.Errorf("Explain says %v: %s", last.Decision, last.Text)
			}
			if AtAccept(g).Ask(&a).Decision != tt.want {
				t.Error("AtAccept decides otherwise")
			}
		})
	}
}

// TestAddressesAsWritten compares with reading the lists from end to end.
func TestAddressesAsWritten(t *testing.T) {
	random := func(bits int) netip.Prefix {
		addr := netip.AddrFrom4([4]byte{10, byte(rand.IntN(4)), byte(rand.IntN(4)) << 6, byte(rand.IntN(256))})
		return netip.PrefixFrom(addr, bits).Masked()
	}
	for range 300 {
		var cfg Config
		for range rand.IntN(6) {
			cfg.Allow = append(cfg.Allow, AddressConfig{Prefix: Prefix{random(rand.IntN(33))}})
		}
		for range rand.IntN(6) {
			cfg.Deny = append(cfg.Deny, AddressConfig{Prefix: Prefix{random(rand.IntN(33))}})
		}
		if cfg.Allow == nil && cfg.Deny == nil {
			continue
		}
		g := mustNew(t, "g", cfg)
		for range 50 {
			peer := random(32).Addr()
			allow, deny := -1, -1
			for _, e := range cfg.Allow {
				if e.Prefix.Contains(peer) {
					allow = max(allow, e.Prefix.Bits())
				}
			}
			for _, e := range cfg.Deny {
				if e.Prefix.Contains(peer) {
					deny = max(deny, e.Prefix.Bits())
				}
			}
			want := Admit
			if deny >= 0 && deny >= allow || cfg.Allow != nil && allow < 0 {
				want = Refuse
			}
			a := Attempt{Peer: peer}
			if v := g.Ask(&a); v.Decision != want {
				t.Fatalf("%v from %+v: %v, want %v", peer, cfg, v.Decision, want)
			}
			if _, d := g.explain(&a); d != want {
				t.Fatalf("%v from %+v: Explain says %v", peer, cfg, d)
			}
		}
	}
}

func TestAddressesWithoutIP(t *testing.T) {
	if v := mustNew(t, "g", Config{Allow: list("0.0.0.0/0", "::/0")}).Ask(&Attempt{}); v.Decision != Refuse {
		t.Errorf("a peer without an address passed an allow list: %v", v)
	}
	if v := mustNew(t, "g", Config{Deny: list("0.0.0.0/0", "::/0")}).Ask(&Attempt{}); v.Decision != Admit {
		t.Errorf("a peer without an address is on the deny list: %v", v)
	}
}

func TestParsePrefixErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "no address",
		"10.0.0":                "no address",
		"10.0.0.0/33":           "no prefix",
		"10.1.2.3/8":            "is it 10.0.0.0/8 or 10.1.2.3?",
		"fe80::1%eth0":          "zone",
		"::ffff:0:0/90":         "IPv4-mapped",
		"example.com":           "no address",
		strings.Repeat("1", 99): "no address",
	} {
		if _, err := ParsePrefix(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestAddressFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list")
	write(t, file, "# ours\n10.0.0.0/8 ; head office\n\n2001:db8::/32\n192.0.2.7 # one\n")
	g := mustNew(t, "g", Config{Allow: []AddressConfig{{File: file}}})
	for peer, want := range map[string]Decision{"10.2.3.4": Admit, "192.0.2.7": Admit, "2001:db8::5": Admit, "192.0.2.8": Refuse} {
		if v := g.Ask(&Attempt{Peer: netip.MustParseAddr(peer)}); v.Decision != want {
			t.Errorf("%s: %v, want %v", peer, v.Decision, want)
		}
	}

	write(t, file, "10.0.0.0/8\n10.0.0.300\n10.1.1.1/8\n")
	_, err := New("g", Config{Deny: []AddressConfig{{File: file}}}, nil)
	for _, want := range []string{file + ":2: ", file + ":3: ", "deny"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestAddressFileReload changes the file, breaks it, and mends it, while others
// ask without a pause.
func TestAddressFileReload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "list")
	write(t, file, "10.0.0.0/8\n")
	synctest.Test(t, func(t *testing.T) {
		g := mustNew(t, "g", Config{Deny: []AddressConfig{{File: file}}})
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := g.Serve(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		decide := func(peer string, want Decision) {
			t.Helper()
			time.Sleep(3 * watchEvery)
			synctest.Wait()
			if v := g.Ask(&Attempt{Peer: netip.MustParseAddr(peer)}); v.Decision != want {
				t.Errorf("%s: %v, want %v", peer, v.Decision, want)
			}
		}
		decide("10.1.1.1", Refuse)
		write(t, file, "10.0.0.0/8\n11.0.0.0/8\n")
		decide("11.1.1.1", Refuse)
		write(t, file, "11.0.0.0/8\nnonsense\n")
		decide("10.1.1.1", Refuse) // kept
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		decide("10.1.1.1", Refuse)
		other := file + ".new"
		write(t, other, "12.0.0.0/8\n")
		if err := os.Symlink(other, file); err != nil {
			t.Fatal(err)
		}
		decide("12.1.1.1", Refuse)
		decide("10.1.1.1", Admit)
	})
}

func TestMillionPrefixes(t *testing.T) {
	var b bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "%d.%d.%d.0/24\n", 1+i>>16&0xff, i>>8&0xff, i&0xff)
	}
	file := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	g := mustNew(t, "g", Config{Deny: []AddressConfig{{File: file}}})
	took := time.Since(began)
	t.Logf("loaded in %v", took)
	if n := g.parts[0].(*addresses).table.Load().deny.Size(); n != 1_000_000 {
		t.Errorf("%d prefixes", n)
	}
	if took > 10*time.Second {
		t.Errorf("loading a million prefixes took %v", took)
	}
	denied, admitted := 0, 0
	for i := range 4096 {
		addr := netip.AddrFrom4([4]byte{byte(i * 7), byte(i * 31), byte(i * 131), byte(i)})
		if g.Ask(&Attempt{Peer: addr}).Decision == Admit {
			admitted++
		} else {
			denied++
		}
	}
	if denied == 0 || admitted == 0 {
		t.Errorf("%d denied, %d admitted", denied, admitted)
	}
}

func TestHotPathAllocatesNothing(t *testing.T) {
	for name, cfg := range map[string]Config{
		"addresses":            {Allow: list("10.0.0.0/8", "2001:db8::/32"), Deny: list("10.9.0.0/16")},
		"rate":                 {Rate: 1e6, Burst: 1 << 20},
		"rate of all":          {Rate: 1e6, Burst: 1 << 20, Per: "service"},
		"rate by header":       {Rate: 1e6, Burst: 1 << 20, Per: "header:X-Key"},
		"rate, refused":        {Rate: 1.0 / 3600, Burst: 1},
		"concurrency":          {Concurrency: 10},
		"concurrency, refused": {Allow: list("10.0.0.0/8"), Concurrency: 1, Per: "service"},
	} {
		t.Run(name, func(t *testing.T) {
			g := mustNew(t, "g", cfg)
			peers := []netip.Addr{netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("10.9.2.3"), netip.MustParseAddr("::ffff:10.1.2.4"), netip.MustParseAddr("2001:db8::1")}
			a := Attempt{Header: func(string) string { return "some key" }}
			i := 0
			if n := testing.AllocsPerRun(1000, func() {
				a.Peer = peers[i%len(peers)]
				g.Ask(&a)
				a.Done()
				i++
			}); n != 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}

func BenchmarkAddressesMillion(b *testing.B) {
	g := &addresses{}
	t := &addressTable{listed: true}
	for i := range 1_000_000 {
		addr := netip.AddrFrom4([4]byte{byte(1 + i>>16), byte(i >> 8), byte(i), 0})
		if i&1 == 1 {
			t.deny.Insert(netip.PrefixFrom(addr, 24), 0)
		} else {
			t.allow.Insert(netip.PrefixFrom(addr, 24), 0)
		}
	}
	g.table.Store(t)
	n := &named{name: "g", parts: []part{g}}
	var a Attempt
	i := uint32(0)
	for b.Loop() {
		i = i*1664525 + 1013904223
		a.Peer = netip.AddrFrom4([4]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), 1})
		n.Ask(&a)
	}
}
