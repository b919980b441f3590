package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// handshakeTimeout bounds the TLS handshake of an accepted connection.
const handshakeTimeout = 10 * time.Second

// startTLS is the client's handshake over conn, which it closes on failure.
func (d *Dialer) startTLS(ctx context.Context, u *URL, conn net.Conn) (net.Conn, error) {
	start := time.Now()
	config, err := clientTLS(u, d.TLS)
	if err != nil {
		conn.Close()
		return nil, fail(u, StepTLS, err)
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, fail(u, StepTLS, err)
	}
	if d.Trace != nil {
		state := secured.ConnectionState()
		protocol := state.NegotiatedProtocol
		if protocol == "" {
			protocol = "no ALPN"
		}
		d.tell(StepTLS, start, "%s, %s, %s; %s", tls.VersionName(state.Version),
			tls.CipherSuiteName(state.CipherSuite), protocol, describe(state.PeerCertificates[0]))
	}
	return secured, nil
}

func clientTLS(u *URL, base *tls.Config) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		config = base.Clone()
	}
	o := &u.Options
	switch {
	case o.SNI != "":
		config.ServerName = o.SNI
	case config.ServerName == "" && u.Host == "":
		config.ServerName = "localhost"
	case config.ServerName == "":
		config.ServerName = u.Host
	}
	if o.Insecure {
		config.InsecureSkipVerify = true
	}
	if o.CA != "" {
		pool, err := readCA(o.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = pool
	}
	if err := addPair(config, o); err != nil {
		return nil, err
	}
	setALPN(config, u)
	return config, nil
}

// serverTLS is the listener's configuration: base, or one made of the options.
func serverTLS(u *URL, base *tls.Config) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if base != nil {
		config = base.Clone()
	}
	o := &u.Options
	if err := addPair(config, o); err != nil {
		return nil, err
	}
	if len(config.Certificates) == 0 && config.GetCertificate == nil && config.GetConfigForClient == nil {
		return nil, errors.New("a TLS listener needs a certificate: cert=FILE&key=FILE")
	}
	if o.CA != "" {
		pool, err := readCA(o.CA)
		if err != nil {
			return nil, err
		}
		config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	setALPN(config, u)
	return config, nil
}

func addPair(config *tls.Config, o *Options) error {
	switch {
	case o.Cert == "" && o.Key == "":
		return nil
	case o.Cert == "" || o.Key == "":
		return errors.New("cert and key must be given together")
	}
	pair, err := tls.LoadX509KeyPair(o.Cert, o.Key)
	if err != nil {
		return fmt.Errorf("cert %s with key %s: %w", o.Cert, o.Key, err)
	}
	config.Certificates, config.GetCertificate = []tls.Certificate{pair}, nil
	return nil
}

func setALPN(config *tls.Config, u *URL) {
	s, _ := schemeOf(u.Scheme)
	switch {
	case u.Options.ALPN != nil:
		config.NextProtos = u.Options.ALPN
	case config.NextProtos == nil && s.http:
		config.NextProtos = []string{"http/1.1"}
	}
}

func readCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca %s: no PEM certificate in it", file)
	}
	return pool, nil
}

// Handshake completes the handshakes of an accepted connection, those of TLS and
// WebSocket, within 10 seconds. It does nothing to one that has none or whose
// handshakes are done.
func Handshake(ctx context.Context, conn net.Conn) error {
	secured, ok := conn.(interface{ HandshakeContext(context.Context) error })
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

// tlsListener is tls.NewListener with the deadline of the listener below kept.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

func (l *tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return tls.Server(conn, l.config), nil
}

func (l *tlsListener) SetDeadline(t time.Time) error { return setDeadline(l.Listener, t) }
