package display

import (
	"math"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// oneSource gives one value always.
type oneSource struct{ v value }

func (s *oneSource) each(_ *packet, do func(*value) bool) {
	v := s.v
	do(&v)
}

// pairSource makes a value of each value of two sources with each of the other.
type pairSource struct {
	left, right source
	to          func(a, b, out *value) bool // false: there is none
	a, v        value
	kept        []byte
	p           *packet
	do          func(*value) bool
	more        bool
	outer       func(*value) bool
	inner       func(*value) bool
}

func newPairSource(left, right source, to func(a, b, out *value) bool) *pairSource {
	s := &pairSource{left: left, right: right, to: to}
	s.inner = func(b *value) bool {
		if s.p.work--; s.p.work < 0 {
			s.more = false
		} else if s.to(&s.a, b, &s.v) {
			s.more = s.do(&s.v)
		}
		return s.more
	}
	s.outer = func(a *value) bool {
		s.a = *a
		s.kept = append(s.kept[:0], a.b...) // the other walk may reuse what lends it
		s.a.b = s.kept
		s.right.each(s.p, s.inner)
		return s.more
	}
	return s
}

func (s *pairSource) each(p *packet, do func(*value) bool) {
	s.p, s.do, s.more = p, do, true
	s.left.each(p, s.outer)
}

// arithmetic joins operands of which one at least is of the packet; without one it
// is nil.
func (c *compiler) arithmetic(o *operand) (*typed, error) {
	sides := make([]*typed, len(o.args))
	var of *typed
	for i, arg := range o.args {
		t, err := c.operand(arg)
		if err != nil {
			return nil, err
		}
		if sides[i] = t; of == nil {
			of = t
		}
	}
	if of == nil {
		return nil, nil
	}
	if cl := kindClass(of.kind); cl == text8 || of.kind == layer.IPv4 && o.sum != "&" || cl == real && (o.sum == "&" || o.sum == "%") {
		return nil, c.wrong(o.token.at, "%s is no number that %s counts with", of.name, o.sum)
	}
	for i, arg := range o.args {
		if sides[i] != nil {
			if !of.like(sides[i]) {
				return nil, c.wrong(arg.token.at, "%s and %s are of different kinds", of.name, sides[i].name)
			}
			continue
		}
		t, err := c.beside(of, arg, o.sum)
		if err != nil {
			return nil, err
		}
		sides[i] = t
	}
	kind, err := c.result(o, of, sides)
	if err != nil {
		return nil, err
	}
	if len(sides) == 1 {
		sides = []*typed{{source: &oneSource{value{class: kindClass(of.kind)}}, kind: of.kind}, sides[0]}
	}
	return &typed{source: newPairSource(sides[0].source, sides[1].source, operations[o.sum]), kind: kind, name: of.name, sum: true}, nil
}

// beside is a value of the filter that stands in a sum.
func (c *compiler) beside(of *typed, o *operand, sum string) (*typed, error) {
	like := *of
	text := o.token.text
	switch kindClass(of.kind) {
	case number:
		if like.enum = nil; of.kind != layer.IPv4 {
			like.kind = layer.Int
			if sum == "&" {
				like.kind = layer.Uint
			}
		}
	case octets:
		if digits, ok := strings.CutPrefix(text, "0x"); ok && len(digits) > 2 || sum != "&" {
			like.kind = layer.Uint // the bytes count as one number
		}
	}
	k, err := c.literal(o, &like)
	return &typed{source: &oneSource{k.value}, kind: like.kind, name: strconv.Quote(text)}, err
}

// result is the kind of what a sum comes to.
func (c *compiler) result(o *operand, of *typed, sides []*typed) (layer.Kind, error) {
	mixed := len(sides) == 2 && kindClass(sides[0].kind) != kindClass(sides[1].kind)
	switch cl := kindClass(of.kind); {
	case cl == octets && mixed:
		return layer.Uint, nil
	case cl == octets && o.sum != "&":
		return 0, c.wrong(o.token.at, "%s is no number that %s counts with", of.name, o.sum)
	case cl == octets:
		return layer.Bytes, nil
	case cl == real, of.kind == layer.IPv4:
		return of.kind, nil
	case o.sum == "&":
		return layer.Uint, nil
	}
	return layer.Int, nil
}

// operations are what stands in sums, of two values.
var operations = map[string]func(a, b, out *value) bool{
	"&": func(a, b, out *value) bool {
		if a.class == octets && b.class == octets {
			out.class, out.b = octets, out.b[:0]
			for i := range min(len(a.b), len(b.b)) {
				out.b = append(out.b, a.b[i]&b.b[i])
			}
			return len(out.b) > 0
		}
		x, y, ok := whole(a, b)
		out.class, out.u = number, x&y
		return ok
	},
	"+": counts(func(x, y int64) (int64, bool) { return x + y, true }, func(x, y float64) float64 { return x + y }),
	"-": counts(func(x, y int64) (int64, bool) { return x - y, true }, func(x, y float64) float64 { return x - y }),
	"*": counts(func(x, y int64) (int64, bool) { return x * y, true }, func(x, y float64) float64 { return x * y }),
	"/": counts(func(x, y int64) (int64, bool) {
		if y == 0 {
			return 0, false
		}
		return x / y, true
	}, func(x, y float64) float64 { return x / y }),
	"%": counts(func(x, y int64) (int64, bool) {
		if y == 0 {
			return 0, false
		}
		return x % y, true
	}, math.Mod),
}

// counts is an operation on whole numbers, which keep their sign, or others.
func counts(whole64 func(x, y int64) (int64, bool), float func(x, y float64) float64) func(a, b, out *value) bool {
	return func(a, b, out *value) bool {
		if a.class == real {
			out.class, out.f = real, float(a.f, b.f)
			return true
		}
		x, y, ok := whole(a, b)
		if !ok {
			return false
		}
		n, ok := whole64(int64(x), int64(y))
		out.class, out.u = signed, uint64(n)
		return ok
	}
}

// whole makes numbers of two values: bytes count as one, most significant first.
func whole(a, b *value) (x, y uint64, ok bool) {
	x, ok = numeric(a)
	y, ok2 := numeric(b)
	return x, y, ok && ok2
}

func numeric(v *value) (u uint64, ok bool) {
	switch v.class {
	case number, signed:
		return v.u, true
	case octets:
		if len(v.b) > 8 {
			return 0, false
		}
		for _, c := range v.b {
			u = u<<8 | uint64(c)
		}
		return u, true
	}
	return 0, false
}

// fold comes to the value of a sum of values.
func (c *compiler) fold(o *operand, of *typed) (constant, error) {
	like := *of
	if like.kind == layer.Uint {
		like.kind = layer.Int
	}
	like.enum = nil
	k := constant{value: value{class: kindClass(like.kind)}, prefix: -1}
	args := []constant{k}
	for _, arg := range o.args {
		a, err := c.literal(arg, &like)
		if err != nil {
			return k, err
		}
		args = append(args, a)
	}
	args = args[len(args)-2:]
	if cl := k.class; cl != number && cl != signed && cl != real || like.kind == layer.IPv4 || cl == real && o.sum == "&" {
		return k, c.wrong(o.token.at, "there is no counting with what %s is compared with", of.name)
	}
	if !operations[o.sum](&args[0].value, &args[1].value, &k.value) {
		return k, c.wrong(o.token.at, "this divides by nothing")
	}
	if like.kind == layer.Int && of.kind == layer.Uint && k.class == signed && int64(k.u) >= 0 {
		k.class = number
	}
	return k, nil
}
