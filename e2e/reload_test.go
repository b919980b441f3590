//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// echo answers plain requests, and WebSockets with what they say.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") == "" {
		io.WriteString(w, "upstream")
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer conn.CloseNow()
	for {
		kind, text, err := conn.Read(r.Context())
		if err != nil || conn.Write(r.Context(), kind, text) != nil {
			return
		}
	}
}

// TestReloadUnderLoad reloads every 100 ms for 10 s. Each config differs from the
// one before in a guard, a pool, limits, a certificate's user and a listener.
func TestReloadUnderLoad(t *testing.T) {
	first, second := httptest.NewServer(http.HandlerFunc(echo)), httptest.NewServer(http.HandlerFunc(echo))
	defer first.Close()
	defer second.Close()
	plain, secure, extra := free(t), free(t), free(t)
	config := func(i int) string {
		text := fmt.Sprintf(`
certs: {local: {internal: localhost}}
guards: {steady: {concurrency: 1000}, g%d: {rate: 1000000/s}}
pools:
  p%d: {to: %s, retry: {tries: %d}}
  both: {to: [%s, %s], balance: random, retry: {tries: %d}}
serve:
  web:
    listen: [http://%s, https://%s]
    cert: local
    guards: [steady, g%d]
    limits: {connections: %d}
    routes:
      - match: {path: /ws}
        proxy: {to: %s}
      - match: {path: /alternating}
        name: r%d
        proxy: p%d
      - proxy: both
`, i%2, i%2, first.URL, i%3+1, first.URL, second.URL, i%2+1, plain, secure, i%2, 1000+i, first.URL, i, i%2)
		if i%2 == 1 {
			text += fmt.Sprintf("  extra:\n    listen: tcp://%s\n    stream: echo\n", extra)
		}
		return text
	}
	n := up(t, config(0), nil)
	socket, _, err := websocket.Dial(t.Context(), "ws://"+plain+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer socket.CloseNow()
	says := func(text string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		defer cancel()
		if err := socket.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := socket.Read(ctx); err != nil || string(got) != text {
			t.Fatalf("the WebSocket gave %q, %v", got, err)
		}
	}

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	insecure := &tls.Config{InsecureSkipVerify: true}
	keeping := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, TLSClientConfig: insecure}, Timeout: wait}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: wait}
	var loads sync.WaitGroup
	for what, l := range map[string]struct {
		client *http.Client
		url    string
	}{
		"connections that are kept": {keeping, "http://" + plain + "/"},
		"a route that is replaced":  {keeping, "http://" + plain + "/alternating"},
		"TLS":                       {keeping, "https://" + secure + "/"},
		"new connections":           {fresh, "http://" + plain + "/"},
	} {
		loads.Go(func() {
			answered, failures := load(ctx, 4, "upstream", func() (string, error) { return fetch(l.client, l.url) })
			report(t, what, answered, failures)
		})
	}
	reloads := 0
	for tick := time.NewTicker(100 * time.Millisecond); ctx.Err() == nil; reloads++ {
		<-tick.C
		if changes := n.change(config(reloads + 1)); len(changes) == 0 {
			t.Error("a reload says that nothing has changed")
		}
		says(fmt.Sprint("reload ", reloads))
	}
	loads.Wait()
	t.Logf("%d reloads", reloads)
	if reloads < 50 {
		t.Errorf("only %d reloads", reloads)
	}
	says("the end")
	keeping.CloseIdleConnections()
	folder := fmt.Sprintf("/proc/%d/fd", n.cmd.Process.Pid)
	until(t, "descriptors are left open", func() bool {
		open, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		return len(open) < 60 // with those that are kept to the upstreams
	})
}

func TestReloadBySignal(t *testing.T) {
	addr := free(t)
	config := func(body string) string {
		return fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - respond: {body: %s}\n", addr, body)
	}
	n := up(t, config("one"), nil)
	n.write(t, config("two"))
	n.signal(syscall.SIGHUP)
	n.says("service web: routes changed")
	if body := get(t, "http://"+addr); body != "two" {
		t.Errorf("%q", body)
	}
	n.write(t, "serve: nonsense")
	n.signal(syscall.SIGHUP)
	n.says("the old one goes on")
	if body := get(t, "http://"+addr); body != "two" {
		t.Errorf("%q behind a bad config", body)
	}
}

// TestStopUnderLoad has clients that stop at Connection: close, and see no error.
func TestStopUnderLoad(t *testing.T) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(5 * time.Millisecond)
		io.WriteString(w, "upstream")
	}))
	defer upstream.Close()
	addr := free(t)
	n := up(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - proxy: {to: %s}\n", addr, upstream.URL), nil)
	var clients sync.WaitGroup
	var mu sync.Mutex
	answered := 0
	for i := range 64 {
		clients.Go(func() {
			count, err := untilClosed(addr, time.Duration(i%8)*20*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			answered += count
			if err != nil {
				t.Error(err)
			}
		})
	}
	time.Sleep(2 * time.Second)
	n.signal(syscall.SIGTERM)
	began := time.Now()
	clients.Wait()
	if status := n.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	t.Logf("%d requests; it stopped in %v", answered, time.Since(began))
	if answered < 1000 {
		t.Errorf("only %d requests", answered)
	}
}

// untilClosed asks over one connection until an answer says that it is the last.
func untilClosed(addr string, pause time.Duration) (answered int, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(wait))
	r := bufio.NewReader(conn)
	for {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return answered, fmt.Errorf("behind %d answers: %w", answered, err)
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			return answered, fmt.Errorf("behind %d answers: %w", answered, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 || string(body) != "upstream" {
			return answered, fmt.Errorf("%s: %q, %w", resp.Status, body, err)
		}
		answered++
		if resp.Close {
			return answered, nil
		}
		time.Sleep(pause)
	}
}

// TestStopAcceptsTheBacklog has clients whose connections only the kernel knows of
// when the node is told to stop.
func TestStopAcceptsTheBacklog(t *testing.T) {
	addr, secure := free(t), free(t)
	n := up(t, fmt.Sprintf("certs: {local: {internal: localhost}}\nserve:\n  web:\n    listen: [http://%s, https://%s]\n    cert: local\n    routes:\n      - respond: {body: upstream}\n", addr, secure), nil)
	n.signal(syscall.SIGSTOP)
	var clients sync.WaitGroup
	for i := range 100 {
		at := addr
		if i%4 == 0 {
			at = secure
		}
		conn, err := net.DialTimeout("tcp", at, wait)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if at == secure {
			conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		}
		clients.Go(func() {
			conn.SetDeadline(time.Now().Add(wait))
			if i%2 == 0 {
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			} else {
				time.Sleep(100 * time.Millisecond) // it is accepted before it has said anything
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("client %d: %v", i, err)
			} else if i%2 == 1 && !resp.Close { // the others may be answered before the signal is heard of
				t.Errorf("client %d is not told that the connection closes", i)
			}
		})
	}
	n.signal(syscall.SIGTERM)
	n.signal(syscall.SIGCONT)
	clients.Wait()
	if status := n.ended(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	upstream := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	}))
	defer upstream.Close()
	defer close(release)
	addr := free(t)
	n := up(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - proxy: {to: %s}\n", addr, upstream.URL), nil)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	n.signal(syscall.SIGTERM)
	n.says("draining")
	select {
	case <-n.done:
		t.Fatal("it did not wait for the request that is under way")
	case <-time.After(500 * time.Millisecond):
	}
	began := time.Now()
	n.signal(syscall.SIGTERM)
	if status := n.ended(); status != 128+int(syscall.SIGTERM) || time.Since(began) > time.Second {
		t.Errorf("exit status %d after %v", status, time.Since(began))
	}
}
