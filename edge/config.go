package edge

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/netwright/netwright/edge/files"
	"github.com/netwright/netwright/edge/route"
)

// ServiceConfig is an HTTP service: where it listens, and what its routes do.
type ServiceConfig struct {
	// Endpoints to listen on, as in http://:8080, https://:8443 or unix:///run/web.sock.
	Listen []string `yaml:"listen" required:"true"`
	// Names under certs of the certificates that TLS listeners show: the one for the name that the client asks for, else the first.
	Cert []string `yaml:"cert"`
	// Names of the guards that each request must pass, in this order, before those of its route.
	Guards []string `yaml:"guards"`
	// Networks of the proxies in front. Only what these say of the client (Forwarded, X-Forwarded-*, PROXY protocol, X-Request-ID) is believed.
	Trusted []netip.Prefix `yaml:"trusted"`
	// PROXY protocol (v1 or v2) in front of each connection from a trusted peer: accept takes connections with and without it, require only those with it.
	ProxyProtocol string `yaml:"proxy_protocol" enum:"off|accept|require"`
	// How much a client may send, and how many may come.
	Limits LimitsConfig `yaml:"limits"`
	// How long a client is waited for.
	Timeouts TimeoutsConfig `yaml:"timeouts"`
	// Changes header fields on the way in and on the way out, before those of the route do: for all routes, and for error answers too.
	Headers route.Headers `yaml:"headers"`
	// What Netwright's own error answers say, by status: 404, 500-599 or 5xx. A route can have others.
	Errors map[string]ErrorConfig `yaml:"errors"`
	// Name of this server in Via.
	Via string `yaml:"via"`
	// What is done with which requests. The first route that matches serves.
	Routes []RouteConfig `yaml:"routes"`
}

// LimitsConfig bounds what a service takes.
type LimitsConfig struct {
	// Size of the request line; beyond it the answer is 414.
	Line int64 `yaml:"line" unit:"bytes"`
	// Size of a whole request head; beyond it the answer is 431.
	Head int64 `yaml:"head" unit:"bytes"`
	// Number of fields in a request head; beyond it the answer is 431.
	Fields int `yaml:"fields"`
	// Size of a request body; beyond it the answer is 413.
	Body int64 `yaml:"body" unit:"bytes"`
	// Least rate at which a body must come, once it has had the time of timeouts.body.
	Rate float64 `yaml:"rate" unit:"rate"`
	// Most connections at once on each listener; more wait in the kernel's backlog.
	Connections int `yaml:"connections"`
}

// TimeoutsConfig bounds how long a service waits.
type TimeoutsConfig struct {
	// For the TLS handshake, and for a PROXY header before it.
	Handshake time.Duration `yaml:"handshake"`
	// From the first byte of a request head to its last; after it the answer is 408.
	Head time.Duration `yaml:"head"`
	// Between two requests of a connection.
	Idle time.Duration `yaml:"idle"`
	// For the next part of a request body; after it the answer is 408.
	Body time.Duration `yaml:"body"`
	// For the client to take the next part of an answer.
	Send time.Duration `yaml:"send"`
	// For bytes in either direction of a WebSocket or another tunnel.
	Tunnel time.Duration `yaml:"tunnel"`
	// For a client that was refused to read the answer before the connection is closed.
	Linger time.Duration `yaml:"linger"`
}

// ErrorConfig is the body of an error answer.
type ErrorConfig struct {
	// Body to send, which may hold variables.
	Body string `yaml:"body,short"`
	// File to send in place of body. It is read when the config is.
	File string `yaml:"file" path:"file"`
	// Content-Type of the body. By default text/html where the body begins with <, else text/plain.
	Type string `yaml:"type"`
}

// RouteConfig says which requests it is for and what is done with them. Exactly
// one of proxy, files, redirect, respond and metrics is given.
type RouteConfig struct {
	// Name for records and metrics. By default the route is known by its match.
	Name string `yaml:"name"`
	// What a route without a name is known by where its match is not to be shown.
	Known string `yaml:"-"`
	// Requests that the route serves; without it, all that come so far.
	Match *route.Match `yaml:"match"`
	// Names of the guards that a request must pass, after those of the service.
	Guards []string `yaml:"guards"`
	// Changes the path before the action sees it.
	Rewrite *route.Rewrite `yaml:"rewrite"`
	// Changes header fields on the way in and on the way out.
	Headers route.Headers `yaml:"headers"`
	// Limits that differ from the service's.
	Limits RouteLimitsConfig `yaml:"limits"`
	// Timeouts that differ from the service's.
	Timeouts RouteTimeoutsConfig `yaml:"timeouts"`
	// Error answers that differ from the service's.
	Errors map[string]ErrorConfig `yaml:"errors"`

	// Passes requests on to a pool: the name of one under pools, or one in place.
	Proxy *ProxyConfig `yaml:"proxy"`
	// Serves the files of a folder.
	Files *files.Config `yaml:"files"`
	// Sends the client elsewhere.
	Redirect *RedirectConfig `yaml:"redirect"`
	// Gives a fixed answer.
	Respond *RespondConfig `yaml:"respond"`
	// Serves the metrics of the node for Prometheus. Put a guard before it.
	Metrics bool `yaml:"metrics"`
}

// RouteLimitsConfig are the limits of one route.
type RouteLimitsConfig struct {
	// Size of a request body.
	Body int64 `yaml:"body" unit:"bytes"`
	// Least rate at which a body must come.
	Rate float64 `yaml:"rate" unit:"rate"`
}

// RouteTimeoutsConfig are the timeouts of one route.
type RouteTimeoutsConfig struct {
	// For the next part of a request body.
	Body time.Duration `yaml:"body"`
	// For the client to take the next part of an answer.
	Send time.Duration `yaml:"send"`
	// For bytes in either direction of a WebSocket or another tunnel.
	Tunnel time.Duration `yaml:"tunnel"`
}

// PoolName is what the pool of a route that proxies is known by: the name of one
// under pools, its own name, or the service and the route, as in web:/api/*.
func (c *RouteConfig) PoolName(service string) string {
	return cmp.Or(c.Proxy.Pool, c.Proxy.Name, service+":"+c.Title())
}

// Title is what the route is known by: its name, or else its match, as in
// GET shop.example.com/api/*.
func (c *RouteConfig) Title() string {
	m := c.Match
	if c.Name != "" || c.Known != "" || m == nil {
		return cmp.Or(c.Name, c.Known, "/*")
	}
	var parts []string
	if len(m.Method) > 0 {
		parts = append(parts, strings.Join(m.Method, "|"))
	}
	parts = append(parts, strings.Join(m.Host, "|")+cmp.Or(strings.Join(m.Path, "|"), "/*"))
	for _, field := range []struct {
		mark   string
		values map[string][]string
	}{{": ", m.Header}, {"=", m.Query}} {
		for _, name := range slices.Sorted(maps.Keys(field.values)) {
			parts = append(parts, name+field.mark+strings.Join(field.values[name], "|"))
		}
	}
	for _, network := range m.Client {
		parts = append(parts, fmt.Sprint(network))
	}
	return strings.Join(parts, " ")
}
