package cert

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"sync/atomic"
)

// A Policy is what a listener shows and asks for in the handshake.
type Policy struct {
	// Certificate chooses what is shown, as made by [Choose].
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// ALPN lists the protocols offered, best first. Nil: http/1.1.
	// An empty slice: none.
	ALPN []string
	// Client says whether clients are asked for a certificate.
	Client ClientPolicy
	// ByName says so for single server names (SNI), exact or "*.example.com",
	// where it differs from Client.
	ByName map[string]ClientPolicy
}

// A ClientPolicy says whether clients are asked for a certificate, and which
// authorities they may have it from.
type ClientPolicy struct {
	Auth tls.ClientAuthType
	CAs  *x509.CertPool
}

// A Server is the TLS side of a listener. Its tls.Config stays the same one
// while the policy is replaced, so that the sessions of clients can be resumed
// across a reload. The keys of session tickets are made by the Go runtime, new
// each day, and forgotten after seven. Safe for concurrent use.
type Server struct {
	base    *tls.Config
	current atomic.Pointer[configs]
}

// configs are the prepared tls.Configs of one policy.
type configs struct {
	plain  *tls.Config
	byName map[string]*tls.Config // wildcards as ".example.com"
}

// NewServer makes the TLS side of a listener.
func NewServer(p Policy) *Server {
	s := &Server{}
	s.base = newConfig(p, p.Client)
	s.base.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		return s.current.Load().choose(hello.ServerName), nil
	}
	s.Set(p)
	return s
}

// ServerConfig is the tls.Config of a server that asks no client for a
// certificate and offers http/1.1: TLS 1.2 at least, Go's own choice of suites,
// session tickets with rotating keys.
func ServerConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return NewServer(Policy{Certificate: certificate}).Config()
}

// Config is the same tls.Config each time. It must not be changed.
func (s *Server) Config() *tls.Config { return s.base }

// Set replaces the policy for the handshakes that begin from now on.
func (s *Server) Set(p Policy) {
	next := &configs{plain: newConfig(p, p.Client), byName: make(map[string]*tls.Config, len(p.ByName))}
	for name, client := range p.ByName {
		next.byName[nameKey(name)] = newConfig(p, client)
	}
	s.current.Store(next)
}

// ClientPolicy is what clients that name this server are asked for. With it a
// server tells whether a request for one name may come over a connection that
// was opened under another.
func (s *Server) ClientPolicy(serverName string) ClientPolicy {
	c := s.current.Load().choose(serverName)
	return ClientPolicy{Auth: c.ClientAuth, CAs: c.ClientCAs}
}

func (c *configs) choose(serverName string) *tls.Config {
	if len(c.byName) == 0 {
		return c.plain
	}
	name := strings.ToLower(strings.TrimSuffix(serverName, "."))
	if config := c.byName[name]; config != nil {
		return config
	}
	if dot := strings.IndexByte(name, '.'); dot > 0 {
		if config := c.byName[name[dot:]]; config != nil {
			return config
		}
	}
	return c.plain
}

func newConfig(p Policy, client ClientPolicy) *tls.Config {
	alpn := p.ALPN
	if alpn == nil {
		alpn = []string{"http/1.1"}
	}
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		NextProtos:     alpn,
		GetCertificate: p.Certificate,
		ClientAuth:     client.Auth,
		ClientCAs:      client.CAs,
	}
}
