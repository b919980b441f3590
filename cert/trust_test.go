package cert

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The real program of Debian, on folders of its own.
func TestTrustStore(t *testing.T) {
	update, err := exec.LookPath("update-ca-certificates")
	if err != nil {
		update = peer(t, "/usr/sbin/update-ca-certificates")
	}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"local", "etc", "certs", "hooks"} {
		mkdir(t, path(name))
	}
	write(t, path("conf"), nil)
	command := []string{update, "--certsconf", path("conf"), "--certsdir", path("certs"), "--localcertsdir", path("local"), "--etccertsdir", path("etc"), "--hooksdir", path("hooks")}
	store := TrustStore{Dir: path("local"), Update: command, Forget: append(slices.Clip(command), "--fresh")}
	bundle := path("etc/ca-certificates.crt")

	a, other := newAuthority(t), newAuthority(t)
	if err := store.Install(t.Context(), other.Certificate()); err != nil {
		t.Fatal(err)
	}
	if err := store.Install(t.Context(), a.Certificate()); err != nil {
		t.Fatal(err)
	}
	leaf, _ := writePair(t, dir, "leaf", issue(t, a, Request{Names: []string{"shop.example.com"}}))
	if out, err := openssl(t, "verify", "-CAfile", bundle, leaf); err == nil {
		t.Errorf("a name that was not permitted when the root was installed: %s", out)
	}
	// The authority has been signed anew meanwhile: it replaces itself.
	if err := store.Install(t.Context(), a.Certificate()); err != nil {
		t.Fatal(err)
	}
	if out, err := openssl(t, "verify", "-CAfile", bundle, leaf); err != nil {
		t.Errorf("not trusted: %v: %s", err, out)
	}
	if entries, _ := os.ReadDir(path("local")); len(entries) != 2 {
		t.Errorf("%d files for two authorities", len(entries))
	}
	if err := store.Remove(t.Context(), a.Certificate()); err != nil {
		t.Fatal(err)
	}
	if out, err := openssl(t, "verify", "-CAfile", bundle, leaf); err == nil {
		t.Errorf("still trusted: %s", out)
	}
	left, err := os.ReadFile(bundle)
	if err != nil || !strings.Contains(string(left), strings.TrimSpace(string(other.PEM()))) {
		t.Errorf("the other root is lost: %v", err)
	}
	if err := store.Remove(t.Context(), a.Certificate()); err == nil || !strings.Contains(err.Error(), "not in the trust store") {
		t.Errorf("removed twice: %v", err)
	}
	store.Update = []string{"false"}
	if err := store.Install(t.Context(), a.Certificate()); err == nil || !strings.Contains(err.Error(), "false") {
		t.Errorf("the command failed: %v", err)
	}
}

func TestTrustInstructions(t *testing.T) {
	if got := TrustInstructions("/x/ca.pem"); strings.Contains(got, "{") || !strings.Contains(got, "curl --cacert /x/ca.pem") || !strings.Contains(got, "SSL_CERT_FILE=/x/ca.pem") {
		t.Error(got)
	}
}
