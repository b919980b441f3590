package websocket

import (
	"bytes"
	"context"
	"crypto/sha1" //nolint:gosec // RFC 6455 §1.3 names it; nothing secret rests on it
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// handshake is what an opening handshake agreed on.
type handshake struct {
	subprotocol string
	deflate     deflateParams
	extensions  string // the server's answer
	accept      string
}

// HandshakeError is an opening handshake that was refused, by this side or by
// the other.
type HandshakeError struct {
	Status int // of HTTP: what was answered
	Reason string
}

func (e *HandshakeError) Error() string {
	return fmt.Sprintf("websocket: handshake refused with %d: %s", e.Status, e.Reason)
}

const (
	version = "13"

	// What a head of an opening handshake may be long, and last where the
	// context has no deadline.
	maxHead          = 16 << 10
	handshakeTimeout = 10 * time.Second
)

// acceptKey is the answer to a client's key (RFC 6455 §4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken reports whether a header that is a list holds a token, whatever
// its case.
func hasToken(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.Trim(part, " \t"), token) {
				return true
			}
		}
	}
	return false
}

var errLongHead = errors.New("websocket: head of the handshake is longer than 16KiB")

// readHead reads up to the empty line that ends a head. rest is what arrived
// behind it.
func readHead(conn net.Conn) (head, rest []byte, err error) {
	b := make([]byte, 0, 1<<10)
	for {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := conn.Read(b[len(b):min(cap(b), maxHead)])
		searched := max(0, len(b)-3)
		b = b[:len(b)+n]
		if i := bytes.Index(b[searched:], []byte("\r\n\r\n")); i >= 0 {
			end := searched + i + 4
			return b[:end], b[end:], nil
		}
		if err != nil {
			return b, nil, broken(err)
		}
		if len(b) == maxHead {
			return b, nil, errLongHead
		}
	}
}

// within runs f with the connection's deadline governed by ctx, and leaves
// the connection without one.
func within(ctx context.Context, conn net.Conn, f func() error) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(handshakeTimeout)
	}
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	err := f()
	if !stop() || ctx.Err() != nil {
		return ctx.Err()
	}
	if ok && errors.Is(err, os.ErrDeadlineExceeded) { // the connection noticed before the context
		return context.DeadlineExceeded
	}
	if err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}
