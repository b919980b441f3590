package node

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netwright/netwright/endpoint"
)

// door is one open listener. A reload that keeps the address keeps the door, and
// changes what stands behind it.
type door struct {
	node    *Node
	url     *endpoint.URL
	key     string // see doorKey
	limit   int    // of connections
	service atomic.Pointer[string]
	handler atomic.Pointer[endpoint.Handler]

	listen   func(context.Context) (net.Listener, error)
	ln       net.Listener // opened and not yet served
	accepted atomic.Uint64
	closing  context.Context
	stop     context.CancelFunc
	serving  bool
	ended    chan struct{}

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// knock opens the listener of a URL: where raw is set, the socket below TLS and
// HTTP. Nothing is accepted until serve.
func (n *Node) knock(ctx context.Context, key string, u *endpoint.URL, raw bool, cfg *endpoint.ListenConfig) (*door, error) {
	d := &door{node: n, url: u, key: key, conns: make(map[net.Conn]struct{}), ended: make(chan struct{})}
	d.closing, d.stop = context.WithCancel(context.Background())
	d.listen = func(ctx context.Context) (net.Listener, error) {
		if raw {
			return endpoint.ListenRaw(ctx, u, cfg)
		}
		return endpoint.Listen(ctx, u, cfg)
	}
	var err error
	d.ln, err = d.listen(ctx)
	return d, err
}

// use puts another service behind the door.
func (d *door) use(service string, h endpoint.Handler) {
	d.service.Store(&service)
	d.handler.Store(&h)
}

// serve begins to accept.
func (d *door) serve() {
	d.serving = true
	d.node.tasks.add(d.task(), d.accept)
}

func (d *door) task() string { return "listener " + d.key }

// accept is the task of the door. When the listener fails it is opened anew.
func (d *door) accept(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.closing, cancel)()
	ln := d.ln
	d.ln = nil
	if ln == nil {
		var err error
		if ln, err = d.listen(ctx); err != nil {
			return err
		}
	}
	server := &endpoint.Server{Handler: d, Connections: d.limit, Log: d.node.log}
	err := server.Serve(ctx, ln)
	if ctx.Err() != nil {
		close(d.ended)
	}
	return err
}

// Serve implements endpoint.Handler: it hands a connection to the service of now,
// and keeps it at hand for the day it must be cut.
func (d *door) Serve(ctx context.Context, conn net.Conn) error {
	d.accepted.Add(1)
	d.mu.Lock()
	d.conns[conn] = struct{}{}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.conns, conn)
		d.mu.Unlock()
	}()
	return (*d.handler.Load()).Serve(ctx, conn)
}

// open is the number of connections now.
func (d *door) open() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.conns)
}

// close stops accepting, waits up to the limit for the connections to end, and
// cuts those that are left. A limit below zero waits for as long as it takes.
func (d *door) close(limit time.Duration) {
	d.stop()
	if !d.serving {
		d.ln.Close()
		return
	}
	if limit >= 0 {
		t := time.AfterFunc(limit, d.cut)
		defer t.Stop()
	}
	<-d.ended
	d.node.tasks.remove(d.task())
}

// cut closes every connection.
func (d *door) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for conn := range d.conns {
		conn.Close()
	}
}
