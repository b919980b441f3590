package packet_test

import (
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/netwright/netwright/packet"
)

func TestCorrupt(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	hit := map[int]bool{}
	for n := range 14 {
		for range 50 {
			b := make([]byte, 12)
			packet.CorruptBytes(b, n, random)
			count := 0
			for i, c := range b {
				if c != 0 {
					count++
					hit[i] = true
				}
			}
			if count != min(n, 12) {
				t.Fatalf("%d bytes are changed and %d should be", count, n)
			}
			b = make([]byte, 2)
			packet.CorruptBits(b, n, random)
			if got := bits.OnesCount8(b[0]) + bits.OnesCount8(b[1]); got != min(n, 16) {
				t.Fatalf("%d bits are changed and %d should be", got, n)
			}
		}
	}
	if len(hit) != 12 {
		t.Errorf("only %d places are ever changed", len(hit))
	}
	packet.CorruptBytes(nil, 3, nil)
}
