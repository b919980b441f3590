package guard

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// ca signs certificates for tests.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newCA(t testing.TB, name string, by *ca) *ca {
	c := &ca{}
	tmpl := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotAfter: time.Now().Add(time.Hour),
	}
	if by == nil {
		by = c
	}
	c.key = newKey(t)
	c.cert = by.sign(t, tmpl, c.key)
	return c
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sign issues tmpl for the key; an authority without a certificate signs its own.
func (c *ca) sign(t testing.TB, tmpl *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	tmpl.SerialNumber = big.NewInt(time.Now().UnixNano())
	if tmpl.NotBefore.IsZero() {
		tmpl.NotBefore = time.Now().Add(-time.Hour)
	}
	if tmpl.NotAfter.IsZero() {
		tmpl.NotAfter = time.Now().Add(time.Hour)
	}
	parent := c.cert
	if parent == nil {
		parent = tmpl
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// client issues a client certificate.
func (c *ca) client(t testing.TB, tmpl x509.Certificate) *x509.Certificate {
	if tmpl.ExtKeyUsage == nil {
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return c.sign(t, &tmpl, newKey(t))
}

func pemOf(certs ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certs {
		pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	return b.String()
}

func TestClientCert(t *testing.T) {
	ours, other := newCA(t, "ours", nil), newCA(t, "other", nil)
	middle := newCA(t, "middle", ours)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, "text before\n"+pemOf(ours.cert))
	g := mustNew(t, "machines", Config{ClientCert: &ClientCertConfig{CA: file}})
	some := mustNew(t, "some", Config{ClientCert: &ClientCertConfig{CA: file, Names: []string{"robot-*", "*.example.com"}}})

	named := func(cn string) x509.Certificate { return x509.Certificate{Subject: pkix.Name{CommonName: cn}} }
	expired := named("robot-1")
	expired.NotBefore, expired.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	server := named("robot-1")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, tt := range []struct {
		name    string
		g       Guard
		certs   []*x509.Certificate
		want    Decision
		subject string
	}{
		{"common name", g, []*x509.Certificate{ours.client(t, named("robot-1"))}, Admit, "robot-1"},
		{"DNS name", g, []*x509.Certificate{ours.client(t, x509.Certificate{DNSNames: []string{"a.example.com"}})}, Admit, "a.example.com"},
		{"email", g, []*x509.Certificate{ours.client(t, x509.Certificate{EmailAddresses: []string{"ada@example.com"}})}, Admit, "ada@example.com"},
		{"by a middle authority", g, []*x509.Certificate{middle.client(t, named("robot-2")), middle.cert}, Admit, "robot-2"},
		{"the middle one is missing", g, []*x509.Certificate{middle.client(t, named("robot-2"))}, Refuse, ""},
		{"another authority", g, []*x509.Certificate{other.client(t, named("robot-1"))}, Refuse, ""},
		{"another authority, sent along", g, []*x509.Certificate{other.client(t, named("robot-1")), other.cert}, Refuse, ""},
		{"expired", g, []*x509.Certificate{ours.client(t, expired)}, Refuse, ""},
		{"for servers", g, []*x509.Certificate{ours.client(t, server)}, Refuse, ""},
		{"no name", g, []*x509.Certificate{ours.client(t, x509.Certificate{})}, Refuse, ""},
		{"none", g, nil, NeedCredentials, ""},
		{"name listed", some, []*x509.Certificate{ours.client(t, named("robot-1"))}, Admit, "robot-1"},
		{"second name listed", some, []*x509.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"a.example.com"}})}, Admit, "a.example.com"},
		{"name not listed", some, []*x509.Certificate{ours.client(t, named("printer"))}, Refuse, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second time from memory
				a := Attempt{TLS: &tls.ConnectionState{PeerCertificates: tt.certs}}
				v := tt.g.Ask(&a)
				if v.Decision != tt.want || v.Subject != tt.subject || a.Subject != tt.subject {
					t.Errorf("%+v", v)
				}
				if tt.want != Admit && (v.Status != 403 || v.Reason == "") {
					t.Errorf("%+v", v)
				}
			}
		})
	}
	if v := g.Ask(&Attempt{}); v.Decision != NeedCredentials {
		t.Errorf("without TLS: %+v", v)
	}
	write(t, file, "no certificate\n")
	if _, err := New("m", Config{ClientCert: &ClientCertConfig{CA: file}}, nil); err == nil || !strings.Contains(err.Error(), "client_cert: ca: ") {
		t.Error(err)
	}
}

// TestClientCertNotLongerThanValid: what is remembered ends with the chain, and
// with the authority.
func TestClientCertNotLongerThanValid(t *testing.T) {
	ours := newCA(t, "ours", nil)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, pemOf(ours.cert))
	c, err := newClientCert(ClientCertConfig{CA: file})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.load(); err != nil {
		t.Fatal(err)
	}
	leaf := ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "r"}, NotAfter: time.Now().Add(10 * time.Hour)})
	certs := []*x509.Certificate{leaf}
	for _, tt := range []struct {
		at   time.Duration
		want bool
	}{{0, true}, {30 * time.Minute, true}, {2 * time.Hour, false}, {-2 * time.Hour, false}} {
		if _, err := c.verify(certs, time.Now().Add(tt.at)); (err == nil) != tt.want {
			t.Errorf("at %v: %v", tt.at, err)
		}
	}
	write(t, file, pemOf(newCA(t, "next", nil).cert))
	if _, err := c.load(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.verify(certs, time.Now()); err == nil {
		t.Error("a certificate of an authority that is gone is still let in")
	}
}

// TestClientAuthHandshake: with what ClientAuth says, a handshake without a
// certificate succeeds, and one with a certificate is admitted.
func TestClientAuthHandshake(t *testing.T) {
	ours := newCA(t, "ours", nil)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, file, pemOf(ours.cert))
	g := mustNew(t, "machines", Config{ClientCert: &ClientCertConfig{CA: file}})
	open := mustNew(t, "open", Config{Rate: 1000})
	if mode, pool := ClientAuth(open); mode != tls.NoClientCert || pool != nil {
		t.Error("a certificate is asked for without need")
	}
	serverKey, clientKey := newKey(t), newKey(t)
	serverCert := ours.sign(t, &x509.Certificate{DNSNames: []string{"localhost"}}, serverKey)
	clientCert := ours.sign(t, &x509.Certificate{Subject: pkix.Name{CommonName: "robot"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, clientKey)
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)

	for _, tt := range []struct {
		certs []tls.Certificate
		want  Decision
	}{
		{nil, NeedCredentials},
		{[]tls.Certificate{{Certificate: [][]byte{clientCert.Raw}, PrivateKey: clientKey}}, Admit},
	} {
		cfg := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{serverCert.Raw}, PrivateKey: serverKey}}}
		cfg.ClientAuth, cfg.ClientCAs = ClientAuth(open, All(open, g))
		a, b := net.Pipe()
		go func() {
			c := tls.Client(a, &tls.Config{RootCAs: roots, ServerName: "localhost", Certificates: tt.certs})
			c.Handshake()
			io.Copy(io.Discard, c)
		}()
		s := tls.Server(b, cfg)
		s.SetDeadline(time.Now().Add(5 * time.Second))
		if err := s.Handshake(); err != nil {
			t.Fatal(err)
		}
		state := s.ConnectionState()
		if v := g.Ask(&Attempt{TLS: &state}); v.Decision != tt.want {
			t.Errorf("%+v, want %v", v, tt.want)
		}
		a.Close()
		b.Close()
	}
}

func BenchmarkClientCertRemembered(b *testing.B) {
	ours := newCA(b, "ours", nil)
	file := filepath.Join(b.TempDir(), "ca.pem")
	write(b, file, pemOf(ours.cert))
	g := mustNew(b, "machines", Config{ClientCert: &ClientCertConfig{CA: file}})
	a := Attempt{TLS: &tls.ConnectionState{PeerCertificates: []*x509.Certificate{ours.client(b, x509.Certificate{Subject: pkix.Name{CommonName: "r"}})}}}
	for b.Loop() {
		if g.Ask(&a).Decision != Admit {
			b.Fatal("refused")
		}
	}
}
