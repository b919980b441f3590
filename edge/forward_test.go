package edge

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// heads is an upstream that answers with the fields it got.
func heads(t testing.TB) string {
	return backend(t, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(values, " | "))
		}
	})
}

// field is what heads says of a field.
func field(body, name string) string {
	for line := range strings.Lines(body) {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return strings.TrimSuffix(v, "\n")
		}
	}
	return ""
}

const spoof = "GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 9.9.9.9\r\nx-forwarded-for: 8.8.8.8, 7.7.7.7\r\nX-Forwarded-Host: evil\r\n" +
	"X-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded_For: 6.6.6.6\r\nX-Real-IP: 9.9.9.9\r\n" +
	"Forwarded: for=9.9.9.9\r\nX-Request-ID: mine\r\nVia: 1.1 before\r\n\r\n"

func TestUntrustedIsNotBelieved(t *testing.T) {
	g := serve(t, proxyTo(heads(t)))
	r, body := dial(t, g.addr).send(spoof).answer("GET")
	for name, want := range map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "a.test", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "",
		"X-Forwarded-Prefix": "", "X-Forwarded_for": "", "X-Real-Ip": "", "Forwarded": `for=127.0.0.1;host="a.test";proto=http`,
		"X-Request-Id": r.Header.Get("X-Request-Id"), "Via": "1.1 before, 1.1 netwright",
	} {
		if got := field(body, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if rec := g.last(every); rec.Peer().Addr().String() != "127.0.0.1" || rec.Has(flow.RequestID) {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestTrustedIsAppendedTo(t *testing.T) {
	cfg := proxyTo(heads(t))
	cfg.Trusted = prefixes("127.0.0.0/8", "7.7.7.0/24")
	g := serve(t, cfg)
	r, body := dial(t, g.addr).send(spoof).answer("GET")
	for name, want := range map[string]string{
		"X-Forwarded-For": "9.9.9.9, 8.8.8.8, 7.7.7.7, 127.0.0.1", "X-Forwarded-Host": "evil", "X-Forwarded-Proto": "https",
		"X-Forwarded-Port": "1", "X-Real-Ip": "9.9.9.9", "X-Request-Id": "mine", "X-Forwarded-Prefix": "/evil",
		"Forwarded": `for=9.9.9.9, for=127.0.0.1;host="a.test";proto=http`,
	} {
		if got := field(body, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.Header.Get("X-Request-ID") != "mine" {
		t.Errorf("%v", r.Header)
	}
	if rec := g.last(every); rec.Peer().Addr().String() != "8.8.8.8" || rec.Get(flow.RequestID) != "mine" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestFindClient(t *testing.T) {
	all := prefixes("10.0.0.0/8", "fd00::/8")
	for _, c := range []struct{ peer, fields, want string }{
		{"10.0.0.1", "", "10.0.0.1"},
		{"1.2.3.4", "X-Forwarded-For: 5.6.7.8", "1.2.3.4"}, // not trusted
		{"10.0.0.1", "X-Forwarded-For: 5.6.7.8", "5.6.7.8"},
		{"10.0.0.1", "X-Forwarded-For: 5.6.7.8:900", "5.6.7.8"},
		{"10.0.0.1", "X-Forwarded-For: 9.9.9.9, 5.6.7.8, 10.0.0.9", "5.6.7.8"},
		{"10.0.0.1", "X-Forwarded-For: 9.9.9.9, 5.6.7.8\nX-Forwarded-For: 10.0.0.9", "5.6.7.8"},
		{"10.0.0.1", "X-Forwarded-For: 10.1.1.1, 10.0.0.9", "10.1.1.1"}, // all trusted: the first
		{"10.0.0.1", "X-Forwarded-For: 5.6.7.8, unknown, 10.0.0.9", "10.0.0.9"},
		{"10.0.0.1", "X-Forwarded-For: 5.6.7.8,", "10.0.0.1"},
		{"10.0.0.1", "X-Forwarded-For: 2001:db8::7", "2001:db8::7"},
		{"10.0.0.1", "X-Forwarded-For: [2001:db8::7]:80, fd00::1", "2001:db8::7"},
		{"10.0.0.1", "X-Forwarded-For: ::ffff:5.6.7.8", "5.6.7.8"},
		{"10.0.0.1", "X-Forwarded-For: [[5.6.7.8]]", "10.0.0.1"},
		{"10.0.0.1", "X-Forwarded-For: fe80::1%eth0", "fe80::1"},
		{"10.0.0.1", "Forwarded: for=5.6.7.8;proto=http", "5.6.7.8"},
		{"10.0.0.1", "Forwarded: proto=http;For=\"[2001:db8::7]:4711\"", "2001:db8::7"},
		{"10.0.0.1", "Forwarded: for=9.9.9.9, for=_hidden, for=10.0.0.2", "10.0.0.2"},
		{"10.0.0.1", "Forwarded: for=5.6.7.8, for=10.0.0.2\nForwarded: for=10.0.0.3", "5.6.7.8"},
		// What a proxy quotes is data.
		{"10.0.0.1", `Forwarded: for=5.6.7.8;host="x, for=9.9.9.9"`, "5.6.7.8"},
		{"10.0.0.1", `Forwarded: host="x;for=9.9.9.9";for=5.6.7.8`, "5.6.7.8"},
		{"10.0.0.1", `Forwarded: host="x\";for=9.9.9.9";for=5.6.7.8`, "5.6.7.8"},
		{"10.0.0.1", `Forwarded: host="x, for=5.6.7.8`, "10.0.0.1"},
		{"10.0.0.1", "Forwarded: by=5.6.7.8", "10.0.0.1"},
		// A proxy that writes X-Forwarded-For passes a client's Forwarded on.
		{"10.0.0.1", "Forwarded: for=9.9.9.9\nX-Forwarded-For: 5.6.7.8", "5.6.7.8"},
		{"", "X-Forwarded-For: 5.6.7.8", "5.6.7.8"}, // over a Unix socket
	} {
		ex := newExchange()
		ex.Request = &message.Request{}
		if c.peer != "" {
			ex.Peer = netip.AddrPortFrom(netip.MustParseAddr(c.peer), 1)
		}
		for line := range strings.SplitSeq(c.fields, "\n") {
			if name, value, ok := strings.Cut(line, ": "); ok {
				ex.Request.Fields.Add([]byte(name), []byte(value))
			}
		}
		ex.findClient(trustedSet(all))
		if got := ex.Client.Addr().String(); got != c.want {
			t.Errorf("%q from %s: %s, want %s", c.fields, c.peer, got, c.want)
		}
	}
}

// What our own element says is read back, whatever the host.
func FuzzForwarded(f *testing.F) {
	f.Add("a.test", `for=9.9.9.9`, true)
	f.Add(`x;for=1.1.1.1`, `for=9.9.9.9;host="`, false)
	f.Add(`[::1]:80`, `"\`, true)
	f.Fuzz(func(t *testing.T, host, before string, six bool) {
		if message.CheckHost([]byte(host)) != nil {
			host = "a.test"
		}
		client := netip.MustParseAddr("5.6.7.8")
		if six {
			client = netip.MustParseAddr("2001:db8::1")
		}
		ex := newExchange()
		ex.Request = &message.Request{Host: []byte(host)}
		ex.Peer = netip.AddrPortFrom(client, 1)
		element := ex.element(ex.address(), []byte("http"))
		got, ok := parseForwarded(element)
		if !ok || got.Addr() != client {
			t.Fatalf("%s: %v %v", element, got, ok)
		}
		// Behind whatever came before, where its quotes are closed, it is the last.
		if nextOutside([]byte(before), 0, 0) != len(before) {
			return
		}
		rest, item := lastElement([]byte(before + ", " + string(element)))
		if string(item) != string(element) || string(rest) != before {
			t.Fatalf("%q and %q", rest, item)
		}
	})
}

// An address that is read is one that netip prints; junk is none.
func FuzzForwardedFor(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "1.2.3.4:5", "[::1]:5", "::ffff:1.2.3.4", "fe80::1%x", "unknown", "[1.2.3.4]", " 1.2.3.4, 5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rest, item := lastListItem([]byte(s))
		if len(rest) > 0 && !strings.HasPrefix(s, string(rest)+",") || strings.Contains(string(item), ",") {
			t.Fatalf("%q: %q and %q", s, rest, item)
		}
		own, ok4 := parseIPv4(item)
		theirs, err := netip.ParseAddr(string(item))
		if ok4 != (err == nil && theirs.Is4()) || ok4 && own != theirs {
			t.Fatalf("%q: %v %v, %v %v", item, own, ok4, theirs, err)
		}
		addr, ok := parseAddress(item)
		if !ok {
			return
		}
		again, ok := parseAddress([]byte(addr.Addr().String()))
		if !ok || again.Addr() != addr.Addr() || addr.Addr().Is4In6() || addr.Addr().Zone() != "" {
			t.Fatalf("%q: %v, then %v", item, addr, again)
		}
	})
}

func TestHeaderEdits(t *testing.T) {
	cfg := proxyTo(heads(t))
	r := &cfg.Routes[0]
	r.Match = match("/api/*")
	r.Rewrite = &route.Rewrite{Strip: "/api"}
	r.Proxy.Host = "inner.test"
	r.Headers.Request.Set = map[string][]string{"X-Client": {"${remote} ${host} ${path}"}, "X-Rest": {"${1}"}}
	r.Headers.Request.Remove = []string{"Cookie", "X-Forwarded-*"}
	r.Headers.Response.Set = map[string][]string{"Server": {"ours"}, "X-Host": {"${host}"}, "X-Id": {"${record.id}"}}
	g := serve(t, cfg)
	resp, body := dial(t, g.addr).send("GET /api/x HTTP/1.1\r\nHost: outer.test\r\nCookie: a=b\r\n\r\n").answer("GET")
	if got := field(body, "X-Client"); got != "127.0.0.1 outer.test /api/x" {
		t.Errorf("X-Client: %q", got)
	}
	if field(body, "X-Rest") != "x" || field(body, "Cookie") != "" || field(body, "X-Forwarded-For") != "" || field(body, "Forwarded") == "" {
		t.Error(body)
	}
	h := resp.Header
	if h.Get("Server") != "ours" || h.Get("X-Host") != "outer.test" || h.Get("X-Id") != h.Get("X-Request-Id") {
		t.Errorf("%v", h)
	}
}
