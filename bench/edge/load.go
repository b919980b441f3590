//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// job is what the generator does to one server.
type job struct {
	server   netip.AddrPort
	conns    int
	request  []byte // head and body, sent as they are
	want     []byte // the body of every answer
	warm     time.Duration
	measured time.Duration
	requests int // ends the measured part earlier, 0 for no limit
	// sample is called when the measured part begins and when it ends.
	sample func() error
}

// outcome is what came of a job; the failures are those of the whole of it,
// the warm-up included.
type outcome struct {
	Requests int // in the measured part
	Answered int // in all
	Elapsed  time.Duration
	Failed   int
	First    string // what the first failure was
}

func (o *outcome) fail(err error) {
	if o.Failed++; o.First == "" {
		o.First = err.Error()
	}
}

// source returns the loopback address from which the n-th connection comes,
// so that ten thousand of them do not share one address.
func source(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, 0, 1, byte(1 + n%64)})
}

// load is a closed loop: each connection sends its next request when the
// answer to the last one has come whole and been checked.
type load struct {
	job
	poller *poller
	conns  map[int32]*loadConn
	buf    []byte
	out    outcome
	total  int
	busy   int // connections with an answer outstanding
	ending bool
}

type loadConn struct {
	socket
	in      stream
	waiting bool // for an answer
}

// openLoad connects without sending anything yet.
func openLoad(j job) (*load, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	l := &load{job: j, poller: p, conns: make(map[int32]*loadConn, j.conns), buf: make([]byte, 256<<10)}
	for i := range j.conns {
		fd, err := dial(source(i), j.server)
		if err == nil {
			err = p.add(fd)
		}
		if err != nil {
			l.close()
			return nil, err
		}
		l.conns[int32(fd)] = &loadConn{socket: socket{fd: fd}, in: stream{head: answerHead(j.want)}}
	}
	return l, nil
}

func (l *load) close() {
	for fd := range l.conns {
		_ = unix.Close(int(fd))
	}
	l.poller.close()
}

// runLoad does the job over plain TCP.
func runLoad(j job) (outcome, error) {
	l, err := openLoad(j)
	if err != nil {
		return outcome{}, err
	}
	defer l.close()
	for _, c := range l.conns {
		l.send(c)
	}
	if err := l.until(j.warm, 0); err != nil {
		return l.out, err
	}
	if err := j.sample(); err != nil {
		return l.out, err
	}
	from, started := l.total, time.Now()
	if err := l.until(j.measured, j.requests); err != nil {
		return l.out, err
	}
	l.out.Requests, l.out.Elapsed = l.total-from, time.Since(started)
	if err := j.sample(); err != nil {
		return l.out, err
	}
	l.ending = true
	err = l.finish()
	l.out.Answered = l.total
	return l.out, err
}

// once sends one request on each connection and waits for the answers, few at
// a time, so that a server need not connect to its backend as often.
func (l *load) once() error {
	const most = 32
	l.ending = true
	deadline := time.Now().Add(30 * time.Second)
	for _, c := range l.conns {
		l.send(c)
		for l.busy >= most && time.Now().Before(deadline) {
			if err := l.turn(); err != nil {
				return err
			}
		}
	}
	if err := l.finish(); err != nil {
		return err
	}
	if l.out.Failed > 0 {
		return fmt.Errorf("%d of %d requests failed: %s", l.out.Failed, l.total+l.out.Failed, l.out.First)
	}
	return nil
}

func (l *load) until(limit time.Duration, requests int) error {
	from, deadline := l.total, time.Now().Add(limit)
	for time.Now().Before(deadline) {
		if requests > 0 && l.total-from >= requests {
			return nil
		}
		if l.busy == 0 {
			return errors.New("every connection has failed: " + l.out.First)
		}
		if err := l.turn(); err != nil {
			return err
		}
	}
	return nil
}

// finish waits for the last answers; one that does not come is a failure.
func (l *load) finish() error {
	deadline := time.Now().Add(5 * time.Second)
	for l.busy > 0 && time.Now().Before(deadline) {
		if err := l.turn(); err != nil {
			return err
		}
	}
	for range l.busy {
		l.out.fail(errors.New("no answer within 5 s"))
	}
	return nil
}

func (l *load) turn() error {
	events, err := l.poller.wait(20 * time.Millisecond)
	if err != nil {
		return err
	}
	for _, e := range events {
		if c := l.conns[e.Fd]; c != nil {
			l.ready(c)
		}
	}
	return nil
}

func (l *load) send(c *loadConn) {
	l.busy++
	c.waiting = true
	c.out = l.request
	if err := c.flush(); err != nil {
		l.drop(c, err)
	}
}

func (l *load) ready(c *loadConn) {
	if len(c.out) > 0 {
		if err := c.flush(); err != nil {
			l.drop(c, err)
			return
		}
	}
	done, err := c.readAll(l.buf, &c.in)
	switch {
	case err != nil:
		l.drop(c, err)
	case done > 1:
		l.drop(c, fmt.Errorf("%d answers to one request", done))
	case done == 1 && len(c.out) > 0:
		l.drop(c, errors.New("an answer before the request was sent"))
	case done == 1:
		l.total++
		l.busy--
		c.waiting = false
		if !l.ending {
			l.send(c)
		}
	}
}

// drop counts the failure and gives the connection up; a closed loop that
// silently reconnected would hide it. A connection that owes no answer may
// be closed by the server.
func (l *load) drop(c *loadConn, err error) {
	if c.waiting {
		l.busy--
		l.out.fail(err)
	}
	delete(l.conns, int32(c.fd))
	_ = unix.Close(c.fd)
}
