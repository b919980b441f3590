package config

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/guard"
)

// The schemes on which a protocol can be spoken.
var (
	httpSchemes   = []string{"http", "https", "unix", "fd"}
	streamSchemes = []string{"tcp", "tls", "udp", "unix", "ws", "wss", "fd", "stdio"}
)

// taken is an address that something listens on.
type taken struct {
	host string // "" for all addresses
	by   string
	line int
}

func index(i int) string { return strconv.Itoa(i) }

// listen checks the endpoints at path and returns those that can be read.
func (k *checker) listen(path []string, urls []string, schemes []string, by string) []*endpoint.URL {
	var all []*endpoint.URL
	for i, text := range urls {
		path := at(path, index(i))
		u, err := endpoint.Parse(text)
		switch {
		case err != nil && bareAddress(text, schemes[0]) != "":
			k.wrong(path, "%q is no endpoint; write %q", text, bareAddress(text, schemes[0]))
			continue
		case err != nil:
			k.wrong(path, "%v", err)
			continue
		case !slices.Contains(schemes, u.Scheme):
			k.wrong(path, "%s cannot listen on %s://; it can on %s", by, u.Scheme, strings.Join(schemes, ", "))
			continue
		case u.User != nil:
			k.wrong(path, "a name and password in an endpoint are for dialling; who may connect is for guards to say")
			continue
		}
		if k.anchor(u) {
			urls[i] = u.String()
		}
		k.occupy(path, u, by)
		all = append(all, u)
	}
	return all
}

// anchor makes the file names in an endpoint relative to the folder of the
// config, as all others are, and tells whether it had to.
func (k *checker) anchor(u *endpoint.URL) (changed bool) {
	names := []*string{&u.Options.CA, &u.Options.Cert, &u.Options.Key}
	if u.Scheme == "unix" && !strings.HasPrefix(u.Path, "@") {
		names = append(names, &u.Path)
	}
	dir, err := filepath.Abs(filepath.Dir(k.doc.Name()))
	if err != nil {
		return false // there is no current folder; they stay as they are
	}
	for _, name := range names {
		if *name != "" && !filepath.IsAbs(*name) {
			*name, changed = filepath.Join(dir, *name), true
		}
	}
	return changed
}

// bareAddress makes an endpoint of an address with or without a port, and
// nothing of any other text.
func bareAddress(text, scheme string) string {
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return scheme + "://" + strings.TrimSuffix(netip.AddrPortFrom(addr, 0).String(), "0") + "PORT"
	}
	if host, port, err := net.SplitHostPort(text); err == nil && port != "" && strings.Trim(port, "0123456789") == "" {
		return scheme + "://" + net.JoinHostPort(host, port)
	}
	if text != "" && strings.Trim(text, "0123456789") == "" {
		return scheme + "://:" + text
	}
	return ""
}

// occupy reports two listeners on one address.
func (k *checker) occupy(path []string, u *endpoint.URL, by string) {
	network, host := place(u)
	if network == "" {
		return
	}
	for _, other := range k.taken[network] {
		if other.host == host || other.host == "" || host == "" {
			k.wrong(path, "%s already listens there (line %d)", other.by, other.line)
			return
		}
	}
	k.taken[network] = append(k.taken[network], taken{host, by, k.doc.Value(path...).Line})
}

// place is what can be listened on once: the network with its port, and the
// address within it, "" for all addresses. A port that the system chooses, and
// one that is shared on purpose, are never taken.
func place(u *endpoint.URL) (network, host string) {
	switch {
	case u.Scheme == "stdio":
		return "stdio", ""
	case u.Scheme == "fd":
		return "fd " + u.Path, ""
	case u.Options.FD != "":
		return "fd " + u.Options.FD, ""
	case u.Scheme == "unix":
		return "unix " + u.Path, ""
	case u.Port == 0 || u.Options.ReusePort:
		return "", ""
	}
	network = "tcp"
	if u.Scheme == "udp" {
		network = "udp"
	}
	host = u.Host
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() {
		host = ""
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	return fmt.Sprint(network, " ", u.Port), host
}

// certs checks the certificates that a service names, and that its TLS
// listeners have one.
func (k *checker) certs(path []string, names []string, urls []*endpoint.URL) {
	for i, name := range names {
		known(k, at(path, "cert", index(i)), "certs", name, k.Certs)
	}
	secure := false
	for _, u := range urls {
		secure = secure || u.TLS()
		if u.TLS() && u.Options.Cert == "" && len(names) == 0 {
			k.wrong(at(path, "listen"), "%s needs a certificate: add cert, the name of one under certs", u.Redacted())
			return
		}
	}
	if !secure && len(names) > 0 && len(urls) > 0 {
		k.warn(at(path, "cert"), "a certificate is of no use here: nothing listens on https, tls or wss")
	}
}

// supplied is what a protocol can tell guards on one of its listeners at least.
// On a Unix socket only somebody trusted can name the address of a client.
func supplied(protocol guard.Needs, urls []*endpoint.URL, trusted bool) guard.Needs {
	if len(urls) == 0 || slices.ContainsFunc(urls, (*endpoint.URL).TLS) {
		protocol |= guard.NeedCertificate
	}
	hasAddress := func(u *endpoint.URL) bool { return u.Scheme != "unix" && u.Scheme != "stdio" }
	if len(urls) > 0 && !trusted && !slices.ContainsFunc(urls, hasAddress) {
		protocol &^= guard.NeedPeer
	}
	return protocol
}

// console checks that nobody else can get at the console.
func (k *checker) console() {
	c, path := &k.Console, []string{"console"}
	if c.Off() {
		if len(c.Guards)+len(c.Hosts)+len(c.Cert) > 0 {
			k.wrong(path, "the console is off, so its other keys do nothing")
		}
		return
	}
	listen := []string{c.Listen}
	urls := k.listen(at(path, "listen"), listen, httpSchemes, "the console")
	c.Listen = listen[0]
	var certs []string
	if c.Cert != "" {
		certs = []string{c.Cert}
	}
	k.certs(path, certs, urls)
	k.stands(at(path, "guards"), c.Guards, before{supplied: supplied(guard.SuppliedByHTTP, urls, false), what: "a console without TLS"})
	for _, u := range urls {
		if len(c.Guards) == 0 && !private(u) {
			k.wrong(at(path, "listen"), "the console can change everything, and other machines can reach %s: put guards before it, as in console: {listen: %s, guards: [NAME]}", u.Redacted(), quote(c.Listen))
		}
	}
}

// private tells whether only this machine can reach the endpoint.
func private(u *endpoint.URL) bool {
	if u.Scheme == "unix" {
		return true
	}
	addr, err := netip.ParseAddr(u.Host)
	return u.Host == "localhost" || err == nil && addr.IsLoopback()
}

// quote puts a value that YAML would misread inside brackets into quotes.
func quote(s string) string {
	if strings.ContainsAny(s, "[]{},#") {
		return strconv.Quote(s)
	}
	return s
}
