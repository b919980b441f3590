package display

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// Filter is a compiled display filter. It is not safe for use by several
// goroutines; each compiles its own.
type Filter struct {
	text  string
	node  *node
	match func(*packet) bool
	p     packet
}

// Compile makes a filter ready for packets read by a set of protocols. Mistakes
// are an *[Error].
func Compile(set *layer.Set, filter string) (*Filter, error) {
	n, err := parse(filter)
	if err != nil {
		return nil, inCharacters(err)
	}
	c := &compiler{set: set, filter: filter}
	match, err := c.node(n)
	if err != nil {
		return nil, inCharacters(err)
	}
	return &Filter{text: filter, node: n, match: match}, nil
}

// String is the filter as it was written.
func (f *Filter) String() string { return f.text }

// Match tells whether the filter is true for a frame. info may be nil; then the
// fields of frame that are not in its bytes are 0.
func (f *Filter) Match(st *layer.Stack, info *Info) bool {
	if info == nil {
		info = &noInfo
	}
	f.p = packet{st, info, maxPairs}
	return f.match(&f.p)
}

var noInfo Info

type compiler struct {
	set    *layer.Set
	filter string
}

func (c *compiler) wrong(at int, format string, args ...any) error {
	return &Error{c.filter, at + 1, fmt.Sprintf(format, args...)}
}

func (c *compiler) node(n *node) (func(*packet) bool, error) {
	if n.op == "test" {
		return c.test(n.test)
	}
	var subs []func(*packet) bool
	for _, s := range n.subs {
		m, err := c.node(s)
		if err != nil {
			return nil, err
		}
		subs = append(subs, m)
	}
	switch n.op {
	case "not":
		return func(p *packet) bool { return !subs[0](p) }, nil
	case "and":
		return func(p *packet) bool {
			for _, m := range subs {
				if !m(p) {
					return false
				}
			}
			return true
		}, nil
	}
	return func(p *packet) bool {
		for _, m := range subs {
			if m(p) {
				return true
			}
		}
		return false
	}, nil
}

// typed is an operand that comes from the packet, with what constants beside it
// are read as.
type typed struct {
	source
	kind layer.Kind
	enum layer.Enum
	name string
	sum  bool // arithmetic: true by itself when not 0
}

var flipped = map[string]string{"==": "==", "!=": "!=", "===": "===", "!==": "!==", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

func (c *compiler) test(t *test) (func(*packet) bool, error) {
	left, err := c.operand(t.left)
	if err != nil {
		return nil, err
	}
	op, other := t.op, t.right
	if left == nil {
		// A value on the left: turn it around.
		var right *typed
		if other != nil {
			if right, err = c.operand(other); err != nil {
				return nil, err
			}
		}
		if right == nil || flipped[op] == "" {
			return nil, c.unknown(t.left.token)
		}
		left, op, other = right, flipped[op], t.left
	}
	switch op {
	case "":
		return exists(left), nil
	case "in":
		return c.in(left, t)
	case "matches":
		return c.matches(left, other, t)
	}
	right, err := c.operand(other)
	if err != nil {
		return nil, err
	}
	if _, whole := sourceOf(right).(*protoSource); right != nil && !whole {
		return c.fields(left, right, op, t)
	}
	return c.constant(left, other, op, t)
}

// sourceOf is an operand's source, if it has one. A protocol's name beside a
// field is a value: ip.proto == TCP.
func sourceOf(t *typed) source {
	if t == nil {
		return nil
	}
	return t.source
}

func exists(left *typed) func(*packet) bool {
	found := false
	do := func(v *value) bool {
		u, isNumber := numeric(v)
		found = !left.sum || !isNumber || u != 0
		return !found
	}
	return func(p *packet) bool {
		found = false
		left.each(p, do)
		return found
	}
}

// quantify makes a test of all values or any out of one of a single value.
func quantify(left source, all bool, one func(*value) bool) func(*packet) bool {
	result, seen := false, false
	do := func(v *value) bool {
		seen = true
		result = one(v)
		return result == all
	}
	return func(p *packet) bool {
		result, seen = false, false
		left.each(p, do)
		return seen && result
	}
}

// holds tells what an order means to an operator.
func holds(op string) (is func(order int) bool, all bool) {
	switch op {
	case "==":
		return func(o int) bool { return o == 0 }, false
	case "===":
		return func(o int) bool { return o == 0 }, true
	case "!=":
		return func(o int) bool { return o != 0 }, true
	case "!==":
		return func(o int) bool { return o != 0 }, false
	case "<":
		return func(o int) bool { return o < 0 }, false
	case "<=":
		return func(o int) bool { return o <= 0 }, false
	case ">":
		return func(o int) bool { return o > 0 }, false
	}
	return func(o int) bool { return o >= 0 }, false
}

func (c *compiler) constant(left *typed, o *operand, op string, t *test) (func(*packet) bool, error) {
	if op == "contains" {
		return c.contains(left, o, t)
	}
	k, err := c.literal(o, left)
	if err != nil {
		return nil, err
	}
	is, all := holds(op)
	return quantify(left, t.all || all && !t.any, func(v *value) bool { return is(k.compare(v)) }), nil
}

func (c *compiler) literal(o *operand, left *typed) (constant, error) {
	if o.sum != "" {
		return c.fold(o, left)
	}
	if o.fn != "" || o.slice != nil || o.raw || o.layer != nil {
		return constant{}, c.unknown(o.token)
	}
	k, err := literal(o.token, left.kind, left.enum)
	if err != nil {
		return k, c.wrong(o.token.at, "%s: %v", left.name, err)
	}
	return k, nil
}

func (c *compiler) contains(left *typed, o *operand, t *test) (func(*packet) bool, error) {
	class := kindClass(left.kind)
	if class != text8 && class != octets {
		return nil, c.wrong(t.at, "%s is a number and contains nothing; compare it with == or in", left.name)
	}
	want := []byte(o.token.text)
	if class == octets {
		var err error
		if want, err = octetsOf(o.token); err != nil {
			return nil, c.wrong(o.token.at, "%v", err)
		}
	}
	return quantify(left, t.all, func(v *value) bool { return bytes.Contains(v.b, want) }), nil
}

func (c *compiler) matches(left *typed, o *operand, t *test) (func(*packet) bool, error) {
	class := kindClass(left.kind)
	if class != text8 && class != octets {
		return nil, c.wrong(t.at, "%s is a number and matches nothing; compare it with == or in", left.name)
	}
	re, err := regexp.Compile("(?is)" + o.token.text)
	if err != nil {
		return nil, c.wrong(o.token.at, "%v", err)
	}
	return quantify(left, t.all, func(v *value) bool { return re.Match(v.b) }), nil
}

func (c *compiler) in(left *typed, t *test) (func(*packet) bool, error) {
	var set []valueRange
	var others []*otherSource
	for _, m := range t.set {
		low, err := c.member(left, m.low, t)
		if err != nil {
			return nil, err
		}
		r := valueRange{low: low, high: low, one: m.high == nil}
		if m.high != nil {
			if r.high, err = c.member(left, m.high, t); err != nil {
				return nil, err
			}
		}
		for _, end := range []rangeEnd{r.low, r.high} {
			if end.from != nil {
				others = append(others, end.from)
			}
		}
		set = append(set, r)
	}
	test := quantify(left, t.all, func(v *value) bool {
		for i := range set {
			if set[i].has(v) {
				return true
			}
		}
		return false
	})
	if others == nil {
		return test, nil
	}
	return func(p *packet) bool {
		for _, o := range others {
			o.gather(p)
		}
		return test(p)
	}, nil
}

// fields compares a field with another: true when it is for any pair, or all.
func (c *compiler) fields(left, right *typed, op string, t *test) (func(*packet) bool, error) {
	a, b := kindClass(left.kind), kindClass(right.kind)
	if !left.like(right) {
		return nil, c.wrong(t.at, "%s and %s are of different kinds", left.name, right.name)
	}
	if op == "contains" {
		if a < text8 || b < text8 {
			return nil, c.wrong(t.at, "contains asks bytes or texts")
		}
	}
	is, all := holds(op)
	if op == "contains" {
		all = false
	}
	all = t.all || all && !t.any
	var v value
	var kept []byte
	result, seen := false, false
	var p *packet
	inner := func(w *value) bool {
		if p.work--; p.work < 0 {
			return false
		}
		seen = true
		if op == "contains" {
			result = bytes.Contains(v.b, w.b)
		} else {
			k := constant{value: *w, prefix: -1}
			result = is(k.compare(&v))
		}
		return result == all
	}
	outer := func(l *value) bool {
		v = *l
		kept = append(kept[:0], l.b...) // the other walk may reuse what lends it
		v.b = kept
		right.each(p, inner)
		return !seen || result == all
	}
	return func(at *packet) bool {
		p, result, seen = at, false, false
		left.each(at, outer)
		return seen && result
	}, nil
}

// operand makes what comes from the packet ready; nil for a value.
func (c *compiler) operand(o *operand) (*typed, error) {
	switch {
	case o.fn != "":
		return c.call(o)
	case o.sum != "":
		return c.arithmetic(o)
	}
	t, err := c.named(o)
	if t == nil && err == nil && (o.slice != nil || o.layer != nil || o.raw) {
		err = c.unknown(o.token)
	}
	if err != nil {
		return nil, err
	}
	if o.raw {
		from, ok := t.source.(*fieldSource)
		if !ok {
			return nil, c.wrong(o.token.at, "@ stands before a field; %s is its bytes as it is", t.name)
		}
		t = &typed{source: newRawSource(from), kind: layer.Bytes, name: "@" + t.name}
	}
	return c.sliced(t, o), nil
}

// sliced is the part of an operand that is asked for.
func (c *compiler) sliced(t *typed, o *operand) *typed {
	if t == nil || o.slice == nil {
		return t
	}
	return &typed{source: newMapSource(t.source, slicer(o.slice)), kind: layer.Bytes, name: t.name}
}

func (c *compiler) named(o *operand) (*typed, error) {
	if o.token.kind != word {
		return nil, nil
	}
	name := o.token.text
	if f, ok := frameFields[name]; ok {
		return &typed{source: &frameSource{get: f.get}, kind: f.kind, name: name}, nil
	}
	if refs := c.set.Fields(name); refs != nil {
		first := refs[0].Field
		if slices.ContainsFunc(refs, func(r layer.FieldRef) bool { return kindClass(r.Field.Kind) != kindClass(first.Kind) }) {
			return nil, c.wrong(o.token.at, "%s is of several kinds; name one of its fields", name)
		}
		return &typed{source: newFieldSource(refs, o.layer), kind: first.Kind, enum: first.Enum, name: name}, nil
	}
	if p := c.set.Proto(name); p != nil || name == "frame" {
		if p != nil {
			name = p.Name
		}
		return &typed{source: &protoSource{name: name, layer: o.layer}, kind: layer.Bytes, name: name}, nil
	}
	return nil, nil
}

func (c *compiler) unknown(t token) error {
	if t.kind != word {
		return c.wrong(t.at, "%v is a value; a field stands on one side of a test", t)
	}
	return c.wrong(t.at, "there is no field %q%s", t.text, c.set.Suggest(t.text))
}
