package websocket

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// echoServer serves an echo over real sockets until the test ends.
func echoServer(t testing.TB, cfg *Config) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Upgrade(w, r, cfg)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			typ, p, err := c.Read(context.Background())
			if err != nil {
				return
			}
			if err := c.Write(context.Background(), typ, p); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func wsURL(s *httptest.Server) string { return strings.Replace(s.URL, "http", "ws", 1) }

// dial connects to a test server.
func dial(t testing.TB, s *httptest.Server, cfg *Config) *Conn {
	t.Helper()
	u, err := url.Parse(wsURL(s))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(context.Background(), conn, u, nil, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

// tcpPair is two ends of a loopback connection.
func tcpPair(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a, err = net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// pair is a server and a client connection to one another.
func pair(t testing.TB, cfg *Config) (server, client *Conn) {
	t.Helper()
	a, b := tcpPair(t)
	full := cfg.withDefaults()
	var h handshake
	if full.Compression != CompressionOff {
		context := full.Compression == CompressionContext
		h.deflate = deflateParams{on: true, writeContext: context, readContext: context, writeBits: maxWindowBits}
	}
	server, client = newConn(a, nil, false, full, h), newConn(b, nil, true, full, h)
	t.Cleanup(func() { server.CloseNow(); client.CloseNow() })
	return server, client
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestEcho(t *testing.T) {
	for _, mode := range []string{CompressionOff, CompressionMessage, CompressionContext} {
		t.Run(mode, func(t *testing.T) {
			cfg := &Config{Compression: mode, MaxMessage: 4 << 20, CompressAbove: 1}
			s := echoServer(t, cfg)
			c := dial(t, s, cfg)
			if c.Compressed() != (mode != CompressionOff) {
				t.Fatalf("compressed: %v", c.Compressed())
			}
			ctx := testContext(t)
			for _, n := range []int{0, 1, 125, 126, 127, 4081, 4082, 4096, 5000, 32767, 32768, 32769, 65535, 65536, 200_000, 1 << 20} {
				for _, p := range []string{strings.Repeat("na", n/2) + strings.Repeat("x", n%2), text(n)} {
					if err := c.Write(ctx, Text, []byte(p)); err != nil {
						t.Fatalf("%d bytes: %v", n, err)
					}
					typ, got, err := c.Read(ctx)
					if err != nil || typ != Text || string(got) != p {
						t.Fatalf("%d bytes came back as %v %d bytes, %v", n, typ, len(got), err)
					}
				}
			}
			if err := c.Close(NormalClosure, "done"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// text is n bytes that do not repeat soon.
func text(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d %x ", i*i, i)
	}
	return b.String()[:n]
}

func TestStreams(t *testing.T) {
	for _, mode := range []string{CompressionOff, CompressionContext} {
		t.Run(mode, func(t *testing.T) {
			server, client := pair(t, &Config{Compression: mode, CompressAbove: 1})
			ctx := testContext(t)
			go func() {
				w, _ := client.Writer(ctx, Text)
				for i := range 100 {
					fmt.Fprintf(w, "line %d\n", i)
				}
				w.Close()
				client.Write(ctx, Binary, []byte(text(100_000)))
				client.Write(ctx, Text, []byte("last"))
			}()
			typ, r, err := server.Reader(ctx)
			if err != nil || typ != Text {
				t.Fatal(typ, err)
			}
			all, err := io.ReadAll(r)
			if err != nil || !strings.HasSuffix(string(all), "line 98\nline 99\n") {
				t.Fatalf("%v, %q", err, all)
			}
			typ, r, err = server.Reader(ctx) // read a part, skip the rest
			if err != nil || typ != Binary {
				t.Fatal(typ, err)
			}
			part := make([]byte, 10_000)
			if _, err := io.ReadFull(r, part); err != nil || string(part) != text(10_000) {
				t.Fatal(err)
			}
			if typ, p, err := server.Read(ctx); err != nil || typ != Text || string(p) != "last" {
				t.Fatalf("%v %q %v", typ, p, err)
			}
			if _, err := r.Read(part); err != errStaleReader {
				t.Fatalf("reader of an earlier message says %v", err)
			}
		})
	}
}
