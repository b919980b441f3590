package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

// serve runs a handler on a listener and gives the URL to dial, and records of
// connections that have ended.
func serve(t *testing.T, handler endpoint.Handler, at string) (string, <-chan flow.Record) {
	t.Helper()
	u, err := endpoint.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := endpoint.Listen(t.Context(), u, nil)
	if err != nil {
		t.Fatal(err)
	}
	records := make(chan flow.Record, 2000)
	server := endpoint.Server{Handler: handler, Admit: func(ctx context.Context, conn net.Conn) (context.Context, func(error), error) {
		r := new(flow.Record)
		r.Begin(flow.Connection, time.Now())
		return flow.NewContext(ctx, r), func(err error) {
			if err != nil {
				r.SetString(flow.Error, err.Error())
			}
			records <- *r
		}, nil
	}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return u.At(ln.Addr()).String(), records
}

func dial(t *testing.T, s string) net.Conn {
	t.Helper()
	conn, err := endpoint.Dial(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// readAll reads to the end and closes.
func readAll(conn net.Conn) ([]byte, error) {
	defer conn.Close()
	return io.ReadAll(conn)
}

func newHandler(t *testing.T, config Config) endpoint.Handler {
	t.Helper()
	h, err := New(config, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestEcho(t *testing.T) {
	for _, at := range []string{"tcp://127.0.0.1:0", "ws://127.0.0.1:0", "udp://127.0.0.1:0"} {
		t.Run(at, func(t *testing.T) {
			to, records := serve(t, newHandler(t, Config{Kind: "echo"}), at)
			conn := dial(t, to)
			for _, word := range []string{"hello", "again"} {
				io.WriteString(conn, word)
				got := make([]byte, len(word))
				if _, err := io.ReadFull(conn, got); string(got) != word || err != nil {
					t.Fatalf("%q, %v", got, err)
				}
			}
			if at[:3] == "udp" {
				return // its session ends only when it is idle
			}
			conn.Close()
			if r := <-records; r.BytesIn != 10 || r.BytesOut != 10 || r.Has(flow.Error) {
				t.Errorf("in %d, out %d, error %q", r.BytesIn, r.BytesOut, r.Get(flow.Error))
			}
		})
	}
}

func TestThousandEchoes(t *testing.T) {
	to, records := serve(t, newHandler(t, Config{Kind: "echo"}), "tcp://127.0.0.1:0")
	const many = 1000
	conns := make([]net.Conn, many)
	for i := range conns {
		conns[i] = dial(t, to)
	}
	for round := range 3 { // all are open at once
		for i, conn := range conns {
			fmt.Fprintf(conn, "%04d.%d\n", i, round)
		}
		for i, conn := range conns {
			got := make([]byte, 7)
			if _, err := io.ReadFull(conn, got); string(got) != fmt.Sprintf("%04d.%d\n", i, round) {
				t.Fatalf("connection %d: %q, %v", i, got, err)
			}
		}
	}
	for _, conn := range conns {
		conn.Close()
	}
	for range conns {
		if r := <-records; r.BytesIn != 21 || r.BytesOut != 21 {
			t.Fatalf("in %d, out %d", r.BytesIn, r.BytesOut)
		}
	}
}

func TestDiscard(t *testing.T) {
	to, records := serve(t, newHandler(t, Config{Kind: "discard"}), "tcp://127.0.0.1:0")
	conn := dial(t, to)
	conn.Write(make([]byte, 1<<20))
	closeWrite(conn)
	if got, err := readAll(conn); len(got) > 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if r := <-records; r.BytesIn != 1<<20 || r.BytesOut != 0 {
		t.Errorf("in %d, out %d", r.BytesIn, r.BytesOut)
	}
}

func TestDaytime(t *testing.T) {
	at := time.Date(1982, 2, 22, 17, 37, 43, 0, time.FixedZone("PST", -8*3600))
	to, records := serve(t, Daytime{Now: func() time.Time { return at }}, "tcp://127.0.0.1:0")
	got, err := readAll(dial(t, to))
	if want := "Monday, February 22, 1982 17:37:43-PST\r\n"; string(got) != want || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if r := <-records; r.BytesOut != int64(len(got)) {
		t.Errorf("out %d", r.BytesOut)
	}
}

func TestExec(t *testing.T) {
	f := func(name string, command []string, send, want, wantErr string) {
		t.Run(name, func(t *testing.T) {
			to, records := serve(t, newHandler(t, Config{Kind: "exec", Command: command}), "tcp://127.0.0.1:0")
			conn := dial(t, to)
			io.WriteString(conn, send)
			if send != "" {
				closeWrite(conn)
			}
			got, err := readAll(conn)
			if err != nil || string(got) != strings.ReplaceAll(want, "PEER", conn.LocalAddr().String()) {
				t.Errorf("%q, %v", got, err)
			}
			r := <-records
			if r.Get(flow.Error) != wantErr || r.BytesOut != int64(len(got)) {
				t.Errorf("error %q, out %d", r.Get(flow.Error), r.BytesOut)
			}
		})
	}
	f("filter", []string{"sort"}, "b\na\n", "a\nb\n", "")
	f("ends by itself, though the client does not", []string{"echo", "two words", "$HOME"}, "", "two words $HOME\n", "")
	f("peer", []string{"sh", "-c", "echo $NETWRIGHT_PEER"}, "", "PEER\n", "")
	f("status", []string{"sh", "-c", "echo x; exit 7"}, "", "x\n", "exit status 7")
	f("takes less than it is sent", []string{"head", "-c", "3"}, strings.Repeat("abc", 100000), "abc", "")
	if _, err := New(Config{Kind: "exec"}, nil); err == nil {
		t.Error("exec without a command")
	}
}

func TestExecStandardError(t *testing.T) {
	var log syncBuffer
	h, err := New(Config{Kind: "exec", Command: []string{"sh", "-c", "echo trouble >&2; echo fine"}}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	to, records := serve(t, h, "tcp://127.0.0.1:0")
	if got, err := readAll(dial(t, to)); string(got) != "fine\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	<-records
	if !strings.Contains(log.String(), "trouble") {
		t.Errorf("log: %s", log.String())
	}
}

type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// When the service stops, handlers end soon: the commands too.
func TestHandlersEndWithContext(t *testing.T) {
	if _, err := exec.LookPath("sleep"); err != nil {
		t.Fatal(err)
	}
	for _, h := range []endpoint.Handler{Echo{}, Discard{}, Exec{Command: []string{"cat"}}, NewChat(ChatConfig{}, 0, NewRooms(0))} {
		ctx, cancel := context.WithCancel(t.Context())
		_, conn := tcpPair(t)
		done := make(chan error, 1)
		go func() { done <- h.Serve(ctx, conn) }()
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%T: %v", h, err)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("%T goes on", h)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, kind := range Kinds() {
		config := Config{Kind: kind}
		if kind == "exec" {
			config.Command = []string{"cat"}
		}
		if _, err := New(config, nil); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for key, config := range map[string]Config{"kind": {Kind: "eccho"}, "command": {Kind: "echo", Command: []string{"cat"}}} {
		_, err := New(config, nil)
		var at interface{ ConfigPath() []string }
		if !errors.As(err, &at) || at.ConfigPath()[0] != key {
			t.Errorf("%+v: %v", config, err)
		}
	}
}
