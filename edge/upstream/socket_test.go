package upstream

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
)

// writePEM writes blocks into a file of the test's folder.
func writePEM(t testing.TB, name string, kind string, der []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// clientPair makes a client certificate of its own and writes it to files.
func clientPair(t testing.TB, cert, key, name string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(crand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// get asks for / over the connection and gives the body.
func get(t testing.TB, c *Conn) string {
	t.Helper()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	defer c.SetDeadline(time.Time{})
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
	return body
}

func realPool(t testing.TB, cfg Config) *Pool {
	t.Helper()
	p, err := New("test", cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestTLSIsVerified(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.ServerName+" "+r.TLS.NegotiatedProtocol)
	}))
	server.Config.ErrorLog = discarded()
	server.StartTLS() // its certificate is for example.com and 127.0.0.1
	defer server.Close()
	ca := writePEM(t, "ca.pem", "CERTIFICATE", server.Certificate().Raw)
	for _, test := range []struct {
		name  string
		tls   TLSConfig
		body  string
		wrong string
	}{
		{"address", TLSConfig{CA: ca}, " http/1.1", ""},
		{"name", TLSConfig{CA: ca, SNI: "example.com"}, "example.com http/1.1", ""},
		{"system's authorities", TLSConfig{}, "", "unknown authority"},
		{"other name", TLSConfig{CA: ca, SNI: "example.org"}, "", "not example.org"},
		{"not verified", TLSConfig{Insecure: true}, " http/1.1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := realPool(t, Config{To: targets(server.URL), TLS: test.tls})
			c, err := p.Acquire(t.Context(), &Choice{})
			if test.wrong != "" {
				var dial *DialError
				if !errors.As(err, &dial) || dial.Step != "tls" || !strings.Contains(err.Error(), test.wrong) {
					t.Fatalf("got %v, want an error with %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer c.Release(false)
			if _, ok := c.Conn.(*tls.Conn); !ok {
				t.Errorf("the connection is a %T", c.Conn)
			}
			if got := get(t, c); got != test.body {
				t.Errorf("the server saw %q, want %q", got, test.body)
			}
		})
	}
}

func TestTLSTermsChange(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = discarded()
	server.StartTLS()
	defer server.Close()
	ca := writePEM(t, "ca.pem", "CERTIFICATE", server.Certificate().Raw)
	cfg := Config{To: targets(server.URL), TLS: TLSConfig{CA: ca}}
	p := realPool(t, cfg)
	used, idle := acquire(t, p, nil), acquire(t, p, nil)
	idle.Release(true)
	cfg.Keepalive.Idle = 10 // nothing about TLS
	if err := p.Reconfigure(cfg); err != nil {
		t.Fatal(err)
	}
	if got := p.Status().Targets[0].Idle; got != 1 {
		t.Errorf("%d idle connections after a reload with the same terms", got)
	}
	cfg.TLS.SNI = "example.com"
	if err := p.Reconfigure(cfg); err != nil {
		t.Fatal(err)
	}
	used.Release(true)
	if got := p.Status().Targets[0].Idle; got != 0 {
		t.Errorf("%d idle connections made under other terms", got)
	}
	c := acquire(t, p, nil)
	c.Release(true)
	if got := p.Status().Targets[0].Idle; c.Reused || got != 1 {
		t.Errorf("a new one: reused %v, %d idle", c.Reused, got)
	}
}

func TestClientCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true}
	server.Config.ErrorLog = discarded()
	server.StartTLS()
	defer server.Close()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	clientPair(t, cert, key, "first")
	p := realPool(t, Config{To: targets(server.URL), TLS: TLSConfig{Insecure: true, Cert: cert, Key: key}})
	who := func() string {
		c := acquire(t, p, nil)
		defer c.Release(false)
		return get(t, c)
	}
	if got := who(); got != "first" {
		t.Errorf("the server saw %q", got)
	}
	clientPair(t, cert, key, "second") // renewed
	later := time.Now().Add(2 * time.Second)
	os.Chtimes(cert, later, later)
	if got := who(); got != "second" {
		t.Errorf("after the files changed it saw %q", got)
	}
	os.WriteFile(cert, []byte("half"), 0o600)
	if got := who(); got != "second" {
		t.Errorf("with a broken file it saw %q", got)
	}
	if _, err := New("test", p.Config().clone(), nil); err == nil || !strings.Contains(err.Error(), "tls.cert") {
		t.Errorf("a pool with a broken certificate: %v", err)
	}
}

// A target that accepts and says nothing does not hold a request for ever.
func TestHandshakeTimeout(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	p := realPool(t, Config{To: targets("https://" + ln.Addr().String()), TLS: TLSConfig{Handshake: 50 * time.Millisecond}})
	_, err = p.Acquire(t.Context(), &Choice{})
	var dial *DialError
	if !errors.As(err, &dial) || dial.Step != "tls" || !dial.Timeout() {
		t.Errorf("got %v", err)
	}
}

// Bytes that a target sends unasked, and the end of a connection, close it
// while it lies idle (edge's vector 39).
func TestSweepClosesWhatSpeaksUnasked(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		address := "127.0.0.1:0"
		if network == "unix" {
			address = filepath.Join(t.TempDir(), "s")
		}
		ln, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		url := "http://" + ln.Addr().String()
		if network == "unix" {
			url = "unix://" + address
		}
		p := realPool(t, Config{To: targets(url)})
		var near []*Conn
		var far []net.Conn
		for range 3 {
			near = append(near, acquire(t, p, nil))
			c, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			far = append(far, c)
		}
		for _, c := range near {
			c.Release(true)
		}
		sweep := func() int64 {
			p.sweep(p.clock()+10*time.Second, 5*time.Second)
			return p.Status().Targets[0].Idle
		}
		if got := sweep(); got != 3 {
			t.Errorf("%s: %d of 3 quiet connections left", network, got)
		}
		io.WriteString(far[0], "HTTP/1.1 200 OK\r\n\r\n")
		far[1].Close()
		deadline := time.Now().Add(5 * time.Second)
		for sweep() != 1 && time.Now().Before(deadline) {
			time.Sleep(time.Millisecond) // until loopback has brought it
		}
		if got := sweep(); got != 1 {
			t.Errorf("%s: %d connections left, want the quiet one", network, got)
		}
		if c := acquire(t, p, nil); c != near[2] {
			t.Errorf("%s: what is left is not the quiet one", network)
		} else {
			c.Release(false)
		}
	}
}

func TestHealthOverRealSockets(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" || r.Host != "app.test" || !r.Close {
			http.Error(w, "no", http.StatusTeapot)
		}
		io.WriteString(w, strings.Repeat("x", 10_000)+" fine")
	})
	secure := httptest.NewTLSServer(handler)
	defer secure.Close()
	plain := httptest.NewServer(handler)
	defer plain.Close()
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	unix := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		unix.Serve(ln)
	}()
	defer func() {
		unix.Close()
		<-ended
	}()
	p := realPool(t, Config{
		To:     targets(secure.URL, plain.URL, "unix://"+socket),
		TLS:    TLSConfig{CA: writePEM(t, "ca.pem", "CERTIFICATE", secure.Certificate().Raw)},
		Health: &HealthConfig{Path: "/healthz", Host: "app.test", Body: "fine", Timeout: 10 * time.Second},
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, target := range p.targets {
		if err := p.check(ctx, p.plan, target); err != nil {
			t.Errorf("%s: %v", target.URL(), err)
		}
	}
	if s := p.Status(); s.Targets[0].Requests != 0 {
		t.Error("checks are counted as requests")
	}
	p.plan.Health.Host = "other.test"
	if err := p.check(ctx, p.plan, p.targets[0]); err == nil || err.Error() != "status 418" {
		t.Errorf("a check that fails: %v", err)
	}
}

// What a PROXY header tells comes before TLS, from requests and checks alike.
func TestPrefaceComesBeforeTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.RemoteAddr)
	}))
	server.Config.ErrorLog = discarded()
	server.Listener = &proxyproto.Listener{
		Listener: server.Listener, ReadHeaderTimeout: 10 * time.Second,
		ConnPolicy: func(proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) { return proxyproto.REQUIRE, nil },
	}
	server.StartTLS()
	defer server.Close()
	for _, version := range []string{"v1", "v2"} {
		p := realPool(t, Config{
			To: targets(server.URL), TLS: TLSConfig{Insecure: true}, ProxyProtocol: version,
			Health: &HealthConfig{Timeout: 10 * time.Second},
		})
		if err := p.check(t.Context(), p.plan, p.targets[0]); err != nil {
			t.Errorf("%s: check: %v", version, err)
		}
		c := acquire(t, p, &Choice{Fresh: true, Preface: []byte("PROXY TCP4 192.0.2.7 192.0.2.8 4711 443\r\n")})
		if got := get(t, c); got != "192.0.2.7:4711" {
			t.Errorf("%s: the server saw %q", version, got)
		}
		c.Release(true)
		if got := p.Status().Targets[0].Idle; got != 0 {
			t.Errorf("%s: a connection that bears a client's address was kept", version)
		}
	}
}

func TestDialErrorsArePlain(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + ln.Addr().String()
	ln.Close()
	for _, test := range []struct {
		cfg  Config
		dial func(ctx context.Context, network, address string) (net.Conn, error)
		want string
	}{
		{Config{To: targets(url)}, nil, "cannot connect: connection refused"},
		{Config{To: targets(url), Connect: time.Millisecond}, func(ctx context.Context, network, address string) (net.Conn, error) {
			<-ctx.Done()
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
		}, "cannot connect: no answer in time"},
	} {
		p := realPool(t, test.cfg)
		p.Dial = test.dial
		_, err := p.Acquire(t.Context(), &Choice{})
		if want := "target " + url + ": " + test.want; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
		if got := p.Status().Targets[0].LastError; got != test.want {
			t.Errorf("last error %q, want %q", got, test.want)
		}
	}
}
