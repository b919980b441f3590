package scan

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// serve answers connections on the loopback interface.
func serve(t *testing.T, handle func(net.Conn)) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
	return netip.MustParseAddrPort(ln.Addr().String())
}

func grab(t *testing.T, addr netip.AddrPort) Service {
	t.Helper()
	g := Grabber{Quiet: 100 * time.Millisecond, Timeout: 5 * time.Second}
	return g.Grab(t.Context(), addr, "shop.example.com")
}

func TestGrabListens(t *testing.T) {
	addr := serve(t, func(c net.Conn) {
		io.WriteString(c, "SSH-2.0-")
		io.WriteString(c, "Test\r\n")
		io.Copy(io.Discard, c)
	})
	if s := grab(t, addr); s.Banner != "SSH-2.0-Test\r\n" || s.TLS != nil {
		t.Errorf("%+v", s)
	}
}

func TestGrabAsksByHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "shop.example.com" {
			t.Errorf("asked for %q", r.Host)
		}
		w.Header().Set("Server", "test/1")
	}))
	defer server.Close()
	if s := grab(t, netip.MustParseAddrPort(server.Listener.Addr().String())); s.Banner != "HTTP/1.1 200 OK, Server: test/1" || s.TLS != nil {
		t.Errorf("%+v", s)
	}
}

func TestGrabReadsCertificates(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	s := grab(t, netip.MustParseAddrPort(server.Listener.Addr().String()))
	if s.TLS == nil || s.TLS.Version != "TLS 1.3" || s.TLS.ALPN != "h2" || !slices.Contains(s.TLS.Names, "example.com") || !slices.Contains(s.TLS.Names, "127.0.0.1") ||
		!strings.Contains(s.TLS.Issuer, "Acme") || s.TLS.Until.Before(time.Now()) {
		t.Errorf("%+v", s.TLS)
	}
}

// Who says nothing, hangs up or never ends costs a bounded time and memory.
func TestGrabIsBounded(t *testing.T) {
	silent := serve(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	endless := serve(t, func(c net.Conn) {
		for {
			if _, err := c.Write([]byte(strings.Repeat("x", 4096))); err != nil {
				return
			}
		}
	})
	rude := serve(t, func(net.Conn) {})
	g := Grabber{Quiet: 50 * time.Millisecond, Timeout: 200 * time.Millisecond}
	begin := time.Now()
	if s := g.Grab(t.Context(), silent, ""); s.Banner != "" || s.TLS != nil {
		t.Errorf("silent: %+v", s)
	}
	if s := g.Grab(t.Context(), endless, ""); len(s.Banner) != mostBanner {
		t.Errorf("endless: %d bytes", len(s.Banner))
	}
	if s := g.Grab(t.Context(), rude, ""); s.Banner != "" || s.TLS != nil {
		t.Errorf("rude: %+v", s)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	begin = time.Now()
	(&Grabber{Quiet: time.Minute}).Grab(ctx, silent, "")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("after its end it took %v", took)
	}
}
