package cert

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

// handshakeBoth makes a connection in memory, sends a byte each way, so that
// tickets arrive, and returns what both saw.
func handshakeBoth(t *testing.T, server, client *tls.Config) (clientState, serverState tls.ConnectionState, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	a, b := net.Pipe()
	s, c := tls.Server(a, server), tls.Client(b, client)
	done := make(chan error, 1)
	go func() {
		err := s.HandshakeContext(ctx)
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		if err != nil {
			a.Close()
		}
		done <- err
	}()
	err = c.HandshakeContext(ctx)
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 1))
	}
	b.Close()
	serverErr := <-done
	a.Close()
	return c.ConnectionState(), s.ConnectionState(), errors.Join(err, serverErr)
}

func TestServerConfig(t *testing.T) {
	a := newAuthority(t)
	config := ServerConfig(fixed(issue(t, a, Request{Names: []string{"localhost"}})))
	client := &tls.Config{ServerName: "localhost", RootCAs: rootsOf(a), NextProtos: []string{"h2", "http/1.1"}}
	state, err := handshake(t, config, client)
	if err != nil {
		t.Fatal(err)
	}
	if state.NegotiatedProtocol != "http/1.1" || state.Version != tls.VersionTLS13 {
		t.Errorf("got %q over %s, want http/1.1 over TLS 1.3", state.NegotiatedProtocol, tls.VersionName(state.Version))
	}
	client.MaxVersion = tls.VersionTLS12
	if state, err = handshake(t, config, client); err != nil || state.Version != tls.VersionTLS12 {
		t.Errorf("TLS 1.2: %v", err)
	}
	client.MinVersion, client.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err = handshake(t, config, client); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
}

func TestTicketsSurviveAReload(t *testing.T) {
	a := newAuthority(t)
	old, next := issue(t, a, Request{Names: []string{"localhost"}}), issue(t, a, Request{Names: []string{"localhost"}})
	server := NewServer(Policy{Certificate: fixed(old)})
	config := server.Config()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := &tls.Config{ServerName: "localhost", RootCAs: rootsOf(a), MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
		server.Set(Policy{Certificate: fixed(old)})
		if state, err := handshake(t, config, client); err != nil || state.DidResume {
			t.Fatalf("first handshake: resumed %v, %v", state.DidResume, err)
		}
		server.Set(Policy{Certificate: fixed(next), ByName: map[string]ClientPolicy{"other": {Auth: tls.RequireAnyClientCert}}})
		if server.Config() != config {
			t.Fatal("another tls.Config after the reload")
		}
		if state, err := handshake(t, config, client); err != nil || !state.DidResume {
			t.Errorf("%s: resumed %v after the reload, %v", tls.VersionName(version), state.DidResume, err)
		}
		client.ClientSessionCache = nil
		if state, err := handshake(t, config, client); err != nil || !state.PeerCertificates[0].Equal(next.Leaf) {
			t.Errorf("a new client is not shown the new certificate: %v", err)
		}
	}
}

func TestTicketKeysRotate(t *testing.T) {
	a := newAuthority(t)
	now := time.Now()
	clock := func() time.Time { return now }
	server := NewServer(Policy{Certificate: fixed(issue(t, a, Request{Names: []string{"localhost"}}))})
	server.base.Time = clock
	handshakeAt := func(after time.Duration, cache tls.ClientSessionCache) bool {
		t.Helper()
		now = now.Add(after)
		// TLS 1.2, where one ticket serves again and again.
		state, err := handshake(t, server.Config(), &tls.Config{ServerName: "localhost", RootCAs: rootsOf(a), Time: clock, MaxVersion: tls.VersionTLS12, ClientSessionCache: cache})
		if err != nil {
			t.Fatal(err)
		}
		return state.DidResume
	}
	old := &stuckCache{}
	if handshakeAt(0, old) {
		t.Fatal("resumed without a ticket")
	}
	if !handshakeAt(25*time.Hour, old) {
		t.Error("a ticket of yesterday is refused")
	}
	for range 7 {
		handshakeAt(25*time.Hour, nil)
	}
	if handshakeAt(0, old) {
		t.Error("a ticket of eight days ago is accepted: its key was kept")
	}
}

// stuckCache keeps the first ticket it gets.
type stuckCache struct{ first *tls.ClientSessionState }

func (c *stuckCache) Get(string) (*tls.ClientSessionState, bool) { return c.first, c.first != nil }
func (c *stuckCache) Put(_ string, s *tls.ClientSessionState) {
	if c.first == nil {
		c.first = s
	}
}

func TestClientCertificatesByName(t *testing.T) {
	a, stranger := newAuthority(t), newAuthority(t)
	machine := issue(t, a, Request{Names: []string{"machine-7"}, Client: true})
	foreign := issue(t, stranger, Request{Names: []string{"machine-7"}, Client: true})
	server := NewServer(Policy{
		Certificate: fixed(issue(t, a, Request{Names: []string{"open.test", "closed.test", "*.api.test"}})),
		ByName: map[string]ClientPolicy{
			"closed.test": {Auth: tls.RequireAndVerifyClientCert, CAs: rootsOf(a)},
			"*.api.test":  {Auth: tls.VerifyClientCertIfGiven, CAs: rootsOf(a)},
		},
	})
	for _, tt := range []struct {
		name    string
		shown   *tls.Certificate
		ok      bool
		subject string
	}{
		{"open.test", nil, true, ""},
		{"open.test", machine, true, ""}, // not asked for
		{"closed.test", nil, false, ""},
		{"CLOSED.test", nil, false, ""},
		{"closed.test", machine, true, "machine-7"},
		{"closed.test", foreign, false, ""},
		{"a.api.test", nil, true, ""},
		{"a.api.test", machine, true, "machine-7"},
		{"a.api.test", foreign, false, ""},
	} {
		client := &tls.Config{ServerName: tt.name, RootCAs: rootsOf(a)}
		if tt.shown != nil {
			client.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tt.shown, nil }
		}
		_, state, err := handshakeBoth(t, server.Config(), client)
		if (err == nil) != tt.ok {
			t.Errorf("%s with %v: %v, want ok %v", tt.name, tt.shown != nil, err, tt.ok)
		}
		got := ""
		if err == nil && len(state.PeerCertificates) > 0 {
			got = state.PeerCertificates[0].Subject.CommonName
		}
		if got != tt.subject {
			t.Errorf("%s: the server saw %q, want %q", tt.name, got, tt.subject)
		}
	}
	if p := server.ClientPolicy("closed.test."); p.Auth != tls.RequireAndVerifyClientCert {
		t.Errorf("policy of closed.test: %v", p.Auth)
	}
	if p := server.ClientPolicy("api.test"); p.Auth != tls.NoClientCert {
		t.Errorf("policy of api.test: %v", p.Auth)
	}
}

// A session begun where no certificate is asked for must not open a name where
// one is.
func TestResumptionDoesNotSkipTheClientCertificate(t *testing.T) {
	a := newAuthority(t)
	server := NewServer(Policy{
		Certificate: fixed(issue(t, a, Request{Names: []string{"open.test", "closed.test"}})),
		ByName:      map[string]ClientPolicy{"closed.test": {Auth: tls.RequireAndVerifyClientCert, CAs: rootsOf(a)}},
	})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		cache := &stuckCache{}
		open := &tls.Config{ServerName: "open.test", RootCAs: rootsOf(a), MaxVersion: version, ClientSessionCache: cache}
		if _, err := handshake(t, server.Config(), open); err != nil || cache.first == nil {
			t.Fatal(err)
		}
		closed := &tls.Config{ServerName: "closed.test", RootCAs: rootsOf(a), MaxVersion: version, ClientSessionCache: cache}
		if _, err := handshake(t, server.Config(), closed); err == nil {
			t.Errorf("%s: in without a certificate", tls.VersionName(version))
		}
	}
}

func fixed(c *tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c, nil }
}

func BenchmarkChoose(b *testing.B) {
	a, err := OpenAuthority(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, sources := range []int{1, 1000} {
		var list []Source
		for i := range sources {
			c, err := a.Issue(Request{Names: []string{"host" + strconv.Itoa(i) + ".test"}})
			if err != nil {
				b.Fatal(err)
			}
			list = append(list, static{c})
		}
		hello := &tls.ClientHelloInfo{ServerName: "host" + strconv.Itoa(sources-1) + ".test", SupportedVersions: []uint16{tls.VersionTLS13}}
		choose := Choose(list...)
		b.Run("sources="+strconv.Itoa(sources), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := choose(hello); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// static is a Source that never changes.
type static []*tls.Certificate

func (s static) Certificates() []*tls.Certificate                           { return s }
func (s static) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s[0], nil }
func (s static) Info() []Info                                               { return nil }
func (s static) Serve(ctx context.Context) error                            { <-ctx.Done(); return nil }
