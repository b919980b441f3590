package websocket

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	coder "github.com/coder/websocket"
)

// missing skips a test whose peer is not there; in CI that is a failure.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func peerConfig() *Config {
	return &Config{Compression: CompressionContext, CompressAbove: 1, Subprotocols: []string{"echo"}}
}

// checkEcho talks to a peer's echo server.
func checkEcho(t *testing.T, address string) {
	t.Helper()
	for _, mode := range []string{CompressionOff, CompressionMessage, CompressionContext} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		cfg := peerConfig()
		cfg.Compression = mode
		ctx := testContext(t)
		c, err := Dial(ctx, conn, &url.URL{Scheme: "ws", Host: address, Path: "/"}, nil, cfg)
		if err != nil {
			t.Fatal(mode, err)
		}
		defer c.CloseNow()
		if c.Compressed() != (mode != CompressionOff) || c.Subprotocol() != "echo" {
			t.Errorf("%s: compressed %v, subprotocol %q", mode, c.Compressed(), c.Subprotocol())
		}
		for _, n := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
			for _, typ := range []Type{Text, Binary} {
				if err := c.Write(ctx, typ, []byte(text(n))); err != nil {
					t.Fatal(mode, err)
				}
				if got, p, err := c.Read(ctx); err != nil || got != typ || string(p) != text(n) {
					t.Fatalf("%s: %d bytes of %v came back as %d of %v, %v", mode, n, typ, len(p), got, err)
				}
			}
		}
		go c.Read(ctx) // sees the pong
		if err := c.Ping(ctx); err != nil {
			t.Error(mode, err)
		}
		if err := c.Close(NormalClosure, "done"); err != nil {
			t.Error(mode, err)
		}
	}
}

// runPeer runs a peer's client against our server, then our client against
// the peer's server.
func runPeer(t *testing.T, command func(args ...string) *exec.Cmd) {
	t.Run("client", func(t *testing.T) {
		s := echoServer(t, peerConfig())
		out, err := command("client", wsURL(s)).CombinedOutput()
		if err != nil || !strings.HasSuffix(string(out), "OK\n") {
			t.Fatalf("%v\n%s", err, out)
		}
	})
	t.Run("server", func(t *testing.T) {
		cmd := command("server")
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { stdin.Close(); cmd.Wait() }()
		port, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		checkEcho(t, "127.0.0.1:"+strings.TrimSpace(port))
	})
}

func TestPythonPeer(t *testing.T) {
	const python = "/usr/bin/python3" // Debian's, whose packages are Debian's
	if exec.Command(python, "-c", "import websockets").Run() != nil {
		missing(t, "python3-websockets is not installed")
	}
	runPeer(t, func(args ...string) *exec.Cmd {
		return commandFor(t, python, append([]string{"testdata/peer.py"}, args...)...)
	})
}

func TestNodePeer(t *testing.T) {
	modules := nodeModules(t)
	runPeer(t, func(args ...string) *exec.Cmd {
		cmd := commandFor(t, "node", append([]string{"testdata/peer.js"}, args...)...)
		cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
		return cmd
	})
}

func commandFor(t *testing.T, name string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, name, args...)
}

// nodeModules returns a folder that has npm's ws: of Debian's node-ws, or else
// one in the user's cache, into which npm installs it the first time.
func nodeModules(t *testing.T) string {
	t.Helper()
	const ws, debian = "ws@8.18.0", "/usr/share/nodejs"
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat(filepath.Join(debian, "ws", "package.json")); err == nil {
		return debian
	}
	if _, err := exec.LookPath("npm"); err != nil {
		missing(t, "neither node-ws nor npm is installed")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	folder := filepath.Join(cache, "netwright-test", ws)
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, "ws", "package.json")); err == nil {
		return modules
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := commandFor(t, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, ws).CombinedOutput(); err != nil {
		missing(t, "npm cannot install "+ws+": "+string(out))
	}
	return modules
}

func TestCoderPeer(t *testing.T) {
	t.Run("client", func(t *testing.T) {
		s := echoServer(t, peerConfig())
		for _, mode := range []coder.CompressionMode{coder.CompressionDisabled, coder.CompressionNoContextTakeover, coder.CompressionContextTakeover} {
			ctx := testContext(t)
			c, _, err := coder.Dial(ctx, wsURL(s), &coder.DialOptions{CompressionMode: mode, CompressionThreshold: 1, Subprotocols: []string{"echo"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			c.SetReadLimit(-1)
			for _, n := range []int{0, 1, 125, 126, 65535, 65536, 300_000} {
				if err := c.Write(ctx, coder.MessageText, []byte(text(n))); err != nil {
					t.Fatal(err)
				}
				if typ, p, err := c.Read(ctx); err != nil || typ != coder.MessageText || string(p) != text(n) {
					t.Fatalf("%d bytes came back as %d, %v", n, len(p), err)
				}
			}
			if err := c.Close(4321, "bye"); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("server", func(t *testing.T) {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := coder.Accept(w, r, &coder.AcceptOptions{CompressionMode: coder.CompressionContextTakeover, CompressionThreshold: 1, Subprotocols: []string{"echo"}})
			if err != nil {
				return
			}
			defer c.CloseNow()
			c.SetReadLimit(-1)
			for {
				typ, p, err := c.Read(context.Background())
				if err != nil || c.Write(context.Background(), typ, p) != nil {
					return
				}
			}
		}))
		defer s.Close()
		checkEcho(t, s.Listener.Addr().String())
	})
}

// TestBrowserPeer has a page in Chromium talk to an echo on its own origin.
func TestBrowserPeer(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing(t, "chromium is not installed")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("no-proxy-server", true))
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()

	echo := echoServer(t, peerConfig())
	mux := http.NewServeMux()
	mux.Handle("/echo", echo.Config.Handler)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "testdata/peer.html") })
	s := httptest.NewServer(mux)
	defer s.Close()

	if err := chromedp.Do(ctx, chromedp.Navigate(s.URL)); err != nil {
		t.Fatal("chromium does not start: ", err)
	}
	title, err := chromedp.Run(ctx, chromedp.Poll[string](`document.title !== 'testing' && document.title`))
	if err != nil || title != "OK" {
		t.Fatalf("%q, %v", title, err)
	}
}
