//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/netwright/netwright/console"
)

// built is the binary under test, which TestMain has built.
var built string

// wait is how long a test waits for what should come at once, on a machine that
// is busy with something else.
const wait = 20 * time.Second

func TestMain(m *testing.M) {
	if addr := os.Getenv("E2E_UPSTREAM"); addr != "" {
		serveUpstream(addr)
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "netwright-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	built = filepath.Join(folder, "netwright")
	build := exec.Command("go", "build", "-o", built, "../cmd/netwright")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the binary:", err)
		return 1
	}
	return m.Run()
}

// process is a program that runs beside the test and ends with it.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	log  *buffer
	done chan struct{}
	err  error // how it ended; set before done is closed
}

// buffer keeps what a process writes.
type buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// spawn starts a program.
func spawn(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, log: new(buffer), done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = p.log
	}
	cmd.Stderr = p.log
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			text := p.log.String()
			t.Logf("%s wrote:\n%s", filepath.Base(cmd.Path), text[max(0, len(text)-6000):])
		}
	})
	return p
}

// signal sends a signal.
func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// ended waits for the process to end and returns its exit status.
func (p *process) ended() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(wait):
		p.t.Fatal("the process does not end")
	}
	if exit, ok := errors.AsType[*exec.ExitError](p.err); ok {
		return exit.ExitCode()
	}
	if p.err != nil {
		p.t.Fatal(p.err)
	}
	return 0
}

// says waits until the process has written a text.
func (p *process) says(text string) {
	p.t.Helper()
	until(p.t, fmt.Sprintf("the process never says %q", text), func() bool { return strings.Contains(p.log.String(), text) })
}

// until waits for something to become true.
func until(t *testing.T, else_ string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(wait); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(else_)
		}
	}
}

// node is a netwright that runs a config.
type node struct {
	*process
	file    string
	control *console.Client
}

// up runs a config and waits until it listens. wrap, which may be nil, changes the
// command before it starts.
func up(t *testing.T, text string, wrap func(*exec.Cmd) *exec.Cmd) *node {
	t.Helper()
	folder := t.TempDir()
	n := &node{file: filepath.Join(folder, "netwright.yaml")}
	n.write(t, text)
	cmd := exec.Command(built, "up", n.file)
	if wrap != nil {
		cmd = wrap(cmd)
	}
	n.process = spawn(t, cmd)
	n.ready()
	return n
}

// ready waits until the node listens.
func (n *node) ready() {
	n.t.Helper()
	n.control = console.Dial(filepath.Join(filepath.Dir(n.file), "state", "control.sock"))
	n.t.Cleanup(n.control.Close)
	until(n.t, "the node does not start", func() bool {
		select {
		case <-n.done:
			n.t.Fatalf("the node has ended: %v\n%s", n.err, n.log)
		default:
		}
		_, err := n.control.Version(n.t.Context())
		return err == nil
	})
}

func (n *node) write(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(text, "console:") {
		text = "console: off\n" + text
	}
	// Renamed into its place, so that it is never seen half.
	if err := os.WriteFile(n.file+".new", []byte("data: ./state\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(n.file+".new", n.file); err != nil {
		t.Fatal(err)
	}
}

// change writes the config and has it applied.
func (n *node) change(text string) []string {
	n.t.Helper()
	n.write(n.t, text)
	changes, err := n.control.Reload(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	return changes
}

// need finds a program, also among those of the system. It skips the test where it
// is missing; in CI that is a failure.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + program)
	}
	if err != nil {
		lacking(t, program+" is not installed")
	}
	return path
}

func lacking(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// free is an address of loopback on which nobody listens.
func free(t *testing.T) string {
	t.Helper()
	for range 100 {
		// Below the ports that the kernel gives to others while this one is not
		// yet listened on.
		port := strconv.Itoa(10000 + rand.IntN(22000))
		if ln, err := net.Listen("tcp", ":"+port); err == nil {
			ln.Close()
			return "127.0.0.1:" + port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// listens waits until something listens on an address.
func listens(t *testing.T, addr string) {
	t.Helper()
	until(t, "nobody listens on "+addr, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// get asks over a new connection.
func get(t *testing.T, url string) string {
	t.Helper()
	body, err := fetch(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}, url)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// fetch returns the body of a 200.
func fetch(client *http.Client, url string) (string, error) {
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%s: %s: %q", url, resp.Status, body)
	}
	return string(body), err
}

// load asks again and again until ctx ends, over so many connections, and returns
// how often it was answered and what failed.
func load(ctx context.Context, connections int, want string, get func() (string, error)) (answered int, failures []error) {
	var mu sync.Mutex
	var all sync.WaitGroup
	for range connections {
		all.Go(func() {
			for ctx.Err() == nil {
				body, err := get()
				if err == nil && body != want {
					err = fmt.Errorf("it answered %.100q", body)
				}
				mu.Lock()
				if err == nil {
					answered++
				} else {
					failures = append(failures, err)
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return answered, failures
}

// report fails the test for what a load met.
func report(t *testing.T, what string, answered int, failures []error) {
	t.Helper()
	t.Logf("%s: %d requests", what, answered)
	if answered == 0 {
		t.Errorf("%s: not one request was answered", what)
	}
	for i, err := range failures {
		if i == 5 {
			t.Errorf("%s: and %d more", what, len(failures)-i)
			return
		}
		t.Errorf("%s: %v", what, err)
	}
}

// serveUpstream is what the test binary does when it is started as an upstream.
func serveUpstream(addr string) {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		io.WriteString(w, "upstream")
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(addr, nil))
	os.Exit(1)
}

// spawnUpstream starts an upstream as a process of its own.
func spawnUpstream(t *testing.T, addr string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "E2E_UPSTREAM="+addr)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p := spawn(t, cmd)
	listens(t, addr)
	return p
}
