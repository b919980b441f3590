package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

// brokenListener fails at the first Accept.
type brokenListener struct{ net.Listener }

func (l brokenListener) Accept() (net.Conn, error) {
	return nil, errors.New("the network card fell out")
}

// A listener that fails is opened anew, and what happened is told.
func TestListenerFails(t *testing.T) {
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n", addr))
	other := free(t)
	u, err := endpoint.Parse("tcp://" + other)
	if err != nil {
		t.Fatal(err)
	}
	d, err := r.knock(t.Context(), "tcp "+other, u, true, &endpoint.ListenConfig{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.ln = brokenListener{d.ln}
	d.use(&post{service: "echo", manner: "echo", handler: endpoint.HandlerFunc(func(_ context.Context, conn net.Conn) error {
		_, err := io.Copy(conn, conn)
		return err
	})}, false, 0)
	d.serve()
	e := r.record(func(e *flow.Record) bool { return e.Kind == flow.Event && e.Has(flow.Error) })
	if e.Get(flow.Path) != "listener tcp "+other+" failed" || e.Get(flow.Error) != "the network card fell out" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
	var conn net.Conn
	for conn == nil {
		if conn, err = net.Dial("tcp", other); err != nil {
			conn = nil
			if t.Context().Err() != nil {
				t.Fatal(err)
			}
		}
	}
	defer conn.Close()
	(&keepAlive{t: t, conn: conn}).exchange("hello")
	if _, _, h := d.state(); h.restarts != 1 || h.waiting {
		t.Errorf("%+v", h)
	}
	conn.Close()
	d.close(wait)
	dial(t, addr) // the other listener has not noticed
}

func TestDoorKey(t *testing.T) {
	for url, want := range map[string]string{
		"http://:8080":           "tcp :8080",
		"https://0.0.0.0:8080":   "tcp :8080",
		"tls://[::]:8080":        "tcp :8080",
		"tcp://localhost:8080":   "tcp 127.0.0.1:8080",
		"http://127.0.0.1:8080":  "tcp 127.0.0.1:8080",
		"tcp://[::1]:7":          "tcp [::1]:7",
		"unix:///run/s?mode=600": "unix /run/s",
		"fd://3":                 "fd 3",
		"http://:80?fd=web":      "fd web",
		"udp://:53":              "udp://:53",
		"wss://:443/x":           "wss://:443/x",
	} {
		u, err := endpoint.Parse(url)
		if err != nil {
			t.Error(err)
			continue
		}
		if key, raw := doorKey(u); key != want || raw != (key != url) {
			t.Errorf("%s is %q, raw %v", url, key, raw)
		}
	}
}
