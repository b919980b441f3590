package cert

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A TrustStore is a folder of roots that the programs of a system believe, and
// the command that makes them take notice of a change.
type TrustStore struct {
	Dir    string   // certificates in it end in .crt
	Update []string // the command and its arguments, after adding
	Forget []string // the same after removing
}

// SystemTrustStore is that of Debian and its family, where the program
// update-ca-certificates keeps it. ok is false on other systems, for which
// [TrustInstructions] says what to do by hand.
func SystemTrustStore() (s TrustStore, ok bool) {
	const dir = "/usr/local/share/ca-certificates"
	update, err := exec.LookPath("update-ca-certificates")
	if err != nil {
		// It is in a folder that only the administrator searches.
		update = "/usr/sbin/update-ca-certificates"
		if _, err := os.Stat(update); err != nil {
			return s, false
		}
	}
	if _, err := os.Stat(dir); err != nil {
		return s, false
	}
	return TrustStore{Dir: dir, Update: []string{update}, Forget: []string{update, "--fresh"}}, true
}

// File is where the store keeps that root. A root signed anew with the same key
// takes the place of the one before.
func (s TrustStore) File(root *x509.Certificate) string {
	id := root.SubjectKeyId
	return filepath.Join(s.Dir, fmt.Sprintf("netwright-%x.crt", id[:min(8, len(id))]))
}

// Install makes the system trust root. It needs the right to write to the store.
func (s TrustStore) Install(ctx context.Context, root *x509.Certificate) error {
	if err := WriteFile(s.File(root), encodeCertificates(root.Raw), 0o644); err != nil {
		return fmt.Errorf("trust %s: %w", subject(root), asRoot(err))
	}
	return s.run(ctx, s.Update)
}

// Remove makes the system trust root no longer. It is an error if it did not.
func (s TrustStore) Remove(ctx context.Context, root *x509.Certificate) error {
	err := os.Remove(s.File(root))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("stop trusting %s: it is not in the trust store: there is no %s", subject(root), s.File(root))
	}
	if err != nil {
		return fmt.Errorf("stop trusting %s: %w", subject(root), asRoot(err))
	}
	return s.run(ctx, s.Forget)
}

func (s TrustStore) run(ctx context.Context, command []string) error {
	out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), asRoot(err), out)
	}
	return nil
}

func asRoot(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (the trust store belongs to the administrator: run it with sudo, and --data set to the folder of the authority)", err)
	}
	return err
}

// TrustInstructions says how to make systems and programs trust the root in
// file by hand.
func TrustInstructions(file string) string {
	return strings.ReplaceAll(trustInstructions, "{file}", file)
}

const trustInstructions = `Debian, Ubuntu, Alpine:
  sudo cp {file} /usr/local/share/ca-certificates/netwright.crt && sudo update-ca-certificates
Fedora, RHEL:
  sudo cp {file} /etc/pki/ca-trust/source/anchors/netwright.pem && sudo update-ca-trust
Arch:
  sudo trust anchor {file}
openSUSE:
  sudo cp {file} /etc/pki/trust/anchors/netwright.pem && sudo update-ca-certificates
macOS:
  sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {file}
Windows (as administrator):
  certutil -addstore Root {file}
Chromium on Linux, which has a store of its own for each user:
  certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n netwright -i {file}
Firefox:
  Settings, Privacy & Security, View Certificates, Authorities, Import
One command alone:
  curl --cacert {file} ...
  SSL_CERT_FILE={file} PROGRAM          (Go, OpenSSL; in place of all other roots)
  NODE_EXTRA_CA_CERTS={file} node ...
  REQUESTS_CA_BUNDLE={file} python ...
`
