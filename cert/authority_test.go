package cert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAuthorityIsMadeOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "ca")
	if HasAuthority(dir) {
		t.Fatal("an authority before it was made")
	}
	var wg sync.WaitGroup
	prints := make([]string, 8)
	for i := range prints {
		wg.Go(func() {
			a, err := OpenAuthority(dir)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = Fingerprint(a.Certificate())
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("two authorities in one folder: %s and %s", p, prints[0])
		}
	}
	if !HasAuthority(dir) {
		t.Fatal("no authority after it was made")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("files left in %s: %v", dir, entries)
	}
	info, err := os.Stat(filepath.Join(dir, authorityFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: mode %v, %v; want 0600", info.Mode(), err)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("folder: mode %v; want 0700", info.Mode())
	}
	public, err := os.ReadFile(filepath.Join(dir, publicFile))
	if err != nil || strings.Contains(string(public), "PRIVATE") {
		t.Errorf("public file: %v, %q", err, public)
	}
}

func TestAuthorityCertificate(t *testing.T) {
	c := newAuthority(t).Certificate()
	key, ok := c.PublicKey.(*ecdsa.PublicKey)
	switch {
	case !ok || key.Curve != elliptic.P256():
		t.Errorf("key %T, want ECDSA P-256", c.PublicKey)
	case !c.IsCA || c.MaxPathLen != 0 || !c.MaxPathLenZero:
		t.Errorf("CA %v, path length %d; want a CA of path length 0", c.IsCA, c.MaxPathLen)
	case !c.PermittedDNSDomainsCritical || len(c.PermittedDNSDomains) == 0 || len(c.PermittedIPRanges) == 0:
		t.Error("no name constraints")
	case c.KeyUsage != x509.KeyUsageCertSign|x509.KeyUsageCRLSign:
		t.Errorf("key usage %b", c.KeyUsage)
	}
}

func TestIssuedCertificatesVerify(t *testing.T) {
	a := newAuthority(t)
	for _, tt := range []struct {
		names []string
		good  []string
		bad   []string
	}{
		{[]string{"localhost"}, []string{"localhost"}, []string{"other.localhost", "test"}},
		{[]string{"*.test", "test"}, []string{"a.test", "test"}, []string{"a.b.test"}},
		{[]string{"127.0.0.1", "::1"}, []string{"127.0.0.1", "[::1]"}, []string{"127.0.0.2", "localhost"}},
		{[]string{"Shop.Example.COM", "203.0.113.9"}, []string{"shop.example.com", "203.0.113.9"}, []string{"example.com"}},
		{[]string{"10.1.2.3", "db.internal"}, []string{"10.1.2.3", "db.internal"}, nil},
	} {
		for _, useRSA := range []bool{false, tt.bad == nil} { // RSA keys take long to make: once
			c := issue(t, a, Request{Names: tt.names, RSA: useRSA})
			for _, name := range tt.good {
				if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: rootsOf(a), DNSName: name}); err != nil {
					t.Errorf("certificate for %v asked as %s: %v", tt.names, name, err)
				}
			}
			for _, name := range tt.bad {
				if _, err := c.Leaf.Verify(x509.VerifyOptions{Roots: rootsOf(a), DNSName: name}); err == nil {
					t.Errorf("certificate for %v is accepted for %s", tt.names, name)
				}
			}
		}
	}
}

// A certificate signed with the authority's key beyond its constraints is what
// a thief of the key would make.
func TestConstraintsHold(t *testing.T) {
	a := newAuthority(t)
	before := rootsOf(a)
	outside := issue(t, a, Request{Names: []string{"bank.example.com"}})
	if _, err := outside.Leaf.Verify(x509.VerifyOptions{Roots: rootsOf(a)}); err != nil {
		t.Errorf("a name that was added: %v", err)
	}
	_, err := outside.Leaf.Verify(x509.VerifyOptions{Roots: before})
	if invalid := (x509.CertificateInvalidError{}); !errors.As(err, &invalid) || invalid.Reason != x509.CANotAuthorizedForThisName {
		t.Errorf("who trusts the earlier certificate accepts a name outside of it: %v", err)
	}
	inside := issue(t, a, Request{Names: []string{"localhost"}})
	if _, err := inside.Leaf.Verify(x509.VerifyOptions{Roots: before}); err != nil {
		t.Errorf("who trusts the earlier certificate no longer accepts a name inside of it: %v", err)
	}
}

func TestPermitIsSeenByOthersAndKept(t *testing.T) {
	a := newAuthority(t)
	b, err := OpenAuthority(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := a.Permit([]string{"one.example"}); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if changed, err := b.Permit([]string{"*.two.example", "198.51.100.7"}); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if changed, err := b.Permit([]string{"sub.one.example", "two.example", "192.168.1.1"}); err != nil || changed {
		t.Errorf("permitting what is permitted: changed %v, %v", changed, err)
	}
	c, err := OpenAuthority(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	got := constraintsOf(c.Certificate())
	for _, host := range []string{"localhost", "one.example", "two.example"} {
		if !got.coversHost(host) {
			t.Errorf("%s is lost from %v", host, got.hosts)
		}
	}
	if got.coversHost("example") || got.coversHost("none.example") {
		t.Errorf("too much is permitted: %v", got.hosts)
	}
}

// Several processes add names at once, and none of them is lost.
func TestPermitAtOnce(t *testing.T) {
	first := newAuthority(t)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			a, err := OpenAuthority(first.dir)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := a.Permit([]string{fmt.Sprintf("n%d.example", i)}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	a, err := OpenAuthority(first.dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 12 {
		if !constraintsOf(a.Certificate()).coversHost(fmt.Sprintf("n%d.example", i)) {
			t.Errorf("n%d.example is lost", i)
		}
	}
	if public, err := os.ReadFile(a.File()); err != nil || string(public) != string(a.PEM()) {
		t.Errorf("%s is not the certificate in use: %v", a.File(), err)
	}
}

func TestAuthorityIsSignedAnewBeforeItEnds(t *testing.T) {
	a := newAuthority(t)
	old := rootsOf(a)
	if _, err := a.Permit([]string{"kept.example"}); err != nil {
		t.Fatal(err)
	}
	a.now = func() time.Time { return time.Now().Add(-authorityLifetime + 30*24*time.Hour) }
	if err := a.sign(constraintsOf(a.cert)); err != nil {
		t.Fatal(err)
	}
	short := a.Certificate()
	b, err := OpenAuthority(a.dir)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(b.Certificate().NotAfter); left < authorityLifetime-time.Hour {
		t.Errorf("authority with 30 days left has %v after opening it", left)
	}
	if Fingerprint(short) == Fingerprint(b.Certificate()) || !constraintsOf(b.Certificate()).coversHost("kept.example") {
		t.Error("not signed anew, or its names are lost")
	}
	leaf := issue(t, b, Request{Names: []string{"localhost"}}).Leaf
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: old}); err != nil {
		t.Errorf("trust in the earlier certificate is lost: %v", err)
	}
}

func TestLeafDoesNotOutliveItsAuthority(t *testing.T) {
	a := newAuthority(t)
	leaf := issue(t, a, Request{Names: []string{"localhost"}, Lifetime: 100 * 365 * 24 * time.Hour}).Leaf
	if leaf.NotAfter.After(a.Certificate().NotAfter) {
		t.Errorf("leaf until %v, authority until %v", leaf.NotAfter, a.Certificate().NotAfter)
	}
}

func TestIssueRefuses(t *testing.T) {
	a := newAuthority(t)
	for want, req := range map[string]Request{
		"no name given":            {},
		"a star may only be":       {Names: []string{"a.*.test"}},
		"for every name":           {Names: []string{"*"}},
		"without a port":           {Names: []string{"localhost:443"}},
		"not a URL":                {Names: []string{"https://localhost"}},
		"xn-- form":                {Names: []string{"bücher.test"}},
		"an empty label":           {Names: []string{"a..test"}},
		"a zone":                   {Names: []string{"fe80::1%eth0"}},
		"longer than 63":           {Names: []string{strings.Repeat("a", 64) + ".test"}},
		"longer than the 253":      {Names: []string{strings.Repeat("a.", 130) + "test"}},
		"begins or ends with":      {Names: []string{"-a.test"}},
		"may not be in":            {Names: []string{"a b.test"}},
		"is too short, at least":   {Names: []string{"localhost"}, Lifetime: time.Second},
		"a client has one name":    {Names: []string{"a", "b"}, Client: true},
		"cannot name a client":     {Names: []string{"a\nb"}, Client: true},
		"a domain is missing":      {Names: []string{"*."}},
		"an empty name; leave the": {Names: []string{""}},
	} {
		if _, err := a.Issue(req); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Issue(%+v) = %v; want an error with %q", req, err, want)
		}
	}
}

func TestOpenAuthorityRefusesABrokenFile(t *testing.T) {
	a := newAuthority(t)
	path := filepath.Join(a.dir, authorityFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	leafChain, leafKey, err := Encode(issue(t, a, Request{Names: []string{"localhost"}}))
	if err != nil {
		t.Fatal(err)
	}
	for want, data := range map[string][]byte{
		"empty":            nil,
		"cut off":          whole[:100],
		"no whole PRIV":    whole[:len(whole)-80],
		"not that of a CA": append(leafChain, leafKey...),
	} {
		write(t, path, data)
		if _, err := OpenAuthority(a.dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path[:len(a.dir)]) {
			t.Errorf("file of %d bytes: %v; want an error with %q", len(data), err, want)
		}
		if now, _ := os.ReadFile(path); string(now) != string(data) {
			t.Error("a broken file was overwritten: the key in it may be all that is left")
		}
	}
}

// OpenSSL reads constraints in its own way: chain, names and use must hold there too.
func TestOpenSSLVerifies(t *testing.T) {
	a := newAuthority(t)
	dir := t.TempDir()
	verify := func(path string, args ...string) (string, error) {
		return openssl(t, append(append([]string{"verify", "-x509_strict", "-CAfile", a.File()}, args...), path)...)
	}
	server, _ := writePair(t, dir, "server", issue(t, a, Request{Names: []string{"localhost", "*.site.test", "shop.example.com"}}))
	address, _ := writePair(t, dir, "address", issue(t, a, Request{Names: []string{"127.0.0.1", "::1"}}))
	client, _ := writePair(t, dir, "client", issue(t, a, Request{Names: []string{"sensor.example.net"}, Client: true}))
	for _, args := range [][]string{
		{server, "-purpose", "sslserver", "-verify_hostname", "localhost"},
		{server, "-purpose", "sslserver", "-verify_hostname", "x.site.test"},
		{server, "-purpose", "sslserver", "-verify_hostname", "shop.example.com"},
		{address, "-purpose", "sslserver", "-verify_ip", "127.0.0.1"},
		{address, "-purpose", "sslserver", "-verify_ip", "::1"},
		{client, "-purpose", "sslclient"},
	} {
		if out, err := verify(args[0], args[1:]...); err != nil {
			t.Errorf("openssl verify %v: %v\n%s", args[1:], err, out)
		}
	}
	if out, err := verify(client, "-purpose", "sslserver"); err == nil {
		t.Errorf("a client's certificate passes for a server:\n%s", out)
	}
	a2 := newAuthority(t)
	permitted := a2.File() + ".before"
	write(t, permitted, a2.PEM())
	outside, _ := writePair(t, dir, "outside", issue(t, a2, Request{Names: []string{"bank.example.com"}}))
	if out, err := openssl(t, "verify", "-CAfile", permitted, outside); err == nil || !strings.Contains(out, "permitted subtree violation") {
		t.Errorf("constraints do not hold in OpenSSL: %v\n%s", err, out)
	}
}
