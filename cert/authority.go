package cert

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	// An authority with less than this left is signed anew, with the same key.
	authorityRenewal = 365 * 24 * time.Hour
	// Certificates begin a little early, for clients whose clock is behind.
	clockSkew   = time.Hour
	minLifetime = time.Hour

	authorityFile = "authority.pem" // certificate and private key, mode 0600
	publicFile    = "ca.pem"        // the certificate alone, for those who shall trust it
)

// An Authority is a small CA: an ECDSA P-256 key and a certificate that may
// sign no further CA, only TLS certificates, and only for names within its
// constraints (RFC 5280 section 4.2.1.10). The constraints begin with names and
// networks that are private to a site; a name outside is added to them when a
// certificate for it is issued, by signing the authority's certificate anew
// with the same key. Clients that trust the earlier certificate go on trusting
// what it permits, and nothing beyond. Its methods may be called concurrently.
type Authority struct {
	dir string

	mu   sync.Mutex // guards what follows, and the files
	key  crypto.Signer
	cert *x509.Certificate
	now  func() time.Time
}

// OpenAuthority reads the authority in the folder dir, and makes one there if
// there is none. Two processes that do so at once end up with the same one.
func OpenAuthority(dir string) (*Authority, error) {
	a := &Authority{dir: dir, now: time.Now}
	err := a.read()
	if errors.Is(err, fs.ErrNotExist) {
		if err = a.create(); err == nil {
			err = a.read()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("authority in %s: %w", dir, err)
	}
	if a.cert.NotAfter.Sub(a.now()) < authorityRenewal {
		if err := a.sign(constraintsOf(a.cert)); err != nil {
			return nil, fmt.Errorf("authority in %s: renew it: %w", dir, err)
		}
	}
	if err := a.publish(); err != nil {
		return nil, fmt.Errorf("authority in %s: %w", dir, err)
	}
	return a, nil
}

// HasAuthority tells whether there is an authority in dir.
func HasAuthority(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, authorityFile))
	return err == nil
}

// Certificate is the authority's own certificate as it is now.
func (a *Authority) Certificate() *x509.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cert
}

// PEM is the authority's own certificate in PEM form.
func (a *Authority) PEM() []byte {
	return encodeCertificates(a.Certificate().Raw)
}

// File is the path of the authority's certificate, without its key.
func (a *Authority) File() string { return filepath.Join(a.dir, publicFile) }

// Permit adds names and addresses to those the authority may sign, and tells
// whether its certificate had to change for that.
func (a *Authority) Permit(names []string) (changed bool, err error) {
	hosts, addrs, err := splitNames(names)
	if err != nil {
		return false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.permit(hosts, addrs)
}

// read loads the key and the certificate. The caller holds a.mu or the only
// reference.
func (a *Authority) read() error {
	data, err := readLimited(filepath.Join(a.dir, authorityFile))
	if err != nil {
		return err
	}
	pair, err := parsePair(data, data)
	if err != nil {
		return fmt.Errorf("%s: %w", authorityFile, err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA {
		return fmt.Errorf("%s: its first certificate is not that of a CA", authorityFile)
	}
	a.key, a.cert = key, pair.Leaf
	return nil
}

// create makes key and certificate. The file appears under its name only when
// it is whole, and never replaces one that another process has made meanwhile.
func (a *Authority) create() error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := selfSign(key, privateConstraints(), a.now())
	if err != nil {
		return err
	}
	temp, err := writeTemp(a.dir, key, der)
	if err != nil {
		return err
	}
	err = os.Link(temp, filepath.Join(a.dir, authorityFile))
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(temp))
}

// sign makes a new certificate for the same key and keeps it in the file.
func (a *Authority) sign(c constraints) error {
	der, err := selfSign(a.key, c, a.now())
	if err != nil {
		return err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	temp, err := writeTemp(a.dir, a.key, der)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, filepath.Join(a.dir, authorityFile)); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	a.cert = cert
	return a.publish()
}

// permit adds what is missing to the constraints. The file is read first:
// another process may have added names to it.
func (a *Authority) permit(hosts []string, addrs []netip.Addr) (changed bool, err error) {
	if constraintsOf(a.cert).permit(hosts, addrs) == nil {
		return false, nil
	}
	before := a.cert
	unlock, err := lockFolder(a.dir)
	if err != nil {
		return false, err
	}
	defer unlock()
	if err := a.read(); err != nil {
		return false, err
	}
	if more := constraintsOf(a.cert).permit(hosts, addrs); more != nil {
		if err := a.sign(*more); err != nil {
			return false, err
		}
	}
	return !before.Equal(a.cert), nil
}

// publish writes the certificate without the key, where it is not there yet.
func (a *Authority) publish() error {
	want := encodeCertificates(a.cert.Raw)
	if have, err := os.ReadFile(a.File()); err == nil && bytes.Equal(have, want) {
		return nil
	}
	return WriteFile(a.File(), want, 0o644)
}

// selfSign makes the certificate of an authority.
func selfSign(key crypto.Signer, c constraints, now time.Time) ([]byte, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	id, err := keyID(key)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		SerialNumber: serial,
		// The same key gives the same subject and id, so that certificates
		// signed under an earlier one chain to this one too.
		Subject:               pkix.Name{CommonName: fmt.Sprintf("Netwright CA %X", id[:4]), Organization: []string{"Netwright"}},
		SubjectKeyId:          id,
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(authorityLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	c.apply(tmpl)
	return x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
}

// keyID names a key by its hash (RFC 7093 section 2, method 1).
func keyID(key crypto.Signer) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, err
	}
	id := sha256.Sum256(info.Key.Bytes)
	return id[:20], nil
}

// newSerial gives a serial number of 127 random bits (RFC 5280 section 4.1.2.2).
func newSerial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

// writeTemp writes certificate and key to a new file of mode 0600 in dir.
func writeTemp(dir string, key crypto.Signer, der []byte) (path string, err error) {
	keyPEM, err := encodeKey(key)
	if err != nil {
		return "", err
	}
	return tempFile(dir, slices.Concat(encodeCertificates(der), keyPEM), 0o600)
}

func encodeCertificates(ders ...[]byte) []byte {
	var out []byte
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
