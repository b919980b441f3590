package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/stream"
)

// service is one entry of serve: HTTP or a stream.
type service struct {
	name   string
	cfg    config.ServiceConfig
	http   *edge.Service // nil for a stream
	stream *streamService
	tls    *cert.Server // nil without certificates
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
	if err := s.buildTLS(svc, before); err != nil {
		return err
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

// buildTLS makes what the TLS listeners of the service show and ask for. It stays
// the same object over reloads, so that the sessions of clients do.
func (s *state) buildTLS(svc *service, before *service) error {
	if len(svc.cfg.Cert) == 0 {
		return nil
	}
	policy, err := s.policy(svc.cfg.Cert, s.guardsOf(&svc.cfg))
	if err != nil {
		return err
	}
	if before != nil && before.tls != nil {
		svc.tls = before.tls
		s.apply = append(s.apply, func() { before.tls.Set(policy) })
		return nil
	}
	svc.tls = cert.NewServer(policy)
	return nil
}

// policy is what a listener with those certificates and guards does in handshakes.
func (s *state) policy(names []string, guards []guard.Guard) (cert.Policy, error) {
	var sources []cert.Source
	for _, name := range names {
		c := s.certs[name]
		if c == nil {
			return cert.Policy{}, fmt.Errorf("there is no certificate %q", name)
		}
		sources = append(sources, c.source)
	}
	p := cert.Policy{Certificate: cert.Choose(sources...)}
	p.Client.Auth, p.Client.CAs = guard.ClientAuth(guards...)
	return p, nil
}

// guardsOf are the guards of a service and of all its routes.
func (s *state) guardsOf(cfg *config.ServiceConfig) []guard.Guard {
	names := slices.Clone(cfg.Guards)
	for i := range cfg.Routes {
		names = append(names, cfg.Routes[i].Guards...)
	}
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
	key, raw := doorKey(u)
	h := svc.handler(u)
	if s.doors[key] != nil {
		return fmt.Errorf("%s is listened on twice", text)
	}
	if d := old.doors[key]; d != nil {
		s.doors[key] = d
		s.apply = append(s.apply, func() { d.use(svc.name, h) })
		return nil
	}
	cfg := &endpoint.ListenConfig{}
	if svc.cfg.Sessions != nil {
		cfg.Sessions = *svc.cfg.Sessions
	}
	if svc.tls != nil {
		cfg.TLS = svc.tls.Config()
	}
	d, err := s.node.knock(ctx, key, u, raw, cfg)
	if err != nil {
		return err
	}
	d.limit = svc.cfg.Limits.Connections
	d.use(svc.name, h)
	s.doors[d.key] = d
	s.fresh = append(s.fresh, func() { d.close(0) })
	return nil
}

// doorKey is what a listener is known by over reloads: its address where that is
// all there is to it (raw), so that what is spoken there can change.
func doorKey(u *endpoint.URL) (key string, raw bool) {
	switch u.Scheme {
	case "tcp", "tls", "http", "https":
		if u.Options.FD == "" {
			return "tcp " + u.Address(), true
		}
		return "fd " + u.Options.FD, true
	case "unix":
		return u.String(), true
	}
	return u.String(), false
}

// handler is the service as it answers on one of its endpoints.
func (svc *service) handler(u *endpoint.URL) endpoint.Handler {
	var config *tls.Config
	if svc.tls != nil && (u.Scheme == "https" || u.Scheme == "tls") {
		config = svc.tls.Config()
	}
	if svc.http != nil {
		return svc.http.Handler(config)
	}
	return svc.stream.handler(svc.name, config)
}

// streamService is a stream with its guards.
type streamService struct {
	node    *Node
	cfg     stream.Config
	handle  endpoint.Handler
	guarded guard.Guard // nil without any
}

// buildStream makes the stream of a service. One whose settings stay is taken
// over with what it holds: the rooms of a chat.
func (s *state) buildStream(svc, before *service) (*streamService, error) {
	st := &streamService{node: s.node, cfg: *svc.cfg.Stream}
	if list := s.guardsOf(&svc.cfg); len(list) > 0 {
		st.guarded = guard.All(list...)
	}
	if before != nil && sameStream(before.stream.cfg, st.cfg) {
		st.handle = before.stream.handle
		return st, nil
	}
	var err error
	st.handle, err = stream.New(st.cfg, s.node.log)
	return st, err
}

func sameStream(a, b stream.Config) bool {
	return a.Kind == b.Kind && a.Idle == b.Idle && slices.Equal(a.Command, b.Command) && a.Chat == b.Chat
}

// handler is the stream on a listener: guards first, then what speaks, then the
// record.
func (st *streamService) handler(name string, config *tls.Config) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		if config != nil {
			conn = tls.Server(conn, config)
		}
		defer conn.Close()
		start := time.Now()
		var rec flow.Record
		rec.Begin(flow.Connection, start)
		rec.SetString(flow.Service, name)
		rec.SetString(flow.Route, st.cfg.Kind)
		peer := addressOf(conn.RemoteAddr())
		rec.SetPeer(peer)
		attempt := guard.Attempt{Peer: peer.Addr(), Service: name}
		defer attempt.Done()
		err := st.admit(ctx, conn, &attempt, &rec)
		if err == nil {
			if attempt.Subject != "" {
				rec.SetString(flow.Subject, attempt.Subject)
			}
			err = st.handle.Serve(flow.NewContext(ctx, &rec), conn)
			if err != nil && ctx.Err() == nil {
				rec.SetString(flow.Error, err.Error())
			}
		}
		rec.Duration = time.Since(start)
		st.node.journal.Write(&rec)
		return nil // the record has it
	})
}

// admit completes the handshake where there is one, and asks the guards.
func (st *streamService) admit(ctx context.Context, conn net.Conn, a *guard.Attempt, rec *flow.Record) error {
	if err := endpoint.Handshake(ctx, conn); err != nil {
		rec.SetString(flow.Error, err.Error())
		return err
	}
	if secure, ok := conn.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := secure.ConnectionState()
		a.TLS, rec.TLSVersion = &state, state.Version
	}
	if st.guarded == nil {
		return nil
	}
	v := st.guarded.Ask(a)
	if v.Decision != guard.Admit {
		rec.SetString(flow.Refusal, v.Guard+": "+v.Reason)
	}
	return v.Err()
}

// addressOf is a TCP or UDP address, not valid for others.
func addressOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}
