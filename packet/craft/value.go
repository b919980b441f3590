package craft

import (
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// content is what a field holds, in the form that building takes.
type content struct {
	u   uint64
	b   []byte
	raw []byte
}

// item is one entry in a field's list of values: a single value, a range of
// numbers or addresses, or a value at random.
type item struct {
	text     string // as it was typed
	quoted   bool
	column   int
	one      content
	span     bool // from first to last, of numbers (in low and high) or addresses
	low      uint64
	high     uint64
	from, to netip.Addr
	random   bool // between low and high, of size bytes, or an address
	size     int
	template bool // known when it is filled in
}

// count is how many values an item stands for.
func (it *item) count() *big.Int {
	switch {
	case !it.span:
		return big.NewInt(1)
	case it.from.IsValid():
		a, b := it.from.As16(), it.to.As16()
		n := new(big.Int).Sub(new(big.Int).SetBytes(b[:]), new(big.Int).SetBytes(a[:]))
		return n.Add(n, big.NewInt(1))
	}
	n := new(big.Int).SetUint64(it.high - it.low)
	return n.Add(n, big.NewInt(1))
}

// single tells whether an item is one value, the same always.
func (it *item) single() bool { return !it.span && !it.random && !it.template }

// parseItem reads one entry of a list, given without quotes.
func (p *Parser) parseItem(s *scanner, f *layer.Field, text string, column int) (*item, error) {
	it := &item{text: text, column: column}
	fail := func(err error) (*item, error) {
		return nil, s.fail(column, "%s", err)
	}
	if strings.Contains(text, "${") {
		it.template = true
		return it, nil
	}
	if digits, ok := strings.CutPrefix(text, "raw:"); ok {
		b, err := layer.ParseBytes("hex:" + digits)
		if err != nil {
			return fail(err)
		}
		it.one.raw = b
		return it, nil
	}
	if name, ok := strings.CutPrefix(text, "@"); ok && !f.Number() {
		b, err := p.read(name)
		if err != nil {
			return fail(err)
		}
		it.one.b = b
		return it, nil
	}
	if text == "rand" || strings.HasPrefix(text, "rand(") {
		return it, p.random(s, f, it)
	}
	u, b, err := f.Parse(text)
	if err == nil {
		it.one = content{u: u, b: b}
		return it, p.fits(s, f, it)
	}
	if p.isRange(f, it) {
		return it, p.fits(s, f, it)
	}
	if isAddr(f) && strings.Contains(text, "/") {
		return nil, s.fail(column, "%s: %q is no prefix as 192.0.2.0/24; between layers, / has spaces around it", f.Short(), text)
	}
	return fail(err)
}

func isAddr(f *layer.Field) bool { return f.Kind == layer.IPv4 || f.Kind == layer.IPv6 }

// isRange reads a-b or a prefix.
func (p *Parser) isRange(f *layer.Field, it *item) bool {
	if isAddr(f) {
		if prefix, err := netip.ParsePrefix(it.text); err == nil && prefix.Addr().Is4() == (f.Kind == layer.IPv4) {
			it.span, it.from, it.to = true, prefix.Masked().Addr(), last(prefix)
			return true
		}
	}
	low, high, ok := strings.Cut(it.text, "-")
	if !ok {
		return false
	}
	if isAddr(f) {
		a, err1 := netip.ParseAddr(low)
		b, err2 := netip.ParseAddr(high)
		it.span, it.from, it.to = true, a, b
		return err1 == nil && err2 == nil && a.Is4() == (f.Kind == layer.IPv4) && b.Is4() == a.Is4() && !b.Less(a)
	}
	if !f.Number() {
		return false
	}
	a, err1 := strconv.ParseUint(low, 0, 64)
	b, err2 := strconv.ParseUint(high, 0, 64)
	it.span, it.low, it.high = true, a, b
	return err1 == nil && err2 == nil && a <= b
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// fits refuses numbers that a field has no room for.
func (p *Parser) fits(s *scanner, f *layer.Field, it *item) error {
	width := f.Width()
	v := it.one.u
	if it.span {
		v = it.high
	}
	if !f.Number() || f.Kind == layer.Int || f.Kind == layer.IPv4 || width == 0 || width >= 64 || v>>width == 0 {
		return nil
	}
	return s.fail(it.column, "%s: %d does not fit in %d bits", f.Short(), v, width)
}

// random reads rand, rand(a-b), or rand(n) for n bytes.
func (p *Parser) random(s *scanner, f *layer.Field, it *item) error {
	it.random = true
	width := f.Width()
	it.low, it.high = 0, 1<<min(width, 63)-1
	if width >= 64 {
		it.high = ^uint64(0)
	}
	it.size = width / 8
	if width == 0 {
		it.size, it.high = 8, 0xFFFF
	}
	arg, ok := strings.CutPrefix(it.text, "rand(")
	if !ok {
		return nil
	}
	arg, ok = strings.CutSuffix(arg, ")")
	r := item{text: arg, column: it.column}
	switch n, err := strconv.ParseUint(arg, 0, 16); {
	case ok && f.Number() && p.isRange(f, &r) && !r.from.IsValid():
		it.low, it.high = r.low, r.high
		r.span = true
		return p.fits(s, f, &r)
	case ok && isAddr(f) && p.isRange(f, &r):
		it.from, it.to = r.from, r.to
		return nil
	case ok && !f.Number() && !isAddr(f) && err == nil:
		it.size = int(n)
		return nil
	}
	return s.fail(it.column, "%q is neither rand, nor rand(1-9), nor, for bytes, rand(16)", it.text)
}

// draw makes a random value.
func (it *item) draw(r *rand.Rand, f *layer.Field) content {
	switch {
	case it.from.IsValid():
		return content{b: drawAddr(r, it.from, it.to)}
	case f.Kind == layer.IPv4:
		return content{b: binary.BigEndian.AppendUint32(nil, r.Uint32())}
	case f.Number():
		if it.high-it.low == ^uint64(0) {
			return content{u: r.Uint64()}
		}
		return content{u: it.low + r.Uint64N(it.high-it.low+1)}
	}
	b := make([]byte, it.size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	if f.Kind == layer.MAC && len(b) > 0 {
		b[0] = b[0]&^1 | 2 // of a single station, and given by nobody
	}
	return content{b: b}
}

// drawAddr is an address between two, by setting the bits in which they differ.
func drawAddr(r *rand.Rand, from, to netip.Addr) []byte {
	for range 64 {
		a, b := from.AsSlice(), to.AsSlice()
		same := true
		for i := range a {
			diff := a[i] ^ b[i]
			if same && diff != 0 {
				for diff&(diff+1) != 0 {
					diff |= diff >> 1
				}
				same = false
			} else if !same {
				diff = 0xFF
			}
			a[i] = a[i]&^diff | byte(r.Uint32())&diff
		}
		if x, _ := netip.AddrFromSlice(a); !x.Less(from) && !to.Less(x) {
			return a
		}
	}
	return from.AsSlice()
}
