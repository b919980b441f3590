package endpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func listenSessions(t *testing.T, config SessionsConfig) (net.Listener, func() net.Conn) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := Sessions(pc, config)
	return ln, func() net.Conn {
		conn := dial(t, "udp://"+ln.Addr().String())
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		return conn
	}
}

func TestSessionsKeepPeersApart(t *testing.T) {
	ln, connect := listenSessions(t, SessionsConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	s := &Server{Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
		buf := make([]byte, 100)
		for n := 0; ; n++ {
			m, err := conn.Read(buf)
			if err != nil {
				return err
			}
			fmt.Fprintf(conn, "%d:%s", n, buf[:m])
		}
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	var wg sync.WaitGroup
	for peer := range 20 {
		wg.Go(func() {
			conn := connect()
			buf := make([]byte, 100)
			for n := range 10 {
				fmt.Fprintf(conn, "peer%d", peer)
				m, err := conn.Read(buf)
				if want := fmt.Sprintf("%d:peer%d", n, peer); err != nil || string(buf[:m]) != want {
					t.Errorf("%q, %v; want %q", buf[:m], err, want)
					return
				}
			}
		})
	}
	wg.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestSessionReadsDatagrams(t *testing.T) {
	ln, connect := listenSessions(t, SessionsConfig{Idle: -1})
	client := connect()
	io.WriteString(client, "long one")
	io.WriteString(client, "two")
	conn := accept(t, ln)
	for _, want := range []string{"long", " one", "two"} {
		buf := make([]byte, 4)
		if n, err := conn.Read(buf); string(buf[:n]) != want || err != nil {
			t.Errorf("%q, %v; want %q", buf[:n], err, want)
		}
	}
	conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read past the deadline: %v", err)
	}
	conn.SetReadDeadline(time.Time{})
	io.WriteString(client, "x")
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Errorf("after the deadline was lifted: %v", err)
	}
	// The listener closes; this session goes on until it is closed itself.
	ln.Close()
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept after close: %v", err)
	}
	io.WriteString(conn, "still here")
	buf := make([]byte, 20)
	if n, err := client.Read(buf); string(buf[:n]) != "still here" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	conn.Close()
	if _, err := conn.Read(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
	if _, err := conn.Write(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
	if pc, err := net.ListenPacket("udp", ln.Addr().String()); err != nil {
		t.Errorf("the socket is still open: %v", err)
	} else {
		pc.Close()
	}
}

func TestSessionsAreBounded(t *testing.T) {
	ln, connect := listenSessions(t, SessionsConfig{Most: 2, Queue: 3})
	defer ln.Close()
	first := connect()
	for range 10 {
		io.WriteString(first, "x")
	}
	a := accept(t, ln)
	io.WriteString(connect(), "y")
	b := accept(t, ln)
	io.WriteString(connect(), "z") // no room
	a.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	n := 0
	for {
		if _, err := a.Read(make([]byte, 1)); err != nil {
			break
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d of 10 datagrams were kept with room for 3", n)
	}
	a.Close() // makes room
	io.WriteString(connect(), "w")
	c := accept(t, ln)
	buf := make([]byte, 1)
	if c.Read(buf); buf[0] != 'w' {
		t.Errorf("%q was accepted beyond the limit", buf)
	}
	b.Close()
	c.Close()
}

// packets is a socket in memory, for a test with fake time.
type packets struct {
	net.PacketConn
	in     chan string
	closed chan struct{}
	once   sync.Once
}

func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case s := <-p.in:
		return copy(b, s), &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 7}, nil
	case <-p.closed:
		return 0, nil, net.ErrClosed
	}
}
func (p *packets) LocalAddr() net.Addr { return &net.UDPAddr{} }
func (p *packets) Close() error        { p.once.Do(func() { close(p.closed) }); return nil }

func TestIdleSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pc := &packets{in: make(chan string), closed: make(chan struct{})}
		ln := Sessions(pc, SessionsConfig{Idle: time.Minute})
		start := time.Now()
		pc.in <- "a"
		conn := accept(t, ln)
		time.Sleep(50 * time.Second)
		pc.in <- "b" // puts the end off
		for _, want := range []string{"a", "b"} {
			buf := make([]byte, 4)
			if n, err := conn.Read(buf); string(buf[:n]) != want {
				t.Errorf("%q, %v", buf[:n], err)
			}
		}
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF || time.Since(start) != 110*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		pc.in <- "c" // the same peer begins again
		conn = accept(t, ln)
		ln.Close()
		conn.Close()
		<-pc.closed
	})
}

func TestSessionsEndWithTheirSocket(t *testing.T) {
	ln, connect := listenSessions(t, SessionsConfig{})
	io.WriteString(connect(), "x")
	conn := accept(t, ln)
	ln.(*sessionListener).pc.Close()
	buf := make([]byte, 1)
	if _, err := conn.Read(buf); err != nil || buf[0] != 'x' {
		t.Errorf("%q, %v", buf, err)
	}
	if _, err := conn.Read(buf); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept: %v", err)
	}
}
