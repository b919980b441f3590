package cert

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// peer skips the test where a program is missing; CI must have it.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

func newAuthority(t *testing.T) *Authority {
	t.Helper()
	a, err := OpenAuthority(filepath.Join(t.TempDir(), "ca"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *Authority, req Request) *tls.Certificate {
	t.Helper()
	c, err := a.Issue(req)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rootsOf trusts one authority alone.
func rootsOf(a *Authority) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.Certificate())
	return pool
}

// writePair writes a certificate and its key into dir as NAME.pem and NAME.key.
func writePair(t *testing.T, dir, name string, c *tls.Certificate) (certPath, keyPath string) {
	t.Helper()
	chain, key, err := Encode(c)
	if err != nil {
		t.Fatal(err)
	}
	certPath, keyPath = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	write(t, certPath, chain)
	write(t, keyPath, key)
	return certPath, keyPath
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// openssl runs the program and gives back what it printed.
func openssl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), peer(t, "openssl"), args...)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// handshake makes a connection in memory and returns what the client saw.
func handshake(t *testing.T, server, client *tls.Config) (tls.ConnectionState, error) {
	t.Helper()
	state, _, err := handshakeBoth(t, server, client)
	return state, err
}
