package h1

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

// proxy passes requests on over new connections, and answers back.
type proxy struct {
	to     *server
	client ClientConfig
	ended  chan error // of the passing of each answer; may be nil
	kick   bool       // both connections, before bodies are passed
}

func (p *proxy) Refuse(_ context.Context, st message.Stream, broken *message.Error) {
	answerRule(st, broken)
}

func (p *proxy) ServeStream(_ context.Context, st message.Stream) {
	c := NewClient(p.to.dial(), p.to.clock, &p.client)
	defer c.Close()
	req := st.Request()
	kick := func() {
		if p.kick {
			c.Conn().SetDeadline(aLongTimeAgo)
			st.Conn().SetDeadline(aLongTimeAgo)
		}
	}
	kick()
	if err := c.Send(AppendRequest(nil, req)); err != nil {
		answerText(st, 502, err.Error())
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.SendBody(st.Body(), req.Length, 5*time.Second); err != nil {
			c.Cancel()
		}
	})
	defer wg.Wait()
	reply, err := c.Receive(string(req.Method) == "HEAD", 5*time.Second, nil)
	if err != nil {
		answerText(st, 502, err.Error())
		return
	}
	defer reply.Release()
	wg.Wait()
	kick()
	err = st.Respond(&reply.Response, nil)
	if err == nil {
		_, err = st.ReadFrom(reply.Body())
	}
	if p.ended != nil {
		p.ended <- err
	}
	if err == nil {
		st.Finish(reply.Body().Trailers())
	}
}

// echo answers with the body of the request, of the same length or in chunks.
func echo(st message.Stream) {
	b, err := io.ReadAll(st.Body())
	if err != nil {
		answerText(st, 500, err.Error())
		return
	}
	st.Respond(&message.Response{Status: 200, Length: lengthOf(st, b)}, nil)
	st.ReadFrom(bytes.NewReader(b))
	st.Finish(nil)
}

func lengthOf(st message.Stream, b []byte) int64 {
	if st.Request().Length < 0 {
		return message.UnknownLength
	}
	return int64(len(b))
}

// Bodies of every size come through whole, whatever both connections are.
func TestProxiedBodies(t *testing.T) {
	sizes := []int{1, 4000, 5000, spliceLeast - 1, spliceLeast, spliceLeast + 5000, 1<<20 + 17}
	content := make([]byte, 1<<20+17)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(content)
	for _, front := range []string{"tcp", "unix", "tls"} {
		for _, back := range []string{"tcp", "unix", "tls"} {
			t.Run(front+" to "+back, func(t *testing.T) {
				s := newServer(t, front, Config{}, &proxy{to: newServer(t, back, Config{}, handlerFunc(echo))})
				conn := s.dial()
				in := bufio.NewReader(conn)
				for _, size := range sizes {
					for _, chunked := range []bool{false, true} {
						roundTrip(t, conn, in, content[:size], chunked)
					}
				}
			})
		}
	}
}

// roundTrip has a body echoed and compares.
func roundTrip(t *testing.T, conn net.Conn, in *bufio.Reader, body []byte, chunked bool) {
	t.Helper()
	r, err := http.NewRequest("POST", "http://h/", io.NopCloser(bytes.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	if !chunked {
		r.ContentLength = int64(len(body))
	}
	sent := make(chan error, 1)
	go func() { sent <- r.Write(conn) }()
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(answer.Body)
	if err != nil || !bytes.Equal(got, body) {
		t.Fatalf("%d of %d bytes came back (chunked: %v), %v", len(got), len(body), chunked, err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// Kicks that were meant for what went before do not hurt a splice on either side.
func TestSpliceAndLateKicks(t *testing.T) {
	back := newServer(t, "tcp", Config{}, handlerFunc(echo))
	p := &proxy{to: back, kick: true}
	s := newServer(t, "tcp", Config{}, p)
	conn := s.dial()
	in := bufio.NewReader(conn)
	body := bytes.Repeat([]byte("0123456789abcdef"), 1<<14)
	for range 10 {
		roundTrip(t, conn, in, body, false)
	}
}

// longAnswer answers with the head of a long body, some of it, and then what after does.
func longAnswer(t *testing.T, length, some int, after func(conn net.Conn)) *server {
	s := &server{t: t, clock: newClock(t), ln: listen(t, "tcp"), conns: make(chan net.Conn, 1)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := s.ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				conn.Read(make([]byte, 1000))
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(length)+"\r\n\r\n")
				conn.Write(make([]byte, some))
				after(conn)
			})
		}
	})
	t.Cleanup(func() { s.ln.Close(); wg.Wait() })
	return s
}

// Each side of a splice that stalls is found out by itself, and blamed.
func TestStalledSplice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		some       int // of what the upstream sends
		send, body time.Duration
		write      bool // it is the client's fault
	}{
		{"client does not read", 64 << 20, 300 * time.Millisecond, time.Hour, true},
		{"client does not read, upstream has less time", 64 << 20, 600 * time.Millisecond, 200 * time.Millisecond, true},
		{"upstream stalls", 1 << 20, time.Hour, 300 * time.Millisecond, false},
		{"upstream stalls, client has less time", 1 << 20, 200 * time.Millisecond, 600 * time.Millisecond, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			back := longAnswer(t, 64<<20, c.some, func(net.Conn) { <-over })
			p := &proxy{to: back, client: ClientConfig{BodyTimeout: c.body}, ended: make(chan error, 1)}
			s := newServer(t, "tcp", Config{SendTimeout: c.send}, p)
			conn := s.dial()
			write(t, conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			if !c.write {
				go io.Copy(io.Discard, conn)
			}
			began := time.Now()
			err := <-p.ended
			close(over)
			conn.Close()
			var sending *WriteError
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
			if errors.As(err, &sending) != c.write {
				t.Errorf("ended with %v (%T)", err, err)
			}
		})
	}
}

// What breaks off in a splice is told from what a client that leaves breaks.
func TestBrokenSplice(t *testing.T) {
	for _, c := range []struct {
		name  string
		after func(net.Conn)
		leave bool
	}{
		{"upstream ends", func(net.Conn) {}, false},
		{"upstream resets", func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) }, false},
		{"client leaves", func(conn net.Conn) { io.Copy(conn, endless{}) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			back := longAnswer(t, 1<<40, 100000, c.after)
			p := &proxy{to: back, ended: make(chan error, 1)}
			s := newServer(t, "tcp", Config{}, p)
			conn := s.dial()
			write(t, conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			if c.leave {
				io.ReadFull(conn, make([]byte, 200000))
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			} else {
				go io.Copy(io.Discard, conn)
			}
			err := <-p.ended
			var sending *WriteError
			if err == nil || errors.As(err, &sending) != c.leave {
				t.Errorf("ended with %v (%T)", err, err)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Files go out by sendfile, and never more of one than was announced.
func TestFiles(t *testing.T) {
	name := t.TempDir() + "/file"
	content := bytes.Repeat([]byte("0123456789"), 100000)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, network := range []string{"tcp", "tls"} {
		for _, c := range []struct {
			name   string
			length int64
			limit  int64 // of the reader; less than 0 for none
			want   int64
		}{
			{"whole", 1000000, -1, 1000000},
			{"part", 1000, 1000, 1000},
			{"reader has more", 1000, -1, 0},
			{"limit is more", 1000, 2000, 0},
			{"unknown length", -1, -1, 1000000},
			{"shorter than announced", 2000000, -1, -1},
		} {
			t.Run(network+"/"+c.name, func(t *testing.T) {
				s := newServer(t, network, Config{}, handlerFunc(func(st message.Stream) {
					f, err := os.Open(name)
					if err != nil {
						t.Error(err)
						return
					}
					defer f.Close()
					var r io.Reader = f
					if c.limit >= 0 {
						r = &io.LimitedReader{R: f, N: c.limit}
					}
					st.Respond(&message.Response{Status: 200, Length: c.length}, nil)
					if _, err := st.ReadFrom(r); err == nil {
						st.Finish(nil)
					}
				}))
				conn := s.dial()
				write(t, conn, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
				r, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if c.want == 0 { // whatever it is, it is not complete
					if err == nil {
						if b, err := io.ReadAll(r.Body); err == nil && int64(len(b)) > c.length {
							t.Errorf("%d bytes came", len(b))
						}
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(r.Body)
				if c.want < 0 {
					if err == nil {
						t.Error("it looks complete")
					}
				} else if err != nil || !bytes.Equal(b, content[:c.want]) {
					t.Errorf("%d bytes came, %v", len(b), err)
				}
			})
		}
	}
}
