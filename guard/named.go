package guard

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
)

// named is a guard of the config: the parts it names, each of which must be
// passed, asked in the order that costs least.
type named struct {
	name  string
	parts []part
	log   *slog.Logger
	files []*watcher
}

// part is one thing that a guard checks. Its verdicts and lines need not name
// the guard.
type part interface {
	Guard
	explainer
}

// New returns the guard of one config. The name is used in reasons and as the
// default realm. log may be nil.
//
// The guard has a method Serve(ctx) error that reads its files again when they
// change; see [Serve]. A config with Any refers to other guards by name: build
// those with [NewSet].
func New(name string, cfg Config, log *slog.Logger) (Guard, error) {
	if cfg.Any != nil {
		return nil, &ConfigError{Path: []string{"any"}, Err: errors.New("names other guards, and there are none here")}
	}
	return newNamed(name, cfg, log, nil)
}

// newNamed builds a guard; others are those that cfg.Any names.
func newNamed(name string, cfg Config, log *slog.Logger, others []Guard) (*named, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	cfg.SetDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	g := &named{name: name, log: log.With("guard", name)}
	b := builder{name: name, cfg: cfg, guard: g}
	// What is cheap comes first, then what keeps the costly from being
	// asked too often, then who it is, then what counts by that.
	bySubject := cfg.Per == "subject"
	b.addresses()
	if !bySubject {
		b.limits()
	}
	b.credentials()
	if others != nil {
		g.parts = append(g.parts, either(others))
	}
	if bySubject {
		b.limits()
	}
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return g, nil
}

// builder makes the parts of one named guard and collects what is wrong.
type builder struct {
	name  string
	cfg   Config
	guard *named
	errs  []error
}

// add adds a part and reads its files. path leads to what names them.
func (b *builder) add(p part, err error, path ...string) {
	if r, ok := p.(interface{ watch() watch }); ok && err == nil {
		var w *watcher
		if w, err = newWatcher(r.watch()); len(w.paths) > 0 {
			b.guard.files = append(b.guard.files, w)
		}
		if err != nil && w.key != "" {
			path = append(path, w.key)
		}
	}
	var c *ConfigError
	switch {
	case errors.As(err, &c):
		b.errs = append(b.errs, &ConfigError{Path: append(path, c.Path...), Err: c.Err})
	case err != nil:
		b.errs = append(b.errs, &ConfigError{Path: path, Err: err})
	default:
		b.guard.parts = append(b.guard.parts, p)
	}
}

func (b *builder) addresses() {
	if b.cfg.Allow == nil && b.cfg.Deny == nil {
		return
	}
	p, err := newAddresses(b.cfg.Allow, b.cfg.Deny)
	b.add(p, err)
}

func (b *builder) limits() {
	if b.cfg.Rate > 0 {
		by, err := parsePer(b.cfg.Per, b.cfg.IPv6)
		if err != nil {
			b.add(nil, err, "per")
			return
		}
		p, err := newRate(b.cfg.Rate, b.cfg.Burst, by, b.cfg.Remember)
		b.add(p, err, "rate")
	}
	if b.cfg.Concurrency > 0 {
		by, err := parsePer(b.cfg.Per, b.cfg.IPv6)
		if err != nil {
			b.add(nil, err, "per")
			return
		}
		b.add(newConcurrency(b.cfg.Concurrency, by, b.cfg.Remember), nil)
	}
}

func (b *builder) credentials() {
	if c := b.cfg.ClientCert; c != nil {
		p, err := newClientCert(*c)
		b.add(p, err, "client_cert")
	}
	if c := b.cfg.Basic; c != nil {
		p, err := newBasic(b.name, *c, b.guard.log)
		b.add(p, err, "basic")
	}
	if c := b.cfg.Keys; c != nil {
		p, err := newKeys(b.name, *c)
		b.add(p, err, "keys")
	}
}

func (g *named) Ask(a *Attempt) Verdict {
	for _, p := range g.parts {
		if v := p.Ask(a); v.Decision != Admit {
			if v.Guard == "" {
				v.Guard = g.name
			}
			return v
		}
	}
	return Verdict{Subject: a.Subject}
}

func (g *named) Needs() Needs { return needsOf(g.parts) }

// Serve reads the guard's files again when they change, until ctx is done.
func (g *named) Serve(ctx context.Context) error {
	return serveWatches(ctx, g.files, g.log)
}

// Name returns the guard's name.
func (g *named) Name() string { return g.name }

func (g *named) explain(a *Attempt) (lines []Line, d Decision) {
	for _, p := range g.parts {
		more, d := p.explain(a)
		for i := range more {
			if more[i].Guard == "" {
				more[i].Guard = g.name
			}
		}
		lines = append(lines, more...)
		if d != Admit {
			return lines, d
		}
	}
	return lines, Admit
}

func (g *named) atAccept() Guard {
	var kept []part
	for _, p := range g.parts {
		switch p := p.(type) {
		case *addresses:
			kept = append(kept, p)
		case either:
			if k := p.atAccept(); k != nil {
				kept = append(kept, k)
			}
		}
	}
	if kept == nil {
		return nil
	}
	return &named{name: g.name, parts: kept, log: g.log}
}

func (g *named) authorities() (certs []*x509.Certificate) {
	for _, p := range g.parts {
		if c, ok := p.(certifier); ok {
			certs = append(certs, c.authorities()...)
		}
	}
	return certs
}

// Serve runs what the guards have to do in the background, which is to read
// their files again when they change, until ctx is done.
func Serve(ctx context.Context, log *slog.Logger, guards ...Guard) error {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	var files []*watcher
	for _, g := range guards {
		if n, ok := g.(*named); ok {
			files = append(files, n.files...)
		}
	}
	return serveWatches(ctx, files, log)
}
