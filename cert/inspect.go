package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Inspection says what to hold a certificate against.
type Inspection struct {
	Name  string         // the name a client would ask for; "" with a file: any
	Roots *x509.CertPool // nil: those of the system
	Now   time.Time      // zero: the time now
	// Dial connects to "host:port". Nil: a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// ALPN offered to a server. Nil: h2 and http/1.1.
	ALPN []string
}

// A Report is what an inspection found.
type Report struct {
	Target     string      `json:"target"`               // file or server
	Name       string      `json:"name,omitempty"`       // the name that was asked for
	Connection *Connection `json:"connection,omitempty"` // nil for a file
	Trusted    bool        `json:"trusted"`              // a chain leads to a root, all else aside
	Chain      []Info      `json:"chain"`                // as it was sent, the server's own first
	Problems   []Problem   `json:"problems"`             // empty: a client would be content
}

// A Connection is what was agreed with a server.
type Connection struct {
	Address  string `json:"address"` // that was connected to
	Version  string `json:"version"`
	Suite    string `json:"suite"`
	Group    string `json:"group,omitempty"` // of the key exchange
	Protocol string `json:"protocol,omitempty"`
	// AsksClient is set when the server wants a certificate of the client.
	AsksClient bool `json:"asks_client,omitempty"`
}

// InspectFile reports on the certificates of a PEM file, the server's own
// certificate first. An error means that there is nothing to report on.
func InspectFile(path string, in Inspection) (*Report, error) {
	data, err := readLimited(path)
	if err != nil {
		return nil, err
	}
	chain, err := ParseBundle(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r := Inspect(chain, in)
	r.Target = path
	return r, nil
}

// Inspect reports on a chain of certificates, the server's own first.
func Inspect(chain []*x509.Certificate, in Inspection) *Report {
	if in.Now.IsZero() {
		in.Now = time.Now()
	}
	r := &Report{Name: in.Name, Problems: []Problem{}}
	for _, c := range chain {
		r.Chain = append(r.Chain, describe(c))
	}
	if len(chain) > 0 {
		r.Trusted, r.Problems = examine(chain, in)
	}
	return r
}

// InspectServer connects to target, "tls://host:port" or "host:port" (443 if
// there is no port), and reports on the certificates that the server shows.
// It speaks to servers that no careful client would: what is wrong with them
// is for the report. An error means that none came.
func InspectServer(ctx context.Context, target string, in Inspection) (*Report, error) {
	host, port, err := splitTarget(target)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		in.Name = host
	}
	dial := in.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("inspect %s: connect: %w", target, err)
	}
	defer conn.Close()
	chain, connection, err := shownBy(ctx, conn, in)
	if len(chain) == 0 {
		return nil, fmt.Errorf("inspect %s: handshake: %w%s", target, err, handshakeHint(err))
	}
	r := Inspect(chain, in)
	r.Target = target
	r.Connection = connection
	r.Problems = append(r.Problems, connectionProblems(connection, err)...)
	return r, nil
}

// shownBy makes a handshake and returns the chain the server showed, also when
// the handshake failed behind that.
func shownBy(ctx context.Context, conn net.Conn, in Inspection) (chain []*x509.Certificate, c *Connection, err error) {
	c = &Connection{Address: conn.RemoteAddr().String()}
	config := &tls.Config{
		ServerName:         in.Name,
		InsecureSkipVerify: true, // the report says what verifying would have said
		MinVersion:         tls.VersionTLS10,
		NextProtos:         in.ALPN,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			for i, der := range raw {
				cert, err := x509.ParseCertificate(der)
				if err != nil {
					return fmt.Errorf("certificate %d: %w", i+1, err)
				}
				chain = append(chain, cert)
			}
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.AsksClient = true
			return &tls.Certificate{}, nil
		},
	}
	if in.ALPN == nil {
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, s.ID)
	}
	client := tls.Client(conn, config)
	err = client.HandshakeContext(ctx)
	state := client.ConnectionState()
	if state.Version != 0 {
		c.Version = tls.VersionName(state.Version)
		c.Suite = tls.CipherSuiteName(state.CipherSuite)
		c.Protocol = state.NegotiatedProtocol
		if state.CurveID != 0 {
			c.Group = state.CurveID.String()
		}
	}
	return chain, c, err
}

// connectionProblems tells what is wrong with a server beside its certificate.
func connectionProblems(c *Connection, handshake error) []Problem {
	var list []Problem
	if handshake != nil {
		text := "The handshake failed after the certificate was shown: " + handshake.Error() + "."
		if c.AsksClient {
			text += " The server wants a certificate of the client."
		}
		list = append(list, Problem{"handshake", text})
	}
	switch c.Version {
	case "TLS 1.0", "TLS 1.1":
		list = append(list, Problem{"old-protocol", "The server speaks " + c.Version + " at best, which browsers refuse. It should offer TLS 1.2 and 1.3."})
	}
	for _, s := range tls.InsecureCipherSuites() {
		if s.Name == c.Suite {
			list = append(list, Problem{"weak-suite", "The server chose " + s.Name + ", a cipher suite that is no longer safe."})
		}
	}
	return list
}

// handshakeHint says what a failed handshake may mean.
func handshakeHint(err error) string {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return " (what answers there does not begin with TLS; is it the port for plain connections?)"
	}
	return ""
}

// splitTarget takes a server's host and port out of what people write.
func splitTarget(target string) (host, port string, err error) {
	rest := target
	if strings.Contains(target, "://") {
		u, err := url.Parse(target)
		if err != nil {
			return "", "", fmt.Errorf("inspect: %w", err)
		}
		switch u.Scheme {
		case "tls", "https", "wss":
		default:
			return "", "", fmt.Errorf("inspect %s: scheme %q has no certificate to show; write tls://%s", target, u.Scheme, u.Host)
		}
		rest = u.Host
	}
	host, port, err = net.SplitHostPort(rest)
	if err != nil {
		host, port = strings.Trim(rest, "[]"), "443"
	}
	_, err = netip.ParseAddr(host)
	if host == "" || port == "" || strings.Contains(host, ":") && err != nil {
		return "", "", fmt.Errorf("inspect %q: not a server; write tls://HOST:PORT", target)
	}
	return host, port, nil
}
