package files

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/http/message"
)

// day is then in the forms of HTTP dates, and the seconds beside it.
func day(d time.Duration) string { return then.Add(d).Format(http.TimeFormat) }

func TestConditions(t *testing.T) {
	root := tree(t, map[string]string{"f.txt": "0123456789"})
	settle(t, root, "f.txt")
	url := "http://" + serve(t, Config{Root: root}) + "/f.txt"
	tag := fetch(t, "GET", url).header.Get("ETag")
	if !strings.HasPrefix(tag, `"`) || !strings.HasSuffix(tag, `"`) || len(tag) < 10 {
		t.Fatalf("ETag %s", tag)
	}
	for _, tt := range []struct {
		name   string
		fields []string
		status int
	}{
		{"If-Match", []string{"If-Match", tag}, 200},
		{"If-Match *", []string{"If-Match", "*"}, 200},
		{"If-Match in a list", []string{"If-Match", `"a", "b,c" , ` + tag}, 200},
		{"If-Match on two lines", []string{"If-Match", `"a"`, "If-Match", tag}, 200},
		{"If-Match of another", []string{"If-Match", `"a"`}, 412},
		{"If-Match is weak", []string{"If-Match", "W/" + tag}, 412},
		{"If-Match malformed", []string{"If-Match", strings.Trim(tag, `"`)}, 412},
		{"If-Match goes before dates", []string{"If-Match", tag, "If-Unmodified-Since", day(-time.Hour)}, 200},
		{"If-Unmodified-Since then", []string{"If-Unmodified-Since", day(0)}, 200},
		{"If-Unmodified-Since later", []string{"If-Unmodified-Since", day(time.Second)}, 200},
		{"If-Unmodified-Since earlier", []string{"If-Unmodified-Since", day(-time.Second)}, 412},
		{"If-Unmodified-Since is no date", []string{"If-Unmodified-Since", "yesterday"}, 200},
		{"If-None-Match", []string{"If-None-Match", tag}, 304},
		{"If-None-Match weak", []string{"If-None-Match", "W/" + tag}, 304},
		{"If-None-Match *", []string{"If-None-Match", "*"}, 304},
		{"If-None-Match in a list", []string{"If-None-Match", `"x",` + tag}, 304},
		{"If-None-Match of another", []string{"If-None-Match", `"x"`}, 200},
		{"If-None-Match goes before dates", []string{"If-None-Match", `"x"`, "If-Modified-Since", day(0)}, 200},
		{"If-Modified-Since then", []string{"If-Modified-Since", day(0)}, 304},
		{"If-Modified-Since later", []string{"If-Modified-Since", day(time.Hour)}, 304},
		{"If-Modified-Since earlier", []string{"If-Modified-Since", day(-time.Second)}, 200},
		{"If-Modified-Since in old form", []string{"If-Modified-Since", then.Format("Monday, 02-Jan-06 15:04:05 ") + "GMT"}, 304},
		{"If-Modified-Since is no date", []string{"If-Modified-Since", "0"}, 200},
		{"If-Match and If-None-Match", []string{"If-Match", tag, "If-None-Match", tag}, 304},

		{"If-Range tag", []string{"Range", "bytes=2-3", "If-Range", tag}, 206},
		{"If-Range weak tag", []string{"Range", "bytes=2-3", "If-Range", "W/" + tag}, 200},
		{"If-Range other tag", []string{"Range", "bytes=2-3", "If-Range", `"x"`}, 200},
		{"If-Range date", []string{"Range", "bytes=2-3", "If-Range", day(0)}, 206},
		{"If-Range later date", []string{"Range", "bytes=2-3", "If-Range", day(time.Second)}, 200},
		{"If-Range is neither", []string{"Range", "bytes=2-3", "If-Range", "x"}, 200},
		{"If-Range with a range that is not there", []string{"Range", "bytes=20-", "If-Range", `"x"`}, 200},
		{"conditions go before ranges", []string{"Range", "bytes=20-", "If-None-Match", tag}, 304},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			g := fetch(t, method, url, tt.fields...)
			want := map[int]string{200: "0123456789", 206: "23"}[g.status]
			if method == "HEAD" {
				want = ""
			}
			if g.status != tt.status || g.body != want {
				t.Errorf("%s, %s: %d %q, want %d", tt.name, method, g.status, g.body, tt.status)
			}
			if g.status == 304 && (g.header.Get("ETag") != tag || g.header.Get("Content-Type") != "") {
				t.Errorf("%s: 304 with %v", tt.name, g.header)
			}
		}
	}
}

func TestRanges(t *testing.T) {
	const small = "0123456789"
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "%06d ", i)
	}
	large := b.String()
	root := tree(t, map[string]string{"small.txt": small, "large.bin": large, "empty": ""})
	address := serve(t, Config{Root: root})
	for _, tt := range []struct {
		field, want string // of a file of ten bytes; parts joined by |
		status      int
	}{
		{"bytes=0-0", "0", 206},
		{"bytes=2-5", "2345", 206},
		{"bytes=7-", "789", 206},
		{"bytes=-3", "789", 206},
		{"bytes=-30", small, 206},
		{"bytes=0-", small, 206},
		{"bytes=5-99999999999999999999999", "56789", 206},
		{"bytes=0-1,4-5", "01|45", 206},
		{"bytes=0-1, 4-5 ,-1", "01|45|9", 206},
		{"bytes=,0-1,,", "01", 206},
		{"bytes=0-1,20-30", "01", 206},
		{"bytes=4-5,0-1", "45|01", 206},
		{"bytes=0-9,0-9", small, 200},
		{"bytes=0-5,0-5", small, 200},
		{"bytes=10-", "", 416},
		{"bytes=20-30,40-", "", 416},
		{"bytes=-0", "", 416},
		{"bytes=5-2", small, 200},
		{"bytes=a-b", small, 200},
		{"bytes=1", small, 200},
		{"bytes=-", small, 200},
		{"bytes=", small, 200},
		{"bytes=1-2-3", small, 200},
		{"bytes=+1-2", small, 200},
		{"lines=0-1", small, 200},
		{"bytes=" + strings.Repeat("0-0,", mostRanges+1), small, 200},
	} {
		g := fetch(t, "GET", "http://"+address+"/small.txt", "Range", tt.field)
		if g.status != tt.status || parts(t, g) != tt.want && g.status != 416 {
			t.Errorf("%s: %d %q, want %d %q", tt.field, g.status, parts(t, g), tt.status, tt.want)
		}
		if g.status == 416 && g.header.Get("Content-Range") != "bytes */10" {
			t.Errorf("%s: Content-Range %q", tt.field, g.header.Get("Content-Range"))
		}
		head := fetch(t, "HEAD", "http://"+address+"/small.txt", "Range", tt.field)
		if head.status != g.status || head.header.Get("Content-Length") != g.header.Get("Content-Length") {
			t.Errorf("%s: HEAD says %d, %s bytes; GET %d, %s bytes", tt.field, head.status, head.header.Get("Content-Length"), g.status, g.header.Get("Content-Length"))
		}
	}
	url := "http://" + address + "/large.bin"
	for field, want := range map[string]string{
		"bytes=100-40099":              large[100:40100],
		"bytes=-20000":                 large[50000:],
		"bytes=10-19,30000-60000,0-69": large[10:20] + "|" + large[30000:60001] + "|" + large[:70],
	} {
		if g := fetch(t, "GET", url, "Range", field); g.status != 206 || parts(t, g) != want {
			t.Errorf("%s of a large file: %d, %d bytes", field, g.status, len(g.body))
		}
	}
	if g := fetch(t, "GET", "http://"+address+"/empty", "Range", "bytes=0-"); g.status != 416 {
		t.Errorf("a range of an empty file: %d", g.status)
	}
}

// parts are the parts of an answer, each with its range checked against its
// length.
func parts(t *testing.T, g got) string {
	t.Helper()
	typ, params, err := mime.ParseMediaType(g.header.Get("Content-Type"))
	if err != nil || typ != "multipart/byteranges" {
		return g.body
	}
	var out []string
	for r := multipart.NewReader(strings.NewReader(g.body), params["boundary"]); ; {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(p); err != nil {
			t.Fatal(err)
		}
		var first, last, size int
		if _, err := fmt.Sscanf(p.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &size); err != nil || last-first+1 != b.Len() || p.Header.Get("Content-Type") == "" {
			t.Errorf("part with %v has %d bytes", p.Header, b.Len())
		}
		out = append(out, b.String())
	}
	return strings.Join(out, "|")
}

// FuzzRange holds that the spans lie within the file and in all are no larger,
// and that what is written again is read the same.
func FuzzRange(f *testing.F) {
	for _, field := range []string{"bytes=0-1,4-", "bytes=-5", "bytes=9223372036854775807-9223372036854775808", "bytes=1-0"} {
		f.Add([]byte(field), int64(10))
	}
	f.Fuzz(func(t *testing.T, field []byte, size int64) {
		if size < 0 {
			return
		}
		spans, ok := parseRange(nil, field, size)
		if !ok && len(spans) > 0 || len(spans) > mostRanges {
			t.Fatalf("%q of %d: %v, %v", field, size, spans, ok)
		}
		var again []string
		total := int64(0)
		for _, s := range spans {
			if s.length <= 0 || s.offset < 0 || s.offset > size-s.length {
				t.Fatalf("%q of %d: %v", field, size, spans)
			}
			total += s.length
			again = append(again, fmt.Sprintf("%d-%d", s.offset, s.offset+s.length-1))
		}
		if total > size {
			t.Fatalf("%q of %d: %d bytes", field, size, total)
		}
		if len(spans) > 0 {
			if back, _ := parseRange(nil, []byte("bytes="+strings.Join(again, ",")), size); fmt.Sprint(back) != fmt.Sprint(spans) {
				t.Fatalf("%v, written again: %v", spans, back)
			}
		}
	})
}

// FuzzTags holds that a list of tags which the variant's was put into, between
// any others that are well formed, matches, and does not without it.
func FuzzTags(f *testing.F) {
	f.Add([]byte(`"a", W/"b"`), uint8(1))
	f.Fuzz(func(t *testing.T, seed []byte, n uint8) {
		v := &variant{etag: []byte(`"the one"`)}
		var list []string
		for i := range int(n % 8) {
			tag := fmt.Sprintf("%q", fmt.Sprintf("%x,%d", seed, i))
			if i%2 == 1 {
				tag = "W/" + tag
			}
			list = append(list, tag)
		}
		match := func() bool {
			var fields message.Fields
			fields.AddKnown(message.IfNoneMatch, []byte(strings.Join(list, ", ")))
			return v.matches(fields, message.IfNoneMatch, true)
		}
		if match() {
			t.Fatalf("%q match", list)
		}
		at := rand.IntN(len(list) + 1)
		list = append(list[:at:at], append([]string{string(v.etag)}, list[at:]...)...)
		if !match() {
			t.Fatalf("%q do not match", list)
		}
		var fields message.Fields
		fields.AddKnown(message.IfMatch, seed)
		v.matches(fields, message.IfMatch, true) // whatever it is, it ends
	})
}

func TestSiblings(t *testing.T) {
	root := tree(t, map[string]string{
		"a.js": "plain javascript", "a.js.gz": "gzipped..", "a.js.br": "brotli", "a.js.zst": "zstd...", "b.css": "plain", "b.css.gz": "larger when compressed",
		"c.tar.gz": "archive", "only.gz": "x", "d.txt": "plain", "d.txt.gz/": "",
	})
	address := serve(t, Config{Root: root})
	for _, tt := range []struct{ path, accept, coding, body string }{
		{"/a.js", "", "", "plain javascript"},
		{"/a.js", "gzip", "gzip", "gzipped.."},
		{"/a.js", "x-gzip", "gzip", "gzipped.."},
		{"/a.js", "GZIP", "gzip", "gzipped.."},
		{"/a.js", "gzip, deflate, br, zstd", "br", "brotli"},
		{"/a.js", "gzip, zstd", "zstd", "zstd..."},
		{"/a.js", "gzip;q=1.0, br;q=0.5", "gzip", "gzipped.."},
		{"/a.js", "gzip;q=0.001", "gzip", "gzipped.."},
		{"/a.js", "gzip;q=0", "", "plain javascript"},
		{"/a.js", "gzip ; q=0 , br", "br", "brotli"},
		{"/a.js", "*", "br", "brotli"},
		{"/a.js", "*;q=0.5, br;q=0", "zstd", "zstd..."},
		{"/a.js", "identity", "", "plain javascript"},
		{"/a.js", "identity, gzip;q=0.5", "", "plain javascript"},
		{"/a.js", "identity;q=0.5, gzip", "gzip", "gzipped.."},
		{"/a.js", "identity;q=0", "", "plain javascript"},
		{"/a.js", "gzip;q=x", "", "plain javascript"},
		{"/a.js", "gzip;q=2", "", "plain javascript"},
		{"/a.js", "deflate", "", "plain javascript"},
		{"/b.css", "gzip", "gzip", "larger when compressed"},
		{"/b.css", "gzip, identity", "", "plain"},
		{"/c.tar.gz", "gzip", "", "archive"},
		{"/d.txt", "gzip", "", "plain"},
	} {
		fields := []string{}
		if tt.accept != "" {
			fields = []string{"Accept-Encoding", tt.accept}
		}
		g := fetch(t, "GET", "http://"+address+tt.path, fields...)
		if g.status != 200 || g.body != tt.body || g.header.Get("Content-Encoding") != tt.coding {
			t.Errorf("%s with %q: %d %q %q, want %q", tt.path, tt.accept, g.status, g.header.Get("Content-Encoding"), g.body, tt.coding)
		}
		varies := tt.path == "/a.js" || tt.path == "/b.css"
		if (g.header.Get("Vary") == "Accept-Encoding") != varies {
			t.Errorf("%s with %q: Vary %q", tt.path, tt.accept, g.header.Get("Vary"))
		}
	}
	if g := fetch(t, "GET", "http://"+address+"/only", "Accept-Encoding", "gzip"); g.status != 404 {
		t.Errorf("a compressed file without its plain one: %d", g.status)
	}
	plain := fetch(t, "GET", "http://"+address+"/a.js")
	zipped := fetch(t, "GET", "http://"+address+"/a.js", "Accept-Encoding", "gzip", "Range", "bytes=0-3")
	if zipped.status != 206 || zipped.body != "gzip" || zipped.header.Get("ETag") == plain.header.Get("ETag") || zipped.header.Get("Content-Type") != plain.header.Get("Content-Type") {
		t.Errorf("a range of a compressed file: %+v", zipped)
	}
}
