package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/cert"
	"github.com/netwright/netwright/endpoint"
	"github.com/netwright/netwright/flow"
)

func connection(r *flow.Record) bool { return r.Kind == flow.Connection }

func TestStreamRecord(t *testing.T) {
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n", addr))
	conn := dial(t, addr)
	fmt.Fprint(conn, "hello")
	conn.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || string(got) != "hello" {
		t.Fatalf("%q, %v", got, err)
	}
	rec := r.record(connection)
	if rec.BytesIn != 5 || rec.BytesOut != 5 || rec.Get(flow.Service) != "echo" || rec.Get(flow.Route) != "echo" ||
		rec.Outcome() != "ok" || rec.Duration <= 0 || rec.Peer().String() != conn.LocalAddr().String() {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// A listener on all addresses sees IPv4 peers as IPv6 ones.
func TestStreamGuard(t *testing.T) {
	_, port, _ := net.SplitHostPort(free(t))
	r := start(t, fmt.Sprintf("guards:\n  others: {deny: 127.0.0.0/8}\nserve:\n  echo:\n    listen: tcp://:%s\n    stream: echo\n    guards: [others]\n", port))
	conn := dial(t, "127.0.0.1:"+port)
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("a peer that is refused reads %q", got)
	}
	if rec := r.record(connection); rec.Outcome() != "refused" || !strings.HasPrefix(rec.Get(flow.Refusal), "others: ") || rec.Has(flow.Error) {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// A thousand peers talk at once, each to its own echo. The guard counts them all:
// one more stays out until another goes.
func TestManyStreams(t *testing.T) {
	const many = 1000
	addr := free(t)
	r := start(t, fmt.Sprintf("guards:\n  some: {allow: 127.0.0.0/8, concurrency: %d}\nserve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n    guards: [some]\n", many, addr))
	conns := make([]net.Conn, many)
	for i := range conns {
		conns[i] = dial(t, addr)
		fmt.Fprintf(conns[i], "this is %4d", i)
	}
	for i, conn := range conns {
		got, want := make([]byte, 12), fmt.Sprintf("this is %4d", i)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	}
	if s := r.Services(); s[0].Connections != many || s[0].Accepted != many {
		t.Errorf("%+v", s)
	}
	if got, _ := io.ReadAll(dial(t, addr)); len(got) > 0 {
		t.Errorf("one too many reads %q", got)
	}
	refused := func(r *flow.Record) bool { return connection(r) && r.Outcome() == "refused" }
	if rec := r.record(refused); !strings.HasPrefix(rec.Get(flow.Refusal), "some: ") {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	for _, conn := range conns {
		conn.(*net.TCPConn).CloseWrite()
		if rest, err := io.ReadAll(conn); len(rest) > 0 || err != nil {
			t.Fatalf("behind its end came %q, %v", rest, err)
		}
	}
	served := func(r *flow.Record) bool {
		return connection(r) && r.Outcome() == "ok" && r.BytesIn == 12 && r.BytesOut == 12
	}
	for end := time.Now().Add(wait); len(r.Journal().Last(2*many, served)) < many; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d were served, want %d", len(r.Journal().Last(2*many, served)), many)
		}
	}
	conn := dial(t, addr)
	(&keepAlive{t: t, conn: conn}).exchange("there is room")
	if n := len(r.Journal().Last(2*many, refused)); n != 1 {
		t.Errorf("%d were refused, want 1", n)
	}
}

func TestStreamBehindAProxy(t *testing.T) {
	addr := free(t)
	r := start(t, fmt.Sprintf("guards:\n  others: {deny: 192.0.2.0/24}\nserve:\n  echo:\n    listen: tcp://%s\n    stream: echo\n    guards: [others]\n    trusted: 127.0.0.0/8\n    proxy_protocol: require\n", addr))
	conn := dial(t, addr)
	fmt.Fprint(conn, "PROXY TCP4 192.0.2.7 198.51.100.1 1000 7\r\n")
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("a client that is refused reads %q", got)
	}
	if rec := r.record(connection); rec.Outcome() != "refused" || rec.Peer().String() != "192.0.2.7:1000" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

// pair writes a certificate for localhost and its key.
func pair(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	authority, err := cert.OpenAuthority(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	issued, err := authority.Issue(cert.Request{Names: []string{"localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(certFile, certPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(keyFile, keyPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	return certFile, keyFile
}

// What the URL of a listener says of TLS holds on every kind of it.
func TestCertificateOfAnEndpoint(t *testing.T) {
	certFile, keyFile := pair(t)
	options := fmt.Sprintf("?cert=%s&key=%s&alpn=special", certFile, keyFile)
	web, echo := free(t), free(t)
	r := start(t, fmt.Sprintf("serve:\n  web:\n    listen: https://%s%s\n    routes:\n      - respond: {body: x}\n  echo:\n    listen: tls://%s%s\n    stream: echo\n",
		web, options, echo, options))
	secure := &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"special"}}
	if body, state := getTLS(t, web, secure); body != "x" || state.NegotiatedProtocol != "special" {
		t.Errorf("https: %q over %q", body, state.NegotiatedProtocol)
	}
	conn := tls.Client(dial(t, echo), secure)
	fmt.Fprint(conn, "hello")
	conn.CloseWrite()
	if got, err := io.ReadAll(conn); err != nil || string(got) != "hello" {
		t.Errorf("tls: %q, %v", got, err)
	}
	if rec := r.record(connection); rec.TLSVersion != tls.VersionTLS13 || rec.BytesIn != 5 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	if certs := r.Certificates(); len(certs) != 2 || certs[0].Names[0] != "localhost" {
		t.Errorf("%+v", certs)
	}
}

// A panic is the server's to report, and in the record all the same.
func TestStreamPanics(t *testing.T) {
	r := start(t, "serve: {}\n")
	st := &streamService{node: r.Node, handle: endpoint.HandlerFunc(func(context.Context, net.Conn) error { panic("oh") })}
	near, far := net.Pipe()
	defer far.Close()
	func() {
		defer func() {
			if p := recover(); p != "oh" {
				t.Errorf("recovered %v", p)
			}
		}()
		st.handler("broken", nil).Serve(t.Context(), near)
	}()
	if rec := r.record(connection); rec.Outcome() != "error" || rec.Get(flow.Error) != "panic" || rec.Get(flow.Service) != "broken" {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
}

func TestStreamOverWebSocketAndUDP(t *testing.T) {
	addr := free(t)
	r := start(t, fmt.Sprintf("serve:\n  lines:\n    listen: [ws://%s/, udp://%s]\n    stream: echo\n", addr, addr))
	conn, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	(&keepAlive{t: t, conn: conn}).exchange("datagram")
	s := r.Services()
	if len(s) != 1 || s[0].Connections != 1 || s[0].Accepted != 1 {
		t.Errorf("%+v", s)
	}
	if took := r.stopAndWait(); took.Seconds() > 5 {
		t.Errorf("it stopped after %v", took)
	}
}

// exchange sends a datagram and gets it back.
func (k *keepAlive) exchange(text string) {
	k.t.Helper()
	fmt.Fprint(k.conn, text)
	got := make([]byte, 100)
	n, err := k.conn.Read(got)
	if err != nil || string(got[:n]) != text {
		k.t.Fatalf("%q, %v", got[:n], err)
	}
}

// What a reload changes of TLS reaches listeners too whose connections are no bare
// sockets.
func TestStreamOverSecureWebSocket(t *testing.T) {
	addr := free(t)
	text := func(names string) string {
		return fmt.Sprintf("certs:\n  local: {internal: {names: [%s]}}\nserve:\n  lines:\n    listen: wss://%s/\n    cert: local\n    stream: echo\n", names, addr)
	}
	r := start(t, text("localhost, 127.0.0.1"))
	talk := func() {
		t.Helper()
		conn, err := endpoint.Dial(t.Context(), "wss://"+addr+"/?insecure")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		(&keepAlive{t: t, conn: conn}).exchange("hello")
	}
	shown := func() []string {
		t.Helper()
		conn := tls.Client(dial(t, addr), &tls.Config{InsecureSkipVerify: true})
		defer conn.Close()
		if err := conn.Handshake(); err != nil {
			t.Fatal(err)
		}
		return conn.ConnectionState().PeerCertificates[0].DNSNames
	}
	talk()
	if names := shown(); len(names) != 1 || names[0] != "localhost" {
		t.Errorf("%q", names)
	}
	rec := r.record(func(r *flow.Record) bool { return connection(r) && r.BytesIn > 0 })
	if rec.TLSVersion != tls.VersionTLS13 || rec.BytesIn != 5 || rec.BytesOut != 5 {
		t.Errorf("%s", rec.AppendJSON(nil))
	}
	r.change(text("changed.test"))
	talk()
	if names := shown(); len(names) != 1 || names[0] != "changed.test" {
		t.Errorf("behind a reload: %q", names)
	}
}
