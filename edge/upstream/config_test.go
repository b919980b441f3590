package upstream

import (
	"errors"
	"io"
	"log"
	"strings"
	"testing"
	"time"
)

func discarded() *log.Logger { return log.New(io.Discard, "", 0) }

func TestParseTarget(t *testing.T) {
	for raw, want := range map[string]location{
		"http://10.0.0.5:8080":        {network: "tcp", host: "10.0.0.5", port: "8080"},
		"https://[2001:db8::1]":       {network: "tcp", secure: true, host: "2001:db8::1", port: "443"},
		"http://app.internal/":        {network: "tcp", host: "app.internal", port: "80", name: "app.internal"},
		"http://localhost:3000":       {network: "tcp", host: "localhost", port: "3000"},
		"http://a.localhost.":         {network: "tcp", host: "a.localhost.", port: "80"},
		"unix:///run/app/../app.sock": {network: "unix", host: "localhost", path: "/run/app.sock"},
		"unix:/run/app.sock":          {network: "unix", host: "localhost", path: "/run/app.sock"},
		"unix:@app":                   {network: "unix", host: "localhost", path: "@app"},
	} {
		if got, err := parseTarget(raw); err != nil || got != want {
			t.Errorf("%s is %+v, %v", raw, got, err)
		}
	}
	for raw, want := range map[string]string{
		"":                    "scheme",
		"10.0.0.5:8080":       "", // whatever url.Parse says
		"tcp://10.0.0.5:80":   "scheme",
		"http://":             "no host",
		"http://:8080":        "no host",
		"http://a:0":          "no port",
		"http://a:65536":      "no port",
		"http://a:http":       "",
		"http://a/path":       "rewrite",
		"http://a?q":          "rewrite",
		"http://me:secret@a":  "credentials",
		"unix://run/app.sock": "unix:///path",
		"unix:":               "unix:///path",
		"unix:///a?mode=0600": "unix:///path",
	} {
		if _, err := parseTarget(raw); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v, want one with %q", raw, err, want)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, raw := range []string{"http://10.0.0.5:8080", "https://[::1]:1", "unix:///a", "unix:@a", "http://app.internal"} {
		f.Add(raw)
	}
	// What is taken gives an address that can be dialled and a Host field
	// that leads back to the same place.
	f.Fuzz(func(t *testing.T, raw string) {
		l, err := parseTarget(raw)
		if err != nil {
			return
		}
		s := newSource(raw)
		if l.network == "unix" {
			if s.addresses[0] != l.path || strings.ContainsAny(l.path, "\x00") {
				t.Errorf("%q: socket %q", raw, l.path)
			}
			return
		}
		scheme := "http://"
		if l.secure {
			scheme = "https://"
		}
		if strings.ContainsAny(s.authority, " \r\n") {
			t.Errorf("%q: authority %q", raw, s.authority)
		}
		if strings.Contains(l.host, "%") {
			return // a zone is written otherwise in URLs
		}
		if again, err := parseTarget(scheme + s.authority); err != nil || again != l {
			t.Errorf("%q: authority %q is %+v, %v; want %+v", raw, s.authority, again, err, l)
		}
	})
}

func TestStatusRange(t *testing.T) {
	for text, want := range map[string]StatusRange{
		"503": {503, 503}, "500-599": {500, 599}, "5xx": {500, 599}, "2XX": {200, 299},
	} {
		var r StatusRange
		if err := r.UnmarshalText([]byte(text)); err != nil || r != want {
			t.Errorf("%s is %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"", "5", "xx", "0xx", "99", "1000", "599-500", "500-", "-500", "5xx-6xx", "+500"} {
		var r StatusRange
		if err := r.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, r)
		}
	}
}

func FuzzStatusRange(f *testing.F) {
	f.Add("503")
	f.Add("500-599")
	f.Add("5xx")
	f.Fuzz(func(t *testing.T, text string) {
		var r, again StatusRange
		if r.UnmarshalText([]byte(text)) != nil {
			return
		}
		written, err := r.MarshalText()
		if err != nil || again.UnmarshalText(written) != nil || again != r || r.From < 100 || r.To > 999 || r.From > r.To {
			t.Errorf("%q is %v, written %q, which is %v", text, r, written, again)
		}
	})
}

func TestDefaultsAreValid(t *testing.T) {
	c := Config{
		To: targets("http://a"), Sticky: &StickyConfig{}, Health: &HealthConfig{}, Circuit: &CircuitConfig{},
		Balance: BalanceConfig{Policy: "hash"}, Fallback: &FallbackConfig{Respond: &FallbackRespond{}},
	}
	c.SetDefaults()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.Balance.Hash.By != "address" || c.To[0].Weight != 1 || c.Fallback.Respond.Status != 503 {
		t.Errorf("defaults %+v", c)
	}
	again := c.clone()
	again.SetDefaults()
	if again.Eject != c.Eject {
		t.Error("defaults of defaults differ")
	}
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		change func(*Config)
		want   string // path and a piece of the message
	}{
		{func(c *Config) { c.To = nil }, "to: a pool needs"},
		{func(c *Config) { c.To = targets("http://a", "http://a") }, "to.1.url: http://a is listed twice"},
		{func(c *Config) { c.To[0].Weight = 1001 }, "to.0.weight: weight 1001"},
		{func(c *Config) { c.Balance.Policy = "fastest" }, `balance.policy: "fastest"`},
		{func(c *Config) { c.Balance = BalanceConfig{Policy: "random", Hash: &HashConfig{}} }, "balance.hash: has no meaning"},
		{func(c *Config) { c.Balance.Hash = &HashConfig{By: "header"} }, `balance.hash.by: "header" is none`},
		{func(c *Config) { c.Balance.Hash = &HashConfig{By: "path:x"} }, `balance.hash.by: "path:x" is none`},
		{func(c *Config) { c.Balance.Hash = &HashConfig{Bound: 0.9} }, "balance.hash.bound: must be above 100%"},
		{func(c *Config) { c.Sticky = &StickyConfig{Cookie: "a b"} }, "sticky.cookie: "},
		{func(c *Config) { c.Sticky = &StickyConfig{Path: "/; Domain=evil"} }, "sticky: path and domain"},
		{func(c *Config) { c.Sticky = &StickyConfig{SameSite: "none"} }, "sticky.same_site: "},
		{func(c *Config) { c.Health = &HealthConfig{Type: "ping"} }, "health.type: "},
		{func(c *Config) { c.Health = &HealthConfig{Path: "/a\r\nX: y"} }, "health.path: "},
		{func(c *Config) { c.Health = &HealthConfig{Method: "GET /"} }, "health.method: "},
		{func(c *Config) { c.Health = &HealthConfig{Method: "HEAD", Body: "x"} }, "health.body: "},
		{func(c *Config) { c.Health = &HealthConfig{Host: "a\r\n"} }, "health.host: "},
		{func(c *Config) { c.Health = &HealthConfig{Headers: map[string]string{"A": "b\r\n"}} }, "health.headers.A: "},
		{func(c *Config) { c.Health = &HealthConfig{Port: 70000} }, "health.port: "},
		{func(c *Config) { c.Health = &HealthConfig{Every: -1} }, "health: every and timeout"},
		{func(c *Config) { c.Health = &HealthConfig{Rise: -1} }, "health: rise and fall"},
		{func(c *Config) { c.Health = &HealthConfig{Jitter: 2} }, "health.jitter: "},
		{func(c *Config) { c.TLS.Cert = "cert.pem" }, "tls: cert and key go together"},
		{func(c *Config) { c.TLS.CA = "/does/not/exist" }, "tls.ca: open /does/not/exist"},
		{func(c *Config) { c.TLS.Handshake = -1 }, "tls.handshake: "},
		{func(c *Config) { c.Panic = 1.5 }, "panic: "},
		{func(c *Config) { c.Eject.Longest = time.Second }, "eject.for: "},
		{func(c *Config) { c.Retry.Tries = 256 }, "retry.tries: "},
		{func(c *Config) { c.Queue.Timeout = -1 }, "queue.timeout: "},
		{func(c *Config) { c.Connect = -1 }, "connect: "},
		{func(c *Config) { c.Circuit = &CircuitConfig{Probes: -1} }, "circuit: "},
		{func(c *Config) { c.Resolve.Least = time.Hour }, "resolve: "},
		{func(c *Config) { c.Resolve.Servers = []string{"dns.test"} }, "resolve.servers.0: "},
		{func(c *Config) { c.Resolve.Family = "ipv5" }, "resolve.family: "},
		{func(c *Config) { c.ProxyProtocol = "v3" }, "proxy_protocol: "},
		{func(c *Config) { c.Fallback = &FallbackConfig{} }, "fallback: "},
	} {
		c := Config{To: targets("http://a")}
		test.change(&c)
		_, err := New("test", c, nil)
		var field *fieldError
		if !errors.As(err, &field) || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("error %v, want %s", err, test.want)
			continue
		}
		path, _, _ := strings.Cut(test.want, ":")
		if got := strings.Join(field.ConfigPath(), "."); got != path {
			t.Errorf("%s: path %s", test.want, got)
		}
	}
}
