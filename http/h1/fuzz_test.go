package h1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/http/message"
)

var fuzzLimits = limits{line: 8 << 10, head: 16 << 10, fields: 100}

// addVectors seeds a fuzz test with the corpus of vectors.
func addVectors(f *testing.F, responses bool) {
	files, _ := filepath.Glob("testdata/vectors/*.txt")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		vectors, err := parseVectors(string(text))
		if err != nil {
			f.Fatal(err)
		}
		for _, v := range vectors {
			if (v.method != "") == responses && len(v.send) < 5000 {
				f.Add([]byte(v.send))
			}
		}
	}
}

// A request that is accepted here and by net/http is read by both the same way,
// body included, and what is sent on is the same request.
func FuzzRequest(f *testing.F) {
	addVectors(f, false)
	f.Add([]byte(browserGet))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r message.Request
		n, err := parseRequest(b, &r, fuzzLimits, nil)
		if err != nil || n == 0 {
			return
		}
		// No byte less is a head, and what follows changes nothing.
		var part message.Request
		if m, err := parseRequest(b[:n-1], &part, fuzzLimits, nil); m != 0 || err != nil {
			t.Fatalf("a head that is short of a byte: %d, %v", m, err)
		}
		sentOn(t, &r)
		sameRequest(t, b, n, &r)
	})
}

// sameRequest compares with what net/http reads.
func sameRequest(t *testing.T, b []byte, n int, r *message.Request) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\r\n"))))
	other, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	target := string(r.RawPath)
	if r.HasQuery {
		target += "?" + string(r.Query)
	}
	switch r.Form {
	case message.AuthorityForm:
		target = string(r.Host)
	case message.AbsoluteForm:
		target = strings.TrimSuffix(other.RequestURI, target) + target
		if len(r.RawPath) == 1 && !strings.HasSuffix(other.RequestURI, target) { // no path stands there
			target = other.RequestURI
		}
	}
	length := r.Length
	chunked := len(other.TransferEncoding) == 1 && other.TransferEncoding[0] == "chunked"
	if other.Method != string(r.Method) || other.RequestURI != target || other.ContentLength != length || chunked != (length < 0) ||
		other.ProtoMinor == 0 != (r.Version == message.HTTP10) {
		t.Fatalf("%q %q of length %d; net/http reads %q %q of %d, chunked %v", r.Method, target, length, other.Method, other.RequestURI, other.ContentLength, chunked)
	}
	if r.Form != message.AuthorityForm && other.Host != string(r.Host) {
		t.Fatalf("host %q; net/http reads %q", r.Host, other.Host)
	}
	sameFields(t, r.Fields, other.Header)
	kind := bodyLength
	if r.Length < 0 {
		kind = bodyChunked
	}
	sameBody(t, b[n:], kind, r.Length, other.Body, other.Trailer, in)
}

func sameFields(t *testing.T, fields message.Fields, header http.Header) {
	t.Helper()
	for i := range fields {
		f := &fields[i]
		switch f.Known {
		case message.Removed, message.Connection, message.Trailer: // which net/http keeps elsewhere
			continue
		}
		values := header.Values(string(f.Name))
		if !slices.Contains(values, string(f.Value)) {
			t.Fatalf("%s: %q; net/http reads %q", f.Name, f.Value, values)
		}
	}
}

// sameBody decodes what follows a head in both ways. Where both find it whole, the
// content and the place where it ends are the same.
func sameBody(t *testing.T, rest []byte, kind bodyKind, length int64, other io.Reader, trailer http.Header, in *bufio.Reader) {
	t.Helper()
	content, left, err := decode(kind, length, string(rest))
	if err != nil {
		return
	}
	theirs, err := io.ReadAll(other)
	if err != nil {
		return
	}
	if !bytes.Equal(content, theirs) {
		t.Fatalf("content %q; net/http reads %q", content, theirs)
	}
	if after, _ := io.ReadAll(in); string(after) != left {
		t.Fatalf("behind it is %q; for net/http it is %q", left, after)
	}
}

// decode reads a body that arrives in these pieces, and what is left behind it.
func decode(kind bodyKind, length int64, pieces ...string) (content []byte, left string, err error) {
	conn := &scripted{segments: pieces}
	var b body
	b.start(source{conn: conn, dl: &deadline{conn: conn, clock: NewDeadlines()}, buf: make([]byte, 64)}, kind, length, -1, 0, 0)
	content, err = io.ReadAll(&b)
	left = string(b.buf[b.r:b.w]) + strings.Join(conn.segments, "")
	b.done()
	return content, left, err
}

// sentOn has a request written as it goes upstream, and reads that again: it is
// one request and says the same.
func sentOn(t *testing.T, r *message.Request) {
	t.Helper()
	if len(r.Host) == 0 || r.Form == message.AuthorityForm {
		return // these get a host, or are not sent on
	}
	out := AppendRequest(nil, r)
	var again message.Request
	n, err := parseRequest(out, &again, limits{line: 32 << 10, head: 64 << 10, fields: 200}, nil)
	if err != nil || n != len(out) {
		t.Fatalf("what is sent on is not one request: %d of %d, %v:\n%q", n, len(out), err, out)
	}
	if !bytes.Equal(again.Method, r.Method) || !bytes.Equal(again.Path, r.Path) || !bytes.Equal(again.Query, r.Query) || again.HasQuery != r.HasQuery ||
		!bytes.Equal(again.Host, r.Host) || again.Length != r.Length || again.Upgrade != r.Upgrade || again.Expect100 != r.Expect100 {
		t.Fatalf("what is sent on is another request:\n%q", out)
	}
	if a, b := forwarded(r.Fields, r.Upgrade), forwarded(again.Fields, r.Upgrade); a != b {
		t.Fatalf("fields sent on: %s\nread again: %s", a, b)
	}
	if _, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(out))); err != nil && !lenient(err) {
		t.Fatalf("net/http refuses what is sent on: %v\n%q", err, out)
	}
}

// lenient: net/url is stricter on hosts and paths than RFC 9112 makes a proxy be.
func lenient(err error) bool {
	return strings.Contains(err.Error(), "parse ") || strings.Contains(err.Error(), "Host")
}

func forwarded(fields message.Fields, upgrade bool) string {
	var b strings.Builder
	for _, f := range fields {
		if forwardable(f.Known) || upgrade && f.Known == message.Upgrade {
			fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
		}
	}
	return b.String()
}

// A response that is accepted here and by net/http is read by both the same way.
func FuzzResponse(f *testing.F) {
	addVectors(f, true)
	f.Fuzz(func(t *testing.T, b []byte) {
		var r message.Response
		n, kind, err := parseResponse(b, &r, fuzzLimits)
		if err != nil || n == 0 {
			return
		}
		in := bufio.NewReader(bytes.NewReader(b))
		other, err := http.ReadResponse(in, nil)
		if err != nil {
			return
		}
		if other.StatusCode != r.Status || other.ProtoMinor == 0 != (r.Version == message.HTTP10) {
			t.Fatalf("%v %d; net/http reads %s", r.Version, r.Status, other.Status)
		}
		sameFields(t, r.Fields, other.Header)
		if r.Status < 200 && r.Status != 101 {
			return // net/http frames these itself, elsewhere
		}
		length := r.Length
		if kind == bodyNone {
			length = 0
		}
		if other.Close && r.KeepAlive && kind != bodyUntilClose {
			t.Fatal("would be kept; net/http closes")
		}
		sameBody(t, b[n:], kind, length, other.Body, other.Trailer, in)
		answerOn(t, &r)
	})
}

// answerOn has an answer written as it goes to a client, and reads it again.
func answerOn(t *testing.T, r *message.Response) {
	t.Helper()
	out := append(appendResponse(nil, r), "\r\n"...)
	var again message.Response
	n, _, err := parseResponse(out, &again, limits{line: 64 << 10, head: 64 << 10, fields: 200})
	if err != nil || n != len(out) || again.Status != r.Status {
		t.Fatalf("what is sent on is not one answer: %d of %d, %v:\n%q", n, len(out), err, out)
	}
	if a, b := forwarded(r.Fields, false), forwarded(again.Fields, false); a != b {
		t.Fatalf("fields sent on: %s\nread again: %s", a, b)
	}
}

// What is encoded in chunks decodes to itself, cut anywhere.
func FuzzChunkedRoundTrip(f *testing.F) {
	f.Add([]byte("hello world"), uint8(3), uint16(7))
	f.Add(bytes.Repeat([]byte("0123456789"), 1000), uint8(200), uint16(4099))
	f.Fuzz(func(t *testing.T, content []byte, size uint8, cut uint16) {
		conn := &scripted{}
		s := sink{conn: conn, dl: &deadline{conn: conn, clock: NewDeadlines()}, out: make([]byte, 0, 100), left: -1, chunked: true}
		for part := range slices.Chunk(content, int(size)+1) {
			if _, err := s.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		var trailers message.Fields
		trailers.Add([]byte("Checksum"), []byte("1"))
		if err := s.finish(trailers); err != nil {
			t.Fatal(err)
		}
		wire := conn.written.String() + "next"
		at := int(cut) % len(wire)
		got, left, err := decode(bodyChunked, -1, wire[:at], wire[at:])
		if err != nil || !bytes.Equal(got, content) || left != "next" {
			t.Fatalf("cut at %d: %d of %d bytes, %v, and %q is left", at, len(got), len(content), err, left)
		}
	})
}

// However chunks are cut into segments, the verdict is the same.
func FuzzChunkedCuts(f *testing.F) {
	for _, s := range []string{"5\r\nhello\r\n0\r\n\r\nG", "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n", "5\nhello", "0\r\nHost: h\r\n \r\n", "5\r\nhelloXX"} {
		f.Add([]byte(s), uint16(3), uint16(9))
	}
	f.Fuzz(func(t *testing.T, b []byte, one, two uint16) {
		wire := string(b)
		whole, left, err := decode(bodyChunked, -1, wire)
		x, y := int(one)%(len(wire)+1), int(two)%(len(wire)+1)
		if x > y {
			x, y = y, x
		}
		got, left2, err2 := decode(bodyChunked, -1, wire[:x], wire[x:y], wire[y:])
		if fmt.Sprint(err) != fmt.Sprint(err2) || err == nil && (!bytes.Equal(whole, got) || left != left2) {
			t.Fatalf("whole: %q, %v, %q left\ncut at %d and %d: %q, %v, %q left", whole, err, left, x, y, got, err2, left2)
		}
		var broken *message.Error
		if err != nil && !errors.As(err, &broken) && err != io.ErrUnexpectedEOF {
			t.Fatalf("an error of no rule: %v", err)
		}
	})
}

// However a head is cut, the verdict is the same.
func FuzzHeadCuts(f *testing.F) {
	addVectors(f, false)
	f.Fuzz(func(t *testing.T, b []byte) {
		lim := limits{line: 60, head: 200, fields: 4}
		var r message.Request
		n, err := parseRequest(b, &r, lim, nil)
		for i := range b {
			var part message.Request
			m, partErr := parseRequest(b[:i], &part, lim, nil)
			switch {
			case m == 0 && partErr == nil: // not decided yet
			case err == nil && n == 0:
				t.Fatalf("undecided; at %d: %d, %v", i, m, partErr)
			case partErr != err || m != n:
				t.Fatalf("%d, %v; at %d: %d, %v", n, err, i, m, partErr)
			}
		}
	})
}

func FuzzSkipText(f *testing.F) {
	f.Add([]byte("hello\tworld\x7f"), uint8(0))
	f.Add([]byte("12345678\x00\x8012345\x1f"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, from uint8) {
		p := min(int(from), len(b))
		want := p
		for want < len(b) && (b[want] == '\t' || b[want] >= ' ' && b[want] != 0x7f) {
			want++
		}
		if got := skipText(b, p); got != want {
			t.Fatalf("skipText(%q, %d) = %d, want %d", b, p, got, want)
		}
	})
}
