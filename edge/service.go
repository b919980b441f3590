package edge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// Service answers the HTTP requests of one or more listeners by its routes. Its
// methods may be called concurrently.
type Service struct {
	name string
	deps Deps
	h1   *h1.Server

	table     atomic.Pointer[table]
	exchanges sync.Pool
	open      atomic.Int64 // connections
}

// New makes a service of a config whose defaults are set.
func New(name string, cfg *ServiceConfig, parts Parts, deps Deps) (*Service, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{name: name, deps: deps}
	s.h1 = h1.NewServer(s, deps.Deadlines, limits(cfg))
	t, err := newTable(s, cfg, parts, nil)
	if err != nil {
		return nil, err
	}
	s.table.Store(t)
	return s, nil
}

// Prepare makes ready to go by another config, which apply then does, for the
// requests that come from then on. Requests under way end as they began; tunnels
// of routes that are gone are cut. Until apply nothing has changed.
func (s *Service) Prepare(cfg *ServiceConfig, parts Parts) (apply func(), err error) {
	old := s.table.Load()
	t, err := newTable(s, cfg, parts, old)
	if err != nil {
		return nil, err
	}
	return func() {
		s.table.Store(t)
		s.h1.Use(limits(cfg))
		old.closeGone(t)
		old.closeFolders(t)
	}, nil
}

// limits are what the codec must know of the config. The size of bodies is looked
// at later, when the route is known.
func limits(cfg *ServiceConfig) h1.Config {
	return h1.Config{
		Line: int(cfg.Limits.Line), Head: int(cfg.Limits.Head), Fields: cfg.Limits.Fields,
		HeadTimeout: cfg.Timeouts.Head, IdleTimeout: cfg.Timeouts.Idle, BodyTimeout: cfg.Timeouts.Body,
		SendTimeout: cfg.Timeouts.Send, Linger: cfg.Timeouts.Linger, LeastRate: int64(cfg.Limits.Rate),
	}
}

// Serve speaks HTTP on conn and closes it; it implements endpoint.Handler. conn
// is a bare socket, or a *tls.Conn.
func (s *Service) Serve(ctx context.Context, conn net.Conn) error {
	s.open.Add(1)
	defer s.open.Add(-1)
	return s.h1.Serve(ctx, conn)
}

// Open is the number of connections open now.
func (s *Service) Open() int64 { return s.open.Load() }

// ServeStream implements h1.Handler.
func (s *Service) ServeStream(ctx context.Context, st message.Stream) {
	ex := s.begin(ctx, st)
	defer s.end(ex)
	defer s.survive(ex)
	if err := s.answer(ex); err != nil {
		s.fail(ex, err)
	}
}

// survive lets a handler that panics end no more than its own exchange.
func (s *Service) survive(ex *Exchange) {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler { // which is how a handler cuts an answer
		s.deps.Log.Error("a handler panicked", "service", s.name, "panic", p, "stack", string(debug.Stack()))
	}
	s.fail(ex, fmt.Errorf("the handler panicked: %v", p))
}

// Refuse implements h1.Handler.
func (s *Service) Refuse(ctx context.Context, st message.Stream, broken *message.Error) {
	ex := s.begin(ctx, st)
	defer s.end(ex)
	ex.seen.noteRaw(ex.Request)
	s.fail(ex, broken)
}

// begin takes an exchange from the pool.
func (s *Service) begin(ctx context.Context, st message.Stream) *Exchange {
	ex, _ := s.exchanges.Get().(*Exchange)
	if ex == nil {
		ex = newExchange()
	}
	ex.Stream, ex.Request = st, st.Request()
	ex.service, ex.table, ex.route = s, s.table.Load(), nil
	ex.start = time.Now()
	if known, ok := ctx.(*connContext); ok {
		ex.Peer = known.peer
	} else {
		ex.Peer = peerOf(st.Conn())
	}
	ex.Client = ex.Peer
	ex.TLS = st.TLS()
	ex.ID = flow.NewID(ex.start)
	ex.seen.note(ex.Request)
	ex.outcome.kind = flow.Request
	return ex
}

// peerOf is the address of the other side, not valid where it has none.
func peerOf(conn net.Conn) netip.AddrPort {
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return netip.AddrPort{}
}

// end writes the record and gives the exchange back.
func (s *Service) end(ex *Exchange) {
	if ex.asked {
		ex.Attempt.Done()
	}
	ex.record(s.deps.Journal)
	ex.reset()
	s.exchanges.Put(ex)
}

// answer lets the exchange pass the guards and hands it to its route.
func (s *Service) answer(ex *Exchange) error {
	t := ex.table
	ex.findClient(t.trusted)
	if err := s.checkName(ex); err != nil {
		return err
	}
	if t.guard != nil {
		if err := ex.pass(t.guard); err != nil {
			return err
		}
	}
	i, err := t.find.Find(ex.Request, ex.Client.Addr())
	if err != nil {
		return err
	}
	if i < 0 {
		return errNoRoute
	}
	r := t.routes[i]
	ex.route = r
	if r.guard != nil {
		if err := ex.pass(r.guard); err != nil {
			return err
		}
	}
	if r.limits != (message.Limits{}) {
		ex.Stream.Limit(r.limits)
		if most := r.limits.Body; most > 0 && ex.Request.Length > most {
			return h1.ErrBodyTooLarge
		}
	}
	if r.captures {
		ex.captures = t.find.Captures(ex.captures[:0], i, ex.Request.Path)
	}
	if r.rewrite != nil {
		ex.matched = ex.Request.Path
		if ex.text, err = r.rewrite.Apply(ex.text, ex.values()); err != nil {
			return err
		}
	}
	return r.handler.ServeExchange(ex)
}

var (
	errNoRoute    = &Failure{404, errors.New("no route matches")}
	errMisdirect  = &Failure{421, errors.New("where clients must show certificates, a connection serves only the name that it was opened for (RFC 9110 §15.5.20)")}
	errNoProtocol = &Failure{501, errors.New("CONNECT is not offered here")}
)

// checkName refuses a request for a name whose clients must show a certificate
// on a connection that was opened for another.
func (s *Service) checkName(ex *Exchange) error {
	if ex.Request.Form == message.AuthorityForm {
		return errNoProtocol
	}
	if ex.TLS == nil || ex.TLS.ServerName == "" || !ex.table.asksClients {
		return nil
	}
	host, _ := message.SplitHostPort(ex.Request.Host)
	if !message.EqualFold(host, ex.TLS.ServerName) {
		return errMisdirect
	}
	return nil
}

// pass asks a guard.
func (ex *Exchange) pass(g guard.Guard) error {
	a := &ex.Attempt
	if !ex.asked {
		ex.asked = true
		a.Peer, a.TLS, a.Service = ex.Client.Addr(), ex.TLS, ex.service.name
	}
	v := g.Ask(a)
	if v.Decision == guard.Admit {
		return nil
	}
	ex.verdict, ex.comeAgain = v, v.RetryAfter
	ex.outcome.subject = v.Subject
	ex.outcome.refusal = v.Guard + ": " + v.Reason
	return &Failure{int(v.Status), v.Err()}
}

// fail answers an exchange that ended in an error, if that can still be done.
func (s *Service) fail(ex *Exchange, err error) {
	status := 500
	var broken *message.Error
	var known *Failure
	switch {
	case errors.As(err, &broken):
		status = broken.Status
		ex.outcome.refusal = broken.Rule
		ex.Stream.Close()
	case errors.As(err, &known):
		status = known.Status
	case errors.Is(err, context.Canceled):
		if !ex.answered {
			ex.outcome.status = statusClientGone
			ex.answered = true
		}
	}
	if broken != nil || ex.outcome.refusal == "" {
		ex.outcome.failure = err.Error()
	}
	if ex.answered { // too late to say so; the cut answer does
		return
	}
	r := ex.Response()
	if challenge := ex.verdict.Challenge; challenge != "" {
		r.Fields.AddKnown(message.WWWAuthenticate, ex.made(challenge))
	}
	if d := ex.comeAgain; d > 0 { // in whole seconds (RFC 9110 §10.2.3)
		r.Fields.AddKnown(message.RetryAfter, ex.made(strconv.Itoa(int((d+time.Second-1)/time.Second))))
	}
	if err := s.respondError(ex, r, status); err != nil && ex.outcome.failure == "" {
		ex.outcome.failure = hungUp(err).Error()
	}
}
