package examples

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/config"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/node"
)

// wait is how long a test waits for what should come at once.
const wait = 10 * time.Second

// example is a copy of this folder, in which one config has free ports in place
// of its own. A test speaks of the ports that the config has.
type example struct {
	t         *testing.T
	file      string
	listeners map[string]net.Listener // by the config's port, until run
	ports     map[string]string
}

// address is a host and port in a config or its comments.
var address = regexp.MustCompile(`(127\.0\.0\.1|localhost|shop\.test):([0-9]+)`)

// open copies the example. Nothing runs yet.
func open(t *testing.T, name string) *example {
	t.Helper()
	dir, err := os.MkdirTemp("", "nw") // short, since a socket lies there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("XDG_STATE_HOME", dir)
	if err := os.CopyFS(filepath.Join(dir, "site"), os.DirFS("site")); err != nil {
		t.Fatal(err)
	}
	e := &example{t: t, file: filepath.Join(dir, name), listeners: map[string]net.Listener{}, ports: map[string]string{}}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := address.ReplaceAllStringFunc(string(text), func(s string) string {
		host, port, _ := strings.Cut(s, ":")
		return host + ":" + e.reserve(port)
	})
	if !strings.Contains(changed, "\nconsole:") {
		changed += "\nconsole: off\n"
	}
	e.write(name, changed)
	return e
}

// reserve finds a free port to stand for one of the config.
func (e *example) reserve(port string) string {
	e.t.Helper()
	if e.ports[port] == "" {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			e.t.Fatal(err)
		}
		e.listeners[port] = ln
		_, e.ports[port], _ = net.SplitHostPort(ln.Addr().String())
	}
	return e.ports[port]
}

// at is where that port of the config is.
func (e *example) at(port string) string { return "127.0.0.1:" + e.ports[port] }

// path is a file of the example.
func (e *example) path(name string) string { return filepath.Join(filepath.Dir(e.file), name) }

func (e *example) write(name, text string) {
	e.t.Helper()
	if err := os.WriteFile(e.path(name), []byte(text), 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// upstream serves on that port of the config, until the test ends.
func (e *example) upstream(port string, h http.HandlerFunc) {
	s := &httptest.Server{Listener: e.listen(port), Config: &http.Server{Handler: h}}
	s.Start()
	e.t.Cleanup(s.Close)
}

// listen is the listener on that port of the config.
func (e *example) listen(port string) net.Listener {
	e.t.Helper()
	ln := e.listeners[port]
	if ln == nil {
		e.t.Fatalf("the config has no port %s", port)
	}
	delete(e.listeners, port)
	return ln
}

// load reads the config.
func (e *example) load() *config.Config {
	e.t.Helper()
	cfg, err := config.Load(e.file)
	if err != nil {
		e.t.Fatal(err)
	}
	return cfg
}

// run runs the config until the test ends.
func (e *example) run() {
	e.t.Helper()
	for _, ln := range e.listeners {
		ln.Close()
	}
	ready := make(chan struct{})
	n, err := node.New(e.load(), node.Options{
		Log:   slog.New(slog.NewTextHandler(e.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
		Ready: func() { close(ready) },
	})
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	e.t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				e.t.Error(err)
			}
		case <-time.After(wait):
			e.t.Error("the node does not stop")
		}
	})
	select {
	case <-ready:
	case err := <-done:
		done <- nil
		e.t.Fatal("the node has ended: ", err)
	case <-time.After(wait):
		e.t.Fatal("the node does not start")
	}
}

// authority is the authority of the example, made now if it is not there yet.
func (e *example) authority() *cert.Authority {
	e.t.Helper()
	folder, err := config.DefaultDataFolder(e.file)
	if err != nil {
		e.t.Fatal(err)
	}
	a, err := cert.OpenAuthority(cert.AuthorityDir(folder))
	if err != nil {
		e.t.Fatal(err)
	}
	return a
}

// client trusts the example's authority, shows the certificates given, and
// follows no redirects.
func (e *example) client(certs ...tls.Certificate) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(e.authority().Certificate())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: certs}, DisableKeepAlives: true}
	return &http.Client{
		Timeout: wait, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is what came.
type answer struct {
	status int
	body   string
	header http.Header
}

// ask sends a request; change may be nil.
func (e *example) ask(client *http.Client, url string, change func(*http.Request)) answer {
	e.t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	resp, err := client.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return answer{resp.StatusCode, string(body), resp.Header}
}

// expect asks by plain HTTP on that port, and wants a status and a text in the
// body.
func (e *example) expect(status int, text, port, path string, change func(*http.Request)) answer {
	e.t.Helper()
	a := e.ask(e.client(), "http://"+e.at(port)+path, change)
	e.check(a, status, text, path)
	return a
}

func (e *example) check(a answer, status int, text, what string) {
	e.t.Helper()
	if a.status != status || !strings.Contains(a.body, text) {
		e.t.Errorf("%s: status %d, want %d; body %q, want %q in it", what, a.status, status, a.body, text)
	}
}

// header sets a field of a request; Host too.
func header(name, value string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
}

// talk sends text to an endpoint and wants an answer with some other in it.
func (e *example) talk(url, text, want string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	conn, err := endpoint.Dial(ctx, url)
	if err != nil {
		e.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(wait)); err != nil {
		e.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		e.t.Fatal(err)
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		if err := half.CloseWrite(); err != nil {
			e.t.Fatal(err)
		}
	}
	var got strings.Builder
	for lines := bufio.NewScanner(conn); !strings.Contains(got.String(), want) && lines.Scan(); {
		got.WriteString(lines.Text() + "\n")
	}
	if !strings.Contains(got.String(), want) {
		e.t.Errorf("%s: %q, want %q", url, got.String(), want)
	}
}
