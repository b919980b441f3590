package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
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
	f(exitUsage, `unknown command "lisen"; did you mean listen?`, "lisen")
	f(exitUsage, `unknown command "xyzzy"`, "xyzzy")
	f(exitUsage, `unknown command "isue" for netwright cert; did you mean issue?`, "cert", "isue")
	f(exitUsage, "unknown flag: --nonsense", "connect", "--nonsense", "tcp://127.0.0.1:1")
	f(exitUsage, "unknown flag: --lisen; did you mean --listen?", "serve", "--lisen", "x", ".")
	f(exitUsage, "write: netwright connect [flags] URL", "connect")
	f(exitUsage, "exclude each other", "cert", "ca", "--data", "x", "--config", "y")
	f(exitUsage, "write tcp://localhost:80", "connect", "localhost:80")
	f(exitUsage, `no stream is called "eccho"`, "listen", "tcp://127.0.0.1:0", "eccho")
	f(exitUsage, "exec needs a command", "listen", "tcp://127.0.0.1:0", "exec")
	f(exitUsage, "nothing may follow echo: chat", "listen", "tcp://127.0.0.1:0", "echo", "-v", "chat")
	f(exitUsage, "--text is for ws and wss", "connect", "--text", "tcp://127.0.0.1:1")
	f(exitFailed, "connection refused", "connect", "tcp://127.0.0.1:1")
	f(exitFailed, "connection refused", "relay", "--dial", "tcp://127.0.0.1:1", "tcp://127.0.0.1:1")
	f(exitFailed, "cannot be listened on", "listen", "exec:cat", "echo")
}

// Every command has a help page that begins with its examples.
func TestHelpBeginsWithExamples(t *testing.T) {
	for _, cmd := range all(rootCommand()) {
		if cmd.IsAdditionalHelpTopicCommand() {
			continue
		}
		var out bytes.Buffer
		run(t.Context(), append(strings.Fields(cmd.CommandPath())[1:], "--help"), &out, &out)
		if !strings.Contains(out.String(), "\n\n") || !strings.Contains(firstLine(out.String()), cmd.CommandPath()) {
			t.Errorf("help of %s begins with\n%.200s", cmd.CommandPath(), out.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(line); n > 130 && !strings.HasPrefix(line, "  -") && !strings.HasPrefix(line, "      --") {
				t.Errorf("help of %s has a line of %d characters:\n%s", cmd.CommandPath(), n, line)
			}
		}
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// Every command is typed in some script.
func TestEveryCommandHasAScript(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	var typed strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		typed.Write(text)
	}
	for _, cmd := range all(rootCommand()) {
		if !cmd.IsAdditionalHelpTopicCommand() && !strings.Contains(typed.String(), "exec "+cmd.CommandPath()) {
			t.Errorf("no script runs %s", cmd.CommandPath())
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
