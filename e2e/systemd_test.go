//go:build e2e

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestServiceManager is the manager of a unit of Type=notify-reload.
func TestServiceManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	beats := 0
	next := func() map[string]string {
		t.Helper()
		for {
			conn.SetReadDeadline(time.Now().Add(wait))
			buf := make([]byte, 4096)
			size, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			told := map[string]string{}
			for line := range strings.SplitSeq(string(buf[:size]), "\n") {
				name, value, _ := strings.Cut(line, "=")
				told[name] = value
			}
			if told["WATCHDOG"] == "" {
				return told
			}
			beats++
		}
	}
	addr := free(t)
	config := fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - respond: {body: fine}\n", addr)
	n := up(t, config, func(cmd *exec.Cmd) *exec.Cmd {
		cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=100000")
		return cmd
	})
	if told := next(); told["READY"] != "1" {
		t.Errorf("at the start: %v", told)
	}
	if body := get(t, "http://"+addr); body != "fine" {
		t.Errorf("ready, and it answers %q", body)
	}
	var before unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &before)
	time.Sleep(300 * time.Millisecond)
	n.signal(syscall.SIGHUP)
	told := next()
	usec, err := strconv.ParseInt(told["MONOTONIC_USEC"], 10, 64)
	if told["RELOADING"] != "1" || err != nil || usec < before.Nano()/1000 || usec > before.Nano()/1000+wait.Microseconds() {
		t.Errorf("at a reload: %v", told)
	}
	if told := next(); told["READY"] != "1" {
		t.Errorf("behind a reload: %v", told)
	}
	if beats < 2 {
		t.Errorf("%d signs of life in 300 ms of a watchdog of 100 ms", beats)
	}
	n.signal(syscall.SIGTERM)
	if told := next(); told["STOPPING"] != "1" || told["EXTEND_TIMEOUT_USEC"] == "" {
		t.Errorf("at the stop: %v", told)
	}
	if status := n.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// TestSocketActivation hands a socket over, which stays open while the node is
// restarted: no client is turned away.
func TestSocketActivation(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	config := func(body string) string {
		return fmt.Sprintf("serve:\n  web:\n    listen: http://:0?fd=web\n    routes:\n      - respond: {body: %s}\n", body)
	}
	activate := func(cmd *exec.Cmd) *exec.Cmd {
		sh := exec.Command("sh", append([]string{"-c", `LISTEN_PID=$$ exec "$@"`, "sh"}, cmd.Args...)...)
		sh.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=web")
		sh.ExtraFiles = []*os.File{file}
		return sh
	}
	n := up(t, config("one"), activate)
	url := "http://" + ln.Addr().String()
	if body := get(t, url); body != "one" {
		t.Errorf("%q", body)
	}
	n.change(config("two"))
	if body := get(t, url); body != "two" {
		t.Errorf("%q behind a reload", body)
	}
	n.signal(syscall.SIGTERM)
	if status := n.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	answered := make(chan string, 1)
	go func() { answered <- get(t, url) }() // waits in the backlog
	time.Sleep(100 * time.Millisecond)
	up(t, config("three"), activate)
	if body := <-answered; body != "three" {
		t.Errorf("who came between two nodes got %q", body)
	}
}

// TestUnitFile has systemd read the unit file of the examples.
func TestUnitFile(t *testing.T) {
	analyze := need(t, "systemd-analyze")
	text, err := os.ReadFile("../examples/netwright.service")
	if err != nil {
		t.Fatal(err)
	}
	unit := filepath.Join(t.TempDir(), "netwright.service")
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(string(text), "/usr/local/bin/netwright", built)), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(analyze, "verify", "--man=no", unit).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		old := strings.Contains(line, "Failed to parse service type, ignoring: notify-reload") // systemd < 253
		if strings.Contains(line, "netwright.service:") && !old {
			t.Error(line)
		}
	}
}

// TestTwoNodes has a second node on the same data folder.
func TestTwoNodes(t *testing.T) {
	n := up(t, fmt.Sprintf("serve:\n  echo: {listen: 'tcp://%s', stream: echo}\n", free(t)), nil)
	second := spawn(t, exec.Command(built, "up", n.file))
	if status := second.ended(); status != 1 {
		t.Errorf("exit status %d", status)
	}
	second.says(n.file)
	second.says(fmt.Sprintf("process %d", n.cmd.Process.Pid))
	n.signal(syscall.SIGKILL)
	n.ended()
	third := spawn(t, exec.Command(built, "up", n.file)) // past the lock and the socket that were left behind
	n.process = third
	n.ready()
}

// TestLongDataFolder has a data folder whose socket has too long a name for one.
func TestLongDataFolder(t *testing.T) {
	n := &node{file: filepath.Join(t.TempDir(), strings.Repeat("long", 50), strings.Repeat("long", 50), "netwright.yaml")}
	if err := os.MkdirAll(filepath.Dir(n.file), 0o700); err != nil {
		t.Fatal(err)
	}
	n.write(t, fmt.Sprintf("serve:\n  echo: {listen: 'tcp://%s', stream: echo}\n", free(t)))
	n.process = spawn(t, exec.Command(built, "up", n.file))
	n.ready()
	if changes, err := n.control.Reload(t.Context()); err != nil || len(changes) != 0 {
		t.Errorf("%q, %v", changes, err)
	}
}
