package scan

import (
	"math/rand/v2"
	"testing"
)

// Every number comes once, and its place is found again.
func TestPermutationIsBijective(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 4, 5, 15, 16, 17, 255, 1000, 65535, 65536, 100_003} {
		p := newPermutation(n, n*7)
		seen := make([]bool, n)
		for i := range n {
			x := p.at(i)
			if x >= n || seen[x] {
				t.Fatalf("of %d: place %d has %d, which is out of range or came before", n, i, x)
			}
			seen[x] = true
			if back := p.place(x); back != i {
				t.Fatalf("of %d: %d is in place %d, but is found in %d", n, x, i, back)
			}
		}
	}
}

func FuzzPermutation(f *testing.F) {
	f.Add(uint64(1), uint64(0), uint64(0))
	f.Add(uint64(maxPairs), uint64(1), uint64(maxPairs-1))
	f.Fuzz(func(t *testing.T, n, seed, i uint64) {
		n = n%maxPairs + 1
		i %= n
		p := newPermutation(n, seed)
		x := p.at(i)
		if x >= n {
			t.Fatalf("%d of %d", x, n)
		}
		if back := p.place(x); back != i {
			t.Fatalf("%d is in place %d of %d, but is found in %d", x, i, n, back)
		}
	})
}

// Neighbours in the order are not neighbours among the numbers: each part of
// the order has its share of every part of the numbers.
func TestPermutationSpreads(t *testing.T) {
	const n, parts = 1 << 16, 16
	p := newPermutation(n, 5)
	var count [parts][parts]int
	for i := range uint64(n) {
		count[i*parts/n][p.at(i)*parts/n]++
	}
	const share = n / parts / parts
	for i := range count {
		for j, c := range count[i] {
			if c < share*7/10 || c > share*13/10 {
				t.Errorf("part %d of the order has %d of part %d, not about %d", i, c, j, share)
			}
		}
	}
}

func TestPermutationHasASeed(t *testing.T) {
	a, b := newPermutation(1000, 1), newPermutation(1000, 2)
	same := 0
	for i := range uint64(1000) {
		if a.at(i) == b.at(i) {
			same++
		}
	}
	if same > 20 {
		t.Errorf("orders of two seeds agree in %d of 1000 places", same)
	}
}

// The vectors of the paper's authors: key and message are 00 01 02 ….
func TestSipHash(t *testing.T) {
	k := key{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	message := make([]byte, 16)
	for i := range message {
		message[i] = byte(i)
	}
	for n, want := range map[int]uint64{0: 0x726fdb47dd0e0e31, 8: 0x93f5f5799a932462, 16: 0x3f2acc7f57c29bdb} {
		if got := k.sum(message[:n]); got != want {
			t.Errorf("of %d bytes: %016x, want %016x", n, got, want)
		}
	}
}

func BenchmarkPermutation(b *testing.B) {
	p := newPermutation(65535, 1)
	for b.Loop() {
		p.place(p.at(uint64(rand.IntN(65535))))
	}
}
