//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/netwright/netwright/websocket"
)

// A move is a site that runs twice, before the same upstreams.
type move struct {
	t        *testing.T
	dir      string // stands for the folders that the configs name
	roots    *x509.CertPool
	backends map[string]*backend // by the address that the configs name
}

// A movedSite is the site on one server.
type movedSite struct {
	t          *testing.T
	name       string
	plain, tls string // addresses
	roots      *x509.CertPool
}

// A backend is an upstream that tells what it was asked.
type backend struct {
	server *http.Server
	addr   string
	sick   atomic.Bool
}

func newMove(t *testing.T) *move {
	m := &move{t: t, dir: t.TempDir(), roots: x509.NewCertPool(), backends: make(map[string]*backend)}
	for file, text := range map[string]string{
		"srv/acme/.well-known/acme-challenge/token": "token\n",
		"srv/shop/index.html":                       "<p>shop</p>\n",
		"srv/shop/404.html":                         "<p>nothing here</p>\n",
		"srv/shop/docs/index.html":                  "<p>docs</p>\n",
		"srv/shop/empty/.keep":                      "",
		"srv/shop/.git/config":                      "secret\n",
		"srv/shop/assets/app.js":                    "let app = 1\n",
		"srv/shop/assets/app.js.gz":                 "stands for the compressed one",
		"srv/shop/app/index.html":                   "<p>app</p>\n",
		"srv/shop/app/style.css":                    "p {}\n",
		// ada:lovelace
		"users.htpasswd": "ada:$5$netwright$Wn3dyT/oW.8UBQQ8g51BbVYJCOyhOZ/gIml0tratem8\n",
	} {
		path := filepath.Join(m.dir, file)
		m.must(os.MkdirAll(filepath.Dir(path), 0o755))
		m.must(os.WriteFile(path, []byte(text), 0o644))
		then := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
		m.must(os.Chtimes(path, then, then))
	}
	m.certificate()
	return m
}

func (m *move) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// certificate writes site.pem, with its key and without, for every name.
func (m *move) certificate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	m.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example.com"},
		DNSNames:  []string{"*.example.com", "www.shop.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	m.must(err)
	cert, err := x509.ParseCertificate(der)
	m.must(err)
	m.roots.AddCert(cert)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	m.must(err)
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	m.must(os.WriteFile(filepath.Join(m.dir, "site.key"), private, 0o600))
	m.must(os.WriteFile(filepath.Join(m.dir, "site.pem"), append(chain, private...), 0o600))
}

// upstream starts the one that the configs know by that address.
func (m *move) upstream(name string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	m.must(err)
	m.serve(name, ln)
}

// behindProxyHeader starts one that wants a PROXY header (version 2) before each
// connection.
func (m *move) behindProxyHeader(name string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	m.must(err)
	m.serve(name, proxiedListener{ln})
}

func (m *move) serve(name string, ln net.Listener) {
	b := &backend{addr: ln.Addr().String()}
	b.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { b.answer(w, r, name) })}
	m.backends[name] = b
	go b.server.Serve(ln)
	m.t.Cleanup(func() { b.server.Close() })
}

// stop ends an upstream.
func (m *move) stop(name string) { m.backends[name].server.Close() }

// answer echoes WebSocket messages, and for the rest tells what was asked.
func (b *backend) answer(w http.ResponseWriter, r *http.Request, name string) {
	w.Header().Set("X-Powered-By", "test")
	w.Header().Set("X-Backend", name)
	if r.Header.Get("Sec-WebSocket-Key") != "" {
		echoMessages(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if status, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
		n, _ := strconv.Atoi(status)
		if n == http.StatusFound {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(n)
		if n != http.StatusNoContent {
			fmt.Fprintf(w, "an answer with status %d\n", n)
		}
		return
	}
	if r.URL.Path == "/healthz" && b.sick.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %d bytes %v\nHost: %s\n", r.Method, r.RequestURI, len(body), err, r.Host)
	for _, field := range []string{"Content-Type", "X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Proto", "X-User", "X-Debug", "X-Tenant", "X-Secret", "Te", "Proxy-Connection", "Authorization"} {
		fmt.Fprintf(w, "%s: %s\n", field, strings.Join(r.Header[field], ", "))
	}
}

func echoMessages(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	for {
		kind, p, err := c.Read(r.Context())
		if err != nil || c.Write(r.Context(), kind, p) != nil {
			return
		}
	}
}

// proxiedListener takes a PROXY header off each connection.
type proxiedListener struct{ net.Listener }

func (l proxiedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var head [16]byte
		if _, err := io.ReadFull(conn, head[:]); err == nil && bytes.HasPrefix(head[:], []byte("\r\n\r\n\x00\r\nQUIT\n")) {
			if _, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint16(head[14:]))); err == nil {
				return conn, nil
			}
		}
		conn.Close()
	}
}

// netwright starts the site on Netwright.
func (m *move) netwright(binary, config string) *movedSite {
	return m.start(config, []string{
		"http://:80", "http://{plain}",
		"https://:443", "https://{tls}",
	}, func(config, dir string) *exec.Cmd {
		text, err := os.ReadFile(config)
		m.must(err)
		m.must(os.WriteFile(config, append([]byte("console: off\ndata: "+dir+"/state\n"), text...), 0o644))
		return exec.Command(binary, "up", config)
	})
}

// start runs a server with one of the configs, whose addresses and folders are
// replaced: those in the list, of which each must be there, and those that all
// have.
func (m *move) start(config string, replace []string, command func(config, dir string) *exec.Cmd) *movedSite {
	t := m.t
	dir := t.TempDir()
	s := &movedSite{t: t, name: config, plain: free(t), tls: free(t), roots: m.roots}
	text, err := os.ReadFile(filepath.Join("testdata/moving", config))
	m.must(err)
	for i := 0; i < len(replace); i += 2 {
		if !bytes.Contains(text, []byte(replace[i])) {
			t.Fatalf("%s has no %q", config, replace[i])
		}
	}
	for name, b := range m.backends {
		if !bytes.Contains(text, []byte(name)) {
			t.Fatalf("%s has no upstream %s", config, name)
		}
		replace = append(replace, name, b.addr)
	}
	replace = append(replace, "10.0.0.0/8", office+"/32", "/srv/", m.dir+"/srv/", "/etc/nginx/mime.types", "/etc/nginx/mime.types")
	for _, folder := range []string{"/etc/ssl/", "/etc/nginx/", "/etc/netwright/", "/etc/haproxy/"} {
		replace = append(replace, folder, m.dir+"/")
	}
	for _, folder := range []string{"/var/log/nginx/", "/var/log/netwright/"} {
		replace = append(replace, folder, dir+"/")
	}
	now := strings.NewReplacer(replace...).Replace(string(text))
	now = strings.NewReplacer("{plain}", s.plain, "{tls}", s.tls, "{dir}", dir).Replace(now)
	path := filepath.Join(dir, config)
	m.must(os.WriteFile(path, []byte(now), 0o644))
	m.run(command(path, dir), s)
	return s
}

// run starts the command, waits until it serves, and stops it in the end.
func (m *move) run(command *exec.Cmd, s *movedSite) {
	p := spawn(m.t, command)
	m.t.Cleanup(func() {
		p.signal(syscall.SIGTERM)
		p.ended()
	})
	listens(m.t, s.plain)
	listens(m.t, s.tls)
}

// An answered is what counts of an answer.
type answered struct {
	status  int
	fields  string // those that both must send alike
	body    string
	backend string
	cookies []*http.Cookie
}

// dial connects to the site as a client of that address.
func (s *movedSite) dial(u *url.URL, from string) (net.Conn, error) {
	d := &net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(cmp.Or(from, "127.0.0.1"))}}
	if u.Scheme == "http" {
		return d.Dial("tcp", s.plain)
	}
	return tls.DialWithDialer(d, "tcp", s.tls, &tls.Config{ServerName: strings.ToLower(u.Hostname()), RootCAs: s.roots})
}

// do asks the site. The URL goes out as it is spelled.
func (s *movedSite) do(a ask) *answered {
	s.t.Helper()
	method, target, _ := strings.Cut(a.request, " ")
	scheme, rest, _ := strings.Cut(target, "://")
	host, path, _ := strings.Cut(rest, "/")
	base := &url.URL{Scheme: scheme, Host: host, Path: "/" + path}
	conn, err := s.dial(base, a.from)
	if err != nil {
		s.t.Fatalf("%s: %s: %v", s.name, a.request, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	head := fmt.Sprintf("%s /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", method, path, host)
	for _, f := range a.fields {
		head += f + "\r\n"
	}
	if a.body != "" {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(a.body))
	}
	if _, err := io.WriteString(conn, head+"\r\n"+a.body); err != nil {
		s.t.Fatalf("%s: %s: %v", s.name, a.request, err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		s.t.Fatalf("%s: %s: %v", s.name, a.request, err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatalf("%s: %s: body: %v", s.name, a.request, err)
	}
	got := &answered{status: r.StatusCode, body: string(body), backend: r.Header.Get("X-Backend"), cookies: r.Cookies()}
	got.fields = significant(r, base)
	return got
}

// significant lists the fields that two servers must send alike.
func significant(r *http.Response, base *url.URL) string {
	var b strings.Builder
	if r.StatusCode >= 400 {
		r.Header.Del("Cache-Control") // HAProxy's own answers have one
	}
	for _, name := range []string{"Strict-Transport-Security", "Cache-Control", "Last-Modified", "Content-Range", "Content-Encoding", "X-Powered-By"} {
		fmt.Fprintf(&b, "%s: %s\n", name, r.Header.Get(name)) // nginx sends some twice with an error
	}
	if location := r.Header.Get("Location"); location != "" {
		if to, err := base.Parse(location); err == nil {
			location = to.String()
		}
		fmt.Fprintf(&b, "Location: %s\n", location)
	}
	challenge, _, _ := strings.Cut(r.Header.Get("WWW-Authenticate"), ",")
	fmt.Fprintf(&b, "WWW-Authenticate: %s\n", challenge)
	if r.StatusCode < 300 {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		kind = strings.Replace(kind, "application/javascript", "text/javascript", 1) // RFC 9239
		fmt.Fprintf(&b, "Content-Type: %s\nContent-Length: %d\n", kind, r.ContentLength)
	}
	return b.String()
}

// compare asks both sites for everything.
func (m *move) compare(theirs, ours *movedSite, asks []ask) {
	for _, a := range asks {
		from, to := theirs.do(a), ours.do(a)
		label := strings.Join(append([]string{a.request}, a.fields...), " · ")
		if want := cmp.Or(a.theirs, a.status); from.status != want {
			m.t.Errorf("%s: %s answers %d, not %d", label, theirs.name, from.status, want)
		}
		if to.status != a.status {
			m.t.Errorf("%s: %s answers %d, not %d", label, ours.name, to.status, a.status)
		}
		if a.theirs != 0 {
			continue
		}
		if from.fields != to.fields {
			m.t.Errorf("%s:\n%s answers with\n%s\n%s answers with\n%s", label, theirs.name, from.fields, ours.name, to.fields)
		}
		if (a.page || a.status < 300) && from.body != to.body {
			m.t.Errorf("%s:\n%s says\n%s\n%s says\n%s", label, theirs.name, from.body, ours.name, to.body)
		}
	}
}

// websocket opens a WebSocket through the site and hears its own message.
func (s *movedSite) websocket(host, path string) {
	s.t.Helper()
	u := &url.URL{Scheme: "https", Host: host, Path: path}
	conn, err := s.dial(u, "")
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := websocket.Dial(ctx, conn, &url.URL{Scheme: "wss", Host: host, Path: path}, nil, nil)
	if err != nil {
		s.t.Errorf("%s: WebSocket: %v", s.name, err)
		return
	}
	defer c.CloseNow()
	for _, text := range []string{"hello", strings.Repeat("long ", 10000)} {
		if err := c.Write(ctx, websocket.Text, []byte(text)); err != nil {
			s.t.Errorf("%s: WebSocket: %v", s.name, err)
			return
		}
		if _, p, err := c.Read(ctx); err != nil || string(p) != text {
			s.t.Errorf("%s: WebSocket: sent %d bytes and got %d, %v", s.name, len(text), len(p), err)
		}
	}
}

// limited holds that a client may ask so often at once, and not once more.
func (s *movedSite) limited(to string, most int) {
	s.t.Helper()
	for i := range most + 2 {
		want := http.StatusOK
		if i >= most {
			want = http.StatusTooManyRequests
		}
		if a := s.do(ask{request: "POST " + to, body: "x"}); a.status != want {
			s.t.Errorf("%s: request %d to %s is answered with %d, not %d", s.name, i+1, to, a.status, want)
		}
	}
}

// sticks holds that a client stays on its target by the cookie.
func (s *movedSite) sticks(to, name string) {
	s.t.Helper()
	first := s.do(ask{request: "GET " + to})
	var cookie string
	for _, c := range first.cookies {
		if c.Name == name && c.HttpOnly {
			cookie = c.Name + "=" + c.Value
		}
	}
	if cookie == "" {
		s.t.Errorf("%s: no cookie %s in %v", s.name, name, first.cookies)
	}
	for range 8 {
		if a := s.do(ask{request: "GET " + to, fields: []string{"Cookie: " + cookie}}); a.backend != first.backend {
			s.t.Errorf("%s: with the cookie of %s came to %s", s.name, first.backend, a.backend)
		}
	}
}

// hashes holds that each value of a field keeps to its target, and not all to one.
func (s *movedSite) hashes(to, field string) {
	s.t.Helper()
	used := make(map[string]bool)
	for i := range 20 {
		a := ask{request: "GET " + to, fields: []string{fmt.Sprintf("%s: tenant-%d", field, i)}}
		one, two := s.do(a), s.do(a)
		if one.backend != two.backend {
			s.t.Errorf("%s: %s came to %s and then to %s", s.name, a.fields[0], one.backend, two.backend)
		}
		used[one.backend] = true
	}
	if len(used) != 2 {
		s.t.Errorf("%s: twenty values of %s were spread over %v", s.name, field, used)
	}
}
