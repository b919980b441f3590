package wire

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// buildChild builds a program under testdata as the product is built.
func buildChild(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./testdata/"+name)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return path
}

// The page on capturing begins with a program that does what the page says.
func TestPageBeginsWithAWorkingProgram(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "packet", "capture.md"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join("testdata", "sniff", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	if _, block, _ := strings.Cut(string(page), "```go\n"); !strings.HasPrefix(block, string(program)+"```\n") {
		t.Error("the first program of docs/packet/capture.md is not testdata/sniff/main.go")
	}
	w := newCable(t)
	cmd := exec.CommandContext(t.Context(), buildChild(t, "sniff"), "eth0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.b.Start(t, cmd)
	watchdog := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
	defer watchdog.Stop()
	s := senderIn(t, w.a, SendConfig{Interface: "eth0"})
	var text bytes.Buffer
	seen := regexp.MustCompile(`host +60 bytes  ([0-9a-f]{2} ){14}…\n`)
	for buf := make([]byte, 4096); !seen.Match(text.Bytes()); {
		if _, err := s.Write(frame(w.macB, w.macA, ours, 1)); err != nil { // until it listens
			t.Fatal(err)
		}
		if out, ok := out.(*os.File); ok {
			_ = out.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		}
		n, err := out.Read(buf)
		text.Write(buf[:n])
		if err != nil && !os.IsTimeout(err) {
			t.Fatalf("%v\n%s", err, text.Bytes())
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if out, ok := out.(*os.File); ok {
		_ = out.SetReadDeadline(time.Time{})
	}
	if _, err := io.Copy(&text, out); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !regexp.MustCompile(`\d+ frames, 0 dropped\n$`).Match(text.Bytes()) {
		t.Errorf("%v\n%s", err, text.Bytes())
	}
}
