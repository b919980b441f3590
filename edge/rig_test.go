package edge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/h1"
)

// Every goroutine has an owner that waits for it: none may be left.
func TestMain(m *testing.M) {
	code := m.Run()
	http.DefaultClient.CloseIdleConnections()
	deadline := time.Now().Add(5 * time.Second)
	left := leftOver()
	for ; len(left) > 0 && time.Now().Before(deadline); left = leftOver() {
		time.Sleep(5 * time.Millisecond)
	}
	if len(left) > 0 && code == 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left over:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// leftOver gives the stacks of the package's goroutines but this one.
func leftOver() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		for _, ours := range []string{"netwright/edge.", "edge/upstream.", "http/h1.", "netwright/endpoint."} {
			if strings.Contains(stack, ours) && !strings.Contains(stack, "edge.TestMain") {
				left = append(left, stack)
				break
			}
		}
	}
	return left
}

// rig is a service at work on a loopback listener.
type rig struct {
	t       testing.TB
	addr    string
	svc     *Service
	journal *flow.Journal
	cfg     *ServiceConfig
	tls     *tls.Config
	stop    context.CancelFunc
	log     *bytes.Buffer

	guards  map[string]guard.Guard
	metrics http.Handler
	unix    string // listens there, in place of a port
	asks    bool
	mu      sync.Mutex
	pools   map[string]*upstream.Pool
	ctx     context.Context
	wg      *sync.WaitGroup
}

// newRig makes a rig that is to be started. Its parts may be set before.
func newRig(t testing.TB, cfg *ServiceConfig) *rig {
	return &rig{
		t: t, cfg: cfg, journal: flow.NewJournal(1000), log: new(bytes.Buffer),
		guards: map[string]guard.Guard{}, pools: map[string]*upstream.Pool{}, wg: new(sync.WaitGroup),
	}
}

// serve starts a service with a config whose defaults it sets.
func serve(t testing.TB, cfg *ServiceConfig) *rig { return newRig(t, cfg).start() }

func (g *rig) start() *rig {
	t := g.t
	t.Helper()
	setDefaults(g.cfg)
	if err := g.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.ctx, g.stop = ctx, cancel
	clocks := h1.NewDeadlines()
	clockCtx, stopClock := context.WithCancel(context.Background())
	ticking := make(chan struct{})
	go func() {
		defer close(ticking)
		clocks.Serve(clockCtx)
	}()
	log := slog.New(slog.NewTextHandler(&locked{w: g.log}, nil))
	svc, err := New("web", g.cfg, g, Deps{Journal: g.journal, Log: log, Deadlines: clocks, Metrics: g.metrics})
	if err != nil {
		t.Fatal(err)
	}
	network, at := "tcp", "127.0.0.1:0"
	if g.unix != "" {
		network, at = "unix", g.unix
	}
	ln, err := net.Listen(network, at)
	if err != nil {
		t.Fatal(err)
	}
	g.svc, g.addr = svc, ln.Addr().String()
	conns := &connections{Listener: ln}
	g.wg.Go(func() {
		server := endpoint.Server{Handler: svc.Handler(g.tls), Log: log}
		if err := server.Serve(ctx, conns); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		conns.closeAll()
		g.wg.Wait()
		stopClock()
		<-ticking
		for _, p := range g.pools {
			p.Close()
		}
	})
	return g
}

// setDefaults does what the decoder of the config does.
func setDefaults(cfg *ServiceConfig) {
	cfg.SetDefaults()
	for i := range cfg.Routes {
		r := &cfg.Routes[i]
		if r.Proxy != nil {
			r.Proxy.SetDefaults()
		}
		if r.Respond != nil {
			r.Respond.SetDefaults()
		}
		if r.Redirect != nil {
			r.Redirect.SetDefaults()
		}
	}
}

// connections closes what it accepted: the hard end of a drain. What it gives
// are the bare sockets.
type connections struct {
	net.Listener
	mu  sync.Mutex
	all []net.Conn
}

func (l *connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.all = append(l.all, c)
		l.mu.Unlock()
	}
	return c, err
}

func (l *connections) SetDeadline(t time.Time) error {
	return l.Listener.(interface{ SetDeadline(time.Time) error }).SetDeadline(t)
}

func (l *connections) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all {
		c.Close()
	}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// Guard implements Parts.
func (g *rig) Guard(name string) (guard.Guard, error) {
	if x := g.guards[name]; x != nil {
		return x, nil
	}
	return nil, fmt.Errorf("there is no guard %q", name)
}

// AsksClients implements Parts.
func (g *rig) AsksClients([]string) bool { return g.asks }

// Pool implements Parts.
func (g *rig) Pool(cfg *ProxyConfig, owner string) (*upstream.Pool, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name := cfg.Pool
	if name == "" {
		name = owner
	}
	if p := g.pools[name]; p != nil {
		if cfg.Pool != "" {
			return p, nil
		}
		return p, p.Reconfigure(cfg.Config)
	}
	if cfg.Pool != "" {
		return nil, fmt.Errorf("there is no pool %q", name)
	}
	p, err := upstream.New(name, cfg.Config, nil)
	if err == nil {
		g.run(name, p)
	}
	return p, err
}

func (g *rig) run(name string, p *upstream.Pool) {
	g.pools[name] = p
	if g.ctx != nil {
		g.wg.Go(func() { p.Serve(g.ctx) })
	}
}

// addPool makes a pool that the config may name.
func (g *rig) addPool(name string, cfg upstream.Config) *upstream.Pool {
	g.t.Helper()
	cfg.SetDefaults()
	p, err := upstream.New(name, cfg, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	g.pools[name] = p
	return p
}

// addGuard makes a guard that the config may name.
func (g *rig) addGuard(name string, cfg guard.Config) {
	g.t.Helper()
	cfg.SetDefaults()
	x, err := guard.New(name, cfg, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	g.guards[name] = x
}

// last is the newest record of which keep holds, which must come within seconds.
func (g *rig) last(keep func(*flow.Record) bool) *flow.Record {
	g.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if list := g.journal.Last(1, keep); len(list) > 0 {
			return &list[0]
		}
	}
	g.t.Fatal("there is no such record")
	return nil
}

func every(*flow.Record) bool { return true }

// proxyTo is the config of a service whose one route proxies to those URLs.
func proxyTo(urls ...string) *ServiceConfig {
	p := &ProxyConfig{}
	for _, u := range urls {
		p.To = append(p.To, upstream.TargetConfig{URL: u})
	}
	return &ServiceConfig{Routes: []RouteConfig{{Name: "all", Proxy: p}}}
}

// pool is the pool of proxyTo.
func pool(cfg *ServiceConfig) *upstream.Config { return &cfg.Routes[0].Proxy.Config }

// backend is an upstream with a handler of net/http.
func backend(t testing.TB, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// scripted is an upstream that does to each connection what the script says.
func scripted(t testing.TB, script func(conn net.Conn, in *bufio.Reader)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	conns := &connections{Listener: ln}
	wg.Go(func() {
		for {
			conn, err := conns.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(30 * time.Second))
				script(conn, bufio.NewReader(conn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		conns.closeAll()
		wg.Wait()
	})
	return "http://" + ln.Addr().String()
}

// request reads a request's head and body.
func request(in *bufio.Reader) (*http.Request, []byte, error) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return r, body, err
}

// client is one raw connection to a server.
type client struct {
	t testing.TB
	net.Conn
	in *bufio.Reader
}

func dial(t testing.TB, addr string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{t, conn, bufio.NewReader(conn)}
}

func (c *client) send(format string, args ...any) *client {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		c.t.Fatal(err)
	}
	return c
}

// answer reads one answer, whole.
func (c *client) answer(method string) (*http.Response, string) {
	c.t.Helper()
	r, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		c.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Fatalf("body: %v", err)
	}
	return r, string(body)
}

// get asks once over a new connection and checks the status.
func (g *rig) get(path string, status int) (*http.Response, string) {
	g.t.Helper()
	c := dial(g.t, g.addr)
	defer c.Close()
	r, body := c.send("GET %s HTTP/1.1\r\nHost: example.com\r\n\r\n", path).answer("GET")
	if r.StatusCode != status {
		g.t.Fatalf("%s: %s, want %d: %q", path, r.Status, status, body)
	}
	return r, body
}

func prefixes(list ...string) (p []netip.Prefix) {
	for _, s := range list {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

func match(path string) *route.Match { return &route.Match{Path: []string{path}} }

// peer skips a test whose peer program is not installed; in CI it fails it.
func peer(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/usr/bin", "/usr/local/bin"} {
		if info, err := os.Stat(dir + "/" + name); err == nil && !info.IsDir() {
			return dir + "/" + name
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// settled waits until the last answer's connection to the upstream was given back.
func (g *rig) settled() {
	g.t.Helper()
	for end := time.Now().Add(5 * time.Second); g.target().Active > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			g.t.Fatal("a connection to the upstream stays in use")
		}
	}
}

// target is the state of the only target of the route "all".
func (g *rig) target() upstream.TargetStatus { return g.pools["web:all"].Status().Targets[0] }
