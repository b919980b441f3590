package node

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listenManager is a service manager's end of sd_notify.
func listenManager(t *testing.T) (path string, next func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return path, func() string {
		t.Helper()
		conn.SetReadDeadline(time.Now().Add(wait))
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

func TestManagerIsTold(t *testing.T) {
	path, next := listenManager(t)
	t.Setenv("NOTIFY_SOCKET", path)
	addr := free(t)
	r := start(t, hello(addr, "x"))
	expect := func(lines ...string) {
		t.Helper()
		got := next()
		for _, line := range lines {
			if !strings.Contains("\n"+got, "\n"+line) {
				t.Errorf("%q has no %s", got, line)
			}
		}
	}
	expect("READY=1")
	r.change(hello(addr, "y"))
	expect("RELOADING=1", "MONOTONIC_USEC=")
	expect("READY=1")
	r.write("serve: [")
	r.Reload(t.Context())
	expect("RELOADING=1")
	expect("READY=1", "STATUS=running; the last reload failed")
	r.stopAndWait()
	expect("STOPPING=1", "EXTEND_TIMEOUT_USEC=50000000")
}

func TestWatchdog(t *testing.T) {
	path, next := listenManager(t)
	env := map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000", "WATCHDOG_PID": "7"}
	getenv := func(name string) string { return env[name] }
	log := slog.New(slog.DiscardHandler)
	m := newManager(getenv, 7, log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- m.serve(ctx) }()
	for range 3 {
		if got := next(); got != "WATCHDOG=1" {
			t.Errorf("%q", got)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if m := newManager(getenv, 8, log); m.watchdog != 0 {
		t.Error("the watchdog of another process is fed")
	}
	if m := newManager(func(string) string { return "" }, 7, log); m.serve(t.Context()) != nil {
		t.Error("without a manager")
	}
}
