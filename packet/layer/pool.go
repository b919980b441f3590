package layer

import (
	"fmt"
	"slices"
	"sync"
)

// pool is what is given for the fields of a layer, or of a field. Each is used
// once.
type pool struct {
	ranks  *ranks
	tokens []token
	lists  [][]node // where they may stand
	short  bool     // what is not given is not written
}

type token struct {
	*Given
	rank int    // how well its name fits the field that it fits best
	full string // that field's full name, by which others of its kind are known too
	used bool
}

func newPool(r *ranks, given []Given, list []node, more ...[]node) *pool {
	p := &pool{ranks: r, tokens: make([]token, len(given)), lists: append([][]node{list}, more...)}
	for i := range given {
		t := token{Given: &given[i]}
		for _, list := range p.lists {
			if m := r.of(list)[t.Name]; m.rank > t.rank {
				t.rank, t.full = m.rank, m.full
			}
		}
		p.tokens[i] = t
	}
	return p
}

// match is the field that a name fits best.
type match struct {
	rank int
	full string
}

// ranks remembers how well names fit the fields of lists. Several goroutines may
// use it.
type ranks struct{ known sync.Map } // of the first node of a list to a map of names

// best is the rank of a name's best field in a list, at any depth.
func (r *ranks) best(list []node, name string) int { return r.of(list)[name].rank }

// of is the ranks of all names in a list.
func (r *ranks) of(list []node) map[string]match {
	if len(list) == 0 {
		return nil
	}
	if m, ok := r.known.Load(&list[0]); ok {
		return m.(map[string]match)
	}
	m := map[string]match{}
	put := func(name string, rank int, full string) {
		if name != "" && m[name].rank < rank {
			m[name] = match{rank, full}
		}
	}
	for i := range list {
		n := &list[i]
		put(n.Name, 3, n.Name)
		put(n.Alias, 2, n.Name)
		if n.Name == "" {
			for _, also := range n.Also {
				put(also, 3, "")
			}
		}
		for at := range n.Name {
			if n.Name[at] == '.' {
				put(n.Name[at+1:], 1, n.Name)
			}
		}
		for _, inner := range append([][]node{n.sub}, n.ordered...) {
			for name, in := range r.of(inner) {
				put(name, in.rank, in.full)
			}
		}
	}
	r.known.Store(&list[0], m)
	return m
}

// has tells whether a list has a field that a token fits.
func (r *ranks) has(list []node, t *token) bool {
	m := r.of(list)
	return t.rank > 0 && (m[t.Name].rank == t.rank || t.full != "" && m[t.full].rank == 3)
}

// hasAny is has for several lists.
func (r *ranks) hasAny(lists [][]node, t *token) bool {
	return slices.ContainsFunc(lists, func(list []node) bool { return r.has(list, t) })
}

// bestIn is the rank of a name's best field among what is in a field.
func (r *ranks) bestIn(n *node, name string) int {
	return max(r.best(n.sub, name), r.bestOf(n.ordered, name))
}

func (r *ranks) bestOf(lists [][]node, name string) (rank int) {
	for _, list := range lists {
		rank = max(rank, r.best(list, name))
	}
	return rank
}

func (t *token) fits(n *node) bool {
	return !t.used && t.rank > 0 && (n.rank(t.Name) == t.rank || t.full != "" && n.Name == t.full)
}

// gave tells whether something was given for a field, used or not.
func (p *pool) gave(n *node) bool {
	for i := range p.tokens {
		t := p.tokens[i]
		if t.used = false; t.fits(n) {
			return true
		}
	}
	return false
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
		if len(t.Sub) == 0 || p.ranks.bestIn(n, t.Sub[0].Name) > 0 {
			return t
		}
	}
	return nil
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

// take uses what is given for the fields of a list, in the order it is given, under
// their full names.
func (p *pool) take(list []Field) (given []Given) {
	for i := range p.tokens {
		t := &p.tokens[i]
		for k := range list {
			if n := (node{Field: &list[k]}); t.fits(&n) {
				t.used = true
				v := *t.Given
				v.Name = list[k].Name
				given = append(given, v)
			}
		}
	}
	return given
}

// within is what is given for a field that has cases, and stands in one of them.
func (p *pool) within(n *node) (list []*token) {
	for i := range p.tokens {
		if t := &p.tokens[i]; !t.used && t.Name != "" && p.ranks.hasAny(n.ordered, t) {
			list = append(list, t)
		}
	}
	return list
}

// allIn tells whether all of these stand in a list.
func (p *pool) allIn(tokens []*token, list []node) bool {
	for _, t := range tokens {
		if !p.ranks.has(list, t) {
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
	if !p.may(n) {
		return false
	}
	if p.anyOf(n.sub) {
		return true
	}
	return slices.ContainsFunc(n.ordered, p.anyOf)
}

// may tells, quickly, whether something that is not used could stand in a field.
func (p *pool) may(n *node) bool {
	for i := range p.tokens {
		t := &p.tokens[i]
		if !t.used && (t.Name == "" || p.ranks.has(n.sub, t) || p.ranks.hasAny(n.ordered, t)) {
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
