package endpoint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func listenTCP(t *testing.T) *net.TCPListener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln.(*net.TCPListener)
}

// What waits in the backlog when the service stops is served, and what comes
// afterwards is refused.
func TestServerDrainsBacklog(t *testing.T) {
	ln := listenTCP(t)
	ctx, cancel := context.WithCancel(t.Context())
	const waiting = 50
	var conns []net.Conn
	for range waiting {
		conn, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	cancel()
	s := &Server{Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		if ctx.Err() == nil {
			t.Error("the handler does not see that the service stops")
		}
		_, err := io.WriteString(conn, "served")
		return err
	})}
	if err := s.Serve(ctx, ln); err != nil {
		t.Fatal(err)
	}
	for i, conn := range conns {
		if out, err := io.ReadAll(conn); string(out) != "served" {
			t.Fatalf("connection %d: %q, %v", i, out, err)
		}
	}
	if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		conn.Close()
		t.Error("the listener is still open")
	}
}

func TestServerWaitsForHandlers(t *testing.T) {
	ln := listenTCP(t)
	ctx, cancel := context.WithCancel(t.Context())
	var ended atomic.Bool
	s := &Server{Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		io.WriteString(conn, "x")
		<-ctx.Done()
		io.WriteString(conn, "bye")
		ended.Store(true)
		return nil
	})}
	done := make(chan error)
	go func() { done <- s.Serve(ctx, ln) }()
	conn := dial(t, "tcp://"+ln.Addr().String())
	io.ReadFull(conn, make([]byte, 1))
	cancel()
	if err := <-done; err != nil || !ended.Load() {
		t.Errorf("%v, handler ended %v", err, ended.Load())
	}
	if out, _ := io.ReadAll(conn); string(out) != "bye" {
		t.Errorf("%q", out)
	}
}

func TestServerLimitsConnections(t *testing.T) {
	ln := listenTCP(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var now, most atomic.Int32
	s := &Server{Connections: 2, Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer now.Add(-1)
		_, err := io.Copy(conn, conn)
		return err
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			conn, err := Dial(t.Context(), "tcp://"+ln.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "x")
			if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	cancel()
	<-done
	if most.Load() != 2 {
		t.Errorf("%d connections at once", most.Load())
	}
}

func TestServerLimitChanges(t *testing.T) {
	ln := listenTCP(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := &Server{Connections: 1, Handler: HandlerFunc(func(_ context.Context, conn net.Conn) error {
		_, err := io.Copy(conn, conn)
		return err
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	echoes := func(conn net.Conn, wait time.Duration) bool {
		conn.SetDeadline(time.Now().Add(wait))
		io.WriteString(conn, "x")
		_, err := io.ReadFull(conn, make([]byte, 1))
		return err == nil
	}
	first := dial(t, "tcp://"+ln.Addr().String())
	if !echoes(first, 5*time.Second) {
		t.Fatal("the first connection is not served")
	}
	second := dial(t, "tcp://"+ln.Addr().String())
	if echoes(second, 50*time.Millisecond) {
		t.Fatal("a second connection is served where there may be one")
	}
	s.Limit(2)
	if !echoes(second, 5*time.Second) {
		t.Error("the second connection is not served when there may be two")
	}
	s.Limit(1)
	if !echoes(first, 5*time.Second) || !echoes(second, 5*time.Second) {
		t.Error("a lower limit has ended a connection")
	}
	first.Close()
	second.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestServerAdmit(t *testing.T) {
	ln := listenTCP(t)
	type key struct{}
	results := make(chan error, 2)
	var asked atomic.Int32
	s := &Server{
		Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
			if ctx.Value(key{}) != "ours" {
				t.Error("the handler has another context")
			}
			if _, ok := conn.(*net.TCPConn); !ok {
				t.Errorf("the handler has a %T", conn)
			}
			panic("oops")
		}),
		Admit: func(ctx context.Context, conn net.Conn) (context.Context, func(error), error) {
			if asked.Add(1) == 1 {
				return nil, nil, errors.New("no")
			}
			return context.WithValue(ctx, key{}, "ours"), func(err error) { results <- err }, nil
		},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	for range 2 {
		if out, err := io.ReadAll(dial(t, "tcp://"+ln.Addr().String())); len(out) > 0 || err != nil {
			t.Errorf("%q, %v", out, err)
		}
	}
	if err := <-results; err == nil || err.Error() != "panic: oops" {
		t.Errorf("the end was told %v", err)
	}
	cancel()
	<-done
}

// scripted is a listener that gives what the test says, and then io.EOF.
type scripted struct {
	net.Listener
	accepts []error // nil gives a connection
}

func (l *scripted) Accept() (net.Conn, error) {
	if len(l.accepts) == 0 {
		return nil, io.EOF
	}
	err := l.accepts[0]
	l.accepts = l.accepts[1:]
	if err != nil {
		return nil, err
	}
	ours, theirs := net.Pipe()
	theirs.Close()
	return ours, nil
}

func (l *scripted) Close() error   { return nil }
func (l *scripted) Addr() net.Addr { return fileAddr("scripted") }

// Out of descriptors: the pauses grow, one line says so, one that it is over.
func TestServerBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		full := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		ln := &scripted{accepts: []error{full, full, full, full, nil, syscall.ECONNABORTED, nil, full, nil}}
		served := atomic.Int32{}
		s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil)), Handler: HandlerFunc(func(context.Context, net.Conn) error {
			served.Add(1)
			return nil
		})}
		start := time.Now()
		if err := s.Serve(t.Context(), ln); err != nil {
			t.Fatal(err)
		}
		if took, want := time.Since(start), (5+10+20+40+5)*time.Millisecond; took != want {
			t.Errorf("paused %s, want %s", took, want)
		}
		if served.Load() != 3 {
			t.Errorf("served %d", served.Load())
		}
		for text, times := range map[string]int{"level=WARN": 2, "level=INFO": 2, "tries=4": 1, "too many open files": 2} {
			if strings.Count(log.String(), text) != times {
				t.Errorf("%q is not %d times in\n%s", text, times, &log)
			}
		}
	})
}

func TestServerReturnsWhatIsFatal(t *testing.T) {
	fatal := errors.New("fatal")
	s := &Server{Handler: HandlerFunc(func(context.Context, net.Conn) error { return nil })}
	if err := s.Serve(t.Context(), &scripted{accepts: []error{nil, fatal}}); err != fatal {
		t.Errorf("%v", err)
	}
}

// A real shortage: with the limit of descriptors reached, connections wait in
// the backlog; when descriptors are free again they are served.
func TestServerRecoversFromEMFILE(t *testing.T) {
	ln := listenTCP(t)
	const clients = 8
	var conns []net.Conn
	for range clients {
		conns = append(conns, dial(t, "tcp://"+ln.Addr().String()))
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	spare, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	tight := syscall.Rlimit{Cur: uint64(spare.Fd()), Max: old.Max} // below every free descriptor
	spare.Close()
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	restore := sync.OnceFunc(func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) })
	defer restore()

	paused := make(chan struct{}, 100)
	log := slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		paused <- struct{}{}
		return len(p), nil
	}), nil))
	ctx, cancel := context.WithCancel(t.Context())
	s := &Server{Log: log, Handler: HandlerFunc(func(ctx context.Context, conn net.Conn) error {
		_, err := io.WriteString(conn, "served")
		return err
	})}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	<-paused
	restore()
	for _, conn := range conns {
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		if out, err := io.ReadAll(conn); string(out) != "served" {
			t.Errorf("%q, %v", out, err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
