package layer

import (
	"fmt"
)

// pool is what is given for the fields of a layer, or of a field. Each is used
// once.
type pool struct {
	tokens []token
	lists  [][]node // where they may stand
	short  bool     // what is not given is not written
}

type token struct {
	*Given
	rank int // how well its name fits the field that it fits best
	used bool
}

func newPool(given []Given, list []node, more ...[]node) *pool {
	p := &pool{tokens: make([]token, len(given)), lists: append([][]node{list}, more...)}
	for i := range given {
		t := token{Given: &given[i]}
		for _, list := range p.lists {
			t.rank = max(t.rank, best(list, t.Name))
		}
		p.tokens[i] = t
	}
	return p
}

// best is the rank of a name's best field in a list, at any depth.
func best(list []node, name string) int {
	r := 0
	for i := range list {
		n := &list[i]
		r = max(r, n.rank(name), best(n.sub, name))
		for _, c := range n.ordered {
			r = max(r, best(c, name))
		}
	}
	return r
}

func (t *token) fits(n *node) bool {
	return !t.used && t.rank > 0 && n.rank(t.Name) == t.rank
}

// find is what is given for a field, or nil.
func (p *pool) find(n *node) *token {
	for i := range p.tokens {
		if t := &p.tokens[i]; t.fits(n) {
			return t
		}
	}
	return nil
}

// element is what is given for one element of a group without a name.
func (p *pool) element(n *node) *token {
	for i := range p.tokens {
		t := &p.tokens[i]
		if t.used || t.Name != "" || n.Name != "" || n.Alias != "" {
			continue
		}
		if len(t.Sub) == 0 || max(best(n.sub, t.Sub[0].Name), bestOf(n.ordered, t.Sub[0].Name)) > 0 {
			return t
		}
	}
	return nil
}

func bestOf(lists [][]node, name string) (r int) {
	for _, list := range lists {
		r = max(r, best(list, name))
	}
	return r
}

// inside is what is given for any field inside of one, or nil.
func (p *pool) inside(n *node) *token {
	for i := range n.sub {
		if t := p.find(&n.sub[i]); t != nil {
			return t
		}
	}
	return nil
}

// within is what is given for a field that has cases, and stands in one of them.
func (p *pool) within(n *node) (list []*token) {
	for i := range p.tokens {
		if t := &p.tokens[i]; !t.used && t.Name != "" && bestOf(n.ordered, t.Name) == t.rank {
			list = append(list, t)
		}
	}
	return list
}

// allIn tells whether all of these stand in a list.
func allIn(tokens []*token, list []node) bool {
	for _, t := range tokens {
		if best(list, t.Name) < t.rank {
			return false
		}
	}
	return true
}

// used is which of the given are used, to go back to with [pool.reset].
func (p *pool) used() []bool {
	used := make([]bool, len(p.tokens))
	for i := range p.tokens {
		used[i] = p.tokens[i].used
	}
	return used
}

func (p *pool) reset(used []bool) {
	for i := range used {
		p.tokens[i].used = used[i]
	}
}

// any tells whether something is given that stands in a field, at any depth.
func (p *pool) any(n *node) bool {
	if p.done() {
		return false
	}
	if p.anyOf(n.sub) {
		return true
	}
	for _, c := range n.ordered {
		if p.anyOf(c) {
			return true
		}
	}
	return false
}

func (p *pool) anyOf(list []node) bool {
	for i := range list {
		n := &list[i]
		if p.find(n) != nil || (n.all || n.repeat != nil) && p.element(n) != nil || p.any(n) {
			return true
		}
	}
	return false
}

// open counts what has not been used.
func (p *pool) open() (n int) {
	for i := range p.tokens {
		if !p.tokens[i].used {
			n++
		}
	}
	return n
}

func (p *pool) done() bool { return p.open() == 0 }

// left says what of the given has found no place.
func (p *pool) left() error {
	for i := range p.tokens {
		t := &p.tokens[i]
		switch {
		case t.used:
		case t.Name == "":
			return fmt.Errorf("has no place for a group without a name")
		case t.rank == 0:
			return fmt.Errorf("has no field %q%s", t.Name, Nearest(t.Name, p.names()))
		default:
			return fmt.Errorf("has no place for %q beside the other fields", t.Name)
		}
	}
	return nil
}

// names are the short names of all fields that may stand here.
func (p *pool) names() (names []string) {
	for _, list := range p.lists {
		for i := range list {
			names = append(names, ShortNames([]Field{*list[i].Field})...)
		}
	}
	return names
}
