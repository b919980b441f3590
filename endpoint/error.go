package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Step names what an endpoint was at when it failed.
type Step string

// The steps, in the order in which they happen.
const (
	StepParse     Step = "parse"
	StepListen    Step = "listen"
	StepResolve   Step = "resolve"
	StepConnect   Step = "connect"
	StepProxy     Step = "proxy"
	StepTLS       Step = "tls"
	StepWebSocket Step = "websocket"
)

// Error says which endpoint failed, at what, why, and what to try.
type Error struct {
	Endpoint string // the URL without passwords
	Step     Step
	Err      error
	Hint     string // may be empty
}

// Error is one line: endpoint, step, reason, and the hint after a semicolon.
func (e *Error) Error() string {
	out := e.Endpoint + ": " + string(e.Step) + ": " + reason(e.Err)
	if e.Hint != "" {
		out += "; " + e.Hint
	}
	return out
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Timeout reports whether time ran out.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// fail makes the Error of a step, with the hint that belongs to the cause. An
// Error from further down is kept as it is.
func fail(u *URL, step Step, err error) error {
	if _, known := errors.AsType[*Error](err); known {
		return err
	}
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		step = StepResolve
	}
	return &Error{Endpoint: u.Redacted(), Step: step, Err: err, Hint: hint(u, step, err)}
}

// reason shortens what package net says: the address and the cause, without the
// words around them that an Error has already.
func reason(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var parts []string
		for _, e := range joined.Unwrap() {
			parts = append(parts, reason(e))
		}
		return strings.Join(parts, ", ")
	}
	switch e := err.(type) {
	case *net.OpError:
		if e.Addr == nil {
			return reason(e.Err)
		}
		return e.Addr.String() + ": " + reason(e.Err)
	case *os.SyscallError:
		return e.Err.Error()
	case *tls.CertificateVerificationError:
		return strings.TrimPrefix(e.Err.Error(), "x509: ")
	case *net.DNSError:
		switch {
		case e.IsNotFound:
			return "no such host " + e.Name
		case e.IsTimeout:
			return "no answer from DNS about " + e.Name
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return "no answer in time"
	}
	text := strings.TrimPrefix(err.Error(), "tls: ")
	return strings.TrimPrefix(text, "websocket: ") // the step says so
}

func hint(u *URL, step Step, err error) string {
	if step == StepTLS {
		return tlsHint(u, err)
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check the name, or give an address"
	case errors.As(err, &dns):
		return "check the resolver in /etc/resolv.conf, or give an address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there; check the port and whether the service runs"
	case errors.Is(err, syscall.EADDRINUSE):
		return "another process listens there; stop it or take another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "this machine has no such address"
	case errors.Is(err, syscall.EACCES) && step == StepListen && u.Port > 0 && u.Port < 1024:
		return "ports below 1024 need the capability CAP_NET_BIND_SERVICE; or take a higher one"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "the permissions do not allow it"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return "there is no route; check the network, or whether IPv6 works here"
	case errors.Is(err, syscall.ENOENT) && u.Scheme == "unix" && step == StepConnect:
		return "the socket file does not exist; check the path and whether the service runs"
	case step == StepConnect && timedOut(err):
		return "a firewall may drop the packets; timeout= gives it longer"
	}
	return ""
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}

// tlsHint explains a failed handshake; names and dates of the certificate are
// given where they are the reason.
func tlsHint(u *URL, err error) string {
	var (
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		authority x509.UnknownAuthorityError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	about := ""
	if errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0 {
		about = describe(verify.UnverifiedCertificates[0])
	}
	switch {
	case errors.As(err, &name):
		return about + "; use one of these names, or verify against one with sni="
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return about + fmt.Sprintf("; the clock here says %s", time.Now().UTC().Format(time.DateTime))
	case errors.As(err, &authority):
		return about + "; name the file of its CA with ca="
	case about != "":
		return about
	case errors.As(err, &record):
		return "the other side does not speak TLS; try " + withoutTLS(u)
	case errors.As(err, &alert):
		return alertHint(alert)
	case timedOut(err):
		return "the other side took the connection and is silent; does it speak TLS?"
	}
	return ""
}

func describe(c *x509.Certificate) string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	const most = 8
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	subject := "no name"
	if len(names) > 0 {
		subject = strings.Join(names, ", ")
	}
	return fmt.Sprintf("its certificate is for %s, valid from %s to %s, signed by %s", subject,
		c.NotBefore.UTC().Format(time.DateTime), c.NotAfter.UTC().Format(time.DateTime), c.Issuer)
}

func alertHint(a tls.AlertError) string {
	const (
		handshakeFailure    = 40
		badCertificate      = 42
		unknownCA           = 48
		protocolVersion     = 70
		unrecognizedName    = 112
		certificateRequired = 116
		noProtocol          = 120
	)
	switch a {
	case certificateRequired, badCertificate, unknownCA:
		return "it wants a client certificate that it knows: cert= and key="
	case unrecognizedName:
		return "it does not serve this name; try sni="
	case noProtocol:
		return "it speaks none of the protocols offered; see alpn="
	case handshakeFailure, protocolVersion:
		return "it offers no version or cipher in common; TLS 1.2 is the least here"
	}
	return ""
}

func withoutTLS(u *URL) string {
	switch u.Scheme {
	case "https":
		return "http://"
	case "wss":
		return "ws://"
	}
	return "tcp://"
}

// parseHint guesses what was meant.
func parseHint(s string) string {
	host, port, found := strings.Cut(s, ":")
	_, known := schemeOf(strings.ToLower(host))
	digits := port != "" && strings.Trim(port, "0123456789") == ""
	switch {
	case found && digits && !known:
		return "write tcp://" + s
	case !found && s != "" && strings.Trim(s, "0123456789") == "":
		return "write tcp://:" + s
	case strings.HasPrefix(s, "/"), strings.HasPrefix(s, "@"):
		return "write unix:" + s
	case !found:
		return "an endpoint begins with one of " + schemeNames()
	case strings.EqualFold(host, "socks5h"), strings.EqualFold(host, "socks"):
		return "write socks5://, which lets the proxy resolve the names"
	}
	return ""
}
