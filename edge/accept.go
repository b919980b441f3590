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

// peerKey is under what the context of a connection keeps the peer that a PROXY
// header named.
type peerKey struct{}

// Handler is the service on the connections of a listener: HTTP in the clear
// where config is nil, behind a TLS handshake otherwise.
func (s *Service) Handler(config *tls.Config) endpoint.Handler {
	return endpoint.HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		return s.accept(ctx, conn, config)
	})
}

// accept brings a connection as far as its first request.
func (s *Service) accept(ctx context.Context, conn net.Conn, config *tls.Config) error {
	start := time.Now()
	t := s.table.Load()
	peer := peerOf(conn)
	if t.proxied != nil {
		named, err := t.proxied.Peer(conn)
		if err != nil {
			return s.turnAway(conn, start, peer, "", fmt.Errorf("PROXY header: %w", err))
		}
		if named != peer {
			peer = named
			ctx = context.WithValue(ctx, peerKey{}, peer)
		}
	}
	if t.atAccept != nil && peer.IsValid() {
		a := guard.Attempt{Peer: peer.Addr(), Service: s.name}
		if v := t.atAccept.Ask(&a); v.Decision != guard.Admit {
			return s.turnAway(conn, start, peer, v.Guard+": "+v.Reason, nil)
		}
	}
	if config == nil {
		return s.Serve(ctx, conn)
	}
	secure := tls.Server(newRecordConn(conn), config)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.handshake)
	err := secure.HandshakeContext(limit)
	cancel()
	if err != nil {
		return s.turnAway(conn, start, peer, "", handshakeError(conn, err))
	}
	return s.Serve(ctx, secure)
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
		io.WriteString(conn, plainHTTP)
	}
	return errors.New("the client does not speak TLS, which this port expects")
}

// turnAway closes a connection that never came to a request, and records it.
func (s *Service) turnAway(conn net.Conn, start time.Time, peer netip.AddrPort, refusal string, err error) error {
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
	return conn.Close()
}
