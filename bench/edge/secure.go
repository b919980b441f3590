//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// secureLoad does a job over TLS, one goroutine a connection: the generator
// costs more than over plain TCP, which the server's own clock does not see.
type secureLoad struct {
	job
	tls   *tls.Config
	fresh bool // a new connection and a full handshake for every request

	total  atomic.Int64
	ending atomic.Bool
	began  sync.WaitGroup // until each connection has had its first answer, or failed
	mu     sync.Mutex     // covers out and suite
	out    outcome
	suite  string
}

// secureConn is one TLS connection with what came of the answer on it.
type secureConn struct {
	*tls.Conn
	in  stream
	buf []byte
}

func (l *secureLoad) open(ctx context.Context, n int) (*secureConn, error) {
	d := net.Dialer{
		LocalAddr: &net.TCPAddr{IP: source(n).AsSlice()},
		Control: func(_, _ string, raw syscall.RawConn) error {
			return raw.Control(func(fd uintptr) {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
			})
		},
	}
	conn, err := d.DialContext(ctx, "tcp", l.server.String())
	if err != nil {
		return nil, err
	}
	c := &secureConn{Conn: tls.Client(conn, l.tls), in: stream{head: answerHead(l.want)}}
	if err := c.SetDeadline(time.Now().Add(l.warm + l.measured + 60*time.Second)); err != nil {
		return nil, err
	}
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return c, l.judge(c.ConnectionState())
}

// judge holds the servers to one and the same kind of handshake.
func (l *secureLoad) judge(s tls.ConnectionState) error {
	if s.DidResume {
		return errors.New("a session was resumed where a full handshake is measured")
	}
	suite := fmt.Sprintf("%s %s %s", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), s.CurveID)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.suite == "" {
		l.suite = suite
	}
	if l.suite != suite {
		return fmt.Errorf("one server negotiated both %s and %s", l.suite, suite)
	}
	return nil
}

// exchange sends the request and reads its answer whole.
func (l *secureLoad) exchange(c *secureConn) error {
	if _, err := c.Write(l.request); err != nil {
		return err
	}
	for {
		n, err := c.Read(c.buf)
		done, bad := c.in.feed(c.buf[:n])
		switch {
		case bad != nil:
			return bad
		case done > 1:
			return fmt.Errorf("%d answers to one request", done)
		case done == 1:
			return nil
		case err != nil:
			return err
		}
	}
}

// loop is one connection of the closed loop.
func (l *secureLoad) loop(ctx context.Context, n int) error {
	began := sync.OnceFunc(l.began.Done)
	defer began()
	buf := make([]byte, 16<<10)
	for {
		c, err := l.open(ctx, n)
		if err != nil {
			return err
		}
		c.buf = buf
		for {
			if err := l.exchange(c); err != nil {
				_ = c.Close()
				return err
			}
			l.total.Add(1)
			began()
			if l.fresh || l.ending.Load() {
				break
			}
		}
		_ = c.Close()
		if l.ending.Load() {
			return nil
		}
	}
}

// run does the whole job.
func (l *secureLoad) run(ctx context.Context) (outcome, error) {
	var loops sync.WaitGroup
	l.began.Add(l.conns)
	for n := range l.conns {
		loops.Go(func() {
			if err := l.loop(ctx, n); err != nil {
				l.mu.Lock()
				l.out.fail(err)
				l.mu.Unlock()
			}
		})
	}
	defer func() {
		l.ending.Store(true)
		loops.Wait()
	}()
	l.began.Wait() // so that the warm-up holds all the handshakes
	time.Sleep(l.warm)
	if err := l.sample(); err != nil {
		return l.out, err
	}
	from, started := l.total.Load(), time.Now()
	for time.Since(started) < l.measured && (l.requests == 0 || l.total.Load()-from < int64(l.requests)) {
		time.Sleep(5 * time.Millisecond)
	}
	requests, elapsed := int(l.total.Load()-from), time.Since(started)
	if err := l.sample(); err != nil {
		return l.out, err
	}
	l.ending.Store(true)
	loops.Wait()
	l.out.Requests, l.out.Elapsed, l.out.Answered = requests, elapsed, int(l.total.Load())
	return l.out, nil
}

// once opens every connection, sends one request on each, and returns them
// open. Few handshakes run at once, so that a limit of a server's backlog is
// not what is measured.
func (l *secureLoad) once(ctx context.Context) ([]*secureConn, error) {
	conns := make([]*secureConn, l.conns)
	var g errgroup.Group
	g.SetLimit(32)
	for n := range conns {
		g.Go(func() error {
			c, err := l.open(ctx, n)
			if err != nil {
				return err
			}
			c.buf = make([]byte, 4<<10)
			err = l.exchange(c)
			c.buf, c.in = nil, stream{}
			conns[n] = c
			return err
		})
	}
	return conns, g.Wait()
}
