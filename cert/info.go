package cert

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// Info describes one certificate.
type Info struct {
	Source      string    `json:"source,omitempty"` // name of the config entry
	From        string    `json:"from,omitempty"`   // file, or "internal"
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	Names       []string  `json:"names"` // host names and addresses it is for
	NotBefore   time.Time `json:"not_before"`
	NotAfter    time.Time `json:"not_after"`
	Key         string    `json:"key"`       // such as "ECDSA P-256"
	Signature   string    `json:"signature"` // such as "ECDSA-SHA256"
	Serial      string    `json:"serial"`
	Fingerprint string    `json:"fingerprint"` // SHA-256 of the whole, hexadecimal with colons
	CA          bool      `json:"ca,omitempty"`
	Problems    []Problem `json:"problems,omitempty"`
}

// A Problem is one thing that is wrong with a certificate, a chain or a server.
type Problem struct {
	Code string `json:"code"` // for programs, such as "expired"; see docs/certificates.md
	Text string `json:"text"` // for people: what is wrong, and what to do
}

// Describe gives the details of a certificate that has Leaf set, and what is
// wrong with it by itself at that time. Whether others trust it is [Inspect]'s.
func Describe(c *tls.Certificate, now time.Time) Info {
	info := describe(c.Leaf)
	info.Problems = append(dateProblems(c.Leaf, now), strengthProblems(c.Leaf)...)
	return info
}

func describe(c *x509.Certificate) Info {
	return Info{
		Subject:     subject(c),
		Issuer:      nameOf(c.Issuer.CommonName, c.Issuer.String()),
		Names:       names(c),
		NotBefore:   c.NotBefore.UTC(),
		NotAfter:    c.NotAfter.UTC(),
		Key:         keyName(c),
		Signature:   c.SignatureAlgorithm.String(),
		Serial:      fmt.Sprintf("%x", c.SerialNumber),
		Fingerprint: Fingerprint(c),
		CA:          c.IsCA,
	}
}

// Fingerprint is the SHA-256 hash of a certificate, as openssl and browsers
// print it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	var b strings.Builder
	for i, x := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", x)
	}
	return b.String()
}

// names are all the host names and addresses a certificate is for.
func names(c *x509.Certificate) []string {
	list := make([]string, 0, len(c.DNSNames)+len(c.IPAddresses))
	list = append(list, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		list = append(list, ip.String())
	}
	return list
}

// subject is a short name for a certificate: its common name, else its first
// host name, else the whole distinguished name.
func subject(c *x509.Certificate) string {
	whole := c.Subject.String()
	if whole == "" && len(names(c)) > 0 {
		return names(c)[0]
	}
	return nameOf(c.Subject.CommonName, whole)
}

func nameOf(common, whole string) string {
	switch {
	case common != "":
		return common
	case whole != "":
		return whole
	}
	return "(no name)"
}

func keyName(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}
