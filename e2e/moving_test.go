//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMoving starts the sites of docs/from-nginx.md and docs/from-haproxy.md
// twice, on the server they come from and on Netwright, with the same upstreams,
// and asks both for the same things.
func TestMoving(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "netwright")
	if out, err := exec.Command("go", "build", "-o", binary, "../cmd/netwright").CombinedOutput(); err != nil {
		t.Fatalf("building netwright: %v\n%s", err, out)
	}
	t.Run("nginx", func(t *testing.T) { t.Parallel(); moveFromNginx(t, binary) })
	t.Run("haproxy", func(t *testing.T) { t.Parallel(); moveFromHAProxy(t, binary) })
}

// TestMovingPages holds that the pages show the configs that TestMoving runs.
func TestMovingPages(t *testing.T) {
	for _, tt := range []struct{ page, language, file string }{
		{"from-nginx.md", "nginx", "nginx.conf"},
		{"from-nginx.md", "yaml", "nginx.yaml"},
		{"from-haproxy.md", "haproxy", "haproxy.cfg"},
		{"from-haproxy.md", "yaml", "haproxy.yaml"},
	} {
		page, err := os.ReadFile(filepath.Join("../docs", tt.page))
		if err != nil {
			t.Fatal(err)
		}
		config, err := os.ReadFile(filepath.Join("testdata/moving", tt.file))
		if err != nil {
			t.Fatal(err)
		}
		if block := fmt.Sprintf("```%s\n%s```\n", tt.language, config); !strings.Contains(string(page), block) {
			t.Errorf("docs/%s does not show e2e/testdata/moving/%s as it is", tt.page, tt.file)
		}
	}
}

// An ask is one request and what both servers must answer. Where they answer
// differently by design, and the page says so, theirs is the status of the other.
type ask struct {
	request string // method and URL
	status  int
	theirs  int
	from    string   // the client's address, 127.0.0.1 by default
	fields  []string // of the request, "Name: value"
	body    string
	page    bool // an error answer whose body is the site's own
}

const office = "127.0.0.2" // stands for 10.0.0.0/8

var fromNginx = []ask{
	// In the clear.
	{request: "GET http://shop.example.com/", status: 301},
	{request: "GET http://shop.example.com/a/b?c=d&e", status: 301},
	{request: "GET http://admin.example.com/x", status: 301},
	{request: "POST http://shop.example.com/api/carts", status: 301, body: "a=b"},
	{request: "GET http://shop.example.com/.well-known/acme-challenge/token", status: 200},
	{request: "GET http://shop.example.com/.well-known/acme-challenge/none", status: 404},
	{request: "GET http://other.example.com/", status: 404},
	// The other name of the site.
	{request: "GET https://www.shop.example.com/a?b=c", status: 301},
	{request: "GET https://other.example.com/", status: 404},
	// Fixed answers and redirects.
	{request: "GET https://shop.example.com/healthz", status: 200},
	{request: "HEAD https://shop.example.com/healthz", status: 200},
	{request: "GET https://SHOP.example.com/healthz", status: 200},
	{request: "GET https://shop.example.com/old/x/y?z=1", status: 301},
	{request: "GET https://shop.example.com/old/", status: 301},
	{request: "GET https://shop.example.com/item/42", status: 302},
	{request: "GET https://shop.example.com/item/abc", status: 404, page: true},
	// The API.
	{request: "GET https://shop.example.com/api/carts?page=2&q=%20x", status: 200},
	{request: "HEAD https://shop.example.com/api/carts", status: 200},
	{request: "GET https://shop.example.com/api/a%20b/%C3%A9", status: 200},
	{request: "GET https://shop.example.com/api/../api/./carts", status: 200},
	{request: "GET https://shop.example.com//api//carts", status: 200},
	{request: "POST https://shop.example.com/api/carts", status: 200, fields: []string{"Content-Type: application/json"}, body: `{"a":1}`},
	{request: "PUT https://shop.example.com/api/big", status: 200, body: strings.Repeat("x", 2<<20)},
	{request: "DELETE https://shop.example.com/api/carts/1", status: 200},
	{request: "OPTIONS https://shop.example.com/api/carts", status: 200},
	{request: "GET https://shop.example.com/api/status/404", status: 404, page: true},
	{request: "GET https://shop.example.com/api/status/500", status: 500, page: true},
	{request: "GET https://shop.example.com/api/status/204", status: 204},
	{request: "GET https://shop.example.com/api/spoof", status: 200, fields: []string{"X-Forwarded-For: 1.2.3.4", "X-Real-IP: 1.2.3.4", "X-Forwarded-Proto: ftp"}},
	{request: "GET https://shop.example.com/api/hops", status: 200, fields: []string{"X-Secret: 1", "TE: trailers"}},
	{request: "POST https://shop.example.com/api/huge", status: 413, fields: []string{"Content-Length: 11000000"}},
	{request: "POST https://shop.example.com/healthz/x", status: 413, fields: []string{"Content-Length: 2000000"}},
	// Files.
	{request: "GET https://shop.example.com/", status: 200},
	{request: "GET https://shop.example.com/index.html", status: 200},
	{request: "HEAD https://shop.example.com/index.html", status: 200},
	{request: "GET https://shop.example.com/docs", status: 301},
	{request: "GET https://shop.example.com/docs/", status: 200},
	{request: "GET https://shop.example.com/none", status: 404, page: true},
	{request: "GET https://shop.example.com/.git/config", status: 404, page: true},
	{request: "GET https://shop.example.com/%2e%67it/config", status: 404, page: true},
	{request: "GET https://shop.example.com/assets/app.js", status: 200},
	{request: "GET https://shop.example.com/assets/app.js", status: 200, fields: []string{"Accept-Encoding: gzip"}},
	{request: "GET https://shop.example.com/assets/app.js", status: 206, fields: []string{"Range: bytes=2-5"}},
	{request: "GET https://shop.example.com/assets/app.js", status: 304, fields: []string{"If-Modified-Since: Sun, 01 Jun 2025 12:00:00 GMT"}},
	{request: "GET https://shop.example.com/assets/app.js", status: 416, fields: []string{"Range: bytes=900-"}},
	{request: "GET https://shop.example.com/app/any/where", status: 200},
	{request: "GET https://shop.example.com/app/style.css", status: 200},
	{request: "POST https://shop.example.com/index.html", status: 405, body: "a=b"},
	// Staff.
	{request: "GET https://admin.example.com/", status: 403},
	{request: "GET https://admin.example.com/", status: 403, fields: []string{"Authorization: Basic YWRhOmxvdmVsYWNl"}},
	{request: "GET https://admin.example.com/", status: 401, from: office},
	{request: "GET https://admin.example.com/", status: 401, from: office, fields: []string{"Authorization: Basic YWRhOndyb25n"}},
	{request: "GET https://admin.example.com/x?y", status: 200, from: office, fields: []string{"Authorization: Basic YWRhOmxvdmVsYWNl"}},
	// What the page says is different.
	{request: "GET https://shop.example.com/empty/", status: 404, theirs: 403},
	{request: "GET https://shop.example.com/api/a%00b", status: 400, theirs: 400},
	{request: "GET https://shop.example.com/docs%2Findex.html", status: 404, theirs: 200},
	{request: "GET https://shop.example.com/api", status: 200, theirs: 301},
	{request: "GET https://shop.example.com/api/.hidden", status: 200, theirs: 404},
	{request: "GET https://shop.example.com/api/%2e%2e%2fadmin", status: 400, theirs: 404},
}

func moveFromNginx(t *testing.T, binary string) {
	m := newMove(t)
	m.upstream("10.0.0.5:3000")
	m.upstream("10.0.0.6:3000")
	m.upstream("10.0.0.7:3000")
	m.upstream("10.0.0.8:4000")
	m.upstream("10.0.0.8:9000")
	theirs := m.start("nginx.conf", []string{
		"listen 80", "listen {plain}",
		"listen 443", "listen {tls}",
		"http {", "http { client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3; uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;",
	}, func(config, dir string) *exec.Cmd {
		globals := "daemon off; error_log stderr crit; pid " + dir + "/pid;"
		if os.Geteuid() == 0 {
			globals += " user root;"
		}
		return exec.Command(need(m.t, "nginx"), "-p", dir, "-e", "stderr", "-c", config, "-g", globals)
	})
	ours := m.netwright(binary, "nginx.yaml")

	m.compare(theirs, ours, fromNginx)
	for _, s := range []*movedSite{theirs, ours} {
		s.websocket("shop.example.com", "/chat/room")
		s.limited("https://shop.example.com/api/login", 3)
	}
	m.stop("10.0.0.5:3000")
	m.stop("10.0.0.6:3000")
	for _, s := range []*movedSite{theirs, ours} {
		for range 5 {
			if a := s.do(ask{request: "GET https://shop.example.com/api/x"}); a.status != 200 || a.backend != "10.0.0.7:3000" {
				t.Errorf("%s: with only the spare target left the answer is %d from %q", s.name, a.status, a.backend)
			}
		}
	}
}

var fromHAProxy = []ask{
	{request: "GET http://shop.example.com/a?b=c", status: 301},
	{request: "GET http://other.example.com/", status: 301},
	{request: "HEAD http://api.example.com/v1/x", status: 301},
	{request: "GET https://other.example.com/", status: 404},
	{request: "GET https://other.example.com/ping", status: 200},
	{request: "GET https://shop.example.com/ping", status: 200},
	{request: "HEAD https://shop.example.com/ping", status: 200},
	{request: "GET https://shop.example.com/internal", status: 403},
	{request: "GET https://api.example.com/internal/x", status: 403},
	{request: "GET https://shop.example.com/internals", status: 200},
	{request: "GET https://shop.example.com/", status: 301},
	{request: "GET https://shop.example.com/shop/", status: 200},
	{request: "GET https://SHOP.EXAMPLE.COM/shop/", status: 200},
	{request: "HEAD https://shop.example.com/shop/", status: 200},
	{request: "GET https://shop.example.com/shop/a%20b?q=%20x&y", status: 200},
	{request: "GET https://shop.example.com/old/a/b?c=d", status: 200},
	{request: "POST https://shop.example.com/shop/cart", status: 200, fields: []string{"Content-Type: application/json"}, body: `{"a":1}`},
	{request: "PUT https://shop.example.com/shop/cart", status: 200, body: strings.Repeat("x", 1<<20)},
	{request: "PATCH https://shop.example.com/shop/cart", status: 200, body: "x"},
	{request: "DELETE https://shop.example.com/shop/cart", status: 200},
	{request: "OPTIONS https://shop.example.com/shop/cart", status: 200},
	{request: "GET https://shop.example.com/status/404", status: 404, page: true},
	{request: "GET https://shop.example.com/status/500", status: 500, page: true},
	{request: "GET https://shop.example.com/status/204", status: 204},
	{request: "GET https://shop.example.com/status/302", status: 302},
	{request: "GET https://shop.example.com/shop/spoof", status: 200, fields: []string{"X-Forwarded-Proto: ftp"}},
	{request: "GET https://api.example.com/v1/users", status: 200, fields: []string{"X-Tenant: a"}},
	{request: "GET https://api.example.com/v1/users?a=b", status: 200, fields: []string{"X-Tenant: b", "X-Debug: 1"}},
	{request: "GET https://api.example.com/v1/", status: 200},
	{request: "GET https://api.example.com/v2/users", status: 200},
	{request: "POST https://api.example.com/v1/users", status: 200, body: "x"},
	{request: "GET https://shop.example.com/admin", status: 403},
	{request: "GET https://shop.example.com/admin/x", status: 403, fields: []string{"Authorization: Basic YWRhOmxvdmVsYWNl"}},
	{request: "GET https://shop.example.com/admin/x", status: 401, from: office},
	{request: "GET https://shop.example.com/admin/x", status: 401, from: office, fields: []string{"Authorization: Basic YWRhOndyb25n"}},
	{request: "GET https://shop.example.com/admin/x", status: 200, from: office, fields: []string{"Authorization: Basic YWRhOmxvdmVsYWNl"}},
	{request: "GET https://api.example.com/admin/", status: 403},
	{request: "GET https://api.example.com/admin/", status: 401, from: office},
	{request: "GET https://shop.example.com/admins", status: 200},
	// What the page says is different: HAProxy compares paths as they are spelled.
	{request: "GET https://shop.example.com/%61dmin/x", status: 403, theirs: 200},
	{request: "GET https://shop.example.com/shop/../internal/x", status: 403, theirs: 200},
	{request: "GET https://shop.example.com//internal/x", status: 403, theirs: 200},
	{request: "GET https://shop.example.com/admin%2fx", status: 400, theirs: 200},
	{request: "GET https://shop.example.com/shop/%zz", status: 400, theirs: 400},
	{request: "GET https://other.example.com/admin/", status: 404, theirs: 403},
}

func moveFromHAProxy(t *testing.T, binary string) {
	m := newMove(t)
	m.upstream("10.0.0.5:3000")
	m.upstream("10.0.0.6:3000")
	m.upstream("10.0.0.7:3000")
	m.upstream("10.0.0.8:4000")
	m.upstream("10.0.0.9:4000")
	m.behindProxyHeader("10.0.0.8:5000")
	theirs := m.start("haproxy.cfg", []string{
		"bind :80", "bind {plain}",
		"bind :443", "bind {tls}",
	}, func(config, dir string) *exec.Cmd {
		return exec.Command(need(m.t, "haproxy"), "-db", "-f", config)
	})
	ours := m.netwright(binary, "haproxy.yaml")

	m.compare(theirs, ours, fromHAProxy)
	for _, s := range []*movedSite{theirs, ours} {
		s.websocket("shop.example.com", "/chat/room")
		s.limited("https://shop.example.com/login", 5)
		s.sticks("https://shop.example.com/shop/", "SRV")
		s.hashes("https://api.example.com/v1/x", "X-Tenant")
	}

	// A target whose check fails gets nothing more, until it is well again.
	for _, healthy := range []bool{false, true} {
		m.backends["10.0.0.5:3000"].sick.Store(!healthy)
		for _, s := range []*movedSite{theirs, ours} {
			until(t, fmt.Sprintf("%s: 10.0.0.5:3000 is well: %v, and requests go as before", s.name, healthy), func() bool {
				used := 0
				for range 12 {
					if s.do(ask{request: "GET https://shop.example.com/shop/"}).backend == "10.0.0.5:3000" {
						used++
					}
				}
				return used > 0 == healthy
			})
		}
	}

	// Without any of them the spare one serves, and without that nobody does.
	m.stop("10.0.0.5:3000")
	m.stop("10.0.0.6:3000")
	for _, s := range []*movedSite{theirs, ours} {
		until(t, s.name+": the spare target does not serve", func() bool {
			a := s.do(ask{request: "GET https://shop.example.com/shop/"})
			return a.status == http.StatusOK && a.backend == "10.0.0.7:3000"
		})
	}
	m.stop("10.0.0.7:3000")
	for s, want := range map[*movedSite]int{theirs: http.StatusServiceUnavailable, ours: http.StatusBadGateway} {
		if a := s.do(ask{request: "GET https://shop.example.com/shop/"}); a.status != want {
			t.Errorf("%s: without any target the answer is %d, not %d", s.name, a.status, want)
		}
	}
}
