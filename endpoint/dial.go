package endpoint

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"time"

	"github.com/netwright/netwright/websocket"
)

const (
	dialTimeout = 10 * time.Second // for a whole dial
	dnsTimeout  = 5 * time.Second  // for the part of it that asks DNS
)

// Dialer dials endpoints. Its zero value is ready; a Dialer may be used by many
// goroutines at once while nobody changes its fields.
type Dialer struct {
	Timeout   time.Duration     // for a whole dial; 0 means 10s, negative none; the URL's timeout wins
	Resolver  *net.Resolver     // nil means Go's own
	TLS       *tls.Config       // what TLS begins with before the URL's options; nil means the defaults
	Via       []*URL            // proxies for URLs that name none
	WebSocket *websocket.Config // for ws and wss; nil means the defaults
	Trace     func(Event)       // told of every step that is done; nil tells nobody
}

// Event is a step of a dial that went well.
type Event struct {
	Step   Step
	Detail string // for people: the addresses, the proxy, the TLS version and certificate
	Took   time.Duration
}

// Dial connects to the endpoint that s names, with a zero [Dialer].
func Dial(ctx context.Context, s string) (net.Conn, error) {
	u, err := Parse(s)
	if err != nil {
		return nil, err
	}
	return new(Dialer).Dial(ctx, u)
}

// Dial connects to u. The connection is a bare *net.TCPConn, *net.UDPConn or
// *net.UnixConn, or a *tls.Conn whose handshake is done; others come from ws,
// wss, stdio and exec. ctx bounds the dialling, not the connection. The error
// is an [*Error].
func (d *Dialer) Dial(ctx context.Context, u *URL) (net.Conn, error) {
	scheme, ok := schemeOf(u.Scheme)
	if !ok || !scheme.Dial {
		return nil, fail(u, StepConnect, fmt.Errorf("%q cannot be dialled", u.Scheme))
	}
	if limit := d.limit(u); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	switch u.Scheme {
	case "stdio":
		return stdio(), nil
	case "fd":
		conn, err := dialFD(u.Path)
		return conn, wrap(u, StepConnect, err)
	case "exec":
		words, err := splitWords(u.Path)
		if err != nil {
			return nil, fail(u, StepConnect, err)
		}
		conn, err := Exec(exec.Command(words[0], words[1:]...))
		return conn, wrap(u, StepConnect, err)
	case "unix":
		return d.dialUnix(ctx, u)
	}
	return d.dialHost(ctx, u, scheme)
}

func (d *Dialer) limit(u *URL) time.Duration {
	for _, t := range []time.Duration{u.Options.Timeout, d.Timeout} {
		if t != 0 {
			return t
		}
	}
	return dialTimeout
}

func (d *Dialer) dialUnix(ctx context.Context, u *URL) (net.Conn, error) {
	start := time.Now()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unix", u.Path)
	if err != nil {
		return nil, fail(u, StepConnect, err)
	}
	d.tell(StepConnect, start, "%s", u.Path)
	return conn, nil
}

// dialHost opens the transport, straight or through proxies, and puts on it what
// the scheme asks for.
func (d *Dialer) dialHost(ctx context.Context, u *URL, scheme *Scheme) (net.Conn, error) {
	conn, err := d.transport(ctx, u)
	if err != nil {
		return nil, err
	}
	if scheme.tls {
		if conn, err = d.startTLS(ctx, u, conn); err != nil {
			return nil, err
		}
	}
	if scheme.webSocket {
		return d.startWebSocket(ctx, u, conn)
	}
	return conn, nil
}

func (d *Dialer) transport(ctx context.Context, u *URL) (net.Conn, error) {
	hops := u.Options.Via
	if hops == nil {
		hops = d.Via
	}
	if len(hops) == 0 {
		return d.connect(ctx, u, u)
	}
	if u.Scheme == "udp" {
		return nil, fail(u, StepProxy, errors.New("UDP does not go through a proxy"))
	}
	conn, err := d.connect(ctx, u, hops[0])
	for i := 0; err == nil && i < len(hops); i++ {
		target := u
		if i+1 < len(hops) {
			target = hops[i+1]
		}
		conn, err = d.through(ctx, u, hops[i], target, conn)
	}
	return conn, err
}

// connect resolves to's host and connects to its addresses. u is the endpoint
// that errors name; it is to itself unless there is a proxy.
func (d *Dialer) connect(ctx context.Context, u, to *URL) (net.Conn, error) {
	addrs, err := d.resolve(ctx, to)
	if err != nil {
		return nil, fail(u, StepResolve, err)
	}
	start := time.Now()
	dialer := net.Dialer{KeepAlive: u.Options.Keepalive}
	network := "tcp"
	if to.Scheme == "udp" {
		network = "udp"
	}
	conn, err := race(ctx, addrs, func(ctx context.Context, addr string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, addr)
	})
	if err != nil {
		return nil, fail(u, StepConnect, err)
	}
	d.tell(StepConnect, start, "%s from %s", conn.RemoteAddr(), conn.LocalAddr())
	return conn, nil
}

func (d *Dialer) tell(step Step, start time.Time, format string, args ...any) {
	if d.Trace != nil {
		d.Trace(Event{Step: step, Detail: fmt.Sprintf(format, args...), Took: time.Since(start)})
	}
}

func wrap(u *URL, step Step, err error) error {
	if err == nil {
		return nil
	}
	return fail(u, step, err)
}

// bounded runs f, which reads and writes conn, and interrupts it when ctx ends.
// The connection is closed if f or ctx fails, and has no deadline otherwise.
func bounded(ctx context.Context, conn net.Conn, f func() error) error {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	err := f()
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
	}
	return err
}
