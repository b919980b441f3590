package scan

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
	"sort"
)

// Range is the addresses from First to Last, both included, which are of one
// family.
type Range struct{ First, Last netip.Addr }

func (r Range) String() string {
	if r.First == r.Last {
		return r.First.String()
	}
	return r.First.String() + "-" + r.Last.String()
}

// last is the number of the range's last address, counted from 0. ok is false
// where that takes more than 64 bits.
func (r Range) last() (n uint64, ok bool) {
	hi, lo := halves(r.First)
	lastHi, lastLo := halves(r.Last)
	n, borrow := bits.Sub64(lastLo, lo, 0)
	high, _ := bits.Sub64(lastHi, hi, borrow)
	return n, high == 0
}

func halves(a netip.Addr) (hi, lo uint64) {
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// plus is the address n behind a, in its family and zone.
func plus(a netip.Addr, n uint64) netip.Addr {
	hi, lo := halves(a)
	lo, carry := bits.Add64(lo, n, 0)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi+carry)
	binary.BigEndian.PutUint64(b[8:], lo)
	sum := netip.AddrFrom16(b)
	if a.Is4() {
		return sum.Unmap()
	}
	return sum.WithZone(a.Zone())
}

// rangeOf is all addresses of a network.
func rangeOf(p netip.Prefix) Range {
	p = p.Masked()
	b := p.Addr().As16()
	length := p.Bits()
	if p.Addr().Is4() {
		length += 96
	}
	for i := range b {
		if host := (i+1)*8 - length; host > 0 {
			b[i] |= byte(0xff >> max(8-host, 0))
		}
	}
	last := netip.AddrFrom16(b)
	if p.Addr().Is4() {
		last = last.Unmap()
	}
	return Range{p.Addr(), last}
}

// Addresses is a set of addresses in their order. The zero value is empty. It
// may be read concurrently.
type Addresses struct {
	ranges []Range  // sorted, apart from one another
	before []uint64 // how many addresses are in the ranges before
	len    uint64
}

// NewAddresses makes a set of ranges in any order, which may overlap.
func NewAddresses(ranges []Range) (*Addresses, error) {
	sorted := slices.Clone(ranges)
	slices.SortFunc(sorted, func(a, b Range) int { return a.First.Compare(b.First) })
	set := &Addresses{}
	for _, r := range sorted {
		if end := len(set.ranges) - 1; end >= 0 && touches(set.ranges[end], r.First) {
			if set.ranges[end].Last.Less(r.Last) {
				set.ranges[end].Last = r.Last
			}
			continue
		}
		set.ranges = append(set.ranges, r)
	}
	for _, r := range set.ranges {
		n, ok := r.last()
		if set.before = append(set.before, set.len); !ok || n >= maxPairs-set.len {
			return nil, tooMany(r)
		}
		set.len += n + 1
	}
	return set, nil
}

// touches says that an address is in a range, or would be its next.
func touches(r Range, a netip.Addr) bool {
	return r.First.BitLen() == a.BitLen() && r.First.Zone() == a.Zone() && (a.Compare(r.Last) <= 0 || r.Last.Next() == a)
}

// Len is how many addresses there are.
func (s *Addresses) Len() uint64 { return s.len }

// Ranges are the addresses as ranges, sorted.
func (s *Addresses) Ranges() []Range { return s.ranges }

// At is the address with number i, from 0.
func (s *Addresses) At(i uint64) netip.Addr {
	k := sort.Search(len(s.before), func(k int) bool { return s.before[k] > i }) - 1
	return plus(s.ranges[k].First, i-s.before[k])
}

// Index is an address's number. A link-local address is found whatever its
// zone.
func (s *Addresses) Index(a netip.Addr) (i uint64, ok bool) {
	k := sort.Search(len(s.ranges), func(k int) bool {
		return a.WithZone("").Less(s.ranges[k].First.WithZone(""))
	}) - 1
	if k < 0 || a.BitLen() != s.ranges[k].First.BitLen() {
		return 0, false
	}
	n, ok := Range{s.ranges[k].First, a}.last()
	if last, _ := s.ranges[k].last(); !ok || n > last {
		return 0, false
	}
	return s.before[k] + n, true
}

// without gives the parts of ranges that are in none of the others.
func without(ranges, others []Range) []Range {
	for _, o := range others {
		var rest []Range
		for _, r := range ranges {
			rest = append(rest, cut(r, o)...)
		}
		ranges = rest
	}
	return ranges
}

// cut gives what is left of r without o: nothing, one range, or two. Zones do
// not count for o: fe80::1 is excluded on every link.
func cut(r, o Range) []Range {
	first, last := r.First.WithZone(""), r.Last.WithZone("")
	if first.BitLen() != o.First.BitLen() || last.Less(o.First) || o.Last.Less(first) {
		return []Range{r}
	}
	var left []Range
	if first.Less(o.First) {
		left = append(left, Range{r.First, o.First.Prev().WithZone(r.First.Zone())})
	}
	if o.Last.Less(last) {
		left = append(left, Range{o.Last.Next().WithZone(r.First.Zone()), r.Last})
	}
	return left
}
