package node

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/endpoint"
)

// door is one open listener. A reload that keeps the address keeps the door, and
// changes what stands behind it.
type door struct {
	node *Node
	key  string // see doorKey
	raw  bool   // its connections are bare sockets
	opening
	tls    shown
	server endpoint.Server
	task   *task // nil while nothing is accepted

	closed   chan struct{} // when the first listener has closed
	accepted atomic.Uint64
	closing  context.Context
	shut     context.CancelFunc

	mu    sync.Mutex // guards what follows
	post  *post
	conns map[net.Conn]*post
}

// post is what stands behind a door: a service as it answers there.
type post struct {
	service  string
	manner   string // of what is spoken; connections outlive a reload that keeps it
	requests bool   // what is spoken comes in requests, so that it can end between two
	handler  endpoint.Handler

	ctx   context.Context // of its connections; ends when they are to come to an end
	leave context.CancelFunc
}

// doorKey is what a listener is known by over reloads: its address where that is
// all there is to it (raw), so that what is spoken there can change.
func doorKey(u *endpoint.URL) (key string, raw bool) {
	switch {
	case u.Scheme == "fd":
		return "fd " + u.Path, true
	case u.Scheme == "unix":
		return "unix " + u.Path, true
	case u.Scheme == "ws" || u.Scheme == "wss" || u.Scheme == "udp" || u.Scheme == "stdio":
		return u.String(), false
	case u.Options.FD != "":
		return "fd " + u.Options.FD, true
	}
	at := *u
	switch at.Host {
	case "0.0.0.0", "::": // to listen there is to listen on all, of either family
		at.Host = ""
	case "localhost":
		at.Host = "127.0.0.1"
	}
	return "tcp " + at.Address(), true
}

// knock opens the listener of a URL: where raw is set, the socket below TLS and
// HTTP. Nothing is accepted until serve. A policy, which may be nil, is for the
// handshakes.
func (n *Node) knock(ctx context.Context, key string, u *endpoint.URL, raw bool, cfg *endpoint.ListenConfig, p *cert.Policy) (*door, error) {
	d := &door{node: n, key: key, raw: raw, closed: make(chan struct{}), conns: make(map[net.Conn]*post)}
	if secure := d.tls.use(p); secure != nil {
		cfg.TLS = secure.Config()
	}
	d.server.Handler, d.server.Log = d, n.log
	d.closing, d.shut = context.WithCancel(context.Background())
	d.listen = func(ctx context.Context) (net.Listener, error) {
		if raw {
			return endpoint.ListenRaw(ctx, u, cfg)
		}
		return endpoint.Listen(ctx, u, cfg)
	}
	ln, err := d.open(ctx)
	d.ln = &tellingListener{Listener: ln, tell: sync.OnceFunc(func() { close(d.closed) })}
	return d, err
}

// tellingListener tells when it has closed.
type tellingListener struct {
	net.Listener
	tell func()
}

// SetDeadline sets the deadline of the listener below, where it has one.
func (l *tellingListener) SetDeadline(t time.Time) error {
	if d, ok := l.Listener.(interface{ SetDeadline(time.Time) error }); ok {
		return d.SetDeadline(t)
	}
	return errors.ErrUnsupported
}

// Close implements net.Listener.
func (l *tellingListener) Close() error {
	defer l.tell()
	return l.Listener.Close()
}

// use puts another post behind the door. Connections stay as long as the manner
// of what they speak to does. Else those of HTTP come to an end in order; what of
// a service that is gone still runs when the limit has passed is cut.
func (d *door) use(p *post, gone bool, limit time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.post
	d.post = p
	if old != nil && old.manner == p.manner {
		p.ctx, p.leave = old.ctx, old.leave
		for conn, of := range d.conns {
			if of == old {
				d.conns[conn] = p
			}
		}
		return
	}
	p.ctx, p.leave = context.WithCancel(d.closing)
	if old == nil {
		return
	}
	if old.requests {
		old.leave()
	}
	if gone && limit >= 0 {
		time.AfterFunc(limit, func() {
			old.leave()
			if old.requests {
				d.cut(old)
			}
		})
	}
}

// serve begins to accept.
func (d *door) serve() { d.task = d.node.tasks.add("listener "+d.key, d.accept) }

// accept is the task of the door. When the listener fails it is opened anew.
func (d *door) accept(ctx context.Context) error {
	defer context.AfterFunc(ctx, d.shut)()
	ln, err := d.take(ctx)
	if err != nil {
		return err
	}
	return d.server.Serve(ctx, ln)
}

// Serve implements endpoint.Handler: it hands a connection to the service of now,
// and keeps it at hand for the day it must be cut.
func (d *door) Serve(_ context.Context, conn net.Conn) error {
	p := d.enter(conn)
	defer d.leave(conn)
	return p.handler.Serve(p.ctx, conn)
}

func (d *door) enter(conn net.Conn) *post {
	d.accepted.Add(1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.conns[conn] = d.post
	return d.post
}

func (d *door) leave(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.conns, conn)
}

// state is which service stands behind the door, with how many connections, and
// how the door's task is.
func (d *door) state() (service string, open int, h health) {
	d.mu.Lock()
	service, open = d.post.service, len(d.conns)
	d.mu.Unlock()
	if d.task != nil {
		h = d.task.health()
	}
	return service, open, h
}

// close stops accepting, waits up to the limit for the connections to end, and
// cuts those that are left. A limit below zero waits for as long as it takes.
func (d *door) close(limit time.Duration) {
	d.shut()
	if d.task == nil {
		d.ln.Close()
		return
	}
	d.task.cancel()
	if limit < 0 {
		<-d.task.done
		return
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-d.task.done:
	case <-t.C:
		d.cut(nil)
		d.task.wait(stopWait)
	}
}

// cut closes every connection, or those of a post.
func (d *door) cut(of *post) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for conn, p := range d.conns {
		if of == nil || p == of {
			conn.Close()
		}
	}
}
