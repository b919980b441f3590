package edge

import (
	"bufio"
	"bytes"
	"net"
	"testing"

	"github.com/netwright/netwright/guard"
)

// answerer answers each request with the same bytes, without an allocation.
func answerer(answer []byte) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, _ *bufio.Reader) {
		buf := make([]byte, 4096)
		n := 0
		for {
			m, err := conn.Read(buf[n:])
			if err != nil {
				return
			}
			if n += m; bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
				if conn.Write(answer); err != nil {
					return
				}
				n = 0
			}
		}
	}
}

// A request over connections that are kept costs no allocation.
func TestNoAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates")
	}
	answer := []byte("HTTP/1.1 200 OK\r\nServer: x\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n\r\n" +
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	const get = "GET /path?x=1 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: test\r\nAccept: */*\r\nCookie: a=b\r\n"
	up := scripted(t, answerer(answer))
	for _, c := range []struct {
		name    string
		request string
		config  func(*rig)
	}{
		{"proxy", get + "\r\n", func(g *rig) {}},
		{"proxy with guards", get + "\r\n", func(g *rig) {
			g.addGuard("near", guard.Config{Allow: []guard.AddressConfig{{Prefix: guard.Prefix{Prefix: prefixes("127.0.0.0/8")[0]}}}})
			g.addGuard("gentle", guard.Config{Rate: 1e6})
			g.cfg.Guards = []string{"near", "gentle"}
		}},
		{"proxy behind a proxy", get + "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Request-ID: abc\r\n\r\n", func(g *rig) {
			g.cfg.Trusted = prefixes("127.0.0.0/8")
		}},
		{"proxy with edits", get + "\r\n", func(g *rig) {
			h := &g.cfg.Routes[0].Headers
			h.Request.Set = map[string][]string{"X-A": {"${remote}"}, "X-B": {"b"}}
			h.Response.Remove = []string{"Server"}
		}},
		{"respond", get + "\r\n", func(g *rig) {
			g.cfg.Routes = []RouteConfig{{Respond: &RespondConfig{Body: "hello ${remote}"}}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRig(t, proxyTo(up))
			c.config(g)
			g.start()
			cl := dial(t, g.addr)
			buf := make([]byte, 8<<10)
			request := []byte(c.request)
			once := func() {
				cl.Conn.Write(request)
				if n, err := cl.Conn.Read(buf); err != nil || !bytes.HasPrefix(buf[:n], []byte("HTTP/1.1 ")) {
					t.Fatal(string(buf[:n]), err)
				}
			}
			for range 50 {
				once()
			}
			if n := testing.AllocsPerRun(300, once); n > 0 {
				t.Errorf("%v allocations per request", n)
			}
		})
	}
}
