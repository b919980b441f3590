package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/guard"
)

// service is one entry of serve: HTTP or a stream.
type service struct {
	name    string
	cfg     config.ServiceConfig
	http    *edge.Service // nil for a stream
	stream  *streamService
	doors   []*door  // those of cfg.Listen; nil for one that was left out
	missing []string // of cfg.Listen, what was left out because it could not be opened, and why
}

// buildService makes the service of that name, or has the one that runs changed
// at commit.
func (s *state) buildService(name string, old *state) error {
	cfg := s.cfg.Serve[name]
	svc := &service{name: name, cfg: cfg}
	before := old.services[name]
	if before != nil && (before.http != nil) != (cfg.Stream == nil) {
		before = nil
	}
	parts := building{s, old}
	var err error
	switch {
	case cfg.Stream != nil:
		svc.stream, err = s.buildStream(svc, before)
	case before != nil:
		svc.http = before.http
		var apply func()
		apply, err = before.http.Prepare(&cfg.ServiceConfig, parts)
		s.apply = append(s.apply, apply)
	default:
		svc.http, err = edge.New(name, &cfg.ServiceConfig, parts, edge.Deps{
			Journal: s.node.journal, Log: s.node.log, Deadlines: s.node.clock, Metrics: s.node.console.Metrics(),
		})
	}
	if err != nil {
		return err
	}
	s.services[name] = svc
	return nil
}

// policy is what a TLS listener with those certificates and guards does in
// handshakes; nil where the URL has no TLS. What the URL itself says goes first.
func (s *state) policy(u *endpoint.URL, names []string, guards []guard.Guard) (*cert.Policy, error) {
	if !u.TLS() {
		return nil, nil
	}
	if u.Options.Cert != "" {
		names = []string{ownCert(u)}
	}
	var sources []cert.Source
	for _, name := range names {
		c := s.certs[name]
		if c == nil {
			return nil, fmt.Errorf("there is no certificate %q", name)
		}
		sources = append(sources, c.source)
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s has no certificate", u.Redacted())
	}
	p := &cert.Policy{Certificate: cert.Choose(sources...), ALPN: u.Options.ALPN}
	if p.ALPN == nil && u.Scheme == "tls" {
		p.ALPN = []string{} // who knows what is spoken
	}
	p.Client.Auth, p.Client.CAs = guard.ClientAuth(guards...)
	if u.Options.CA != "" {
		pool, err := cert.RootsFromFile(u.Options.CA)
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		p.Client = cert.ClientPolicy{Auth: tls.RequireAndVerifyClientCert, CAs: pool}
	}
	return p, nil
}

// ownCert is the name by which the certificate that a URL brings is known.
func ownCert(u *endpoint.URL) string { return u.Scheme + "://" + u.Address() }

// guardsOf are the guards of a service and of all its routes.
func (s *state) guardsOf(cfg *config.ServiceConfig) []guard.Guard {
	names := slices.Clone(cfg.Guards)
	for i := range cfg.Routes {
		names = append(names, cfg.Routes[i].Guards...)
	}
	return s.named(names)
}

// named are the guards of those names.
func (s *state) named(names []string) []guard.Guard {
	var list []guard.Guard
	for _, name := range names {
		if g, ok := s.guards.Get(name); ok {
			list = append(list, g)
		}
	}
	return list
}

// openDoor opens a listener of a service, or takes over the one that is open.
func (s *state) openDoor(ctx context.Context, svc *service, text string, old *state) error {
	u, err := endpoint.Parse(text)
	if err != nil {
		return err
	}
	policy, err := s.policy(u, svc.cfg.Cert, s.guardsOf(&svc.cfg))
	if err != nil {
		return err
	}
	key, raw := doorKey(u)
	if svc.stream != nil && svc.stream.proxied != nil && !raw {
		return fmt.Errorf("%s cannot read PROXY headers; tcp, tls and unix can", u.Redacted())
	}
	for first, i := key, 2; s.doors[key] != nil; i++ { // any port twice, or one that is shared
		if u.Port != 0 && !u.Options.ReusePort {
			return fmt.Errorf("%s is listened on twice", u.Redacted())
		}
		key = fmt.Sprint(first, " #", i)
	}
	if d := old.doors[key]; d != nil {
		s.doors[key] = d
		svc.doors = append(svc.doors, d)
		s.apply = append(s.apply, func() {
			s.furnish(d, svc, u, policy)
			if u.Options.Mode != 0 {
				s.changeMode(u)
			}
		})
		return nil
	}
	cfg := &endpoint.ListenConfig{}
	if svc.cfg.Sessions != nil {
		cfg.Sessions = *svc.cfg.Sessions
	}
	d, err := s.node.knock(ctx, key, u, raw, cfg, policy)
	if err != nil {
		return old.overlap(u, err)
	}
	s.doors[key] = d
	svc.doors = append(svc.doors, d)
	s.fresh = append(s.fresh, func() { d.close(0) })
	s.furnish(d, svc, u, policy)
	return nil
}

// overlap says of an address that cannot be had where it is ours already: with an
// address that overlaps, until a config without it is applied.
func (s *state) overlap(u *endpoint.URL, err error) error {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	for key := range s.doors {
		if strings.HasSuffix(key, fmt.Sprint(":", u.Port)) {
			return fmt.Errorf("%w: it is this node itself, on %s; a config that listens on neither must be applied first", err, key)
		}
	}
	return err
}

// furnish puts a service behind a door, as it answers on that URL.
func (s *state) furnish(d *door, svc *service, u *endpoint.URL, policy *cert.Policy) {
	var config *tls.Config
	if secure := d.tls.use(policy); secure != nil && d.raw {
		config = secure.Config()
	}
	p := &post{service: svc.name, manner: svc.name + " stream", requests: svc.http != nil}
	switch {
	case svc.http == nil:
		p.handler = svc.stream.handler(svc.name, config)
	case config == nil:
		p.manner, p.handler = svc.name+" http", svc.http.Handler(nil)
	default:
		p.manner, p.handler = svc.name+" https", svc.http.Handler(config)
	}
	d.server.Limit(svc.cfg.Limits.Connections)
	d.use(p, s.gone(d.post), s.cfg.Drain)
}

// gone says whether the service of a post is no more by this state.
func (s *state) gone(p *post) bool {
	if p == nil {
		return false
	}
	svc := s.services[p.service]
	return svc == nil || (svc.http != nil) != p.requests
}

// changeMode gives the file of a socket that stays open the mode of now.
func (s *state) changeMode(u *endpoint.URL) {
	if err := os.Chmod(u.Path, u.Options.Mode); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.node.log.Error("the mode of a socket could not be changed", "socket", u.Path, "err", err)
	}
}
