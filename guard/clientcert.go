package guard

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path"
	"sync/atomic"
	"time"
)

// clientCert admits who has proved in the TLS handshake to hold a certificate
// of one of the authorities. The handshake checks the proof and asks only; the
// chain is verified here, so that a connection without a certificate is still
// served on the routes that want none, and one with a bad certificate gets an
// answer that says what is bad.
type clientCert struct {
	cfg    ClientCertConfig
	issued atomic.Pointer[authorities]
}

// authorities is what one reading of the CA file gave, and what has been
// verified against it.
type authorities struct {
	certs    []*x509.Certificate
	pool     *x509.CertPool
	verified [256]atomic.Pointer[verifiedCert] // by the last byte of the signature
}

// verifiedCert is a certificate that has passed, so that the next request on
// its connection need not verify it again.
type verifiedCert struct {
	leaf       *x509.Certificate
	from, till time.Time // when its chain is valid
	subject    string
}

const maxAuthorityFile = 16 << 20

func newClientCert(cfg ClientCertConfig) (*clientCert, error) {
	if cfg.CA == "" {
		return nil, missing("ca", "the PEM file with the authorities")
	}
	for _, n := range cfg.Names {
		if _, err := path.Match(n, ""); err != nil {
			return nil, &ConfigError{Path: []string{"names"}, Err: fmt.Errorf("%q is no pattern; write a name, or * for a part of one", n)}
		}
	}
	return &clientCert{cfg: cfg}, nil
}

func (g *clientCert) watch() watch {
	return watch{key: "ca", paths: []string{g.cfg.CA}, load: g.load}
}

func (g *clientCert) load() (string, error) {
	data, err := readFile(g.cfg.CA, maxAuthorityFile)
	if err != nil {
		return "", err
	}
	a := &authorities{pool: x509.NewCertPool()}
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return "", fmt.Errorf("%s: certificate %d: %w", g.cfg.CA, len(a.certs)+1, err)
		}
		a.certs = append(a.certs, c)
		a.pool.AddCert(c)
	}
	if len(a.certs) == 0 {
		return "", fmt.Errorf("%s: holds no certificate; it must begin with -----BEGIN CERTIFICATE-----", g.cfg.CA)
	}
	g.issued.Store(a)
	return fmt.Sprintf("%d authorities", len(a.certs)), nil
}

func (g *clientCert) Needs() Needs { return NeedCertificate }

func (g *clientCert) Ask(a *Attempt) Verdict {
	if a.TLS == nil || len(a.TLS.PeerCertificates) == 0 {
		return Verdict{Decision: NeedCredentials, Status: 403, Reason: "no client certificate was given"}
	}
	v, err := g.verify(a.TLS.PeerCertificates, time.Now())
	if err != nil {
		return Verdict{Decision: Refuse, Status: 403, Reason: "client certificate: " + err.Error()}
	}
	a.Subject = v.subject
	return Verdict{Subject: v.subject}
}

// verify returns what is known of the first of certs once its chain has been
// found to end at one of the authorities.
func (g *clientCert) verify(certs []*x509.Certificate, now time.Time) (*verifiedCert, error) {
	leaf, auth := certs[0], g.issued.Load()
	slot := &auth.verified[0]
	if n := len(leaf.Signature); n > 0 {
		slot = &auth.verified[leaf.Signature[n-1]]
	}
	if v := slot.Load(); v != nil && (v.leaf == leaf || bytes.Equal(v.leaf.Raw, leaf.Raw)) &&
		now.After(v.from) && now.Before(v.till) {
		return v, nil
	}
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	chains, err := leaf.Verify(x509.VerifyOptions{
		Roots: auth.pool, Intermediates: between, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return nil, err
	}
	subject, err := g.subject(leaf)
	if err != nil {
		return nil, err
	}
	v := &verifiedCert{leaf: leaf, from: leaf.NotBefore, till: leaf.NotAfter, subject: subject}
	for _, c := range chains[0] {
		if c.NotBefore.After(v.from) {
			v.from = c.NotBefore
		}
		if c.NotAfter.Before(v.till) {
			v.till = c.NotAfter
		}
	}
	slot.Store(v)
	return v, nil
}

// subject returns the name that the certificate stands for: its common name, or
// else its first DNS, email or URI name; with Names, the first that one of them
// matches.
func (g *clientCert) subject(c *x509.Certificate) (string, error) {
	var names []string
	if c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	names = append(append(names, c.DNSNames...), c.EmailAddresses...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	if len(names) == 0 {
		return "", errors.New("it bears no name")
	}
	if g.cfg.Names == nil {
		return names[0], nil
	}
	for _, n := range names {
		for _, pattern := range g.cfg.Names {
			if ok, _ := path.Match(pattern, n); ok {
				return n, nil
			}
		}
	}
	return "", fmt.Errorf("%q is not among the names that may come in", names[0])
}

func (g *clientCert) explain(a *Attempt) ([]Line, Decision) {
	v := g.Ask(a)
	text := v.Reason
	if v.Decision == Admit {
		text = fmt.Sprintf("the certificate of %q comes from an authority in %s", v.Subject, g.cfg.CA)
	}
	return []Line{{Step: "client_cert", Decision: v.Decision, Text: text}}, v.Decision
}

func (g *clientCert) authorities() []*x509.Certificate { return g.issued.Load().certs }

// certifier is a guard that looks at client certificates.
type certifier interface {
	authorities() []*x509.Certificate
}

// ClientAuth returns what the tls.Config of a listener must hold for the
// guards behind it, those of all its routes: whether the handshake asks for a
// certificate, and the authorities to name when it does. The handshake only
// asks; the guards verify. The authorities are those of now: a listener that
// should name those of a changed CA file calls ClientAuth again, from
// tls.Config.GetConfigForClient.
func ClientAuth(guards ...Guard) (tls.ClientAuthType, *x509.CertPool) {
	certs := all(guards).authorities()
	if certs == nil {
		return tls.NoClientCert, nil
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return tls.RequestClientCert, pool
}

func (l all) authorities() (certs []*x509.Certificate) {
	for _, g := range l {
		if c, ok := g.(certifier); ok {
			certs = append(certs, c.authorities()...)
		}
	}
	return certs
}

// readFile reads a file of at most limit bytes.
func readFile(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes are more than the %d that such a file may have", name, info.Size(), limit)
	}
	return os.ReadFile(name)
}
