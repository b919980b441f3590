package edge

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/websocket"
)

// freePort is a loopback address that nothing listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		// Below the ports that the kernel gives to others while this one is not
		// yet listened on.
		port := strconv.Itoa(10000 + rand.IntN(22000))
		if ln, err := net.Listen("tcp", ":"+port); err == nil {
			ln.Close()
			return "127.0.0.1:" + port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// program runs a server of somebody else's until the test ends, and waits until
// it listens.
func program(t *testing.T, addr, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(peer(t, name), args...)
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		cmd.Wait()
	}()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(3 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
	})
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %s", name, out)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not listen: %s", name, out)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// nginx runs nginx with that content of its server block.
func nginx(t *testing.T, server string) (addr, dir string) {
	addr, dir = freePort(t), t.TempDir()
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
client_max_body_size 20m; server { listen %[2]s; %[3]s } }`, dir, addr, server)
	program(t, addr, "nginx", "-c", write(t, filepath.Join(dir, "nginx.conf"), config), "-p", dir, "-e", filepath.Join(dir, "error.log"))
	return addr, dir
}

// haproxy runs HAProxy with those sections.
func haproxy(t *testing.T, sections string) string {
	addr := freePort(t)
	config := "global\n  maxconn 200\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n" +
		"frontend in\n  bind " + addr + "\n" + sections + "\n"
	program(t, addr, "haproxy", "-db", "-f", write(t, filepath.Join(t.TempDir(), "haproxy.cfg"), config))
	return addr
}

// exercise does what a site's clients do, over a few connections at once, against
// a chain of proxies that ends in a backend of check.
func exercise(t *testing.T, base string) {
	t.Helper()
	data := noise(2 << 20)
	client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			errs <- func() error {
				for range 30 {
					r, err := client.Get(base + "/small")
					if err != nil {
						return err
					}
					body, err := io.ReadAll(r.Body)
					r.Body.Close()
					if err != nil || r.StatusCode != 200 || string(body) != "small\n" {
						return fmt.Errorf("small: %s %q %w", r.Status, body, err)
					}
				}
				for _, body := range []io.Reader{bytes.NewReader(data), io.MultiReader(bytes.NewReader(data))} {
					r, err := client.Post(base+"/echo", "application/octet-stream", body)
					if err != nil {
						return err
					}
					got, err := io.ReadAll(r.Body)
					r.Body.Close()
					if err != nil || !bytes.Equal(got, data) {
						return fmt.Errorf("echo: %s, %d bytes, %w", r.Status, len(got), err)
					}
				}
				return nil
			}()
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// site is what exercise expects at the end of the chain.
func site(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/small":
		io.WriteString(w, "small\n")
	case "/echo":
		body, _ := io.ReadAll(r.Body)
		w.Write(body)
	case "/fields":
		for name, values := range r.Header {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(values, " | "))
		}
	case "/ws":
		conn, err := websocket.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		for {
			kind, b, err := conn.Read(r.Context())
			if err != nil {
				return
			}
			conn.Write(r.Context(), kind, b)
		}
	}
}

func TestNginxAsUpstream(t *testing.T) {
	t.Parallel()
	up := strings.TrimPrefix(backend(t, site), "http://")
	addr, _ := nginx(t, "location / { proxy_pass http://"+up+"; proxy_http_version 1.1; proxy_request_buffering off; }")
	g := serve(t, proxyTo("http://"+addr))
	exercise(t, "http://"+g.addr)
	if s := g.target(); s.Errors != 0 || s.Dials > 20 {
		t.Errorf("%+v", s)
	}
}

func TestNginxInFront(t *testing.T) {
	t.Parallel()
	cfg := proxyTo(backend(t, site))
	cfg.Trusted = prefixes("127.0.0.0/8")
	g := serve(t, cfg)
	addr, _ := nginx(t, "location / { proxy_pass http://"+g.addr+"; proxy_http_version 1.1; proxy_request_buffering off; proxy_set_header Connection \"\"; proxy_set_header X-Forwarded-For 203.0.113.9; }"+
		"location /old { proxy_pass http://"+g.addr+"/small; proxy_http_version 1.0; }")
	exercise(t, "http://"+addr)
	r, err := http.Get("http://" + addr + "/fields")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	if got := field(string(body), "X-Forwarded-For"); got != "203.0.113.9, 127.0.0.1" {
		t.Errorf("X-Forwarded-For: %q", got)
	}
	if rec := g.last(func(r *flow.Record) bool { return r.Get(flow.Path) == "/fields" }); rec.Peer().Addr().String() != "203.0.113.9" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if r, err := http.Get("http://" + addr + "/old"); err != nil || r.StatusCode != 200 {
		t.Error(r, err)
	} else {
		r.Body.Close()
	}
}

func TestHAProxyAsUpstream(t *testing.T) {
	t.Parallel()
	up := strings.TrimPrefix(backend(t, site), "http://")
	addr := haproxy(t, "  default_backend b\nbackend b\n  server s "+up)
	g := serve(t, proxyTo("http://"+addr))
	exercise(t, "http://"+g.addr)
	if s := g.target(); s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}

// HAProxy in front, with the PROXY protocol between.
func TestHAProxyInFront(t *testing.T) {
	t.Parallel()
	for _, send := range []string{"send-proxy", "send-proxy-v2"} {
		cfg := proxyTo(backend(t, site))
		cfg.Trusted, cfg.ProxyProtocol = prefixes("127.0.0.0/8"), "require"
		g := serve(t, cfg)
		addr := haproxy(t, "  default_backend b\nbackend b\n  server s "+g.addr+" "+send)
		exercise(t, "http://"+addr)
		if rec := g.last(func(r *flow.Record) bool { return r.Kind == flow.Request }); rec.Peer().Port() == 0 {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
	}
}

// HAProxy behind, that takes our PROXY header and shows it.
func TestProxyProtocolToHAProxy(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", "v2"} {
		addr := freePort(t)
		config := "defaults\n  mode http\n  timeout connect 5s\n  timeout client 20s\n  timeout server 20s\n" +
			"frontend in\n  bind " + addr + " accept-proxy\n  http-request return status 200 content-type text/plain lf-string \"%[src]\"\n"
		program(t, addr, "haproxy", "-db", "-f", write(t, filepath.Join(t.TempDir(), "haproxy.cfg"), config))
		cfg := proxyTo("http://" + addr)
		cfg.Trusted = prefixes("127.0.0.0/8")
		pool(cfg).ProxyProtocol = version
		g := serve(t, cfg)
		for range 2 {
			if _, body := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n").answer("GET"); body != "203.0.113.9" {
				t.Errorf("%s: %q", version, body)
			}
		}
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	curl := peer(t, "curl")
	g := serve(t, proxyTo(backend(t, site)))
	s, _ := secure(newRig(t, proxyTo(backend(t, site))), "a.test")
	file := filepath.Join(t.TempDir(), "data")
	data := noise(1 << 20)
	write(t, file, string(data))
	_, port, _ := net.SplitHostPort(s.addr)
	run := func(args ...string) []byte {
		t.Helper()
		out, err := exec.Command(curl, append([]string{"-sS", "--max-time", "15"}, args...)...).Output()
		if err != nil {
			t.Fatalf("curl %v: %v", args, err)
		}
		return out
	}
	base, secureBase := "http://"+g.addr, "https://a.test:"+port
	resolve := []string{"-k", "--resolve", "a.test:" + port + ":127.0.0.1"}
	if out := run(base+"/small", base+"/small", "-w", "%{num_connects} "); string(out) != "small\n1 small\n0 " {
		t.Errorf("%q", out)
	}
	if out := run("-I", base+"/small"); !strings.HasPrefix(string(out), "HTTP/1.1 200 OK\r\n") {
		t.Errorf("%q", out)
	}
	for _, args := range [][]string{
		{"--data-binary", "@" + file, base + "/echo"}, // with Expect: 100-continue
		{"-H", "Transfer-Encoding: chunked", "--data-binary", "@" + file, base + "/echo"},
		{"-H", "Expect:", "-T", file, base + "/echo"},
		append([]string{"--data-binary", "@" + file, secureBase + "/echo"}, resolve...),
		append([]string{"-H", "Transfer-Encoding: chunked", "-T", file, secureBase + "/echo"}, resolve...),
	} {
		if out := run(args...); !bytes.Equal(out, data) {
			t.Errorf("%v: %d bytes", args, len(out))
		}
	}
	if out := run("--http1.0", base+"/small"); string(out) != "small\n" {
		t.Errorf("%q", out)
	}
	if out := run(append([]string{"--http2", "-w", "%{http_version}", secureBase + "/small"}, resolve...)...); string(out) != "small\n1.1" {
		t.Errorf("%q", out)
	}
	if out := run("--http2", "-w", "%{http_version}", base+"/small"); string(out) != "small\n1.1" { // asks for h2c
		t.Errorf("%q", out)
	}
}

// keyOf is a certificate's key as PEM.
func keyOf(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
}

// nginx as a TLS upstream that asks for a client certificate.
func TestNginxTLSUpstream(t *testing.T) {
	t.Parallel()
	_, cert := authority(t, "up.test")
	dir := t.TempDir()
	pemFile := write(t, filepath.Join(dir, "cert.pem"), string(pemOf(cert)))
	keyFile := write(t, filepath.Join(dir, "key.pem"), keyOf(t, cert.PrivateKey))
	addr := freePort(t)
	config := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log %[1]s/error.log; events { }
http { access_log off; client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
server { listen %[2]s ssl; ssl_certificate %[3]s; ssl_certificate_key %[4]s; ssl_client_certificate %[3]s; ssl_verify_client on; return 200 "$ssl_server_name $ssl_client_verify"; } }`,
		dir, addr, pemFile, keyFile)
	program(t, addr, "nginx", "-c", write(t, filepath.Join(dir, "nginx.conf"), config), "-p", dir, "-e", filepath.Join(dir, "error.log"))
	cfg := proxyTo("https://" + addr)
	c := &pool(cfg).TLS
	c.CA, c.SNI, c.Cert, c.Key = pemFile, "up.test", pemFile, keyFile
	g := serve(t, cfg)
	for range 3 {
		if _, body := g.get("/", 200); body != "up.test SUCCESS" {
			t.Errorf("%q", body)
		}
		g.settled()
	}
	if n := g.target().Dials; n != 1 {
		t.Errorf("%d connections", n)
	}
}

// WebSocket clients of others, through the proxy.
func TestWebSocketClients(t *testing.T) {
	t.Parallel()
	g := serve(t, proxyTo(backend(t, site)))
	scripts := map[string][]string{
		"node": {"-e", `const WebSocket = require("ws"); const ws = new WebSocket(process.argv[1]);
ws.on("open", () => ws.send("x".repeat(100000)));
ws.on("message", (m) => { console.log(m.length); ws.close(); });`, "ws://" + g.addr + "/ws"},
		"python3": {"-c", `import asyncio, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1]) as ws:
        await ws.send("x" * 100000)
        print(len(await ws.recv()))
asyncio.run(main())`, "ws://" + g.addr + "/ws"},
	}
	for name, args := range scripts {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(peer(t, name), args...)
			cmd.Env = append(os.Environ(), "NODE_PATH=/usr/share/nodejs:/usr/lib/node_modules")
			out, err := cmd.CombinedOutput()
			if err != nil && (strings.Contains(string(out), "Cannot find module") || strings.Contains(string(out), "No module named")) && os.Getenv("CI") == "" {
				t.Skipf("%s has no WebSocket library", name)
			}
			if err != nil || string(out) != "100000\n" {
				t.Errorf("%v: %s", err, out)
			}
			if rec := g.last(func(r *flow.Record) bool { return r.Kind == flow.Tunnel }); rec.BytesOut < 100000 {
				t.Errorf("%s", rec.AppendJSON(nil))
			}
		})
	}
}
