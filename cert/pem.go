package cert

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// maxChain is how many certificates one bundle may hold.
const maxChain = 1000

// ParseBundle reads the certificates of a PEM bundle in their order. Blocks of
// other kinds, such as keys, are passed over; text around blocks is allowed. It
// is an error if there is no certificate, or one that cannot be read.
func ParseBundle(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if len(certs) == maxChain {
			return nil, fmt.Errorf("more than %d certificates in one file", maxChain)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of the file: %w", len(certs)+1, err)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, noBlock(data, "CERTIFICATE")
	}
	return certs, nil
}

// parsePair reads a certificate chain and the private key of its first
// certificate.
func parsePair(certPEM, keyPEM []byte) (*tls.Certificate, error) {
	chain, err := ParseBundle(certPEM)
	if err != nil {
		return nil, err
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	if i := indexOfKey(chain, key); i > 0 {
		return nil, fmt.Errorf("the key belongs to certificate %d of the file (%s); the server's own certificate must come first", i+1, subject(chain[i]))
	} else if i < 0 {
		return nil, fmt.Errorf("the key does not belong to the certificate of %s", subject(chain[0]))
	}
	pair := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}

// indexOfKey finds the certificate whose public key belongs to key, or -1.
func indexOfKey(chain []*x509.Certificate, key crypto.Signer) int {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok {
		return -1
	}
	for i, c := range chain {
		if public.Equal(c.PublicKey) {
			return i
		}
	}
	return -1
}

// parseKey reads the first private key of a PEM file.
func parseKey(data []byte) (crypto.Signer, error) {
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, noBlock(data, "PRIVATE KEY")
		}
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED") {
			return nil, errors.New("the private key is protected by a password, which a server cannot type; take it off with: openssl pkey -in OLD -out NEW")
		}
		return parseKeyDER(block.Bytes)
	}
}

// parseKeyDER reads a key in the forms PKCS #8, PKCS #1 or SEC 1.
func parseKeyDER(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		if k, e := x509.ParsePKCS1PrivateKey(der); e == nil {
			key, err = k, nil
		} else if k, e := x509.ParseECPrivateKey(der); e == nil {
			key, err = k, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("the private key is a %T, which cannot sign", key)
	}
	return signer, nil
}

// noBlock says that a block is missing from a file, and what is there instead.
func noBlock(data []byte, want string) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return errors.New("the file is empty")
	}
	var kinds []string
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if len(kinds) < 4 {
			kinds = append(kinds, block.Type)
		}
	}
	switch {
	case bytes.Contains(data, []byte("-----BEGIN "+want)):
		return fmt.Errorf("no whole %s block in the file; it seems to be cut off", want)
	case len(kinds) > 0:
		return fmt.Errorf("no %s block in the file, only %s", want, strings.Join(kinds, ", "))
	case data[0] == 0x30: // an ASN.1 SEQUENCE
		return fmt.Errorf("the file is in DER form, not PEM; convert it with: openssl x509 -inform DER -in OLD -out NEW")
	}
	return fmt.Errorf("no %s block in the file; it is not PEM (-----BEGIN %[1]s-----)", want)
}

// RootsFromFile reads the certificates of a PEM file as roots to trust.
func RootsFromFile(path string) (*x509.CertPool, error) {
	data, err := readLimited(path)
	if err != nil {
		return nil, err
	}
	certs, err := ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool, nil
}
