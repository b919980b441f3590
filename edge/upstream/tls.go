package upstream

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// targetTLS is TLS towards one target. Sessions are resumed with that target
// alone.
type targetTLS struct {
	base   *tls.Config // the plan's
	config *tls.Config
}

func newTargetTLS(base *tls.Config, host string) *targetTLS {
	config := base.Clone()
	if config.ServerName == "" {
		config.ServerName = host
	}
	config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	return &targetTLS{base, config}
}

// load reads the files and makes a tls.Config, and a mark that changes when
// anything has that a connection's trust is built on.
func (c *TLSConfig) load() (*tls.Config, string, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         c.SNI,
		InsecureSkipVerify: c.Insecure,
		NextProtos:         []string{"http/1.1"},
	}
	mark := fmt.Sprintf("%q %q %q %q %t", c.CA, c.SNI, c.Cert, c.Key, c.Insecure)
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, "", &fieldError{[]string{"tls", "ca"}, err}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, "", &fieldError{[]string{"tls", "ca"}, fmt.Errorf("%s holds no certificate in PEM form", c.CA)}
		}
		mark += fmt.Sprintf(" %x", sha256.Sum256(pem))
	}
	if c.Cert != "" {
		pair := &keyPair{cert: c.Cert, key: c.Key}
		if _, err := pair.get(nil); err != nil {
			return nil, "", &fieldError{[]string{"tls", "cert"}, err}
		}
		config.GetClientCertificate = pair.get
	}
	return config, mark, nil
}

// keyPair is a client certificate that is read again when its files change.
type keyPair struct {
	cert, key string

	mu      sync.Mutex
	changed [2]time.Time
	current *tls.Certificate
}

// get gives the certificate. When new files cannot be read, it stays with
// what it has: they may be half written.
func (k *keyPair) get(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var changed [2]time.Time
	for i, name := range []string{k.cert, k.key} {
		info, err := os.Stat(name)
		if err != nil {
			return k.orElse(err)
		}
		changed[i] = info.ModTime()
	}
	if k.current != nil && changed == k.changed {
		return k.current, nil
	}
	pair, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		return k.orElse(err)
	}
	k.current, k.changed = &pair, changed
	return k.current, nil
}

func (k *keyPair) orElse(err error) (*tls.Certificate, error) {
	if k.current != nil {
		return k.current, nil
	}
	return nil, err
}
