package websocket

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Upgrade answers an opening handshake (RFC 6455 §4.2) and takes the
// connection over from the HTTP server. Where it refuses, the client has been
// answered when it returns, and the error is a *HandshakeError.
//
// A browser's page may connect from the origin that the request's Host names,
// and from those of Config.Origins; requests without Origin come from other
// programs and pass. Headers set on w go into the answer.
func Upgrade(w http.ResponseWriter, r *http.Request, cfg *Config) (*Conn, error) {
	cfg = cfg.withDefaults()
	h, refused := cfg.negotiate(r)
	if refused != nil {
		explain(w.Header(), refused)
		http.Error(w, refused.Reason, refused.Status)
		return nil, refused
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		const reason = "the connection of this request cannot be taken over"
		http.Error(w, reason, http.StatusInternalServerError)
		return nil, fmt.Errorf("websocket: %s: %w", reason, err)
	}
	var buffered []byte
	if n := rw.Reader.Buffered(); n > 0 {
		buffered, _ = rw.Peek(n) // it is there
	}
	_ = conn.SetDeadline(time.Now().Add(handshakeTimeout)) // a failure shows in the write
	if _, err := conn.Write(h.answer(w.Header())); err != nil {
		conn.Close()
		return nil, fmt.Errorf("websocket: answer the handshake: %w", err)
	}
	_ = conn.SetDeadline(time.Time{})
	return newConn(conn, buffered, false, cfg, h), nil
}

// Accept serves an opening handshake on a connection without an HTTP server:
// it reads the request, which is returned too, and answers it. ctx bounds
// that, or else 10 seconds. When it fails, the client has its answer, where
// one is due, and conn is the caller's to close.
func Accept(ctx context.Context, conn net.Conn, cfg *Config) (c *Conn, r *http.Request, err error) {
	cfg = cfg.withDefaults()
	err = within(ctx, conn, func() error {
		head, rest, err := readHead(conn)
		if err != nil {
			return fmt.Errorf("websocket: read the handshake: %w", err)
		}
		var h handshake
		refused := &HandshakeError{http.StatusBadRequest, "malformed request"}
		if r, err = http.ReadRequest(bufio.NewReader(bytes.NewReader(head))); err == nil {
			r.RemoteAddr = conn.RemoteAddr().String()
			h, refused = cfg.negotiate(r)
		}
		if refused != nil {
			_, err = conn.Write(refusal(refused))
			return errors.Join(refused, err)
		}
		if _, err := conn.Write(h.answer(nil)); err != nil {
			return fmt.Errorf("websocket: answer the handshake: %w", err)
		}
		c = newConn(conn, rest, false, cfg, h)
		return nil
	})
	if err != nil {
		return nil, r, err
	}
	return c, r, nil
}

// negotiate checks a request and decides what is agreed on.
func (cfg *Config) negotiate(r *http.Request) (h handshake, refused *HandshakeError) {
	if refused := checkRequest(r); refused != nil {
		return h, refused
	}
	key := r.Header.Values("Sec-WebSocket-Key")
	if len(key) != 1 || !isKey(key[0]) {
		return h, &HandshakeError{http.StatusBadRequest, "Sec-WebSocket-Key must be given once and be 16 bytes in base64"}
	}
	extensions, err := parseExtensions(r.Header)
	if err != nil {
		return h, &HandshakeError{http.StatusBadRequest, err.Error()}
	}
	if err := cfg.checkOrigin(r); err != nil {
		return h, &HandshakeError{http.StatusForbidden, err.Error()}
	}
	if cfg.Check != nil {
		if err := cfg.Check(r); err != nil {
			if e, ok := errors.AsType[*HandshakeError](err); ok {
				return h, e
			}
			return h, &HandshakeError{http.StatusForbidden, err.Error()}
		}
	}
	h.accept = acceptKey(key[0])
	h.subprotocol = choose(r.Header, cfg.Subprotocols)
	h.deflate, h.extensions = acceptDeflate(extensions, cfg.Compression)
	return h, nil
}

func checkRequest(r *http.Request) *HandshakeError {
	switch v := r.Header.Values("Sec-WebSocket-Version"); {
	case !hasToken(r.Header, "Connection", "upgrade") || !hasToken(r.Header, "Upgrade", "websocket"):
		return &HandshakeError{http.StatusUpgradeRequired, "this address speaks WebSocket: Connection: Upgrade and Upgrade: websocket are needed"}
	case r.Method != http.MethodGet:
		return &HandshakeError{http.StatusMethodNotAllowed, "a WebSocket handshake is a GET"}
	case !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1:
		return &HandshakeError{http.StatusBadRequest, "a WebSocket handshake needs HTTP/1.1"}
	case r.Host == "":
		return &HandshakeError{http.StatusBadRequest, "Host is missing"}
	case r.ContentLength > 0 || len(r.TransferEncoding) > 0:
		return &HandshakeError{http.StatusBadRequest, "a WebSocket handshake has no body"}
	case len(v) != 1 || v[0] != version:
		return &HandshakeError{http.StatusUpgradeRequired, "Sec-WebSocket-Version must be 13"}
	}
	return nil
}

func isKey(s string) bool {
	key, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(key) == 16
}

// checkOrigin holds the request's Origin against its Host and the list.
func (cfg *Config) checkOrigin(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return nil
	}
	if len(origins) > 1 {
		return errors.New("more than one Origin")
	}
	origin := strings.ToLower(origins[0])
	u, err := url.Parse(origin)
	if err != nil || origin != "null" && (u.Host == "" || u.User != nil || u.Opaque != "") {
		return fmt.Errorf("the Origin %.100q is not one", origin)
	}
	host := withoutPort(u.Host, u.Scheme)
	if u.Host != "" && host == withoutPort(strings.ToLower(r.Host), u.Scheme) {
		return nil
	}
	for _, allowed := range cfg.Origins {
		allowed = strings.ToLower(allowed)
		suffix, wild := strings.CutPrefix(allowed, "*")
		switch {
		case allowed == "*", allowed == origin, u.Host != "" && allowed == host:
			return nil
		case wild && strings.HasPrefix(suffix, ".") && len(host) > len(suffix) && strings.HasSuffix(host, suffix):
			return nil
		}
	}
	return fmt.Errorf("pages of the Origin %.100q may not connect here", origin)
}

// withoutPort cuts the port off where it is the scheme's own.
func withoutPort(host, scheme string) string {
	switch scheme {
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// choose returns the first subprotocol of the client's list that is spoken.
func choose(h http.Header, spoken []string) string {
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.Trim(part, " \t")
			for _, s := range spoken {
				if s == part {
					return s
				}
			}
		}
	}
	return ""
}

// answer is the head that accepts the handshake.
func (h *handshake) answer(extra http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
	b.WriteString(h.accept)
	if h.subprotocol != "" {
		b.WriteString("\r\nSec-WebSocket-Protocol: ")
		b.WriteString(h.subprotocol)
	}
	if h.extensions != "" {
		b.WriteString("\r\nSec-WebSocket-Extensions: ")
		b.WriteString(h.extensions)
	}
	b.WriteString("\r\n")
	_ = extra.WriteSubset(&b, ownHeaders) // a bytes.Buffer takes all
	b.WriteString("\r\n")
	return b.Bytes()
}

// ownHeaders are those of the handshake itself; nobody else sets them.
var ownHeaders = map[string]bool{
	"Upgrade": true, "Connection": true, "Content-Length": true, "Transfer-Encoding": true,
	"Sec-Websocket-Accept": true, "Sec-Websocket-Extensions": true, "Sec-Websocket-Key": true,
	"Sec-Websocket-Protocol": true, "Sec-Websocket-Version": true,
}

// explain adds what a refusal says besides its status.
func explain(h http.Header, e *HandshakeError) {
	switch e.Status {
	case http.StatusUpgradeRequired:
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
		h.Set("Sec-WebSocket-Version", version)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodGet)
	}
}

// refusal is a whole answer.
func refusal(e *HandshakeError) []byte {
	h := http.Header{}
	explain(h, e)
	h.Set("Connection", "close")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", fmt.Sprint(len(e.Reason)+1))
	var b bytes.Buffer
	fmt.Fprintf(&b, "HTTP/1.1 %d %s\r\n", e.Status, http.StatusText(e.Status))
	_ = h.Write(&b) // a bytes.Buffer takes all
	b.WriteString("\r\n" + e.Reason + "\n")
	return b.Bytes()
}
