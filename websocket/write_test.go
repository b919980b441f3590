package websocket

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestConcurrentWrites has several goroutines write and ping at once: every
// message arrives whole, and each goroutine's in its order.
func TestConcurrentWrites(t *testing.T) {
	for _, mode := range []string{CompressionOff, CompressionContext} {
		server, client := pair(t, &Config{Compression: mode, CompressAbove: 1})
		ctx := testContext(t)
		const writers, messages = 8, 100
		for w := range writers {
			go func() {
				for i := range messages {
					p := fmt.Sprintf("%d %d %s", w, i, text(i*37))
					switch i % 3 {
					case 0:
						client.Write(ctx, Text, []byte(p))
					case 1:
						if err := client.Queue(Prepare(Text, []byte(p))); err != nil {
							t.Error(err)
						}
					case 2:
						m, err := client.Writer(ctx, Text)
						if err != nil {
							t.Error(err)
							return
						}
						io.WriteString(m, p[:i])
						io.WriteString(m, p[i:])
						m.Close()
					}
				}
			}()
		}
		go client.Read(ctx)
		next := [writers]int{}
		for range writers * messages {
			_, p, err := server.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var w, i int
			fmt.Sscan(string(p), &w, &i)
			if next[w] != i || string(p) != fmt.Sprintf("%d %d %s", w, i, text(i*37)) {
				t.Fatalf("%s: writer %d: got message %d of %d bytes, want %d", mode, w, i, len(p), next[w])
			}
			next[w]++
		}
	}
}

// gate is a connection whose writes wait until they are let through.
type gate struct {
	net.Conn
	open   chan struct{}
	mu     sync.Mutex
	writes [][]byte
}

func (g *gate) Write(p []byte) (int, error) {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	g.writes = append(g.writes, bytes.Clone(p))
	return len(p), nil
}

func (g *gate) Close() error                     { return nil }
func (g *gate) SetReadDeadline(time.Time) error  { return nil }
func (g *gate) SetWriteDeadline(time.Time) error { return nil }

func TestQueuedMessagesShareAWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		c := NewConn(g, nil, false, nil)
		p := Prepare(Text, []byte("hello"))
		const n = 1000
		for range n {
			if err := c.Queue(p); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait() // the first write is at the gate
		close(g.open)
		synctest.Wait()
		if all := bytes.Join(g.writes, nil); string(all) != strings.Repeat("\x81\x05hello", n) || len(g.writes) > 3 {
			t.Errorf("%d bytes in %d writes", len(all), len(g.writes))
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{open: make(chan struct{})}
		c := NewConn(g, nil, false, &Config{Queue: 10_000})
		p := Prepare(Binary, make([]byte, 1000))
		n := 0
		for ; n < 100; n++ {
			err := c.Queue(p)
			synctest.Wait()
			if err == ErrQueueFull {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if n < 9 || n > 11 {
			t.Errorf("%d messages of 1000 bytes in 10000", n)
		}
		close(g.open)
		synctest.Wait()
		if err := c.Queue(p); err != nil {
			t.Errorf("after the queue was written: %v", err)
		}
		synctest.Wait()
		if got := len(bytes.Join(g.writes, nil)); got != (n+1)*1004 {
			t.Errorf("%d bytes arrived", got)
		}
	})
}
