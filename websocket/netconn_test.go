package websocket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func TestNetConn(t *testing.T) {
	for _, mode := range []string{CompressionOff, CompressionContext} {
		server, client := pair(t, &Config{Compression: mode, MaxMessage: 1000})
		a, b := server.NetConn(t.Context()), client.NetConn(t.Context())
		go func() {
			io.Copy(a, a)
			a.Close()
		}()
		want := []byte(text(300_000)) // in messages beyond MaxMessage, which does not count here
		go b.Write(want)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: %v", mode, err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		if b.LocalAddr() != client.LocalAddr() || b.RemoteAddr() != client.RemoteAddr() {
			t.Error("addresses")
		}
	}
}

func TestNetConnEnds(t *testing.T) {
	server, client := pair(t, nil)
	go client.Close(NormalClosure, "")
	if n, err := server.NetConn(t.Context()).Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("normal closure: %d, %v", n, err)
	}
	server, client = pair(t, nil)
	client.CloseNow()
	if _, err := server.NetConn(t.Context()).Read(make([]byte, 1)); err != io.ErrUnexpectedEOF {
		t.Errorf("no close frame: %v", err)
	}
	server, client = pair(t, nil)
	go client.Write(t.Context(), Text, []byte("hello"))
	closed := make(chan error, 1)
	go func() {
		_, _, err := client.Read(t.Context())
		closed <- err
	}()
	if _, err := server.NetConn(t.Context()).Read(make([]byte, 1)); CloseCode(err) != UnsupportedData {
		t.Errorf("text message: %v", err)
	}
	if err := <-closed; CloseCode(err) != UnsupportedData {
		t.Errorf("the peer of a text message sees %v", err)
	}
}

// TestNetConnDeadlines holds that a read which timed out can be taken up
// again, as net/http does when a connection is hijacked.
func TestNetConnDeadlines(t *testing.T) {
	server, client := pair(t, nil)
	a, b := server.NetConn(context.Background()), client.NetConn(context.Background())
	p := make([]byte, 10)
	for range 3 {
		a.SetReadDeadline(time.Now().Add(-time.Second))
		if _, err := a.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		read := make(chan error)
		a.SetReadDeadline(time.Time{})
		go func() {
			_, err := a.Read(p)
			read <- err
		}()
		a.SetReadDeadline(time.Now().Add(10 * time.Millisecond)) // while it waits
		if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		a.SetReadDeadline(time.Now().Add(10 * time.Second))
		go io.WriteString(b, "hello")
		if n, err := io.ReadFull(a, p[:5]); err != nil || string(p[:n]) != "hello" {
			t.Fatalf("%q, %v", p[:n], err)
		}
	}
	a.SetWriteDeadline(time.Now().Add(-time.Second))
	if _, err := a.Write(p); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write behind its deadline: %v", err)
	}
	a.SetDeadline(time.Time{})
	go io.WriteString(a, strings.Repeat("x", 10))
	if _, err := io.ReadFull(b, p); err != nil {
		t.Errorf("after the deadline was taken away: %v", err)
	}
}
