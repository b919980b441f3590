//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestDescriptorsExhausted gives the node fewer descriptors than it has clients.
func TestDescriptorsExhausted(t *testing.T) {
	addr := free(t)
	first, second := free(t), free(t)
	spawnUpstream(t, first)
	spawnUpstream(t, second)
	n := up(t, fmt.Sprintf(`
serve:
  web:
    listen: http://%s
    routes:
      - match: {path: /proxied}
        proxy: {to: [http://%s, http://%s], eject: {after: 1}, health: {path: /, every: 100ms, fall: 1}}
      - respond: {body: fine}
`, addr, first, second), func(cmd *exec.Cmd) *exec.Cmd {
		return exec.Command("sh", append([]string{"-c", `ulimit -n 60; exec "$@"`, "sh"}, cmd.Args...)...)
	})
	if body := get(t, "http://"+addr+"/proxied"); body != "upstream" {
		t.Fatalf("%q", body)
	}
	var conns []net.Conn
	for range 100 { // the kernel opens those too that the node cannot accept
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conns = append(conns, conn)
	}
	n.says("cannot accept connections for now")
	// One that has been accepted is answered all the same; a proxied request cannot
	// be, which is no fault of the upstream's.
	if status, _ := over(conns[0], "/"); status != 200 {
		t.Errorf("a connection that was accepted: %d", status)
	}
	var all sync.WaitGroup
	for _, conn := range conns[1:31] {
		all.Go(func() { over(conn, "/proxied") })
	}
	all.Wait()
	time.Sleep(300 * time.Millisecond) // for some checks
	waiting := conns[99]
	for _, conn := range conns[:99] {
		conn.Close()
	}
	if status, _ := over(waiting, "/"); status != 200 {
		t.Errorf("a connection that waited in the backlog: %d", status)
	}
	n.says("accepting connections again")
	if body := get(t, "http://"+addr+"/proxied"); body != "upstream" {
		t.Errorf("through the proxy when there are descriptors again: %q", body)
	}
	for _, blame := range []string{"upstream ejected", "upstream down"} {
		if strings.Contains(n.log.String(), blame) {
			t.Error("an upstream was blamed for what the node lacks: ", blame)
		}
	}
	if count := strings.Count(n.log.String(), "cannot accept"); count > 5 {
		t.Errorf("it says %d times that it cannot accept", count)
	}
}

// over asks over an open connection.
func over(conn net.Conn, path string) (status int, body string) {
	conn.SetDeadline(time.Now().Add(wait))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// TestFullDisk fills the disk below the records. Traffic goes on.
func TestFullDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		lacking(t, "a small disk cannot be mounted: "+err.Error())
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	for _, onFull := range []string{"drop", "wait"} {
		t.Run(onFull, func(t *testing.T) {
			addr := free(t)
			access := filepath.Join(disk, onFull+".jsonl")
			n := up(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - respond: {body: fine}\nrecords:\n  - {file: %s, on_full: %s}\n", addr, access, onFull), nil)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 10}, Timeout: wait}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			answered, failures := load(ctx, 4, "fine", func() (string, error) { return fetch(client, "http://"+addr) })
			report(t, "with a full disk", answered, failures)
			n.says("records are lost")
			filling, err := os.ReadFile(access)
			if err != nil || len(filling) > 0 && filling[len(filling)-1] != '\n' {
				t.Errorf("the file ends in a torn line: %v", err)
			}
			if err := os.Truncate(access, 0); err != nil {
				t.Fatal(err)
			}
			until(t, "records are not written again", func() bool {
				fetch(client, "http://"+addr)
				text, _ := os.ReadFile(access)
				return bytes.Contains(text, []byte(`"service":"web"`))
			})
			n.says("records are written again")
			os.Remove(access)
		})
	}
}

// TestSlowClients has 10,000 clients that send their heads a byte at a time while
// others ask in earnest.
func TestSlowClients(t *testing.T) {
	const slow = 10000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < slow+500 {
		lacking(t, fmt.Sprintf("only %d descriptors", limit.Cur))
	}
	addr := free(t)
	up(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    limits: {connections: 20000}\n    timeouts: {head: 8s}\n    routes:\n      - respond: {body: fine}\n", addr), nil)
	var open, refused, lost atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var clients sync.WaitGroup
	gate := make(chan struct{}, 200) // so many dial at once
	for i := range slow {
		clients.Go(func() {
			gate <- struct{}{}
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i%8))}, Timeout: wait}
			conn, err := dialer.DialContext(ctx, "tcp", addr)
			<-gate
			if err != nil {
				lost.Add(1)
				return
			}
			defer conn.Close()
			open.Add(1)
			if drip(ctx, conn) == "408" {
				refused.Add(1)
			} else {
				lost.Add(1)
			}
		})
	}
	until(t, "the slow clients do not get in", func() bool { return open.Load()+lost.Load() == slow })
	t.Logf("%d slow clients are connected", open.Load())

	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4}, Timeout: wait}
	asking, stop := context.WithTimeout(ctx, 4*time.Second)
	defer stop()
	var mu sync.Mutex
	var took []time.Duration
	answered, failures := load(asking, 4, "fine", func() (string, error) {
		began := time.Now()
		body, err := fetch(client, "http://"+addr)
		mu.Lock()
		took = append(took, time.Since(began))
		mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		return body, err
	})
	report(t, "beside the slow clients", answered, failures)
	slices.Sort(took)
	if worst := took[len(took)*99/100]; worst > time.Second {
		t.Errorf("99 of 100 requests took up to %v", worst)
	}
	clients.Wait()
	t.Logf("%d got 408, %d were lost; the slowest of %d requests took %v", refused.Load(), lost.Load(), len(took), took[len(took)-1])
	if refused.Load() < slow*99/100 {
		t.Errorf("only %d of %d slow clients got 408", refused.Load(), slow)
	}
}

// drip sends a head a byte at a time and returns the status of the answer.
func drip(ctx context.Context, conn net.Conn) string {
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	answer := make([]byte, 12)
	for ctx.Err() == nil {
		conn.SetReadDeadline(time.Now().Add(2 * time.Second))
		_, err := io.ReadFull(conn, answer)
		if err == nil {
			return string(answer[9:])
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err.Error()
		}
		if _, err := conn.Write([]byte("x")); err != nil {
			return err.Error()
		}
	}
	return "no answer"
}

// TestUpstreamRestarts kills and restarts one of two upstreams again and again.
func TestUpstreamRestarts(t *testing.T) {
	first, second := free(t), free(t)
	victim := spawnUpstream(t, first)
	spawnUpstream(t, second)
	addr := free(t)
	up(t, fmt.Sprintf(`
serve:
  web:
    listen: http://%s
    routes:
      - proxy:
          to: [http://%s, http://%s]
          health: {path: /, every: 200ms, timeout: 1s, rise: 1, fall: 1}
          retry: {tries: 3, budget: 100%%}
`, addr, first, second), nil)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: wait}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() {
		answered, failures := load(ctx, 16, "upstream", func() (string, error) { return fetch(client, "http://"+addr) })
		report(t, "while an upstream comes and goes", answered, failures)
	})
	kills := 0
	for ; ctx.Err() == nil; kills++ {
		time.Sleep(700 * time.Millisecond)
		victim.signal(syscall.SIGKILL)
		<-victim.done
		time.Sleep(300 * time.Millisecond)
		victim = spawnUpstream(t, first)
	}
	all.Wait()
	t.Logf("it was killed %d times", kills)
}

// TestStandardIO serves one connection, that of its own input and output.
func TestStandardIO(t *testing.T) {
	folder := t.TempDir()
	n := &node{file: filepath.Join(folder, "netwright.yaml")}
	n.write(t, "serve: {echo: {listen: 'stdio:', stream: echo}}\n")
	cmd := exec.Command(built, "up", n.file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	n.process = spawn(t, cmd)
	fmt.Fprintln(in, "hello stream")
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "hello stream" { // the table of what runs comes first
	}
	if lines.Text() != "hello stream" {
		t.Error("the stream does not come back")
	}
	in.Close()
	n.ready()
	n.signal(syscall.SIGTERM)
	if status := n.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}
