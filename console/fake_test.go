package console

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/netwright/netwright/flow"
)

// fakeNode behaves as a node does, without running anything.
type fakeNode struct {
	mu       sync.Mutex
	pools    []Pool
	reload   func() ([]string, error)
	reloaded *Reload
	started  time.Time
}

func newFakeNode() *fakeNode {
	now := time.Now()
	return &fakeNode{
		started: now.Add(-53 * time.Hour),
		reload: func() ([]string, error) {
			return []string{"serve.web: 2 routes added", "pools.shop: weights changed"}, nil
		},
		pools: []Pool{
			{Name: "shop", Balance: "least-requests", Targets: []Target{
				{URL: "http://10.0.0.5:8080", State: "up", Since: now.Add(-5 * time.Hour), Weight: 1, Active: 14, Idle: 22, Requests: 182733, Failures: 12, Latency: 3400 * time.Microsecond},
				{URL: "http://10.0.0.6:8080", State: "up", Since: now.Add(-53 * time.Hour), Weight: 2, Active: 27, Idle: 31, Requests: 364120, Failures: 3, Latency: 2900 * time.Microsecond},
				{URL: "http://10.0.0.7:8080", State: "down", Reason: "GET /healthz: status 503, wanted 200", Since: now.Add(-4 * time.Minute), Weight: 1, Requests: 88012, Failures: 4021},
			}},
			{Name: "/api/*", Balance: "round-robin", Queued: 3, Targets: []Target{
				{URL: "http://10.0.1.2:9000", State: "up", Since: now.Add(-time.Hour), Weight: 1, Active: 8, Idle: 4, Requests: 51200, Latency: 18 * time.Millisecond},
				{URL: "http://10.0.1.3:9000", State: "ejected", Reason: "5 failures in a row, for 20s", Since: now.Add(-9 * time.Second), Weight: 1, Requests: 49800, Failures: 61, Latency: 240 * time.Millisecond},
			}},
		},
	}
}

func (n *fakeNode) Info() Info {
	n.mu.Lock()
	defer n.mu.Unlock()
	return Info{Version: "0.1.0", Config: "/etc/netwright/netwright.yaml", Data: "/var/lib/netwright", PID: 4711,
		Started: n.started, State: "running", Reload: n.reloaded}
}

func (n *fakeNode) Services() []Service { return n.servicesAt(time.Now().Unix()) }

func (n *fakeNode) servicesAt(second int64) []Service {
	open := func(i, n int64) int64 {
		return int64(float64(n) * (1 + 0.2*math.Sin(float64(second)/31+float64(i))))
	}
	return []Service{
		{Name: "web", Protocol: "http", Listen: []string{"http://:8080", "https://:8443"}, State: "running", Connections: open(0, 318), Accepted: 70211},
		{Name: "api", Protocol: "http", Listen: []string{"http://:9090"}, State: "running", Connections: open(1, 74), Accepted: 9120},
		{Name: "chat", Protocol: "chat", Listen: []string{"tcp://:7008"}, State: "running", Connections: open(2, 41), Accepted: 212},
		{Name: "echo", Protocol: "echo", Listen: []string{"tcp://127.0.0.1:7007"}, State: "failed", Error: "listen tcp 127.0.0.1:7007: address already in use (by nc, process 4242)", Restarts: 4},
	}
}

func (n *fakeNode) Pools() []Pool {
	n.mu.Lock()
	defer n.mu.Unlock()
	pools := slices.Clone(n.pools)
	for i := range pools {
		pools[i].Targets = slices.Clone(pools[i].Targets)
	}
	return pools
}

func (n *fakeNode) Drain(pool, target string, on bool) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.pools {
		for i := range p.Targets {
			if t := &p.Targets[i]; p.Name == pool && t.URL == target {
				t.Draining = on
				if t.State = "up"; on {
					t.State, t.Since = "draining", time.Now()
				}
				return nil
			}
		}
	}
	return fmt.Errorf("%w: no target %s in a pool %s", ErrUnknown, target, pool)
}

func (n *fakeNode) Certificates() []Certificate {
	now := time.Now()
	return []Certificate{
		{Name: "site", Source: "file", Names: []string{"shop.example.com", "www.example.com"}, Issuer: "Let's Encrypt E7", Key: "ECDSA P-256",
			Fingerprint: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", NotBefore: now.AddDate(0, 0, -30), NotAfter: now.AddDate(0, 0, 60)},
		{Name: "local", Source: "internal", Names: []string{"localhost", "*.test"}, Issuer: "Netwright authority of this machine", Key: "ECDSA P-256",
			Fingerprint: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", NotBefore: now.AddDate(0, 0, -24), NotAfter: now.AddDate(0, 0, 6)},
		{Name: "old", Source: "file", Names: []string{"old.example.com"}, Issuer: "Example Corporate CA 2", Key: "RSA 2048",
			Fingerprint: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9", NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(0, 0, -2),
			Error: "old.pem: read again after it changed: no certificate in it"},
	}
}

const fakeYAML = `console:
  listen: http://127.0.0.1:8800
pools:
  shop:
    to:
      - http://10.0.0.5:8080
      - {url: http://10.0.0.6:8080, weight: 2}
    balance: least-requests
    health: {path: /healthz, every: 2s} # asked of each target
guards:
  staff:
    basic: {file: users.htpasswd, secret: "***"}
serve:
  web:
    listen: [http://:8080, https://:8443]
    cert: local
    limits: {head: 16KiB, body: 10MiB, connections: 10000}
    routes:
      - match: {host: shop.example.com, path: /api/*}
        proxy: shop
      - files: ./public
`

func (n *fakeNode) Config() string { return fakeYAML }

func (n *fakeNode) Reload(context.Context) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	changes, err := n.reload()
	n.reloaded = &Reload{At: time.Now(), Changes: changes}
	if err != nil {
		n.reloaded.Error = err.Error()
	}
	return changes, err
}

// traffic makes records as a site has them: a tide with noise, a bad minute.
func traffic(seed uint64, from, to time.Time) []flow.Record {
	random := rand.New(rand.NewPCG(seed, 1))
	paths := []string{"/", "/carts/17", "/static/app.css", "/api/orders?page=2", "/search?q=lamp", "/login", "/images/hero.webp"}
	targets := []string{"http://10.0.0.5:8080", "http://10.0.0.6:8080", "http://10.0.1.2:9000"}
	var records []flow.Record
	for second := from; second.Before(to); second = second.Add(time.Second) {
		tide := math.Sin(float64(second.Unix())/47) + math.Sin(float64(second.Unix())/13)/3
		bad := second.After(to.Add(-100*time.Second)) && second.Before(to.Add(-70*time.Second))
		for range int(38+12*tide) + random.IntN(8) {
			records = append(records, flow.Record{})
			r := &records[len(records)-1]
			took := time.Duration(math.Exp(random.NormFloat64()*0.7+1.1) * float64(time.Millisecond))
			if bad {
				took *= 5
			}
			r.Begin(flow.Request, second.Add(time.Duration(random.Int64N(1e9))-took))
			r.Duration, r.First = took, took/2
			r.SetPeer(netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(random.IntN(250))}), uint16(20000+random.IntN(30000))))
			r.SetString(flow.Service, "web")
			r.SetString(flow.Route, "/*")
			if random.IntN(4) == 0 {
				r.SetString(flow.Service, "api")
				r.SetString(flow.Route, "/api/*")
			}
			r.SetString(flow.Method, "GET")
			r.SetString(flow.Path, paths[random.IntN(len(paths))])
			r.SetString(flow.Host, "shop.example.com")
			r.SetString(flow.Protocol, "HTTP/1.1")
			r.SetString(flow.Target, targets[random.IntN(len(targets))])
			r.SetString(flow.UserAgent, "Mozilla/5.0 (X11; Linux x86_64)")
			r.Status, r.BytesIn, r.BytesOut, r.Tries, r.TLSVersion = 200, 420, int64(800+random.IntN(60000)), 1, 0x0304
			switch dice := random.IntN(100); {
			case bad && dice < 18:
				r.Status, r.Tries = 502, 2
				r.SetString(flow.Error, "upstream closed before its answer")
			case dice < 2:
				r.Status = 403
				r.SetString(flow.Refusal, "gentle: more than 100/s from this address")
			case dice < 8:
				r.Status = 404
			}
		}
		if random.IntN(3) == 0 {
			var r flow.Record
			r.Begin(flow.Connection, second.Add(-40*time.Second))
			r.Duration = 40 * time.Second
			r.SetString(flow.Service, "chat")
			r.SetPeer(netip.MustParseAddrPort("198.51.100.9:51000"))
			r.BytesIn, r.BytesOut = 900, 12000
			records = append(records, r)
		}
	}
	return records
}

// withHistory gives a console five minutes of traffic to show.
func withHistory(c *Console) {
	now := time.Now()
	c.meter.count(traffic(7, now.Add(-6*time.Minute), now))
	for second := now.Unix() - 360; second <= now.Unix(); second++ {
		c.meter.sample(c.node.(*fakeNode).servicesAt(second), second)
	}
	for _, r := range traffic(8, now.Add(-10*time.Second), now) {
		c.journal.Write(&r)
	}
}
