package websocket

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// get sends one request and returns the answer. A line "-Name" leaves that
// header of a right handshake out, "Name: value" replaces or adds it.
func get(t *testing.T, s *httptest.Server, edits ...string) *http.Response {
	t.Helper()
	head := []string{
		"GET /chat HTTP/1.1", "Host: example.com", "Upgrade: websocket", "Connection: Upgrade",
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
	}
	for _, e := range edits {
		drop, isDrop := strings.CutPrefix(e, "-")
		name, _, _ := strings.Cut(e, ":")
		if add, isAdd := strings.CutPrefix(e, "+"); isAdd {
			head = append(head, add)
			continue
		}
		i := slices.IndexFunc(head, func(line string) bool {
			return strings.HasPrefix(line, drop+":") || strings.HasPrefix(line, name+":") || strings.HasPrefix(line, "GET") && strings.Contains(e, " HTTP/")
		})
		switch {
		case isDrop:
			head = slices.Delete(head, i, i+1)
		case i >= 0:
			head[i] = e
		default:
			head = append(head, e)
		}
	}
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	request := strings.Join(head, "\r\n") + "\r\n\r\n"
	if strings.Contains(request, "Content-Length: 3") {
		request += "abc"
	}
	io.WriteString(conn, request)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestServerHandshake(t *testing.T) {
	cfg := &Config{
		Subprotocols: []string{"mqtt", "chat.v2"},
		Origins:      []string{"https://app.example.org:8443", "*.example.net", "friend.test", "null"},
		Compression:  CompressionContext,
		Check: func(r *http.Request) error {
			switch r.URL.Path {
			case "/secret":
				return errors.New("not for you")
			case "/gone":
				return &HandshakeError{http.StatusGone, "moved away"}
			}
			return nil
		},
	}
	s := echoServer(t, cfg)
	const deflate = "Sec-WebSocket-Extensions: permessage-deflate"
	for _, tt := range []struct {
		name   string
		edits  []string
		status int
		header string // of the answer
	}{
		{"right", nil, 101, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		{"tokens in lists, any case", []string{"Connection: keep-alive, uPGRADE", "Upgrade: foo, WebSocket"}, 101, ""},
		{"no Upgrade", []string{"-Upgrade"}, 426, "Upgrade: websocket"},
		{"no Connection", []string{"-Connection"}, 426, ""},
		{"old version", []string{"Sec-WebSocket-Version: 8"}, 426, "Sec-WebSocket-Version: 13"},
		{"no version", []string{"-Sec-WebSocket-Version"}, 426, "Sec-WebSocket-Version: 13"},
		{"two versions", []string{"+Sec-WebSocket-Version: 13"}, 426, ""},
		{"POST", []string{"POST /chat HTTP/1.1"}, 405, "Allow: GET"},
		{"HTTP/1.0", []string{"GET /chat HTTP/1.0"}, 400, ""},
		{"body", []string{"Content-Length: 3"}, 400, ""},
		{"no key", []string{"-Sec-WebSocket-Key"}, 400, ""},
		{"two keys", []string{"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, 400, ""},
		{"short key", []string{"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"}, 400, ""},
		{"key not base64", []string{"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j!!=="}, 400, ""},

		{"same origin", []string{"Origin: http://example.com"}, 101, ""},
		{"same origin, port of the scheme", []string{"Origin: https://EXAMPLE.com:443"}, 101, ""},
		{"another port", []string{"Origin: http://example.com:8080"}, 403, ""},
		{"foreign origin", []string{"Origin: http://evil.test"}, 403, ""},
		{"origin that ends alike", []string{"Origin: http://evilexample.com"}, 403, ""},
		{"origin that begins alike", []string{"Origin: http://example.com.evil.test"}, 403, ""},
		{"user in the origin", []string{"Origin: http://example.com@evil.test"}, 403, ""},
		{"empty origin", []string{"Origin: "}, 403, ""},
		{"two origins", []string{"Origin: http://example.com", "+Origin: http://example.com"}, 403, ""},
		{"listed", []string{"Origin: https://app.example.org:8443"}, 101, ""},
		{"listed with another scheme", []string{"Origin: http://app.example.org:8443"}, 403, ""},
		{"below a wildcard", []string{"Origin: https://a.b.example.net"}, 101, ""},
		{"the wildcard's own name", []string{"Origin: https://example.net"}, 403, ""},
		{"ends like a wildcard", []string{"Origin: https://evilexample.net"}, 403, ""},
		{"listed host", []string{"Origin: https://friend.test"}, 101, ""},
		{"null, listed", []string{"Origin: null"}, 101, ""},

		{"check", []string{"GET /secret HTTP/1.1"}, 403, ""},
		{"check with a status", []string{"GET /gone HTTP/1.1"}, 410, ""},

		{"subprotocol", []string{"Sec-WebSocket-Protocol: soap, chat.v2, mqtt"}, 101, "Sec-WebSocket-Protocol: chat.v2"},
		{"subprotocols on two lines", []string{"Sec-WebSocket-Protocol: soap", "+Sec-WebSocket-Protocol: mqtt"}, 101, "Sec-WebSocket-Protocol: mqtt"},
		{"no common subprotocol", []string{"Sec-WebSocket-Protocol: soap"}, 101, "Sec-WebSocket-Protocol: "},

		{"compression", []string{deflate}, 101, deflate},
		{"browser's offer", []string{deflate + "; client_max_window_bits"}, 101, deflate},
		{"without takeover", []string{deflate + "; server_no_context_takeover; client_no_context_takeover"}, 101, deflate + "; server_no_context_takeover; client_no_context_takeover"},
		{"small window", []string{deflate + "; server_max_window_bits=10"}, 101, deflate + "; server_max_window_bits=10"},
		{"quoted value", []string{deflate + `; server_max_window_bits="10"`}, 101, deflate + "; server_max_window_bits=10"},
		{"second offer", []string{deflate + "; server_max_window_bits=16, permessage-deflate; client_max_window_bits=9"}, 101, deflate},
		{"unknown parameter", []string{deflate + "; level=9"}, 101, "Sec-WebSocket-Extensions: "},
		{"parameter twice", []string{deflate + "; client_max_window_bits; client_max_window_bits"}, 101, "Sec-WebSocket-Extensions: "},
		{"value where none may be", []string{deflate + "; server_no_context_takeover=1"}, 101, "Sec-WebSocket-Extensions: "},
		{"window bits 08", []string{deflate + "; server_max_window_bits=08"}, 101, "Sec-WebSocket-Extensions: "},
		{"other extension", []string{"Sec-WebSocket-Extensions: x-webkit-deflate-frame"}, 101, "Sec-WebSocket-Extensions: "},
		{"malformed extensions", []string{deflate + ";;"}, 400, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp := get(t, s, tt.edits...)
			if resp.StatusCode != tt.status {
				t.Fatalf("answered %s, want %d", resp.Status, tt.status)
			}
			if name, value, ok := strings.Cut(tt.header, ": "); ok && resp.Header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, resp.Header.Get(name), value)
			}
		})
	}
}

// TestClientHandshake gives the client answers of all kinds.
func TestClientHandshake(t *testing.T) {
	const right = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: KEY\r\n"
	const deflate = "Sec-WebSocket-Extensions: permessage-deflate"
	for _, tt := range []struct {
		name, answer, mode string
		want               string // in the error
	}{
		{"right", right + "\r\n", "off", ""},
		{"with what follows", right + "\r\n\x81\x02hi", "off", ""},
		{"subprotocol", right + "Sec-WebSocket-Protocol: mqtt\r\n\r\n", "off", ""},
		{"compression", right + deflate + "; server_no_context_takeover\r\n\r\n", "message", ""},
		{"compression with a small window", right + deflate + "; client_max_window_bits=9\r\n\r\n", "context", ""},
		{"refused", "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno!\r\n", "off", "403 Forbidden: no!"},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", "off", "302"},
		{"no Upgrade", strings.Replace(right, "Upgrade: websocket\r\n", "", 1) + "\r\n", "off", "does not upgrade"},
		{"no Connection", strings.Replace(right, "Connection: upgrade\r\n", "", 1) + "\r\n", "off", "does not upgrade"},
		{"wrong accept", strings.Replace(right, "KEY", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + "\r\n", "off", "does not answer our key"},
		{"foreign subprotocol", right + "Sec-WebSocket-Protocol: soap\r\n\r\n", "off", "not asked for"},
		{"two subprotocols", right + "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n", "off", "not asked for"},
		{"compression not offered", right + deflate + "\r\n\r\n", "off", "not offered"},
		{"two extensions", right + deflate + ", foo\r\n\r\n", "context", "not offered"},
		{"unknown parameter", right + deflate + "; level=9\r\n\r\n", "context", "wrong"},
		{"window bits without a value", right + deflate + "; client_max_window_bits\r\n\r\n", "context", "wrong"},
		{"takeover refused to us", right + deflate + "\r\n\r\n", "message", "lacks server_no_context_takeover"},
		{"no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", "off", "not HTTP"},
		{"cut", right, "off", "unexpected EOF"},
		{"endless head", right + "X: " + strings.Repeat("x", maxHead) + "\r\n\r\n", "off", "longer than 16KiB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := tcpPair(t)
			go func() {
				r, err := http.ReadRequest(bufio.NewReader(b))
				if err != nil {
					t.Error(err)
					return
				}
				if user, password, _ := r.BasicAuth(); r.Host != "example.com" || r.RequestURI != "/chat?a=b" || r.Header.Get("Origin") != "http://x" || user != "me" || password != "pw" {
					t.Errorf("request %+v", r)
				}
				io.WriteString(b, strings.Replace(tt.answer, "KEY", acceptKey(r.Header.Get("Sec-WebSocket-Key")), 1))
				b.Close()
			}()
			u, _ := url.Parse("ws://me:pw@example.com/chat?a=b")
			c, err := Dial(testContext(t), a, u, http.Header{"Origin": {"http://x"}}, &Config{Subprotocols: []string{"mqtt"}, Compression: tt.mode})
			if tt.want != "" {
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Fatalf("%v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(tt.answer, "hi") {
				if _, p, err := c.Read(testContext(t)); err != nil || string(p) != "hi" {
					t.Errorf("%q, %v", p, err)
				}
			}
			c.CloseNow()
		})
	}
}

func TestDialRefusesWhatCannotBeSent(t *testing.T) {
	for _, tt := range []struct {
		url    string
		header http.Header
		cfg    Config
	}{
		{"ws:///path", nil, Config{}},
		{"ws:opaque", nil, Config{}},
		{"ws://host/", http.Header{"Sec-Websocket-Key": {"x"}}, Config{}},
		{"ws://host/", http.Header{"Host": {"a\r\nb"}}, Config{}},
		{"ws://host/", nil, Config{Subprotocols: []string{"two words"}}},
		{"ws://host/", nil, Config{Compression: "best"}},
	} {
		u, _ := url.Parse(tt.url)
		if _, err := Dial(t.Context(), &script{}, u, tt.header, &tt.cfg); err == nil {
			t.Errorf("%+v was dialled", tt)
		}
	}
}

func TestHandshakeHasADeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		go io.Copy(io.Discard, b)
		start := time.Now()
		u, _ := url.Parse("ws://host/")
		if _, err := Dial(t.Context(), a, u, nil, nil); err == nil || time.Since(start) != handshakeTimeout {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := Accept(ctx, a, nil); err != context.DeadlineExceeded {
			t.Error(err)
		}
		b.Close()
	})
}

func TestAccept(t *testing.T) {
	a, b := tcpPair(t)
	go func() {
		u, _ := url.Parse("ws://example.com/stream")
		c, err := Dial(t.Context(), b, u, nil, nil)
		if err != nil {
			t.Error(err)
			return
		}
		c.Write(t.Context(), Text, []byte("hello"))
	}()
	c, r, err := Accept(testContext(t), a, nil)
	if err != nil || r.URL.Path != "/stream" {
		t.Fatal(r, err)
	}
	if _, p, err := c.Read(testContext(t)); err != nil || string(p) != "hello" {
		t.Fatal(string(p), err)
	}

	a, b = tcpPair(t)
	go io.WriteString(b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, _, err := Accept(testContext(t), a, nil); err == nil {
		t.Fatal("a plain request was accepted")
	}
	resp, err := http.ReadResponse(bufio.NewReader(b), nil)
	if err != nil || resp.StatusCode != 426 {
		t.Fatal(resp, err)
	}
	if body, _ := io.ReadAll(io.LimitReader(resp.Body, resp.ContentLength)); !strings.Contains(string(body), "WebSocket") {
		t.Errorf("%q", body)
	}
}

func TestUpgradeWithoutHijack(t *testing.T) {
	r := httptest.NewRequest("GET", "http://example.com/", nil)
	for k, v := range map[string]string{"Connection": "upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	if _, err := Upgrade(w, r, nil); err == nil || w.Code != http.StatusInternalServerError {
		t.Errorf("%d, %v", w.Code, err)
	}
}

// FuzzExtensions holds that a header which is read is read the same when it
// is written again, and that what a server answers is what its client agrees
// to.
func FuzzExtensions(f *testing.F) {
	for _, seed := range []string{
		"permessage-deflate", "permessage-deflate; client_max_window_bits", "a, b;c=d; e=\"f\"",
		"permessage-deflate; server_max_window_bits=9; server_no_context_takeover, permessage-deflate", ";", "a;b=", `a;b="c`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list, err := parseExtensions(http.Header{"Sec-Websocket-Extensions": {line}})
		if err != nil {
			return
		}
		var parts []string
		for _, e := range list {
			s := e.name
			for _, p := range e.params {
				s += "; " + p.name
				if p.hasValue {
					s += fmt.Sprintf("=%q", p.value)
				}
			}
			parts = append(parts, s)
		}
		again, err := parseExtensions(http.Header{"Sec-Websocket-Extensions": {strings.Join(parts, ", ")}})
		if err != nil || !reflect.DeepEqual(again, list) {
			t.Fatalf("%q: %+v, written again: %+v, %v", line, list, again, err)
		}
		for _, mode := range []string{CompressionMessage, CompressionContext} {
			server, answer := acceptDeflate(list, mode)
			if answer == "" {
				continue
			}
			agreed, err := parseExtensions(http.Header{"Sec-Websocket-Extensions": {answer}})
			if err != nil {
				t.Fatalf("%q is answered with %q: %v", line, answer, err)
			}
			client, err := agreeDeflate(agreed, mode)
			if err != nil || client.readContext != server.writeContext || server.readContext != client.writeContext {
				t.Fatalf("%q is answered with %q: server %+v, client %+v, %v", line, answer, server, client, err)
			}
		}
	})
}

// FuzzHandshake holds that whatever arrives at a server is either refused
// with an answer that is HTTP, or accepted with one that fits the request.
func FuzzHandshake(f *testing.F) {
	const right = "GET /chat HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	f.Add([]byte(right + "\r\n"))
	f.Add([]byte(right + "Sec-WebSocket-Protocol: chat, mqtt\r\nOrigin: http://example.com\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\nrest"))
	f.Add([]byte("POST / HTTP/1.0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &script{reads: [][]byte{data}, settle: func() {}}
		c, r, err := Accept(context.Background(), addressed{s}, &Config{Subprotocols: []string{"mqtt"}, Compression: CompressionMessage})
		if s.written.Len() == 0 {
			if err == nil || strings.Contains(string(data), "\r\n\r\n") && len(data) <= maxHead {
				t.Fatalf("%q is not answered: %v", data, err)
			}
			return
		}
		resp, perr := http.ReadResponse(bufio.NewReader(&s.written), r)
		if perr != nil {
			t.Fatalf("%q is answered with what is not HTTP: %v", data, perr)
		}
		if err != nil {
			if resp.StatusCode < 400 {
				t.Fatalf("%q is refused with %s", data, resp.Status)
			}
			return
		}
		defer c.CloseNow()
		if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != acceptKey(r.Header.Get("Sec-WebSocket-Key")) || r.Method != "GET" {
			t.Fatalf("%q is accepted with %v", data, resp)
		}
		if p := resp.Header.Get("Sec-WebSocket-Protocol"); p != "" && !strings.Contains(strings.Join(r.Header["Sec-Websocket-Protocol"], ","), p) {
			t.Fatalf("%q gets subprotocol %q", data, p)
		}
	})
}

type addressed struct{ *script }

func (addressed) RemoteAddr() net.Addr { return &net.TCPAddr{} }
