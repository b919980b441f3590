package node

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/endpoint"
)

// opening is a listener that is open before the task that accepts from it runs.
type opening struct {
	listen func(context.Context) (net.Listener, error)
	ln     net.Listener             // opened, and not yet accepted from
	addr   atomic.Pointer[net.Addr] // where it listens, whatever port it was told
}

// open opens the listener.
func (o *opening) open(ctx context.Context) (net.Listener, error) {
	ln, err := o.listen(ctx)
	if err == nil {
		addr := ln.Addr()
		o.addr.Store(&addr)
	}
	return ln, err
}

// take gives the listener; a new one where the task runs again, since the first has
// failed.
func (o *opening) take(ctx context.Context) (net.Listener, error) {
	if ln := o.ln; ln != nil {
		o.ln = nil
		return ln, nil
	}
	return o.open(ctx)
}

// of is the endpoint of a config as it is listened on: with the port that the
// system chose where the config has 0.
func (o *opening) of(text string) string {
	u, err := endpoint.Parse(text)
	if addr := o.addr.Load(); err == nil && addr != nil && u.Port == 0 {
		return u.At(*addr).String()
	}
	return text
}

// shown is what a listener shows in handshakes. The server is kept over reloads, so
// that sessions can be resumed; there is none before there was TLS.
type shown struct{ server *cert.Server }

// use goes by a policy from now on and returns the server, nil without a policy.
func (s *shown) use(p *cert.Policy) *cert.Server {
	switch {
	case p == nil:
		return nil
	case s.server == nil:
		s.server = cert.NewServer(*p)
	default:
		s.server.Set(*p)
	}
	return s.server
}
