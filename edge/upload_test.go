package edge

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/flow"
)

// noise is data that does not compress or repeat.
func noise(n int) []byte {
	b := make([]byte, n)
	random := rand.NewChaCha8([32]byte{7})
	random.Read(b)
	return b
}

// Large bodies arrive byte for byte, whatever frames them, in both directions.
func TestLargeBodies(t *testing.T) {
	data := noise(10 << 20)
	up := backend(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(body, data) {
			t.Errorf("upload: %d bytes, %v", len(body), err)
		}
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		}
		w.Write(data)
	})
	g := serve(t, proxyTo(up))
	for _, send := range []string{"length", "chunked"} {
		for _, get := range []string{"length", "chunked"} {
			t.Run(send+" up, "+get+" down", func(t *testing.T) {
				var body io.Reader = bytes.NewReader(data)
				if send == "chunked" {
					body = io.MultiReader(body)
				}
				r, err := http.Post("http://"+g.addr+"/"+get, "", body)
				if err != nil {
					t.Fatal(err)
				}
				defer r.Body.Close()
				got, err := io.ReadAll(r.Body)
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("download: %d bytes, %v", len(got), err)
				}
				g.settled()
				if rec := g.last(every); rec.BytesIn < int64(len(data)) || rec.BytesOut < int64(len(data)) || rec.Has(flow.Error) {
					t.Errorf("%s", rec.AppendJSON(nil))
				}
			})
		}
	}
	if n := g.target().Dials; n != 1 {
		t.Errorf("%d connections to the upstream", n)
	}
}

// A client that takes an answer slowly holds the upstream back: what the proxy
// keeps of the body stays bounded.
func TestBackPressure(t *testing.T) {
	const size = 64 << 20
	sent := make(chan int64, 1)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		if _, _, err := request(in); err != nil {
			return
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		var n int64
		chunk := fmt.Appendf(nil, "10000\r\n%s\r\n", make([]byte, 1<<16))
		for n < size {
			m, err := conn.Write(chunk)
			n += int64(m)
			if err != nil {
				break
			}
		}
		sent <- n
	})
	g := serve(t, proxyTo(up))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c := dial(t, g.addr)
	c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	n := <-sent
	runtime.ReadMemStats(&after)
	if n >= size {
		t.Error("the upstream was not held back")
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("%d bytes more in memory", grown)
	}
}

// expectContinue: the client's wish goes through, and so does the upstream's word.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, first string // of the upstream's answers, before the body
		interim     bool   // the client sees 100
		status      int
	}{
		{"given", "HTTP/1.1 100 Continue\r\n\r\n", true, 200},
		{"forgotten", "", true, 200},
		{"refused", "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", false, 417},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if r.Method == "POST" && r.Header.Get("Expect") != "100-continue" {
						t.Errorf("Expect: %q", r.Header.Get("Expect"))
					}
					if r.Method == "POST" {
						io.WriteString(conn, c.first)
						if strings.Contains(c.first, "417") {
							continue // the next must not be taken for the body
						}
					}
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return
					}
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				}
			})
			g := serve(t, proxyTo(up))
			cl := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			r, _ := cl.answer("POST")
			if c.interim {
				if r.StatusCode != 100 {
					t.Fatal(r.Status)
				}
				var body string
				if r, body = cl.send("hello").answer("POST"); body != "hello" {
					t.Errorf("%q", body)
				}
			} else if !r.Close {
				t.Error("nobody knows whether the body follows, and yet the connection goes on")
			}
			if r.StatusCode != c.status {
				t.Fatal(r.Status)
			}
			g.get("/next", 200) // its head was not taken for the body
		})
	}
}

// An upstream that answers before the request has ended is heard, and neither
// connection is used again.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"closes", "goes on"} {
		t.Run(end, func(t *testing.T) {
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				if r.Method == "GET" {
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell")
					return
				}
				io.WriteString(conn, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
				if end == "goes on" {
					http.ReadRequest(in) // what comes is the body's rest, or nothing
					if _, err := http.ReadRequest(in); err == nil {
						t.Error("the connection was used again")
					}
				}
			})
			g := serve(t, proxyTo(up))
			c := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin")
			r, body := c.answer("POST")
			if r.StatusCode != 413 || body != "big" || !r.Close {
				t.Fatalf("%v %q", r, body)
			}
			if _, err := c.in.ReadByte(); err != io.EOF {
				t.Errorf("the connection goes on: %v", err)
			}
			if rec := g.last(every); rec.Status != 413 || rec.Tries != 1 {
				t.Errorf("%s", rec.AppendJSON(nil))
			}
			g.get("/", 200)
		})
	}
}

// A client that sends all before it reads sees an early answer as well.
func TestEarlyAnswerToBlindClient(t *testing.T) {
	t.Parallel()
	cfg := proxyTo(backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(403) // without reading
	}))
	g := serve(t, cfg)
	c := dial(t, g.addr)
	data := noise(4 << 20)
	c.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", len(data))
	c.Write(data) // may fail: the server need not read it all
	if r, err := http.ReadResponse(c.in, nil); err != nil || r.StatusCode != 403 {
		t.Fatalf("%v %v", r, err)
	}
}

// A slow upload is no slow answer.
func TestSlowUpload(t *testing.T) {
	t.Parallel()
	cfg := proxyTo(answering(t, "got "))
	cfg.Routes[0].Proxy.Timeout = 400 * time.Millisecond
	g := serve(t, cfg)
	c := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
	for range 10 {
		time.Sleep(100 * time.Millisecond)
		c.send("x")
	}
	if r, body := c.answer("POST"); r.StatusCode != 200 || body != "got xxxxxxxxxx" {
		t.Fatalf("%s %q", r.Status, body)
	}
}

// Bodies that break a rule or a limit get the client its status; the upstream's
// connection is not used again, and the target not blamed.
func TestBadUploads(t *testing.T) {
	t.Parallel()
	const head = "POST /%s HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name, request string
		status        int
		rule          string
	}{
		{"chunk", fmt.Sprintf(head, "") + "5\r\nhello\r\nxyz\r\n", 400, "chunk"},
		{"chunk size", fmt.Sprintf(head, "") + "2\r\nhi\r\n0x2\r\nhi\r\n0\r\n\r\n", 400, "chunk"},
		{"chunked over the limit", fmt.Sprintf(head, "small") + "5\r\nhello\r\n600\r\n" + strings.Repeat("x", 0x600) + "\r\n0\r\n\r\n", 413, "body-too-large"},
		{"length over the limit", "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n", 413, "body-too-large"},
		{"stalled", "POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\nab", 408, "body-timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				if _, _, err := request(in); err == nil {
					t.Error("the upstream got a whole request")
				}
			})
			cfg := proxyTo(up)
			small := cfg.Routes[0]
			small.Name, small.Match = "small", match("/small")
			small.Limits.Body, small.Timeouts.Body = 1000, 300*time.Millisecond
			cfg.Routes = []RouteConfig{small, cfg.Routes[0]}
			g := serve(t, cfg)
			r, _ := dial(t, g.addr).send("%s", c.request).answer("POST")
			if r.StatusCode != c.status || !r.Close {
				t.Errorf("%s, close %v", r.Status, r.Close)
			}
			if rec := g.last(every); rec.Status != uint16(c.status) || rec.Get(flow.Refusal) != c.rule {
				t.Errorf("%s", rec.AppendJSON(nil))
			}
			for name, p := range g.pools {
				if s := p.Status().Targets[0]; s.Errors != 0 || s.Idle != 0 {
					t.Errorf("%s: %+v", name, s)
				}
			}
		})
	}
}

// A route's timeout for bodies does not bring a limit of their size.
func TestRouteTimeoutsAlone(t *testing.T) {
	cfg := proxyTo(answering(t, ""))
	cfg.Routes[0].Timeouts.Body = time.Minute
	g := serve(t, cfg)
	r, body := dial(t, g.addr).send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").answer("POST")
	if r.StatusCode != 200 || body != "hello" {
		t.Fatalf("%s %q", r.Status, body)
	}
}

func TestClientLeavesDuringUpload(t *testing.T) {
	over := make(chan error, 1)
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		_, _, err := request(in)
		over <- err
	})
	g := serve(t, proxyTo(up))
	c := dial(t, g.addr).send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin")
	time.Sleep(20 * time.Millisecond)
	c.Close()
	if err := <-over; err == nil {
		t.Error("the upstream got a whole request")
	}
	if rec := g.last(every); rec.Status != 499 || !strings.Contains(rec.Get(flow.Error), "hung up") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if s := g.target(); s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}

// An upstream that breaks its answer off never makes it look complete.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, answer string }{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin"},
		{"long", "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + strings.Repeat("x", 1<<20)},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n"},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\nzz\r\n"},
	} {
		for _, reset := range []bool{false, true} {
			for _, version := range []string{"1.1", "1.0"} {
				t.Run(fmt.Sprintf("%s, reset %v, to HTTP/%s", c.name, reset, version), func(t *testing.T) {
					up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
						if _, _, err := request(in); err != nil {
							return
						}
						io.WriteString(conn, c.answer)
						time.Sleep(20 * time.Millisecond)
						if reset {
							conn.(*net.TCPConn).SetLinger(0)
						}
					})
					g := serve(t, proxyTo(up))
					cl := dial(t, g.addr).send("GET / HTTP/%s\r\nHost: a\r\n\r\n", version)
					r, err := http.ReadResponse(cl.in, nil)
					if err != nil || r.StatusCode != 200 {
						t.Fatal(r, err)
					}
					body, err := io.ReadAll(r.Body)
					if err == nil {
						t.Errorf("the answer looks complete: %d bytes, %v", len(body), r.Header)
					}
					rec := g.last(every)
					if rec.Status != 200 || rec.BytesOut <= int64(len(body)) || !strings.Contains(rec.Get(flow.Error), "upstream failed") || rec.Has(flow.Refusal) {
						t.Errorf("%s", rec.AppendJSON(nil))
					}
				})
			}
		}
	}
}

// Upstreams that reset or stall before an answer.
func TestResetsAndStalls(t *testing.T) {
	t.Parallel()
	up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		switch r.URL.Path {
		case "/reset":
			conn.(*net.TCPConn).SetLinger(0)
		case "/stall":
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegin")
			in.ReadByte()
		case "/pause": // longer than the client's own limit: not the client's fault
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"+strings.Repeat("x", 100000))
			time.Sleep(700 * time.Millisecond)
			io.WriteString(conn, strings.Repeat("x", 100000))
		}
	})
	cfg := proxyTo(up)
	cfg.Timeouts.Send = 200 * time.Millisecond
	cfg.Routes[0].Proxy.Timeout = time.Second
	g := serve(t, cfg)
	if r, _ := dial(t, g.addr).send("POST /reset HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbegin").answer("POST"); r.StatusCode != 502 {
		t.Errorf("reset: %s", r.Status)
	}
	if rec := g.last(every); !strings.Contains(rec.Get(flow.Error), "upstream failed") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if _, body := g.get("/pause", 200); len(body) != 200000 {
		t.Errorf("%d bytes", len(body))
	}
	c := dial(t, g.addr).send("GET /stall HTTP/1.1\r\nHost: a\r\n\r\n")
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := io.ReadAll(r.Body); !errors.Is(err, io.ErrUnexpectedEOF) || time.Since(start) > 5*time.Second {
		t.Errorf("stalled: %v after %s", err, time.Since(start))
	}
}

// A slow reader is cut, one that reads at all is not.
func TestSendTimeout(t *testing.T) {
	t.Parallel()
	data := noise(8 << 20)
	up := backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		w.Write(data)
	})
	cfg := proxyTo(up)
	cfg.Timeouts.Send = 300 * time.Millisecond
	g := serve(t, cfg)
	var wg sync.WaitGroup
	wg.Go(func() {
		c := dial(t, g.addr)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		time.Sleep(1500 * time.Millisecond)
		if n, err := io.Copy(io.Discard, c); n >= int64(len(data)) {
			t.Errorf("a client that reads nothing got %d bytes, %v", n, err)
		}
	})
	wg.Go(func() {
		c := dial(t, g.addr)
		c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		n := 0
		buf := make([]byte, 1<<20)
		for n < len(data) {
			m, err := c.in.Read(buf)
			if n += m; err != nil {
				t.Errorf("a slow client got %d bytes, %v", n, err)
				return
			}
			if n < 2<<20 {
				time.Sleep(time.Millisecond)
			}
		}
	})
	wg.Wait()
}
