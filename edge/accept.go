package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// connContext is the context of a connection that knows who is on its other side,
// which the requests need not ask again.
type connContext struct {
	context.Context
	peer netip.AddrPort // also who a PROXY header named
}

// Handler is the service on the connections of a listener: HTTP in the clear
// where config is nil, behind a TLS handshake otherwise.
func (s *Service) Handler(config *tls.Config) endpoint.Handler { return &listener{s, config} }

// listener is a service behind one way to listen.
type listener struct {
	*Service
	config *tls.Config
}

// Serve admits a connection and serves it. What an idle connection costs is mostly
// the stack of this goroutine, so what would make it grow runs on another.
func (l *listener) Serve(ctx context.Context, conn net.Conn) error {
	admitted := make(chan admission, 1)
	go l.admit(ctx, conn, l.config, admitted)
	a := <-admitted
	if a.conn == nil {
		return conn.Close()
	}
	return l.Service.Serve(a.ctx, a.conn)
}

// admission is a connection that may speak HTTP; one that may not has no conn.
type admission struct {
	ctx  context.Context
	conn net.Conn
}

// admit brings a connection as far as its first request.
func (s *Service) admit(ctx context.Context, conn net.Conn, config *tls.Config, admitted chan<- admission) {
	var a admission
	defer func() { admitted <- a }()
	a = s.check(ctx, conn, config)
}

// check asks what can be asked before the first request, and shakes hands.
func (s *Service) check(ctx context.Context, conn net.Conn, config *tls.Config) admission {
	start := time.Now()
	t := s.table.Load()
	peer := peerOf(conn)
	if t.proxied != nil {
		named, err := t.proxied.Peer(conn)
		if err != nil {
			return s.turnAway(start, peer, "", fmt.Errorf("PROXY header: %w", err))
		}
		peer = named
	}
	if t.atAccept != nil && peer.IsValid() {
		a := guard.Attempt{Peer: peer.Addr(), Service: s.name}
		if v := t.atAccept.Ask(&a); v.Decision != guard.Admit {
			return s.turnAway(start, peer, v.Guard+": "+v.Reason, nil)
		}
	}
	known := &connContext{ctx, peer}
	if config == nil {
		return admission{known, conn}
	}
	secure := tls.Server(newRecordConn(conn), config)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.handshake)
	err := secure.HandshakeContext(limit)
	cancel()
	if err != nil {
		return s.turnAway(start, peer, "", handshakeError(conn, err))
	}
	return admission{known, secure}
}

// plainHTTP is for who asks without TLS where TLS is spoken.
const plainHTTP = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 48\r\nConnection: close\r\n\r\n" +
	"400 This port speaks TLS; ask it with https://.\n"

// handshakeError says in our words what clients do wrong most, and tells them
// where they can be told.
func handshakeError(conn net.Conn, err error) error {
	var notTLS tls.RecordHeaderError
	if !errors.As(err, &notTLS) {
		return fmt.Errorf("TLS handshake: %w", err)
	}
	if b := notTLS.RecordHeader[0]; 'A' <= b && b <= 'Z' { // a method
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = io.WriteString(conn, plainHTTP) // the handshake has failed already
	}
	return errors.New("the client does not speak TLS, which this port expects")
}

// turnAway records a connection that never came to a request.
func (s *Service) turnAway(start time.Time, peer netip.AddrPort, refusal string, err error) admission {
	var rec flow.Record
	rec.Begin(flow.Connection, start)
	rec.SetString(flow.Service, s.name)
	rec.SetPeer(peer)
	rec.Duration = time.Since(start)
	if refusal != "" {
		rec.SetString(flow.Refusal, refusal)
	}
	if err != nil {
		rec.SetString(flow.Error, err.Error())
	}
	s.deps.Journal.Write(&rec)
	return admission{}
}
