package scan

import (
	"encoding/binary"
	"math/bits"
)

// key is a secret that answers are recognised by.
type key struct{ k0, k1 uint64 }

// sum is SipHash-2-4 (Aumasson and Bernstein, 2012) of a message whose length
// is a multiple of eight.
func (k key) sum(message []byte) uint64 {
	v0, v1 := k.k0^0x736f6d6570736575, k.k1^0x646f72616e646f6d
	v2, v3 := k.k0^0x6c7967656e657261, k.k1^0x7465646279746573
	round := func() {
		v0 += v1
		v2 += v3
		v1 = bits.RotateLeft64(v1, 13) ^ v0
		v3 = bits.RotateLeft64(v3, 16) ^ v2
		v0 = bits.RotateLeft64(v0, 32)
		v2 += v1
		v0 += v3
		v1 = bits.RotateLeft64(v1, 17) ^ v2
		v3 = bits.RotateLeft64(v3, 21) ^ v0
		v2 = bits.RotateLeft64(v2, 32)
	}
	for rest := message; len(rest) >= 8; rest = rest[8:] {
		m := binary.LittleEndian.Uint64(rest)
		v3 ^= m
		round()
		round()
		v0 ^= m
	}
	last := uint64(len(message)) << 56
	v3 ^= last
	round()
	round()
	v0 ^= last
	v2 ^= 0xff
	for range 4 {
		round()
	}
	return v0 ^ v1 ^ v2 ^ v3
}
