package message

import (
	"bytes"
	"errors"
	"net/url"
	"path"
	"strings"
	"testing"
)

var paths = []struct{ in, want string }{ // an empty want: refused
	{"/", "/"},
	{"/a/b", "/a/b"},
	{"/a/b/", "/a/b/"},
	{"/a.b/c.d", "/a.b/c.d"},
	{"/.well-known/x", "/.well-known/x"},
	{"/...", "/..."},
	{"/a/.../b", "/a/.../b"},
	{"/..a", "/..a"},
	{"/.a/..b", "/.a/..b"},
	{"/a..", "/a.."},
	{"/a./b", "/a./b"},
	// Empty segments.
	{"//", "/"},
	{"///", "/"},
	{"//a", "/a"},
	{"/a//b", "/a/b"},
	{"/a///b//", "/a/b/"},
	{"/a/%2e//b", "/a/b"},
	// Dot segments.
	{"/.", "/"},
	{"/./", "/"},
	{"/a/.", "/a/"},
	{"/a/./b", "/a/b"},
	{"/a/..", "/"},
	{"/a/../", "/"},
	{"/a/../b", "/b"},
	{"/a/b/../../c", "/c"},
	{"/a/b/..", "/a/"},
	{"/a//../b", "/b"},
	{"/a/.//..//b", "/b"},
	{"/a/./../b/", "/b/"},
	// Encoded dots and letters.
	{"/%2e", "/"},
	{"/%2E/a", "/a"},
	{"/a/%2e%2e/b", "/b"},
	{"/a/.%2e", "/"},
	{"/a/%2E.", "/"},
	{"/%61%62", "/ab"},
	{"/%7Euser", "/~user"},
	{"/%7euser", "/~user"},
	{"/%41%5f%2d%30", "/A_-0"},
	{"/%2e%2e%2e", "/..."},
	// What stays encoded, with upper case digits.
	{"/a%2fb", "/a%2Fb"},
	{"/a%2Fb", "/a%2Fb"},
	{"/%2f%2F", "/%2F%2F"},
	{"/a/..%2fb", "/a/..%2Fb"},
	{"/a%20b", "/a%20b"},
	{"/%c3%a9", "/%C3%A9"},
	{"/%25%32%65", "/%252e"}, // is not decoded twice
	{"/%252e%252e/", "/%252e%252e/"},
	{"/%0d%0a", "/%0D%0A"},
	{"/%5c", "/%5C"},
	{"/%3f%23", "/%3F%23"},
	{"/a;b=c", "/a;b=c"},
	{"/a;x/../b", "/b"},
	{"/!$&'()*+,;=:@", "/!$&'()*+,;=:@"},
	{"/a.;x", "/a.;x"},
	{"/...;x", "/...;x"},
	// Refused.
	{"", ""},
	{"a", ""},
	{"%2f", ""},
	{"/..", ""},
	{"/../", ""},
	{"/../a", ""},
	{"/a/../..", ""},
	{"/a/../../b", ""},
	{"/%2e%2e/a", ""},
	{"/a/%2e./.%2e/b", ""},
	{"//..", ""},
	{"/./..", ""},
	{"/%00", ""},
	{"/a%00b", ""},
	{"/%", ""},
	{"/%2", ""},
	{"/a%2", ""},
	{"/%zz", ""},
	{"/%2g", ""},
	{"/%%32e", ""},
	{"/%u002e", ""},
	{`/\`, ""},
	{`/a\..\b`, ""},
	{"/a b", ""},
	{"/a\x00", ""},
	{"/a\x1f", ""},
	{"/a\x7f", ""},
	{"/a\x80", ""},
	{"/\xff", ""},
	{"/a#b", ""},
	{"/a?b", ""},
	{"/..;", ""},
	{"/a/..;x/b", ""},
	{"/a/.;x", ""},
	{"/a/%2e%2e;x/b", ""},
	{"/a/;/..;/", ""},
}

func TestNormalizePath(t *testing.T) {
	for _, p := range paths {
		got, err := NormalizePath(nil, []byte(p.in))
		if string(got) != p.want || (err != nil) != (p.want == "") {
			t.Errorf("%q: %q, %v; want %q", p.in, got, err, p.want)
		}
		var broken *Error
		if err != nil && (!errors.As(err, &broken) || broken.Status != 400 || broken.Rule == "") {
			t.Errorf("%q: an error of no rule: %v", p.in, err)
		}
	}
}

// A path that is normal is returned itself, one that is not in the scratch.
func TestNormalizePathMemory(t *testing.T) {
	normal, scratch := []byte("/a/b.c"), make([]byte, 0, 100)
	if got, _ := NormalizePath(scratch, normal); &got[0] != &normal[0] {
		t.Error("a normal path was copied")
	}
	other := []byte("/a/./b%2dc")
	if n := testing.AllocsPerRun(100, func() { NormalizePath(scratch, other) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if string(other) != "/a/./b%2dc" {
		t.Errorf("the path was written to: %q", other)
	}
}

// The result is normal: it stays as it is, has no empty or dot segments, and
// names what the path names.
func FuzzNormalizePath(f *testing.F) {
	for _, p := range paths {
		f.Add(p.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, err := NormalizePath(nil, []byte(in))
		if err != nil {
			return
		}
		if again, err := NormalizePath(nil, out); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q: %q, and again %q, %v", in, out, again, err)
		}
		s := string(out)
		if s[0] != '/' || strings.Contains(s, "//") {
			t.Fatalf("%q: %q", in, out)
		}
		for segment := range strings.SplitSeq(s, "/") {
			if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
				t.Fatalf("%q: %q", in, out)
			}
		}
		u, err := url.PathUnescape(strings.ReplaceAll(in, "%2f", "%2F"))
		if err != nil {
			t.Fatalf("%q is accepted: %v", in, err)
		}
		if strings.Contains(in, "%2F") || strings.Contains(in, "%2f") || strings.HasSuffix(in, "/") {
			return // package path knows no encoded separators, and drops the last slash
		}
		if mine, _ := url.PathUnescape(s); path.Clean(mine) != path.Clean(u) {
			t.Fatalf("%q: %q; package path makes it %q", in, mine, path.Clean(u))
		}
	})
}

func TestCheckHost(t *testing.T) {
	for _, host := range []string{"h", "example.com", "example.com.", "h:80", "h:", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80", "[::1]:", "[2001:db8::1.2.3.4]", "my_host", "xn--bcher-kva", "a-b~c", strings.Repeat("a", 255)} {
		if err := CheckHost([]byte(host)); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
	for _, host := range []string{"", ":", ":80", "h:80:80", "h:x", "h:+1", "h:-1", "h:123456", "h 1", " h", "h ", "h/", "/", "h?", "h#", "u@h", "u:p@h", "h,h", "h\\", "h%41", "h\x00", "h\r", "h\n", "h\t", "h\x7f", "h\x80", "é", `h"`, "<h>", "h|", "h^", "h`", "h{}", "[", "]", "[]", "[:", "[::1", "::1", "[::1]x", "[::1]80", "[::1]:80x", "[::g]", "[fe80::1%25lo]", "[v1.x]", "x[::1]", "[[::1]]", strings.Repeat("a", 256)} {
		if CheckHost([]byte(host)) == nil {
			t.Errorf("%q is accepted", host)
		}
	}
}

func TestSplitHostPort(t *testing.T) {
	for _, c := range [][3]string{{"h", "h", ""}, {"h:80", "h", "80"}, {"h:", "h", ""}, {"[::1]", "[::1]", ""}, {"[::1]:80", "[::1]", "80"}, {"", "", ""}} {
		if host, port := SplitHostPort([]byte(c[0])); string(host) != c[1] || string(port) != c[2] {
			t.Errorf("%q: %q and %q", c[0], host, port)
		}
	}
}

func TestLookup(t *testing.T) {
	for n := Accept; n < numNames; n++ {
		s := n.String()
		for _, spelled := range []string{s, strings.ToLower(s), strings.ToUpper(s)} {
			if got := Lookup([]byte(spelled)); got != n {
				t.Errorf("%q is %d, want %d", spelled, got, n)
			}
		}
		for _, other := range []string{s + "x", s[1:], s[:len(s)-1], "z" + s[1:], strings.ReplaceAll(s, "-", "_") + "_"} {
			if got := Lookup([]byte(other)); got == n {
				t.Errorf("%q is taken for %s", other, s)
			}
		}
		if strings.Contains(s, "\x00") || s == "" || len(s) >= len(byLength) {
			t.Errorf("%d has no spelling that can be looked up: %q", n, s)
		}
	}
	for _, s := range []string{"", "X", strings.Repeat("a", 100), "Hos\xf4", "Host "} {
		if got := Lookup([]byte(s)); got != Other {
			t.Errorf("%q is %s", s, got)
		}
	}
	if Other.String() != "" || Removed.String() != "" {
		t.Error("Other and Removed have a spelling")
	}
}

func TestKindsOfNames(t *testing.T) {
	for n := Accept; n < numNames; n++ {
		if n.HopByHop() && n.AllowedInTrailer() {
			t.Errorf("%s concerns one connection and may be a trailer", n)
		}
	}
	for _, n := range []Name{ContentLength, TransferEncoding, Host, Authorization, Cookie, SetCookie, ContentType, ContentEncoding, XForwardedFor, Expect, Range, TE, Removed} {
		if n.AllowedInTrailer() {
			t.Errorf("%q may be a trailer", n)
		}
	}
}

func parse(lines ...string) (f Fields) {
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		f.Add([]byte(name), []byte(value))
	}
	return f
}

func (f Fields) text() string {
	var all []string
	for i := range f {
		if f[i].Known != Removed {
			all = append(all, string(f[i].Name)+": "+string(f[i].Value))
		}
	}
	return strings.Join(all, "|")
}

func TestFields(t *testing.T) {
	f := parse("Host: h", "X-A: 1", "x-a: 2", "Via: a")
	if string(f.Get(Host)) != "h" || f.Get(Cookie) != nil || !f.Has(Via) || f.Has(Cookie) {
		t.Error("known names are not found, or others are")
	}
	if v, ok := f.Value("x-a"); !ok || string(v) != "1" {
		t.Errorf("Value: %q, %v", v, ok)
	}
	if v, ok := f.Value("x-b"); ok {
		t.Errorf("Value of none: %q", v)
	}
	f.Set([]byte("X-A"), []byte("3"))
	if got := f.text(); got != "Host: h|Via: a|X-A: 3" {
		t.Errorf("Set: %s", got)
	}
	f.Remove([]byte("VIA"))
	f.Remove([]byte("host"))
	f.AddKnown(Via, []byte("b"))
	if got := f.text(); got != "X-A: 3|Via: b" || f.Has(Host) {
		t.Errorf("Remove: %s", got)
	}
	if v, ok := f.Value("host"); ok {
		t.Errorf("a removed field is found: %q", v)
	}
}

// Whoever removes a field also removes what CGI would take for it.
func TestRemoveAliases(t *testing.T) {
	f := parse("X-User: a", "X_User: b", "x_USER: c", "XUser: d", "X-User-Id: e", "X.User: f")
	f.Remove([]byte("X-User"))
	if got := f.text(); got != "XUser: d|X-User-Id: e|X.User: f" {
		t.Error(got)
	}
}

func TestStripNominated(t *testing.T) {
	f := parse("Connection: close, X-Secret ,,x-other, Host", "Connection: Cookie, Content-Length, Transfer-Encoding, X-Forwarded-For, X-Forwarded-Prefix, Authorization, upgrade, Keep-Alive",
		"X-Secret: 1", "x-OTHER: 2", "Host: h", "Cookie: a", "X-Forwarded-For: b", "X-Forwarded-Prefix: c", "Authorization: d", "Close: e")
	f.StripNominated()
	got := f.text()
	got = got[strings.Index(got, "|Host"):]
	if got != "|Host: h|Cookie: a|X-Forwarded-For: b|X-Forwarded-Prefix: c|Authorization: d" {
		t.Error(got)
	}
}

func TestHasToken(t *testing.T) {
	f := parse("Connection: keep-alive , Upgrade", "Connection: close")
	for _, c := range []struct {
		token string
		want  bool
	}{{"keep-alive", true}, {"upgrade", true}, {"close", true}, {"clos", false}, {"", false}, {"alive", false}} {
		if got := f.HasToken(Connection, c.token); got != c.want {
			t.Errorf("%q: %v", c.token, got)
		}
	}
}

func TestNextListItem(t *testing.T) {
	for _, c := range [][]string{{""}, {"a", "a"}, {"a,b", "a", "b"}, {" a ,\tb\t", "a", "b"}, {",", ""}, {",a,,b,", "", "a", "", "b"}, {" ", ""}} {
		rest := []byte(c[0])
		var got []string
		for len(rest) > 0 {
			var item []byte
			item, rest = NextListItem(rest)
			got = append(got, string(item))
		}
		if strings.Join(got, "|") != strings.Join(c[1:], "|") || len(got) != len(c)-1 {
			t.Errorf("%q: %q", c[0], got)
		}
	}
}

func TestCookie(t *testing.T) {
	f := parse("Cookie: a=1; b=2;c=3 ; d=", "Cookie: e=x=y; a=4; f", "Set-Cookie: g=1")
	for name, want := range map[string]string{"a": "1", "b": "2", "c": "3", "d": "", "e": "x=y", "f": "-", "g": "-", "A": "-", "": "-", "z": "-"} {
		got := f.Cookie(name)
		if (got == nil) != (want == "-") || got != nil && string(got) != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestBytesOfFields(t *testing.T) {
	for c := range 256 {
		b := []byte{byte(c)}
		token := strings.ContainsRune("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(c)) && c < 0x80
		value := c == '\t' || c >= ' ' && c != 0x7f
		if IsToken(b) != token || IsFieldValue(b) != value {
			t.Errorf("%#x: token %v, value %v", c, IsToken(b), IsFieldValue(b))
		}
	}
	if IsToken(nil) || !IsFieldValue(nil) {
		t.Error("of nothing: a token, or no value")
	}
	if got := TrimSpace([]byte(" \t a b\t ")); string(got) != "a b" {
		t.Errorf("TrimSpace: %q", got)
	}
	if got := TrimSpace([]byte("\v a\n")); string(got) != "\v a\n" {
		t.Errorf("TrimSpace takes more than spaces and tabs: %q", got)
	}
}

func TestHeads(t *testing.T) {
	for v, want := range map[Version]string{HTTP10: "HTTP/1.0", HTTP11: "HTTP/1.1", HTTP2: "HTTP/2", HTTP3: "HTTP/3", 0: "HTTP/?"} {
		if v.String() != want {
			t.Errorf("%d: %s", v, v)
		}
	}
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "PUT": true, "DELETE": true, "OPTIONS": true, "TRACE": true, "QUERY": true, "POST": false, "PATCH": false, "get": false, "CONNECT": false} {
		if (&Request{Method: []byte(method)}).Idempotent() != want {
			t.Errorf("%s: %v", method, !want)
		}
	}
	for status, want := range map[int]bool{100: true, 101: true, 103: true, 200: false, 204: true, 205: false, 304: true, 404: false} {
		if Bodiless(status) != want {
			t.Errorf("%d: %v", status, !want)
		}
	}
	r := Request{Method: []byte("GET"), Fields: parse("A: b"), Length: 5, KeepAlive: true}
	fields := r.Fields
	if r.Reset(); r.Method != nil || len(r.Fields) != 0 || cap(r.Fields) != cap(fields) || r.Length != 0 || r.KeepAlive || fields[0].Name != nil {
		t.Error("Reset keeps something, or not the memory of the fields")
	}
	a := Response{Status: 200, Fields: parse("A: b")}
	if a.Reset(); a.Status != 0 || len(a.Fields) != 0 || cap(a.Fields) == 0 {
		t.Error("Reset keeps something, or not the memory of the fields")
	}
}
