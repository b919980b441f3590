package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// DialError says that a target could not be reached. Nothing of a request was
// sent, so it may always be tried elsewhere.
type DialError struct {
	Target *Target
	Step   string // connect or tls
	Err    error
}

func (e *DialError) Error() string {
	where := e.Target.URL()
	if e.Target.source.name != "" {
		where += " at " + e.Target.address
	}
	return "target " + where + ": " + (&trouble{e.Step, e.Err}).Error()
}

func (e *DialError) Unwrap() error { return e.Err }

// Timeout tells whether it took too long.
func (e *DialError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// exhausted tells whether this machine, or this process, had nothing left to make
// a connection with: descriptors, memory, ports. That is no fault of the target's.
func exhausted(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.EADDRNOTAVAIL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// trouble is what went wrong at a step of opening a connection.
type trouble struct {
	step string
	err  error
}

func (e *trouble) Unwrap() error { return e.err }

// Error says it in plain words, without those that package net puts around it:
// the address is known.
func (e *trouble) Error() string {
	why := e.err
	for unwrapped := true; unwrapped; {
		switch e := why.(type) {
		case *net.OpError:
			why = e.Err
		case *os.SyscallError:
			why = e.Err
		default:
			unwrapped = false
		}
	}
	reason := strings.TrimPrefix(why.Error(), "tls: ")
	if errors.Is(e.err, context.DeadlineExceeded) || errors.Is(e.err, os.ErrDeadlineExceeded) {
		reason = "no answer in time"
	}
	if e.step == "tls" {
		return "the TLS handshake failed: " + reason
	}
	return "cannot connect: " + reason
}

// connect makes a new connection to a target that has been reserved.
func (p *Pool) connect(ctx context.Context, t *Target, c *Choice) (*Conn, error) {
	pl := p.view.Load().plan
	generation := t.idle.generation()
	if limit := t.limit.Load(); limit > 0 && t.active.Load()+t.idle.count.Load() > limit {
		if old := t.idle.oldest(); old != nil {
			old.close()
		}
	}
	t.dials.Add(1)
	conn, step, err := p.open(ctx, pl, t, t.address, c.Preface)
	if err != nil {
		if ctx.Err() == context.Canceled {
			err = ctx.Err() // whatever the dialler made of it: not the target's fault
		}
		failed := &DialError{t, step, err}
		t.Report(0, failed, 0)
		c.Avoid(t)
		p.leave(t, c.Retry)
		return nil, failed
	}
	return &Conn{Conn: conn, Target: t, generation: generation, retry: c.Retry, born: p.clock()}, nil
}

// open connects to an address of a target, sends the preface and shakes hands
// where it is TLS.
func (p *Pool) open(ctx context.Context, pl *plan, t *Target, address string, preface []byte) (conn net.Conn, step string, err error) {
	dial := p.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	short, cancel := context.WithTimeout(ctx, pl.Connect)
	conn, err = dial(short, t.source.network, address)
	cancel()
	if err != nil {
		return nil, "connect", err
	}
	if len(preface) > 0 {
		conn.SetWriteDeadline(time.Now().Add(pl.Connect))
		if _, err = conn.Write(preface); err != nil {
			conn.Close()
			return nil, "connect", err
		}
		conn.SetWriteDeadline(time.Time{})
	}
	terms := t.tls.Load()
	if terms == nil {
		return conn, "", nil
	}
	conn, err = terms.handshake(ctx, conn, pl.TLS.Handshake)
	return conn, "tls", err
}

// handshake makes conn a *tls.Conn, or closes it.
func (terms *targetTLS) handshake(ctx context.Context, conn net.Conn, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	secure := tls.Client(conn, terms.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}
