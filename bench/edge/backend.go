//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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

// runBackend serves until its standard input is closed, which also happens
// when the process that started it dies. It prints its address first.
func runBackend() error {
	ln, at, err := listen()
	if err != nil {
		return err
	}
	p, err := newPoller()
	if err != nil {
		return err
	}
	if err := p.add(ln); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	fmt.Println(at)
	b := &backend{
		poller: p, ln: ln, conns: make(map[int32]*backendConn), buf: make([]byte, 256<<10),
		answers: map[string][]byte{
			pathSmall:  answer(payload(smallSize)),
			pathLarge:  answer(payload(largeSize)),
			pathUpload: answer(payload(smallSize)),
		},
		uploads: payload(largeSize),
	}
	return b.serve()
}

func answer(body []byte) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: backend\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"+
		"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

func (b *backend) serve() error {
	for {
		events, err := b.poller.wait(forever)
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
