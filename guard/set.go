package guard

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Set is the guards of a config by name. It does not change once built.
type Set struct {
	guards  map[string]*named
	configs map[string]Config
	log     *slog.Logger
}

// NewSet builds all guards of a config, with those that name others in Any. It
// returns every mistake at once, each a *ConfigError whose path begins with the
// guard's name. log may be nil.
//
// old, which may be nil, is the set of the config before: a guard whose config
// is the same is taken over whole, so that a reload forgets no rate and no open
// connection.
func NewSet(configs map[string]Config, old *Set, log *slog.Logger) (*Set, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Set{guards: make(map[string]*named), configs: configs, log: log}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		if err := s.build(name, old, nil); err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return s, nil
}

// build makes the guard of that name unless it is there. stack holds the names
// of the guards that led to it.
func (s *Set) build(name string, old *Set, stack []string) error {
	if s.guards[name] != nil {
		return nil
	}
	cfg := s.configs[name]
	fail := func(path []string, err error) error {
		return &ConfigError{Path: append([]string{name}, path...), Err: err}
	}
	stack = append(stack, name)
	var others []Guard
	for _, o := range cfg.Any {
		switch _, there := s.configs[o]; {
		case !there:
			return fail([]string{"any"}, fmt.Errorf("there is no guard %q", o))
		case slices.Contains(stack, o):
			return fail([]string{"any"}, fmt.Errorf("the guard asks itself: %s", strings.Join(append(stack, o), " → ")))
		}
		if err := s.build(o, old, stack); err != nil {
			// It is reported under its own name, where it is built again.
			return fail([]string{"any"}, fmt.Errorf("the guard %q cannot be built", o))
		}
		others = append(others, s.guards[o])
	}
	if g := old.same(name, s); g != nil {
		s.guards[name] = g
		return nil
	}
	g, err := newNamed(name, cfg, s.log, others)
	if err != nil {
		return prefixErrors(name, err)
	}
	s.guards[name] = g
	return nil
}

// same returns the guard of that name in s if the next set has the same config
// for it and for all that it names.
func (s *Set) same(name string, next *Set) *named {
	if s == nil || s.guards[name] == nil {
		return nil
	}
	if !reflect.DeepEqual(s.configs[name], next.configs[name]) {
		return nil
	}
	for _, o := range s.configs[name].Any {
		if s.guards[o] != next.guards[o] {
			return nil
		}
	}
	return s.guards[name]
}

// prefixErrors puts the guard's name before the path of each joined error.
func prefixErrors(name string, err error) error {
	list := []error{err}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		list = j.Unwrap()
	}
	for i, e := range list {
		if c, ok := errors.AsType[*ConfigError](e); ok {
			list[i] = &ConfigError{Path: append([]string{name}, c.Path...), Err: c.Err}
		} else {
			list[i] = &ConfigError{Path: []string{name}, Err: e}
		}
	}
	return errors.Join(list...)
}

// Get returns the guard of that name.
func (s *Set) Get(name string) (Guard, bool) {
	g, ok := s.guards[name]
	if !ok {
		return nil, false
	}
	return g, true
}

// Names returns the names of all guards, sorted.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.guards)) }

// Serve reads the files of all guards again when they change, until ctx is
// done.
func (s *Set) Serve(ctx context.Context) error {
	var files []*watcher
	for _, name := range s.Names() {
		files = append(files, s.guards[name].files...)
	}
	return serveWatches(ctx, files, s.log)
}

// either admits who passes one of several guards, asked in order.
type either []Guard

func (l either) Ask(a *Attempt) Verdict {
	var kept Verdict
	for _, g := range l {
		v := g.Ask(a)
		if v.Decision == Admit {
			return v
		}
		// A way in that is still open is worth more than a closed one; of
		// two closed ones, one that a password opens.
		if kept.Decision == Admit || openness(v) > openness(kept) {
			kept = v
		}
	}
	return kept
}

func openness(v Verdict) int {
	switch {
	case v.Decision == NeedCredentials && v.Challenge != "":
		return 3
	case v.Decision == NeedCredentials:
		return 2
	case v.Challenge != "":
		return 1
	}
	return 0
}

// Needs is what the least demanding of the guards needs, since without the rest
// that one can still admit.
func (l either) Needs() Needs {
	needs := l[0].Needs()
	for _, g := range l[1:] {
		needs &= g.Needs()
	}
	return needs
}

func (l either) explain(a *Attempt) (lines []Line, d Decision) {
	kept := Refuse
	for _, g := range l {
		more, d := explain(g, a)
		lines = append(lines, more...)
		if d == Admit {
			return append(lines, Line{Step: "any", Decision: Admit, Text: "one of the guards has admitted, which is enough"}), Admit
		}
		if d == NeedCredentials {
			kept = d
		}
	}
	return append(lines, Line{Step: "any", Decision: kept, Text: "none of the guards has admitted"}), kept
}

// atAccept can only decide where each of the guards is decided at accept.
func (l either) atAccept() either {
	for _, g := range l {
		n, ok := g.(*named)
		if !ok {
			return nil
		}
		for _, p := range n.parts {
			if _, ok := p.(*addresses); !ok {
				return nil
			}
		}
	}
	return l
}

func (l either) authorities() (certs []*x509.Certificate) {
	for _, g := range l {
		if c, ok := g.(certifier); ok {
			certs = append(certs, c.authorities()...)
		}
	}
	return certs
}
