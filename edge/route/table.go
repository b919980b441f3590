package route

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/http/message"
)

// ErrAmbiguous refuses a path that some servers take for one of another route.
var ErrAmbiguous = &message.Error{Status: 400, Rule: "path-ambiguous",
	Text: `the path holds encoded separators, parameters or dots by which a server could read it as one of another route`}

// Table finds the route that serves a request. It is immutable, and safe for
// concurrent use.
type Table struct {
	routes      []*compiled
	strict, lax *index
	byHost      bool // a route names a host
}

// NewTable compiles the matches of all routes, in config order. A nil match
// holds for every request. The error tells everything that is wrong.
func NewTable(matches []*Match) (*Table, error) {
	t := &Table{}
	var errs []error
	for i, m := range matches {
		c, err := compileMatch(m)
		if err != nil {
			errs = append(errs, fmt.Errorf("route %d: %w", i+1, err))
		}
		t.routes = append(t.routes, c)
		t.byHost = t.byHost || c != nil && len(c.hosts) > 0
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	t.strict = newIndex(t.routes, func(path string) string { return path })
	t.lax = newIndex(t.routes, func(path string) string { return string(appendLax(nil, []byte(path))) })
	return t, nil
}

// Find returns the number of the first route that matches, or -1 if none does.
// client is the address of whom the request is from. It allocates only for paths
// with ambiguous parts, which it looks up twice. The error is [ErrAmbiguous] or nil.
func (t *Table) Find(req *message.Request, client netip.Addr) (int, error) {
	if t.byHost {
		var buf [256]byte
		return t.findOn(appendHost(buf[:0], req.Host), req, client.Unmap())
	}
	return t.findOn(nil, req, client.Unmap())
}

// findOn is Find on a host in lower case.
func (t *Table) findOn(host []byte, req *message.Request, client netip.Addr) (int, error) {
	found := t.find(t.strict, req, host, req.Path, client)
	if ambiguous(req.Path) {
		lax := appendLax(make([]byte, 0, 2*len(req.Path)), req.Path)
		if t.find(t.lax, req, host, lax, client) != found {
			return -1, ErrAmbiguous
		}
	}
	return found, nil
}

// find takes candidates in config order until one matches.
func (t *Table) find(x *index, req *message.Request, host, path []byte, client netip.Addr) int {
	var buf [8]cursor
	list := x.candidates(buf[:0], host, path)
	for {
		next := -1
		for i := range list {
			if len(list[i].ids) > 0 && (next < 0 || list[i].ids[0] < list[next].ids[0]) {
				next = i
			}
		}
		if next < 0 {
			return -1
		}
		id := list[next].ids[0]
		list[next].ids = list[next].ids[1:]
		r := t.routes[id]
		if (!list[next].pattern || r.matchesExpression(path)) && r.matchesRest(req, client) {
			return int(id)
		}
	}
}

// Groups is how many captures every path of a route gives: what the variables
// ${1} and so on may count to. A prefix gives one, what its star stands for.
func (t *Table) Groups(route int) int {
	paths := t.routes[route].paths
	if len(paths) == 0 {
		return 0
	}
	least := paths[0].groups
	for _, p := range paths {
		least = min(least, p.groups)
	}
	return least
}

// Captures appends what the groups of the route's path stand for in a path that
// it matched: ranges over path, nil for a group that took no part.
func (t *Table) Captures(dst [][]byte, route int, path []byte) [][]byte {
	for i := range t.routes[route].paths {
		p := &t.routes[route].paths[i]
		switch p.kind {
		case exactPath:
			if string(path) == p.path {
				return dst
			}
		case prefixPath:
			if rest, ok := cutPrefix(path, p.path); ok {
				if len(rest) > 0 {
					rest = rest[1:]
				}
				return append(dst, rest)
			}
		case expression:
			if m := p.expr.FindSubmatchIndex(path); m != nil {
				return appendGroups(dst, path, m)
			}
		}
	}
	return dst
}

// appendGroups appends the groups of a match as regexp gives them.
func appendGroups(dst [][]byte, s []byte, m []int) [][]byte {
	for i := 2; i < len(m); i += 2 {
		if m[i] < 0 {
			dst = append(dst, nil)
		} else {
			dst = append(dst, s[m[i]:m[i+1]])
		}
	}
	return dst
}

// cutPrefix takes whole segments off the front of a path: what is left is empty
// or begins with a slash.
func cutPrefix(path []byte, prefix string) (rest []byte, ok bool) {
	if len(path) < len(prefix) || string(path[:len(prefix)]) != prefix {
		return nil, false
	}
	rest = path[len(prefix):]
	return rest, len(rest) == 0 || rest[0] == '/'
}

func (c *compiled) matchesExpression(path []byte) bool {
	for i := range c.paths {
		if c.paths[i].matches(path) {
			return true
		}
	}
	return false
}

// matchesRest looks at all but host and path.
func (c *compiled) matchesRest(req *message.Request, client netip.Addr) bool {
	if len(c.methods) > 0 && !c.matchesMethod(req.Method) {
		return false
	}
	for i := range c.headers {
		if !c.headers[i].matches(req.Fields) {
			return false
		}
	}
	for i := range c.query {
		if !c.query[i].matches(req.Query) {
			return false
		}
	}
	if len(c.client) == 0 {
		return true
	}
	for i := range c.client {
		if c.client[i].Contains(client) {
			return true
		}
	}
	return false
}

func (c *compiled) matchesMethod(method []byte) bool {
	for _, m := range c.methods {
		if string(method) == m || m == "GET" && string(method) == "HEAD" {
			return true
		}
	}
	return false
}

func (c *fieldCondition) matches(fields message.Fields) bool {
	for i := range fields {
		f := &fields[i]
		if f.Known == c.known && (c.known != message.Other || message.EqualFold(f.Name, c.name)) && matchesAny(c.values, f.Value) {
			return true
		}
	}
	return false
}

func (c *queryCondition) matches(query []byte) bool {
	var name, value []byte
	for rest := query; len(rest) > 0; {
		if name, value, rest = nextParameter(rest); !unquotesTo(name, c.name) {
			continue
		}
		var buf [256]byte
		if matchesAny(c.values, appendUnquoted(buf[:0], value)) {
			return true
		}
	}
	return false
}

// appendHost appends a host in lower case, without port and without a dot at
// its end; an IPv6 address in its shortest form (RFC 5952).
func appendHost(dst, authority []byte) []byte {
	host, _ := message.SplitHostPort(authority)
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		if addr, err := netip.ParseAddr(string(host[1 : len(host)-1])); err == nil {
			return append(addr.AppendTo(append(dst, '[')), ']')
		}
	}
	if len(host) > 0 && host[len(host)-1] == '.' {
		host = host[:len(host)-1]
	}
	for _, c := range host {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
