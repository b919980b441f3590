package config

import (
	"net"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/netwright/netwright/edge"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/guard"
)

// service checks one entry of serve.
func (k *checker) service(name string, s *ServiceConfig) {
	path := []string{"serve", name}
	switch {
	case s.Stream == nil && s.Routes == nil && !k.whole:
	case s.Stream == nil && s.Routes == nil:
		p := k.doc.Key(path...).Problem("the service %s does nothing: give it routes, or a stream", name)
		k.problems = append(k.problems, p)
	case s.Stream == nil:
		k.http(path, s, "the HTTP service "+name)
	default:
		k.stream(path, s, "the stream "+name)
	}
}

// http checks a service with routes.
func (k *checker) http(path []string, s *ServiceConfig, by string) {
	urls := k.listen(at(path, "listen"), s.Listen, httpSchemes, by)
	k.certs(path, s.Cert, urls)
	b := before{supplied: supplied(guard.SuppliedByHTTP, urls, len(s.Trusted) > 0), what: "HTTP without TLS"}
	k.stands(at(path, "guards"), s.Guards, b)
	if len(s.Routes) == 0 {
		k.wrong(at(path, "routes"), "there are no routes, so that nothing would be served")
	}
	if slices.ContainsFunc(s.Guards, func(name string) bool { return k.authenticates(name, nil) }) {
		b.supplied |= guard.NeedSubject
	}
	b.earlier = s.Guards
	names := map[string]int{}
	for i := range s.Routes {
		r, path := &s.Routes[i], at(path, "routes", index(i))
		k.stands(at(path, "guards"), r.Guards, b)
		if first, twice := names[r.Name]; twice && r.Name != "" {
			k.wrong(at(path, "name"), "the route in line %d has the name %q too", first, r.Name)
		}
		names[r.Name] = k.doc.Value(at(path, "name")...).Line
		if r.Proxy != nil {
			k.proxy(at(path, "proxy"), r.Proxy)
			k.poolName(at(path, "proxy"), r.Proxy, r.PoolName(path[1]))
		}
		if r.Respond != nil {
			k.status(at(path, "respond", "status"), r.Respond.Status)
		}
	}
	if s.Sessions != nil {
		k.wrong(at(path, "sessions"), "sessions are of datagrams, and HTTP has none")
	}
}

// status warns of one that no client knows.
func (k *checker) status(path []string, status int) {
	if http.StatusText(status) == "" {
		k.warn(path, "no status %d is registered; clients take it for %d (RFC 9110 §15)", status, status/100*100)
	}
}

// proxy checks a pool in place, or the name of one.
func (k *checker) proxy(path []string, p *edge.ProxyConfig) {
	if p.Pool == "" {
		k.fallback(&p.Config, path, "")
		return
	}
	if u := targetURL(p.Pool); u != "" {
		k.wrong(path, "a pool's name is expected here; for a target write proxy: {to: %s}", quote(u))
		return
	}
	known(k, at(path, "pool"), "pools", p.Pool, k.Pools)
	for _, key := range k.doc.Names(path...) {
		if !slices.Contains([]string{"pool", "host", "timeout"}, key) {
			k.wrong(at(path, key), "%s is for a pool that is described in place; set it in pools.%s, or leave pool out", key, p.Pool)
		}
	}
}

// targetURL makes the URL of a target of what stands in place of a pool's name, or
// nothing where it may be one.
func targetURL(name string) string {
	switch host, _, err := net.SplitHostPort(name); {
	case strings.Contains(name, "://") || strings.HasPrefix(name, "unix:"):
		return name
	case err == nil && host != "" || net.ParseIP(name) != nil:
		return "http://" + name
	}
	return ""
}

// poolName checks that a pool in place is known by a name of its own.
func (k *checker) poolName(path []string, p *edge.ProxyConfig, name string) {
	if p.Pool != "" || !k.whole { // of a mistaken match it is not known yet
		return
	}
	if first, twice := k.pooled[name]; twice {
		k.wrong(path, "the pool in line %d is known as %q too; give one of them a name", first, name)
		return
	}
	k.pooled[name] = k.doc.Value(path...).Line
}

// stream checks a service that speaks no HTTP.
func (k *checker) stream(path []string, s *ServiceConfig, by string) {
	urls := k.listen(at(path, "listen"), s.Listen, streamSchemes, by)
	k.certs(path, s.Cert, urls)
	k.stands(at(path, "guards"), s.Guards, before{supplied: supplied(guard.SuppliedByTCP, urls, len(s.Trusted) > 0), what: "a stream"})
	if s.Routes != nil {
		k.wrong(at(path, "routes"), "a service has either routes or a stream")
	}
	if s.Stream.Kind == "exec" && slices.ContainsFunc(urls, func(u *endpoint.URL) bool { return !private(u) }) && len(s.Guards) == 0 {
		k.wrong(at(path, "stream"), "other machines could run the command: put guards before it, or listen on 127.0.0.1")
	}
	k.onlyHTTP(path, s)
}

// onlyHTTP reports settings of a stream that only HTTP has.
func (k *checker) onlyHTTP(path []string, s *ServiceConfig) {
	usual, given := edge.ServiceConfig{}, s.ServiceConfig
	usual.SetDefaults()
	given.Listen, given.Cert, given.Guards, given.Trusted, given.Routes = nil, nil, nil, nil, nil
	given.ProxyProtocol = usual.ProxyProtocol
	given.Limits.Connections = usual.Limits.Connections
	given.Timeouts.Handshake = usual.Timeouts.Handshake
	if reflect.DeepEqual(usual, given) {
		return
	}
	for _, key := range []string{"errors", "headers", "via"} {
		if k.doc.Has(at(path, key)...) {
			k.wrong(at(path, key), "only HTTP services have %s", key)
		}
	}
	for _, section := range []struct{ name, shared string }{{"limits", "connections"}, {"timeouts", "handshake"}} {
		for _, key := range k.doc.Names(at(path, section.name)...) {
			if key != section.shared {
				k.wrong(at(path, section.name, key), "of the %s a stream has only %s; the others are of HTTP", section.name, section.shared)
			}
		}
	}
}
