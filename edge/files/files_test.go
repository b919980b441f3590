package files

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFiles(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", 5000)
	root := tree(t, map[string]string{
		"index.html": "<h1>home</h1>", "a.txt": "hello\n", "empty": "", "large.bin": large, "app.LOG": "log", "x.y z.css": "css",
		"docs/index.html": "docs", "docs/deep/page.html": "page", "bare/file.txt": "x", "sp ace/ä.txt": "umlaut",
		".git/config": "secret", ".env": "secret", "docs/.hidden": "secret", ".well-known/acme": "token", ".well-known/.x": "secret",
	})
	address := serve(t, Config{Root: root, Types: map[string]string{".log": "text/x-log"}})
	for _, tt := range []struct {
		method, path string
		status       int
		body         string
		header       string
	}{
		{"GET", "/", 200, "<h1>home</h1>", "Content-Type: text/html; charset=utf-8"},
		{"HEAD", "/", 200, "", "Content-Length: 13"},
		{"GET", "/a.txt", 200, "hello\n", "Content-Type: text/plain; charset=utf-8"},
		{"GET", "/a.txt?x=y", 200, "hello\n", "Accept-Ranges: bytes"},
		{"HEAD", "/a.txt", 200, "", "Content-Length: 6"},
		{"GET", "/empty", 200, "", "Content-Type: application/octet-stream"},
		{"GET", "/large.bin", 200, large, "Content-Length: 80000"},
		{"HEAD", "/large.bin", 200, "", "Content-Length: 80000"},
		{"GET", "/app.LOG", 200, "log", "Content-Type: text/x-log"},
		{"GET", "/x.y%20z.css", 200, "css", "Content-Type: text/css; charset=utf-8"},
		{"GET", "/docs/", 200, "docs", ""},
		{"GET", "/docs", 301, "", "Location: ./docs/"},
		{"GET", "/docs?a=b", 301, "", "Location: ./docs/?a=b"},
		{"HEAD", "/docs/deep", 301, "", "Location: ./deep/"},
		{"GET", "/sp%20ace", 301, "", "Location: ./sp%20ace/"},
		{"GET", "/sp%20ace/%C3%A4.txt", 200, "umlaut", ""},
		{"GET", "/docs/deep/page.html", 200, "page", ""},
		{"GET", "/docs/deep/page.html/", 404, "", ""},
		{"GET", "/bare/", 404, "", ""},
		{"GET", "/nothing", 404, "", ""},
		{"GET", "/a.txt/x", 404, "", ""},
		{"GET", "/.git/config", 404, "", ""},
		{"GET", "/.env", 404, "", ""},
		{"GET", "/%2Eenv", 404, "", ""},
		{"GET", "/docs/.hidden", 404, "", ""},
		{"GET", "/docs/%2ehidden", 404, "", ""},
		{"GET", "/.well-known/acme", 200, "token", ""},
		{"GET", "/.well-known/.x", 404, "", ""},
		{"GET", "/docs%2Findex.html", 404, "", ""},
		{"GET", "/..%2F..%2Fetc/passwd", 404, "", ""},
		{"GET", "/docs%5Cindex.html", 404, "", ""},
		{"POST", "/a.txt", 405, "", "Allow: GET, HEAD"},
		{"DELETE", "/a.txt", 405, "", "Allow: GET, HEAD"},
	} {
		g := fetch(t, tt.method, "http://"+address+tt.path)
		if g.status != tt.status || tt.status < 400 && g.body != tt.body {
			t.Errorf("%s %s: %d %.60q, want %d", tt.method, tt.path, g.status, g.body, tt.status)
		}
		if name, value, _ := strings.Cut(tt.header, ": "); g.header.Get(name) != value {
			t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, name, g.header.Get(name), value)
		}
		if strings.Contains(g.body, "secret") {
			t.Errorf("%s %s gives the secret away", tt.method, tt.path)
		}
	}
}

// TestNothingLeadsOutside has symlinks lead everywhere.
func TestNothingLeadsOutside(t *testing.T) {
	outside := tree(t, map[string]string{"secret.txt": "secret", "index.html": "secret"})
	root := tree(t, map[string]string{"in/file.txt": "inside", "in/.dot": "dotted", "dir/": ""})
	for name, target := range map[string]string{
		"abs.txt": filepath.Join(outside, "secret.txt"), "rel.txt": "../" + filepath.Base(outside) + "/secret.txt",
		"absdir": outside, "up": "..", "self": filepath.Join(root, "in"), "loop": "loop",
		"good.txt": "in/file.txt", "gooddir": "in", "dir/index.html": filepath.Join(outside, "index.html"), "in/file.txt.gz": filepath.Join(outside, "secret.txt"),
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	address, site := serveSite(t, Config{Root: root, Listing: true})
	for path, want := range map[string]string{
		"/abs.txt": "", "/rel.txt": "", "/absdir/secret.txt": "", "/absdir/": "", "/up/": "", "/self/file.txt": "", "/loop": "", "/loop/x": "",
		"/good.txt": "inside", "/gooddir/file.txt": "inside", "/in/file.txt": "inside",
	} {
		g := fetch(t, "GET", "http://"+address+path, "Accept-Encoding", "gzip")
		if strings.Contains(g.body, "secret") || (g.status == 200) != (want != "") || want != "" && g.body != want {
			t.Errorf("%s: %d %q", path, g.status, g.body)
		}
	}
	for _, path := range []string{"/", "/dir/"} {
		if g := fetch(t, "GET", "http://"+address+path+"?json"); g.status != 200 || strings.Contains(g.body, "abs") || strings.Contains(g.body, "up") || strings.Contains(g.body, "index") {
			t.Errorf("listing of %s: %d %s", path, g.status, g.body)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, "in")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "in")); err != nil {
		t.Fatal(err)
	}
	expire(site.h)
	if g := fetch(t, "GET", "http://"+address+"/in/secret.txt"); g.status != 404 {
		t.Errorf("a folder that became a symlink to the outside: %d %s", g.status, g.body)
	}
	if g := fetch(t, "GET", "http://"+address+"/in/file.txt"); g.status != 404 {
		t.Errorf("a file that went away: %d %s", g.status, g.body)
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[string]string{
		"/": "", "/a/b": "a/b", "/a/b/": "a/b/", "/%41": "A", "/a%20b": "a b", "/.well-known/x": ".well-known/x",
		"/%C3%A4": "ä", "/a..b": "a..b", "/a.": "a.", "/...": "-", "/.": "-", "/..": "-", "/a/../b": "-", "/a/%2E%2E/b": "-", "//a": "-", "/a//b": "-",
		"a": "-", "": "-", "/%": "-", "/%4": "-", "/%zz": "-", "/%00": "-", "/%2F": "-", "/a%2fb": "-", "/\\": "-", "/%5C": "-",
		"/%2ewell-known/x": "-", "/.well-known": "-", "/.well-knownx/a": "-", "/x/.well-known/a": "-", "/.well-known/.a": "-", "/.well-known/%2ea": "-",
		"/%41/.a": "-", "/.a/%41": "-", "/.well-known/%41": ".well-known/A",
	} {
		name, ok := decodeName(nil, []byte(path))
		if got := string(name); ok != (want != "-") || ok && got != want {
			t.Errorf("%q: %q, %v; want %q", path, got, ok, want)
		}
	}
}

// FuzzNames holds that no name leads up, into what is hidden, or is cut in
// other places than the path.
func FuzzNames(f *testing.F) {
	for _, path := range []string{"/a/b", "/%2e%2e/x", "/.well-known/a", "/a%2Fb", "/%41%20b/"} {
		f.Add([]byte(path))
	}
	f.Fuzz(func(t *testing.T, path []byte) {
		name, ok := decodeName(nil, path)
		if !ok {
			return
		}
		if strings.Count(string(name), "/") != strings.Count(string(path), "/")-1 {
			t.Fatalf("%q is cut as %q", path, name)
		}
		for i, segment := range strings.Split(strings.TrimSuffix(string(name), "/"), "/") {
			if segment == "" && len(name) > 0 || strings.HasPrefix(segment, ".") && (i > 0 || segment != ".well-known") {
				t.Fatalf("%q becomes %q", path, name)
			}
		}
		if strings.ContainsAny(string(name), "\\\x00") {
			t.Fatalf("%q becomes %q", path, name)
		}
	})
}

func TestMissing(t *testing.T) {
	root := tree(t, map[string]string{"index.html": "app", "a.js": "js", "dir/": ""})
	address := serve(t, Config{Root: root, Missing: "index.html"})
	for path, want := range map[string]string{"/a.js": "js", "/users/7": "app", "/dir/": "app", "/.env": ""} {
		if g := fetch(t, "GET", "http://"+address+path); want != "" && (g.status != 200 || g.body != want) || want == "" && g.status != 404 {
			t.Errorf("%s: %d %q", path, g.status, g.body)
		}
	}
}

// expire lets the second pass for which a handler goes by what it knows.
func expire(h *Handler) {
	h.cache.mu.Lock()
	defer h.cache.mu.Unlock()
	for _, e := range h.cache.entries {
		e.until.Store(0)
	}
}

// TestChanges holds that a change is seen within a second, however small.
func TestChanges(t *testing.T) {
	root := tree(t, map[string]string{"small.txt": "one", "large.txt": strings.Repeat("1", 50_000), "gone.txt": "x"})
	address, site := serveSite(t, Config{Root: root})
	before := map[string]got{}
	for _, path := range []string{"/small.txt", "/large.txt", "/gone.txt", "/new.txt"} {
		before[path] = fetch(t, "GET", "http://"+address+path)
	}
	info, err := os.Stat(filepath.Join(root, "small.txt"))
	if err != nil {
		t.Fatal(err)
	}
	// As long and as old as before: only the bytes tell.
	if err := errors.Join(
		os.WriteFile(filepath.Join(root, "small.txt"), []byte("two"), 0o644),
		os.Chtimes(filepath.Join(root, "small.txt"), info.ModTime(), info.ModTime()),
		os.WriteFile(filepath.Join(root, "next"), []byte(strings.Repeat("2", 50_000)), 0o644),
		os.Rename(filepath.Join(root, "next"), filepath.Join(root, "large.txt")),
		os.Remove(filepath.Join(root, "gone.txt")),
		os.WriteFile(filepath.Join(root, "new.txt"), []byte("new"), 0o644),
		os.WriteFile(filepath.Join(root, "small.txt.gz"), []byte("compressed"), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	if g := fetch(t, "GET", "http://"+address+"/new.txt"); g.body != "new" {
		t.Errorf("a new file: %d %q", g.status, g.body)
	}
	expire(site.h)
	if g := fetch(t, "GET", "http://"+address+"/small.txt"); g.body != "two" {
		t.Errorf("a small file that changed: %q", g.body)
	}
	if g := fetch(t, "GET", "http://"+address+"/small.txt", "Accept-Encoding", "gzip"); g.body != "compressed" {
		t.Errorf("a sibling that came later: %q", g.body)
	}
	if g := fetch(t, "GET", "http://"+address+"/large.txt"); g.body != strings.Repeat("2", 50_000) || g.header.Get("ETag") == before["/large.txt"].header.Get("ETag") {
		t.Errorf("a large file that was replaced: %.20q %v", g.body, g.header)
	}
	if g := fetch(t, "GET", "http://"+address+"/gone.txt"); g.status != 404 {
		t.Errorf("a file that was removed: %d %q", g.status, g.body)
	}
}

// TestShrinks holds that an answer which cannot be kept is cut, not filled.
func TestShrinks(t *testing.T) {
	root := tree(t, map[string]string{"f": strings.Repeat("x", 50_000)})
	address, s := serveSite(t, Config{Root: root})
	if g := fetch(t, "GET", "http://"+address+"/f"); len(g.body) != 50_000 {
		t.Fatal(len(g.body))
	}
	if err := os.Truncate(filepath.Join(root, "f"), 20_000); err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get("http://" + address + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := resp.Body.Read(make([]byte, 100_000))
	for err == nil {
		var m int
		m, err = resp.Body.Read(make([]byte, 100_000))
		n += m
	}
	if err.Error() != "unexpected EOF" || n > 20_000 {
		t.Errorf("%d bytes, then %v", n, err)
	}
	if err := <-s.failed; !strings.Contains(err.Error(), "shorter") {
		t.Error(err)
	}
}

func TestListing(t *testing.T) {
	root := tree(t, map[string]string{
		"b.txt": "bb", "A.txt": "a", "c & <d>.txt": "ccc", "#?%.txt": "x", "sub/x": "", ".hidden": "", "zip:zap": "", "sub two/": "",
	})
	settle(t, root, "b.txt", "A.txt", "c & <d>.txt", "#?%.txt", "zip:zap")
	address := serve(t, Config{Root: root, Listing: true})
	page := fetch(t, "GET", "http://"+address+"/")
	for _, want := range []string{
		`href="./sub/"`, `href="./sub%20two/"`, `>c &amp; &lt;d&gt;.txt<`, `href="./%23%3F%25.txt"`, `href="./zip:zap"`, "<style>" + pageStyle + "</style>",
		"2 folders, 5 files", `content="width=device-width`, `datetime="2024-05-06T07:08:09Z"`,
	} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page.body, "hidden") || strings.Contains(page.body, "<script") || strings.Contains(page.body, `href="./../"`) {
		t.Errorf("page:\n%s", page.body)
	}
	if page.header.Get("Content-Security-Policy") == "" || page.header.Get("Vary") != "Accept" {
		t.Errorf("fields: %v", page.header)
	}
	sub := fetch(t, "GET", "http://"+address+"/sub%20two/")
	if !strings.Contains(sub.body, `href="./../"`) || !strings.Contains(sub.body, "<title>/sub two/</title>") {
		t.Errorf("page:\n%s", sub.body)
	}
	for query, want := range map[string]string{
		"":                "sub/ sub two/ #?%.txt A.txt b.txt c & <d>.txt zip:zap",
		"&sort=size":      "sub/ sub two/ zip:zap #?%.txt A.txt b.txt c & <d>.txt",
		"&sort=name&desc": "sub two/ sub/ zip:zap c & <d>.txt b.txt A.txt #?%.txt",
	} {
		g := fetch(t, "GET", "http://"+address+"/?json"+query)
		var l listing
		if err := json.Unmarshal([]byte(g.body), &l); err != nil || g.header.Get("Content-Type") != "application/json" {
			t.Fatalf("%v\n%s", err, g.body)
		}
		var names []string
		for _, f := range l.Files {
			if f.Folder {
				f.Name += "/"
			}
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("?json%s: %s, want %s", query, got, want)
		}
	}
	for accept, json := range map[string]bool{
		"application/json": true, "text/html,application/json;q=0.9": false, "application/json, text/html;q=0.5": true, "*/*": false, "application/json;q=0": false,
	} {
		g := fetch(t, "GET", "http://"+address+"/", "Accept", accept)
		if (g.header.Get("Content-Type") == "application/json") != json {
			t.Errorf("Accept: %s gets %s", accept, g.header.Get("Content-Type"))
		}
	}
	if g := fetch(t, "HEAD", "http://"+address+"/"); g.status != 200 || g.header.Get("Content-Length") != fmt.Sprint(len(page.body)) {
		t.Errorf("HEAD: %v", g)
	}
}

func TestNew(t *testing.T) {
	for _, cfg := range []Config{{Root: "testdata/none"}, {Root: "files.go"}, {Root: ".", Types: map[string]string{"log": "x"}}} {
		if h, err := New(cfg); err == nil {
			h.Close()
			t.Errorf("%+v is taken", cfg)
		}
	}
}
