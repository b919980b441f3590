package node

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"reflect"
	"time"

	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/stream"
)

// streamService is a stream with what stands before it.
type streamService struct {
	node     *Node
	cfg      stream.Config
	handle   endpoint.Handler
	guard    guard.Guard             // nil without any
	atAccept guard.Guard             // what of it can be asked before a handshake; nil for nothing
	proxied  *endpoint.ProxyProtocol // nil where no PROXY header is read
	limit    time.Duration           // for the handshake
}

// buildStream makes the stream of a service. One whose settings stay is taken
// over with what it holds: the rooms of a chat.
func (s *state) buildStream(svc, before *service) (*streamService, error) {
	st := &streamService{
		node: s.node, cfg: *svc.cfg.Stream,
		proxied: proxyProtocol(&svc.cfg), limit: svc.cfg.Timeouts.Handshake,
	}
	if list := s.guardsOf(&svc.cfg); len(list) > 0 {
		st.guard = guard.All(list...)
		st.atAccept = guard.AtAccept(st.guard)
	}
	if before != nil && reflect.DeepEqual(before.stream.cfg, st.cfg) {
		st.handle = before.stream.handle
		return st, nil
	}
	var err error
	st.handle, err = stream.New(st.cfg, s.node.log)
	return st, err
}

// proxyProtocol reads the PROXY headers that a service expects; nil for none.
func proxyProtocol(cfg *config.ServiceConfig) *endpoint.ProxyProtocol {
	if cfg.ProxyProtocol == "off" || cfg.ProxyProtocol == "" {
		return nil
	}
	return &endpoint.ProxyProtocol{
		Trusted: cfg.Trusted, Require: cfg.ProxyProtocol == "require", Wait: max(cfg.Timeouts.Handshake, 0),
	}
}

// handler is the stream on a listener, behind TLS where config is not nil:
// guards first, then what speaks, then the record.
func (st *streamService) handler(name string, config *tls.Config) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		start := time.Now()
		var rec flow.Record
		rec.Begin(flow.Connection, start)
		rec.SetString(flow.Service, name)
		rec.SetString(flow.Route, st.cfg.Kind)
		attempt := guard.Attempt{Service: name}
		defer func() {
			attempt.Done()
			if p := recover(); p != nil {
				rec.SetString(flow.Error, "panic")
				defer panic(p) // the server reports it
			}
			rec.Duration = time.Since(start)
			st.node.journal.Write(&rec)
		}()
		conn, err := st.admit(ctx, conn, config, &attempt, &rec)
		if conn != nil {
			defer conn.Close()
		}
		if err == nil {
			err = st.handle.Serve(flow.NewContext(ctx, &rec), conn)
		}
		if err != nil && ctx.Err() == nil && !rec.Has(flow.Refusal) {
			rec.SetString(flow.Error, err.Error())
		}
		return nil // the record has it
	})
}

// admit brings a connection as far as its first byte of the stream: who the peer
// is, the addresses that guards let in, the handshake, the guards.
func (st *streamService) admit(ctx context.Context, conn net.Conn, config *tls.Config, a *guard.Attempt, rec *flow.Record) (net.Conn, error) {
	peer := addressOf(conn.RemoteAddr())
	if st.proxied != nil {
		named, err := st.proxied.Peer(conn)
		if err != nil {
			rec.SetPeer(peer)
			return conn, err
		}
		peer = named
	}
	rec.SetPeer(peer)
	a.Peer = peer.Addr()
	if st.atAccept != nil && peer.IsValid() {
		if err := ask(st.atAccept, a, rec); err != nil {
			return conn, err
		}
	}
	if config != nil {
		conn = tls.Server(conn, config)
	}
	if err := st.handshake(ctx, conn); err != nil {
		return conn, err
	}
	if secure := tlsBelow(conn); secure != nil {
		state := secure.ConnectionState()
		a.TLS, rec.TLSVersion = &state, state.Version
	}
	if st.guard == nil {
		return conn, nil
	}
	err := ask(st.guard, a, rec)
	if a.Subject != "" {
		rec.SetString(flow.Subject, a.Subject)
	}
	return conn, err
}

// handshake is not cut short by a stop: a client in the middle of it has been
// accepted.
func (st *streamService) handshake(ctx context.Context, conn net.Conn) error {
	ctx = context.WithoutCancel(ctx)
	if st.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, st.limit)
		defer cancel()
	}
	return endpoint.Handshake(ctx, conn)
}

// tlsBelow is the TLS connection that conn is or stands on; nil where there is none.
func tlsBelow(conn net.Conn) *tls.Conn {
	for {
		switch c := conn.(type) {
		case *tls.Conn:
			return c
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// ask asks a guard and records what it refuses.
func ask(g guard.Guard, a *guard.Attempt, rec *flow.Record) error {
	v := g.Ask(a)
	if v.Decision != guard.Admit {
		rec.SetString(flow.Refusal, v.Guard+": "+v.Reason)
	}
	return v.Err()
}

// addressOf is a TCP or UDP address, not valid for others.
func addressOf(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
