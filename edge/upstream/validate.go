package upstream

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// fieldError is an error of one field, which a config decoder can point to.
type fieldError struct {
	path []string
	err  error
}

func (e *fieldError) Error() string        { return strings.Join(e.path, ".") + ": " + e.err.Error() }
func (e *fieldError) Unwrap() error        { return e.err }
func (e *fieldError) ConfigPath() []string { return e.path }

// Validate tells everything that is wrong with a config whose defaults are
// set, each error with the path of its field.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(path, format string, args ...any) {
		errs = append(errs, &fieldError{strings.Split(path, "."), fmt.Errorf(format, args...)})
	}
	if len(c.To) == 0 {
		wrong("to", "a pool needs at least one target")
	}
	seen := make(map[string]bool)
	for i := range c.To {
		t := &c.To[i]
		at := "to." + strconv.Itoa(i)
		if _, err := parseTarget(t.URL); err != nil {
			wrong(at+".url", "%w", err)
		} else if seen[t.URL] {
			wrong(at+".url", "%s is listed twice; a weight gives it more requests", t.URL)
		}
		seen[t.URL] = true
		if t.Weight < 1 || t.Weight > 1000 {
			wrong(at+".weight", "weight %d is not between 1 and 1000", t.Weight)
		}
	}
	c.validateBalance(wrong)
	c.validateHealth(wrong)
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		wrong("tls", "cert and key go together; only one is given")
	}
	c.validateRanges(wrong)
	if f := c.Fallback; f != nil && (f.Pool == "") == (f.Respond == nil) {
		wrong("fallback", "give either pool or respond")
	}
	if p := c.ProxyProtocol; p != "" && p != "v1" && p != "v2" {
		wrong("proxy_protocol", "%q is neither v1 nor v2", p)
	}
	return errors.Join(errs...)
}

func (c *Config) validateBalance(wrong func(path, format string, args ...any)) {
	switch c.Balance.Policy {
	case "round-robin", "least-requests", "random":
		if c.Balance.Hash != nil {
			wrong("balance.hash", "has no meaning for %s; leave policy out, or make it hash", c.Balance.Policy)
		}
	case "hash":
		kind, name := c.Balance.Hash.Key()
		switch {
		case (kind == "address" || kind == "path" || kind == "host") && name == "":
		case (kind == "header" || kind == "cookie") && name != "":
		default:
			wrong("balance.hash.by", "%q is none of address, path, host, header:NAME, cookie:NAME", c.Balance.Hash.By)
		}
		if b := c.Balance.Hash.Bound; b >= 0 && b <= 1 {
			wrong("balance.hash.bound", "must be above 100%%, since a target cannot always stay below its fair share")
		}
	default:
		wrong("balance.policy", "%q is none of round-robin, least-requests, random, hash", c.Balance.Policy)
	}
	if s := c.Sticky; s != nil {
		if s.Cookie == "" || strings.ContainsFunc(s.Cookie, notCookieName) {
			wrong("sticky.cookie", "%q is no name of a cookie", s.Cookie)
		}
		if strings.ContainsAny(s.Path+s.Domain, ";\r\n\x00,") {
			wrong("sticky", "path and domain must not contain ; or a comma or a control character")
		}
		if s.SameSite == "none" && !s.Secure {
			wrong("sticky.same_site", "browsers take none only together with secure: true")
		}
	}
}

// notCookieName tells whether a character is not of RFC 9110's token.
func notCookieName(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
}

func (c *Config) validateHealth(wrong func(path, format string, args ...any)) {
	h := c.Health
	if h == nil {
		return
	}
	switch {
	case h.Type != "http" && h.Type != "tcp":
		wrong("health.type", "%q is neither http nor tcp", h.Type)
	case !strings.HasPrefix(h.Path, "/") || strings.ContainsFunc(h.Path, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		wrong("health.path", "%q must begin with / and hold no spaces", h.Path)
	case h.Method == "" || strings.ContainsFunc(h.Method, notCookieName):
		wrong("health.method", "%q is no method", h.Method)
	case h.Method == "HEAD" && h.Body != "":
		wrong("health.body", "the answer to HEAD has no body")
	case strings.ContainsFunc(h.Host, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		wrong("health.host", "%q is no host", h.Host)
	}
	if h.Port < 0 || h.Port > 65535 {
		wrong("health.port", "%d is no port", h.Port)
	}
	for name, value := range h.Headers {
		if name == "" || strings.ContainsFunc(name, notCookieName) || strings.ContainsAny(value, "\r\n\x00") {
			wrong("health.headers."+name, "is no header field")
		}
	}
	if h.Every <= 0 || h.Timeout <= 0 {
		wrong("health", "every and timeout must be above 0; leave health out for no checks")
	}
	if h.Jitter > 1 {
		wrong("health.jitter", "must be at most 100%%")
	}
	if h.Rise < 1 || h.Fall < 1 {
		wrong("health", "rise and fall must be at least 1")
	}
}

func (c *Config) validateRanges(wrong func(path, format string, args ...any)) {
	share := func(path string, v float64) {
		if v > 1 {
			wrong(path, "must be at most 100%%")
		}
	}
	share("panic", c.Panic)
	share("eject.most", c.Eject.Most)
	if c.Eject.After > 0 && (c.Eject.For <= 0 || c.Eject.Longest < c.Eject.For) {
		wrong("eject.for", "must be above 0 and not above longest")
	}
	if c.Retry.Tries < 1 || c.Retry.Tries > 255 {
		wrong("retry.tries", "must be between 1 (no retries) and 255")
	}
	if c.Queue.Timeout <= 0 {
		wrong("queue.timeout", "must be above 0; size: off lets no request wait")
	}
	if c.Connect <= 0 {
		wrong("connect", "must be above 0")
	}
	if c.TLS.Handshake <= 0 {
		wrong("tls.handshake", "must be above 0")
	}
	if k := c.Circuit; k != nil {
		share("circuit.errors", k.Errors)
		if k.Errors <= 0 || k.Requests < 1 || k.Window <= 0 || k.For <= 0 || k.Probes < 1 {
			wrong("circuit", "errors, requests, window, for and probes must be above 0; leave circuit out for none")
		}
	}
	r := &c.Resolve
	if r.Least <= 0 || r.Most < r.Least || r.Timeout <= 0 {
		wrong("resolve", "least and timeout must be above 0, most not below least")
	}
	for i, s := range r.Servers {
		if _, err := netip.ParseAddrPort(s); err != nil {
			wrong("resolve.servers."+strconv.Itoa(i), "%q is no address:port", s)
		}
	}
	if r.Family != "any" && r.Family != "ipv4" && r.Family != "ipv6" {
		wrong("resolve.family", "%q is none of any, ipv4, ipv6", r.Family)
	}
}

// location is a target's URL taken apart.
type location struct {
	secure  bool   // TLS
	network string // tcp or unix
	host    string // as the URL has it, without brackets; "localhost" for unix
	port    string // "" for unix
	path    string // of a unix socket
	name    string // host where it is a name to be looked up
}

// shown is a target in a message: without what may be a password in it.
func shown(raw string) string {
	raw, _, more := strings.Cut(raw, "?")
	if more {
		raw += "?…"
	}
	if scheme, rest, ok := strings.Cut(raw, "//"); ok {
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			return scheme + "//…" + rest[i:]
		}
	}
	return raw
}

// parseTarget takes the URL of a target apart.
func parseTarget(raw string) (location, error) {
	if rest, ok := strings.CutPrefix(raw, "unix:"); ok {
		rest = strings.TrimPrefix(rest, "//")
		if len(rest) < 2 || (rest[0] != '/' && rest[0] != '@') || strings.ContainsAny(rest, "?#\x00") {
			return location{}, fmt.Errorf("target %q: write unix:///path/to/socket or unix:@name", shown(raw))
		}
		if rest[0] == '/' {
			rest = path.Clean(rest)
		}
		return location{network: "unix", host: "localhost", path: rest}, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return location{}, fmt.Errorf("target %q: %w", shown(raw), errors.Unwrap(err))
	}
	l := location{network: "tcp", secure: u.Scheme == "https", host: u.Hostname(), port: u.Port()}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return l, fmt.Errorf("target %q: the scheme must be http, https or unix", shown(raw))
	case l.host == "":
		return l, fmt.Errorf("target %q has no host; write %s://host:port", shown(raw), u.Scheme)
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return l, fmt.Errorf("target %q: a target is scheme://host:port alone; a path is changed with rewrite", shown(raw))
	case u.User != nil:
		return l, fmt.Errorf("target %q: credentials do not belong here", shown(raw))
	}
	if l.port == "" {
		l.port = "80"
		if l.secure {
			l.port = "443"
		}
	}
	if n, err := strconv.ParseUint(l.port, 10, 16); err != nil || n == 0 {
		return l, fmt.Errorf("target %q: %s is no port", shown(raw), l.port)
	}
	// localhost is one place with two addresses, of which a server often
	// listens on one only: the dialler tries both each time.
	lower := strings.TrimSuffix(strings.ToLower(l.host), ".")
	if _, err := netip.ParseAddr(l.host); err != nil && lower != "localhost" && !strings.HasSuffix(lower, ".localhost") {
		l.name = l.host
	}
	return l, nil
}
