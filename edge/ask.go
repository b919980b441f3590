package edge

import (
	"errors"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// ask sends the request over conn and passes the answer back. It releases conn.
func (p *Proxy) ask(ex *Exchange, conn *upstream.Conn, cfg *upstream.Config, try int) error {
	client, ok := conn.Codec.(*h1.Client)
	if !ok {
		client = h1.NewClient(conn.Conn, p.clocks, &p.client)
		conn.Codec = client
	}
	client.Use(&p.client) // routes may share a pool
	sent := time.Since(ex.start)
	ex.Stream.NotifyGone(client.Cancel)
	up, err := p.send(ex, conn, client)
	if err != nil {
		err = p.blame(ex, conn, err, up.stop(), time.Since(ex.start)-sent)
		ex.Stream.NotifyGone(nil)
		conn.Release(false)
		return err
	}
	ex.outcome.first = time.Since(ex.start)
	conn.Target.Report(ex.reply.Status, nil, ex.outcome.first-sent)
	whole := false
	switch {
	case ex.reply.Status == 101:
		err = p.openTunnel(ex, conn, client, up)
	case cfg.Retry.Status != nil && p.unwanted(ex, cfg, try):
		ex.choice.Avoid(conn.Target)
		err = errTryAgain
	default:
		if cfg.Sticky != nil && string(ex.choice.Sticky) != conn.Target.Cookie() {
			ex.stick(cfg.Sticky, conn.Target)
		}
		err = ex.passBack(up)
		whole = err == nil && up.whole()
		if cause := up.stop(); err == nil && cause != nil {
			err = cause
		}
	}
	ex.Stream.NotifyGone(nil)
	conn.Release(whole && ex.reply.Reusable())
	ex.reply.Release()
	ex.reply = nil
	return err
}

// errTryAgain is an answer whose status the config wants tried again.
var errTryAgain = &targetError{errors.New("the upstream's answer is one that is tried again")}

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
func (p *Proxy) send(ex *Exchange, conn *upstream.Conn, client *h1.Client) (up *upload, err error) {
	req := ex.Request
	toHead := string(req.Method) == "HEAD"
	out := p.appendHead(client.Buffer(), ex, conn)
	if req.Length == 0 {
		ex.reply, err = client.RoundTrip(out, toHead, ex.timeout, ex.inform)
		return nil, err
	}
	// A chunked body that is here goes the long way too, which ends and trails it.
	if first := ex.Stream.Body().Buffered(); int64(len(first)) == req.Length {
		out = append(out, first...) // it stays buffered for another try
		ex.reply, err = client.RoundTrip(out, toHead, ex.timeout, ex.inform)
		return nil, err
	}
	if err := client.Send(out); err != nil {
		return nil, err
	}
	ex.bodyGone = true
	up = startUpload(ex, client)
	ex.reply, err = client.Receive(toHead, ex.timeout, up.inform)
	return up, err
}

// appendHead appends the head of the request as that target gets it.
func (p *Proxy) appendHead(dst []byte, ex *Exchange, conn *upstream.Conn) []byte {
	host := ex.Request.Host
	switch {
	case p.host != nil:
		ex.Request.Host = p.host
	case p.toTarget, len(host) == 0: // HTTP/1.0 may do without
		ex.text = append(ex.text, conn.Target.Host()...)
		ex.Request.Host = ex.text[len(ex.text)-len(conn.Target.Host()):]
	}
	dst = h1.AppendRequest(dst, ex.Request)
	ex.Request.Host = host
	return dst
}

// blame gives the error of a failed try its meaning and tells the target's
// health of it, where the target is to blame. cause is what broke on the client's
// side, if anything did.
func (p *Proxy) blame(ex *Exchange, conn *upstream.Conn, err, cause error, took time.Duration) error {
	switch {
	case cause != nil || errors.Is(err, h1.ErrCanceled):
		conn.Target.Report(0, errClientGone, took)
		if cause == nil {
			cause = errClientGone
		}
		return cause
	case conn.Reused && (errors.Is(err, h1.ErrStale) || errors.Is(err, h1.ErrNoAnswer) && !ex.bodyGone && ex.Request.Idempotent()):
		conn.Target.Report(0, upstream.ErrStale, took)
		return errOutlived
	}
	err = &targetError{err}
	conn.Target.Report(0, err, took)
	ex.choice.Avoid(conn.Target)
	return err
}

// passInterim passes an interim answer on.
func (ex *Exchange) passInterim(r *message.Response) error {
	if r.Status == 100 {
		return nil // nobody asked for it
	}
	ex.forwardResponse(r)
	return ex.Stream.Inform(r)
}

// passBack passes the answer back to the client.
func (ex *Exchange) passBack(up *upload) error {
	if !up.settle() { // the body's rest is not wanted
		ex.Stream.Close()
	}
	if up == nil && ex.Request.Length > 0 { // no other try will need it
		sent := ex.Stream.Body()
		sent.Discard(len(sent.Buffered()))
	}
	reply := ex.reply
	body := reply.Body()
	ex.forwardResponse(&reply.Response)
	first := body.Buffered()
	if err := ex.Respond(&reply.Response, first); err != nil {
		return hungUp(err)
	}
	body.Discard(len(first))
	if body.Length() != 0 {
		if _, err := ex.Stream.ReadFrom(body); err != nil {
			return ex.brokenOff(err)
		}
	}
	if err := ex.Stream.Finish(body.Trailers()); err != nil {
		return hungUp(err)
	}
	return nil
}

// brokenOff tells whose fault it is that the body of an answer did not get through.
func (ex *Exchange) brokenOff(err error) error {
	var taking *h1.WriteError
	if errors.As(err, &taking) || ex.Err() != nil {
		return hungUp(err)
	}
	if gone := ex.Stream.Flush(); gone != nil { // now, so that the record counts it
		return hungUp(gone)
	}
	return &targetError{err}
}
