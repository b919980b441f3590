package route

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netwright/netwright/http/h1"
	"github.com/netwright/netwright/http/message"
)

// spellings are ways to write a path below /admin, or something that a server
// behind might take for one. "guarded" reaches the guarded route, "400" is
// refused, "open" is another path to every server.
var spellings = []struct{ target, want string }{
	{"/admin", "guarded"},
	{"/admin/", "guarded"},
	{"/admin/users", "guarded"},
	{"/admin?x", "guarded"},
	{"/admin/?/../../open", "guarded"},
	// Unreserved octets, encoded.
	{"/%61dmin/users", "guarded"},
	{"/%61%64%6d%69%6e/users", "guarded"},
	{"/%61%64%6D%69%6E/users", "guarded"},
	{"/admi%6e/users", "guarded"},
	{"/admi%6E", "guarded"},
	// Empty segments.
	{"//admin/users", "guarded"},
	{"///admin", "guarded"},
	{"/admin//users", "guarded"},
	{"//admin//", "guarded"},
	// Dot segments.
	{"/./admin/users", "guarded"},
	{"/open/../admin/users", "guarded"},
	{"/open/..//admin", "guarded"},
	{"/open/./.././admin", "guarded"},
	{"/%2e/admin/users", "guarded"},
	{"/open/%2e%2e/admin/users", "guarded"},
	{"/open/.%2E/admin/users", "guarded"},
	{"/open/%2E./admin", "guarded"},
	{"/admin/.", "guarded"},
	{"/admin/x/..", "guarded"},
	{"/admin/../open", "open"},
	{"/admin/..", "open"},
	{"/../admin", "400"},
	{"/%2e%2e/admin", "400"},
	{"/open/../../admin", "400"},
	{"/open/%2e%2e/%2e%2e/admin", "400"},
	// Encoded separators.
	{"/admin%2fusers", "400"},
	{"/admin%2Fusers", "400"},
	{"/admin%2F", "400"},
	{"/%2Fadmin", "400"},
	{"/%2fadmin/users", "400"},
	{"/open%2F..%2Fadmin", "400"},
	{"/open/..%2Fadmin", "400"},
	{"/open/%2e%2e%2fadmin/users", "400"},
	{"/open%2Ffile", "open"},
	{"/admin/a%2Fb", "guarded"},
	// Backslashes.
	{`/\admin`, "400"},
	{`/admin\users`, "400"},
	{`/open\..\admin`, "400"},
	{"/admin%5Cusers", "400"},
	{"/%5cadmin", "400"},
	{"/open%5c..%5cadmin", "400"},
	// Parameters.
	{"/admin;x", "400"},
	{"/admin;x/users", "400"},
	{"/admin;/users", "400"},
	{"/;/admin/users", "400"},
	{"/;x=y/admin", "400"},
	{"/open;x/../admin", "guarded"},
	{"/open/..;/admin", "400"},
	{"/open/..;x=y/admin/users", "400"},
	{"/open/.;/../admin", "400"},
	{"/admin%3Bx/users", "400"},
	{"/admin/users;id=7", "guarded"},
	{"/open;id=7", "open"},
	// Encoded twice.
	{"/%2561dmin", "400"},
	{"/admin%252Fusers", "400"},
	{"/open/%252e%252e/admin", "400"},
	{"/%25%36%31dmin", "400"},
	{"/%252561dmin", "400"},
	{"/%25252561dmin", "400"},
	// NUL, and what cuts a path for programs in C.
	{"/admin%00", "400"},
	{"/admin%00/users", "400"},
	{"/%00/admin", "400"},
	{"/admin%2500", "400"},
	{"/admin%3Fx", "400"},
	{"/admin%23x", "400"},
	{"/admin#x", "400"},
	// Malformed escapes.
	{"/admin%", "400"},
	{"/admin%2", "400"},
	{"/admin%zz", "400"},
	{"/%u0061dmin", "400"},
	// Overlong UTF-8 of "/", ".", "a" and "\".
	{"/admin%C0%AFusers", "400"},
	{"/%c0%afadmin", "400"},
	{"/open/%C0%AE%C0%AE/admin", "400"},
	{"/%E0%80%AFadmin", "400"},
	{"/admin%F0%80%80%AFusers", "400"},
	{"/%C1%A1dmin", "400"},
	{"/admin%C1%9Cusers", "400"},
	// White space, controls, 8-bit bytes.
	{"/admin%20", "400"},
	{"/admin%20/users", "400"},
	{"/admin%09", "400"},
	{"/%20admin", "open"}, // a name of its own, even on Windows
	{"/admin\x80", "400"},
	{"/admin\t", "400"},
	// What Windows does not see at the end of a name.
	{"/admin.", "400"},
	{"/admin./users", "400"},
	{"/admin...", "400"},
	// Other forms of the target.
	{"http://h/admin", "guarded"},
	{"http://other/admin/users", "guarded"},
	{"HTTP://h/%61dmin", "guarded"},
	{"http://h//admin", "guarded"},
	{"https://h:443/open/../admin", "guarded"},
	{"http://h/../admin", "400"},
	{"http://user@h/admin", "400"},
	{"http://h\\admin", "400"},
	{"http:/admin", "400"},
	{"admin", "400"},
	{"*", "400"},
	{"?/admin", "400"},
	// Names of their own.
	{"/administrator", "open"},
	{"/adminx/users", "open"},
	{"/xadmin", "open"},
	{"/open/admin", "open"},
	{"/open?/admin", "open"},
	{"/caf%C3%A9/my%20file.txt", "open"},
}

// The spellings go to a real server of HTTP/1, whose routes are /admin/*, behind
// a guard, and everything else.
func TestNoWayAroundAGuardedPath(t *testing.T) {
	seen := &seeing{table: table(t, &Match{Path: []string{"/admin/*"}}, nil)}
	addr := seen.listen(t)
	if len(spellings) < 60 {
		t.Fatalf("only %d spellings", len(spellings))
	}
	for _, s := range spellings {
		seen.forget()
		status := send(t, addr, s.target)
		got := map[int]string{200: "guarded", 201: "open", 400: "400"}[status]
		if got != s.want {
			t.Errorf("%s: %s (%d), want %s", s.target, got, status, s.want)
		}
		if got == "open" {
			if reading, ok := readAs(seen.path(), "/admin"); ok {
				t.Errorf("%s: open, and a server may read it as %s", s.target, reading)
			}
		}
	}
}

// seeing answers with 200 plus the number of the route.
type seeing struct {
	table *Table
	mu    sync.Mutex
	last  string
}

func (s *seeing) ServeStream(ctx context.Context, st message.Stream) {
	status := 400
	if i, err := s.table.Find(st.Request(), netip.Addr{}); err == nil {
		status = 200 + i
	}
	s.mu.Lock()
	s.last = string(st.Request().Path)
	s.mu.Unlock()
	s.answer(st, status)
}

func (s *seeing) Refuse(ctx context.Context, st message.Stream, broken *message.Error) {
	s.answer(st, broken.Status)
}

func (s *seeing) answer(st message.Stream, status int) {
	st.Close()
	if st.Respond(&message.Response{Status: status, Length: 0}, nil) == nil {
		st.Finish(nil)
	}
}

func (s *seeing) path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

func (s *seeing) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = ""
}

func (s *seeing) listen(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	clock := h1.NewDeadlines()
	server := h1.NewServer(s, clock, h1.Config{})
	var wg sync.WaitGroup
	wg.Go(func() { clock.Serve(ctx) })
	wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { server.Serve(ctx, conn) })
		}
	})
	t.Cleanup(func() { ln.Close(); cancel(); wg.Wait() })
	return ln.Addr().String()
}

// send writes a request with just these bytes as its target and returns the
// status of the answer.
func send(t *testing.T, addr, target string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, "GET "+target+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %q %v", target, line, err)
	}
	var status int
	if _, err := fmt.Sscanf(line, "HTTP/1.1 %d", &status); err != nil {
		t.Fatalf("%s: %q", target, line)
	}
	return status
}

// readAs reads a path as servers of many kinds do, made of parts of the standard
// library and none of ours, and tells whether one of them comes below prefix.
func readAs(p, prefix string) (reading string, ok bool) {
	steps := []func(string) string{
		func(s string) string { return strings.ReplaceAll(s, `\`, "/") },
		func(s string) string {
			if u, err := url.PathUnescape(s); err == nil {
				return u
			}
			return s
		},
		func(s string) string { // parameters
			segments := strings.Split(s, "/")
			for i := range segments {
				segments[i], _, _ = strings.Cut(segments[i], ";")
			}
			return strings.Join(segments, "/")
		},
		func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s },
		func(s string) string { // names on Windows
			segments := strings.Split(s, "/")
			for i, seg := range segments {
				if strings.Trim(seg, ".") != "" {
					segments[i] = strings.TrimRight(seg, ". ")
				}
			}
			return strings.Join(segments, "/")
		},
		func(s string) string { // overlong slashes and dots
			return strings.NewReplacer("\xC0\xAF", "/", "\xC0\xAE", ".", "\xE0\x80\xAF", "/", "\xE0\x80\xAE", ".").Replace(s)
		},
		path.Clean,
	}
	seen := map[string]bool{p: true}
	for queue := []string{p}; len(queue) > 0 && len(seen) < 2000; queue = queue[1:] {
		s := queue[0]
		if c := path.Clean(s); c == prefix || strings.HasPrefix(c, prefix+"/") {
			return s, true
		}
		for _, step := range steps {
			if next := step(s); !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return "", false
}

// Whatever the path: what comes past the guard is below /admin for nobody, and
// what is let in as /open is below /open for everybody.
func FuzzNoWayAround(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.target)
	}
	f.Add("/open/%252e%252e%255cadmin;x%2500")
	guardAdmin := table(f, &Match{Path: []string{"/admin/*"}}, nil)
	f.Fuzz(func(t *testing.T, target string) {
		normal, err := message.NormalizePath(nil, []byte(target))
		if err != nil {
			return
		}
		r := &message.Request{Method: []byte("GET"), Path: normal}
		i, err := guardAdmin.Find(r, client)
		if err != nil || i == 0 {
			return
		}
		if reading, ok := readAs(string(normal), "/admin"); ok {
			t.Fatalf("%q, sent on as %q, is open and may be read as %q", target, normal, reading)
		}
	})
}

// The lax reading is one that no reading changes any more, and that a plain path
// has already.
func FuzzLax(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		normal, err := message.NormalizePath(nil, []byte(target))
		if err != nil {
			return
		}
		lax := appendLax([]byte("kept"), normal)
		if !strings.HasPrefix(string(lax), "kept/") {
			t.Fatalf("%q: %q", normal, lax)
		}
		lax = lax[4:]
		again, err := message.NormalizePath(nil, lax)
		if err != nil || string(again) != string(lax) {
			t.Fatalf("%q reads as %q, which is not normal: %q, %v", normal, lax, again, err)
		}
		if !ambiguous(normal) && string(lax) != string(normal) {
			t.Fatalf("%q is not ambiguous and reads as %q", normal, lax)
		}
	})
}
