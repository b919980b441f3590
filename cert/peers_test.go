package cert

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// serveHTTP starts a web server with the certificates of sources.
func serveHTTP(t *testing.T, sources ...Source) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ErrorLog:  log.New(io.Discard, "", 0),
		TLSConfig: ServerConfig(Choose(sources...)),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("hello " + r.TLS.ServerName + "\n"))
		}),
	}
	done := make(chan error, 1)
	go func() { done <- server.ServeTLS(ln, "", "") }()
	t.Cleanup(func() { server.Close(); <-done })
	return ln.Addr().String()
}

// What curl trusts by the authority's file it reaches, wildcard below a
// top-level domain and address included; what it does not know it refuses.
func TestCurl(t *testing.T) {
	curl := peer(t, "curl")
	dir := t.TempDir()
	source, err := New("local", Config{Internal: &InternalConfig{Names: []string{"localhost", "*.test", "127.0.0.1"}}}, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	addr := serveHTTP(t, source)
	_, port, _ := net.SplitHostPort(addr)
	ca := filepath.Join(AuthorityDir(dir), publicFile)
	for _, host := range []string{"localhost", "shop.test", "127.0.0.1"} {
		get := func(args ...string) (string, error) {
			args = append(args, "-sS", "--max-time", "10", "--noproxy", "*", "--resolve", host+":"+port+":127.0.0.1", "https://"+host+":"+port+"/")
			out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput()
			return string(out), err
		}
		if out, err := get("--cacert", ca); err != nil || !strings.HasPrefix(out, "hello") {
			t.Errorf("%s: %v: %s", host, err, out)
		}
		if out, err := get(); err == nil {
			t.Errorf("%s: without the authority curl is content: %s", host, out)
		}
	}
}

func TestOpenSSLClient(t *testing.T) {
	a := newAuthority(t)
	name := []string{"both.test"}
	addr := serveHTTP(t, static{issue(t, a, Request{Names: []string{"first.test"}})},
		static{issue(t, a, Request{Names: name})}, static{issue(t, a, Request{Names: name, RSA: true})})
	client := func(args ...string) string {
		out, err := openssl(t, append([]string{"s_client", "-connect", addr, "-CAfile", a.File(), "-verify_return_error"}, args...)...)
		if err != nil && !strings.Contains(out, "alert") {
			t.Logf("openssl %v: %v", args, err)
		}
		return out
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-servername", "both.test"}, "CN = both.test"},
		{[]string{"-servername", "both.test"}, "Peer signature type: ECDSA"},
		{[]string{"-servername", "both.test", "-sigalgs", "RSA-PSS+SHA256"}, "Peer signature type: RSA-PSS"},
		{[]string{"-servername", "both.test", "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"}, "Peer signature type: RSA"},
		{[]string{"-noservername"}, "CN = first.test"},
		{[]string{"-servername", "both.test", "-alpn", "h2,http/1.1"}, "ALPN protocol: http/1.1"},
		{[]string{"-servername", "both.test", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"}, "alert protocol version"},
	} {
		if out := client(tt.args...); !strings.Contains(out, tt.want) {
			t.Errorf("openssl s_client %v: no %q in\n%s", tt.args, tt.want, out)
		}
	}
}

// A server of OpenSSL's making that leaves its intermediate out.
func TestInspectOpenSSLServer(t *testing.T) {
	m := mint{t}
	root := m.make(ca("Root"), nil, nil)
	middle := m.make(ca("Middle"), root, nil)
	leaf := m.make(site("localhost"), middle, nil)
	dir := t.TempDir()
	key, err := encodeKey(leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "key.pem"), key)
	write(t, filepath.Join(dir, "leaf.pem"), encodeCertificates(leaf.cert.Raw))
	write(t, filepath.Join(dir, "middle.pem"), encodeCertificates(middle.cert.Raw))
	write(t, filepath.Join(dir, "root.pem"), encodeCertificates(root.cert.Raw))
	pool, err := RootsFromFile(filepath.Join(dir, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"incomplete-chain"}},
		{[]string{"-cert_chain", filepath.Join(dir, "middle.pem")}, nil},
	} {
		addr := sServer(t, append([]string{"-cert", filepath.Join(dir, "leaf.pem"), "-key", filepath.Join(dir, "key.pem")}, tt.args...)...)
		r, err := InspectServer(t.Context(), "tls://"+addr, Inspection{Name: "localhost", Roots: pool})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(codes(r.Problems), append([]string{}, tt.want...)) {
			t.Errorf("s_server %v: %v, want %v", tt.args, r.Problems, tt.want)
		}
	}
}

// sServer runs openssl s_server and returns where it listens.
func sServer(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	// It ends with its standard input, which stays open until the test ends.
	in, hold, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, peer(t, "openssl"), append([]string{"s_server", "-accept", "127.0.0.1:0"}, args...)...)
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); hold.Close(); in.Close(); cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "ACCEPT "); ok {
			go func() {
				for lines.Scan() { // what it prints later must not block it
				}
			}()
			return addr
		}
	}
	t.Fatal("openssl s_server does not listen")
	return ""
}
