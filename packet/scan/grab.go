package scan

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"strings"
	"time"
)

// Service is what an open TCP port says of itself.
type Service struct {
	Banner string // what the server says first, or its answer to an HTTP request
	TLS    *TLS   // nil where it does not speak TLS
}

// TLS is what a server says in a TLS handshake. Nothing of it is verified.
type TLS struct {
	Version string    `json:"version"` // "TLS 1.3"
	Cipher  string    `json:"cipher"`
	ALPN    string    `json:"alpn,omitempty"` // the protocol that it chose of those offered
	Names   []string  `json:"names,omitempty"`
	Subject string    `json:"subject,omitempty"`
	Issuer  string    `json:"issuer,omitempty"`
	From    time.Time `json:"from,omitzero"`
	Until   time.Time `json:"until,omitzero"`
}

// Grabber asks open ports what they are.
type Grabber struct {
	// Timeout is how long a connection and a handshake may take. Default 3s.
	Timeout time.Duration
	// Quiet is how long a server may be silent before it is asked itself, by TLS
	// and by HTTP. Default 1s.
	Quiet time.Duration
	// Dial makes the connections. Default a net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// mostBanner is how much of what a server says is kept.
const mostBanner = 512

// Grab connects to a port and listens. To ports that usually have TLS, and to
// who says nothing, it speaks TLS, with name as the server's if it is not empty;
// to who is silent still, HTTP. Who does not answer at all leaves the Service
// empty. It makes three connections at most. It may be called concurrently.
func (g *Grabber) Grab(ctx context.Context, addr netip.AddrPort, name string) Service {
	var s Service
	usually := tlsPort(addr.Port())
	if usually {
		if s = g.overTLS(ctx, addr, name); s.TLS != nil {
			return s
		}
	}
	conn, err := g.dial(ctx, addr)
	if err != nil {
		return s
	}
	s.Banner = g.listen(conn)
	conn.Close()
	if s.Banner != "" || ctx.Err() != nil {
		return s
	}
	if !usually {
		if s = g.overTLS(ctx, addr, name); s.TLS != nil {
			return s
		}
	}
	if conn, err = g.dial(ctx, addr); err != nil {
		return s
	}
	defer conn.Close()
	s.Banner = g.request(conn, addr, name)
	return s
}

// tlsPort says that a port usually has TLS from the first byte on.
func tlsPort(port uint16) bool {
	switch port {
	case 443, 465, 636, 853, 990, 993, 995, 2376, 5061, 5671, 5986, 6443, 6697, 8443, 8834, 8883, 10250:
		return true
	}
	return false
}

// dial connects. The connection ends with ctx.
func (g *Grabber) dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, g.timeout())
	defer cancel()
	dial := g.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(limited, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return &boundConn{conn, stop}, nil
}

// boundConn lets go of its context when it is closed.
type boundConn struct {
	net.Conn
	stop func() bool
}

func (c *boundConn) Close() error {
	c.stop()
	return c.Conn.Close()
}

func (g *Grabber) timeout() time.Duration {
	if g.Timeout > 0 {
		return g.Timeout
	}
	return 3 * time.Second
}

// listen reads what a server says without being asked.
func (g *Grabber) listen(conn net.Conn) string {
	quiet := g.Quiet
	if quiet <= 0 {
		quiet = time.Second
	}
	return read(conn, quiet)
}

// read reads until a line has ended, or the time.
func read(conn net.Conn, patience time.Duration) string {
	if conn.SetReadDeadline(time.Now().Add(patience)) != nil {
		return ""
	}
	buf := make([]byte, mostBanner)
	n := 0
	for n < len(buf) && bytes.IndexByte(buf[:n], '\n') < 0 {
		k, err := conn.Read(buf[n:])
		n += k
		if err != nil {
			break
		}
	}
	return string(buf[:n])
}

// request asks by HTTP and gives the first lines of the answer.
func (g *Grabber) request(conn net.Conn, addr netip.AddrPort, name string) string {
	if name == "" {
		name = addr.String()
	}
	if conn.SetWriteDeadline(time.Now().Add(g.timeout())) != nil {
		return ""
	}
	if _, err := conn.Write([]byte("HEAD / HTTP/1.1\r\nHost: " + name + "\r\nUser-Agent: netwright\r\nConnection: close\r\n\r\n")); err != nil {
		return ""
	}
	answer := read(conn, g.timeout())
	status, rest, _ := strings.Cut(answer, "\r\n")
	for line := range strings.SplitSeq(rest, "\r\n") {
		if field, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(field, "Server") {
			return status + ", Server: " + strings.TrimSpace(value)
		}
	}
	return status
}

// overTLS speaks TLS, and listens and asks within it.
func (g *Grabber) overTLS(ctx context.Context, addr netip.AddrPort, name string) (s Service) {
	conn, err := g.dial(ctx, addr)
	if err != nil {
		return s
	}
	defer conn.Close()
	if conn.SetDeadline(time.Now().Add(g.timeout())) != nil {
		return s
	}
	client := tls.Client(conn, &tls.Config{
		ServerName:         name,
		InsecureSkipVerify: true, // it is looked at, not trusted
		MinVersion:         tls.VersionTLS10,
		NextProtos:         []string{"h2", "http/1.1"},
	})
	if err := client.HandshakeContext(ctx); err != nil {
		return s
	}
	state := client.ConnectionState()
	s.TLS = &TLS{Version: tls.VersionName(state.Version), Cipher: tls.CipherSuiteName(state.CipherSuite), ALPN: state.NegotiatedProtocol}
	if len(state.PeerCertificates) > 0 {
		s.TLS.certificate(state.PeerCertificates[0])
	}
	if s.TLS.ALPN == "" { // else it is HTTP, and waits
		s.Banner = g.listen(client)
	}
	return s
}

func (t *TLS) certificate(c *x509.Certificate) {
	t.Names = append(t.Names, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		t.Names = append(t.Names, ip.String())
	}
	t.Subject, t.Issuer, t.From, t.Until = c.Subject.String(), c.Issuer.String(), c.NotBefore, c.NotAfter
}
