package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The exit status tells a failed job from a wrong command line, and each error
// is said once.
func TestExitStatus(t *testing.T) {
	f := func(status int, says string, args ...string) {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), args, &stdout, &stderr); got != status {
			t.Errorf("%q: status %d, want %d\n%s", args, got, status, &stderr)
		}
		if n := strings.Count(stderr.String(), "netwright: "); status != exitOK && (n != 1 || !strings.Contains(stderr.String(), says)) {
			t.Errorf("%q: error said %d times, wanted %q in\n%s", args, n, says, &stderr)
		}
	}
	f(exitOK, "")
	f(exitOK, "", "help", "endpoints")
	f(exitOK, "", "listen", "--help")
	f(exitUsage, `unknown command "lisen"`, "lisen")
	f(exitUsage, "unknown flag: --nonsense", "connect", "--nonsense", "tcp://127.0.0.1:1")
	f(exitUsage, "accepts 1 arg(s), received 0", "connect")
	f(exitUsage, "write tcp://localhost:80", "connect", "localhost:80")
	f(exitUsage, `no stream is called "eccho"`, "listen", "tcp://127.0.0.1:0", "eccho")
	f(exitUsage, "exec needs a command", "listen", "tcp://127.0.0.1:0", "exec")
	f(exitUsage, "nothing may follow echo: -v", "listen", "tcp://127.0.0.1:0", "echo", "-v")
	f(exitUsage, "--text is for ws and wss", "connect", "--text", "tcp://127.0.0.1:1")
	f(exitFailed, "connection refused", "connect", "tcp://127.0.0.1:1")
	f(exitFailed, "connection refused", "relay", "--dial", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1")
	f(exitFailed, "cannot be listened on", "listen", "exec:cat", "echo")
}

// Every command has a help page that begins with its examples.
func TestHelpBeginsWithExamples(t *testing.T) {
	for _, cmd := range commands() {
		if !cmd.Runnable() {
			continue
		}
		var out bytes.Buffer
		run(t.Context(), []string{cmd.Name(), "--help"}, &out, &out)
		if !strings.HasPrefix(out.String(), "  netwright "+cmd.Name()) {
			t.Errorf("help of %s begins with\n%.200s", cmd.Name(), out.String())
		}
	}
}

// A server that is told to stop ends with status 0.
func TestStopIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stderr := &signalWriter{written: make(chan struct{})}
	done := make(chan int, 1)
	go func() { done <- run(ctx, []string{"listen", "tcp://127.0.0.1:0", "echo"}, stderr, stderr) }()
	<-stderr.written
	cancel()
	if status := <-done; status != exitOK {
		t.Errorf("status %d", status)
	}
}

// signalWriter tells of the first write.
type signalWriter struct {
	done    bool
	written chan struct{}
}

func (w *signalWriter) Write(p []byte) (int, error) {
	if !w.done {
		w.done = true
		close(w.written)
	}
	return len(p), nil
}
