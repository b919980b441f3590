package cert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
)

const maxCommonName = 64 // RFC 5280 appendix A.1, ub-common-name

// A Request says what an [Authority] shall issue.
type Request struct {
	Names    []string      // host names, wildcards and addresses; for a client its name
	Lifetime time.Duration // 0: DefaultLifetime; cut to what is left of the authority's own
	RSA      bool          // an RSA key of 2048 bits, for old clients, instead of ECDSA P-256
	Client   bool          // for a client that proves who it is, instead of a server
}

// Issue makes a new key and a certificate for it. The result has Leaf set, and
// a chain of the leaf alone: who trusts the authority has its certificate.
func (a *Authority) Issue(req Request) (*tls.Certificate, error) {
	if len(req.Names) == 0 {
		return nil, errors.New("issue a certificate: no name given")
	}
	if req.Lifetime == 0 {
		req.Lifetime = DefaultLifetime
	}
	if req.Lifetime < minLifetime {
		return nil, fmt.Errorf("issue a certificate: a lifetime of %v is too short, at least %v", req.Lifetime, minLifetime)
	}
	key, err := newKey(req.RSA)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	hosts, addrs, err := req.split()
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	tmpl, err := leafTemplate(req, hosts, addrs, key)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.permit(hosts, addrs); err != nil {
		return nil, fmt.Errorf("issue a certificate: permit the authority its names: %w", err)
	}
	now := a.now()
	tmpl.NotBefore = now.Add(-clockSkew)
	tmpl.NotAfter = now.Add(req.Lifetime)
	if tmpl.NotAfter.After(a.cert.NotAfter) {
		tmpl.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("issue a certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

func newKey(useRSA bool) (crypto.Signer, error) {
	if useRSA {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// split parts the names into what the authority must be permitted to sign.
func (r *Request) split() (hosts []string, addrs []netip.Addr, err error) {
	if !r.Client {
		return splitNames(r.Names)
	}
	if len(r.Names) > 1 {
		return nil, nil, errors.New("a client has one name")
	}
	name := r.Names[0]
	if name == "" || len(name) > maxCommonName || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, nil, fmt.Errorf("%q cannot name a client: 1 to %d bytes, no control characters", name, maxCommonName)
	}
	// OpenSSL holds a common name that reads like a host name against the constraints.
	if strings.Contains(name, ".") && checkName(name) == nil {
		return splitNames(r.Names)
	}
	return nil, nil, nil
}

// leafTemplate fills all of a certificate but its dates.
func leafTemplate(req Request, hosts []string, addrs []netip.Addr, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	id, err := keyID(key)
	if err != nil {
		return nil, err
	}
	tmpl := &x509.Certificate{
		SerialNumber:          serial,
		SubjectKeyId:          id,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if req.RSA {
		tmpl.KeyUsage |= x509.KeyUsageKeyEncipherment // the RSA key exchange of old clients
	}
	if req.Client {
		tmpl.Subject = pkix.Name{CommonName: req.Names[0]}
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		return tmpl, nil
	}
	// A common name that reads like an address is taken for a host name by
	// OpenSSL, and then is outside of the constraints.
	tmpl.Subject = pkix.Name{CommonName: "Netwright server"}
	if len(hosts) > 0 && len(hosts[0]) <= maxCommonName {
		tmpl.Subject = pkix.Name{CommonName: hosts[0]}
	}
	tmpl.DNSNames = hosts
	for _, addr := range addrs {
		tmpl.IPAddresses = append(tmpl.IPAddresses, addr.AsSlice())
	}
	return tmpl, nil
}

// Encode gives a certificate's chain and its key in PEM form.
func Encode(c *tls.Certificate) (chain, key []byte, err error) {
	signer, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("encode a private key: %T cannot be written", c.PrivateKey)
	}
	if key, err = encodeKey(signer); err != nil {
		return nil, nil, fmt.Errorf("encode a private key: %w", err)
	}
	return encodeCertificates(c.Certificate...), key, nil
}
