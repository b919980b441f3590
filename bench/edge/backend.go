//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The paths that the backend answers, all with 200 and keep-alive.
const (
	pathSmall  = "/small"  // GET: 64 bytes
	pathLarge  = "/large"  // GET: 1 MiB
	pathUpload = "/upload" // POST of 1 MiB, checked byte for byte: 64 bytes
)

const (
	smallSize = 64
	largeSize = 1 << 20
)

// backend is the upstream of every proxy that is measured: one thread, one
// epoll loop, answers made beforehand.
type backend struct {
	poller  *poller
	ln      int
	conns   map[int32]*backendConn
	buf     []byte
	answers map[string][]byte
	uploads []byte
}

type backendConn struct {
	socket
	in     stream
	answer []byte
}

// runBackend prints the backend's address and serves until standard input is
// closed, which also happens when the process that started this one dies.
func runBackend(ctx context.Context) error {
	b, at, err := newBackend()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	runtime.GOMAXPROCS(1)
	fmt.Println(at)
	return b.serve(ctx)
}

func newBackend() (*backend, netip.AddrPort, error) {
	ln, at, err := listen()
	if err != nil {
		return nil, at, err
	}
	p, err := newPoller()
	if err != nil {
		return nil, at, err
	}
	b := &backend{
		poller: p, ln: ln, conns: make(map[int32]*backendConn), buf: make([]byte, 256<<10),
		answers: map[string][]byte{
			pathSmall:  answer(payload(smallSize)),
			pathLarge:  answer(payload(largeSize)),
			pathUpload: answer(payload(smallSize)),
		},
		uploads: payload(largeSize),
	}
	return b, at, p.add(ln)
}

func answer(body []byte) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: backend\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"+
		"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// serve loops until the context is done.
func (b *backend) serve(ctx context.Context) error {
	defer b.close()
	for ctx.Err() == nil {
		events, err := b.poller.wait(50 * time.Millisecond)
		if err != nil {
			return err
		}
		for _, e := range events {
			if int(e.Fd) == b.ln {
				if err := b.accept(); err != nil {
					return err
				}
				continue
			}
			c := b.conns[e.Fd]
			if c == nil {
				continue
			}
			if err := b.ready(c); err != nil {
				delete(b.conns, e.Fd)
				_ = unix.Close(int(e.Fd))
			}
		}
	}
	return nil
}

func (b *backend) close() {
	for fd := range b.conns {
		_ = unix.Close(int(fd))
	}
	_ = unix.Close(b.ln)
	b.poller.close()
}

func (b *backend) accept() error {
	for {
		fd, _, err := unix.Accept4(b.ln, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR, err == unix.ECONNABORTED:
			continue
		case err != nil:
			return fmt.Errorf("accept: %w", err)
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		c := &backendConn{socket: socket{fd: fd}}
		c.in.head = func(head []byte) (body []byte, err error) {
			c.answer, body, err = b.judge(head)
			return body, err
		}
		b.conns[int32(fd)] = c
		if err := b.poller.add(fd); err != nil {
			return err
		}
	}
}

func (b *backend) ready(c *backendConn) error {
	if len(c.out) > 0 {
		if err := c.flush(); err != nil {
			return err
		}
	}
	done, err := c.readAll(b.buf, &c.in)
	if err == errBody || errors.Is(err, errRequest) {
		c.out = []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return errors.Join(err, c.flush())
	}
	if err != nil {
		return err
	}
	if done > 1 || done == 1 && len(c.out) > 0 {
		return fmt.Errorf("%w: a request before the answer to the last", errRequest)
	}
	if done == 1 {
		c.out = c.answer
		return c.flush()
	}
	return nil
}

var errRequest = errors.New("bad request")

// judge finds the answer to a request, and the body that must come with it.
func (b *backend) judge(head []byte) (answer, body []byte, err error) {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	answer = b.answers[string(target)]
	if answer == nil || string(version) != "HTTP/1.1" {
		return nil, nil, fmt.Errorf("%w: %q", errRequest, line)
	}
	if string(method) == "GET" {
		return answer, nil, nil
	}
	n, err := contentLength(head)
	if err != nil || n != int64(len(b.uploads)) || !strings.EqualFold(string(method), "POST") {
		return nil, nil, fmt.Errorf("%w: %q with Content-Length %d", errRequest, line, n)
	}
	return answer, b.uploads, nil
}
