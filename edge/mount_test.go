package edge

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/websocket"
)

// mounted serves a handler of net/http.
func mounted(t *testing.T, h http.HandlerFunc) *rig {
	g := newRig(t, &ServiceConfig{Routes: []RouteConfig{{Name: "mounted", Metrics: true}}})
	g.metrics = h
	return g.start()
}

func TestMount(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data")
	data := noise(1 << 20)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	g := mounted(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/request":
			body, err := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s %s %s %q %v %d", r.Method, r.RequestURI, r.Host, r.Proto, r.Header["X-A"], body, err, r.ContentLength)
		case "/flush":
			for i := range 3 {
				fmt.Fprintf(w, "%d", i)
				w.(http.Flusher).Flush()
			}
		case "/file":
			http.ServeFile(w, r, file)
		case "/status":
			w.Header().Set("X-B", "1\r\nX-Evil: 1")
			w.Header().Set("Connection", "close")
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "no body"); err != http.ErrBodyNotAllowed {
				t.Error(err)
			}
		case "/early":
			w.Header().Set("Link", "</a>")
			w.WriteHeader(103)
			w.Header().Del("Link")
			io.WriteString(w, "<html>")
		case "/wrong":
			w.Header().Set("Content-Length", "5")
			io.WriteString(w, "abc")
		case "/error":
			http.Error(w, "bad", http.StatusTeapot)
		}
	})
	c := dial(t, g.addr)
	for _, x := range []struct{ method, path, body, want string }{
		{"POST", "/request?q=1", "hello", `POST /request?q=1 a.test HTTP/1.1 [1 2] "hello" <nil> 5`},
		{"GET", "/request", "", `GET /request a.test HTTP/1.1 [1 2] "" <nil> 0`},
		{"GET", "/flush", "", "012"},
		{"GET", "/file", "", string(data)},
		{"HEAD", "/file", "", ""},
		{"GET", "/error", "", "bad\n"},
	} {
		r, body := c.send("%s %s HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: %d\r\n\r\n%s", x.method, x.path, len(x.body), x.body).answer(x.method)
		if body != x.want {
			t.Errorf("%s %s: %s, %.200q", x.method, x.path, r.Status, body)
		}
		if x.path == "/file" && r.ContentLength != int64(len(data)) {
			t.Errorf("%s: %d bytes announced", x.method, r.ContentLength)
		}
	}
	if r, _ := c.send("GET /early HTTP/1.1\r\nHost: a\r\n\r\n").answer("GET"); r.StatusCode != 103 || r.Header.Get("Link") == "" {
		t.Errorf("%v", r)
	}
	if r, body := c.answer("GET"); body != "<html>" || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") || r.Header.Get("Link") != "" {
		t.Errorf("%v %q", r, body)
	}
	if r, _ := c.send("GET /status HTTP/1.1\r\nHost: a\r\n\r\n").answer("GET"); r.StatusCode != 204 || r.Header.Get("X-Evil") != "" {
		t.Errorf("%v", r)
	}
	r, err := http.ReadResponse(dial(t, g.addr).send("GET /wrong HTTP/1.1\r\nHost: a\r\n\r\n").in, nil)
	if err == nil {
		var body []byte
		if body, err = io.ReadAll(r.Body); err == nil {
			t.Errorf("an answer short of its length looks complete: %q", body)
		}
	}
}

func TestMountHijack(t *testing.T) {
	g := mounted(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ws" {
			site(w, r)
			return
		}
		conn, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if _, ok := conn.(*net.TCPConn); !ok {
			t.Errorf("not the bare connection but a %T", conn)
		}
		early, _ := io.ReadAll(io.LimitReader(rw, 5))
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n%s", early)
	})
	c := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly")
	if r, err := http.ReadResponse(c.in, nil); err != nil || r.StatusCode != 101 {
		t.Fatal(r, err)
	}
	if rest, err := io.ReadAll(c.in); string(rest) != "early" || err != nil {
		t.Errorf("%q %v", rest, err)
	}
	if rec := g.last(every); rec.Kind != flow.Tunnel || rec.Status != 101 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	conn, err := websocket.Dial(ctx, dial(t, g.addr).Conn, &url.URL{Scheme: "ws", Host: "a", Path: "/ws"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	data := noise(100000)
	go conn.Write(ctx, websocket.Binary, data)
	if _, got, err := conn.Read(ctx); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	conn.Close(1000, "")
}

// A client that leaves ends the handler's context.
func TestMountContext(t *testing.T) {
	t.Parallel()
	began, over := make(chan bool), make(chan bool)
	g := mounted(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(over)
	})
	c := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-began
	c.Close()
	select {
	case <-over:
	case <-time.After(5 * time.Second):
		t.Fatal("the handler was not told")
	}
}

func TestRedirect(t *testing.T) {
	for _, c := range []struct {
		match  string
		to     RedirectConfig
		path   string
		status int
		want   string
	}{
		{"/old/*", RedirectConfig{To: "/new/"}, "/old/a/b?q=1", 308, "/new/a/b?q=1"},
		{"/old/*", RedirectConfig{To: "/new", Status: 302}, "/old/a?q=1", 302, "/new?q=1"},
		{"/old/*", RedirectConfig{To: "https://b.test/?from=${path}"}, "/old/a?q=1", 308, "https://b.test/?from=/old/a"},
		{"/*", RedirectConfig{To: "https://${host}${path}", Status: 301}, "/x?y", 301, "https://a.test/x?y"},
		{"/*", RedirectConfig{To: "/"}, "//evil.test/x", 308, "/evil.test/x"},
		{"/*", RedirectConfig{To: "https://b.test/"}, "/a%0d%0aX:%201", 308, "https://b.test/a%0D%0AX:%201"},
	} {
		to := c.to
		g := serve(t, &ServiceConfig{Routes: []RouteConfig{{Match: match(c.match), Redirect: &to}}})
		r, _ := dial(t, g.addr).send("GET %s HTTP/1.1\r\nHost: a.test\r\n\r\n", c.path).answer("GET")
		if r.StatusCode != c.status || r.Header.Get("Location") != c.want {
			t.Errorf("%+v %s: %s %s, want %s", c.to, c.path, r.Status, r.Header.Get("Location"), c.want)
		}
	}
}

func TestRespond(t *testing.T) {
	g := serve(t, &ServiceConfig{Routes: []RouteConfig{{
		Match:   match("/hi/*"),
		Respond: &RespondConfig{Status: 203, Body: "<p>${1} ${query:q}", Headers: map[string]string{"X-Q": "${query:q}"}},
		Headers: route.Headers{Response: route.Fields{Set: map[string][]string{"X-R": {"r"}}}},
	}}})
	r, body := dial(t, g.addr).send("GET /hi/%%3Cb%%3E?q=%%3Ci%%3E%%0d%%0aX-Evil:1 HTTP/1.1\r\nHost: a\r\n\r\n").answer("GET")
	if r.StatusCode != 203 || strings.ContainsAny(body[3:], "<>") || !strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") {
		t.Errorf("%s %q", r.Status, body)
	}
	if r.Header.Get("X-Evil") != "" || r.Header.Get("X-R") != "r" {
		t.Errorf("%v", r.Header)
	}
	if r, body := dial(t, g.addr).send("HEAD /hi/a HTTP/1.1\r\nHost: a\r\n\r\n").answer("HEAD"); body != "" || r.ContentLength != 5 {
		t.Errorf("%d %q", r.ContentLength, body)
	}
	if _, body := g.get("/", 404); !strings.HasPrefix(body, "404 Not Found\nrequest ") {
		t.Errorf("%q", body)
	}
}
