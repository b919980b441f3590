package edge

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/http/h1"
)

// Proxy passes requests on to a pool of upstreams and their answers back.
type Proxy struct {
	pool     *upstream.Pool
	clocks   *h1.Deadlines
	client   h1.ClientConfig
	timeout  time.Duration // for the head of the answer, in all tries
	tunnel   time.Duration // for bytes in either direction of a tunnel
	host     []byte        // sent upstream in place of the client's
	toTarget bool          // the host is that of the target's URL
	fallback Handler       // answers when the pool cannot; may be nil
}

// newProxy makes the action of a route that proxies.
func (s *Service) newProxy(cfg *ServiceConfig, parts Parts, r *entry) (Handler, error) {
	rc := &r.cfg
	pool, err := parts.Pool(rc.Proxy, rc.PoolName(s.name))
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		pool: pool, clocks: s.deps.Deadlines, timeout: rc.Proxy.Timeout, tunnel: cfg.Timeouts.Tunnel,
		client: h1.ClientConfig{BodyTimeout: rc.Proxy.Timeout, SendTimeout: rc.Proxy.Timeout},
	}
	p.client.SetDefaults()
	if rc.Timeouts.Tunnel != 0 {
		p.tunnel = rc.Timeouts.Tunnel
	}
	switch rc.Proxy.Host {
	case "", "client":
	case "target":
		p.toTarget = true
	default:
		p.host = []byte(rc.Proxy.Host)
	}
	if f := pool.Config().Fallback; f != nil {
		if p.fallback, err = p.newFallback(parts, f); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// newFallback makes what answers where the pool cannot: another pool, or a fixed
// answer.
func (p *Proxy) newFallback(parts Parts, f *upstream.FallbackConfig) (Handler, error) {
	if f.Pool == "" {
		return newRespond(&RespondConfig{Status: f.Respond.Status, Body: f.Respond.Body, Headers: f.Respond.Headers}, 0)
	}
	pool, err := parts.Pool(&ProxyConfig{Pool: f.Pool}, f.Pool)
	if err != nil {
		return nil, err
	}
	other := *p
	other.pool = pool
	return HandlerFunc(other.serve), nil
}

// ServeExchange implements Handler.
func (p *Proxy) ServeExchange(ex *Exchange) error {
	if !ex.mayForward() {
		return ex.RespondText(204, "", nil)
	}
	ex.forwardRequest()
	return p.serve(ex)
}

// serve asks the pool, and the fallback where the pool cannot answer.
func (p *Proxy) serve(ex *Exchange) error {
	cfg := p.pool.Config()
	ex.choice = upstream.Choice{}
	if cfg.ProxyProtocol != "" {
		ex.choice.Fresh, ex.choice.Preface = true, ex.proxyHeader(cfg.ProxyProtocol)
	}
	if cfg.Balance.Hash != nil {
		ex.choice.Hash = ex.hashKey(cfg.Balance.Hash)
	}
	if cfg.Sticky != nil {
		ex.choice.Sticky = ex.Request.Fields.Cookie(cfg.Sticky.Cookie)
	}
	err := p.try(ex, cfg)
	if p.fallback != nil && !ex.answered && !ex.bodyGone && unreachable(err) {
		return p.fallback.ServeExchange(ex)
	}
	return err
}

// proxyHeader tells a target who the client is, ahead of anything else.
func (ex *Exchange) proxyHeader(version string) []byte {
	var to netip.AddrPort
	if a, ok := ex.Stream.Conn().LocalAddr().(*net.TCPAddr); ok {
		to = a.AddrPort()
	}
	v := 1
	if version == "v2" {
		v = 2
	}
	return endpoint.AppendProxyHeader(nil, v, ex.Client, to)
}

// hashKey is the hash of what the config keeps on one target.
func (ex *Exchange) hashKey(c *upstream.HashConfig) uint64 {
	switch kind, name := c.Key(); kind {
	case "path":
		return upstream.Hash(ex.Request.Path)
	case "host":
		return upstream.Hash(ex.Request.Host)
	case "header":
		v, _ := ex.Request.Fields.Value(name)
		return upstream.Hash(v)
	case "cookie":
		return upstream.Hash(ex.Request.Fields.Cookie(name))
	}
	addr := ex.Client.Addr().As16()
	return upstream.Hash(addr[:])
}

// try asks targets until one answers, or it may not be tried again.
func (p *Proxy) try(ex *Exchange, cfg *upstream.Config) error {
	deadline := ex.start.Add(p.timeout)
	var before error
	for tries := 1; ; tries++ {
		err := p.tryOnce(ex, cfg, tries, deadline)
		switch {
		case err == nil || ex.answered:
			return err
		case errors.Is(err, upstream.ErrRetryBudget):
			return explain(before)
		case errors.Is(err, errOutlived): // no fault of the target's, and not possible twice
			ex.choice.Fresh = true
			tries--
			continue
		case tries >= cfg.Retry.Tries, p.timeout > 0 && time.Now().After(deadline), !again(ex, err):
			ex.comeAgain = p.comeAgain(err, cfg)
			return explain(err)
		}
		before, ex.choice.Retry = err, true
	}
}

// comeAgain is when a client may come again whom the pool could not serve; 0 where
// nothing is known of it. Who waits in the queue has had a target or gone by its
// timeout.
func (p *Proxy) comeAgain(err error, cfg *upstream.Config) time.Duration {
	switch {
	case errors.Is(err, upstream.ErrCircuitOpen):
		return p.pool.RetryAfter()
	case errors.Is(err, upstream.ErrQueueFull), errors.Is(err, upstream.ErrQueueTimeout):
		return cfg.Queue.Timeout
	}
	return 0
}

// again says whether the request may be tried again after err: when nothing of it
// was sent, or when its method is idempotent and its body still here.
func again(ex *Exchange, err error) bool {
	var dial *upstream.DialError
	var failed *targetError
	switch {
	case errors.As(err, &dial):
		return true
	case !errors.As(err, &failed):
		return false
	}
	return !ex.bodyGone && ex.Request.Idempotent()
}

// tryOnce asks one target.
func (p *Proxy) tryOnce(ex *Exchange, cfg *upstream.Config, try int, deadline time.Time) error {
	conn, err := p.pool.Acquire(ex, &ex.choice)
	if err != nil {
		return err
	}
	ex.outcome.tries, ex.outcome.target = uint8(min(try, 255)), conn.Target.URL()
	ex.timeout = p.timeout
	if try > 1 && p.timeout > 0 {
		ex.timeout = max(time.Until(deadline), time.Millisecond)
	}
	if t := cfg.Retry.Timeout; t > 0 && (ex.timeout <= 0 || t < ex.timeout) {
		ex.timeout = t
	}
	return p.ask(ex, conn, cfg, try)
}
