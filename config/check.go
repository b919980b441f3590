package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/netwright/netwright/config/decode"
	"github.com/netwright/netwright/edge/upstream"
)

// check finds what only the whole file can tell to be wrong. Where reading it
// met problems, whole tells so: what is missing may then only be misspelled.
func check(c *Config, whole bool) decode.Problems {
	k := &checker{Config: c, whole: whole, taken: map[string][]taken{}, pooled: map[string]int{}, used: map[string]bool{}}
	k.names()
	k.guards()
	k.pools()
	k.console()
	for _, name := range c.doc.Names("serve") {
		if service, ok := c.Serve[name]; ok {
			k.service(name, &service)
		}
	}
	k.unused()
	c.warnings = k.warnings.Sorted()
	return k.problems
}

// checker collects what is wrong with a Config.
type checker struct {
	*Config
	whole    bool
	problems decode.Problems
	warnings decode.Problems
	taken    map[string][]taken // listen addresses by network and port
	pooled   map[string]int     // lines of pools by their names
	used     map[string]bool    // section and name of what something names
}

// wrong reports a problem with the value at path.
func (k *checker) wrong(path []string, format string, args ...any) *decode.Problem {
	p := k.doc.Value(path...).Problem(format, args...)
	k.problems = append(k.problems, p)
	return p
}

// at makes a path.
func at(path []string, more ...string) []string { return append(slices.Clip(path), more...) }

// known reports a name that is not defined under the root key section.
func known[T any](k *checker, path []string, section string, name string, defined map[string]T) bool {
	k.used[section+" "+name] = true
	if _, ok := defined[name]; ok {
		return true
	}
	if k.doc.Has(section, name) {
		return false // it is there and has its own problem
	}
	names := slices.Sorted(maps.Keys(defined))
	what := map[string]string{"certs": "certificate", "guards": "guard", "pools": "pool"}[section]
	p := k.wrong(path, "no %s has the name %q", what, name)
	switch p.Suggestion = decode.Suggest(name, names); {
	case p.Suggestion != "":
	case len(names) == 0:
		p.Message += "; " + section + " defines none"
	case len(names) <= 12:
		p.Message += "; " + section + " defines " + strings.Join(names, ", ")
	}
	return false
}

// names holds the names of things to what can stand in a label of a metric, a
// file name and a URL.
func (k *checker) names() {
	for _, section := range []string{"certs", "guards", "pools", "serve"} {
		for _, name := range k.doc.Names(section) {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != "" || name == "" || len(name) > 64 {
				p := k.doc.Key(section, name).Problem("%q cannot be a name; use up to 64 letters, digits, _, - and .", name)
				k.problems = append(k.problems, p)
			}
		}
	}
}

// pools checks that the pools which others fall back to are there, and that it
// ends somewhere.
func (k *checker) pools() {
	for _, name := range k.doc.Names("pools") {
		pool := k.Pools[name]
		k.pooled[name] = k.doc.Key("pools", name).Line
		k.fallback(&pool, []string{"pools", name}, name)
	}
}

// fallback checks the pools that pool falls back to; name is its own, or "".
func (k *checker) fallback(pool *upstream.Config, path []string, name string) {
	if f := pool.Fallback; f != nil && f.Respond != nil {
		k.status(at(path, "fallback", "respond", "status"), f.Respond.Status)
	}
	path = at(path, "fallback", "pool")
	passed := []string{name}
	for pool.Fallback != nil && pool.Fallback.Pool != "" {
		next := pool.Fallback.Pool
		if len(passed) == 1 && targetURL(next) != "" {
			k.wrong(path, "a pool's name is expected here; describe one under pools that has this target")
			return
		}
		if len(passed) == 1 && !known(k, path, "pools", next, k.Pools) {
			return
		}
		if slices.Contains(passed, next) {
			if next == name || name == "" {
				k.wrong(path, "the pools fall back in a circle: %s", strings.TrimPrefix(strings.Join(append(passed, next), " → "), " → "))
			}
			return
		}
		passed = append(passed, next)
		following := k.Pools[next]
		pool = &following
	}
}
