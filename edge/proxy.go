package edge

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
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
	via      []byte
	fallback Handler // answers when the pool cannot; may be nil
}

// newProxy makes the action of a route that proxies.
func (s *Service) newProxy(cfg *ServiceConfig, parts Parts, r *entry) (Handler, error) {
	rc := &r.cfg
	pool, err := parts.Pool(rc.Proxy, s.name+"/"+r.name)
	if err != nil {
		return nil, err
	}
	p := &Proxy{
		pool: pool, clocks: s.deps.Deadlines, timeout: rc.Proxy.Timeout,
		tunnel: cfg.Timeouts.Tunnel, via: []byte("1.1 " + cfg.Via),
		client: h1.ClientConfig{BodyTimeout: rc.Proxy.Timeout},
	}
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

// ServeExchange implements Handler.
func (p *Proxy) ServeExchange(ex *Exchange) error {
	ex.forwardRequest(p.via)
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
	if p.fallback != nil && !ex.answered && cannot(err) {
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

// cannot says whether err means that no target could be asked at all.
func cannot(err error) bool {
	var dial *upstream.DialError
	var failure *Failure
	return errors.As(err, &dial) || errors.As(err, &failure) && failure.Status == 503
}

// newFallback makes what answers where the pool cannot: another pool, or a fixed
// answer.
func (p *Proxy) newFallback(parts Parts, f *upstream.FallbackConfig) (Handler, error) {
	if f.Pool == "" {
		return newRespond(&RespondConfig{Status: f.Respond.Status, Body: f.Respond.Body, Headers: f.Respond.Headers}, 0)
	}
	pool, err := parts.Pool(&ProxyConfig{Pool: f.Pool}, "")
	if err != nil {
		return nil, err
	}
	other := *p
	other.pool = pool
	return HandlerFunc(other.serve), nil
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
	for tries := 1; ; tries++ {
		err := p.tryOnce(ex, cfg, tries, deadline)
		if err == nil || ex.answered {
			return err
		}
		if errors.Is(err, h1.ErrStale) { // nothing was sent, and the next one is new
			ex.choice.Fresh = true
			tries--
			continue
		}
		if tries >= cfg.Retry.Tries || p.timeout > 0 && time.Now().After(deadline) || !again(ex, err) {
			return explain(err)
		}
		ex.choice.Retry = true
	}
}

// tryOnce asks one target.
func (p *Proxy) tryOnce(ex *Exchange, cfg *upstream.Config, try int, deadline time.Time) error {
	conn, err := p.pool.Acquire(ex, &ex.choice)
	if err != nil {
		return err
	}
	if ex.Record.Tries < 255 {
		ex.Record.Tries++
	}
	ex.Record.SetString(flow.Target, conn.Target.URL())
	ex.timeout = p.timeout
	if try > 1 && p.timeout > 0 {
		ex.timeout = max(time.Until(deadline), time.Millisecond)
	}
	if t := cfg.Retry.Timeout; t > 0 && (ex.timeout <= 0 || t < ex.timeout) {
		ex.timeout = t
	}
	return p.ask(ex, conn, cfg, try)
}

// again says whether the request may be tried again after err: when nothing of it
// was sent, or when its method is idempotent and its body still here.
func again(ex *Exchange, err error) bool {
	var dial *upstream.DialError
	if errors.As(err, &dial) {
		return true
	}
	if ex.bodyGone || !ex.Request.Idempotent() {
		return false
	}
	return errors.Is(err, h1.ErrNoAnswer) || errors.Is(err, h1.ErrAnswerTimeout) || errors.Is(err, errTryAgain)
}

// errTryAgain is an answer whose status the config wants tried again.
var errTryAgain = errors.New("the upstream's answer is one that is tried again")

// ask sends the request over conn and passes the answer back. It releases conn.
func (p *Proxy) ask(ex *Exchange, conn *upstream.Conn, cfg *upstream.Config, try int) error {
	client, ok := conn.Codec.(*h1.Client)
	if !ok {
		client = h1.NewClient(conn.Conn, p.clocks, &p.client)
		conn.Codec = client
	}
	start := time.Now()
	ex.Stream.NotifyGone(client.Cancel)
	up, err := p.send(ex, conn, client)
	if err == nil && up == nil { // nothing else is under way on the client's connection
		ex.Stream.NotifyGone(nil)
	}
	if err != nil {
		err = p.sendFailed(ex, conn, up, err, time.Since(start))
		ex.Stream.NotifyGone(nil)
		conn.Release(false)
		return err
	}
	ex.Record.First = time.Since(start)
	conn.Target.Report(ex.reply.Status, nil, ex.Record.First)
	switch {
	case ex.reply.Status == 101:
		return p.openTunnel(ex, conn, client)
	case cfg.Retry.Status != nil && up == nil && p.unwanted(ex, cfg, try):
		conn.Release(false)
		ex.choice.Avoid(conn.Target)
		return errTryAgain
	}
	if cfg.Sticky != nil && string(ex.choice.Sticky) != conn.Target.Cookie() {
		ex.stick(cfg.Sticky, conn.Target)
	}
	if up != nil {
		up.settle(ex)
	}
	err = p.pass(ex)
	if up != nil {
		err = errors.Join(err, up.stop(ex))
		ex.Stream.NotifyGone(nil)
	}
	conn.Release(err == nil && cfg.ProxyProtocol == "" && ex.reply.Reusable())
	ex.reply.Release()
	return err
}

// unwanted says whether the answer is one to be tried again, and can be.
func (p *Proxy) unwanted(ex *Exchange, cfg *upstream.Config, try int) bool {
	return try < cfg.Retry.Tries && upstream.Contains(cfg.Retry.Status, ex.reply.Status) &&
		again(ex, errTryAgain) && p.pool.RetryAllowed()
}

// stick has the client's next requests go to the same target.
func (ex *Exchange) stick(c *upstream.StickyConfig, t *upstream.Target) {
	from := ex.mark()
	ex.text = c.AppendCookie(ex.text, t.Cookie())
	ex.reply.Fields.AddKnown(message.SetCookie, ex.since(from))
}

// send sends the request and reads the head of the answer. A body that is not
// here yet is sent by an upload, which is under way when send returns.
func (p *Proxy) send(ex *Exchange, conn *upstream.Conn, client *h1.Client) (*upload, error) {
	req := ex.Request
	toHead := string(req.Method) == "HEAD"
	ex.out = h1.AppendRequest(ex.out[:0], p.head(ex, conn))
	if req.Length == 0 {
		return nil, client.RoundTrip(ex.out, ex.reply, toHead, ex.timeout, ex.passInterim)
	}
	if first := ex.Stream.Body().Buffered(); int64(len(first)) == ex.Stream.Body().Length() {
		ex.out = append(ex.out, first...) // it stays buffered for another try
		return nil, client.RoundTrip(ex.out, ex.reply, toHead, ex.timeout, ex.passInterim)
	}
	if err := client.Send(ex.out); err != nil {
		return nil, err
	}
	ex.bodyGone = true
	up := p.startUpload(ex, client)
	return up, client.Receive(ex.reply, toHead, ex.timeout, up.inform)
}

// head is the request as it goes to that target.
func (p *Proxy) head(ex *Exchange, conn *upstream.Conn) *message.Request {
	switch {
	case p.host != nil:
		ex.Request.Host = p.host
	case p.toTarget, len(ex.Request.Host) == 0: // HTTP/1.0 may do without
		ex.Request.Host = []byte(conn.Target.Host())
	}
	return ex.Request
}

// sendFailed gives the error of a failed try its meaning and tells the target's
// health of it, where the target is to blame.
func (p *Proxy) sendFailed(ex *Exchange, conn *upstream.Conn, up *upload, err error, took time.Duration) error {
	if up != nil {
		if cause := up.stop(ex); cause != nil {
			conn.Target.Report(0, context.Canceled, took)
			return cause // the client's side broke, not the target
		}
	}
	switch {
	case errors.Is(err, h1.ErrStale):
		conn.Target.Report(0, upstream.ErrStale, took)
	case errors.Is(err, h1.ErrCanceled):
		conn.Target.Report(0, context.Canceled, took)
		return errClientGone
	default:
		conn.Target.Report(0, err, took)
		ex.choice.Avoid(conn.Target)
	}
	return err
}

// passInterim passes an interim answer on.
func (ex *Exchange) passInterim(r *message.Response) error {
	if r.Status == 100 {
		return nil // nobody asked for it
	}
	ex.forwardResponse(r, ex.table.via)
	return ex.Stream.Inform(r)
}

// pass passes the answer back to the client.
func (p *Proxy) pass(ex *Exchange) error {
	reply := ex.reply
	body := reply.Body()
	ex.forwardResponse(&reply.Response, p.via)
	first := body.Buffered()
	if err := ex.Respond(&reply.Response, first); err != nil {
		return err
	}
	body.Discard(len(first))
	if body.Length() != 0 {
		if _, err := ex.Stream.ReadFrom(body); err != nil {
			return err
		}
	}
	return ex.Stream.Finish(body.Trailers())
}
