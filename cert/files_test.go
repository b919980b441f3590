package cert

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// served starts a files source and gives back the log it writes.
func served(t *testing.T, cfg Config) (Source, *logBuffer) {
	t.Helper()
	log := &logBuffer{}
	s, err := New("site", cfg, "", slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s, log
}

// logBuffer keeps what is logged until it is taken out.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.buf.Reset()
	return b.buf.String()
}

func shown(s Source) string { return Fingerprint(s.Certificates()[0].Leaf) }

func TestFilesAreReloaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t)
		one, two := issue(t, a, Request{Names: []string{"one.test"}}), issue(t, a, Request{Names: []string{"two.test"}})
		dir := t.TempDir()
		certPath, keyPath := writePair(t, dir, "site", one)
		s, log := served(t, Config{Cert: certPath, Key: keyPath})
		before := s.Certificates()
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := log.take(); &s.Certificates()[0] != &before[0] || got != "" {
			t.Errorf("loaded again although nothing changed: %s", got)
		}
		writePair(t, dir, "site", two)
		time.Sleep(pollEvery)
		if synctest.Wait(); shown(s) != Fingerprint(two.Leaf) {
			t.Error("the new certificate is not shown")
		}
		if before[0].Leaf.Subject.CommonName != "one.test" {
			t.Error("what was handed out before has changed")
		}
	})
}

func TestHalfAPairKeepsTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t)
		one, two := issue(t, a, Request{Names: []string{"one.test"}}), issue(t, a, Request{Names: []string{"two.test"}})
		dir := t.TempDir()
		certPath, keyPath := writePair(t, dir, "site", one)
		s, log := served(t, Config{Cert: certPath, Key: keyPath})
		chain, key, err := Encode(two)
		if err != nil {
			t.Fatal(err)
		}
		steps := []struct {
			reason string
			change func()
		}{
			{"does not belong", func() { write(t, certPath, chain) }},
			{"cut off", func() { write(t, certPath, chain[:200]) }},
			{"empty", func() { write(t, certPath, nil) }},
			{"no such file", func() { os.Remove(certPath) }},
		}
		for _, step := range steps {
			step.change()
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			if shown(s) != Fingerprint(one.Leaf) {
				t.Errorf("%s: the old certificate is gone", step.reason)
			}
			if got := log.take(); strings.Count(got, "\n") != 1 || !strings.Contains(got, step.reason) || !strings.Contains(got, certPath) {
				t.Errorf("reported %q; want %q once", got, step.reason)
			}
			if p := s.Info()[0].Problems; len(p) != 1 || p[0].Code != "reload" {
				t.Errorf("Info does not tell: %v", p)
			}
		}
		write(t, certPath, chain)
		write(t, keyPath, key)
		time.Sleep(pollEvery)
		synctest.Wait()
		if got := log.take(); shown(s) != Fingerprint(two.Leaf) || !strings.Contains(got, "certificate loaded") {
			t.Errorf("the whole pair is not shown: %s", got)
		}
		if p := s.Info()[0].Problems; len(p) != 0 {
			t.Errorf("problems stay: %v", p)
		}
	})
}

func TestCertificateOutOfDateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t)
		certPath, keyPath := writePair(t, t.TempDir(), "site", issue(t, a, Request{Names: []string{"one.test"}, Lifetime: 24 * time.Hour}))
		time.Sleep(48 * time.Hour)
		s, log := served(t, Config{Cert: certPath, Key: keyPath})
		if got := log.take(); !strings.Contains(got, "It expired on") || !strings.Contains(got, certPath) {
			t.Errorf("an expired certificate is not told: %s", got)
		}
		if p := s.Info()[0].Problems; len(p) != 1 || p[0].Code != "expired" {
			t.Errorf("Info: %v", p)
		}
	})
}

// Kubernetes and ACME clients leave the paths alone and swap a symlink on the way.
func TestSymlinkSwap(t *testing.T) {
	a := newAuthority(t)
	one, two := issue(t, a, Request{Names: []string{"one.test"}}), issue(t, a, Request{Names: []string{"two.test"}})
	for _, tt := range []struct {
		name string
		lay  func(t *testing.T, dir string) (certPath, keyPath string)
		swap func(t *testing.T, dir string)
	}{
		{"kubernetes", func(t *testing.T, dir string) (string, string) {
			for stamp, c := range map[string]*tls.Certificate{"..2026_01": one, "..2026_02": two} {
				mkdir(t, filepath.Join(dir, stamp))
				writePair(t, filepath.Join(dir, stamp), "tls", c)
			}
			symlink(t, "..2026_01", filepath.Join(dir, "..data"))
			symlink(t, "..data/tls.pem", filepath.Join(dir, "tls.pem"))
			symlink(t, "..data/tls.key", filepath.Join(dir, "tls.key"))
			return filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
		}, func(t *testing.T, dir string) {
			symlink(t, "..2026_02", filepath.Join(dir, "..data_tmp"))
			rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
		}},
		{"certbot", func(t *testing.T, dir string) (string, string) {
			mkdir(t, filepath.Join(dir, "archive"))
			writePair(t, filepath.Join(dir, "archive"), "1", one)
			writePair(t, filepath.Join(dir, "archive"), "2", two)
			symlink(t, "archive/1.pem", filepath.Join(dir, "fullchain.pem"))
			symlink(t, "archive/1.key", filepath.Join(dir, "privkey.pem"))
			return filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")
		}, func(t *testing.T, dir string) {
			for link, target := range map[string]string{"fullchain.pem": "archive/2.pem", "privkey.pem": "archive/2.key"} {
				if err := os.Remove(filepath.Join(dir, link)); err != nil {
					t.Fatal(err)
				}
				symlink(t, target, filepath.Join(dir, link))
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				certPath, keyPath := tt.lay(t, dir)
				s, log := served(t, Config{Cert: certPath, Key: keyPath})
				if shown(s) != Fingerprint(one.Leaf) {
					t.Fatal("not the first certificate")
				}
				tt.swap(t, dir)
				time.Sleep(pollEvery)
				if synctest.Wait(); shown(s) != Fingerprint(two.Leaf) {
					t.Errorf("the swapped certificate is not shown: %s", log.take())
				}
			})
		})
	}
}

// A file written twice within one tick of the file system's clock looks the
// same from outside.
func TestSameStampOtherContent(t *testing.T) {
	a := newAuthority(t)
	one := issue(t, a, Request{Names: []string{"one.test"}})
	two := issue(t, a, Request{Names: []string{"two.test"}})
	for len(two.Leaf.Raw) != len(one.Leaf.Raw) { // signatures vary by a byte or two
		two = issue(t, a, Request{Names: []string{"two.test"}})
	}
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certPath, keyPath := writePair(t, dir, "site", one)
		s, _ := served(t, Config{Cert: certPath, Key: keyPath})
		then := stampOf(certPath)
		writePair(t, dir, "site", two)
		for _, path := range []string{certPath, keyPath} {
			if err := os.Chtimes(path, then.mtime, then.mtime); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(pollEvery * (rereadEvery + 1))
		if synctest.Wait(); shown(s) != Fingerprint(two.Leaf) {
			t.Error("a change behind an equal time stamp was never seen")
		}
	})
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	a := newAuthority(t)
	dir := t.TempDir()
	one, two := issue(t, a, Request{Names: []string{"one.test"}}), issue(t, a, Request{Names: []string{"two.test"}})
	chain1, key1, _ := Encode(one)
	chain2, _, _ := Encode(two)
	for _, tt := range []struct{ want, cert, key string }{
		{"no CERTIFICATE block in the file, only PRIVATE KEY", string(key1), string(key1)},
		{"no PRIVATE KEY block in the file, only CERTIFICATE", string(chain1), string(chain1)},
		{"does not belong to the certificate of two.test", string(chain2), string(key1)},
		{"belongs to certificate 2 of the file (one.test); the server's own certificate must come first", string(chain2) + string(chain1), string(key1)},
		{"in DER form", string(one.Certificate[0]), string(key1)},
		{"it is not PEM", "hello", string(key1)},
		{"protected by a password", string(chain1), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"},
		{"read the private key", string(chain1), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
		{"certificate 1 of the file", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", string(key1)},
		{"larger than 4 MiB", strings.Repeat("x", maxFile+1), string(key1)},
	} {
		certPath, keyPath := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
		write(t, certPath, []byte(tt.cert))
		write(t, keyPath, []byte(tt.key))
		_, err := New("site", Config{Cert: certPath, Key: keyPath}, "", nil)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "certs.site") || !strings.Contains(err.Error(), certPath) {
			t.Errorf("got %v; want an error with %q", err, tt.want)
		}
	}
}

func TestKeyInTheFileOfTheCertificate(t *testing.T) {
	chain, key, err := Encode(issue(t, newAuthority(t), Request{Names: []string{"one.test"}}))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "both.pem")
	write(t, path, append(key, chain...))
	s, err := New("site", Config{Cert: path}, "", nil)
	if err != nil || s.Certificates()[0].Leaf == nil {
		t.Errorf("%v", err)
	}
}

func TestConfigValidate(t *testing.T) {
	for want, cfg := range map[string]Config{
		"say where":             {},
		"a key needs":           {Key: "k"},
		"not from both":         {Cert: "c", Internal: &InternalConfig{}},
		"the certificate comes": {},
	} {
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", cfg, err, want)
		}
	}
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
