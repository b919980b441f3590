package guard

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pass asks g about an attempt that is over at once.
func pass(g Guard, a Attempt) Verdict {
	defer a.Done()
	return g.Ask(&a)
}

func from4(s string) Attempt { return Attempt{Peer: netip.MustParseAddr(s)} }

// random6 returns an address of a random /64.
func random6() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], rand.Uint64()>>4|0x2<<60)
	binary.BigEndian.PutUint64(b[8:], rand.Uint64())
	return netip.AddrFrom16(b)
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := mustNew(t, "gentle", Config{Rate: 10, Burst: 3})
		admitted := func(a Attempt, tries int) (n int, last Verdict) {
			for range tries {
				if last = pass(g, a); last.Decision == Admit {
					n++
				}
			}
			return n, last
		}
		n, v := admitted(from4("10.0.0.1"), 10)
		if n != 3 {
			t.Errorf("%d of the burst of 3 admitted", n)
		}
		if v.Status != 429 || v.RetryAfter != 100*time.Millisecond || v.Reason != "more than 10/s (burst 3) per address" {
			t.Errorf("%+v", v)
		}
		if n, _ := admitted(from4("10.0.0.2"), 10); n != 3 {
			t.Errorf("another address got %d", n)
		}
		time.Sleep(v.RetryAfter - time.Nanosecond)
		if n, _ := admitted(from4("10.0.0.1"), 10); n != 0 {
			t.Errorf("%d admitted just before Retry-After", n)
		}
		time.Sleep(time.Nanosecond)
		if n, _ := admitted(from4("10.0.0.1"), 10); n != 1 {
			t.Errorf("%d admitted after Retry-After, want 1", n)
		}
		time.Sleep(time.Hour)
		if n, _ := admitted(from4("10.0.0.1"), 10); n != 3 {
			t.Errorf("%d admitted after an hour, want the burst again", n)
		}
	})
}

// TestRateHolds asks at random times: never more may pass in any time than the
// burst and what the rate adds.
func TestRateHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := mustNew(t, "g", Config{Rate: 50, Burst: 20})
		began, n := time.Now(), 0
		for range 20000 {
			if pass(g, from4("10.0.0.1")).Decision == Admit {
				n++
			}
			if most := 20 + int(50*time.Since(began).Seconds()) + 1; n > most {
				t.Fatalf("%d passed in %v, at most %d may", n, time.Since(began), most)
			}
			time.Sleep(time.Duration(rand.IntN(5)) * time.Millisecond)
		}
		if least := int(49 * time.Since(began).Seconds()); n < least {
			t.Errorf("only %d passed in %v", n, time.Since(began))
		}
	})
}

func TestPer(t *testing.T) {
	header := func(v string) func(string) string {
		return func(name string) string {
			if name == "X-Key" {
				return v
			}
			return ""
		}
	}
	for _, tt := range []struct {
		name   string
		cfg    Config
		a, b   Attempt
		shared bool
	}{
		{"two addresses", Config{}, from4("10.0.0.1"), from4("10.0.0.2"), false},
		{"mapped and plain", Config{}, from4("10.0.0.1"), from4("::ffff:10.0.0.1"), true},
		{"one /64", Config{}, from4("2001:db8:1:2:3::4"), from4("2001:db8:1:2:9::9"), true},
		{"two /64", Config{}, from4("2001:db8:1:2::"), from4("2001:db8:1:3::"), false},
		{"one /48", Config{IPv6: 48}, from4("2001:db8:1:2::"), from4("2001:db8:1:3::"), true},
		{"two /48", Config{IPv6: 48}, from4("2001:db8:1::"), from4("2001:db8:2::"), false},
		{"one /96", Config{IPv6: 96}, from4("2001:db8::1:0:1"), from4("2001:db8::1:0:2"), true},
		{"two /96", Config{IPv6: 96}, from4("2001:db8::1:0:1"), from4("2001:db8::2:0:1"), false},
		{"service", Config{Per: "service"}, from4("10.0.0.1"), from4("2001:db8::"), true},
		{"two subjects", Config{Per: "subject"}, Attempt{Subject: "a"}, Attempt{Subject: "b"}, false},
		{"one subject", Config{Per: "subject"}, Attempt{Subject: "a", Peer: random6()}, Attempt{Subject: "a", Peer: random6()}, true},
		{"two values", Config{Per: "header:X-Key"}, Attempt{Header: header("1")}, Attempt{Header: header("2")}, false},
		{"one value", Config{Per: "header:X-Key"}, Attempt{Header: header("1")}, Attempt{Header: header("1")}, true},
		{"no header", Config{Per: "header:X-Key"}, Attempt{}, Attempt{}, true},
		{"no address", Config{}, Attempt{}, Attempt{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rated, counted := tt.cfg, tt.cfg
			rated.Rate, rated.Burst = 1.0/3600, 1
			counted.Concurrency = 1
			for what, g := range map[string]Guard{"rate": mustNew(t, "g", rated), "concurrency": mustNew(t, "g", counted)} {
				a, b := tt.a, tt.b
				if v := g.Ask(&a); v.Decision != Admit {
					t.Fatalf("%s: the first: %+v", what, v)
				}
				v := g.Ask(&b)
				if shared := v.Decision == Refuse; shared != tt.shared {
					t.Errorf("%s: the second: %+v", what, v)
				}
				a.Done()
				b.Done()
			}
		})
	}
}

// TestCountedOnce asks in stages, as MQTT does at accept and at login.
func TestCountedOnce(t *testing.T) {
	g := mustNew(t, "g", Config{Rate: 1.0 / 3600, Burst: 2, Concurrency: 2})
	many := All(g, g, mustNew(t, "h", Config{Concurrency: 1}), mustNew(t, "i", Config{Concurrency: 1}), mustNew(t, "j", Config{Concurrency: 1}), g)
	a, b, c := from4("10.0.0.1"), from4("10.0.0.1"), from4("10.0.0.1")
	for range 3 {
		if v := many.Ask(&a); v.Decision != Admit {
			t.Fatal(v)
		}
	}
	if v := many.Ask(&b); v.Decision != Refuse || v.Guard != "h" {
		t.Fatal(v)
	}
	b.Done()
	if v := g.Ask(&c); v.Decision != Refuse || v.Status != 429 {
		t.Fatal("the rate has forgotten two attempts", v)
	}
	c.Done()
	a.Done()
	a.Done()
	for _, p := range many.(all) {
		for _, q := range p.(*named).parts {
			if c, ok := q.(*concurrency); ok {
				if key, _ := c.per.key(&a); c.held(key) != 0 {
					t.Errorf("%s still holds %d", p.(*named).name, c.held(key))
				}
			}
		}
	}
}

func TestConcurrency(t *testing.T) {
	for _, per := range []string{"address", "service"} {
		g := mustNew(t, "few", Config{Concurrency: 5, Per: per})
		var open, most atomic.Int32
		var refused atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 500 {
					a := from4("10.0.0.1")
					if v := g.Ask(&a); v.Decision == Admit {
						n := open.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						open.Add(-1)
					} else {
						refused.Add(1)
					}
					a.Done()
				}
			})
		}
		wg.Wait()
		if most.Load() > 5 {
			t.Errorf("per %s: %d at once", per, most.Load())
		}
		c := g.parts[0].(*concurrency)
		a := from4("10.0.0.1")
		if key, _ := c.per.key(&a); c.held(key) != 0 {
			t.Errorf("per %s: %d still held", per, c.held(key))
		}
		for i := range c.shards {
			if n := len(c.shards[i].open); n != 0 {
				t.Errorf("per %s: a shard still holds %d keys", per, n)
			}
		}
	}
}

// TestRateUnderFlood is the attack from random IPv6 networks: the table stays
// as large as it was, and whoever has used up his burst before stays refused.
func TestRateUnderFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const remember = 4096
		g := mustNew(t, "g", Config{Rate: 1.0 / 60, Burst: 5, Remember: remember})
		r := g.parts[0].(*rate)
		var attackers []Attempt
		for range 50 {
			a := Attempt{Peer: random6()}
			attackers = append(attackers, a)
			for pass(g, a).Decision == Admit {
			}
		}
		for range 20 * remember {
			if v := pass(g, Attempt{Peer: random6()}); v.Decision != Admit {
				t.Fatal("a newcomer is refused", v)
			}
		}
		if len(r.slots) != remember {
			t.Errorf("%d slots, want %d", len(r.slots), remember)
		}
		for _, a := range attackers {
			if pass(g, a).Decision == Admit {
				t.Error("the flood has reset an attacker's limit")
			}
		}
	})
}

// TestConcurrencyUnderFlood opens attempts from random networks until there is
// no room: no count is lost, and the memory has its bound.
func TestConcurrencyUnderFlood(t *testing.T) {
	const remember = 1024
	g := mustNew(t, "g", Config{Concurrency: 2, Remember: remember})
	c := g.parts[0].(*concurrency)
	held := make([]Attempt, 2)
	for i := range held {
		held[i] = from4("10.0.0.1")
		if g.Ask(&held[i]).Decision != Admit {
			t.Fatal("refused")
		}
	}
	open := make([]Attempt, 10*remember)
	for i := range open {
		open[i].Peer = random6()
		g.Ask(&open[i])
	}
	keys := 0
	for i := range c.shards {
		keys += len(c.shards[i].open)
	}
	if keys > remember {
		t.Errorf("%d keys are held, more than %d", keys, remember)
	}
	if pass(g, from4("10.0.0.1")).Decision == Admit {
		t.Error("the flood has reset a count")
	}
	for i := range open {
		open[i].Done()
	}
	for i := range held {
		held[i].Done()
	}
	if pass(g, from4("10.0.0.1")).Decision != Admit {
		t.Error("refused although all is given back")
	}
}

func benchmarkAsk(b *testing.B, cfg Config) {
	g := mustNew(b, "g", cfg)
	peers := make([]netip.Addr, 1024)
	for i := range peers {
		peers[i] = random6()
	}
	var a Attempt
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		a.Peer = peers[i&1023]
		g.Ask(&a)
		a.Done()
		i++
	}
}

func BenchmarkRate(b *testing.B)        { benchmarkAsk(b, Config{Rate: 100, Burst: 200}) }
func BenchmarkRateService(b *testing.B) { benchmarkAsk(b, Config{Rate: 100, Per: "service"}) }
func BenchmarkConcurrency(b *testing.B) { benchmarkAsk(b, Config{Concurrency: 50}) }
func BenchmarkAddresses(b *testing.B) {
	benchmarkAsk(b, Config{Allow: list("2000::/3"), Deny: list("10.9.0.0/16")})
}
