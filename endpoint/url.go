package endpoint

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const (
	maxURL  = 8 << 10 // bytes of an endpoint URL
	maxHops = 8       // proxies in one chain
)

// URL is a parsed endpoint. Its zero value is no endpoint; use [Parse].
type URL struct {
	Scheme string
	User   *url.Userinfo // who we are to a proxy or an HTTP server; nil without one
	Host   string        // name or address without brackets; empty: all addresses to listen on, this machine to dial
	Port   uint16        // the scheme's own where the URL names none
	// Path is, by scheme: the socket's file or @name (unix), the path as sent
	// (ws, wss, http, https), the number or name (fd), the command line (exec).
	Path    string
	Query   string // what the URL's query has beside options; HTTP-like schemes only
	Options Options
}

// Parse reads an endpoint URL. [Grammar] lists what it understands. The error is
// an [*Error] of the step "parse", whose text holds no password.
func Parse(s string) (*URL, error) {
	u, err := parse(s)
	if err != nil {
		return nil, &Error{Endpoint: mask(s, "&"), Step: StepParse, Err: err, Hint: parseHint(s)}
	}
	return u, nil
}

func parse(s string) (*URL, error) {
	if len(s) > maxURL {
		return nil, fmt.Errorf("longer than %d bytes", maxURL)
	}
	name, rest, found := strings.Cut(s, ":")
	if !found {
		return nil, errors.New("no scheme")
	}
	name = strings.ToLower(name)
	scheme, ok := schemeOf(name)
	if !ok {
		return nil, fmt.Errorf("unknown scheme %q; these are known: %s", name, schemeNames())
	}
	u := &URL{Scheme: name}
	if scheme.form == formCommand {
		return u, u.parseCommand(rest)
	}
	if strings.Contains(rest, "#") {
		return nil, errors.New("a # begins a fragment, which an endpoint has not; write %23")
	}
	rest, query, _ := strings.Cut(rest, "?")
	var err error
	switch scheme.form {
	case formHost:
		err = u.parseHost(scheme, rest)
	case formFile:
		err = u.parseFile(rest)
	case formName:
		err = u.parseName(rest)
	case formNothing:
		if rest != "" && rest != "//" {
			err = fmt.Errorf("%s: takes nothing after the colon", name)
		}
	}
	if err != nil {
		return nil, err
	}
	u.Query, err = parseQuery(scheme, query, &u.Options)
	return u, err
}

func (u *URL) parseCommand(rest string) error {
	u.Path = strings.TrimSpace(rest)
	words, err := splitWords(u.Path)
	if err == nil && len(words) == 0 {
		err = errors.New("no command")
	}
	return err
}

// parseFile reads the name of a unix socket. Two slashes alone would make the
// first folder look like a host, so they are refused.
func (u *URL) parseFile(rest string) error {
	if after, ok := strings.CutPrefix(rest, "//"); ok {
		if !strings.HasPrefix(after, "/") && !strings.HasPrefix(after, "@") {
			return errors.New("write three slashes before a whole path, none before a relative one")
		}
		rest = after
	}
	name, err := url.PathUnescape(rest)
	switch {
	case err != nil:
		return errors.New("a percent sign in a file name is written %25")
	case name == "" || name == "@":
		return errors.New("no file name")
	case strings.HasPrefix(name, "//"):
		return errors.New("too many slashes")
	case strings.ContainsRune(name, 0):
		return errors.New("a file name holds no zero byte")
	case len(name) > 107:
		return fmt.Errorf("the name has %d bytes; a unix socket's has at most 107", len(name))
	}
	u.Path = name
	return nil
}

func (u *URL) parseName(rest string) error {
	name, err := url.PathUnescape(strings.TrimPrefix(rest, "//"))
	if err != nil || name == "" || strings.ContainsAny(name, "/:\x00") {
		return errors.New("write the descriptor's number or name, as in fd://3")
	}
	u.Path = name
	return nil
}

func (u *URL) parseHost(s *Scheme, rest string) error {
	rest, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return errors.New("two slashes are missing after the colon")
	}
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if s.http {
		if err := wellFormed(path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
		u.Path = path
	} else if path != "" && path != "/" {
		return fmt.Errorf("%s has no path", s.Name)
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if !s.http && !s.Via {
			return fmt.Errorf("%s has no user name", s.Name)
		}
		user, err := parseUser(authority[:i])
		if err != nil {
			return err
		}
		u.User, authority = user, authority[i+1:]
	}
	host, port, err := splitPort(authority)
	if err != nil {
		return err
	}
	if u.Host, err = parseHostname(host); err != nil {
		return err
	}
	return u.parsePort(s, port)
}

func (u *URL) parsePort(s *Scheme, port string) error {
	if port == "" {
		if s.Port == 0 {
			return fmt.Errorf("%s needs a port", s.Name)
		}
		u.Port = s.Port
		return nil
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(port) > 5 {
		return errors.New("the port is not a number up to 65535") // not shown: it may be half a password
	}
	u.Port = uint16(n)
	return nil
}

func parseUser(s string) (*url.Userinfo, error) {
	name, password, hasPassword := strings.Cut(s, ":")
	name, err := url.PathUnescape(name)
	if err == nil {
		password, err = url.PathUnescape(password)
	}
	if err != nil {
		return nil, errors.New("a percent sign in a user name or password is written %25")
	}
	if hasPassword {
		return url.UserPassword(name, password), nil
	}
	return url.User(name), nil
}

// splitPort parts host and port; the host of an IPv6 address keeps its brackets.
func splitPort(s string) (host, port string, err error) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", errors.New("the bracket of the IPv6 address is not closed")
		}
		host, port = s[:end+1], s[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", errors.New("only a colon and a port may follow the bracket")
		}
		return host, strings.TrimPrefix(port, ":"), nil
	}
	host, port, _ = strings.Cut(s, ":")
	if strings.Contains(port, ":") {
		return "", "", errors.New("an IPv6 address is written in brackets, as in [::1]:80")
	}
	return host, port, nil
}

// parseHostname checks and normalises a host: an address in its canonical form,
// or a name in lower case as DNS has it.
func parseHostname(s string) (string, error) {
	if bare, ok := strings.CutPrefix(s, "["); ok {
		bare = strings.Replace(strings.TrimSuffix(bare, "]"), "%25", "%", 1)
		addr, err := netip.ParseAddr(bare)
		if err != nil || !addr.Is6() || strings.ContainsFunc(addr.Zone(), notName) {
			return "", fmt.Errorf("%s is not an IPv6 address", s)
		}
		return addr.String(), nil
	}
	if s == "" {
		return "", nil
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr.String(), nil
	}
	name := strings.ToLower(s)
	if strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("host %q is not a name: %w", s, err)
		}
		name = ascii
	}
	last := strings.TrimSuffix(name, ".")
	last = last[strings.LastIndexByte(last, '.')+1:]
	switch {
	case len(name) > 253 || strings.ContainsFunc(name, notName) || strings.HasPrefix(name, ".") || strings.Contains(name, ".."):
		return "", fmt.Errorf("host %q is neither a name nor an address", s)
	case last == "" || strings.Trim(last, "0123456789") == "":
		return "", fmt.Errorf("host %q is not an IPv4 address", s)
	}
	return name, nil
}

func notName(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_' || r == '.')
}

// wellFormed refuses in a path or a query what may not stand in a request line.
func wellFormed(s string) error {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return fmt.Errorf("%q is written %%%02X", c, c)
		case c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])):
			return errors.New("a percent sign is written %25")
		}
	}
	return nil
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// String writes the URL in its canonical form, secrets included; parsing it
// again gives an equal URL. See [URL.Redacted] for texts that people see.
func (u *URL) String() string {
	scheme, ok := schemeOf(u.Scheme)
	if !ok {
		return ""
	}
	out := u.Scheme + ":"
	switch scheme.form {
	case formCommand:
		return out + u.Path
	case formFile:
		if strings.HasPrefix(u.Path, "/") {
			out += "//"
		}
		out += escape(u.Path)
	case formName:
		out += "//" + escape(u.Path)
	case formHost:
		out += "//"
		if u.User != nil {
			out += u.User.String() + "@"
		}
		out += u.Authority() + u.Path
	}
	return out + appendQuery(u.Query, &u.Options)
}

// Redacted is String with every password replaced by xxxxx.
func (u *URL) Redacted() string { return mask(u.String(), "/?#&") }

// Authority is the host and, where it is not the scheme's own, the port: what an
// HTTP Host field carries.
func (u *URL) Authority() string {
	host := u.Host
	if strings.Contains(host, ":") {
		host = "[" + strings.Replace(host, "%", "%25", 1) + "]"
	}
	if s, ok := schemeOf(u.Scheme); ok && s.Port == u.Port && s.Port != 0 && host != "" {
		return host
	}
	return host + ":" + strconv.Itoa(int(u.Port))
}

// Address is what package net takes: host and port, or the name of a unix socket.
func (u *URL) Address() string {
	if u.Scheme == "unix" {
		return u.Path
	}
	return net.JoinHostPort(u.Host, strconv.Itoa(int(u.Port)))
}

// At is a copy of u with the port that addr has: where a listener on port 0
// really is.
func (u *URL) At(addr net.Addr) *URL {
	out := *u
	if s, ok := schemeOf(u.Scheme); ok && s.form == formHost {
		if a, err := netip.ParseAddrPort(addr.String()); err == nil {
			out.Port = a.Port()
		}
	}
	return &out
}

// TLS reports whether the scheme speaks TLS.
func (u *URL) TLS() bool {
	s, ok := schemeOf(u.Scheme)
	return ok && s.tls
}

// MarshalText writes the URL as [URL.String] does.
func (u *URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads the URL as [Parse] does.
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*u = *parsed
	return nil
}

// escape writes a percent for each byte that would end or change the part of the
// URL it stands in. It leaves slashes and colons, so that URLs and file names in
// options stay readable.
func escape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("%&#?\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// mask hides what stands between the colon of a user name and its @, in every
// URL within s, also in one that does not parse. A user name is looked for up to
// one of ends.
func mask(s, ends string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, "://")
		if i < 0 {
			out.WriteString(s)
			return out.String()
		}
		out.WriteString(s[:i+3])
		s = s[i+3:]
		end := len(s)
		for _, i := range []int{strings.IndexAny(s, ends), strings.Index(s, "://")} {
			if i >= 0 {
				end = min(end, i)
			}
		}
		at := strings.LastIndexByte(s[:end], '@')
		if at < 0 {
			continue
		}
		if colon := strings.IndexByte(s[:at], ':'); colon >= 0 {
			out.WriteString(s[:colon] + ":xxxxx")
			s = s[at:]
		}
	}
}
