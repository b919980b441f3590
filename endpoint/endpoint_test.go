package endpoint

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func mustParse(t *testing.T, s string) *URL {
	t.Helper()
	u, err := Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// echoing listens on s, answers every connection with what it sends, and gives
// the URL to dial.
func echoing(t *testing.T, s string, config *ListenConfig) *URL {
	t.Helper()
	u := mustParse(t, s)
	ln, err := Listen(t.Context(), u, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	server := &Server{Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
		_, err := io.Copy(conn, conn)
		return err
	})}
	go func() { done <- server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("%s: Serve: %v", s, err)
		}
	})
	return u.At(ln.Addr())
}

// talk sends a word and wants it back.
func talk(t *testing.T, conn net.Conn) {
	t.Helper()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	word := "hello, " + t.Name()
	if _, err := io.WriteString(conn, word); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(word))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != word {
		t.Fatalf("got %q, %v; want %q", got, err, word)
	}
}

func dial(t *testing.T, s string) net.Conn {
	t.Helper()
	conn, err := Dial(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// pki is a CA and what it signs, as files.
type pki struct {
	dir  string
	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
	last int64
}

func newPKI(t *testing.T) *pki {
	p := &pki{dir: t.TempDir()}
	p.ca = p.issue(t, "ca", func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	return p
}

func (p *pki) issue(t *testing.T, name string, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.last++
	c := &x509.Certificate{SerialNumber: big.NewInt(p.last), Subject: pkix.Name{CommonName: "Test " + name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost", name + ".test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	if change != nil {
		change(c)
	}
	parent, signer := p.ca, p.key
	if parent == nil {
		parent, signer, p.key = c, key, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, name+".pem", "CERTIFICATE", der)
	p.write(t, name+".key", "PRIVATE KEY", keyDER)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func (p *pki) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(p.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *pki) file(name string) string { return filepath.Join(p.dir, name) }

func (p *pki) pair(name string) string {
	return "cert=" + p.file(name+".pem") + "&key=" + p.file(name+".key")
}

// need skips the test where a program is not installed, and fails in CI.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
	return path
}

func TestStreams(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	dir := t.TempDir()
	for _, s := range []string{
		"tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0?reuseport&keepalive=off", "http://127.0.0.1:0", "udp://127.0.0.1:0",
		"unix://" + dir + "/a.sock?mode=0600", "unix:@netwright-test-" + filepath.Base(dir),
		"tls://127.0.0.1:0?" + p.pair("server"), "https://localhost:0?" + p.pair("server"),
		"ws://127.0.0.1:0", "ws://127.0.0.1:0/feed", "wss://127.0.0.1:0/feed?" + p.pair("server"),
	} {
		t.Run(s, func(t *testing.T) {
			u := echoing(t, s, nil)
			if u.TLS() {
				u.Options = Options{CA: p.file("ca.pem")}
			}
			u.Options.Mode = 0
			conn, err := new(Dialer).Dial(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			talk(t, conn)
		})
	}
}

func TestConnectionsAreBare(t *testing.T) {
	u := echoing(t, "tcp://127.0.0.1:0", nil)
	if conn := dial(t, u.String()); fmt.Sprintf("%T", conn) != "*net.TCPConn" {
		t.Errorf("dialled a %T", conn)
	}
	ln, err := ListenRaw(t.Context(), mustParse(t, "https://127.0.0.1:0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, ok := ln.(*net.TCPListener); !ok {
		t.Errorf("raw listener is a %T", ln)
	}
}

func TestMutualTLS(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	p.issue(t, "client", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	u := echoing(t, "tls://127.0.0.1:0?alpn=a,b&ca="+p.file("ca.pem")+"&"+p.pair("server"), nil)
	u.Options = Options{}
	conn := dial(t, u.String()+"?sni=server.test&alpn=b,c&ca="+p.file("ca.pem")+"&"+p.pair("client"))
	talk(t, conn)
	state := conn.(*tls.Conn).ConnectionState()
	if state.NegotiatedProtocol != "b" || state.ServerName != "server.test" {
		t.Errorf("ALPN %q, name %q", state.NegotiatedProtocol, state.ServerName)
	}
}

// Each failure says at which step, why, and what to try.
func TestDialErrors(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	p.issue(t, "old", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(2002, 2, 3, 4, 5, 6, 0, time.UTC)
	})
	ca := "?ca=" + p.file("ca.pem")
	plain := echoing(t, "tcp://127.0.0.1:0", nil)
	secure := echoing(t, "tls://127.0.0.1:0?"+p.pair("server"), nil)
	old := echoing(t, "tls://127.0.0.1:0?"+p.pair("old"), nil)
	strict := echoing(t, "tls://127.0.0.1:0?alpn=x&"+p.pair("server"), nil)
	for _, u := range []*URL{secure, old, strict} {
		u.Options = Options{}
	}
	f := func(s string, step Step, words ...string) {
		t.Helper()
		conn, err := Dial(t.Context(), s)
		if err == nil {
			conn.Close()
			t.Errorf("%s: connected", s)
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Step != step {
			t.Errorf("%s: step is not %s: %v", s, step, err)
		}
		for _, w := range words {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", s, err, w)
			}
		}
	}
	f("tcp://127.0.0.1:1", StepConnect, "127.0.0.1:1: connection refused", "nothing listens there")
	f("tcp://localhost:1", StepConnect, "127.0.0.1:1: connection refused")
	f("tcp://no-such-host.invalid:1", StepResolve, "no-such-host.invalid")
	f("unix:///no/such/socket", StepConnect, "no such file", "does not exist")
	f("fd://99", StepConnect, "bad file descriptor")
	f("fd://web", StepConnect, "no descriptor is called web")
	f("exec:no-such-command", StepConnect, "no-such-command")
	f(secure.String(), StepTLS, "unknown authority", "server.test", "signed by CN=Test ca", "ca=")
	f(secure.String()+ca+"&sni=other.test", StepTLS, "other.test", "localhost, server.test, 127.0.0.1", "sni=")
	f(old.String()+ca, StepTLS, "expired", "from 2001-02-03 04:05:06 to 2002-02-03 04:05:06", "the clock here")
	f(strict.String()+ca+"&alpn=y", StepTLS, "no application protocol", "alpn=")
	f("tls://"+plain.Address()+"?timeout=200ms", StepTLS)
	f(secure.String()+"?ca=/no/such/file", StepTLS, "ca: open /no/such/file")
	f(secure.String()+"?cert="+p.file("ca.pem"), StepTLS, "together")
	f("tcp://127.0.0.1:1?via=socks5://127.0.0.1:1", StepConnect, "refused")
	feed := echoing(t, "ws://127.0.0.1:0/feed", nil)
	f("ws://"+feed.Address()+"/other", StepWebSocket, "/other: websocket: handshake refused with 404")
}

func TestDialTimeout(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and is silent
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	start := time.Now()
	for _, s := range []string{"tls://" + ln.Addr().String() + "?timeout=50ms", "tcp://a:1?timeout=50ms&via=http://" + ln.Addr().String(), "tcp://a:1?timeout=50ms&via=socks5://" + ln.Addr().String()} {
		_, err := Dial(t.Context(), s)
		var e *Error
		if !errors.As(err, &e) || !e.Timeout() || !strings.Contains(err.Error(), "no answer in time") {
			t.Errorf("%s: %v", s, err)
		}
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := Listen(t.Context(), mustParse(t, "tcp://127.0.0.1:0"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	f := func(s string, step Step, words string) {
		t.Helper()
		ln, err := Listen(t.Context(), mustParse(t, s), nil)
		if err == nil {
			ln.Close()
			t.Errorf("%s: listens", s)
			return
		}
		var e *Error
		if !errors.As(err, &e) || e.Step != step || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v; want step %s and %q", s, err, step, words)
		}
	}
	f("tcp://"+taken.Addr().String(), StepListen, "another process listens there")
	f("tcp://192.0.2.1:0", StepListen, "no such address")
	f("tls://127.0.0.1:0", StepTLS, "cert=FILE&key=FILE")
	f("tls://127.0.0.1:0?cert=/none&key=/none", StepTLS, "/none")
	f("tcp://no-such-host.invalid:0", StepResolve, "no-such-host.invalid")
	f("exec:cat", StepListen, "cannot be listened on")
	f("unix:@x?mode=0600", StepListen, "no mode")
	f("http://127.0.0.1:0/?x=y", StepListen, "no parameter")
}

func TestUnixSocketFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	u := mustParse(t, "unix://"+path+"?mode=0620")
	ln, err := Listen(t.Context(), u, nil)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o620 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := Listen(t.Context(), u, nil); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a socket in use was taken: %v", err)
	}
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	ln.Close()
	ln, err = Listen(t.Context(), u, nil)
	if err != nil {
		t.Fatalf("an abandoned socket was not replaced: %v", err)
	}
	ln.Close()
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), u, nil); err == nil {
		t.Error("a regular file was replaced")
	}
	if got, _ := os.ReadFile(path); string(got) != "precious" {
		t.Errorf("the file now has %q", got)
	}
}

func TestExec(t *testing.T) {
	conn := dial(t, `exec:sh -c 'read x; echo "got $x"; cat; exit 3'`)
	if _, err := io.WriteString(conn, "one\ntwo\n"); err != nil {
		t.Fatal(err)
	}
	conn.(interface{ CloseWrite() error }).CloseWrite()
	out, err := io.ReadAll(conn)
	if err != nil || string(out) != "got one\ntwo\n" {
		t.Errorf("%q, %v", out, err)
	}
	var exit *exec.ExitError
	if err := conn.Close(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("Close: %v", err)
	}
	conn = dial(t, "exec:yes")
	io.ReadFull(conn, make([]byte, 10))
	if err := conn.Close(); err != nil {
		t.Errorf("a command that writes on was not ended quietly: %v", err)
	}
	conn = dial(t, "exec:sh -c 'sleep 0.1; echo late'")
	conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
}

func TestActivation(t *testing.T) {
	env := map[string]string{"LISTEN_FDS": "3", "LISTEN_FDNAMES": "web:api:web", "LISTEN_PID": "7"}
	getenv := func(k string) string { return env[k] }
	fds := activated(getenv, 7)
	if len(fds) != 3 || fds[3] != "web" || fds[4] != "api" {
		t.Fatalf("%v", fds)
	}
	if got := activated(getenv, 8); got != nil {
		t.Errorf("descriptors of another process: %v", got)
	}
	if fd, err := findFD("api", fds); fd != 4 || err != nil {
		t.Errorf("%d, %v", fd, err)
	}
	if _, err := findFD("web", fds); err == nil || !strings.Contains(err.Error(), "3 and 5") {
		t.Errorf("%v", err)
	}
	if _, err := findFD("db", fds); err == nil || !strings.Contains(err.Error(), "web, api, web") {
		t.Errorf("%v", err)
	}
}

// A listener that came as a descriptor can be closed and opened again, as a
// service that restarts does, and its backlog is kept meanwhile.
func TestListenFD(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	file, err := first.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, s := range []string{fmt.Sprintf("fd://%d", file.Fd()), fmt.Sprintf("http://:80?fd=%d", file.Fd())} {
		conn, err := net.Dial("tcp", first.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ln, err := Listen(t.Context(), mustParse(t, s), nil)
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		go io.Copy(accepted, accepted)
		talk(t, conn)
		conn.Close()
		accepted.Close()
		ln.Close()
	}
}

func TestSchemesWithoutMeaningHere(t *testing.T) {
	if _, err := ListenRaw(t.Context(), mustParse(t, "udp://127.0.0.1:0"), nil); err == nil {
		t.Error("udp has no stream")
	}
	if _, err := ListenPacket(t.Context(), mustParse(t, "tcp://127.0.0.1:0")); err == nil {
		t.Error("tcp has no datagrams")
	}
	if _, err := new(Dialer).Dial(t.Context(), mustParse(t, "socks5://127.0.0.1")); err == nil {
		t.Error("a proxy is no endpoint")
	}
}

func TestTrace(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	u := echoing(t, "tls://localhost:0?"+p.pair("server"), nil)
	u.Options = Options{CA: p.file("ca.pem")}
	var out bytes.Buffer
	d := Dialer{Trace: func(e Event) { fmt.Fprintln(&out, e.Step, e.Detail) }}
	conn, err := d.Dial(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, want := range []string{"resolve localhost is ", "connect 127.0.0.1:", "tls TLS 1.3, TLS_", "server.test"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}

func TestReusePort(t *testing.T) {
	first, err := Listen(t.Context(), mustParse(t, "tcp://127.0.0.1:0?reuseport"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := Listen(t.Context(), mustParse(t, "tcp://"+first.Addr().String()+"?reuseport"), nil)
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
}

// A dialer's own proxies serve URLs that name none, and its TLS is where the
// options begin.
func TestDialerDefaults(t *testing.T) {
	p := newPKI(t)
	p.issue(t, "server", nil)
	u := echoing(t, "tls://127.0.0.1:0?"+p.pair("server"), nil)
	u.Options = Options{}
	pool := x509.NewCertPool()
	pool.AddCert(p.ca)
	d := &Dialer{TLS: &tls.Config{RootCAs: pool}}
	conn, err := d.Dial(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	talk(t, conn)
	d.Via = []*URL{mustParse(t, "socks5://127.0.0.1:1")}
	if _, err := d.Dial(t.Context(), u); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1: connection refused") {
		t.Errorf("not through the proxy: %v", err)
	}
	if _, err := d.Dial(t.Context(), mustParse(t, "udp://127.0.0.1:1")); err == nil || !strings.Contains(err.Error(), "does not go through a proxy") {
		t.Errorf("a datagram went through the proxy: %v", err)
	}
}
