package config

import (
	"slices"

	"github.com/netwright/netwright/guard"
)

// guards checks what guards say of each other.
func (k *checker) guards() {
	for _, name := range k.doc.Names("guards") {
		for i, other := range k.Guards[name].Any {
			path := []string{"guards", name, "any", index(i)}
			if known(k, path, "guards", other, k.Guards) && k.leadsTo(other, name, nil) {
				k.wrong(path, "the guard %s would ask itself", name)
			}
		}
	}
}

// leadsTo tells whether the guard from asks the guard to, however far away.
func (k *checker) leadsTo(from, to string, passed []string) bool {
	if from == to {
		return true
	}
	if slices.Contains(passed, from) {
		return false
	}
	return slices.ContainsFunc(k.Guards[from].Any, func(next string) bool {
		return k.leadsTo(next, to, append(passed, from))
	})
}

// before is what guards are asked in front of.
type before struct {
	supplied guard.Needs // what the protocol can tell them
	what     string      // its name in messages
	earlier  []string    // guards that were asked already
}

// stands checks the names of guards, and that what they can be told is enough: a
// guard that must be told more would refuse everybody.
func (k *checker) stands(path []string, names []string, b before) {
	for i, name := range names {
		path := at(path, index(i))
		switch {
		case !known(k, path, "guards", name, k.Guards):
		case slices.Contains(names[:i], name) || slices.Contains(b.earlier, name):
			k.wrong(path, "the guard %s is asked twice", name)
		default:
			switch missing := k.needs(name, b.supplied, nil).Missing(b.supplied); {
			case missing == guard.NeedSubject:
				k.wrong(path, "the guard %s counts by who somebody is; a guard that finds that out must stand before it: one with basic, keys or client_cert", name)
			case missing == guard.NeedPeer:
				k.wrong(path, "the guard %s can admit nobody here: it admits addresses that it lists, and a client on a Unix socket has none", name)
			case missing != 0:
				k.wrong(path, "the guard %s can admit nobody here: it needs %s, which %s never has", name, missing, b.what)
			}
		}
		if k.authenticates(name, nil) {
			b.supplied |= guard.NeedSubject
		}
	}
}

// needs is what the guard must be told to admit anybody. Of the guards in any
// the one that lacks nothing counts, since one is enough. A guard that refuses or
// counts by addresses admits who has none; one that lists whom it admits does not.
func (k *checker) needs(name string, supplied guard.Needs, passed []string) guard.Needs {
	cfg := k.Guards[name]
	needs := cfg.Needs()
	if cfg.Allow == nil {
		needs &^= guard.NeedPeer
	}
	if slices.Contains(passed, name) {
		return needs
	}
	var least guard.Needs
	for i, other := range cfg.Any {
		n := k.needs(other, supplied, append(passed, name))
		if i == 0 || n.Missing(supplied) == 0 && least.Missing(supplied) != 0 {
			least = n
		}
	}
	return needs | least
}

// authenticates tells whether the guard finds out who somebody is.
func (k *checker) authenticates(name string, passed []string) bool {
	cfg := k.Guards[name]
	if cfg.Basic != nil || cfg.Keys != nil || cfg.ClientCert != nil {
		return true
	}
	return !slices.Contains(passed, name) && slices.ContainsFunc(cfg.Any, func(other string) bool {
		return k.authenticates(other, append(passed, name))
	})
}
