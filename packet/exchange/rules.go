package exchange

import (
	"fmt"
	"sync"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// rules are what the tables of a set say of answers, ready to be asked: by the ID
// of the protocol, nil for those that say nothing.
type rules struct {
	set *layer.Set
	by  []*rule
}

// rule is the [layer.Answer] of one protocol.
type rule struct {
	*layer.Answer
	proto     *layer.Proto
	swap      [][2]layer.FieldRef
	same      [][]layer.FieldRef // each one of several, where they have a name in common
	pairs     []pair
	addresses bool // what is exchanged are addresses, not ports
}

type pair struct {
	ref  layer.FieldRef
	list []layer.Answers
}

var builtin = sync.OnceValue(func() *rules {
	r, err := newRules(proto.Set())
	if err != nil {
		panic(err) // a mistake in a table of ours, which a test finds
	}
	return r
})

func rulesOf(set *layer.Set) (*rules, error) {
	if set == nil || set == proto.Set() {
		return builtin(), nil
	}
	return newRules(set)
}

func newRules(set *layer.Set) (*rules, error) {
	r := &rules{set: set}
	for _, p := range set.Protos() {
		one, err := newRule(set, p)
		if err != nil {
			return nil, fmt.Errorf("what answers %s: %w", p.Name, err)
		}
		r.by = append(r.by, one)
	}
	return r, nil
}

func newRule(set *layer.Set, p *layer.Proto) (*rule, error) {
	if p.Answers == nil {
		return nil, nil
	}
	r := &rule{Answer: p.Answers, proto: p}
	var err error
	field := func(name string) layer.FieldRef {
		ref, ok := set.Field(p, name)
		if !ok && err == nil {
			err = fmt.Errorf("it has no field %q", name)
		}
		return ref
	}
	for _, s := range p.Answers.Swap {
		r.swap = append(r.swap, [2]layer.FieldRef{field(s[0]), field(s[1])})
	}
	for _, name := range p.Answers.Same {
		field(name)
		r.same = append(r.same, set.FieldsOf(p, name))
	}
	for name, list := range p.Answers.Pair {
		r.pairs = append(r.pairs, pair{field(name), list})
	}
	if err != nil {
		return nil, err
	}
	for _, s := range r.swap {
		r.addresses = s[0].Field.Kind == layer.IPv4 || s[0].Field.Kind == layer.IPv6
	}
	if p.Answers.When != "" {
		_, err = set.Condition(p, p.Answers.When)
	}
	return r, err
}
