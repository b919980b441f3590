package cert

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// A sleeping machine's timers stand still, so the date is looked at this often.
	renewalCheck = time.Hour
	renewalRetry = time.Minute
)

// issued is a Source that shows a certificate of our own authority.
type issued struct {
	name      string
	cfg       InternalConfig
	authority *Authority
	log       *slog.Logger
	choose    func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	now       func() time.Time
	current   atomic.Pointer[[]*tls.Certificate]
	named     named
}

// forNames is a Source that can show single names under a wildcard a
// certificate of their own.
type forNames interface {
	// forName returns nil for a name that has none.
	forName(name string) *tls.Certificate
}

func newIssued(name string, cfg InternalConfig, dir string, log *slog.Logger) (*issued, error) {
	fresh := !HasAuthority(dir)
	authority, err := OpenAuthority(dir)
	if err == nil && fresh { // nobody trusts it yet, so there is nothing to warn of
		_, err = authority.Permit(cfg.Names)
	}
	if err != nil {
		return nil, fmt.Errorf("certs.%s: %w", name, err)
	}
	s := &issued{name: name, cfg: cfg, authority: authority, log: log, now: authority.now}
	s.named = named{issue: s.issueName, now: s.now, log: log}
	if err := s.renew(); err != nil {
		return nil, fmt.Errorf("certs.%s: %w", name, err)
	}
	s.choose = Choose(s)
	return s, nil
}

func (s *issued) Certificates() []*tls.Certificate { return *s.current.Load() }

func (s *issued) Certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return s.choose(hello)
}

func (s *issued) forName(name string) *tls.Certificate {
	_, domain, _ := strings.Cut(name, ".")
	if !slices.ContainsFunc(s.cfg.Names, func(n string) bool { return shortWildcard(n) && strings.EqualFold(n[2:], domain) }) {
		return nil
	}
	return s.named.get(name)
}

func (s *issued) issueName(name string) (*tls.Certificate, error) {
	return s.authority.Issue(Request{Names: []string{name}, Lifetime: s.cfg.Lifetime})
}

func (s *issued) Info() []Info {
	info := Describe((*s.current.Load())[0], s.now())
	info.Source, info.From = s.name, "internal"
	return []Info{info}
}

// Serve replaces the certificate when two thirds of its life have passed.
func (s *issued) Serve(ctx context.Context) error {
	for {
		wait := min(s.renewal().Sub(s.now()), renewalCheck)
		if wait <= 0 {
			if err := s.renew(); err != nil {
				s.log.Error("the internal certificate cannot be renewed; it is tried again", "every", renewalRetry, "error", err)
				wait = renewalRetry
			} else {
				s.log.Info("internal certificate renewed", "until", (*s.current.Load())[0].Leaf.NotAfter)
				continue
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// renewal is when the certificate is due to be replaced.
func (s *issued) renewal() time.Time {
	leaf := (*s.current.Load())[0].Leaf
	begin := leaf.NotBefore.Add(clockSkew)
	return begin.Add(leaf.NotAfter.Sub(begin) * 2 / 3)
}

func (s *issued) renew() error {
	before := s.authority.Certificate()
	c, err := s.authority.Issue(Request{Names: s.cfg.Names, Lifetime: s.cfg.Lifetime})
	if err != nil {
		return err
	}
	if after := s.authority.Certificate(); !after.Equal(before) {
		s.log.Warn("the internal authority may now sign more names; who trusts its certificate from before must trust the new one to reach them",
			"names", s.cfg.Names, "file", s.authority.File())
	}
	s.current.Store(&[]*tls.Certificate{c})
	s.named.reset()
	return nil
}
