package edge

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/websocket"
)

// switching is an upstream that takes any upgrade to "echo" and then echoes, in
// upper case, after a greeting in the same segment as its 101.
func switching(t *testing.T) string {
	return scripted(t, func(conn net.Conn, in *bufio.Reader) {
		r, _, err := request(in)
		if err != nil {
			return
		}
		if r.Header.Get("Connection") != "upgrade" || r.Header.Get("Upgrade") == "" {
			io.WriteString(conn, "HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: echo\r\nContent-Length: 0\r\n\r\n")
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Echo\r\n\r\nhello\n")
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				return
			}
			conn.Write(bytes.ToUpper(line))
		}
	})
}

const upgrade = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: other, echo\r\n\r\n"

// open opens a tunnel and checks that it works.
func open(t *testing.T, g *rig) *client {
	t.Helper()
	c := dial(t, g.addr).send(upgrade + "first\n") // bytes behind the request wait for the answer
	r, err := http.ReadResponse(c.in, nil)
	if err != nil || r.StatusCode != 101 || r.Header.Get("Upgrade") != "Echo" || !strings.EqualFold(r.Header.Get("Connection"), "upgrade") {
		t.Fatal(r, err)
	}
	c.line("hello\n")
	c.line("FIRST\n")
	c.send("more\n").line("MORE\n")
	return c
}

func (c *client) line(want string) {
	c.t.Helper()
	if got, err := c.in.ReadString('\n'); got != want {
		c.t.Fatalf("%q, %v; want %q", got, err, want)
	}
}

// ends waits for the end of a tunnel.
func (c *client) ends(within time.Duration) {
	c.t.Helper()
	c.SetReadDeadline(time.Now().Add(within))
	if _, err := c.in.ReadByte(); err == nil || isTimeout(err) {
		c.t.Fatalf("the tunnel goes on: %v", err)
	}
}

func isTimeout(err error) bool {
	late, ok := err.(net.Error)
	return ok && late.Timeout()
}

func TestTunnel(t *testing.T) {
	g := serve(t, proxyTo(switching(t)))
	c := open(t, g)
	c.Conn.(*net.TCPConn).CloseWrite()
	c.ends(5 * time.Second)
	rec := g.last(every)
	if rec.Kind != flow.Tunnel || rec.Status != 101 || rec.Outcome() != "ok" || rec.BytesIn < int64(len(upgrade)+11) || rec.BytesOut < 17+100 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestTunnelEnds(t *testing.T) {
	t.Parallel()
	t.Run("idle", func(t *testing.T) {
		cfg := proxyTo(switching(t))
		cfg.Timeouts.Tunnel = 300 * time.Millisecond
		g := serve(t, cfg)
		open(t, g).ends(5 * time.Second)
		if rec := g.last(every); !strings.Contains(rec.Get(flow.Error), "idle") {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
	})
	t.Run("its target is taken out", func(t *testing.T) {
		up := switching(t)
		cfg := proxyTo()
		cfg.Routes[0].Proxy.Pool = "named"
		g := newRig(t, cfg)
		pool := upstream.Config{To: []upstream.TargetConfig{{URL: up}, {URL: switching(t)}}}
		p := g.addPool("named", pool)
		g.start()
		a, b := open(t, g), open(t, g) // one on each
		pool.To = pool.To[:1]
		pool.SetDefaults()
		if err := p.Reconfigure(pool); err != nil {
			t.Fatal(err)
		}
		rec := g.last(func(r *flow.Record) bool { return r.Kind == flow.Tunnel })
		if !strings.Contains(rec.Get(flow.Error), "target") || rec.Get(flow.Target) == up {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
		lives := 0
		for _, c := range []*client{a, b} {
			fmt.Fprint(c, "still\n")
			if line, _ := c.in.ReadString('\n'); line == "STILL\n" {
				lives++
			}
		}
		if lives != 1 {
			t.Errorf("%d tunnels live on", lives)
		}
	})
	t.Run("its route is taken away", func(t *testing.T) {
		cfg := proxyTo(switching(t))
		g := serve(t, cfg)
		c := open(t, g)
		next := *cfg // another setting, and another route in front
		next.Routes = append([]RouteConfig{{Match: match("/x"), Respond: &RespondConfig{Status: 200}}}, cfg.Routes...)
		next.Routes[1].Timeouts.Body = time.Second
		g.reload(&next)
		c.send("on\n").line("ON\n")
		g.get("/x", 200)
		gone := next
		gone.Routes = next.Routes[:1]
		g.reload(&gone)
		c.ends(5 * time.Second)
		if rec := g.last(func(r *flow.Record) bool { return r.Kind == flow.Tunnel }); !strings.Contains(rec.Get(flow.Error), "route") {
			t.Errorf("%s", rec.AppendJSON(nil))
		}
	})
	t.Run("the service drains, and in the end the client is cut", func(t *testing.T) {
		g := serve(t, proxyTo(switching(t)))
		c := open(t, g)
		g.stop()
		time.Sleep(20 * time.Millisecond)
		c.send("on\n").line("ON\n")
	})
}

// reload goes by another config.
func (g *rig) reload(cfg *ServiceConfig) {
	g.t.Helper()
	setDefaults(cfg)
	apply, err := g.svc.Prepare(cfg, g)
	if err != nil {
		g.t.Fatal(err)
	}
	apply()
}

// Two routes that are alike have one identity, and one end.
func TestReloadOfRoutesAlike(t *testing.T) {
	cfg := proxyTo(switching(t))
	cfg.Routes[0].Match = match("/up")
	g := serve(t, cfg)
	both := *cfg
	both.Routes = append(both.Routes[:1:1], both.Routes[0])
	g.reload(&both)
	none := *cfg
	none.Routes = []RouteConfig{{Respond: &RespondConfig{Status: 204}}}
	g.reload(&none)
	g.get("/up", 204)
}

// Only a 101 to what was asked for opens a tunnel. What came behind the request is
// never read as a second one.
func TestUpgradeRefused(t *testing.T) {
	for name, answer := range map[string]string{
		"another protocol": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
		"no protocol":      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
		"an error":         "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			up := scripted(t, func(conn net.Conn, in *bufio.Reader) {
				r, _, err := request(in)
				if err != nil {
					return
				}
				if r.URL.Path != "/up" {
					t.Errorf("a second request came: %s", r.URL)
				}
				io.WriteString(conn, answer)
				in.ReadByte()
			})
			g := serve(t, proxyTo(up))
			c := dial(t, g.addr).send(upgrade + "GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
			r, _ := c.answer("GET")
			if want := map[bool]int{true: 403, false: 502}[name == "an error"]; r.StatusCode != want || !r.Close {
				t.Errorf("%s, close %v", r.Status, r.Close)
			}
			c.ends(5 * time.Second)
		})
	}
	g := serve(t, proxyTo(scripted(t, func(conn net.Conn, in *bufio.Reader) { // unasked
		if _, _, err := request(in); err == nil {
			io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
		}
	})))
	g.get("/", 502)
}

func TestWebSocketThroughProxy(t *testing.T) {
	up := backend(t, func(w http.ResponseWriter, r *http.Request) {
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
	})
	g := serve(t, proxyTo(up))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	raw, err := net.Dial("tcp", g.addr)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := websocket.Dial(ctx, raw, &url.URL{Scheme: "ws", Host: "a.test", Path: "/chat"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 125, 126, 1 << 16, 1 << 20} {
		data := noise(n)
		go conn.Write(ctx, websocket.Binary, data)
		if _, got, err := conn.Read(ctx); err != nil || !bytes.Equal(got, data) {
			t.Fatalf("%d bytes: %d came back, %v", n, len(got), err)
		}
	}
	conn.Close(1000, "done")
	if rec := g.last(every); rec.Kind != flow.Tunnel || rec.BytesOut < 1<<20 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}
