package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/console"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// mostSocketPath is what a unix address has room for on every system.
const mostSocketPath = 100

// control opens the socket that commands speak to. Only the owner of the node may.
func (n *Node) control() error {
	path := n.data.socket()
	if len(path) > mostSocketPath {
		return fmt.Errorf("the control socket %s has too long a name for a socket: set data to a shorter folder", path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("control socket: %w", err)
	}
	ln, err := net.Listen("unix", path) // the folder lets nobody else in meanwhile
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		ln.Close()
		return fmt.Errorf("control socket: %w", err)
	}
	n.tasks.add("control socket", func(ctx context.Context) error {
		return console.ListenAndAnswer(ctx, ln, n.console.Control())
	})
	return nil
}

// consoleDoor is the console's listener. A reload that keeps the address keeps
// the door and changes what stands behind it, so that whoever asked for the
// reload there gets an answer, and followers go on.
type consoleDoor struct {
	listen  string
	ln      *sharedListener
	handler atomic.Pointer[http.Handler]
	secure  atomic.Pointer[tls.Config] // nil without TLS
}

const consoleName = "console"

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
	d := old.console
	if d == nil || d.listen != cfg.Listen {
		ln, err := endpoint.ListenRaw(ctx, u, nil)
		if err != nil {
			return err
		}
		d = &consoleDoor{listen: cfg.Listen, ln: &sharedListener{Listener: ln}}
		s.fresh = append(s.fresh, func() { ln.Close() })
	}
	s.console = d
	handler := s.node.console.Handler(cfg.Listen, cfg.Hosts)
	if len(cfg.Guards) > 0 {
		if handler, err = s.guardConsole(handler); err != nil {
			return err
		}
	}
	var secure *tls.Config
	if u.Scheme == "https" {
		policy, err := s.policy([]string{cfg.Cert}, s.named(cfg.Guards))
		if err != nil {
			return err
		}
		secure = cert.NewServer(policy).Config()
	}
	s.apply = append(s.apply, func() {
		d.handler.Store(&handler)
		d.secure.Store(secure)
	})
	return nil
}

// switchConsole serves the console where s has it, and ends it where only old had.
func (s *state) switchConsole(old *state) {
	if s.console == old.console {
		return
	}
	if s.console != nil {
		s.node.tasks.add(s.console.task(), s.console.serve)
	}
	if old.console != nil {
		go old.console.close(s.node.tasks) // one of its answers may be to this reload
	}
}

func (d *consoleDoor) task() string { return consoleName + " " + d.listen }

// serve is the task of the door.
func (d *consoleDoor) serve(ctx context.Context) error {
	var ln net.Listener = d.ln
	if d.secure.Load() != nil {
		ln = tls.NewListener(ln, &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return d.secure.Load(), nil
		}})
	}
	return console.ListenAndAnswer(ctx, ln, d)
}

// ServeHTTP implements http.Handler with what stands behind the door now.
func (d *consoleDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	(*d.handler.Load()).ServeHTTP(w, r)
}

func (d *consoleDoor) close(t *tasks) {
	t.remove(d.task())
	d.ln.Listener.Close()
}

// sharedListener outlives the server that accepts from it: Close only makes
// Accept return.
type sharedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l *sharedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.deadline(time.Time{})
		return nil, net.ErrClosed
	}
	return conn, err
}

// Close implements net.Listener.
func (l *sharedListener) Close() error { return l.deadline(time.Unix(1, 0)) }

func (l *sharedListener) deadline(t time.Time) error {
	d, ok := l.Listener.(interface{ SetDeadline(time.Time) error })
	if !ok {
		return errors.ErrUnsupported
	}
	return d.SetDeadline(t)
}

// guardConsole puts the console's guards before it.
func (s *state) guardConsole(next http.Handler) (http.Handler, error) {
	g := guard.All(s.named(s.cfg.Console.Guards)...)
	journal := s.node.journal
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := guard.Attempt{TLS: r.TLS, Service: consoleName, Header: r.Header.Get}
		if ap, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			a.Peer = ap.Addr().Unmap()
		}
		defer a.Done()
		v := g.Ask(&a)
		if v.Decision == guard.Admit {
			next.ServeHTTP(w, r)
			return
		}
		var rec flow.Record
		rec.Begin(flow.Request, time.Now())
		rec.SetString(flow.Service, consoleName)
		rec.SetPeer(netip.AddrPortFrom(a.Peer, 0))
		rec.SetString(flow.Path, r.URL.Path)
		rec.SetString(flow.Refusal, v.Guard+": "+v.Reason)
		rec.Status = v.Status
		journal.Write(&rec)
		if v.Challenge != "" {
			w.Header().Set("WWW-Authenticate", v.Challenge)
		}
		if v.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((v.RetryAfter+time.Second-1)/time.Second)))
		}
		http.Error(w, http.StatusText(int(v.Status)), int(v.Status))
	}), nil
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
