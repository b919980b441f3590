package edge

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// errUpgrade is a 101 that the client did not ask for.
var errUpgrade = errors.New("the upstream switched to a protocol that was not asked for")

// openTunnel carries on behind a 101: bytes go both ways until either side ends, the
// target or the route is taken away, or nothing moves for the idle time.
func (p *Proxy) openTunnel(ex *Exchange, conn *upstream.Conn, client *h1.Client) error {
	ex.Stream.NotifyGone(nil)
	reply := ex.reply
	asked, got := ex.Request.Fields.Get(message.Upgrade), reply.Fields.Get(message.Upgrade)
	if !ex.Request.Upgrade || !reply.Upgrade || !bytes.EqualFold(asked, got) {
		conn.Release(false)
		return errUpgrade
	}
	early := bytes.Clone(reply.Rest())
	ex.forwardResponse(&reply.Response, p.via)
	if err := ex.Respond(&reply.Response, nil); err != nil {
		conn.Release(false)
		return err
	}
	down, buffered, err := ex.Stream.Hijack()
	if err != nil {
		conn.Release(false)
		return err
	}
	ex.Record.Kind = flow.Tunnel
	t := &pipe{client: down, server: client.Leave()}
	err = t.run(ex, conn, bytes.Clone(buffered), early)
	conn.Release(false)
	return err
}

// pipe is the two connections of a tunnel.
type pipe struct {
	client, server net.Conn
	up, down       int64
}

// run copies until the tunnel ends.
func (t *pipe) run(ex *Exchange, conn *upstream.Conn, buffered, early []byte) error {
	over := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-over:
		case <-conn.Target.Gone():
		case <-ex.route.gone:
		}
		t.client.Close()
		t.server.Close()
	})
	ended := make(chan error, 2)
	wg.Go(func() { ended <- t.copy(t.server, t.client, buffered, &t.up) })
	wg.Go(func() { ended <- t.copy(t.client, t.server, early, &t.down) })
	err := <-ended
	if err == nil {
		// One side has said all; the other may take its time, but not forever.
		timer := time.NewTimer(halfClosed)
		select {
		case err = <-ended:
		case <-timer.C:
		}
		timer.Stop()
	}
	close(over)
	wg.Wait()
	ex.Record.BytesIn += t.up
	ex.Record.BytesOut += t.down
	return nil
}

// halfClosed is how long a tunnel lives on when one side has ended its half.
const halfClosed = time.Minute

// copy moves bytes one way: first those that were read already.
func (t *pipe) copy(dst, src net.Conn, first []byte, count *int64) error {
	if len(first) > 0 {
		n, err := dst.Write(first)
		*count = int64(n)
		if err != nil {
			return err
		}
	}
	n, err := io.Copy(dst, src)
	*count += n
	if half, ok := dst.(interface{ CloseWrite() error }); ok && err == nil {
		return half.CloseWrite()
	}
	if err == nil {
		err = io.EOF
	}
	return err
}
