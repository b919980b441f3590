//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

const serverName = "bench.test"

// identity is the certificate that every server shows: self-signed, ECDSA
// P-256, made for this run.
type identity struct {
	Cert, Key, Both string // PEM files; Both is what HAProxy wants
	roots           *x509.CertPool
}

func newIdentity(dir string) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: serverName},
		DNSNames:     []string{serverName},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	id := &identity{
		Cert:  filepath.Join(dir, "cert.pem"),
		Key:   filepath.Join(dir, "key.pem"),
		Both:  filepath.Join(dir, "both.pem"),
		roots: x509.NewCertPool(),
	}
	id.roots.AddCert(cert)
	for file, text := range map[string][]byte{id.Cert: certPEM, id.Key: keyPEM, id.Both: append(certPEM, keyPEM...)} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return nil, err
		}
	}
	return id, nil
}

// client is the TLS configuration of the generator. It offers one key
// exchange that all the servers have (Go's would otherwise agree with itself
// on a post-quantum one that costs more) and keeps no sessions.
func (id *identity) client() *tls.Config {
	return &tls.Config{
		RootCAs:          id.roots,
		ServerName:       serverName,
		MinVersion:       tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{tls.X25519},
		NextProtos:       []string{"http/1.1"},
	}
}

// pair loads the certificate with its key.
func (id *identity) pair() (tls.Certificate, error) {
	return tls.LoadX509KeyPair(id.Cert, id.Key)
}
