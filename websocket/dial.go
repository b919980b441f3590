package websocket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Dial makes the client's opening handshake (RFC 6455 §4.1) on a connection
// that is dialled already (and encrypted already, for wss). u names the host
// and the path; a user in it becomes basic authentication. h holds further
// headers, such as Origin, Authorization or Host. ctx bounds the handshake,
// or else 10 seconds. When it fails, conn is the caller's to close, and a
// server's refusal is a *HandshakeError.
func Dial(ctx context.Context, conn net.Conn, u *url.URL, h http.Header, cfg *Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	key := newKey()
	request, err := cfg.request(u, h, key)
	if err != nil {
		return nil, err
	}
	var c *Conn
	err = within(ctx, conn, func() error {
		if _, err := conn.Write(request); err != nil {
			return fmt.Errorf("websocket: send the handshake: %w", err)
		}
		head, rest, err := readHead(conn)
		if err != nil {
			return fmt.Errorf("websocket: read the server's answer: %w", err)
		}
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
		if err != nil {
			return fmt.Errorf("websocket: the server's answer is not HTTP: %w", err)
		}
		r.Body.Close()
		agreed, err := cfg.agree(r, key, rest)
		if err != nil {
			return err
		}
		c = newConn(conn, rest, true, cfg, agreed)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func newKey() string {
	var key [16]byte
	rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}

// request is the head of the handshake.
func (cfg *Config) request(u *url.URL, h http.Header, key string) ([]byte, error) {
	host := h.Get("Host")
	if host == "" {
		host = u.Host
	}
	target := u.RequestURI()
	if host == "" || strings.ContainsAny(host, " \r\n") || !strings.HasPrefix(target, "/") || strings.ContainsAny(target, " \r\n") {
		return nil, fmt.Errorf("websocket: %q names no host and path; ws://host/path would", u.Redacted())
	}
	for name := range h {
		if ownHeaders[http.CanonicalHeaderKey(name)] {
			return nil, fmt.Errorf("websocket: header %s is the handshake's own", name)
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: %s\r\nSec-WebSocket-Key: %s\r\n", target, host, version, key)
	if len(cfg.Subprotocols) > 0 {
		fmt.Fprintf(&b, "Sec-WebSocket-Protocol: %s\r\n", strings.Join(cfg.Subprotocols, ", "))
	}
	if offer := offerDeflate(cfg.Compression); offer != "" {
		fmt.Fprintf(&b, "Sec-WebSocket-Extensions: %s\r\n", offer)
	}
	if u.User != nil && h.Get("Authorization") == "" {
		password, _ := u.User.Password()
		fmt.Fprintf(&b, "Authorization: Basic %s\r\n", base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	_ = h.WriteSubset(&b, map[string]bool{"Host": true}) // a bytes.Buffer takes all
	b.WriteString("\r\n")
	return b.Bytes(), nil
}

// agree checks the server's answer (RFC 6455 §4.1, the numbered list at its
// end).
func (cfg *Config) agree(r *http.Response, key string, rest []byte) (h handshake, err error) {
	fault := func(format string, args ...any) (handshake, error) {
		return handshake{}, &HandshakeError{r.StatusCode, fmt.Sprintf(format, args...)}
	}
	if r.StatusCode != http.StatusSwitchingProtocols {
		reason := r.Status
		if body := strings.TrimSpace(string(rest[:min(len(rest), 200)])); body != "" {
			reason += ": " + body
		}
		return fault("the server says %q", reason)
	}
	if !hasToken(r.Header, "Upgrade", "websocket") || !hasToken(r.Header, "Connection", "upgrade") {
		return fault("the server's answer does not upgrade to websocket")
	}
	if accept := r.Header.Values("Sec-WebSocket-Accept"); len(accept) != 1 || strings.TrimSpace(accept[0]) != acceptKey(key) {
		return fault("the server's Sec-WebSocket-Accept %q does not answer our key", accept)
	}
	if p := r.Header.Values("Sec-WebSocket-Protocol"); len(p) > 0 {
		if len(p) > 1 || !slices.Contains(cfg.Subprotocols, p[0]) {
			return fault("the server chose subprotocol %q, which was not asked for", p)
		}
		h.subprotocol = p[0]
	}
	extensions, err := parseExtensions(r.Header)
	if err == nil {
		h.deflate, err = agreeDeflate(extensions, cfg.Compression)
	}
	if err != nil {
		return fault("%v", err)
	}
	return h, nil
}
