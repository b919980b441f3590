package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/http/message"
)

func TestMain(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if f := flag.Lookup("test.fuzz"); f.Value.String() != "" {
		os.Exit(code) // the engine has goroutines of its own
	}
	for deadline := time.Now().Add(3 * time.Second); code == 0 && runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			fmt.Fprintf(os.Stderr, "goroutines are left:\n%s\n", buf[:runtime.Stack(buf, true)])
			code = 1
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	os.Exit(code)
}

// handlerFunc answers requests; refusals get their status and rule.
type handlerFunc func(st message.Stream)

func (f handlerFunc) ServeStream(_ context.Context, st message.Stream) { f(st) }

func (f handlerFunc) Refuse(_ context.Context, st message.Stream, broken *message.Error) {
	st.Close()
	answerRule(st, broken)
}

func answerRule(st message.Stream, broken *message.Error) {
	r := message.Response{Status: broken.Status, Length: int64(len(broken.Rule))}
	st.Respond(&r, []byte(broken.Rule))
	st.Finish(nil)
}

func answerText(st message.Stream, status int, text string) {
	r := message.Response{Status: status, Length: int64(len(text))}
	st.Respond(&r, []byte(text))
	st.Finish(nil)
}

// tell answers with what it understood of the request, in one line.
func tell(st message.Stream) {
	body, err := io.ReadAll(st.Body())
	var broken *message.Error
	switch {
	case errors.As(err, &broken):
		st.Close()
		answerRule(st, broken)
		return
	case err != nil:
		return
	}
	answerText(st, 200, described(st.Request(), body, st.Body().Trailers()))
}

func described(r *message.Request, body []byte, trailers message.Fields) string {
	var b strings.Builder
	target := string(r.Path)
	if r.HasQuery {
		target += "?" + string(r.Query)
	}
	fmt.Fprintf(&b, "%s %s %s", r.Method, target, r.Host)
	for _, fields := range []message.Fields{r.Fields, trailers} {
		for _, f := range fields {
			if forwardable(f.Known) {
				fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
			}
		}
	}
	if r.Length != 0 {
		fmt.Fprintf(&b, " %q", body)
	}
	return b.String()
}

// server is a Server on a listener.
type server struct {
	t     testing.TB
	clock *Deadlines
	ln    net.Listener
	stop  context.CancelFunc // drains it
	tls   *tls.Config
	ended chan struct{} // closed when every connection has ended
	conns chan net.Conn // those accepted, where somebody asks for them
}

func newClock(t testing.TB) *Deadlines {
	d := NewDeadlines()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); d.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return d
}

func listen(t testing.TB, network string) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if network == "unix" {
		address = t.TempDir() + "/s"
	}
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// newServer serves h; network is tcp, unix, or tls.
func newServer(t testing.TB, network string, cfg Config, h Handler) *server {
	t.Helper()
	s := &server{t: t, clock: newClock(t), ended: make(chan struct{}), conns: make(chan net.Conn, 1)}
	if network == "tls" {
		s.tls = &tls.Config{Certificates: []tls.Certificate{selfSigned(t)}}
		network = "tcp"
	}
	s.ln = listen(t, network)
	srv := NewServer(h, s.clock, cfg)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	go s.accept(ctx, srv)
	t.Cleanup(func() {
		cancel()
		s.ln.Close()
		select {
		case <-s.ended:
		case <-time.After(10 * time.Second):
			t.Error("connections are still being served")
		}
	})
	return s
}

func (s *server) accept(ctx context.Context, srv *Server) {
	var wg sync.WaitGroup
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			break
		}
		select {
		case s.conns <- conn:
		default:
		}
		if s.tls != nil {
			conn = tls.Server(conn, s.tls)
		}
		wg.Go(func() {
			if err := srv.Serve(ctx, conn); err != nil {
				s.t.Errorf("Serve: %v", err)
			}
		})
	}
	wg.Wait()
	close(s.ended)
}

// dial connects, as a client that gives up after a while.
func (s *server) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial(s.ln.Addr().Network(), s.ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	s.t.Cleanup(func() { conn.Close() })
	if s.tls != nil {
		return tls.Client(conn, &tls.Config{InsecureSkipVerify: true}) // its own certificate
	}
	return conn
}

// accepted is the server's side of the connection that was dialled last.
func (s *server) accepted() net.Conn { return <-s.conns }

// consumed waits until all that was sent to conn has been read from it, or
// nobody reads it any more.
func consumed(conn net.Conn, over <-chan struct{}) {
	for raw := rawConn(conn); ; runtime.Gosched() {
		select {
		case <-over:
			return
		default:
		}
		left := 0
		err := raw.Control(func(fd uintptr) { left, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
		if err != nil || left == 0 {
			return
		}
	}
}

func write(t testing.TB, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// readAll reads until the other side closes.
func readAll(t testing.TB, conn net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("read %q, then: %v", b, err)
	}
	return string(b)
}

// undated removes the Date field.
func undated(s string) string {
	for {
		i := strings.Index(s, "Date: ")
		if i < 0 {
			return s
		}
		s = s[:i] + s[i+strings.Index(s[i:], "\r\n")+2:]
	}
}
