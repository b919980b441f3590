package node

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// consoleDoor is the console's listener. A reload that keeps the address keeps
// it, its server and their connections, one of which may have asked for the
// reload, and changes what they answer.
type consoleDoor struct {
	key string
	opening
	task    *task
	tls     shown
	secure  atomic.Pointer[tls.Config]   // nil in the clear
	handler atomic.Pointer[http.Handler] // with its guards
}

// consoleService is by what name the console is known to guards and in records.
const consoleService = "console"

// openConsole opens the console's listener, or takes over the one that is open.
func (s *state) openConsole(ctx context.Context, old *state) error {
	cfg := s.cfg.Console
	if cfg.Off() {
		return nil
	}
	u, err := endpoint.Parse(cfg.Listen)
	if err != nil {
		return err
	}
	guards := s.named(cfg.Guards)
	var certs []string
	if cfg.Cert != "" {
		certs = []string{cfg.Cert}
	}
	policy, err := s.policy(u, certs, guards)
	if err != nil {
		return err
	}
	handler := s.node.console.Handler(cfg.Listen, cfg.Hosts)
	if len(guards) > 0 {
		handler = s.node.guardConsole(guard.All(guards...), handler)
	}
	key, _ := doorKey(u)
	d := old.console
	if d == nil || d.key != key {
		d = &consoleDoor{key: key}
		d.listen = func(ctx context.Context) (net.Listener, error) {
			return endpoint.ListenRaw(ctx, u, nil)
		}
		if d.ln, err = d.open(ctx); err != nil {
			return err
		}
		s.fresh = append(s.fresh, func() { d.ln.Close() })
	}
	s.console = d
	s.apply = append(s.apply, func() { d.use(policy, handler) })
	return nil
}

// commitConsole starts the console that is new, and ends the one that is no more.
func (s *state) commitConsole(old *state) {
	if d := s.console; d != nil && d.task == nil {
		d.task = s.node.tasks.add(consoleService, d.serve)
	}
	if d := old.console; d != nil && d != s.console {
		s.node.leaving.Go(d.task.stop) // later: it may be answering whoever asked for this
	}
}

// use changes how the console answers.
func (d *consoleDoor) use(p *cert.Policy, h http.Handler) {
	d.handler.Store(&h)
	if server := d.tls.use(p); server != nil {
		d.secure.Store(server.Config())
	} else {
		d.secure.Store(nil)
	}
}

// serve is the task of the console. When the listener fails it is opened anew.
func (d *consoleDoor) serve(ctx context.Context) error {
	ln, err := d.take(ctx)
	if err != nil {
		return err
	}
	return console.ListenAndAnswer(ctx, consoleListener{ln, d}, d)
}

// ServeHTTP implements http.Handler. A connection from the time before TLS ends
// with its next answer.
func (d *consoleDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.TLS == nil && d.secure.Load() != nil {
		w.Header().Set("Connection", "close")
	}
	(*d.handler.Load()).ServeHTTP(w, r)
}

// consoleListener speaks TLS when the door does.
type consoleListener struct {
	net.Listener
	door *consoleDoor
}

// Accept implements net.Listener.
func (l consoleListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if config := l.door.secure.Load(); config != nil {
		return tls.Server(conn, config), nil
	}
	return conn, nil
}

// guardConsole puts a guard before the console.
func (n *Node) guardConsole(g guard.Guard, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := guard.Attempt{TLS: r.TLS, Service: consoleService, Header: r.Header.Get}
		if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			a.Peer = ap.Addr().Unmap()
		}
		defer a.Done()
		v := g.Ask(&a)
		if v.Decision == guard.Admit {
			next.ServeHTTP(w, r)
			return
		}
		n.refused(r, a.Peer, v)
		if v.Challenge != "" {
			w.Header().Set("WWW-Authenticate", v.Challenge)
		}
		if v.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((v.RetryAfter+time.Second-1)/time.Second)))
		}
		http.Error(w, http.StatusText(int(v.Status)), int(v.Status))
	})
}

// refused records that a guard has turned somebody away from the console.
func (n *Node) refused(r *http.Request, peer netip.Addr, v guard.Verdict) {
	var rec flow.Record
	rec.Begin(flow.Request, time.Now())
	rec.SetString(flow.Service, consoleService)
	rec.SetPeer(netip.AddrPortFrom(peer, 0))
	rec.SetString(flow.Method, r.Method)
	rec.SetString(flow.Host, r.Host)
	rec.SetString(flow.Path, r.URL.Path)
	rec.SetString(flow.Refusal, v.Guard+": "+v.Reason)
	rec.Status = v.Status
	n.journal.Write(&rec)
}
