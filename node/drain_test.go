package node

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestStopWithNothingOpen(t *testing.T) {
	r := start(t, hello(free(t), "x"))
	if took := r.stopAndWait(); took > 500*time.Millisecond {
		t.Errorf("it took %v", took)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	url := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		io.WriteString(w, "whole")
	})
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - match: {path: /slow}\n        proxy: {to: %q}\n      - respond: {body: quick}\n", addr, url))
	idle, slow, begun, late := openKeepAlive(t, dial(t, addr)), openKeepAlive(t, dial(t, addr)), openKeepAlive(t, dial(t, addr)), openKeepAlive(t, dial(t, addr))
	idle.get("/")
	late.get("/")
	fmt.Fprint(slow.conn, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	begun.get("/")
	fmt.Fprint(begun.conn, "G")
	r.cancel()
	stopping := time.Now()
	r.draining()
	for closing := false; !closing; { // the first may still be ahead of the news
		resp, body := late.get("/")
		if closing = resp.Close; body != "quick" {
			t.Fatalf("a request on an idle connection: %q", body)
		}
	}
	idle.closed()
	if d := time.Since(stopping); d < 800*time.Millisecond || d > 2*time.Second {
		t.Errorf("an idle connection lived for %v", d)
	}
	fmt.Fprint(begun.conn, "ET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if resp, body := begun.answer(); body != "quick" || !resp.Close {
		t.Errorf("a request of which a byte was read: %q, close %v", body, resp.Close)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("it still accepts")
	}
	close(release)
	if resp, body := slow.answer(); body != "whole" || !resp.Close {
		t.Errorf("the request under way: %q, close %v", body, resp.Close)
	}
	r.stopAndWait()
}

func TestDrainCutsAtTheLimit(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	release := make(chan struct{})
	defer close(release)
	url := behind(t, func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-release
	})
	addr := free(t)
	r := start(t, fmt.Sprintf("drain: 300ms\nserve:\n  web:\n    listen: http://%s\n    routes:\n      - proxy: {to: %q}\n", addr, url))
	k := openKeepAlive(t, dial(t, addr))
	fmt.Fprint(k.conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	if took := r.stopAndWait(); took < 250*time.Millisecond || took > 3*time.Second {
		t.Errorf("it stopped after %v", took)
	}
	k.conn.SetReadDeadline(time.Now().Add(time.Second))
	if n, err := k.conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes of an answer", n)
	}
}

// What a reload has left over is cut with the rest.
func TestDrainOfRemovedListeners(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}), make(chan struct{})
	url := behind(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-release
		io.WriteString(w, "whole")
	})
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  web:\n    listen: http://%s\n    routes:\n      - proxy: {to: %q}\n", addr, url))
	k := openKeepAlive(t, dial(t, addr))
	fmt.Fprint(k.conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	<-asked
	r.change(hello(free(t), "another"))
	r.cancel()
	r.draining()
	close(release)
	if resp, body := k.answer(); body != "whole" || !resp.Close {
		t.Errorf("%q, close %v", body, resp.Close)
	}
	r.stopAndWait()
}

func TestDrainEndsStreams(t *testing.T) {
	t.Parallel()
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n", addr))
	conn := dial(t, addr)
	fmt.Fprint(conn, "x")
	io.ReadFull(conn, make([]byte, 1))
	if took := r.stopAndWait(); took > 3*time.Second {
		t.Errorf("it stopped after %v", took)
	}
}
