package packet

import "math/rand/v2"

// CorruptBytes changes n bytes of b, or all if there are fewer: which, and to what
// other values, is random. A nil random is a new one. It is for trying what a
// receiver makes of damage.
func CorruptBytes(b []byte, n int, random *rand.Rand) {
	choose(len(b), n, random, func(i int, random *rand.Rand) { b[i] ^= byte(1 + random.IntN(255)) })
}

// CorruptBits inverts n bits of b, or all if there are fewer, as [CorruptBytes]
// changes bytes.
func CorruptBits(b []byte, n int, random *rand.Rand) {
	choose(len(b)*8, n, random, func(i int, _ *rand.Rand) { b[i/8] ^= 0x80 >> (i % 8) })
}

// choose calls f with n of the numbers below all, each at most once.
func choose(all, n int, random *rand.Rand, f func(i int, random *rand.Rand)) {
	if random == nil {
		random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	// Each is taken with the odds that as many as are wanted remain.
	for i := range all {
		if random.IntN(all-i) < n {
			f(i, random)
			n--
		}
	}
}
