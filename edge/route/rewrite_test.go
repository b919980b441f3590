package route

import (
	"errors"
	"strings"
	"testing"

	"github.com/netwright/netwright/http/message"
)

func TestRewrite(t *testing.T) {
	for _, tt := range []struct {
		rewrite Rewrite
		target  string // of the request
		want    string
	}{
		{Rewrite{Strip: "/api"}, "/api/x?q", "/x?q"},
		{Rewrite{Strip: "/api"}, "/api", "/"},
		{Rewrite{Strip: "/api"}, "/api/", "/"},
		{Rewrite{Strip: "/api/"}, "/api/x", "/x"},
		{Rewrite{Strip: "/api"}, "/apix", "/apix"},
		{Rewrite{Strip: "/api"}, "/other", "/other"},
		{Rewrite{Strip: "/api"}, "/api/a%2Fb%20c", "/a%2Fb%20c"},
		{Rewrite{Strip: "/caf\u00e9"}, "/caf%C3%A9/x", "/x"},
		{Rewrite{Strip: "/"}, "/x", "/x"},
		{Rewrite{Add: "/v2"}, "/x", "/v2/x"},
		{Rewrite{Add: "/v2/"}, "/", "/v2/"},
		{Rewrite{Add: "/my files"}, "/x", "/my%20files/x"},
		{Rewrite{Add: "/100%"}, "/x", "/100%25/x"},
		{Rewrite{Strip: "/api", Add: "/v2"}, "/api", "/v2/"},
		{Rewrite{Pattern: "^/item/([0-9]+)$", Replace: "/items/${1}/"}, "/item/7?q=1", "/items/7/?q=1"},
		{Rewrite{Pattern: "^/item/([0-9]+)$", Replace: "/items?id=${1}"}, "/item/7", "/items?id=7"},
		{Rewrite{Pattern: "^/item/([0-9]+)$", Replace: "/items?id=${1}"}, "/item/7?q=1", "/items?id=7&q=1"},
		{Rewrite{Pattern: "^/item/([0-9]+)$", Replace: "/items?"}, "/item/7?q=1", "/items"},
		{Rewrite{Pattern: "^/item/([0-9]+)$", Replace: "/items"}, "/item/x?q", "/item/x?q"},
		{Rewrite{Pattern: "~ ^/(.*)\\.html$", Replace: "/${1}"}, "/a/b.html", "/a/b"},
		{Rewrite{Pattern: "^(.*)$", Replace: "/x/${1}"}, "/y/z", "/x/y/z"}, // not "//"
		{Rewrite{Strip: "/a", Pattern: "^/b(.*)", Replace: "/c${1}", Add: "/d"}, "/a/b/e", "/d/c/e"},
		{Rewrite{Replace: "/index.html"}, "/any/thing", "/index.html"},
		{Rewrite{Replace: "/t/${header:X-Tenant}${path}"}, "/x", "/t/a%2Fb/x"},
		{Rewrite{Replace: "/${1}/end"}, "/x", "/captured/end"},
		{Rewrite{Replace: "${path}/"}, "/x", "/x/"},
		{Rewrite{Replace: "/x?p=${path}"}, "/a%20b?q", "/x?p=/a%20b&q"},
		{Rewrite{}, "/x?y", "/x?y"},
		// A "%" that begins nothing stands for itself, also where a group cuts.
		{Rewrite{Pattern: "^/ab/(.)(.)", Replace: "/x%${1}"}, "/ab/4f", "/x%254"},
		{Rewrite{Pattern: "^/a(%2)0", Replace: "/x${1}"}, "/a%20b", "/x%252"},
	} {
		w, err := tt.rewrite.Compile(1)
		if err != nil {
			t.Errorf("%+v: %v", tt.rewrite, err)
			continue
		}
		r := request("GET h"+tt.target, "X-Tenant: a/b")
		v := &Values{Request: r, Path: r.Path, Captures: [][]byte{[]byte("captured")}}
		buf, err := w.Apply([]byte("kept"), v)
		got := string(r.Path)
		if r.HasQuery {
			got += "?" + string(r.Query)
		}
		if err != nil || got != tt.want || !strings.HasPrefix(string(buf), "kept") {
			t.Errorf("%+v of %s: %s, %v; want %s", tt.rewrite, tt.target, got, err, tt.want)
		}
	}
}

func TestRewriteRefusesToClimb(t *testing.T) {
	for target, rewrite := range map[string]Rewrite{
		"/a../x":             {Pattern: "^/a(.*)", Replace: "/safe/${1}"},
		"/a.%2E/x":           {Pattern: "^/a(.*)", Replace: "/safe/${1}"},
		"/a/..%2F..%2Fx":     {Add: "/safe"},
		"/a/..%5C..%5Cx":     {Add: "/safe"},
		"/a%2F..%2Fx":        {Strip: "/z", Add: "/safe"},
		"/%252e%252e%252fx":  {Add: "/safe"},
		"/%C0%AE%C0%AE%2Fx":  {Add: "/safe"},
		"/x%2E/y%2Fz":        {Pattern: "^/x(.*)/y", Replace: "/safe/.${1}/"},
		"/h":                 {Replace: "/safe/${header:Dots}/x"},
		"/safe/..%3Bx%2Fy/z": {Strip: "/safe"},
	} {
		w, err := rewrite.Compile(0)
		if err != nil {
			t.Fatalf("%+v: %v", rewrite, err)
		}
		r := &message.Request{Path: []byte(target)}
		r.Fields.Add([]byte("Dots"), []byte(".."))
		_, err = w.Apply(nil, &Values{Request: r})
		if !errors.Is(err, ErrRewrite) {
			t.Errorf("%+v of %s: %s, %v; want %v", rewrite, target, r.Path, err, ErrRewrite)
		}
	}
	w, _ := (&Rewrite{Add: "/v2"}).Compile(0)
	star := &message.Request{Path: []byte("*")}
	if _, err := w.Apply(nil, &Values{Request: star}); err != nil || string(star.Path) != "*" {
		t.Errorf("OPTIONS *: %s, %v", star.Path, err)
	}
}

func TestRewriteErrors(t *testing.T) {
	for want, r := range map[string]Rewrite{
		`a prefix begins with "/"`:        {Strip: "api"},
		"without ?, # and *":              {Strip: "/api/*"},
		"is no path":                      {Add: "/../x"},
		"no regular expression":           {Pattern: "(", Replace: "/"},
		"needs the key replace":           {Pattern: "x"},
		`the new path begins with "/"`:    {Replace: "x"},
		"there is no ${2}":                {Pattern: "(x)", Replace: "/${2}"},
		"there is no ${1}":                {Pattern: "x", Replace: "/${1}"},
		"no fragment":                     {Replace: "/x#y"},
		"there is no variable ${nothing}": {Replace: "/${nothing}"},
		"no path is matched":              {Replace: "/${1}"},
	} {
		if _, err := r.Compile(0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want an error with %q", r, err, want)
		}
	}
}

// Whatever is rewritten stays below the prefix that is added, for every reader,
// and is a path that both sides read alike.
func FuzzRewrite(f *testing.F) {
	for _, s := range spellings {
		f.Add(s.target)
	}
	var rewriters []*Rewriter
	for _, r := range []Rewrite{
		{Add: "/safe"},
		{Strip: "/open", Add: "/safe"},
		{Pattern: "^/o(.*)$", Replace: "/safe/${1}"},
		{Pattern: "^(.*)n(.*)$", Replace: "/safe${1}${2}?q=${2}"},
		{Replace: "/safe/${query:p}/${path}"},
	} {
		w, err := r.Compile(0)
		if err != nil {
			f.Fatal(err)
		}
		rewriters = append(rewriters, w)
	}
	f.Fuzz(func(t *testing.T, target string) {
		path, query, _ := strings.Cut(target, "?")
		normal, err := message.NormalizePath(nil, []byte(path))
		if err != nil {
			return
		}
		for _, w := range rewriters {
			r := &message.Request{Path: normal, Query: []byte("p=" + query), HasQuery: true}
			if _, err := w.Apply(nil, &Values{Request: r, Path: normal}); err != nil {
				continue
			}
			again, err := message.NormalizePath(nil, r.Path)
			if err != nil || string(again) != string(r.Path) {
				t.Fatalf("%q became %q, which is not normal: %q, %v", normal, r.Path, again, err)
			}
			for _, c := range r.Query {
				if c < '!' || c == '#' {
					if !strings.ContainsRune(query, rune(c)) {
						t.Fatalf("query %q of %q", r.Query, target)
					}
				}
			}
			if strings.Count(string(normal), "%25") > 2 || w.pattern != nil && !w.pattern.Match(normal) {
				continue
			}
			// Under another root, to climb out of /safe and back in is to be seen.
			if reading, ok := leaves(string(r.Path), "/safe"); ok {
				t.Fatalf("%q became %q, which may be read as %q", normal, r.Path, reading)
			}
		}
	})
}

// leaves tells whether a reader of the path may come out of the prefix.
func leaves(p, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(p, prefix)
	if !ok {
		return p, true
	}
	for _, root := range []string{"/r00t", "/other"} {
		if reading, ok := readAs("/"+strings.Repeat("x/", 40)+root[1:]+rest, "/"+strings.Repeat("x/", 40)+root[1:]); !ok {
			return reading, true
		}
	}
	return "", false
}
