package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
)

func TestProxyPassesRequestAndAnswer(t *testing.T) {
	seen := make(chan *http.Request, 1)
	up := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Header.Set("Body", string(body))
		seen <- r
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(201)
		fmt.Fprintf(w, "got %s", body)
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr)
	c.send("POST /a/b?x=1&y HTTP/1.1\r\nHost: shop.example.com\r\nX-Own: 1\r\nContent-Length: 5\r\n\r\nhello")
	r, body := c.answer("POST")
	if r.StatusCode != 201 || body != "got hello" || r.Header.Get("X-Answer") != "yes" {
		t.Fatalf("%s %v %q", r.Status, r.Header, body)
	}
	for _, name := range []string{"Date", "X-Request-Id"} {
		if r.Header.Get(name) == "" {
			t.Errorf("the answer has no %s: %v", name, r.Header)
		}
	}
	if via := r.Header.Get("Via"); via != "1.1 netwright" {
		t.Errorf("Via: %q", via)
	}
	in := <-seen
	want := map[string]string{
		"X-Own": "1", "Via": "1.1 netwright", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "shop.example.com",
		"X-Forwarded-Proto": "http", "Forwarded": `for=127.0.0.1;host="shop.example.com";proto=http`, "Body": "hello",
		"X-Request-Id": r.Header.Get("X-Request-Id"),
	}
	for name, value := range want {
		if got := in.Header.Get(name); got != value {
			t.Errorf("%s: %q, want %q", name, got, value)
		}
	}
	if in.Host != "shop.example.com" || in.RequestURI != "/a/b?x=1&y" || in.Method != "POST" {
		t.Errorf("%s %s %s", in.Method, in.RequestURI, in.Host)
	}
	rec := g.last(every)
	if rec.Status != 201 || rec.Get(flow.Route) != "all" || rec.Get(flow.Target) != up || rec.Tries != 1 || rec.Kind != flow.Request ||
		rec.Get(flow.Path) != "/a/b" || rec.Get(flow.Method) != "POST" || rec.Get(flow.Host) != "shop.example.com" || rec.First <= 0 ||
		rec.First > rec.Duration || rec.Get(flow.Service) != "web" || rec.Outcome() != "ok" || rec.Peer().Addr().String() != "127.0.0.1" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if rec.ID.String() != r.Header.Get("X-Request-Id") {
		t.Errorf("record %s, header %s", rec.ID, r.Header.Get("X-Request-Id"))
	}
	if rec.BytesIn != 86 || rec.BytesOut < int64(len(body))+50 {
		t.Errorf("%d bytes in, %d out", rec.BytesIn, rec.BytesOut)
	}
}

func TestProxyHost(t *testing.T) {
	up := backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) })
	for setting, want := range map[string]string{
		"": "example.com", "client": "example.com", "target": strings.TrimPrefix(up, "http://"), "other.test": "other.test",
	} {
		cfg := proxyTo(up)
		cfg.Routes[0].Proxy.Host = setting
		g := serve(t, cfg)
		if _, body := g.get("/", 200); body != want {
			t.Errorf("host: %s: %q, want %q", setting, body, want)
		}
	}
}

// Fields that belong to one connection stay on it, those that a client names too,
// but not such as would lie to the upstream.
func TestProxyHopByHop(t *testing.T) {
	heads := make(chan http.Header, 1)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		r, _, err := request(in)
		if err != nil {
			return
		}
		heads <- r.Header
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Secret\r\nKeep-Alive: timeout=5\r\nX-Secret: 1\r\n"+
			"Proxy-Authenticate: Basic\r\nX-Open: 1\r\nContent-Length: 2\r\n\r\nok")
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr)
	r, _ := c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-Hop, Cookie, X-Forwarded-For, close\r\nX-Hop: 1\r\nCookie: a=b\r\n" +
		"Proxy-Connection: keep-alive\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Authorization: Basic x\r\n\r\n").answer("GET")
	head := <-heads
	for _, name := range []string{"X-Hop", "Proxy-Connection", "Keep-Alive", "Te", "Upgrade", "Http2-Settings", "Connection", "Proxy-Authorization"} {
		if head.Get(name) != "" {
			t.Errorf("%s was passed on: %v", name, head)
		}
	}
	if head.Get("Cookie") != "a=b" || head.Get("X-Forwarded-For") != "127.0.0.1" {
		t.Errorf("taken away at the client's word: %v", head)
	}
	for _, name := range []string{"X-Secret", "Keep-Alive", "Proxy-Authenticate"} {
		if r.Header.Get(name) != "" {
			t.Errorf("%s came back: %v", name, r.Header)
		}
	}
	if !r.Close || r.Header.Get("X-Open") != "1" {
		t.Errorf("%+v", r)
	}
}

// Answers without a body stay in step with the connection, whatever their fields
// say.
func TestProxyBodiless(t *testing.T) {
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			r, _, err := request(in)
			if err != nil {
				return
			}
			answer := map[string]string{
				"/204": "204 No Content\r\n", "/304": "304 Not Modified\r\nContent-Length: 50\r\nETag: \"x\"\r\n",
				"/head": "200 OK\r\nContent-Length: 1000\r\n", "/head-chunked": "200 OK\r\nTransfer-Encoding: chunked\r\n",
				"/after": "200 OK\r\nContent-Length: 0\r\n",
			}[r.URL.Path]
			io.WriteString(conn, "HTTP/1.1 "+answer+"\r\n")
		}
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr)
	for _, what := range []string{"GET /204", "GET /304", "HEAD /head", "HEAD /head-chunked", "GET /after"} {
		method, path, _ := strings.Cut(what, " ")
		r, body := c.send("%s %s HTTP/1.1\r\nHost: a\r\n\r\n", method, path).answer(method)
		if body != "" {
			t.Errorf("%s: %q", what, body)
		}
		if want := map[string]int64{"/head": 1000, "/304": 50}[path]; want != 0 && r.Header.Get("Content-Length") != fmt.Sprint(want) {
			t.Errorf("%s: %v", what, r.Header)
		}
		g.settled()
	}
	if n := g.target().Dials; n != 1 {
		t.Errorf("%d connections", n)
	}
}

func TestProxyInterimAnswers(t *testing.T) {
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			if _, _, err := request(in); err != nil {
				return
			}
			io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"+
				"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	for _, want := range []int{103, 102, 200} {
		if r, _ := c.answer("GET"); r.StatusCode != want || want == 103 && r.Header.Get("Link") != "</a.css>" {
			t.Fatalf("%s %v, want %d", r.Status, r.Header, want)
		}
	}
	c = dial(t, g.addr).send("GET / HTTP/1.0\r\n\r\n") // knows no interim answers
	if r, body := c.answer("GET"); r.StatusCode != 200 || body != "ok" {
		t.Fatal(r.Status)
	}
}

func TestProxyTrailers(t *testing.T) {
	up := backend(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "X-Sum, Content-Type")
		w.WriteHeader(200)
		io.WriteString(w, "body")
		w.Header().Set("X-Sum", r.Trailer.Get("X-In"))
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-In\r\n\r\n" +
		"4;ext=1\r\nbody\r\n0\r\nX-In: 42\r\nContent-Length: 9\r\n\r\n")
	r, body := c.answer("POST")
	if body != "body" {
		t.Fatal(body)
	}
	// net/http as an upstream forgets trailers that no Trailer field announced, and
	// that field belongs to a connection.
	if sum := r.Trailer.Get("X-Sum"); sum != "42" && sum != "" {
		t.Errorf("trailer %v", r.Trailer)
	}
	raw := make(chan string, 1)
	up = scripted(t, func(conn net.Conn, in *bufio.Reader) {
		r, _, err := request(in)
		if err != nil {
			return
		}
		raw <- fmt.Sprint(r.Trailer)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nSet-Cookie: a=b\r\n\r\n")
	})
	g = serve(t, proxyTo(up))
	c = dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nX-In: 42\r\nHost: b\r\n\r\n")
	r, _ = c.answer("POST")
	if got := <-raw; got != "map[X-In:[42]]" {
		t.Errorf("the upstream got the trailers %s", got)
	}
	if fmt.Sprint(r.Trailer) != "map[X-Sum:[7]]" {
		t.Errorf("the client got the trailers %v", r.Trailer)
	}
}

// A chunked body without content is sent on with its end, and its trailers: without
// them the upstream would take the next request on that connection for chunks.
func TestProxyEmptyChunks(t *testing.T) {
	got := make(chan string, 1)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			r, body, err := request(in)
			if err != nil {
				return
			}
			got <- fmt.Sprintf("%s %v %q %v", r.Method, r.TransferEncoding, body, r.Trailer)
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c := dial(t, serve(t, proxyTo(up)).addr)
	for _, tt := range []struct{ send, want string }{
		{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", `POST [chunked] "" map[]`},
		{"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-In: 42\r\nHost: b\r\n\r\n", `PUT [chunked] "" map[X-In:[42]]`},
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", `GET [] "" map[]`},
	} {
		c.send("%s", tt.send)
		if r, _ := c.answer("POST"); r.StatusCode != 200 {
			t.Errorf("%q: %d", tt.send, r.StatusCode)
		}
		if is := <-got; is != tt.want {
			t.Errorf("%q came as %s, want %s", tt.send, is, tt.want)
		}
	}
}

// HTTP/1.0 on either side: no chunks, and the end of the connection ends the body.
func TestProxyHTTP10(t *testing.T) {
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		if _, _, err := request(in); err == nil {
			io.WriteString(conn, "HTTP/1.0 200 OK\r\nX-Old: 1\r\n\r\nuntil the end")
		}
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr)
	r, body := c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").answer("GET")
	if body != "until the end" || len(r.TransferEncoding) != 1 || r.Header.Get("Via") != "1.0 netwright" {
		t.Errorf("%v %q", r, body)
	}
	c = dial(t, g.addr).send("GET / HTTP/1.0\r\nHost: a\r\n\r\n")
	if r, body := c.answer("GET"); body != "until the end" || !r.Close || r.ContentLength >= 0 {
		t.Errorf("%+v %q", r, body)
	}
	chunked := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Via") != "1.0 netwright" {
			t.Errorf("Via: %s", r.Header.Get("Via"))
		}
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		io.WriteString(w, "b")
	})
	g = serve(t, proxyTo(chunked))
	c = dial(t, g.addr).send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") // without Host
	if r, body := c.answer("GET"); body != "ab" || len(r.TransferEncoding) != 0 {
		t.Errorf("%+v %q", r, body)
	}
}

func TestProxyMethods(t *testing.T) {
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			for l := line; l != "\r\n" && err == nil; l, err = in.ReadString('\n') {
			}
			line = strings.TrimSpace(line)
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(line), line)
		}
	})
	g := serve(t, proxyTo(up))
	for head, want := range map[string]string{
		"OPTIONS * HTTP/1.1":              "OPTIONS * HTTP/1.1",
		"GET http://b.test/x?y HTTP/1.1":  "GET /x?y HTTP/1.1",
		"BREW /a%7Eb/../c//d HTTP/1.1":    "BREW /c/d HTTP/1.1",
		"GET /%2e%2E/etc/a HTTP/1.1":      "",
		"CONNECT db.test:5432 HTTP/1.1":   "",
		"CONNECT 127.0.0.1:1 HTTP/1.1":    "",
		"GET http://b.test HTTP/1.1":      "GET / HTTP/1.1",
		"OPTIONS http://b.test HTTP/1.1":  "OPTIONS / HTTP/1.1",
		"GET /a?b?c=%zz&%00 HTTP/1.1":     "GET /a?b?c=%zz&%00 HTTP/1.1",
		"PROPFIND /calendars/u/ HTTP/1.1": "PROPFIND /calendars/u/ HTTP/1.1",
	} {
		c := dial(t, g.addr)
		r, body := c.send("%s\r\nHost: a.test\r\n\r\n", head).answer("GET")
		switch {
		case strings.HasPrefix(head, "CONNECT"):
			if r.StatusCode != 501 {
				t.Errorf("%s: %s", head, r.Status)
			}
		case want == "":
			if r.StatusCode != 400 {
				t.Errorf("%s: %s %s", head, r.Status, body)
			}
		case body != want:
			t.Errorf("%s: %s %q, want %q", head, r.Status, body, want)
		}
		c.Close()
	}
}

// OPTIONS and TRACE go no further than Max-Forwards says.
func TestMaxForwards(t *testing.T) {
	up := backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Max-Forwards")) })
	g := serve(t, proxyTo(up))
	for _, c := range []struct {
		method, value string
		status        int
		body          string
	}{
		{"OPTIONS", "0", 204, ""}, {"OPTIONS", "5", 200, "4"}, {"TRACE", "0", 204, ""}, {"OPTIONS", "x", 200, "x"}, {"GET", "0", 200, "0"},
	} {
		r, body := dial(t, g.addr).send("%s / HTTP/1.1\r\nHost: a\r\nMax-Forwards: %s\r\n\r\n", c.method, c.value).answer(c.method)
		if r.StatusCode != c.status || body != c.body {
			t.Errorf("%s, Max-Forwards: %s: %s %q", c.method, c.value, r.Status, body)
		}
	}
}

// While the circuit is open, clients are told when to come again.
func TestCircuitOpen(t *testing.T) {
	cfg := proxyTo(backend(t, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(502) }))
	pool(cfg).Circuit = &upstream.CircuitConfig{Errors: 0.5, Requests: 3, Window: time.Minute, For: time.Minute}
	pool(cfg).Eject.After = -1
	g := serve(t, cfg)
	for range 3 {
		g.get("/", 502)
	}
	if r, _ := g.get("/", 503); r.Header.Get("Retry-After") != "60" {
		t.Errorf("%v", r.Header)
	}
}

// Over a Unix socket there is no address, and who opens it is trusted where
// anybody is.
func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	ln, err := net.Listen("unix", dir+"/up")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s|%s|%s", r.Host, r.Header.Get("X-Forwarded-For"), r.Header.Get("Forwarded"))
	})}
	go s.Serve(ln)
	t.Cleanup(func() { s.Close() })
	for trusted, want := range map[string]string{
		"":           `a||for=unknown;host="a";proto=http`,
		"10.0.0.0/8": `a|5.6.7.8|for=unknown;host="a";proto=http`,
	} {
		cfg := proxyTo("unix://" + dir + "/up")
		if trusted != "" {
			cfg.Trusted = prefixes(trusted)
		}
		g := newRig(t, cfg)
		g.unix = dir + "/in" + trusted[:min(2, len(trusted))]
		g.start()
		conn, err := net.Dial("unix", g.unix)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		c := &client{t, conn, bufio.NewReader(conn)}
		for range 2 {
			if _, body := c.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n").answer("GET"); body != want {
				t.Errorf("trusted %q: %q, want %q", trusted, body, want)
			}
			g.settled()
		}
		if rec := g.last(every); rec.Peer().IsValid() != (trusted != "") {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
	}
}

// The client that goes away ends the request to the upstream.
func TestClientGoneCancels(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]string{
		"before the answer": "", "in the middle of it": "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			asked, over := make(chan bool, 1), make(chan time.Time, 1)
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				if _, _, err := request(in); err != nil {
					return
				}
				io.WriteString(conn, begin)
				asked <- true
				in.ReadByte() // until the proxy closes
				over <- time.Now()
			})
			g := serve(t, proxyTo(up))
			c := dial(t, g.addr).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			<-asked
			if begin != "" {
				http.ReadResponse(c.in, nil)
			}
			left := time.Now()
			c.Close()
			select {
			case end := <-over:
				if took := end.Sub(left); took > 3*time.Second {
					t.Errorf("it took %s", took)
				}
			case <-time.After(8 * time.Second):
				t.Fatal("the request to the upstream goes on")
			}
			rec := g.last(every)
			want := uint16(499)
			if begin != "" {
				want = 200
			}
			if rec.Status != want || !strings.Contains(rec.Get(flow.Error), "hung up") {
				t.Errorf("%s", rec.AppendJSON(nil))
			}
			if s := g.target(); s.Errors != 0 {
				t.Errorf("the target was blamed: %+v", s)
			}
		})
	}
}
