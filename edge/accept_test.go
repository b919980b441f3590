package edge

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
)

// authority is a CA for a test and a certificate of it.
func authority(t testing.TB, names ...string) (*x509.CertPool, tls.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return roots, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func hello() *ServiceConfig {
	return &ServiceConfig{Routes: []RouteConfig{{Name: "hello", Respond: &RespondConfig{Body: "hello ${remote} ${scheme} ${tls.version}\n"}}}}
}

// secure starts a service behind TLS.
func secure(g *rig, names ...string) (*rig, *tls.Config) {
	roots, cert := authority(g.t, names...)
	g.tls = &tls.Config{Certificates: []tls.Certificate{cert}}
	g.start()
	return g, &tls.Config{RootCAs: roots, ServerName: names[0]}
}

func dialTLS(t testing.TB, g *rig, config *tls.Config) *client {
	t.Helper()
	c := dial(t, g.addr)
	conn := tls.Client(c.Conn, config)
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	c.Conn = conn
	c.in.Reset(conn)
	return c
}

func TestTLS(t *testing.T) {
	g, config := secure(newRig(t, hello()), "a.test")
	c := dialTLS(t, g, config)
	for range 3 {
		if r, body := c.send("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n").answer("GET"); body != "hello 127.0.0.1 https TLS 1.3\n" {
			t.Fatalf("%s %q", r.Status, body)
		}
	}
	// Two records in one segment, half a record, data long before the wait.
	c.send("GET /%s HTTP/1.1\r\nHost: a.test\r\nX: %s\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n", "1", strings.Repeat("x", 2000))
	c.send("GET /3 HTTP/1.1\r\n").send("Host: a.test\r\n\r\n")
	time.Sleep(20 * time.Millisecond)
	for range 3 {
		if r, _ := c.answer("GET"); r.StatusCode != 200 {
			t.Fatal(r.Status)
		}
	}
	if rec := g.last(every); rec.TLSVersion != tls.VersionTLS13 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// shaper cuts and joins what a TLS client writes.
type shaper struct {
	net.Conn
	hold bytes.Buffer
	on   bool
}

func (s *shaper) Write(p []byte) (int, error) {
	if s.on {
		return s.hold.Write(p)
	}
	return s.Conn.Write(p)
}

func TestTLSRecordsAnyHow(t *testing.T) {
	g, config := secure(newRig(t, hello()), "a.test")
	raw := dial(t, g.addr)
	s := &shaper{Conn: raw.Conn}
	conn := tls.Client(s, config)
	if err := conn.Handshake(); err != nil {
		t.Fatal(err)
	}
	raw.in.Reset(conn)
	s.on = true
	const n = 40
	for range n {
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: a.")
		fmt.Fprint(conn, "test\r\n\r\n")
	}
	data := s.hold.Bytes()
	go func() {
		for size := 1; len(data) > 0; size = size*3 + 1 {
			k := min(size, len(data))
			if size > 3000 {
				size = 0
			}
			s.Conn.Write(data[:k])
			data = data[k:]
			time.Sleep(time.Millisecond)
		}
	}()
	for range n {
		if r, _ := raw.answer("GET"); r.StatusCode != 200 {
			t.Fatal(r.Status)
		}
	}
}

// Large bodies over TLS on both sides.
func TestTLSBothWays(t *testing.T) {
	data := noise(3 << 20)
	_, cert := authority(t, "up.test")
	up := newUpstreamTLS(t, cert, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(body, data) {
			t.Errorf("%d bytes, %v", len(body), err)
		}
		w.Write(body)
	})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pemOf(cert), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := proxyTo(up)
	pool(cfg).TLS = upstream.TLSConfig{CA: file, SNI: "up.test"}
	g, config := secure(newRig(t, cfg), "a.test")
	c := dialTLS(t, g, config)
	for range 2 {
		go c.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: %d\r\n\r\n%s", len(data), data)
		if r, body := c.answer("POST"); r.StatusCode != 200 || body != string(data) {
			t.Fatalf("%s, %d bytes", r.Status, len(body))
		}
		g.settled()
	}
	if n := g.target().Dials; n != 1 {
		t.Errorf("%d connections", n)
	}
	cfg = proxyTo(up) // verified by default
	g = serve(t, cfg)
	g.get("/", 502)
	if rec := g.last(every); !strings.Contains(rec.Get(flow.Error), "certificate") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestNoTLS(t *testing.T) {
	g, _ := secure(newRig(t, hello()), "a.test")
	c := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	r, _ := c.answer("GET")
	if r.StatusCode != 400 || !r.Close {
		t.Error(r)
	}
	if rec := g.last(every); rec.Kind != flow.Connection || !strings.Contains(rec.Get(flow.Error), "does not speak TLS") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// Where clients must show certificates, a connection serves only the name that it
// was opened for.
func TestMisdirected(t *testing.T) {
	g := newRig(t, hello())
	g.asks = true
	_, config := secure(g, "a.test", "b.test")
	c := dialTLS(t, g, config)
	for host, want := range map[string]int{"a.test": 200, "A.test:443": 200, "b.test": 421} {
		if r, _ := c.send("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host).answer("GET"); r.StatusCode != want {
			t.Errorf("%s: %s, want %d", host, r.Status, want)
		}
	}
}

func TestGuards(t *testing.T) {
	cfg := hello()
	cfg.Trusted = prefixes("127.0.0.0/8")
	cfg.Guards = []string{"net"}
	cfg.Errors = map[string]ErrorConfig{"4xx": {Body: "<p>${record.id}"}, "429": {Body: "slow down"}}
	rate := cfg.Routes[0]
	rate.Name, rate.Match, rate.Guards = "rate", match("/rate"), []string{"rate"}
	keys := cfg.Routes[0]
	keys.Name, keys.Match, keys.Guards = "keys", match("/login"), []string{"staff"}
	keys.Errors = map[string]ErrorConfig{"401": {Body: "who are you?", Type: "text/x-own"}}
	cfg.Routes = []RouteConfig{rate, keys, cfg.Routes[0]}
	g := newRig(t, cfg)
	g.addGuard("net", guard.Config{Deny: []guard.AddressConfig{{Prefix: guard.Prefix{Prefix: netip.MustParsePrefix("10.6.6.0/24")}}}})
	g.addGuard("rate", guard.Config{Rate: 0.01, Burst: 1})
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte("ann:$2y$04$AKTzpSr.2tLPbyKL3.VvH.0t6Wt2GsC9PRW8eDNlNzv31ZT0O3lwC\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.addGuard("staff", guard.Config{Basic: &guard.BasicConfig{File: users}})
	g.start()
	ask := func(path, from string) (*http.Response, string) {
		return dial(t, g.addr).send("GET %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n", path, from).answer("GET")
	}
	if r, body := ask("/", "10.6.6.6"); r.StatusCode != 403 || !strings.HasPrefix(body, "<p>") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%s %q", r.Status, body)
	}
	rec := g.last(every)
	if rec.Status != 403 || !strings.HasPrefix(rec.Get(flow.Refusal), "net: ") || rec.Outcome() != "refused" || rec.Peer().Addr().String() != "10.6.6.6" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	// The rate is counted by the client that the trusted peer names.
	for from, want := range map[string]int{"10.1.1.1": 200, "10.1.1.2": 200} {
		if r, _ := ask("/rate", from); r.StatusCode != want {
			t.Errorf("%s: %s", from, r.Status)
		}
	}
	if r, body := ask("/rate", "10.1.1.1"); r.StatusCode != 429 || body != "slow down" || r.Header.Get("Retry-After") == "" {
		t.Errorf("%s %v %q", r.Status, r.Header, body)
	}
	if r, body := ask("/login", "10.1.1.1"); r.StatusCode != 401 || body != "who are you?" || !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Basic ") || r.Header.Get("Content-Type") != "text/x-own" {
		t.Errorf("%s %v %q", r.Status, r.Header, body)
	}
}

// Who was refused after a login stands in the record too.
func TestRefusedSubject(t *testing.T) {
	cfg := hello()
	cfg.Guards = []string{"staff", "once"}
	g := newRig(t, cfg)
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte("ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g.addGuard("staff", guard.Config{Basic: &guard.BasicConfig{File: users}})
	g.addGuard("once", guard.Config{Rate: 0.01, Burst: 1, Per: "subject"})
	g.start()
	c := dial(t, g.addr)
	for _, want := range []int{200, 429} {
		r, _ := c.send("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YW5uOnBhc3N3b3Jk\r\n\r\n").answer("GET")
		if r.StatusCode != want {
			t.Fatalf("%s, want %d", r.Status, want)
		}
		rec := g.last(func(rec *flow.Record) bool { return int(rec.Status) == want })
		if rec.Get(flow.Subject) != "ann" {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
	}
}

// Without proxies in front, addresses are looked at before anything is read.
func TestGuardAtAccept(t *testing.T) {
	cfg := hello()
	cfg.Guards = []string{"net"}
	g := newRig(t, cfg)
	g.addGuard("net", guard.Config{Deny: []guard.AddressConfig{{Prefix: guard.Prefix{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}}})
	g.start()
	c := dial(t, g.addr)
	if _, err := c.in.ReadByte(); err == nil {
		t.Error("the connection was taken")
	}
	if rec := g.last(every); rec.Kind != flow.Connection || !strings.HasPrefix(rec.Get(flow.Refusal), "net: ") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestProxyProtocolInAndOut(t *testing.T) {
	from, to := netip.MustParseAddrPort("192.0.2.7:5000"), netip.MustParseAddrPort("198.51.100.1:80")
	for _, v := range []int{1, 2} {
		for _, out := range []string{"v1", "v2"} {
			t.Run(fmt.Sprintf("v%d in, %s out", v, out), func(t *testing.T) {
				told := make(chan string, 4)
				up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
					h, err := endpoint.ReadProxyHeader(conn, time.Second)
					told <- fmt.Sprint(h.Source, err)
					if _, _, err := request(in); err == nil {
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
						in.ReadByte()
					}
				})
				cfg := proxyTo(up)
				cfg.Trusted, cfg.ProxyProtocol = prefixes("127.0.0.0/8"), "require"
				pool(cfg).ProxyProtocol = out
				g := serve(t, cfg)
				c := dial(t, g.addr)
				c.Write(endpoint.AppendProxyHeader(nil, v, from, to))
				for range 2 { // each request has a connection of its own upstream
					c.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n")
					if r, _ := c.answer("GET"); r.StatusCode != 200 {
						t.Fatal(r.Status)
					}
					if got := <-told; !strings.HasPrefix(got, "192.0.2.7:5000") {
						t.Errorf("the upstream was told %s", got)
					}
				}
				if rec := g.last(every); rec.Peer().Addr() != from.Addr() {
					t.Errorf("%s", rec.AppendJSON(nil))
				}
				c = dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n") // without its header
				if _, err := c.in.ReadByte(); err == nil {
					t.Error("it was answered")
				}
			})
		}
	}
}

// Heads that are refused have a record that names the rule.
func TestRefusedHeads(t *testing.T) {
	cfg := hello()
	cfg.Limits.Head, cfg.Limits.Line, cfg.Limits.Fields = 2000, 1000, 20
	cfg.Timeouts.Head = 200 * time.Millisecond
	cfg.Errors = map[string]ErrorConfig{"400": {Body: "malformed"}}
	g := serve(t, cfg)
	for _, c := range []struct {
		head   string
		status int
		rule   string
	}{
		{"GET / HTTP/1.1\r\n\r\n", 400, "no-host"},
		{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "length-and-chunked"},
		{"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400, "path-encoding"},
		{"GET /" + strings.Repeat("a", 1500) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414, "line-too-long"},
		{"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("a", 2500) + "\r\n\r\n", 431, "head-too-large"},
		{"GET / HTTP/1.1\r\nHost: a\r\n" + strings.Repeat("X: 1\r\n", 30) + "\r\n", 431, "too-many-fields"},
		{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "major-version"},
		{"GET / HTTP/1.1\r\nHost: a\r\nX-", 408, "head-timeout"},
	} {
		cl := dial(t, g.addr)
		r, body := cl.send("%s", c.head).answer("GET")
		if r.StatusCode != c.status || !r.Close || c.status == 400 && body != "malformed" {
			t.Errorf("%.40q: %s %q", c.head, r.Status, body)
		}
		if _, err := cl.in.ReadByte(); err != io.EOF {
			t.Errorf("%.40q: %v", c.head, err)
		}
		if rec := g.last(every); rec.Get(flow.Refusal) != c.rule || rec.Status != uint16(c.status) || rec.Peer().Addr().String() != "127.0.0.1" {
			t.Errorf("%.40q: %s", c.head, rec.AppendJSON(nil))
		}
		cl.Close()
	}
}

// A handler that panics costs its own exchange.
func TestPanic(t *testing.T) {
	g := newRig(t, &ServiceConfig{Routes: []RouteConfig{{Metrics: true}}})
	g.metrics = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/late" {
			w.Write(make([]byte, 100<<10))
			panic(http.ErrAbortHandler)
		}
		panic("oops")
	})
	g.start()
	g.get("/", 500)
	if rec := g.last(every); !strings.Contains(rec.Get(flow.Error), "oops") || rec.Status != 500 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	c := dial(t, g.addr).send("GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r.Body); err == nil {
		t.Error("the cut answer looks complete")
	}
}

// Many requests in one record: what TLS has decrypted and not handed over yet is
// not forgotten while the connection waits for more.
func TestTLSLongRecord(t *testing.T) {
	g, config := secure(newRig(t, hello()), "a.test")
	config.DynamicRecordSizingDisabled = true
	c := dialTLS(t, g, config)
	for range 3 {
		const n = 200
		one := fmt.Sprintf("GET / HTTP/1.1\r\nHost: a.test\r\nX: %027d\r\n\r\n", 0)
		if len(one) != 64 { // so that many sizes of reads end where one does
			t.Fatal(len(one))
		}
		c.send("%s", strings.Repeat(one, n))
		for i := range n {
			c.SetReadDeadline(time.Now().Add(5 * time.Second))
			r, err := http.ReadResponse(c.in, nil)
			if err != nil {
				t.Fatalf("answer %d: %v", i, err)
			}
			io.Copy(io.Discard, r.Body)
		}
	}
}
