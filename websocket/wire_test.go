package websocket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// rawFrame is a frame as a test writes it, by the drawing of RFC 6455 §5.2
// and with nothing of the package's codec.
type rawFrame struct {
	fin     bool
	rsv, op byte
	payload string
}

// raw encodes frames as a client sends them.
func raw(frames ...rawFrame) string {
	var b []byte
	for i, f := range frames {
		first := f.rsv<<4 | f.op
		if f.fin {
			first |= 0x80
		}
		b = append(b, first)
		switch n := len(f.payload); {
		case n < 126:
			b = append(b, 0x80|byte(n))
		case n < 1<<16:
			b = append(b, 0x80|126, byte(n>>8), byte(n))
		default:
			b = append(b, 0x80|127)
			b = binary.BigEndian.AppendUint64(b, uint64(n))
		}
		key := [4]byte{byte(i), 0x5A, 0xC3, byte(len(f.payload))}
		b = append(b, key[:]...)
		for j := range len(f.payload) {
			b = append(b, f.payload[j]^key[j%4])
		}
	}
	return string(b)
}

func txt(p string) rawFrame   { return rawFrame{true, 0, opText, p} }
func bin(p string) rawFrame   { return rawFrame{true, 0, opBinary, p} }
func ping(p string) rawFrame  { return rawFrame{true, 0, opPing, p} }
func pong(p string) rawFrame  { return rawFrame{true, 0, opPong, p} }
func begin(p string) rawFrame { return rawFrame{false, 0, opText, p} }
func more(p string) rawFrame  { return rawFrame{false, 0, opContinuation, p} }
func last(p string) rawFrame  { return rawFrame{true, 0, opContinuation, p} }

// bye is a close frame with a code.
func bye(code int, reason string) rawFrame {
	return rawFrame{true, 0, opClose, string([]byte{byte(code >> 8), byte(code)}) + reason}
}

// fragments cuts a message into frames of n bytes.
func fragments(op byte, p string, n int) string {
	var b strings.Builder
	for first := true; ; first = false {
		f := rawFrame{len(p) <= n, 0, opContinuation, p[:min(n, len(p))]}
		if first {
			f.op = op
		}
		b.WriteString(raw(f))
		if p = p[len(f.payload):]; f.fin {
			return b.String()
		}
	}
}

// rawConn is a client that knows nothing but bytes.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

// openRaw makes a handshake with further header lines.
func openRaw(t testing.TB, s *httptest.Server, lines ...string) (*rawConn, *http.Response) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	lines = append([]string{
		"GET / HTTP/1.1", "Host: " + s.Listener.Addr().String(), "Upgrade: websocket", "Connection: keep-alive, Upgrade",
		"Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
	}, lines...)
	io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n")
	c := &rawConn{conn, bufio.NewReader(conn)}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("handshake answered with %v", resp)
	}
	return c, resp
}

// send writes, n bytes at a time where n is not 0.
func (c *rawConn) send(p string, n int) error {
	if n == 0 {
		n = max(len(p), 1)
	}
	for p != "" {
		m := min(n, len(p))
		if _, err := io.WriteString(c.Conn, p[:m]); err != nil {
			return err
		}
		p = p[m:]
	}
	return nil
}

// next reads a frame as a server sends it.
func (c *rawConn) next() (f rawFrame, err error) {
	var head [8]byte
	if _, err = io.ReadFull(c.r, head[:2]); err != nil {
		return f, err
	}
	f.fin, f.rsv, f.op = head[0]&0x80 != 0, head[0]>>4&7, head[0]&15
	if head[1]&0x80 != 0 {
		return f, errors.New("server masks")
	}
	n := uint64(head[1])
	switch n {
	case 126:
		_, err = io.ReadFull(c.r, head[:2])
		n = uint64(binary.BigEndian.Uint16(head[:2]))
	case 127:
		_, err = io.ReadFull(c.r, head[:8])
		n = binary.BigEndian.Uint64(head[:8])
	}
	if err == nil && n > 64<<20 {
		err = fmt.Errorf("a frame of %d bytes", n)
	}
	if err != nil {
		return f, err
	}
	p := make([]byte, n)
	_, err = io.ReadFull(c.r, p)
	f.payload = string(p)
	return f, err
}

// expect reads exactly these frames.
func (c *rawConn) expect(t *testing.T, want ...rawFrame) {
	t.Helper()
	for i, w := range want {
		f, err := c.next()
		if err != nil {
			t.Fatalf("frame %d: %v; want %s", i, err, w)
		}
		if f != w {
			t.Fatalf("frame %d is %s; want %s", i, f, w)
		}
	}
}

// expectClose reads a close frame with the code (0: none in it) and the end.
func (c *rawConn) expectClose(t *testing.T, code int) {
	t.Helper()
	f, err := c.next()
	if err != nil || f.op != opClose {
		t.Fatalf("%s, %v; want a close frame with %d", f, err, code)
	}
	got := 0
	if len(f.payload) >= 2 {
		got = int(binary.BigEndian.Uint16([]byte(f.payload)))
	}
	if got != code {
		t.Fatalf("closed with %d %q; want %d", got, f.payload[min(2, len(f.payload)):], code)
	}
	if _, err := c.next(); err != io.EOF {
		t.Fatalf("after the close frame: %v; want the end of the connection", err)
	}
}

func (f rawFrame) String() string {
	return fmt.Sprintf("{fin %v rsv %d op %#x %d bytes %.60q}", f.fin, f.rsv, f.op, len(f.payload), f.payload)
}
