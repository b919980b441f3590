package h1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

// vector is one variant of a file in testdata/vectors; see the README there.
type vector struct {
	name   string
	send   string   // what the client sends, or the server answers
	method string   // of the request that a response answers; empty for requests
	closes bool     // the server closes behind its response
	want   []string // per message
}

func readVectors(t *testing.T, pattern string) []vector {
	t.Helper()
	files, err := filepath.Glob("testdata/vectors/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	var all []vector
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := parseVectors(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, v := range vectors {
			v.name = strings.TrimSuffix(filepath.Base(name), ".txt") + "/" + v.name
			all = append(all, v)
		}
	}
	return all
}

func parseVectors(text string) ([]vector, error) {
	var all []vector
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		kind, rest, ok := strings.Cut(line, " ")
		if !ok || kind != "--" && len(all) == 0 {
			return nil, fmt.Errorf("line %d: no variant, or nothing behind the mark", n+1)
		}
		last := len(all) - 1
		switch kind {
		case "--":
			all = append(all, vector{name: rest})
		case "?":
			all[last].method, _, all[last].closes = strings.Cut(rest, " ")
		case ">", "<":
			times := 1
			if count, text, ok := strings.Cut(rest, "*"); ok && kind == ">" {
				if m, err := strconv.Atoi(count); err == nil {
					times, rest = m, text
				}
			}
			// Quotes stand as they are; all else is as in a Go string.
			s, err := strconv.Unquote(`"` + strings.ReplaceAll(rest, `"`, `\"`) + `"`)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n+1, err)
			}
			all[last].send += strings.Repeat(s, times)
		case "=":
			all[last].want = append(all[last].want, rest)
		default:
			return nil, fmt.Errorf("line %d: unknown mark %q", n+1, kind)
		}
	}
	for _, v := range all {
		if len(v.want) == 0 || v.send == "" {
			return nil, fmt.Errorf("%s: nothing is sent or expected", v.name)
		}
	}
	return all, nil
}

// Every vector must get the answer that it must get, whole or cut anywhere.
func TestRequestVectors(t *testing.T) {
	s := newServer(t, "tcp", Config{Body: 1 << 30}, handlerFunc(tell))
	for _, v := range readVectors(t, "[0-9]*.txt") {
		if v.method != "" {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			for cut := 1; cut < len(v.send) && !t.Failed(); cut += max(1, len(v.send)/1000) {
				v.checkCut(t, s.clock, cut)
			}
			for cut := len(v.send); cut > 0 && !t.Failed(); cut -= socketStep(len(v.send)) {
				v.check(t, s, cut)
			}
			if refused(v.want[len(v.want)-1]) {
				v.checkLinger(t, s)
			}
		})
	}
}

// socketStep is how far apart a vector is cut on a real socket, where that costs
// a connection; scripted connections do it at every byte.
func socketStep(n int) int {
	if os.Getenv("CI") != "" {
		return max(1, n/60)
	}
	return max(1, n/3)
}

// checkCut does without a socket.
func (v *vector) checkCut(t *testing.T, clock *Deadlines, cut int) {
	t.Helper()
	conn := &scripted{segments: []string{v.send[:cut], v.send[cut:]}}
	NewServer(handlerFunc(tell), clock, Config{Body: 1 << 30}).Serve(t.Context(), conn)
	in := bufio.NewReader(&conn.written)
	v.compare(t, in, cut)
	if rest, _ := io.ReadAll(in); len(rest) > 0 || !conn.closed {
		t.Fatalf("cut at %d of %q: behind the answers came %q; closed: %v", cut, v.send, rest, conn.closed)
	}
}

// scripted is a connection on which these segments arrive and then the end.
type scripted struct {
	net.Conn
	segments []string
	written  bytes.Buffer
	closed   bool
}

func (c *scripted) Read(p []byte) (int, error) {
	for len(c.segments) > 0 && c.segments[0] == "" {
		c.segments = c.segments[1:]
	}
	if len(c.segments) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.segments[0])
	c.segments[0] = c.segments[0][n:]
	return n, nil
}

func (c *scripted) Write(p []byte) (int, error)      { return c.written.Write(p) }
func (c *scripted) Close() error                     { c.closed = true; return nil }
func (c *scripted) SetDeadline(time.Time) error      { return nil }
func (c *scripted) SetReadDeadline(time.Time) error  { return nil }
func (c *scripted) SetWriteDeadline(time.Time) error { return nil }

func refused(want string) bool { return want[0] == '4' || want[0] == '5' }

// check sends the vector, cut in two, and compares the answers.
func (v *vector) check(t *testing.T, s *server, cut int) {
	t.Helper()
	conn, end := s.dial().(*net.TCPConn), s.accepted()
	defer conn.Close()
	conn.SetLinger(0) // tens of thousands of connections leave no trace
	write(t, conn, v.send[:cut])
	if cut < len(v.send) {
		consumed(end, nil)
		io.WriteString(conn, v.send[cut:]) // it may be closed already
	}
	conn.CloseWrite()
	in := bufio.NewReader(conn)
	v.compare(t, in, cut)
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Fatalf("cut at %d of %q: behind the answers came %q, %v", cut, v.send, rest, err)
	}
}

// compare reads the answers that must come.
func (v *vector) compare(t *testing.T, in *bufio.Reader, cut int) {
	t.Helper()
	for _, want := range v.want {
		got, closes := readAnswer(t, in)
		if got != want {
			t.Fatalf("cut at %d of %q:\n got %s\nwant %s", cut, v.send, got, want)
		}
		if refused(want) && !closes {
			t.Fatalf("cut at %d: %s: without Connection: close", cut, want)
		}
	}
}

// readAnswer puts an answer into the form of a vector.
func readAnswer(t *testing.T, in *bufio.Reader) (string, bool) {
	t.Helper()
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("answer is cut: %v", err)
	}
	if r.StatusCode == 200 {
		return "accept " + string(body), r.Close
	}
	return fmt.Sprintf("%d %s", r.StatusCode, body), r.Close
}

// checkLinger goes on sending behind what is refused, and must still be able to
// read the whole answer, and its end.
func (v *vector) checkLinger(t *testing.T, s *server) {
	t.Helper()
	conn := s.dial().(*net.TCPConn)
	defer conn.Close()
	conn.SetLinger(0)
	write(t, conn, v.send)
	more := strings.Repeat("GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n", 100)
	for range 5 {
		write(t, conn, more)
	}
	in := bufio.NewReader(conn)
	for _, want := range v.want {
		if got, _ := readAnswer(t, in); got != want {
			t.Fatalf("with more behind it: got %s, want %s", got, want)
		}
	}
	if rest, err := io.ReadAll(in); len(rest) > 0 || err != nil {
		t.Fatalf("behind the answers came %q, %v", rest, err)
	}
}

// What servers answer is refused or framed as the vector says, whole or cut.
func TestResponseVectors(t *testing.T) {
	clock := newClock(t)
	ln := listen(t, "tcp")
	defer ln.Close()
	for _, v := range readVectors(t, "[0-9]*.txt") {
		if v.method == "" {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			for cut := 1; cut < len(v.send) && !t.Failed(); cut++ {
				v.checkResponseCut(t, clock, cut)
			}
			for cut := len(v.send); cut > 0 && !t.Failed(); cut -= socketStep(len(v.send)) {
				v.checkResponse(t, clock, ln, cut)
			}
		})
	}
}

func (v *vector) checkResponseCut(t *testing.T, clock *Deadlines, cut int) {
	t.Helper()
	conn := &scripted{segments: []string{v.send[:cut], v.send[cut:]}}
	c := NewClient(conn, clock, &ClientConfig{})
	defer c.Close()
	reply, err := c.Receive(v.method == "HEAD", 0, nil)
	var body []byte
	if err == nil {
		defer reply.Release()
		body, err = io.ReadAll(reply.Body())
	}
	got := ruleOf(err)
	if err == nil {
		use := "close"
		if reply.Reusable() && strings.Join(conn.segments, "") == "" && !v.closes {
			use = "reuse"
		}
		got = fmt.Sprintf("accept %d %q %s", reply.Status, body, use)
	}
	if got != v.want[0] {
		t.Fatalf("cut at %d of %q:\n got %s\nwant %s", cut, v.send, got, v.want[0])
	}
}

func (v *vector) checkResponse(t *testing.T, clock *Deadlines, ln net.Listener, cut int) {
	t.Helper()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(conn, clock, &ClientConfig{})
	defer c.Close()
	end, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer end.Close()
	end.(*net.TCPConn).SetLinger(0)
	sent, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sent)
		end.Read(make([]byte, 1024))
		io.WriteString(end, v.send[:cut])
		if cut < len(v.send) {
			consumed(conn, over)
			io.WriteString(end, v.send[cut:])
		}
		if v.closes {
			end.(*net.TCPConn).CloseWrite()
		}
	}()
	got := v.exchange(c, sent, over)
	if got != v.want[0] {
		t.Fatalf("cut at %d of %q:\n got %s\nwant %s", cut, v.send, got, v.want[0])
	}
}

// exchange sends a request and puts what came back into the form of a vector.
func (v *vector) exchange(c *Client, sent <-chan struct{}, over chan<- struct{}) string {
	request := v.method + " / HTTP/1.1\r\nHost: h\r\n\r\n"
	reply, err := c.RoundTrip([]byte(request), v.method == "HEAD", 5*time.Second, nil)
	var body []byte
	if err == nil {
		defer reply.Release()
		body, err = io.ReadAll(reply.Body())
	}
	close(over)
	<-sent
	if err != nil {
		return ruleOf(err)
	}
	use := "close"
	if reply.Reusable() && !c.stale() { // what follows the answer may come late
		use = "reuse"
	}
	return fmt.Sprintf("accept %d %q %s", reply.Status, body, use)
}

func ruleOf(err error) string {
	var broken *message.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &broken):
		return "refuse " + broken.Rule
	}
	return "refuse " + err.Error()
}
