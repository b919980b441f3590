package websocket

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a server connection in a bubble, and the bare end of its peer.
func pipe(cfg *Config) (*Conn, net.Conn) {
	a, b := net.Pipe()
	return NewConn(a, nil, false, cfg), b
}

// collect reads a pipe until it ends.
func collect(conn net.Conn) <-chan string {
	all := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(conn)
		all <- string(b)
	}()
	return all
}

func TestSilentPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(&Config{Ping: 10 * time.Second})
		sent := collect(peer)
		start := time.Now()
		_, _, err := c.Read(t.Context())
		if took := time.Since(start); err != errSilent || took != 20*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		if p := <-sent; p != "\x89\x00" {
			t.Errorf("sent %q", p)
		}
	})
}

func TestPeerAnswersPings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		cfg := &Config{Ping: 10 * time.Second}
		server, client := NewConn(a, nil, false, cfg), NewConn(b, nil, true, cfg)
		var wg sync.WaitGroup
		for _, c := range []*Conn{server, client} {
			wg.Go(func() {
				if _, _, err := c.Read(t.Context()); CloseCode(err) != GoingAway {
					t.Error(err)
				}
			})
		}
		time.Sleep(time.Hour)
		if err := server.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := server.Close(GoingAway, ""); err != nil {
			t.Error(err)
		}
		wg.Wait()
	})
}

func TestReadEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(nil)
		defer c.CloseNow()
		whole := raw(txt("hello"))
		for _, before := range []string{"", whole[:1], whole[:7]} { // between messages, in a head, in a message
			go io.WriteString(peer, before)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, _, err := c.Read(ctx); err != context.DeadlineExceeded {
				t.Fatalf("after %q: %v", before, err)
			}
			cancel()
			if _, _, err := c.Read(ctx); err != context.DeadlineExceeded {
				t.Fatalf("a context that is over: %v", err)
			}
			go io.WriteString(peer, whole[len(before):])
			if _, p, err := c.Read(t.Context()); err != nil || string(p) != "hello" {
				t.Fatalf("after %q, read on: %q, %v", before, p, err)
			}
		}
	})
}

func TestWriteToStuckPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := pipe(&Config{WriteTimeout: 3 * time.Second})
		start := time.Now()
		if err := c.Write(t.Context(), Text, []byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		select {
		case <-c.Done():
		default:
			t.Error("the connection lives on after half a frame")
		}

		c, _ = pipe(nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		for range 3 { // one writes, the others are in line
			wg.Go(func() {
				if err := c.Write(ctx, Text, []byte("x")); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// TestSlowPeer holds that a peer which reads slowly, but reads, gets a message
// that takes longer than any one write may stall.
func TestSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, peer := pipe(&Config{WriteTimeout: 10 * time.Second})
		defer c.CloseNow()
		const size = 1 << 20
		read := make(chan int)
		go func() {
			total := 0
			for p := make([]byte, 32<<10); total < size; {
				time.Sleep(time.Second)
				n, err := peer.Read(p)
				if err != nil {
					break
				}
				total += n
			}
			read <- total
		}()
		start := time.Now()
		if err := c.Write(t.Context(), Binary, make([]byte, size)); err != nil || time.Since(start) < 20*time.Second {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		if n := <-read; n < size {
			t.Errorf("%d bytes arrived", n)
		}
	})
}

func TestWriteBeforeAnythingIsSent(t *testing.T) {
	server, client := pair(t, nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Write(over, Text, []byte("never")); err != context.Canceled {
		t.Fatal(err)
	}
	if err := server.Write(t.Context(), Text, []byte("sent")); err != nil {
		t.Fatalf("a write that never began broke the connection: %v", err)
	}
	if _, p, err := client.Read(t.Context()); err != nil || string(p) != "sent" {
		t.Fatal(string(p), err)
	}
}

func TestCloseWithoutAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, reading := range []bool{false, true} {
			c, peer := pipe(&Config{CloseTimeout: 2 * time.Second})
			go io.Copy(io.Discard, peer)
			if reading {
				go c.Read(t.Context())
				synctest.Wait()
			}
			start := time.Now()
			if err := c.Close(NormalClosure, ""); err != errNoClose || time.Since(start) != 2*time.Second {
				t.Errorf("reading %v: after %v: %v", reading, time.Since(start), err)
			}
			if err := c.Write(t.Context(), Text, nil); !errors.Is(err, net.ErrClosed) {
				t.Errorf("write after close: %v", err)
			}
		}
	})
}

func TestCloseHandshake(t *testing.T) {
	server, client := pair(t, nil)
	read := make(chan error, 1)
	go func() {
		_, _, err := server.Read(t.Context())
		read <- err
	}()
	if err := client.Close(4001, "that is all"); err != nil {
		t.Fatal(err)
	}
	e, ok := errors.AsType[*CloseError](<-read)
	if !ok || *e != (CloseError{Code: 4001, Reason: "that is all"}) {
		t.Fatalf("%+v", e)
	}
	if err := server.Close(NormalClosure, ""); err != nil {
		t.Errorf("close after the peer has closed: %v", err)
	}
	if err := client.Close(NormalClosure, ""); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestBothClose(t *testing.T) {
	for range 20 {
		server, client := pair(t, nil)
		var wg sync.WaitGroup
		for _, c := range []*Conn{server, client} {
			wg.Go(func() {
				if err := c.Close(NormalClosure, ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func TestCloseDoesNotTouchWhatWasRead(t *testing.T) {
	server, client := pair(t, nil)
	for _, p := range []string{"keep this", "drop this, it is longer"} {
		if err := client.Write(t.Context(), Text, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	_, p, err := server.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	go client.Read(t.Context())
	if err := server.Close(NormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	if string(p) != "keep this" {
		t.Errorf("the message became %q", p)
	}
}

func TestLimit(t *testing.T) {
	for _, mode := range []string{CompressionOff, CompressionMessage} {
		server, client := pair(t, &Config{MaxMessage: 1000, Compression: mode, CompressAbove: 1})
		go func() {
			client.Write(t.Context(), Binary, make([]byte, 1000))
			client.Write(t.Context(), Binary, make([]byte, 1001))
		}()
		closed := make(chan error, 1)
		go func() {
			_, _, err := client.Read(t.Context())
			closed <- err
		}()
		if _, p, err := server.Read(t.Context()); err != nil || len(p) != 1000 {
			t.Fatalf("%s: a message of the limit's size: %d bytes, %v", mode, len(p), err)
		}
		if _, _, err := server.Read(t.Context()); CloseCode(err) != MessageTooBig {
			t.Errorf("%s: %v", mode, err)
		}
		if err := <-closed; CloseCode(err) != MessageTooBig {
			t.Errorf("%s: the peer sees %v", mode, err)
		}
	}
}

// TestManyInOneSegment has what arrives together, before anybody reads, be
// read without waiting for more.
func TestManyInOneSegment(t *testing.T) {
	a, b := tcpPair(t)
	c := NewConn(a, []byte(raw(txt("buffered"), txt("half"))[:20]), false, nil)
	io.WriteString(b, raw(txt("buffered"), txt("half"))[20:]+raw(txt("one"), ping(""), txt("two"))+raw(txt("three"))[:3])
	time.AfterFunc(50*time.Millisecond, func() { io.WriteString(b, raw(txt("three"))[3:]) })
	for _, want := range []string{"buffered", "half", "one", "two", "three"} {
		if _, p, err := c.Read(testContext(t)); err != nil || string(p) != want {
			t.Fatalf("%q, %v; want %q", p, err, want)
		}
	}
}

// TestTLS speaks over connections whose readability cannot be waited for.
func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS() // for its certificate
	defer s.Close()
	a, b := tcpPair(t)
	client := NewConn(tls.Client(b, &tls.Config{InsecureSkipVerify: true}), nil, true, nil)
	server := NewConn(tls.Server(a, s.TLS), nil, false, nil)
	ctx := testContext(t)
	go func() {
		for {
			typ, p, err := server.Read(ctx)
			if err != nil || server.Write(ctx, typ, p) != nil {
				return
			}
		}
	}()
	for _, n := range []int{0, 1, 5000, 100_000} {
		if err := client.Write(ctx, Text, []byte(text(n))); err != nil {
			t.Fatal(err)
		}
		if _, p, err := client.Read(ctx); err != nil || string(p) != text(n) {
			t.Fatalf("%d bytes: %d, %v", n, len(p), err)
		}
	}
	if err := client.Close(NormalClosure, ""); err != nil {
		t.Error(err)
	}
}

// TestIdleMemory holds what an idle connection costs besides its socket.
func TestIdleMemory(t *testing.T) {
	const n = 300
	measure := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	conns := make([][2]net.Conn, n)
	for i := range conns {
		conns[i][0], conns[i][1] = tcpPair(t)
	}
	before := measure()
	var wg sync.WaitGroup
	served := make([]*Conn, n)
	cfg := new(Config)
	answer := make([]byte, 16)
	for i, pair := range conns {
		served[i] = NewConn(pair[0], nil, false, cfg)
		wg.Go(func() {
			for {
				typ, p, err := served[i].Read(context.Background())
				if err != nil || served[i].Write(context.Background(), typ, p) != nil {
					return
				}
			}
		})
		io.WriteString(pair[1], raw(txt("hello")))
		if _, err := io.ReadFull(pair[1], answer[:7]); err != nil {
			t.Fatal(err)
		}
	}
	each := int64(measure()-before) / n
	t.Logf("%d bytes a connection", each)
	if each > 6<<10 && !raceEnabled {
		t.Errorf("an idle connection costs %d bytes", each)
	}
	for _, c := range served {
		c.CloseNow()
	}
	wg.Wait()
}

// TestAllocations holds that reading and writing small messages costs none.
func TestAllocations(t *testing.T) {
	server, client := pair(t, nil)
	go func() {
		for {
			typ, p, err := server.Read(context.Background())
			if err != nil || server.Write(context.Background(), typ, p) != nil {
				return
			}
		}
	}()
	ctx := testContext(t)
	for _, n := range []int{10, 3000, 20_000} {
		p := make([]byte, n)
		got := testing.AllocsPerRun(200, func() {
			if err := client.Write(ctx, Binary, p); err != nil {
				t.Fatal(err)
			}
			if _, _, err := client.Read(ctx); err != nil {
				t.Fatal(err)
			}
		})
		if got >= 1 && !raceEnabled {
			t.Errorf("an echo of %d bytes allocates %v times", n, got)
		}
	}
}

func BenchmarkEcho(b *testing.B) {
	server, client := pair(b, nil)
	go func() {
		for {
			typ, p, err := server.Read(context.Background())
			if err != nil || server.Write(context.Background(), typ, p) != nil {
				return
			}
		}
	}()
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		if err := client.Write(context.Background(), Binary, p); err != nil {
			b.Fatal(err)
		}
		if _, _, err := client.Read(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
