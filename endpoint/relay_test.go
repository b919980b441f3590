package endpoint

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// socketPair is the two ends of a connection over the network that u names.
func socketPair(t *testing.T, network, address string) (near, far net.Conn) {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, err = net.Dial(network, ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err = ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	end := time.Now().Add(20 * time.Second)
	near.SetDeadline(end)
	return near, far
}

func relayPair(t *testing.T) (near, far net.Conn) { return socketPair(t, "tcp", "127.0.0.1:0") }

func closeWrite(conn net.Conn) { conn.(interface{ CloseWrite() error }).CloseWrite() }

type relayed struct {
	n   Relayed
	err error
}

func relaying(ctx context.Context, a, b net.Conn, config RelayConfig) <-chan relayed {
	done := make(chan relayed, 1)
	go func() {
		n, err := Relay(ctx, a, b, config)
		done <- relayed{n, err}
	}()
	return done
}

// Every byte arrives, whichever way it goes and however it is copied, and the
// counts are those of the bytes; each half closes by itself.
func TestRelayCarriesAll(t *testing.T) {
	noise := make([]byte, 3<<20)
	random := rand.NewChaCha8([32]byte{1})
	random.Read(noise)
	unix := func(t *testing.T) (net.Conn, net.Conn) { return socketPair(t, "unix", filepath.Join(t.TempDir(), "s")) }
	plain := func(pair func(t *testing.T) (net.Conn, net.Conn)) func(t *testing.T) (net.Conn, net.Conn) {
		return func(t *testing.T) (net.Conn, net.Conn) {
			near, far := pair(t)
			return near, wrapped{far}
		}
	}
	type pairer = func(t *testing.T) (net.Conn, net.Conn)
	for name, pairs := range map[string][2]pairer{
		"tcp to tcp": {relayPair, relayPair}, "tcp to unix": {relayPair, unix}, "unix to tcp": {unix, relayPair}, "unix to unix": {unix, unix},
		"tcp to a wrapper": {relayPair, plain(relayPair)},
	} {
		for _, idle := range []time.Duration{0, time.Minute} {
			t.Run(name+" "+idle.String(), func(t *testing.T) {
				client, a := pairs[0](t)
				server, b := pairs[1](t)
				done := relaying(t.Context(), a, b, RelayConfig{Idle: idle})
				request, answer := noise[:1<<20+7], noise[5:]
				var wg sync.WaitGroup
				wg.Go(func() {
					client.Write(request)
					closeWrite(client)
				})
				wg.Go(func() {
					got, err := io.ReadAll(server)
					if err != nil || !bytes.Equal(got, request) {
						t.Errorf("request: %d bytes, %v", len(got), err)
					}
					server.Write(answer) // after the other half has ended
					closeWrite(server)
				})
				got, err := io.ReadAll(client)
				if err != nil || !bytes.Equal(got, answer) {
					t.Errorf("answer: %d bytes, %v", len(got), err)
				}
				wg.Wait()
				if o := <-done; o.err != nil || o.n != (Relayed{int64(len(request)), int64(len(answer))}) {
					t.Errorf("%+v", o)
				}
			})
		}
	}
}

// wrapped hides that a connection is a TCP one, but can half-close.
type wrapped struct{ net.Conn }

func (w wrapped) CloseWrite() error {
	closeWrite(w.Conn)
	return nil
}

func TestRelayEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, a := relayPair(t)
	_, b := relayPair(t)
	done := relaying(ctx, a, b, RelayConfig{})
	cancel()
	if o := <-done; o.err != nil {
		t.Error(o.err)
	}
	// It leaves no deadline behind.
	if _, err := a.Write([]byte("x")); err != nil {
		t.Error(err)
	}
}

func TestRelayIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, a := net.Pipe()
		server, b := net.Pipe()
		start := time.Now()
		done := relaying(t.Context(), a, b, RelayConfig{Idle: time.Minute})
		buf := make([]byte, 1)
		for range 5 { // bytes of one direction keep the other alive
			time.Sleep(50 * time.Second)
			go client.Write([]byte("x"))
			io.ReadFull(server, buf)
		}
		if o := <-done; !errors.Is(o.err, ErrIdle) || o.n.AToB != 5 || time.Since(start) != 310*time.Second {
			t.Errorf("%+v after %s", o, time.Since(start))
		}
		// A side that takes nothing is idle as well.
		start = time.Now()
		done = relaying(t.Context(), a, b, RelayConfig{Idle: time.Minute})
		go client.Write([]byte("never taken"))
		if o := <-done; !errors.Is(o.err, ErrIdle) || time.Since(start) != time.Minute {
			t.Errorf("%+v after %s", o, time.Since(start))
		}
		client.Close()
		server.Close()
	})
}

// The kernel's copy, too, ends when both are silent, and not while bytes trickle.
// A machine too busy to let them trickle gets another try.
func TestSpliceIdle(t *testing.T) {
	const idle, drops = 400 * time.Millisecond, 10
	for try := range 5 {
		client, a := relayPair(t)
		server, b := relayPair(t)
		done := relaying(t.Context(), a, b, RelayConfig{Idle: idle})
		slowest, last := time.Duration(0), time.Now()
		for range drops {
			time.Sleep(idle / 8)
			if _, err := client.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			slowest, last = max(slowest, time.Since(last)), time.Now()
		}
		o := <-done
		if late := slowest > idle/4; late && o.n.AToB < drops && try < 4 {
			continue
		}
		if !errors.Is(o.err, ErrIdle) || o.n.AToB != drops {
			t.Errorf("%+v", o)
		}
		if _, err := io.ReadFull(server, make([]byte, drops)); err != nil {
			t.Error(err)
		}
		return
	}
}

// A side that takes nothing is idle as well.
func TestSpliceStalls(t *testing.T) {
	client, a := relayPair(t)
	_, b := relayPair(t)
	done := relaying(t.Context(), a, b, RelayConfig{Idle: 100 * time.Millisecond})
	go io.Copy(client, zeros{}) // more than the sockets' buffers hold
	if o := <-done; !errors.Is(o.err, ErrIdle) {
		t.Errorf("%+v", o)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// Where the other side cannot be told that one has ended, it may say what it
// still has.
func TestRelayLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, a := net.Pipe() // has no half-close
		server, b := net.Pipe()
		done := relaying(t.Context(), a, b, RelayConfig{})
		start := time.Now()
		client.Close()
		time.Sleep(900 * time.Millisecond)
		if o := <-done; o.err != nil || time.Since(start) != relayLinger {
			t.Errorf("%+v after %s", o, time.Since(start))
		}
		server.Close()
	})
}

func TestRelayLead(t *testing.T) {
	client, a := relayPair(t)
	server, b := relayPair(t)
	done := relaying(t.Context(), a, b, RelayConfig{Lead: 50 * time.Millisecond})
	server.Write([]byte("all there is"))
	closeWrite(server)
	if o := <-done; o.err != nil || o.n.BToA != 12 { // though the client goes on
		t.Errorf("%+v", o)
	}
	a.Close()
	if got, err := io.ReadAll(client); string(got) != "all there is" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A server that answers early and closes while the client still sends: the
// answer arrives all the same.
func TestRelayEarlyAnswer(t *testing.T) {
	client, a := relayPair(t)
	server, b := relayPair(t)
	done := relaying(t.Context(), a, wrapped{b}, RelayConfig{})
	go io.Copy(client, zeros{})
	io.ReadFull(server, make([]byte, 1))
	server.Write([]byte("too much"))
	server.Close() // with bytes unread: a reset
	got := make([]byte, 8)
	if _, err := io.ReadFull(client, got); string(got) != "too much" && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		t.Errorf("%q, %v", got, err)
	}
	if o := <-done; errors.Is(o.err, os.ErrDeadlineExceeded) {
		t.Errorf("%+v", o)
	}
}
