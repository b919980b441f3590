package upstream

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Config is a pool of targets and how they are used.
type Config struct {
	// Targets that requests are spread over: URLs, or mappings with a weight.
	To []TargetConfig `yaml:"to" required:"true"`
	// How a target is chosen for a request.
	Balance BalanceConfig `yaml:"balance"`
	// Keeps a client on one target by means of a cookie.
	Sticky *StickyConfig `yaml:"sticky"`
	// Most connections to one target at once; requests beyond that wait in the queue.
	Connections int `yaml:"connections"`
	// Where requests wait while every target is at its limit of connections.
	Queue QueueConfig `yaml:"queue"`
	// Idle connections that are kept to be used again.
	Keepalive KeepaliveConfig `yaml:"keepalive"`
	// Longest time to set up a connection to a target, before TLS.
	Connect time.Duration `yaml:"connect"`
	// TLS towards https targets.
	TLS TLSConfig `yaml:"tls"`
	// Asks each target regularly whether it is well; left out, nobody asks.
	Health *HealthConfig `yaml:"health"`
	// Statuses of an answer that count as a failure of the target, as a connection that fails does.
	Failures []StatusRange `yaml:"failures"`
	// Takes a target out for a while when requests to it keep failing.
	Eject EjectConfig `yaml:"eject"`
	// When less than this share of the targets is available, all of them are used, the unavailable ones too. Drained ones that are well count as available, and are not used.
	Panic float64 `yaml:"panic" unit:"share"`
	// Time over which a target that comes back is brought up to its full weight; off by default.
	SlowStart time.Duration `yaml:"slow_start"`
	// When a failed request is tried again.
	Retry RetryConfig `yaml:"retry"`
	// Stops asking the pool for a while when too many requests fail; left out, it is never stopped.
	Circuit *CircuitConfig `yaml:"circuit"`
	// How the names of targets are turned into addresses.
	Resolve ResolveConfig `yaml:"resolve"`
	// Begins each connection to a target with a PROXY protocol header that tells the client's address.
	ProxyProtocol string `yaml:"proxy_protocol" enum:"v1|v2"`
	// What answers when the pool cannot.
	Fallback *FallbackConfig `yaml:"fallback"`
}

// TargetConfig is one target of a pool.
type TargetConfig struct {
	// Where the target listens: http://host:port, https://host:port or unix:///path (unix:@name for an abstract socket).
	URL string `yaml:"url,short" required:"true"`
	// Share of the requests in proportion to the other targets' weights, 1 to 1000; 1 by default.
	Weight int `yaml:"weight"`
	// Most connections to this target at once; that of the pool by default.
	Connections int `yaml:"connections"`
}

// BalanceConfig chooses the balancer.
type BalanceConfig struct {
	// round-robin takes turns; least-requests takes the less busy of two drawn by lot; random draws by lot; hash keeps what is alike together.
	Policy string `yaml:"policy,short" enum:"round-robin|least-requests|random|hash"`
	// Keeps requests that are alike on the same target (consistent hashing).
	Hash *HashConfig `yaml:"hash"`
}

// HashConfig says what the hash balancer keeps together.
type HashConfig struct {
	// What is hashed: address (of the client), path, host, header:NAME or cookie:NAME.
	By string `yaml:"by,short"`
	// Most load of one target relative to its fair share; requests beyond that go to the key's next target. 125% by default, off for no bound.
	Bound float64 `yaml:"bound" unit:"share"`
}

// Key takes By apart: its kind (address, path, host, header or cookie) and,
// for the last two, the name of the header or cookie.
func (c *HashConfig) Key() (kind, name string) {
	kind, name, _ = strings.Cut(c.By, ":")
	return kind, name
}

// StickyConfig describes the cookie that keeps a client on its target.
type StickyConfig struct {
	// Name of the cookie.
	Cookie string `yaml:"cookie,short"`
	// Path that the cookie is sent for; / by default.
	Path string `yaml:"path"`
	// Domain that the cookie is sent to; by default only the host that set it.
	Domain string `yaml:"domain"`
	// How long the browser keeps the cookie; until it is closed by default.
	Age time.Duration `yaml:"age"`
	// Sends the cookie over TLS only.
	Secure bool `yaml:"secure"`
	// Lets scripts of the page read the cookie; they cannot by default.
	Scripts bool `yaml:"scripts"`
	// The cookie's SameSite attribute; lax by default.
	SameSite string `yaml:"same_site" enum:"lax|strict|none"`
	// Secret from which the cookie's values are made. Give the same to all nodes that share clients; by default one is drawn at start, and a restart lets the clients choose anew.
	Secret string `yaml:"secret" secret:"true"`
}

// QueueConfig bounds the waiting for a connection.
type QueueConfig struct {
	// Most requests that wait at once; off for none. 1024 by default.
	Size int `yaml:"size"`
	// Longest time that a request waits; 5s by default.
	Timeout time.Duration `yaml:"timeout"`
}

// KeepaliveConfig bounds the idle connections.
type KeepaliveConfig struct {
	// Most idle connections that are kept to one target; off keeps none. 1024 by default.
	Idle int `yaml:"idle"`
	// How long a connection may lie idle; 60s by default, off for no limit.
	Timeout time.Duration `yaml:"timeout"`
	// How old a connection may become before it is closed instead of used again; off by default.
	Age time.Duration `yaml:"age"`
}

// TLSConfig is TLS towards the targets. They are verified unless it says otherwise.
type TLSConfig struct {
	// File with the certificates (PEM) of the authorities that may have signed the target's; the system's by default.
	CA string `yaml:"ca" path:"file"`
	// Name that the target's certificate must bear, and that it is asked for by; the URL's host by default.
	SNI string `yaml:"sni"`
	// File with the client certificate (PEM) that is shown to the target; read again when it changes.
	Cert string `yaml:"cert" path:"file"`
	// File with the key (PEM) of the client certificate.
	Key string `yaml:"key" path:"file"`
	// Longest time of a TLS handshake; 10s by default.
	Handshake time.Duration `yaml:"handshake"`
	// Does not verify the target's certificate. Whoever stands between can then read and change everything.
	Insecure bool `yaml:"insecure"`
}

// HealthConfig describes the active checks.
type HealthConfig struct {
	// How a target is asked: http sends a request, tcp only connects (and shakes hands, for https). http by default.
	Type string `yaml:"type" enum:"http|tcp"`
	// Path that is asked for; / by default.
	Path string `yaml:"path,short"`
	// Method of the request; GET by default.
	Method string `yaml:"method"`
	// Host field of the request; the URL's host by default.
	Host string `yaml:"host"`
	// Further header fields of the request.
	Headers map[string]string `yaml:"headers" secret:"Authorization|Proxy-Authorization|Cookie|Set-Cookie|X-Api-Key|X-Auth-Token"`
	// Port that is asked instead of the target's own.
	Port int `yaml:"port"`
	// Statuses that mean well; 200-399 by default.
	Status []StatusRange `yaml:"status"`
	// Text that the first 64 KiB of the answer's body must contain.
	Body string `yaml:"body"`
	// Time from one check to the next; 5s by default.
	Every time.Duration `yaml:"every"`
	// Share of the time between checks by which it is varied at random, so that checks do not march in step; 10% by default.
	Jitter float64 `yaml:"jitter" unit:"share"`
	// Longest time of one check; 2s by default.
	Timeout time.Duration `yaml:"timeout"`
	// Good checks in a row that bring a target back; 2 by default.
	Rise int `yaml:"rise"`
	// Failed checks in a row that take a target out; 3 by default.
	Fall int `yaml:"fall"`
}

// EjectConfig describes passive health: what traffic itself tells.
type EjectConfig struct {
	// Failures in a row that take a target out; 5 by default, off for never.
	After int `yaml:"after"`
	// How long it stays out the first time; each further time doubles it. 10s by default.
	For time.Duration `yaml:"for"`
	// Longest time that it stays out; a target that stayed in for as long begins anew. 5m by default.
	Longest time.Duration `yaml:"longest"`
	// Most of the pool's targets that may be out at once for this reason; 50% by default.
	Most float64 `yaml:"most" unit:"share"`
}

// RetryConfig says when a failed request is tried again. A request is only
// ever tried again where nothing of it was sent, or where its method is
// idempotent and its body can be sent once more.
type RetryConfig struct {
	// Most tries of one request, the first included; 2 by default, 1 for none.
	Tries int `yaml:"tries"`
	// Most of the requests under way that may be retries; 20% by default.
	Budget float64 `yaml:"budget" unit:"share"`
	// Retries that may be under way at once however few requests there are; 3 by default.
	Floor int `yaml:"floor"`
	// Longest time of one try until the head of its answer; off by default.
	Timeout time.Duration `yaml:"timeout"`
	// Statuses of an answer that are tried again; by default none, only failed connections are.
	Status []StatusRange `yaml:"status"`
}

// CircuitConfig describes when the whole pool is given a rest.
type CircuitConfig struct {
	// Share of failed requests that opens the circuit; 50% by default.
	Errors float64 `yaml:"errors,short" unit:"share"`
	// Fewest requests within the window that are judged; 20 by default.
	Requests int `yaml:"requests"`
	// Time over which the share is taken; 10s by default.
	Window time.Duration `yaml:"window"`
	// How long the circuit stays open, that is, requests are refused at once; 10s by default.
	For time.Duration `yaml:"for"`
	// Requests that are then let through as probes: when all go well the circuit closes, when one fails it opens again. 3 by default.
	Probes int `yaml:"probes"`
}

// ResolveConfig describes how names become addresses. Each address of a name
// is a target of its own, with the weight of its URL.
type ResolveConfig struct {
	// Time until a name is looked up again where the DNS gave no TTL (names of the hosts file); 30s by default, off to look a name up at each new connection instead.
	Every time.Duration `yaml:"every"`
	// Shortest time between two look-ups, whatever the TTL; 1s by default.
	Least time.Duration `yaml:"least"`
	// Longest time between two look-ups, whatever the TTL; 10m by default.
	Most time.Duration `yaml:"most"`
	// Longest time of one look-up; 5s by default.
	Timeout time.Duration `yaml:"timeout"`
	// Which addresses are taken; any by default.
	Family string `yaml:"family" enum:"any|ipv4|ipv6"`
	// Name servers (address:port) to ask instead of those of the system.
	Servers []string `yaml:"servers"`
}

// FallbackConfig is what answers in place of the pool when it has no target,
// its queue is full or its circuit open.
type FallbackConfig struct {
	// Name of the pool that takes over.
	Pool string `yaml:"pool,short"`
	// Fixed answer that is given.
	Respond *FallbackRespond `yaml:"respond"`
}

// FallbackRespond is a fixed answer.
type FallbackRespond struct {
	// Status of the answer; 503 by default.
	Status int `yaml:"status"`
	// Body of the answer.
	Body string `yaml:"body"`
	// Header fields of the answer.
	Headers map[string]string `yaml:"headers"`
}

// StatusRange is a range of HTTP statuses, both ends included. It is written
// as 503, 500-599 or 5xx.
type StatusRange struct{ From, To int }

// UnmarshalText reads a range as written in the config.
func (r *StatusRange) UnmarshalText(text []byte) error {
	s := string(text)
	if len(s) == 3 && strings.EqualFold(s[1:], "xx") && s[0] >= '1' && s[0] <= '9' {
		from := int(s[0]-'0') * 100
		*r = StatusRange{from, from + 99}
		return nil
	}
	first, last, isRange := strings.Cut(s, "-")
	from, err := strconv.ParseUint(first, 10, 16)
	to := from
	if err == nil && isRange {
		to, err = strconv.ParseUint(last, 10, 16)
	}
	if err != nil || from < 100 || to > 999 || from > to {
		return fmt.Errorf("status %q is none; write 503, 500-599 or 5xx", s)
	}
	*r = StatusRange{int(from), int(to)}
	return nil
}

// MarshalText writes the range as UnmarshalText reads it.
func (r StatusRange) MarshalText() ([]byte, error) {
	if r.From == r.To {
		return strconv.AppendInt(nil, int64(r.From), 10), nil
	}
	return fmt.Appendf(nil, "%d-%d", r.From, r.To), nil
}

// Contains tells whether one of the ranges holds the status.
func Contains(ranges []StatusRange, status int) bool {
	for _, r := range ranges {
		if status >= r.From && status <= r.To {
			return true
		}
	}
	return false
}
