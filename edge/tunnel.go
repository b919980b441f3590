package edge

import (
	"bytes"
	"context"
	"errors"
	"net"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// errUpgrade is a 101 that the client did not ask for.
var errUpgrade = &targetError{errors.New("it switched to a protocol that was not asked for")}

// tunnelLead is how long a tunnel lives on when the upstream has ended it and the
// client is silent.
const tunnelLead = 10 * time.Second

// openTunnel carries on behind a 101: bytes go both ways until either side ends, the
// target or the route is taken away, or nothing moves for the idle time.
func (p *Proxy) openTunnel(ex *Exchange, conn *upstream.Conn, client *h1.Client, up *upload) error {
	whole := up.whole()
	if err := up.stop(); err != nil {
		return err
	}
	ex.Stream.NotifyGone(nil)
	reply := ex.reply
	got := reply.Fields.Get(message.Upgrade)
	if !whole || !ex.Request.Upgrade || !reply.Upgrade || !ex.Request.Fields.HasToken(message.Upgrade, string(got)) {
		return explain(errUpgrade)
	}
	early := bytes.Clone(reply.Rest())
	ex.forwardResponse(&reply.Response)
	if err := ex.Respond(&reply.Response, nil); err != nil {
		return hungUp(err)
	}
	down, buffered, err := ex.Stream.Hijack()
	if err != nil {
		return hungUp(err)
	}
	ex.outcome.kind = flow.Tunnel
	return p.relay(ex, conn.Target, down, client.Leave(), bytes.Clone(buffered), early)
}

// relay joins the client's and the target's connection. first and early are what
// was read of them already. It closes the client's.
func (p *Proxy) relay(ex *Exchange, target *upstream.Target, down, up net.Conn, first, early []byte) error {
	defer down.Close()
	if err := p.deliver(down, early); err != nil {
		return hungUp(err)
	}
	if err := p.deliver(up, first); err != nil {
		return &targetError{err}
	}
	ctx, cut := context.WithCancelCause(context.WithoutCancel(ex))
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-ctx.Done():
		case <-target.Gone():
			cut(errTargetGone)
		case <-ex.route.gone:
			cut(errRouteGone)
		}
	}()
	n, err := endpoint.Relay(ctx, down, up, endpoint.RelayConfig{Idle: p.tunnel, Lead: tunnelLead})
	cut(nil)
	<-watched
	ex.outcome.tunneled.in = int64(len(first)) + n.AToB
	ex.outcome.tunneled.out = int64(len(early)) + n.BToA
	if cause := context.Cause(ctx); err == nil && cause != context.Canceled {
		err = cause
	}
	return err
}

var (
	errTargetGone = errors.New("the tunnel's target was taken out of its pool")
	errRouteGone  = errors.New("the tunnel's route was taken away")
)

// deliver writes what came before the relay.
func (p *Proxy) deliver(conn net.Conn, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	if p.tunnel > 0 {
		conn.SetWriteDeadline(time.Now().Add(p.tunnel))
		defer conn.SetWriteDeadline(time.Time{})
	}
	_, err := conn.Write(b)
	return err
}
