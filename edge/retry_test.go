package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
)

// nobody is the URL of a port where nothing listens.
func nobody(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return "http://" + ln.Addr().String()
}

func answering(t *testing.T, text string) string {
	return backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s%s", text, body)
	})
}

// badly is an upstream that fails each request in one way and counts them.
func badly(t *testing.T, n *atomic.Int32, answer string) string {
	return scripted(t, func(conn net.Conn, in *bufio.Reader) {
		if _, _, err := request(in); err == nil {
			n.Add(1)
			io.WriteString(conn, answer)
		}
	})
}

func TestRetryOnlyWhereSafe(t *testing.T) {
	const get, post, put = "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
		"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
	const chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
	for _, c := range []struct {
		name, request, bad string
		status             int
		body               string
	}{
		{"no answer to a GET", get, "", 200, "well"},
		{"no answer to a PUT", put, "", 200, "wellhi"},
		{"no answer to a POST", post, "", 502, ""},
		{"no answer to a body that is gone", chunked, "", 502, ""},
		{"half a head", get, "HTTP/1.1 200 OK\r\nContent-Le", 200, "well"},
		{"garbage", get, "SSH-2.0-OpenSSH_9.2\r\n", 200, "well"},
		{"two lengths", get, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 200, "well"},
		{"garbage to a POST", post, "\r\n\r\n", 502, ""},
		{"length and chunked", post, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n atomic.Int32
			cfg := proxyTo(badly(t, &n, c.bad), answering(t, "well"))
			pool(cfg).Retry.Tries = 3
			pool(cfg).Eject.After = -1
			g := serve(t, cfg)
			for n.Load() == 0 { // until it is the bad one's turn
				r, body := dial(t, g.addr).send("%s", c.request).answer("GET")
				if n.Load() > 0 && (r.StatusCode != c.status || c.status == 200 && body != c.body) {
					t.Fatalf("%s %q", r.Status, body)
				}
			}
			rec := g.last(func(r *flow.Record) bool { return r.Tries > 1 || r.Status == 502 })
			if c.status == 502 && (rec.Status != 502 || rec.Tries != 1 || rec.Get(flow.Error) == "" || rec.Get(flow.Refusal) != "") ||
				c.status == 200 && (rec.Status != 200 || rec.Tries != 2) {
				t.Errorf("%s", rec.AppendJSON(nil))
			}
			if n.Load() != 1 {
				t.Errorf("asked %d times", n.Load())
			}
		})
	}
}

func TestRetryUnreachable(t *testing.T) {
	down := nobody(t)
	cfg := proxyTo(down, answering(t, "well"))
	pool(cfg).Eject.After = -1
	g := serve(t, cfg)
	for range 6 { // a POST is tried elsewhere, since nothing of it was sent
		r, body := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n!").answer("POST")
		if r.StatusCode != 200 || body != "well!" {
			t.Fatalf("%s %q", r.Status, body)
		}
	}
	cfg = proxyTo(down)
	g = serve(t, cfg)
	g.get("/", 502)
	if rec := g.last(every); rec.Tries != 2 && rec.Tries != 0 || !strings.Contains(rec.Get(flow.Error), "connect") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// The budget ends retries, and then the error is that of the request.
func TestRetryBudget(t *testing.T) {
	var n atomic.Int32
	hold := make(chan bool)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		if _, _, err := request(in); err == nil && n.Add(1) > 1 {
			<-hold
		}
	})
	defer close(hold)
	cfg := proxyTo(up)
	pool(cfg).Retry = upstream.RetryConfig{Tries: 5, Budget: 0.01, Floor: 1}
	pool(cfg).Eject.After = -1
	g := serve(t, cfg)
	first := dial(t, g.addr).send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
	for n.Load() < 2 { // its retry holds the one place
		time.Sleep(time.Millisecond)
	}
	n.Store(0)
	g.get("/2", 502)
	if rec := g.last(func(r *flow.Record) bool { return r.Get(flow.Path) == "/2" }); !strings.Contains(rec.Get(flow.Error), "without an answer") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	first.Close()
}

func TestRetryOnStatus(t *testing.T) {
	var n atomic.Int32
	ill := backend(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		w.WriteHeader(503)
		io.WriteString(w, "ill")
	})
	cfg := proxyTo(ill, answering(t, "well"))
	pool(cfg).Retry.Status = []upstream.StatusRange{{From: 500, To: 599}}
	g := serve(t, cfg)
	for n.Load() == 0 {
		if _, body := g.get("/", 200); body != "well" {
			t.Fatal(body)
		}
	}
	n.Store(0)
	saw := false
	for range 4 { // a POST is not sent twice
		r, body := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n!").answer("POST")
		saw = saw || r.StatusCode == 503 && body == "ill"
	}
	if !saw {
		t.Error("no POST got the answer of the ill one")
	}
	cfg = proxyTo(ill) // the last try's answer is the answer
	pool(cfg).Retry.Status = []upstream.StatusRange{{From: 500, To: 599}}
	g = serve(t, cfg)
	if _, body := g.get("/", 503); body != "ill" {
		t.Error(body)
	}
	if rec := g.last(every); rec.Tries != 2 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestPerTryTimeout(t *testing.T) {
	t.Parallel()
	hold := make(chan bool)
	silent := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		request(in)
		<-hold
	})
	defer close(hold)
	cfg := proxyTo(silent, answering(t, "well"))
	pool(cfg).Retry.Timeout = 200 * time.Millisecond
	pool(cfg).Eject.After = -1
	g := serve(t, cfg)
	for range 2 {
		if _, body := g.get("/", 200); body != "well" {
			t.Fatal(body)
		}
	}
	cfg = proxyTo(silent)
	cfg.Routes[0].Proxy.Timeout = 300 * time.Millisecond
	g = serve(t, cfg)
	start := time.Now()
	g.get("/", 504)
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("504 after %s", took)
	}
}

// A kept connection that the upstream closes, before or while a request comes over
// it, costs no request, and is not counted as a try.
func TestIdleConnectionEnds(t *testing.T) {
	var served atomic.Int32
	keep := make(chan bool, 1)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for i := 0; ; i++ {
			if i > 0 && <-keep { // as if it were closing just now
				io.ReadFull(in, make([]byte, 1))
				return
			} else if i > 0 {
				return
			}
			if _, _, err := request(in); err != nil {
				return
			}
			served.Add(1)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	cfg := proxyTo(up)
	pool(cfg).Retry.Tries = 1
	g := serve(t, cfg)
	for i := range 4 {
		g.get("/", 200)
		keep <- i%2 == 0
		if i%2 == 1 {
			time.Sleep(20 * time.Millisecond) // the end has arrived
		}
	}
	g.get("/", 200)
	close(keep)
	if rec := g.last(every); rec.Tries != 1 || rec.Has(flow.Error) {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if s := g.target(); s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}

// What an upstream sends unasked, behind an answer or while idle, is never taken
// for the answer to another request.
func TestUnsolicitedBytes(t *testing.T) {
	t.Parallel()
	const ok, evil = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
	for name, wait := range map[string]time.Duration{"at once": 0, "later": 30 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				for {
					if _, _, err := request(in); err != nil {
						return
					}
					if wait == 0 {
						io.WriteString(conn, ok+evil)
						continue
					}
					io.WriteString(conn, ok)
					time.Sleep(wait)
					io.WriteString(conn, evil)
				}
			})
			g := serve(t, proxyTo(up))
			for range 5 {
				if _, body := g.get("/", 200); body != "ok" {
					t.Fatal(body)
				}
				time.Sleep(2 * wait)
			}
		})
	}
}

// An upstream that speaks first, or closes at once, is an error and no endless loop.
func TestUpstreamSpeaksFirst(t *testing.T) {
	for _, greeting := range []string{"220 mail.example.com ESMTP\r\n", ""} {
		up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
			io.WriteString(conn, greeting)
			if greeting != "" {
				in.ReadByte()
			}
		})
		g := serve(t, proxyTo(up))
		g.get("/", 502)
		if n := g.target().Dials; n > 3 {
			t.Errorf("%d connections for one request", n)
		}
	}
}

func TestFallback(t *testing.T) {
	down := nobody(t)
	respond := &upstream.FallbackConfig{Respond: &upstream.FallbackRespond{Status: 200, Body: "back soon", Headers: map[string]string{"Retry-After": "9"}}}
	cfg := proxyTo(down)
	pool(cfg).Fallback = respond
	g := serve(t, cfg)
	for range 8 { // also when the target is ejected
		if r, body := g.get("/", 200); body != "back soon" || r.Header.Get("Retry-After") != "9" {
			t.Fatalf("%v %q", r, body)
		}
	}
	cfg = proxyTo(down)
	pool(cfg).Fallback = &upstream.FallbackConfig{Pool: "spare"}
	g = newRig(t, cfg)
	g.addPool("spare", upstream.Config{To: []upstream.TargetConfig{{URL: answering(t, "spare")}}})
	g.start()
	r, body := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n!").answer("POST")
	if r.StatusCode != 200 || body != "spare!" || r.Header.Get("Via") != "1.1 netwright" {
		t.Fatalf("%v %q", r, body)
	}
	// An upstream's own error is an answer.
	cfg = proxyTo(backend(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }))
	pool(cfg).Fallback = respond
	serve(t, cfg).get("/", 500)
}

func TestQueueAndLimit(t *testing.T) {
	hold := make(chan bool)
	busy := backend(t, func(w http.ResponseWriter, r *http.Request) { <-hold })
	cfg := proxyTo(busy)
	pool(cfg).Connections = 1
	pool(cfg).Queue = upstream.QueueConfig{Size: 1, Timeout: 100 * time.Millisecond}
	g := serve(t, cfg)
	first := dial(t, g.addr).send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
	for g.pools["web:all"].Status().Active == 0 {
		time.Sleep(time.Millisecond)
	}
	second := dial(t, g.addr).send("GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
	for g.pools["web:all"].Status().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
	if r, _ := g.get("/3", 503); r.Header.Get("Retry-After") != "1" { // the queue is full
		t.Error(r.Header)
	}
	if r, _ := second.answer("GET"); r.StatusCode != 503 || r.Header.Get("Retry-After") != "1" { // its time is over
		t.Error(r.Status, r.Header)
	}
	close(hold)
	if r, _ := first.answer("GET"); r.StatusCode != 200 {
		t.Error(r.Status)
	}
}

func TestStickyAndHash(t *testing.T) {
	ups := []string{answering(t, "0"), answering(t, "1"), answering(t, "2")}
	cfg := proxyTo(ups...)
	pool(cfg).Sticky = &upstream.StickyConfig{Cookie: "srv"}
	g := serve(t, cfg)
	for range 3 {
		r, want := g.get("/", 200)
		cookie, err := http.ParseSetCookie(r.Header.Get("Set-Cookie"))
		if err != nil || cookie.Name != "srv" || !cookie.HttpOnly {
			t.Fatalf("%v %v", r.Header, err)
		}
		for range 5 {
			r, body := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; srv=%s\r\n\r\n", cookie.Value).answer("GET")
			if body != want || r.Header.Get("Set-Cookie") != "" {
				t.Fatalf("%q, want %q; %v", body, want, r.Header)
			}
		}
	}
	for by, heads := range map[string][2]string{
		"path":       {"GET /%d HTTP/1.1\r\nHost: a\r\n", ""},
		"host":       {"GET / HTTP/1.1\r\nHost: h%d\r\n", ""},
		"header:X-K": {"GET / HTTP/1.1\r\nHost: a\r\nx-k: %d\r\n", ""},
		"cookie:k":   {"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=b; k=%d\r\n", ""},
		"address":    {"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.%d\r\n", ""},
	} {
		cfg := proxyTo(ups...)
		cfg.Trusted = prefixes("127.0.0.0/8")
		pool(cfg).Balance.Hash = &upstream.HashConfig{By: by, Bound: -1}
		g := serve(t, cfg)
		hit := map[string]int{}
		for key := range 12 {
			seen := ""
			for range 3 {
				_, body := dial(t, g.addr).send(heads[0]+"\r\n", key).answer("GET")
				if seen != "" && body != seen {
					t.Errorf("%s %d: %s, then %s", by, key, seen, body)
				}
				seen = body
			}
			hit[seen]++
		}
		if len(hit) < 2 {
			t.Errorf("%s: all keys on one target: %v", by, hit)
		}
	}
}

// Upstreams that close kept connections whenever they like cost no request.
func TestNoRequestLost(t *testing.T) {
	var served atomic.Int32
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for range 1 + served.Add(1)%5 {
			if _, _, err := request(in); err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
		if served.Load()%3 == 0 {
			conn.(*net.TCPConn).SetLinger(0)
		}
	})
	cfg := proxyTo(up)
	pool(cfg).Retry.Tries = 1
	g := serve(t, cfg)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := dial(t, g.addr)
			for range 200 {
				if r, body := c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer("GET"); r.StatusCode != 200 || body != "ok" {
					t.Errorf("%s %q: %s", r.Status, body, g.last(every).AppendJSON(nil))
					return
				}
			}
		})
	}
	wg.Wait()
}

// Routes that share a pool, and with it the kept connections, have their own
// timeouts all the same.
func TestSharedPoolOwnTimeouts(t *testing.T) {
	t.Parallel()
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			r, _, err := request(in)
			if err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
			if r.URL.Path != "/" {
				time.Sleep(700 * time.Millisecond)
			}
			io.WriteString(conn, "cd")
		}
	})
	cfg := proxyTo()
	cfg.Routes[0].Proxy.Pool = "shared"
	hasty := cfg.Routes[0]
	hasty.Name, hasty.Match = "hasty", match("/hasty")
	hasty.Proxy = &ProxyConfig{Pool: "shared", Timeout: 200 * time.Millisecond}
	cfg.Routes = []RouteConfig{hasty, cfg.Routes[0]}
	g := newRig(t, cfg)
	g.addPool("shared", upstream.Config{To: []upstream.TargetConfig{{URL: up}}})
	g.start()
	g.get("/", 200) // leaves a connection behind
	if _, body := g.get("/slow", 200); body != "abcd" {
		t.Errorf("%q", body)
	}
	r, err := http.ReadResponse(dial(t, g.addr).send("GET /hasty HTTP/1.1\r\nHost: a\r\n\r\n").in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r.Body); err == nil {
		t.Errorf("the hasty route waited: %q", body)
	}
}
