package route

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/netwright/netwright/flow"
	"github.com/netwright/netwright/http/message"
)

// values are those of a request that has everything.
func values() *Values {
	r := request("GET Shop.example.com:8080/a/b%20c?q=x%26y&r=%0d%0aSet-Cookie:%20z&s=a+b&q=second",
		"User-Agent: curl/8", "X-Tenant: blue", "x-tenant: second", "Cookie: a=1; sid=abc; b=2", "Cookie: late=3")
	return &Values{
		Request: r, Remote: netip.MustParseAddr("::ffff:192.0.2.7"), Scheme: "https", TLSVersion: tls.VersionTLS13,
		Subject: "ada", RecordID: flow.ID{1, 2, 3}, Captures: [][]byte{[]byte("one"), nil, []byte("a/b%2Fc"), []byte("a&b=c+d;e")},
	}
}

func TestTemplate(t *testing.T) {
	id := flow.ID{1, 2, 3}
	for _, tt := range []struct {
		purpose    Purpose
		text, want string
	}{
		{FieldValue, "", ""},
		{FieldValue, "plain", "plain"},
		{FieldValue, "from ${remote} by ${method}", "from 192.0.2.7 by GET"},
		{FieldValue, "${scheme}://${host}${path}?${query}", "https://Shop.example.com/a/b%20c?q=x%26y&r=%0d%0aSet-Cookie:%20z&s=a+b&q=second"},
		{FieldValue, "${header:Host}", "Shop.example.com:8080"},
		{FieldValue, "${header:X-Tenant}|${header:user-agent}|${header:None}", "blue|curl/8|"},
		{FieldValue, "${query:q}|${query:s}|${query:none}", "x&y|a b|"},
		{FieldValue, "${query:r}", "  Set-Cookie: z"},
		{FieldValue, "${cookie:sid}${cookie:late}${cookie:si}${cookie:b}", "abc32"},
		{FieldValue, "${record.id} ${tls.version} ${subject}", id.String() + " TLS 1.3 ada"},
		{FieldValue, "${1}-${2}-${3}", "one--a/b%2Fc"},
		{FieldValue, "$${remote} $ { $${}", "${remote} $ { ${}"},
		{FieldValue, "$$${remote}", "$${remote}"},
		{FieldValue, "caf\u00e9\t!", "caf\u00e9\t!"},
		{URL, "https://${host}${path}?${query}", "https://Shop.example.com/a/b%20c?q=x%26y&r=%0d%0aSet-Cookie:%20z&s=a+b&q=second"},
		{URL, "https://${header:Host}/", "https://Shop.example.com:8080/"},
		{URL, "/new/${3}", "/new/a/b%2Fc"},
		{URL, "/new?from=${path}&q=${query:q}&t=${header:X-Tenant}", "/new?from=/a/b%20c&q=x%26y&t=blue"},
		{URL, "/new/${query:q}/${query:r}", "/new/x%26y/%0D%0ASet-Cookie%3A%20z"},
		{URL, "/caf\u00e9 x#top", "/caf%C3%A9%20x#top"},
		{URL, "/new?p=${4}", "/new?p=a%26b%3Dc%2Bd%3Be"},
		{URL, "/${2}/x", "/x"}, // not "//x", which is another host
		{Path, "/v2/${3}?a=${query:q}", "/v2/a/b%2Fc?a=x%26y"},
		{Text, "line\n${query:r}\n", "line\n  Set-Cookie: z\n"},
		{HTML, "<b>${query:q}</b>\n", "<b>x&amp;y</b>\n"},
	} {
		c, err := Compile(tt.text, tt.purpose, 4)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if got := string(c.Append([]byte("kept "), values())); got != "kept "+tt.want {
			t.Errorf("%q made %q, want %q", tt.text, got, tt.want)
		}
		static, ok := c.Static()
		if want := !strings.Contains(strings.ReplaceAll(tt.text, "$${", ""), "${"); ok != want || ok && string(static) != tt.want {
			t.Errorf("%q: static %q %v, want %v", tt.text, static, ok, want)
		}
	}
	// An exchange that has little.
	bare := &Values{Request: &message.Request{}}
	c, err := Compile("${remote}${host}${path}${query}${method}${scheme}${tls.version}${subject}${header:A}${query:a}${cookie:a}${1}.", FieldValue, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(c.Append(nil, bare)); got != "." {
		t.Errorf("of nothing: %q", got)
	}
	bare.Path = []byte("/matched")
	if c, _ = Compile("${path}", FieldValue, 0); string(c.Append(nil, bare)) != "/matched" {
		t.Error("the path that was matched is not the one of the request")
	}
}

func TestTemplateErrors(t *testing.T) {
	for text, want := range map[string]string{
		"x ${remot}":         `character 3 of "x ${remot}": there is no variable ${remot}; there are remote,`,
		"${remote":           "character 1 of \"${remote\": ${ without a }",
		"${}":                "there is no variable ${}",
		"${header:}":         "there is no variable ${header:}",
		"${header:a b}":      "no name of a header field",
		"${env:HOME}":        "there is no variable ${env:HOME}",
		"${3}":               "there is no ${3}: the path gives 2",
		"${0}":               "there is no variable ${0}",
		"${1x}":              "there is no variable ${1x}",
		"a\nb":               "control characters",
		"$${x} ${y}":         "character 7",
		"${" + long + "}":    "...}; there are",
		"${remote.address}":  "remote.address",
		"${query:a}${quary}": "character 11",
	} {
		if _, err := Compile(text, FieldValue, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want an error with %q", text, err, want)
		}
	}
	if _, err := Compile("${1}", FieldValue, 0); err == nil || !strings.Contains(err.Error(), "no path is matched that has groups") {
		t.Error(err)
	}
	if CheckVariable("header:X") != nil || CheckVariable("12") != nil || CheckVariable("nope") == nil {
		t.Error("CheckVariable")
	}
}

var long = strings.Repeat("x", 100)

func TestTemplateAllocatesNothing(t *testing.T) {
	v, buf := values(), make([]byte, 0, 1024)
	for _, purpose := range []Purpose{FieldValue, URL, HTML} {
		c, err := Compile("${remote} ${host} ${header:X-Tenant} ${query:r} ${cookie:sid} ${record.id} ${1} ${path}", purpose, 1)
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() { buf = c.Append(buf[:0], v) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	}
}

// Whatever a request says: no value ends a field, leaves its place in a URL, or
// becomes markup.
func FuzzTemplate(f *testing.F) {
	f.Add("a\r\nSet-Cookie: x", "q=%0d%0a&r", "/a%2Fb")
	f.Add("\x00", "a=<script>&a", "//evil.example/")
	f.Add("?#&=+%", "a=%3f%23%26", "/%zz%")
	texts := map[Purpose]string{
		FieldValue: "${header:X}|${query:a}|${1}|${cookie:a}",
		URL:        "https://host.test/${header:X}/${query:a}/${1}?x=${header:X}&y=${query:a}&z=${1}",
		HTML:       "${header:X}${query:a}${1}",
	}
	compiled := map[Purpose]*Template{}
	for p, text := range texts {
		c, err := Compile(text, p, 1)
		if err != nil {
			f.Fatal(err)
		}
		compiled[p] = c
	}
	f.Fuzz(func(t *testing.T, header, query, capture string) {
		r := &message.Request{Query: []byte(query)}
		r.Fields.Add([]byte("X"), []byte(header))
		r.Fields.Add([]byte("Cookie"), []byte("a="+header))
		v := &Values{Request: r, Captures: [][]byte{[]byte(capture)}}
		if got := compiled[FieldValue].Append(nil, v); !message.IsFieldValue(got) {
			t.Fatalf("field value %q", got)
		}
		got := string(compiled[URL].Append(nil, v))
		u, err := url.Parse(got)
		if err != nil || u.Host != "host.test" || u.Scheme != "https" || u.Fragment != "" {
			t.Fatalf("URL %q: %v", got, err)
		}
		q, err := url.ParseQuery(u.RawQuery)
		if err != nil || len(q) != 3 {
			t.Fatalf("query %q: %v %v", u.RawQuery, q, err)
		}
		if q.Get("x") != header {
			t.Fatalf("header %q came out of the query as %q", header, q.Get("x"))
		}
		html := string(compiled[HTML].Append(nil, v))
		if strings.ContainsAny(html, "<>\"'") {
			t.Fatalf("HTML %q", html)
		}
	})
}

func BenchmarkTemplate(b *testing.B) {
	v, buf := values(), make([]byte, 0, 1024)
	c, err := Compile("${remote} ${header:X-Tenant}", FieldValue, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		buf = c.Append(buf[:0], v)
	}
}

func ExampleCompile() {
	t, err := Compile("${scheme}://${host}${path}", URL, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := &message.Request{Host: []byte("shop.test:80"), Path: []byte("/cart")}
	fmt.Printf("%s\n", t.Append(nil, &Values{Request: r, Scheme: "https"}))
	// Output: https://shop.test/cart
}
