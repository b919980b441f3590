package h1

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/netwright/netwright/http/message"
)

// timed serves a pipe in a bubble where time is fake.
func timed(t *testing.T, cfg Config, h Handler, f func(conn net.Conn, drain func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := NewDeadlines()
		ctx, cancel := context.WithCancel(t.Context())
		draining, drain := context.WithCancel(t.Context())
		go clock.Serve(ctx)
		conn, end := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			NewServer(h, clock, cfg).Serve(draining, end)
		}()
		f(conn, drain)
		conn.Close()
		<-over
		cancel()
		drain()
		time.Sleep(90 * time.Minute) // those who write to the pipe find out
	})
}

// about says whether something took as long as it should, to a few ticks.
func about(t *testing.T, what string, began time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(began); took < want || took > want+3*tick {
		t.Errorf("%s took %v, want %v", what, took, want)
	}
}

func TestHeadTimeout(t *testing.T) {
	for _, c := range []struct {
		name, first string
		drip        string // one byte of it a second
		want        string
		after       time.Duration
	}{
		{"nothing", "", "", "", time.Minute},
		{"an empty line", "\r\n", "", "", 10 * time.Second},
		{"a byte", "G", "", "408 head-timeout", 10 * time.Second},
		{"half a head", "GET / HTTP/1.1\r\nHost: h\r\n", "", "408 head-timeout", 10 * time.Second},
		{"slowloris", "G", "ET / HTTP/1.1\r\nHost: h\r\nA: bbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "408 head-timeout", 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			timed(t, Config{}, handlerFunc(tell), func(conn net.Conn, _ func()) {
				began := time.Now()
				if c.first != "" {
					io.WriteString(conn, c.first)
				}
				go func() {
					for i := range c.drip {
						time.Sleep(time.Second)
						if _, err := conn.Write([]byte{c.drip[i]}); err != nil {
							return
						}
					}
				}()
				b, _ := io.ReadAll(conn)
				about(t, c.name, began, c.after)
				if got := statusAndBody(string(b)); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		})
	}
}

// statusAndBody is what matters of an answer.
func statusAndBody(answer string) string {
	if answer == "" {
		return ""
	}
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	return head[len("HTTP/1.1 "):len("HTTP/1.1 200")] + " " + body
}

func TestIdleTimeout(t *testing.T) {
	timed(t, Config{IdleTimeout: 5 * time.Second}, handlerFunc(tell), func(conn net.Conn, _ func()) {
		for range 3 {
			time.Sleep(4 * time.Second)
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
			buf := make([]byte, 1000)
			if n, err := conn.Read(buf); err != nil || statusAndBody(string(buf[:n])) != "200 GET / h" {
				t.Fatalf("got %q, %v", buf[:n], err)
			}
		}
		began := time.Now()
		if b, _ := io.ReadAll(conn); len(b) > 0 {
			t.Errorf("before the close came %q", b)
		}
		about(t, "idle", began, 5*time.Second)
	})
}

// Without limits of time only a drain ends an idle connection.
func TestNoIdleTimeout(t *testing.T) {
	timed(t, Config{IdleTimeout: -1, HeadTimeout: -1}, handlerFunc(tell), func(conn net.Conn, drain func()) {
		time.Sleep(time.Hour)
		began := time.Now()
		drain()
		if b, _ := io.ReadAll(conn); len(b) > 0 {
			t.Errorf("before the close came %q", b)
		}
		if took := time.Since(began); took > 2*tick { // it has been idle for longer than the grace
			t.Errorf("the drain took %v", took)
		}
	})
}

// A connection that was idle for less than a second has the rest of it.
func TestDrainGrace(t *testing.T) {
	timed(t, Config{}, handlerFunc(tell), func(conn net.Conn, drain func()) {
		began := time.Now()
		drain()
		time.Sleep(drainGrace / 2)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
		b, _ := io.ReadAll(conn)
		if !strings.Contains(string(b), "Connection: close\r\n") || statusAndBody(string(b)) != "200 GET / h" {
			t.Errorf("got %q", b)
		}
		if took := time.Since(began); took > drainGrace {
			t.Errorf("the close took %v", took)
		}
	})
}

func TestBodyTimeouts(t *testing.T) {
	post := "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
	for _, c := range []struct {
		name   string
		cfg    Config
		length int
		every  time.Duration // between bytes
		want   string
		after  time.Duration
	}{
		{"stalls", Config{}, 5, time.Hour, "408 body-timeout", 30 * time.Second},
		{"drips without a least rate", Config{}, 5, 20 * time.Second, `200 POST / h "xxxxx"`, 100 * time.Second},
		{"drips below the least rate", Config{LeastRate: 2}, 5000, time.Second, "408 body-timeout", 31 * time.Second}, // at the next byte
		{"drips above the least rate", Config{LeastRate: 2}, 200, 250 * time.Millisecond, "200 ", 50 * time.Second},
		{"no limit", Config{BodyTimeout: -1}, 2, time.Hour, `200 POST / h "xx"`, 2 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			timed(t, c.cfg, handlerFunc(tell), func(conn net.Conn, _ func()) {
				began := time.Now()
				fmt.Fprintf(conn, post, c.length)
				go func() {
					for range c.length {
						time.Sleep(c.every)
						if _, err := io.WriteString(conn, "x"); err != nil {
							return
						}
					}
				}()
				b := make([]byte, 1000)
				n, _ := conn.Read(b)
				if got := statusAndBody(string(b[:n])); !strings.HasPrefix(got, c.want) {
					t.Errorf("got %q, want %q", got, c.want)
				}
				about(t, c.name, began, c.after)
			})
		})
	}
}

// The limits of one exchange hold for its body's time as well.
func TestBodyTimeoutOfOneExchange(t *testing.T) {
	h := handlerFunc(func(st message.Stream) {
		st.Limit(message.Limits{BodyTimeout: 3 * time.Second, LeastRate: -1})
		tell(st)
	})
	timed(t, Config{LeastRate: 100}, h, func(conn net.Conn, _ func()) {
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n")
		for range 4 {
			time.Sleep(2 * time.Second)
			io.WriteString(conn, "x")
		}
		began := time.Now()
		b := make([]byte, 1000)
		n, _ := conn.Read(b)
		if got := statusAndBody(string(b[:n])); got != "408 body-timeout" {
			t.Errorf("got %q", got)
		}
		about(t, "the stall", began, 3*time.Second)
	})
}

// A client that does not take its answer is not waited for.
func TestSendTimeout(t *testing.T) {
	var ended chan error // of the bubble
	h := handlerFunc(func(st message.Stream) {
		st.Respond(&message.Response{Status: 200, Length: 1 << 20}, nil)
		_, err := st.Write(make([]byte, 1<<20))
		ended <- err
	})
	timed(t, Config{SendTimeout: 7 * time.Second}, h, func(conn net.Conn, _ func()) {
		ended = make(chan error, 1)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
		began := time.Now()
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the write ended with %v", err)
		}
		about(t, "the write", began, 7*time.Second)
	})
}

// While the answer waits for its client, a body that goes on coming does not put
// off its end, and the other way round.
func TestDirectionsHaveTheirOwnTime(t *testing.T) {
	var ended chan error // of the bubble
	h := handlerFunc(func(st message.Stream) {
		read := make(chan struct{})
		go func() { defer close(read); io.Copy(io.Discard, st.Body()) }()
		st.Respond(&message.Response{Status: 200, Length: 1 << 20}, nil)
		_, err := st.Write(make([]byte, 1<<20))
		st.Abort()
		<-read
		ended <- err
	})
	timed(t, Config{SendTimeout: 7 * time.Second}, h, func(conn net.Conn, _ func()) {
		ended = make(chan error, 1)
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000\r\n\r\n")
		began := time.Now()
		go func() {
			for {
				time.Sleep(time.Second)
				if _, err := io.WriteString(conn, "x"); err != nil {
					return
				}
			}
		}()
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the write ended with %v", err)
		}
		about(t, "the write", began, 7*time.Second)
	})
}

func TestDate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewDeadlines()
		ctx, cancel := context.WithCancel(t.Context())
		go clock.Serve(ctx)
		for range 3 {
			time.Sleep(1500 * time.Millisecond)
			got, err := time.Parse(time.RFC1123, string(clock.Date()))
			if age := time.Since(got); err != nil || age < 0 || age > time.Second+2*tick {
				t.Errorf("the date is %s, %v old; %v", clock.Date(), age, err)
			}
		}
		cancel()
	})
}

// Client side.
func timedClient(t *testing.T, f func(c *Client, end net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		clock := NewDeadlines()
		ctx, cancel := context.WithCancel(t.Context())
		go clock.Serve(ctx)
		conn, end := net.Pipe()
		c := NewClient(conn, clock, &ClientConfig{})
		f(c, end)
		c.Close()
		end.Close()
		cancel()
		time.Sleep(90 * time.Minute)
	})
}

func TestAnswerTimeouts(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		wantErr      error // of the head
		wantBody     error
		after        time.Duration
	}{
		{"nothing", "", ErrAnswerTimeout, nil, 9 * time.Second},
		{"half a head", "HTTP/1.1 200", ErrAnswerTimeout, nil, 9 * time.Second},
		{"interim answers only", "HTTP/1.1 103 Early Hints\r\n\r\n", ErrAnswerTimeout, nil, 9 * time.Second},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", nil, ErrBodyTimeout, time.Minute},
		{"half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", nil, ErrBodyTimeout, time.Minute},
		{"no end", "HTTP/1.1 200 OK\r\n\r\nhe", nil, ErrBodyTimeout, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			timedClient(t, func(client *Client, end net.Conn) {
				go func() {
					end.Read(make([]byte, 1000))
					if c.answer != "" {
						io.WriteString(end, c.answer)
					}
				}()
				began := time.Now()
				reply, err := client.RoundTrip([]byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), false, 9*time.Second, nil)
				if !errors.Is(err, c.wantErr) {
					t.Fatalf("the head ended with %v", err)
				}
				if err == nil {
					if _, err = io.ReadAll(reply.Body()); !errors.Is(err, c.wantBody) {
						t.Fatalf("the body ended with %v", err)
					}
				}
				about(t, c.name, began, c.after)
				if err != nil && reply != nil && reply.Reusable() {
					t.Error("the connection would be used again")
				}
			})
		})
	}
}

// The head of an answer must come within the timeout after the end of the body,
// however long that takes to send; and also when it could not be sent.
func TestAnswerTimeoutBehindALongBody(t *testing.T) {
	timedClient(t, func(client *Client, end net.Conn) {
		go io.Copy(io.Discard, end)
		if err := client.Send([]byte("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		sent := make(chan time.Time, 1)
		go func() {
			if err := client.SendBody(dripping(100, time.Second), 100, 9*time.Second); err != nil {
				t.Errorf("SendBody: %v", err)
			}
			sent <- time.Now()
		}()
		if _, err := client.Receive(false, 9*time.Second, nil); !errors.Is(err, ErrAnswerTimeout) {
			t.Errorf("Receive: %v", err)
		}
		about(t, "the wait", <-sent, 9*time.Second)
	})
}

// dripping is a body of that length that comes a byte at a time.
func dripping(length int64, every time.Duration) message.Body {
	conn, end := net.Pipe()
	go func() {
		defer end.Close()
		for range length {
			time.Sleep(every)
			if _, err := io.WriteString(end, "x"); err != nil {
				return
			}
		}
	}()
	clock := NewDeadlines()
	dl := &deadline{conn: conn}
	clock.add(dl)
	b := &body{}
	b.start(source{conn: conn, dl: dl, buf: make([]byte, 100)}, bodyLength, length, -1, 0, 0)
	return b
}
