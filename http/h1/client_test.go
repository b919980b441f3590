package h1

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

const getRoot = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

// dialog is a client and the server's end of its connection.
type dialog struct {
	t    *testing.T
	c    *Client
	end  net.Conn // what the server speaks on, TLS or not
	sock *net.TCPConn
}

func newDialog(t *testing.T, secure bool, cfg *ClientConfig) *dialog {
	t.Helper()
	ln := listen(t, "tcp")
	defer ln.Close()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	end, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	d := &dialog{t: t, end: end, sock: end.(*net.TCPConn)}
	end.SetDeadline(time.Now().Add(10 * time.Second))
	if secure {
		d.end = tls.Server(end, &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}})
		above := tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // its own certificate
		done := make(chan error, 1)
		go func() { done <- d.end.(*tls.Conn).Handshake() }()
		if err := errors.Join(above.Handshake(), <-done); err != nil {
			t.Fatal(err)
		}
		conn = above
	}
	d.c = NewClient(conn, newClock(t), cfg)
	t.Cleanup(func() { d.c.Close(); d.end.Close() })
	return d
}

// ask sends a request and has the server answer so.
func (d *dialog) ask(answer string) (*Reply, error) {
	d.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.end.Read(make([]byte, 1000))
		io.WriteString(d.end, answer)
	}()
	reply, err := d.c.RoundTrip([]byte(getRoot), false, 5*time.Second, nil)
	<-done
	return reply, err
}

func (d *dialog) mustAsk() {
	d.t.Helper()
	reply, err := d.ask("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
	if err != nil {
		d.t.Fatal(err)
	}
	if b, err := io.ReadAll(reply.Body()); string(b) != "hi" || err != nil || !reply.Reusable() {
		d.t.Fatalf("got %q, %v, reusable %v", b, err, reply.Reusable())
	}
	reply.Release()
}

// A kept connection on which something happened while it was idle sends nothing.
func TestStale(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, c := range []struct {
			name string
			do   func(d *dialog)
		}{
			{"closed", func(d *dialog) { d.end.Close() }},
			{"half closed", func(d *dialog) { d.sock.CloseWrite() }},
			{"reset", func(d *dialog) { d.sock.SetLinger(0); d.sock.Close() }},
			{"unsolicited answer", func(d *dialog) { io.WriteString(d.end, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil") }},
			{"unsolicited byte", func(d *dialog) { io.WriteString(d.end, "x") }},
		} {
			for _, body := range []bool{false, true} {
				d := newDialog(t, secure, &ClientConfig{})
				d.mustAsk()
				d.mustAsk()
				sent := d.c.Sent()
				c.do(d)
				arrived(d.c.conn)
				var err error
				if body {
					err = d.c.Send([]byte(getRoot))
				} else {
					_, err = d.c.RoundTrip([]byte(getRoot), false, time.Second, nil)
				}
				if !errors.Is(err, ErrStale) || d.c.Sent() != sent {
					t.Errorf("%s (TLS %v, Send %v): %v, %d bytes were sent", c.name, secure, body, err, d.c.Sent()-sent)
				}
			}
		}
	}
}

// arrived waits until what the other side did is here.
func arrived(conn net.Conn) {
	for range 1000 {
		if ready(conn, pollIn) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A session ticket or key update below the answers is nobody's unsolicited byte.
func TestTicketsAreNotStale(t *testing.T) {
	d := newDialog(t, true, &ClientConfig{})
	for range 20 {
		d.mustAsk()
	}
}

// A connection that was never used is not stale, whatever the server does on it.
func TestNewConnectionIsNotStale(t *testing.T) {
	for _, speak := range []string{"", "220 mail ready\r\n"} {
		d := newDialog(t, false, &ClientConfig{})
		io.WriteString(d.end, speak)
		d.sock.CloseWrite()
		arrived(d.c.conn)
		_, err := d.c.RoundTrip([]byte(getRoot), false, time.Second, nil)
		if errors.Is(err, ErrStale) || !errors.Is(err, ErrNoAnswer) {
			t.Errorf("after %q: %v", speak, err)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, c := range []struct {
			answer string
			reset  bool
			want   error
		}{
			{"", false, ErrNoAnswer},
			{"", true, ErrNoAnswer},
			{"HTTP/1.1 20", false, io.ErrUnexpectedEOF},
			{"HTTP/1.1 103 Early Hints\r\n\r\n", false, ErrNoAnswer},
		} {
			d := newDialog(t, secure, &ClientConfig{})
			d.mustAsk()
			go func() {
				d.end.Read(make([]byte, 1000))
				io.WriteString(d.end, c.answer)
				if c.reset {
					d.sock.SetLinger(0)
					d.sock.Close()
				}
				d.end.Close()
			}()
			_, err := d.c.RoundTrip([]byte(getRoot), false, 5*time.Second, nil)
			if !errors.Is(err, c.want) {
				t.Errorf("TLS %v, %q, reset %v: %v", secure, c.answer, c.reset, err)
			}
		}
	}
}

// A request that the socket does not take at once is sent whole.
func TestPartialWrites(t *testing.T) {
	d := newDialog(t, false, &ClientConfig{})
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	got := make(chan []byte, 1)
	go func() {
		b := make([]byte, len(getRoot)+len(body))
		time.Sleep(10 * time.Millisecond) // until no more fits between
		io.ReadFull(d.end, b)
		got <- b
		io.WriteString(d.end, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	}()
	request := append([]byte(getRoot), body...)
	if reply, err := d.c.RoundTrip(request, false, 5*time.Second, nil); err != nil || !reply.Reusable() {
		t.Fatalf("%+v, %v", reply, err)
	}
	if !bytes.Equal(<-got, request) || d.c.Sent() != int64(len(request)) {
		t.Errorf("it came changed, or %d is not its length", d.c.Sent())
	}
	d.mustAsk()
}

func TestAnswerLimits(t *testing.T) {
	field := "A: " + strings.Repeat("b", 90) + "\r\n"
	for _, c := range []struct{ name, answer, want string }{
		{"fits", "HTTP/1.1 200 OK\r\n" + strings.Repeat(field, 9) + "Content-Length: 0\r\n\r\n", ""},
		{"head", "HTTP/1.1 200 OK\r\n" + strings.Repeat(field, 9) + field + field + "\r\n", "head-too-large"},
		{"endless head", "HTTP/1.1 200 OK\r\nA: " + strings.Repeat("b", 100000), "head-too-large"},
		{"endless reason", "HTTP/1.1 200 " + strings.Repeat("b", 100000), "head-too-large"},
		{"fields", "HTTP/1.1 200 OK\r\n" + strings.Repeat("A: b\r\n", 12) + "\r\n", "too-many-fields"},
		{"interim answers", strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 4), "interim-answers"},
	} {
		d := newDialog(t, false, &ClientConfig{Head: 1000, Fields: 11, Interim: 3})
		d.sock.SetWriteBuffer(1 << 20)
		_, err := d.ask(c.answer)
		var broken *message.Error
		if rule := ""; errors.As(err, &broken) {
			rule = broken.Rule
			if rule != c.want {
				t.Errorf("%s: %s, want %s", c.name, rule, c.want)
			}
		} else if err != nil || c.want != "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Interim answers are told of in their order, and what that returns ends it.
func TestInform(t *testing.T) {
	d := newDialog(t, false, &ClientConfig{})
	var told []int
	stop := errors.New("enough")
	go func() {
		d.end.Read(make([]byte, 1000))
		io.WriteString(d.end, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n")
	}()
	_, err := d.c.RoundTrip([]byte(getRoot), false, 5*time.Second, func(r *message.Response) error {
		if told = append(told, r.Status); len(told) == 3 {
			return stop
		}
		return nil
	})
	if err != stop || len(told) != 3 || told[0] != 100 || told[1] != 103 {
		t.Errorf("told %v, %v", told, err)
	}
}

// An answer that comes before the end of the request leaves a connection that is
// of no further use.
func TestEarlyAnswer(t *testing.T) {
	d := newDialog(t, false, &ClientConfig{})
	if err := d.c.Send([]byte("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	go func() {
		d.end.Read(make([]byte, 1000))
		io.WriteString(d.end, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	}()
	reply, err := d.c.Receive(false, 5*time.Second, nil)
	if err != nil || reply.Status != 403 {
		t.Fatalf("%+v, %v", reply, err)
	}
	if reply.Reusable() {
		t.Error("a connection whose request was not sent would be used again")
	}
	short := &body{}
	conn := &scripted{segments: []string{"01234"}}
	short.start(source{conn: conn, dl: &deadline{conn: conn, clock: NewDeadlines()}, buf: make([]byte, 100)}, bodyLength, 10, -1, 0, 0)
	if err := d.c.SendBody(short, 10, time.Second); !errors.Is(err, io.ErrUnexpectedEOF) || reply.Reusable() {
		t.Errorf("a body that is cut: %v, reusable %v", err, reply.Reusable())
	}
}

// Cancel ends whatever waits, and for good.
func TestCancel(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, answer := range []string{"", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"} {
			d := newDialog(t, secure, &ClientConfig{})
			go func() {
				d.end.Read(make([]byte, 1000))
				io.WriteString(d.end, answer)
				time.Sleep(10 * time.Millisecond)
				d.c.Cancel()
			}()
			reply, err := d.c.RoundTrip([]byte(getRoot), false, 5*time.Second, nil)
			if err == nil {
				_, err = io.ReadAll(reply.Body())
			}
			if !errors.Is(err, ErrCanceled) {
				t.Errorf("TLS %v, %q: %v", secure, answer, err)
			}
			if _, err := d.c.RoundTrip([]byte(getRoot), false, time.Second, nil); !errors.Is(err, ErrCanceled) {
				t.Errorf("TLS %v: the next exchange: %v", secure, err)
			}
		}
	}
}

// Kicks that come too late are not seen, at whatever moment.
func TestClientLateKicks(t *testing.T) {
	d := newDialog(t, false, &ClientConfig{})
	for range 100 {
		d.c.conn.SetDeadline(aLongTimeAgo)
		d.mustAsk()
		go d.c.conn.SetDeadline(aLongTimeAgo)
	}
}

// A tunnel behind 101 gets the bytes that came with the answer.
func TestLeave(t *testing.T) {
	d := newDialog(t, false, &ClientConfig{})
	reply, err := d.ask("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\nearly")
	if err != nil || !reply.Upgrade || string(reply.Rest()) != "early" || reply.Reusable() {
		t.Fatalf("%v, upgrade %v, rest %q, reusable %v", err, reply.Upgrade, reply.Rest(), reply.Reusable())
	}
	conn := d.c.Leave()
	write(t, d.end, "later")
	b := make([]byte, 5)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "later" {
		t.Errorf("%q, %v", b, err)
	}
}
