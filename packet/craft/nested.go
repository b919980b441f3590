package craft

import (
	"fmt"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// value is a field with what it is to hold: items of a list, or fields.
type value struct {
	field  *layer.Field
	name   string // as it was typed; empty for an element of a group without a name
	items  []*item
	nested bool
	subs   []*value
}

// composite tells whether a field holds fields.
func composite(f *layer.Field) bool {
	return !f.Number() && f.Width() == 0 && f.Code == nil && (len(f.Sub) > 0 || len(f.Cases) > 0)
}

// element is the group without a name that repeats in a field, such as one
// option in options, or nil.
func element(f *layer.Field) *layer.Field {
	for i := range f.Sub {
		if s := &f.Sub[i]; s.Name == "" && s.Alias == "" && s.Kind == layer.Group && s.Repeat != "" && s.Code == nil {
			return s
		}
	}
	return nil
}

// within is what is in a field, as a list to look names up in.
func within(f *layer.Field) []layer.Field { return []layer.Field{{Sub: f.Sub, Cases: f.Cases}} }

// composite reads what is in a field: entries with commas between, or its bytes.
func (p *Parser) composite(s *scanner, f *layer.Field, name string, depth int) ([]*value, error) {
	if depth >= maxDepth {
		return nil, s.fail(s.at, "fields are nested deeper than %d", maxDepth)
	}
	rest := s.text[s.at:]
	for _, begin := range []string{`"`, "hex:", "raw:", "@", "rand", "${"} {
		if strings.HasPrefix(rest, begin) {
			it, err := p.bytes(s, &layer.Field{Name: f.Name, Alias: f.Alias, Kind: layer.Bytes}, ",})")
			return []*value{{field: f, name: name, items: []*item{it}}}, err
		}
	}
	e := element(f)
	whole := &value{field: f, name: name, nested: true}
	list := []*value{whole}
	if f.Repeat != "" {
		list = nil
	}
	for {
		in := f
		if e != nil {
			in = e
		}
		subs, err := p.entry(s, in, depth+1)
		if err != nil {
			return nil, err
		}
		switch {
		case e != nil:
			whole.subs = append(whole.subs, &value{field: e, nested: true, subs: subs})
		case f.Repeat != "":
			list = append(list, &value{field: f, name: name, nested: true, subs: subs})
		default:
			whole.subs = append(whole.subs, subs...)
		}
		if !s.take(',') {
			break
		}
	}
	if e != nil && len(whole.subs) == 1 && len(whole.subs[0].subs) == 0 {
		whole.subs = nil // {} alone is no element, not an empty one
	}
	return list, nil
}

// entry reads {name=value …}, or name, or name:value:value….
func (p *Parser) entry(s *scanner, f *layer.Field, depth int) ([]*value, error) {
	from := s.at
	if p.budget--; p.budget < 0 {
		return nil, s.fail(from, "there are more than %d fields and values", MaxFields)
	}
	scope := within(f)
	if s.take('{') {
		subs, err := p.fields(s, scope, f.Short(), nil, depth)
		if err == nil && !s.take('}') {
			err = s.fail(s.at, "} is missing")
		}
		return subs, err
	}
	name := s.name()
	x := layer.FindField(scope, name)
	if x == nil {
		x = layer.FindField(scope, strings.ToLower(name))
	}
	switch {
	case name == "":
		return nil, s.fail(from, "a name is missing, or { with fields")
	case x == nil:
		return nil, s.fail(from, "there is no %q in it%s", name, layer.Nearest(name, layer.ShortNames(scope)))
	case composite(x):
		v := &value{field: x, name: name, nested: true}
		var err error
		v.subs, err = p.inOrder(s, f, x)
		return []*value{v}, err
	case s.peek() != ':' && x.Default != 0 && x.Number():
		it := &item{text: fmt.Sprint(x.Default), column: from, one: content{u: x.Default}}
		return []*value{{field: x, name: name, items: []*item{it}}}, nil
	case !s.take(':'):
		return nil, s.fail(s.at, ": and a value are missing after %s", name)
	}
	it, err := p.scalar(s, x)
	return []*value{{field: x, name: name, items: []*item{it}}}, err
}

// inOrder reads :value for the fields in x, in their order.
func (p *Parser) inOrder(s *scanner, parent, x *layer.Field) (list []*value, err error) {
	once, again := positions(parent, x)
	var group *value
	for i := 0; s.peek() == ':'; i++ {
		at := s.at
		s.at++
		var f *layer.Field
		switch {
		case i < len(once):
			f = once[i]
		case again == nil || len(again.Sub) == 0:
			return nil, s.fail(at, "%s has %d values", x.Short(), len(once))
		default:
			k := (i - len(once)) % len(again.Sub)
			if k == 0 {
				group = &value{field: again, nested: true}
				list = append(list, group)
			}
			f = &again.Sub[k]
		}
		it, err := p.inColons(s, f)
		if err != nil {
			return nil, err
		}
		v := &value{field: f, name: name(f), items: []*item{it}}
		if group != nil {
			group.subs = append(group.subs, v)
		} else {
			list = append(list, v)
		}
		if p.budget--; p.budget < 0 {
			return nil, s.fail(at, "there are more than %d fields and values", MaxFields)
		}
	}
	return list, nil
}

// inColons reads a value that ends at a colon, unless it may hold colons itself.
func (p *Parser) inColons(s *scanner, f *layer.Field) (*item, error) {
	if s.peek() == '"' || holdsColons(f) {
		return p.scalar(s, f)
	}
	from := s.at
	text := s.word(":,})")
	if text == "" {
		return nil, s.fail(from, "a value is missing")
	}
	return p.parseItem(s, f, text, from)
}

func holdsColons(f *layer.Field) bool {
	switch f.Kind {
	case layer.MAC, layer.EUI64, layer.IPv6, layer.Bytes, layer.String, layer.CString, layer.Group:
		return true
	}
	return false
}

// name is a field's surest name.
func name(f *layer.Field) string {
	if f.Name != "" {
		return f.Name
	}
	return f.Alias
}

// positions are the fields in x that values without names are for: those that
// come once, and the group that repeats behind them, if there is one. What is
// computed, and what chose x among its parent's cases, is not among them.
func positions(parent, x *layer.Field) (once []*layer.Field, again *layer.Field) {
	key := false
	for _, c := range parent.Cases {
		for i := range c.Fields {
			if &c.Fields[i] == x && len(c.Of) > 0 && len(x.Sub) > 0 && x.Sub[0].Default == c.Of[0] {
				key = true
			}
		}
	}
	var add func(list []layer.Field) bool
	add = func(list []layer.Field) bool {
		for i := range list {
			f := &list[i]
			unnamed := f.Name == "" && f.Alias == ""
			switch {
			case key && f == &x.Sub[0], f.Auto != "", f.Calc != "", f.At != "":
			case unnamed && f.Kind == layer.Group && f.Repeat != "":
				again = f
				return false
			case unnamed && f.Switch == "" && f.Code == nil:
				if !add(f.Sub) {
					return false
				}
			case unnamed, f.Repeat != "", composite(f):
				return false
			default:
				once = append(once, f)
			}
		}
		return true
	}
	add(x.Sub)
	return once, again
}
