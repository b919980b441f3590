package files

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// missing skips a test whose peer is not there; in CI that is a failure.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// nginx serves the same folder and returns its address.
func nginx(t *testing.T, root string) string {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program = "/usr/sbin/nginx"; exec.Command(program, "-v").Run() != nil {
			missing(t, "nginx is not installed")
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	conf := fmt.Sprintf(`
daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log;
%[4]s
events {}
http {
	access_log off; gzip_static on; charset utf-8; charset_types text/plain text/javascript; default_type application/octet-stream;
	types { text/html html; text/plain txt; text/javascript js; }
	client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	server { listen %[2]s; root %[3]s; if_modified_since before; absolute_redirect off; }
}`, dir, address, root, map[bool]string{true: "user root;"}[os.Getuid() == 0])
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var output bytes.Buffer
	cmd.Stderr = &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("nginx does not start: %s", output.String())
	return ""
}

// TestAsNginx asks nginx and us the same. Where the answers differ on
// purpose, the case says why.
func TestAsNginx(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 10_000)
	root := tree(t, map[string]string{
		"index.html": "<h1>home</h1>", "f.txt": "0123456789", "large.bin": large, "empty.txt": "",
		"dir/index.html": "dir", "bare/x": "", "a b/ä.txt": "umlaut", "z.js": "plain javascript", "z.js.gz": "gz",
	})
	settle(t, root, "index.html", "f.txt", "large.bin", "empty.txt", "z.js", "z.js.gz", "dir/index.html")
	theirs, ours := "http://"+nginx(t, root), "http://"+serve(t, Config{Root: root})
	tag := map[string]string{
		theirs: fetch(t, "GET", theirs+"/f.txt").header.Get("ETag"),
		ours:   fetch(t, "GET", ours+"/f.txt").header.Get("ETag"),
	}
	for _, tt := range []struct {
		method, path string
		fields       []string // TAG is the server's own ETag of f.txt
		differs      string   // why the status is another
	}{
		{"GET", "/", nil, ""},
		{"HEAD", "/", nil, ""},
		{"GET", "/f.txt", nil, ""},
		{"HEAD", "/f.txt", nil, ""},
		{"GET", "/f.txt?query", nil, ""},
		{"GET", "/large.bin", nil, ""},
		{"HEAD", "/large.bin", nil, ""},
		{"GET", "/empty.txt", nil, ""},
		{"GET", "/dir/", nil, ""},
		{"GET", "/dir", nil, ""},
		{"GET", "/a%20b/%C3%A4.txt", nil, ""},
		{"GET", "/none", nil, ""},
		{"GET", "/f.txt/", nil, ""},
		{"GET", "/bare/", nil, "nginx tells by 403 that the folder is there"},
		{"POST", "/f.txt", nil, ""},
		{"GET", "/z.js", []string{"Accept-Encoding", "gzip"}, ""},
		{"GET", "/z.js", []string{"Accept-Encoding", "gzip;q=0"}, ""},
		{"GET", "/z.js", nil, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=0-0"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=2-5"}, ""},
		{"HEAD", "/f.txt", []string{"Range", "bytes=2-5"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=7-"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=-3"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=-30"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=0-9"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=5-100"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=10-"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=0-1,4-5"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=4-5,0-1,-1"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=0-9,0-9"}, ""},
		{"GET", "/f.txt", []string{"Range", "lines=1-2"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=5-2"}, "nginx refuses what is malformed; RFC 9110 §14.2 has it ignored"},
		{"GET", "/f.txt", []string{"Range", "bytes=x"}, "nginx refuses what is malformed; RFC 9110 §14.2 has it ignored"},
		{"GET", "/large.bin", []string{"Range", "bytes=100-99999"}, ""},
		{"GET", "/large.bin", []string{"Range", "bytes=-100000"}, ""},
		{"GET", "/large.bin", []string{"Range", "bytes=5-14,20000-90000,159999-"}, ""},
		{"GET", "/empty.txt", []string{"Range", "bytes=0-"}, "nginx sends the empty file"},
		{"GET", "/f.txt", []string{"If-Match", "TAG"}, ""},
		{"GET", "/f.txt", []string{"If-Match", `"x"`}, ""},
		{"GET", "/f.txt", []string{"If-Match", `"x", TAG`}, ""},
		{"GET", "/f.txt", []string{"If-Match", "*"}, ""},
		{"GET", "/f.txt", []string{"If-Match", "W/TAG"}, ""},
		{"GET", "/f.txt", []string{"If-None-Match", "TAG"}, ""},
		{"GET", "/f.txt", []string{"If-None-Match", "W/TAG"}, ""},
		{"HEAD", "/f.txt", []string{"If-None-Match", `"x", TAG`}, ""},
		{"GET", "/f.txt", []string{"If-None-Match", "*"}, ""},
		{"GET", "/f.txt", []string{"If-None-Match", `"x"`}, ""},
		{"GET", "/f.txt", []string{"If-None-Match", `"x"`, "If-Modified-Since", day(0)}, ""},
		{"GET", "/f.txt", []string{"If-Modified-Since", day(0)}, ""},
		{"GET", "/f.txt", []string{"If-Modified-Since", day(time.Hour)}, ""},
		{"GET", "/f.txt", []string{"If-Modified-Since", day(-time.Hour)}, ""},
		{"GET", "/f.txt", []string{"If-Unmodified-Since", day(0)}, ""},
		{"GET", "/f.txt", []string{"If-Unmodified-Since", day(-time.Hour)}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=2-3", "If-Range", "TAG"}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=2-3", "If-Range", `"x"`}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=2-3", "If-Range", day(0)}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=2-3", "If-Range", day(time.Hour)}, ""},
		{"GET", "/f.txt", []string{"Range", "bytes=20-", "If-None-Match", "TAG"}, ""},
	} {
		name := fmt.Sprintf("%s %s %q", tt.method, tt.path, tt.fields)
		ask := func(server string) got {
			fields := append([]string(nil), tt.fields...)
			for i := range fields {
				fields[i] = strings.ReplaceAll(fields[i], "TAG", tag[server])
			}
			return fetch(t, tt.method, server+tt.path, fields...)
		}
		a, b := ask(theirs), ask(ours)
		if tt.differs != "" {
			if a.status == b.status {
				t.Errorf("%s: both say %d, but the case says that %s", name, a.status, tt.differs)
			}
			continue
		}
		if a.status != b.status {
			t.Errorf("%s: nginx says %d, we %d", name, a.status, b.status)
			continue
		}
		if a.status < 300 && parts(t, a) != parts(t, b) {
			t.Errorf("%s: nginx sends %.60q, we %.60q", name, parts(t, a), parts(t, b))
		}
		for _, field := range []string{"Content-Range", "Last-Modified", "Content-Encoding", "Content-Length", "Content-Type"} {
			x, y := a.header.Get(field), b.header.Get(field)
			multi := strings.HasPrefix(x, "multipart/") && strings.HasPrefix(y, "multipart/")
			if !multi && x != y && a.status < 300 && !(field == "Content-Length" && strings.HasPrefix(a.header.Get("Content-Type"), "multipart/")) {
				t.Errorf("%s: %s is %q from nginx, %q from us", name, field, x, y)
			}
		}
		if (a.header.Get("ETag") == "") != (b.header.Get("ETag") == "") && a.status < 300 {
			t.Errorf("%s: ETag is %q from nginx, %q from us", name, a.header.Get("ETag"), b.header.Get("ETag"))
		}
		if a.status == http.StatusMovedPermanently && (a.header.Get("Location") != "/dir/" || b.header.Get("Location") != "./dir/") {
			t.Errorf("%s: Location is %q from nginx, %q from us", name, a.header.Get("Location"), b.header.Get("Location"))
		}
	}
}

// TestCurl has curl go on with a download that was cut, ask whether a file is
// new, take a compressed one and follow to a folder.
func TestCurl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		missing(t, "curl is not installed")
	}
	if _, err := exec.LookPath("gzip"); err != nil {
		missing(t, "gzip is not installed")
	}
	large := strings.Repeat("0123456789abcdef", 10_000)
	root := tree(t, map[string]string{"large.bin": large, "page.html": "<p>page</p>", "dir/index.html": "index"})
	settle(t, root, "large.bin", "page.html")
	if out, err := exec.Command("gzip", "-k", filepath.Join(root, "page.html")).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	address := "http://" + serve(t, Config{Root: root, Listing: true})
	dir := t.TempDir()
	file := filepath.Join(dir, "out")
	if err := os.WriteFile(file, []byte(large[:70_000]), 0o644); err != nil {
		t.Fatal(err)
	}
	curl := func(args ...string) string {
		out, err := exec.Command("curl", append([]string{"-q", "-sS", "--noproxy", "*", "--max-time", "20"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("curl %q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	curl("-C", "-", "-o", file, address+"/large.bin")
	if b, err := os.ReadFile(file); err != nil || string(b) != large {
		t.Errorf("a download that went on has %d bytes, %v", len(b), err)
	}
	code := func(args ...string) string {
		return curl(append([]string{"-o", os.DevNull, "-w", "%{http_code} %{size_download}"}, args...)...)
	}
	if got := code("-z", file, address+"/large.bin"); got != "304 0" {
		t.Errorf("-z: %s", got)
	}
	if got := code("--etag-save", filepath.Join(dir, "tag"), address+"/large.bin"); got != "200 160000" {
		t.Errorf("--etag-save: %s", got)
	}
	if got := code("--etag-compare", filepath.Join(dir, "tag"), address+"/large.bin"); got != "304 0" {
		t.Errorf("--etag-compare: %s", got)
	}
	if got := curl("--compressed", address+"/page.html"); got != "<p>page</p>" {
		t.Errorf("--compressed: %q", got)
	}
	if got := curl("-L", address+"/dir"); got != "index" {
		t.Errorf("-L: %q", got)
	}
	if got := curl("-r", "0-3,100-103", address+"/large.bin"); strings.Count(got, "Content-Range: bytes ") != 2 {
		t.Errorf("-r: %q", got)
	}
	if got := curl("-I", address+"/large.bin"); !strings.Contains(got, "Content-Length: 160000\r\n") {
		t.Errorf("-I: %q", got)
	}
	if got := curl("--path-as-is", "-w", "%{http_code}", "-o", os.DevNull, address+"/../../etc/passwd"); got == "200" {
		t.Errorf("--path-as-is: %s", got)
	}
}
