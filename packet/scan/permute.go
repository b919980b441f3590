package scan

import "math/bits"

// permutation is an order of the numbers below n that looks random: a Feistel
// network over the next power of four, walked until it is back below n (Black
// and Rogaway, "Ciphers with arbitrary finite domains"). It needs no memory,
// and a place in it is one number. It hides nothing from anybody; it spreads
// what is asked of a host over the whole scan.
type permutation struct {
	n    uint64
	half uint // bits of each half
	mask uint64
	keys [4]uint64
}

// newPermutation orders the numbers below n, which is less than 1<<62.
func newPermutation(n, seed uint64) permutation {
	p := permutation{n: n, half: max(uint(bits.Len64(max(n, 1)-1)+1)/2, 1)}
	p.mask = 1<<p.half - 1
	for i := range p.keys {
		p.keys[i] = mix(seed + uint64(i+1)*0x9e3779b97f4a7c15)
	}
	return p
}

// at is the number in place i, which is below n.
func (p *permutation) at(i uint64) uint64 {
	for {
		left, right := i>>p.half, i&p.mask
		for _, k := range p.keys {
			left, right = right, left^(mix(right+k)&p.mask)
		}
		if i = left<<p.half | right; i < p.n {
			return i
		}
	}
}

// place is where a number below n is: the inverse of at.
func (p *permutation) place(x uint64) uint64 {
	for {
		left, right := x>>p.half, x&p.mask
		for i := len(p.keys) - 1; i >= 0; i-- {
			left, right = right^(mix(left+p.keys[i])&p.mask), left
		}
		if x = left<<p.half | right; x < p.n {
			return x
		}
	}
}

// mix spreads each bit over all: the finalizer of SplitMix64 (Steele, Lea and
// Flood, 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
