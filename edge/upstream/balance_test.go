package upstream

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// seeded makes the pool's luck repeatable.
func seeded(p *Pool) { p.chance.random = rand.New(rand.NewPCG(1, 2)).Uint64 }

// weighted makes a pool of targets with the given weights.
func weighted(t testing.TB, balance BalanceConfig, weights ...int) *Pool {
	cfg := Config{Balance: balance}
	for i, w := range weights {
		cfg.To = append(cfg.To, TargetConfig{URL: fmt.Sprintf("http://10.0.0.%d", i+1), Weight: w})
	}
	p, _ := newPool(t, cfg)
	seeded(p)
	return p
}

// draw takes targets n times, each given back at once, and counts them.
func draw(p *Pool, n int, next func(i int) Choice) map[*Target]int {
	got := make(map[*Target]int)
	for i := range n {
		c := next(i)
		t := p.view.Load().take(&c, &p.chance)
		got[t]++
		t.active.Add(-1)
	}
	return got
}

func anything(int) Choice { return Choice{} }

// chiSquare is the distance of counts from shares in proportion to weights.
func chiSquare(p *Pool, got map[*Target]int) float64 {
	n, total := 0, 0
	for _, t := range p.targets {
		n += got[t]
		total += t.weight
	}
	var sum float64
	for _, t := range p.targets {
		want := float64(n) * float64(t.weight) / float64(total)
		sum += (float64(got[t]) - want) * (float64(got[t]) - want) / want
	}
	return sum
}

func TestDistributionFollowsWeights(t *testing.T) {
	for _, test := range []struct {
		policy  string
		weights []int
	}{
		{"random", []int{1, 1, 1, 1}},
		{"random", []int{1, 2, 7}},
		{"random", []int{1000, 1, 500}},
		{"least-requests", []int{1, 1, 1}}, // idle: as drawn
		{"least-requests", []int{1, 2, 7}},
		{"hash", []int{1, 1, 1, 1, 1}},
		{"hash", []int{1, 2, 7}},
	} {
		t.Run(fmt.Sprint(test.policy, test.weights), func(t *testing.T) {
			balance := BalanceConfig{Policy: test.policy}
			if test.policy == "hash" {
				balance.Hash = &HashConfig{Bound: -1}
			}
			p := weighted(t, balance, test.weights...)
			got := draw(p, 100_000, func(i int) Choice { return Choice{Hash: Hash(fmt.Sprint("client", i))} })
			// With 4 degrees of freedom or less, chance exceeds 24 in less
			// than one of 10,000 seeds.
			if x := chiSquare(p, got); x > 24 {
				t.Errorf("chi-square %.1f: %v", x, got)
			}
		})
	}
}

func TestRoundRobinIsSmooth(t *testing.T) {
	p := weighted(t, BalanceConfig{}, 5, 1, 1)
	var order strings.Builder
	for range 14 {
		target := p.view.Load().take(&Choice{}, &p.chance)
		order.WriteByte("abc"[target.address[len("10.0.0.")]-'1'])
	}
	// As nginx does it; the first turn is the second of the round.
	if got, want := order.String(), "abacaaaabacaaa"; got != want {
		t.Errorf("order %s, want %s", got, want)
	}
	p = weighted(t, BalanceConfig{}, 997, 1000, 3)
	got := draw(p, 400_000, anything)
	for _, target := range p.targets {
		want := 200 * float64(target.weight)
		if off := math.Abs(float64(got[target])-want) / want; off > 0.01 {
			t.Errorf("weight %d: %d requests, want %.0f", target.weight, got[target], want)
		}
	}
}

func TestRoundRobinOfLargeWeightsStaysInProportion(t *testing.T) {
	var live []entry
	for _, w := range []int64{19_997, 20_000, 13, 1} {
		live = append(live, entry{nil, w})
	}
	turns := smooth(live)
	if len(turns) > 5000 {
		t.Fatalf("%d turns", len(turns))
	}
	counts := make([]int, len(live))
	for _, i := range turns {
		counts[i]++
	}
	if counts[3] != 1 || counts[2] < 1 || counts[0] < 2000 || counts[1] < 2000 {
		t.Errorf("counts %v", counts)
	}
}

// With a load in proportion to what each can take, the number of requests
// under way follows the weights, and no target is left far behind.
func TestLeastRequestsEvensOutLoad(t *testing.T) {
	p := weighted(t, BalanceConfig{Policy: "least-requests"}, 1, 1, 1, 1, 4)
	v := p.view.Load()
	for range 800 {
		if v.take(&Choice{}, &p.chance) == nil {
			t.Fatal("no target")
		}
	}
	for _, target := range p.targets {
		want := float64(100 * target.weight)
		if got := float64(target.active.Load()); math.Abs(got-want) > 0.1*want {
			t.Errorf("weight %d: %v requests under way, want about %v", target.weight, got, want)
		}
	}
	// A busy target gets nothing that an idle one could take.
	p = weighted(t, BalanceConfig{Policy: "least-requests"}, 1, 1)
	p.targets[0].active.Store(10)
	got := draw(p, 1000, anything)
	if got[p.targets[0]] != 0 {
		t.Errorf("the busy target got %d of 1000", got[p.targets[0]])
	}
}

func TestHashMovesOnlyKeysOfWhatGoes(t *testing.T) {
	p := weighted(t, BalanceConfig{Hash: &HashConfig{}}, 1, 1, 1, 1, 1)
	key := func(i int) Choice { return Choice{Hash: Hash(fmt.Sprint("key", i))} }
	const n = 10_000
	before := make([]*Target, n)
	for i := range n {
		for target := range draw(p, 1, func(int) Choice { return key(i) }) {
			before[i] = target
		}
	}
	out := p.targets[2]
	if err := p.Drain(out.URL(), true); err != nil {
		t.Fatal(err)
	}
	moved := make(map[*Target]int)
	for i := range n {
		for target := range draw(p, 1, func(int) Choice { return key(i) }) {
			if before[i] != out && target != before[i] {
				t.Fatalf("key %d moved from %s to %s", i, before[i].address, target.address)
			}
			if before[i] == out {
				moved[target]++
			}
		}
	}
	if len(moved) != 4 {
		t.Errorf("the keys of the drained target went to %v", moved)
	}
	for target, n := range moved {
		if n < 400 || n > 600 { // 500 each, give or take 5 sigma
			t.Errorf("%s took %d of some 2000 keys", target.address, n)
		}
	}
}

func TestHashIsTheSameEverywhere(t *testing.T) {
	// Other nodes, and later versions, have to agree.
	if got, want := Hash("192.0.2.1"), uint64(0x4d0e1bc6845259f5); got != want {
		t.Errorf("Hash gives %#x, want %#x", got, want)
	}
	if Hash("a") != Hash([]byte("a")) || Hash("a") == Hash("b") {
		t.Error("Hash depends on more, or less, than the bytes")
	}
	a := weighted(t, BalanceConfig{Hash: &HashConfig{}}, 1, 1, 1)
	b := weighted(t, BalanceConfig{Hash: &HashConfig{}}, 1, 1, 1)
	for i := range 100 {
		c := Choice{Hash: Hash(fmt.Sprint(i))}
		x, y := a.view.Load().take(&c, &a.chance), b.view.Load().take(&c, &b.chance)
		if x.address != y.address {
			t.Fatalf("key %d: %s and %s", i, x.address, y.address)
		}
		x.active.Add(-1)
		y.active.Add(-1)
	}
}

func TestHashBoundsLoad(t *testing.T) {
	p := weighted(t, BalanceConfig{Hash: &HashConfig{Bound: 1.25}}, 1, 1, 2)
	v := p.view.Load()
	for n := 1; n <= 400; n++ {
		if v.take(&Choice{Hash: 42}, &p.chance) == nil { // all the same key
			t.Fatal("no target")
		}
		for _, e := range v.live {
			most := math.Ceil(1.25 * float64(n) * float64(e.t.weight) / 4)
			if got := e.t.active.Load(); float64(got) > most {
				t.Fatalf("with %d requests %s has %d, more than %v", n, e.t.address, got, most)
			}
		}
	}
	p = weighted(t, BalanceConfig{Hash: &HashConfig{Bound: -1}}, 1, 1, 1)
	c := Choice{Hash: 42}
	first := p.view.Load().take(&c, &p.chance)
	for range 100 {
		if p.view.Load().take(&c, &p.chance) != first {
			t.Fatal("without a bound a key left its target")
		}
	}
}

func TestTriedTargetsAreAvoided(t *testing.T) {
	for policy := range policies {
		t.Run(policy, func(t *testing.T) {
			p := weighted(t, BalanceConfig{Policy: policy}, 1, 1, 1)
			for range 50 {
				var c Choice
				seen := make(map[*Target]bool)
				for range 3 {
					target := p.view.Load().take(&c, &p.chance)
					target.active.Add(-1)
					if seen[target] {
						t.Fatalf("%s again, with others left", target.address)
					}
					seen[target] = true
					c.Avoid(target)
				}
				if target := p.view.Load().take(&c, &p.chance); target == nil {
					t.Fatal("none, when all have been tried: one again is better")
				} else {
					target.active.Add(-1)
				}
			}
		})
	}
}

func TestSticky(t *testing.T) {
	p, _ := newPool(t, Config{
		To:     targets("http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.3"),
		Sticky: &StickyConfig{Age: 3600e9, Domain: "shop.example.com", Secure: true, SameSite: "none"},
	})
	home := p.targets[1]
	value := home.Cookie()
	if len(value) != 22 || strings.Contains(value, "10.0.0") {
		t.Errorf("cookie %q", value)
	}
	got := draw(p, 100, func(int) Choice { return Choice{Sticky: []byte(value)} })
	if got[home] != 100 {
		t.Errorf("a client left its target: %v", got)
	}
	got = draw(p, 99, func(int) Choice { return Choice{Sticky: []byte("made up")} })
	if len(got) != 3 {
		t.Errorf("an unknown cookie goes to %v", got)
	}
	cookie := string(p.Config().Sticky.AppendCookie(nil, value))
	want := "netwright=" + value + "; Path=/; Domain=shop.example.com; Max-Age=3600; Secure; HttpOnly; SameSite=None"
	if cookie != want {
		t.Errorf("cookie %s, want %s", cookie, want)
	}
	p.Drain(home.URL(), true)
	got = draw(p, 99, func(int) Choice { return Choice{Sticky: []byte(value)} })
	if got[home] != 0 || len(got) != 2 {
		t.Errorf("drained: %v", got)
	}
	// With a secret two nodes agree; without, they do not.
	for _, secret := range []string{"", "s3cret"} {
		cfg := Config{To: targets("http://10.0.0.1"), Sticky: &StickyConfig{Secret: secret}}
		a, _ := newPool(t, cfg)
		b, _ := newPool(t, cfg)
		if same := a.targets[0].Cookie() == b.targets[0].Cookie(); same != (secret != "") {
			t.Errorf("secret %q: same cookie %v", secret, same)
		}
	}
}
