package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestInternalCertificateRenewsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logBuffer{}
		s, err := New("local", Config{Internal: &InternalConfig{Names: []string{"localhost"}}}, t.TempDir(), slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Serve(ctx) }()
		begin, seen := time.Now(), []string{shown(s)}
		const day = 24 * time.Hour
		for range 90 {
			time.Sleep(day)
			synctest.Wait()
			leaf := s.Certificates()[0].Leaf
			if left := time.Until(leaf.NotAfter); left < 10*day-time.Hour {
				t.Fatalf("after %v only %v are left", time.Since(begin), left)
			}
			if now := shown(s); now != seen[len(seen)-1] {
				seen = append(seen, now)
			}
		}
		if len(seen) != 5 { // on day 20, 40, 60 and 80
			t.Errorf("%d certificates in 90 days, want 5", len(seen))
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := log.take(); strings.Contains(got, "WARN") || strings.Contains(got, "ERROR") || strings.Count(got, "renewed") != 4 {
			t.Errorf("log: %s", got)
		}
	})
}

func TestInternalDefaults(t *testing.T) {
	s, err := New("local", Config{Internal: &InternalConfig{}}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf := s.Certificates()[0].Leaf
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if life := time.Until(leaf.NotAfter); life > DefaultLifetime || life < DefaultLifetime-time.Minute {
		t.Errorf("lives %v", life)
	}
}

// curl, OpenSSL and Firefox do not accept "*.test", so who asks for a name
// under it is shown a certificate for just that name.
func TestShortWildcardIsIssuedByName(t *testing.T) {
	dir := t.TempDir()
	source, err := New("local", Config{Internal: &InternalConfig{Names: []string{"localhost", "*.test", "*.site.test"}}}, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := OpenAuthority(AuthorityDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	choose := Choose(source)
	ask := func(name string) *tls.Certificate {
		t.Helper()
		c, err := choose(&tls.ClientHelloInfo{ServerName: name})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one := ask("shop.test")
	if got := one.Leaf.DNSNames; len(got) != 1 || got[0] != "shop.test" {
		t.Fatalf("shop.test is shown a certificate for %v", got)
	}
	if _, err := one.Leaf.Verify(x509.VerifyOptions{DNSName: "shop.test", Roots: rootsOf(a)}); err != nil {
		t.Error(err)
	}
	if ask("SHOP.test.") != one {
		t.Error("another certificate for the same name")
	}
	for _, name := range []string{"localhost", "a.site.test", "other.example", "", "b\x00d.test", "a.b.test"} {
		if got := ask(name); got != source.Certificates()[0] {
			t.Errorf("%q is shown a certificate for %v", name, got.Leaf.DNSNames)
		}
	}
	// A flood of made-up names stops being answered one by one, and the table
	// stays small.
	wild := 0
	for i := range maxNamed + 50 {
		if ask(fmt.Sprintf("n%d.test", i)) == source.Certificates()[0] {
			wild++
		}
	}
	if wild != 51 {
		t.Errorf("%d names were shown the wildcard, want 51", wild)
	}
	s := source.(*issued)
	s.named.now = func() time.Time { return time.Now().Add(namedRefresh) }
	if ask("late.test") == source.Certificates()[0] || len(s.named.table.Load().certs) != 1 {
		t.Error("the table does not begin anew")
	}
	if err := s.renew(); err != nil {
		t.Fatal(err)
	}
	if ask("shop.test") == one {
		t.Error("not renewed with the others")
	}
}
