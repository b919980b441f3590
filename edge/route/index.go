package route

import (
	"slices"
	"strings"
)

// index finds the routes whose host and path hold, in lists ordered as the
// config is. It is immutable once built.
type index struct {
	hosts map[string]*paths
	below map[string]*paths // by ".example.com"
	any   *paths
}

// paths finds the routes of one host by their path. Lists are in order.
type paths struct {
	exact    map[string][]int32
	prefixes *node
	patterns []int32 // routes with a regular expression, which is yet to be tried
	all      []int32 // routes for any path
}

// node stands for a path up to one of its slashes.
type node struct {
	routes   []int32
	children map[string]*node // by segment
}

// newIndex sorts routes into an index, with each path as reading changes it.
func newIndex(routes []*compiled, reading func(string) string) *index {
	x := &index{hosts: make(map[string]*paths), below: make(map[string]*paths), any: newPaths()}
	for i, r := range routes {
		if len(r.hosts) == 0 {
			x.any.add(int32(i), r, reading)
		}
		for _, h := range r.hosts {
			table := x.hosts
			if h.below {
				table = x.below
			}
			if table[h.name] == nil {
				table[h.name] = newPaths()
			}
			table[h.name].add(int32(i), r, reading)
		}
	}
	return x
}

func newPaths() *paths {
	return &paths{exact: make(map[string][]int32), prefixes: &node{}}
}

func (p *paths) add(id int32, r *compiled, reading func(string) string) {
	if len(r.paths) == 0 {
		p.all = insert(p.all, id)
	}
	for _, pattern := range r.paths {
		switch pattern.kind {
		case exactPath:
			path := reading(pattern.path)
			p.exact[path] = insert(p.exact[path], id)
		case prefixPath:
			n := p.prefixes
			for segment := range strings.SplitSeq(strings.Trim(reading(pattern.path+"/"), "/"), "/") {
				if segment != "" {
					n = n.child(segment)
				}
			}
			n.routes = insert(n.routes, id)
		case expression:
			p.patterns = insert(p.patterns, id)
		}
	}
}

// insert appends a route, which is the last so far, once.
func insert(list []int32, id int32) []int32 {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}

func (n *node) child(segment string) *node {
	if n.children == nil {
		n.children = make(map[string]*node)
	}
	if n.children[segment] == nil {
		n.children[segment] = &node{}
	}
	return n.children[segment]
}

// cursor is a list of candidates, of which the first is the next.
type cursor struct {
	ids     []int32
	pattern bool // their regular expressions are yet to be tried
}

// candidates appends the lists of all routes that may serve. host is in lower
// case, without a port.
func (x *index) candidates(list []cursor, host, path []byte) []cursor {
	if p := x.hosts[string(host)]; p != nil {
		list = p.candidates(list, path)
	}
	if len(x.below) > 0 {
		for i, c := range host {
			if c == '.' && i > 0 {
				if p := x.below[string(host[i:])]; p != nil {
					list = p.candidates(list, path)
				}
			}
		}
	}
	return x.any.candidates(list, path)
}

func (p *paths) candidates(list []cursor, path []byte) []cursor {
	list = appendCursor(list, p.all, false)
	list = appendCursor(list, p.patterns, true)
	if len(path) == 0 || path[0] != '/' {
		return list // "*" and what CONNECT names are no paths
	}
	if len(p.exact) > 0 {
		list = appendCursor(list, p.exact[string(path)], false)
	}
	n, rest := p.prefixes, path[1:]
	for {
		list = appendCursor(list, n.routes, false)
		if len(n.children) == 0 {
			return list
		}
		end := 0
		for end < len(rest) && rest[end] != '/' {
			end++
		}
		if n = n.children[string(rest[:end])]; n == nil {
			return list
		}
		if end == len(rest) {
			return appendCursor(list, n.routes, false)
		}
		rest = rest[end+1:]
	}
}

func appendCursor(list []cursor, ids []int32, pattern bool) []cursor {
	if len(ids) == 0 {
		return list
	}
	return append(list, cursor{ids, pattern})
}
