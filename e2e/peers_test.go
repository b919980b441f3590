//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// behindAll is the upstream at the end of a chain of proxies: it says who it
// believes the client to be, gives back what it gets, and talks.
func behindAll(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/ws":
		echo(w, r)
	case "/chunked":
		for i := range 5 {
			fmt.Fprintf(w, "part %d\n", i)
			w.(http.Flusher).Flush()
		}
	case "/echo":
		http.NewResponseController(w).EnableFullDuplex() // an answer before the end of the request
		io.Copy(w, r.Body)
	default:
		fmt.Fprint(w, r.Header.Get("X-Forwarded-For"))
	}
}

// runPeer starts a peer on a config that stands in its own folder.
func runPeer(t *testing.T, name, config, addr string) {
	t.Helper()
	program := need(t, name)
	folder := t.TempDir()
	file := filepath.Join(folder, name+".conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-db", "-f", file)
	if name == "nginx" {
		cmd = exec.Command(program, "-p", folder, "-c", file, "-e", filepath.Join(folder, "error.log"))
	}
	spawn(t, cmd)
	listens(t, addr)
}

// nginxConfig is a proxy that keeps connections and passes WebSockets on.
func nginxConfig(listen, to string) string {
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n"
	}
	return user + fmt.Sprintf(`
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 10m;
  map $http_upgrade $connection_field { default upgrade; '' ''; }
  upstream next { server %s; keepalive 16; }
  server {
    listen %s;
    location / {
      proxy_pass http://next;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_field;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`, to, listen)
}

// haproxyConfig is a proxy whose server line has further words.
func haproxyConfig(listen, to, more string) string {
	return fmt.Sprintf(`
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
frontend in
  bind %s
  default_backend out
backend out
  server next %s %s
`, listen, to, more)
}

// throughChain asks everything through the first proxy of a chain.
func throughChain(t *testing.T, first, wantClient string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: wait}
	if got, err := fetch(client, "http://"+first+"/"); err != nil || got != wantClient {
		t.Errorf("X-Forwarded-For at the end is %q, want %q; %v", got, wantClient, err)
	}
	if got, err := fetch(client, "http://"+first+"/chunked"); err != nil || strings.Count(got, "part") != 5 {
		t.Errorf("chunked: %q, %v", got, err)
	}
	for _, size := range []int{1, 64 << 10, 3 << 20} {
		body := bytes.Repeat([]byte("x"), size)
		for name, reader := range map[string]io.Reader{"length": bytes.NewReader(body), "chunked": io.MultiReader(bytes.NewReader(body))} {
			resp, err := client.Post("http://"+first+"/echo", "application/octet-stream", reader)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes with %s came back as %d, %v", size, name, len(got), err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, "ws://"+first+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	for _, text := range []string{"hello", strings.Repeat("long", 5000)} {
		if err := socket.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := socket.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("the WebSocket gave %d bytes, %v", len(got), err)
		}
	}
	socket.Close(websocket.StatusNormalClosure, "")
	busy, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	answered, failures := load(busy, 8, wantClient, func() (string, error) { return fetch(client, "http://"+first+"/") })
	report(t, "through the chain", answered, failures)
}

// TestBetweenPeers has Netwright in the middle: one peer before it, the other
// behind.
func TestBetweenPeers(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(behindAll))
	defer upstream.Close()
	end := strings.TrimPrefix(upstream.URL, "http://")
	config := func(listen, to, more string) string {
		return fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    trusted: 127.0.0.0/8\n%s    routes:\n      - proxy: {to: http://%s}\n", listen, more, to)
	}
	t.Run("nginx before, HAProxy behind", func(t *testing.T) {
		front, middle, back := free(t), free(t), free(t)
		runPeer(t, "haproxy", haproxyConfig(back, end, ""), back)
		up(t, config(middle, back, ""), nil)
		runPeer(t, "nginx", nginxConfig(front, middle), front)
		throughChain(t, front, "127.0.0.1, 127.0.0.1") // nginx saw the client, Netwright nginx
	})
	t.Run("HAProxy before, nginx behind", func(t *testing.T) {
		front, middle, back := free(t), free(t), free(t)
		runPeer(t, "nginx", nginxConfig(back, end), back)
		up(t, config(middle, back, "    proxy_protocol: require\n"), nil)
		runPeer(t, "haproxy", haproxyConfig(front, middle, "send-proxy-v2"), front)
		throughChain(t, front, "127.0.0.1, 127.0.0.1") // Netwright was told the client, nginx saw Netwright
	})
}
