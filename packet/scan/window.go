package scan

import (
	"math/bits"
	"net/netip"
	"time"
)

// windowSize is how many pairs are worked on at a time: what is remembered of
// who has answered is bounded by it, however large the scan.
const windowSize = 1 << 18

// window is the pairs in some places of the order that are worked on.
type window struct {
	first    uint64 // place
	n        int
	bits     []uint64        // a bit for each that has answered
	left     []time.Duration // when each was asked last; 0: not yet in this attempt
	early    []uint64        // a bit for each whose answer came before it was known when it left
	attempt  int
	silent   int                 // who have not answered
	gained   int                 // who have in this attempt
	closed   int                 // who have said so
	position float64             // sum of their places in the window
	limited  map[netip.Addr]bool // hosts that they are of, some thousands at most
	answered chan struct{}       // closed when all have
}

func newWindow(first uint64, n int) *window {
	words := (n + 63) / 64
	return &window{first: first, n: n, bits: make([]uint64, words), early: make([]uint64, words),
		limited: map[netip.Addr]bool{}, left: make([]time.Duration, n), silent: n, answered: make(chan struct{})}
}

func (w *window) has(k int) bool { return w.bits[k/64]>>(k%64)&1 != 0 }

// answer notes that k has answered, and says whether that is new.
func (w *window) answer(k int) bool {
	if w.has(k) {
		return false
	}
	w.bits[k/64] |= 1 << (k % 64)
	w.gained++
	if w.silent--; w.silent == 0 {
		close(w.answered)
	}
	return true
}

// close notes that k has said that it is closed.
func (w *window) close(k int, host netip.Addr) {
	const mostHosts = 4096
	w.closed++
	w.position += float64(k)
	if len(w.limited) < mostHosts {
		w.limited[host] = true
	}
}

// silents appends who have not answered.
func (w *window) silents(list []uint32) []uint32 {
	for i, word := range w.bits {
		for rest := ^word; rest != 0; rest &= rest - 1 {
			if k := i*64 + bits.TrailingZeros64(rest); k < w.n {
				list = append(list, uint32(k))
			}
		}
	}
	return list
}

// begin begins an attempt.
func (w *window) begin(attempt int) {
	w.attempt, w.gained = attempt, 0
	if attempt > 0 {
		clear(w.left)
		clear(w.early)
	}
}

// settled is the place before which all have answered.
func (w *window) settled() uint64 {
	for i, word := range w.bits {
		if word != ^uint64(0) {
			return w.first + uint64(min(i*64+bits.TrailingZeros64(^word), w.n))
		}
	}
	return w.first + uint64(w.n)
}
