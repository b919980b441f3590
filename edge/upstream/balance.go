package upstream

import (
	"math"
	"sync/atomic"
)

// policy is a way to choose the next target.
type policy uint8

const (
	roundRobin policy = iota
	leastRequests
	random
	byHash
)

var policies = map[string]policy{
	"round-robin": roundRobin, "least-requests": leastRequests, "random": random, "hash": byHash,
}

// chance is what choices depend on besides the view: whose turn it is, and
// luck.
type chance struct {
	turn   atomic.Uint64
	random func() uint64
}

// take chooses a target for c and reserves a connection to it. It gives nil
// where every target it may choose is at its limit, or there is none.
func (v *view) take(c *Choice, from *chance) *Target {
	if t := v.stuck(c); t != nil {
		if t.reserve() {
			return t
		}
		return nil // worth waiting for: elsewhere the client's session is unknown
	}
	if len(v.live) == 0 {
		return nil
	}
	var t *Target
	switch v.plan.policy {
	case roundRobin:
		t = v.live[v.turns[from.turn.Add(1)%uint64(len(v.turns))]].t
	case leastRequests:
		t = v.lessBusy(from)
	case random:
		t = v.live[v.draw.index(from.random())].t
	case byHash:
		t = v.nearest(c)
	}
	if t != nil && !c.avoids(t) && t.reserve() {
		return t
	}
	return v.spare(c, from)
}

// stuck gives the target that the client's cookie names, if it is there.
func (v *view) stuck(c *Choice) *Target {
	if len(c.Sticky) == 0 || v.cookies == nil {
		return nil
	}
	if t := v.cookies[string(c.Sticky)]; t != nil && !c.avoids(t) {
		return t
	}
	return nil
}

// lessBusy draws two targets by weight and gives the one with less to do for
// its weight ("The Power of Two Choices in Randomized Load Balancing",
// Mitzenmacher 2001). Idle targets stay in proportion to their weights.
func (v *view) lessBusy(from *chance) *Target {
	i := v.draw.index(from.random())
	if len(v.live) == 1 {
		return v.live[i].t
	}
	r := from.random()
	j := v.draw.index(r)
	if i == j {
		j = (i + 1 + int(r%uint64(len(v.live)-1))) % len(v.live)
	}
	a, b := &v.live[i], &v.live[j]
	x, y := a.t.active.Load(), b.t.active.Load()
	if x|y != 0 && (y+1)*a.weight < (x+1)*b.weight {
		return b.t
	}
	return a.t
}

// nearest gives the target with the highest score for the key (weighted
// rendezvous hashing: only the keys of a target that goes move) among those
// whose load is within the bound ("Consistent Hashing with Bounded Loads",
// Mirrokni, Thorup, Zadimoghaddam 2018). It takes time in proportion to the
// number of targets.
func (v *view) nearest(c *Choice) *Target {
	bound := v.plan.Balance.Hash.Bound
	var active int64
	if bound > 0 {
		for i := range v.live {
			active += v.live[i].t.active.Load()
		}
	}
	fair := bound * float64(active+1) / float64(v.total)
	var best *Target
	var high float64
	for i := range v.live {
		e := &v.live[i]
		load := e.t.active.Load()
		if bound > 0 && float64(load) >= math.Ceil(fair*float64(e.weight)) || e.t.full(load) || c.avoids(e.t) {
			continue
		}
		// 53 bits make a float64 in (0, 1).
		score := (float64(mix(c.Hash^e.t.seed)>>11) + 0.5) / (1 << 53)
		if !v.uniform {
			score = -float64(e.weight) / math.Log(score)
		}
		if best == nil || score > high {
			best, high = e.t, score
		}
	}
	return best
}

// spare is for when the balancer's choice cannot be had: the least busy
// target that has not been tried, or else any that has a connection left.
func (v *view) spare(c *Choice, from *chance) *Target {
	for _, again := range []bool{false, true} {
		for range v.live {
			t := v.leastBusy(c, again, from)
			if t == nil {
				break
			}
			if t.reserve() {
				return t
			}
		}
	}
	return nil
}

func (v *view) leastBusy(c *Choice, again bool, from *chance) *Target {
	var best *entry
	var least int64
	first := int(from.random() % uint64(len(v.live)))
	for i := range v.live {
		e := &v.live[(first+i)%len(v.live)]
		load := e.t.active.Load()
		if e.t.full(load) || c.avoids(e.t) != again {
			continue
		}
		if best == nil || (load+1)*best.weight < (least+1)*e.weight {
			best, least = e, load
		}
	}
	if best == nil {
		return nil
	}
	return best.t
}

// smooth lays out one round of smooth weighted round-robin: each target as
// often as its weight says, as evenly spread as can be.
func smooth(live []entry) []uint32 {
	var divisor, total int64
	for _, e := range live {
		divisor = gcd(e.weight, divisor)
	}
	weights := make([]int64, len(live))
	for i, e := range live {
		weights[i] = e.weight / divisor
		total += weights[i]
	}
	if most := max(4096, int64(len(live))); total > most {
		all := total
		total = 0
		for i := range weights {
			weights[i] = max(1, weights[i]*most/all)
			total += weights[i]
		}
	}
	turns := make([]uint32, total)
	current := make([]int64, len(live))
	for n := range turns {
		best := 0
		for i, w := range weights {
			current[i] += w
			if current[i] > current[best] {
				best = i
			}
		}
		current[best] -= total
		turns[n] = uint32(best)
	}
	return turns
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// sampler draws an index by weight in constant time (Vose's alias method).
type sampler []cell

type cell struct {
	keep  uint32 // of 2^32: stay in this cell
	alias uint32 // otherwise go there
}

func newSampler(live []entry, total int64) sampler {
	n := len(live)
	cells := make(sampler, n)
	weights := make([]float64, n)
	var small, large []int
	for i, e := range live {
		weights[i] = float64(e.weight) * float64(n) / float64(total)
		if weights[i] < 1 {
			small = append(small, i)
		} else {
			large = append(large, i)
		}
	}
	for len(small) > 0 && len(large) > 0 {
		s, l := small[len(small)-1], large[len(large)-1]
		small = small[:len(small)-1]
		cells[s] = cell{uint32(weights[s] * (1 << 32)), uint32(l)}
		if weights[l] -= 1 - weights[s]; weights[l] < 1 {
			large = large[:len(large)-1]
			small = append(small, l)
		}
	}
	for _, i := range append(small, large...) {
		cells[i] = cell{math.MaxUint32, uint32(i)}
	}
	return cells
}

// index turns 64 random bits into an index.
func (s sampler) index(bits uint64) int {
	i := int((bits >> 32) * uint64(len(s)) >> 32)
	if uint32(bits) > s[i].keep {
		return int(s[i].alias)
	}
	return i
}

// Hash makes the Hash of a Choice from what is to be kept together. It gives
// the same in each process, so that all nodes send a key to the same target.
func Hash[T ~string | ~[]byte](key T) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads each bit over all others (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
