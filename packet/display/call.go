package display

import (
	"bytes"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// call makes a function ready.
func (c *compiler) call(o *operand) (*typed, error) {
	if o.fn == "max" || o.fn == "min" {
		t, err := c.extreme(o)
		return c.sliced(t, o), err
	}
	arg, err := c.operand(o.args[0])
	if err != nil {
		return nil, err
	}
	if arg == nil {
		return nil, c.unknown(o.args[0].token)
	}
	name := o.fn + "(" + arg.name + ")"
	kind := layer.String
	switch cl := kindClass(arg.kind); {
	case o.fn == "count":
		return &typed{source: newCountSource(arg.source), kind: layer.Uint, name: name}, nil
	case o.fn == "len":
		kind = layer.Uint
	case o.fn == "abs":
		if cl > real || arg.kind == layer.IPv4 {
			return nil, c.wrong(o.token.at, "abs needs a number, and %s is none", arg.name)
		}
		kind = arg.kind
	case o.fn != "string" && cl != text8:
		return nil, c.wrong(o.token.at, "%s needs a text, and %s is none; write string(%s)", o.fn, arg.name, arg.name)
	}
	return c.sliced(&typed{source: newMapSource(arg.source, calls[o.fn]), kind: kind, name: name}, o), nil
}

// calls are the functions of one value.
var calls = map[string]func(in, out *value) bool{
	"len": func(in, out *value) bool {
		out.class, out.u = number, uint64(len(in.b))
		if in.field != nil && in.b == nil {
			out.u = uint64(max(in.field.Len, 0))
		}
		return true
	},
	"lower": func(in, out *value) bool { out.class, out.b = text8, bytes.ToLower(in.b); return true },
	"upper": func(in, out *value) bool { out.class, out.b = text8, bytes.ToUpper(in.b); return true },
	"string": func(in, out *value) bool {
		out.class = text8
		if in.field == nil {
			out.b = append(out.b[:0], in.b...)
			return true
		}
		out.b = in.field.AppendShow(out.b[:0])
		return true
	},
	"abs": func(in, out *value) bool {
		out.class, out.u, out.f = in.class, in.u, in.f
		if in.class == signed && int64(in.u) < 0 {
			out.u = -in.u
		}
		if in.class == real && in.f < 0 {
			out.f = -in.f
		}
		return true
	},
}

// extremeSource gives the greatest or least value of all that its sources give.
type extremeSource struct {
	from []source
	sign int // 1 for the greatest, -1 for the least
	best value
	kept []byte
	some bool
	take func(*value) bool
}

func (s *extremeSource) each(p *packet, do func(*value) bool) {
	s.some = false
	for _, from := range s.from {
		from.each(p, s.take)
	}
	if s.some {
		do(&s.best)
	}
}

func (s *extremeSource) seen(v *value) bool {
	if s.some {
		k := constant{value: s.best, prefix: -1}
		if k.compare(v)*s.sign <= 0 {
			return true
		}
	}
	s.some = true
	s.kept = append(s.kept[:0], v.b...)
	s.best = value{class: v.class, u: v.u, f: v.f, b: s.kept}
	return true
}

// extreme makes max and min ready.
func (c *compiler) extreme(o *operand) (*typed, error) {
	args := make([]*typed, len(o.args))
	var of *typed
	for i, arg := range o.args {
		t, err := c.operand(arg)
		if err != nil {
			return nil, err
		}
		if args[i] = t; of == nil {
			of = t
		}
	}
	if of == nil {
		return nil, c.unknown(o.args[0].token)
	}
	s := &extremeSource{sign: 1}
	if s.take = s.seen; o.fn == "min" {
		s.sign = -1
	}
	for i, t := range args {
		switch {
		case t == nil:
			k, err := c.literal(o.args[i], of)
			if err != nil {
				return nil, err
			}
			if k.any != nil {
				return nil, c.wrong(o.args[i].token.at, "%v is the name of several values of %s", o.args[i].token, of.name)
			}
			s.from = append(s.from, &oneSource{k.value})
		case !of.like(t):
			return nil, c.wrong(o.args[i].token.at, "%s and %s are of different kinds", of.name, t.name)
		default:
			s.from = append(s.from, t.source)
		}
	}
	return &typed{source: s, kind: of.kind, enum: of.enum, name: o.fn + "(" + of.name + ")"}, nil
}

// like tells whether values of two operands can be compared.
func (t *typed) like(u *typed) bool {
	a, b := kindClass(t.kind), kindClass(u.kind)
	numbers := func(k class) bool { return k == number || k == signed }
	return (t.kind == layer.IPv4) == (u.kind == layer.IPv4) && (a == b || numbers(a) && numbers(b) || a >= text8 && b >= text8)
}

// rangeEnd is one end of a range in a set: a value, or a field.
type rangeEnd struct {
	value constant
	from  *otherSource
}

// otherSource is a field in a set, with the values that it has at hand.
type otherSource struct {
	source
	values []constant
	take   func(*value) bool
}

func (o *otherSource) gather(p *packet) {
	o.values = o.values[:0]
	o.each(p, o.take)
}

// member makes an end of a range ready.
func (c *compiler) member(left *typed, o *operand, t *test) (rangeEnd, error) {
	from, err := c.operand(o)
	if _, whole := sourceOf(from).(*protoSource); err != nil || from == nil || whole {
		if err == nil {
			k, err := c.literal(o, left)
			return rangeEnd{value: k}, err
		}
		return rangeEnd{}, err
	}
	if !left.like(from) {
		return rangeEnd{}, c.wrong(t.at, "%s and %s are of different kinds", left.name, from.name)
	}
	s := &otherSource{source: from.source}
	s.take = func(v *value) bool {
		w := *v
		w.b = slices.Clone(v.b)
		s.values = append(s.values, constant{value: w, prefix: -1})
		return true
	}
	return rangeEnd{from: s}, nil
}

// any tells whether a test is true for one of the values of an end.
func (e *rangeEnd) any(is func(*constant) bool) bool {
	if e.from == nil {
		return is(&e.value)
	}
	for i := range e.from.values {
		if is(&e.from.values[i]) {
			return true
		}
	}
	return false
}

// valueRange is a value of a set, or a range of them.
type valueRange struct {
	low, high rangeEnd
	one       bool
}

func (r *valueRange) has(v *value) bool {
	if r.one {
		return r.low.any(func(k *constant) bool { return k.compare(v) == 0 })
	}
	// A prefix and a name of several values have no order, but equal themselves.
	return r.low.any(func(k *constant) bool { return k.compare(v) >= 0 }) && r.high.any(func(k *constant) bool { return k.compare(v) <= 0 })
}
