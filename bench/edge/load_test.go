//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

func backendForTest(t *testing.T) netip.AddrPort {
	t.Helper()
	b, at, err := newBackend()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return at
}

// benchForTest drives with what the rows say, but shortly.
func benchForTest(t *testing.T) *bench {
	t.Helper()
	id, err := newIdentity(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		settings: settings{rounds: 1, warm: 10 * time.Millisecond, measured: 5 * time.Second, requests: 200},
		identity: id, dir: t.TempDir(), files: 1024, backend: netip.MustParseAddrPort("127.0.0.1:9"),
	}
}

func TestGeneratorAgainstBackend(t *testing.T) {
	at, b := backendForTest(t), benchForTest(t)
	for _, r := range rows() {
		if r.kind != perRequest || r.tls || r.files {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			samples := 0
			out, err := runLoad(b.job(r, at, func() error { samples++; return nil }))
			if err != nil || out.Failed > 0 {
				t.Fatalf("%d failed, first %q; %v", out.Failed, out.First, err)
			}
			if out.Requests < 200 || out.Elapsed <= 0 || samples != 2 {
				t.Errorf("%d requests in %s, %d samples; want at least 200, and 2 samples", out.Requests, out.Elapsed, samples)
			}
		})
	}
}

func TestGeneratorOverTLS(t *testing.T) {
	b := benchForTest(t)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(payload(smallSize))
	}))
	srv.TLS = b.identity.client().Clone()
	cert, err := b.identity.pair()
	if err != nil {
		t.Fatal(err)
	}
	srv.TLS.Certificates = append(srv.TLS.Certificates, cert)
	srv.StartTLS()
	defer srv.Close()
	at := netip.MustParseAddrPort(srv.Listener.Addr().String())
	for _, r := range rows() {
		if r.kind != perRequest || !r.tls {
			continue
		}
		r.conns = 4
		out, suite, err := b.drive(t.Context(), b.job(r, at, func() error { return nil }), r)
		if err != nil || out.Failed > 0 || out.Requests < 200 {
			t.Errorf("%s: %d requests, %d failed, first %q; %v", r.name, out.Requests, out.Failed, out.First, err)
		}
		if !strings.HasPrefix(suite, "TLS 1.3 ") || !strings.HasSuffix(suite, " X25519") {
			t.Errorf("%s: handshake %q", r.name, suite)
		}
	}
}

// A server that is wrong once is found out, and the run has a failure.
func TestGeneratorSeesOneWrongByte(t *testing.T) {
	b := benchForTest(t)
	r := rows()[0]
	good := payload(r.size)
	n := 0
	at := serveConn(t, func(conn net.Conn) {
		for {
			if _, err := conn.Read(make([]byte, 4096)); err != nil {
				return
			}
			body := string(good)
			if n++; n == 100 {
				body = "x" + body[1:]
			}
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	})
	r.conns = 1
	out, _ := runLoad(b.job(r, at, func() error { return nil }))
	if out.Failed != 1 || out.First != errBody.Error() {
		t.Errorf("%d failed, first %q; want 1 and %q", out.Failed, out.First, errBody)
	}
}

func TestGeneratorSeesAClosedConnection(t *testing.T) {
	b := benchForTest(t)
	r := rows()[0]
	at := serveConn(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 4096)) })
	r.conns = 1
	out, err := runLoad(b.job(r, at, func() error { return nil }))
	if err == nil || out.Failed != 1 || out.First != io.EOF.Error() {
		t.Errorf("%d failed, first %q; %v; want one EOF", out.Failed, out.First, err)
	}
}

// serveConn serves one connection.
func serveConn(t *testing.T, serve func(net.Conn)) netip.AddrPort {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		serve(conn)
	}()
	t.Cleanup(func() { _ = ln.Close(); <-done })
	return netip.MustParseAddrPort(ln.Addr().String())
}

func TestBackendRefuses(t *testing.T) {
	at := backendForTest(t)
	changed := payload(largeSize)
	changed[largeSize/2] ^= 1
	tests := []struct{ name, request string }{
		{"unknown path", "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"HTTP/1.0", "GET /small HTTP/1.0\r\nHost: x\r\n\r\n"},
		{"upload without length", "POST /upload HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"changed upload", fmt.Sprintf("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", largeSize, changed)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", at.String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.WriteString(conn, tt.request) }()
			got := make([]byte, 12)
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != "HTTP/1.1 400" {
				t.Errorf("answer %q, %v; want 400", got, err)
			}
		})
	}
}

func TestLogged(t *testing.T) {
	file := t.TempDir() + "/access.log"
	if err := os.WriteFile(file, []byte("a\nb\nc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for answers, wantErr := range map[int]bool{2: false, 3: false, 4: true} {
		if err := (&running{log: file}).logged(answers); (err != nil) != wantErr {
			t.Errorf("3 lines for %d answers: %v", answers, err)
		}
	}
	if err := (&running{}).logged(4); err != nil {
		t.Errorf("no log was wanted: %v", err)
	}
}
