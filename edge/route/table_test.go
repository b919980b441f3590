package route

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/message"
)

// request makes one from "METHOD host/path?query" and "Name: value" lines.
func request(line string, fields ...string) *message.Request {
	method, target, _ := strings.Cut(line, " ")
	host, path := target, ""
	if i := strings.IndexByte(target, '/'); i >= 0 {
		host, path = target[:i], target[i:]
	}
	path, query, hasQuery := strings.Cut(path, "?")
	r := &message.Request{Method: []byte(method), Host: []byte(host), Query: []byte(query), HasQuery: hasQuery}
	normal, err := message.NormalizePath(nil, []byte(path))
	if err != nil {
		panic(err)
	}
	r.Path = normal
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Fields.Add([]byte(name), []byte(value))
	}
	return r
}

func table(t testing.TB, matches ...*Match) *Table {
	t.Helper()
	table, err := NewTable(matches)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

var client = netip.MustParseAddr("192.0.2.7")

func TestFind(t *testing.T) {
	routes, err := NewTable([]*Match{
		0:  {Host: []string{"shop.example.com"}, Path: []string{"/api/*"}},
		1:  {Host: []string{"*.example.com"}, Path: []string{"/api/v1", "/exact/"}},
		2:  {Path: []string{"~ ^/item/([0-9]+)$", "/thing/*"}},
		3:  {Path: []string{"/write/*"}, Method: []string{"POST", "PUT"}},
		4:  {Path: []string{"/write/*"}, Method: []string{"GET"}},
		5:  {Header: map[string][]string{"X-Beta": {"*"}, "Accept": {"~ json"}}},
		6:  {Query: map[string][]string{"v": {"2", "a b"}, "q": {"~ ^x"}}},
		7:  {Client: []guard.Prefix{guard.MustPrefix("198.51.100.0/24"), guard.MustPrefix("2001:db8::1")}},
		8:  {Host: []string{"[::1]", "10.0.0.1"}},
		9:  {Path: []string{"/deep/er/*"}},
		10: {Path: []string{"/deep/*"}},
		11: {Host: []string{"shop.example.com"}},
		12: {Path: []string{"/café/*"}},
		13: {Method: []string{"OPTIONS"}},
		14: {Path: []string{"/a|b^c", "/a b/*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line   string
		fields string
		client string
		want   int
	}{
		{"GET shop.example.com/api/x", "", "", 0},
		{"GET shop.example.com/api/", "", "", 0},
		{"GET shop.example.com/api", "", "", 0},
		{"GET SHOP.Example.COM:8080/api", "", "", 0},
		{"GET shop.example.com./api", "", "", 0},
		{"GET shop.example.com/apix", "", "", 11},
		{"GET shop.example.com/ap", "", "", 11},
		{"GET shop.example.com/", "", "", 11},
		{"GET a.example.com/api/v1", "", "", 1},
		{"GET a.b.example.com/api/v1", "", "", 1},
		{"GET example.com/api/v1", "", "", -1},
		{"GET badexample.com/api/v1", "", "", -1},
		{"GET a.example.com/api/v1/x", "", "", -1},
		{"GET a.example.com/exact/", "", "", 1},
		{"GET a.example.com/exact", "", "", -1},
		{"GET h/item/17", "", "", 2},
		{"GET h/item/", "", "", -1},
		{"GET h/thing", "", "", 2},
		{"GET h/x/item/17", "", "", -1},
		{"POST h/write/x", "", "", 3},
		{"GET h/write/x", "", "", 4},
		{"HEAD h/write/x", "", "", 4},
		{"DELETE h/write/x", "", "", -1},
		{"GET h/", "x-beta: \naccept: text/json", "", 5},
		{"GET h/", "x-beta: 1\naccept: text/html\naccept: a/json", "", 5},
		{"GET h/", "x-beta: 1", "", -1},
		{"GET h/?v=2&q=xy", "", "", 6},
		{"GET h/?q=xy&v=a+b", "", "", 6},
		{"GET h/?%71=xy&v=a%20b", "", "", 6},
		{"GET h/?q=no&q=x&v=2", "", "", 6},
		{"GET h/?q=x&v=3", "", "", -1},
		{"GET h/?v=2", "", "", -1},
		{"GET h/", "", "198.51.100.200", 7},
		{"GET h/", "", "::ffff:198.51.100.200", 7},
		{"GET h/", "", "2001:db8::1", 7},
		{"GET h/", "", "2001:db8::2", -1},
		{"GET [0:0::1]:80/", "", "", 8},
		{"GET 10.0.0.1:80/", "", "", 8},
		{"GET h/deep/er/x", "", "", 9},
		{"GET h/deep/x", "", "", 10},
		{"GET h/deep", "", "", 10},
		{"GET h/caf%C3%A9/x", "", "", 12},
		{"GET h/caf%c3%a9", "", "", 12},
		{"GET h/a|b^c", "", "", 14},
		{"GET h/a%20b/x%20y", "", "", 14},
		{"GET h/nothing", "", "", -1},
	} {
		var fields []string
		if tt.fields != "" {
			fields = strings.Split(tt.fields, "\n")
		}
		from := client
		if tt.client != "" {
			from = netip.MustParseAddr(tt.client)
		}
		got, err := routes.Find(request(tt.line, fields...), from)
		if err != nil || got != tt.want {
			t.Errorf("%s %q from %v: route %d, %v; want %d", tt.line, tt.fields, from, got, err, tt.want)
		}
	}
	// Targets that are no paths.
	star := &message.Request{Method: []byte("OPTIONS"), Path: []byte("*"), Host: []byte("h")}
	if got, err := routes.Find(star, client); got != 13 || err != nil {
		t.Errorf("OPTIONS *: %d, %v", got, err)
	}
	if got, err := table(t, nil).Find(&message.Request{}, netip.Addr{}); got != 0 || err != nil {
		t.Errorf("an empty request and a nil match: %d, %v", got, err)
	}
}

// However the routes are indexed, the first in config order serves: a table of
// one route after the other must agree with the table of all.
func TestFirstInOrderServes(t *testing.T) {
	hosts := []string{"", "a.test", "*.test", "b.a.test"}
	paths := []string{"", "/", "/*", "/x", "/x/*", "/x/y", "/x/y/*", "~ ^/x", "~ y$"}
	var matches []*Match
	var singles []*Table
	for i := range 200 {
		// A fixed shuffle, so that a failure comes again.
		m := &Match{}
		if h := hosts[i*7%len(hosts)]; h != "" {
			m.Host = []string{h}
		}
		if p := paths[i*11%len(paths)]; p != "" {
			m.Path = []string{p}
		}
		if i%3 > 0 { // most routes need a method that no other has
			m.Method = []string{fmt.Sprintf("M%d", i)}
		}
		matches = append(matches, m)
		singles = append(singles, table(t, m))
	}
	for skip := range 8 {
		all := table(t, matches[skip:]...)
		for i := range 200 {
			for _, host := range []string{"a.test", "b.a.test", "c.test", "other"} {
				for _, path := range []string{"/", "/x", "/x/", "/x/y", "/x/y/z", "/xy", "/z"} {
					r := request(fmt.Sprintf("M%d %s%s", i, host, path))
					want := -1
					for j, s := range singles[skip:] {
						if got, _ := s.Find(r, client); got == 0 {
							want = j
							break
						}
					}
					if got, err := all.Find(r, client); got != want || err != nil {
						t.Fatalf("%s %s%s: route %d, %v; want %d", r.Method, host, path, got, err, want)
					}
				}
			}
		}
	}
}

func TestCaptures(t *testing.T) {
	routes := table(t,
		&Match{Path: []string{"/old/*"}},
		&Match{Path: []string{"~ ^/item/([0-9]+)(/x)?$"}},
		&Match{Path: []string{"/a/*", "~ ^/b/(.)(.)$"}},
		&Match{Path: []string{"/exact"}},
		nil,
	)
	for _, tt := range []struct {
		route  int
		path   string
		want   []string
		groups int
	}{
		{0, "/old/a/b", []string{"a/b"}, 1},
		{0, "/old/", []string{""}, 1},
		{0, "/old", []string{""}, 1},
		{1, "/item/17", []string{"17", ""}, 2},
		{1, "/item/17/x", []string{"17", "/x"}, 2},
		{2, "/b/xy", []string{"x", "y"}, 1},
		{2, "/a/xy", []string{"xy"}, 1},
		{3, "/exact", nil, 0},
		{4, "/any", nil, 0},
	} {
		var got []string
		for _, c := range routes.Captures(nil, tt.route, []byte(tt.path)) {
			got = append(got, string(c))
		}
		if fmt.Sprint(got) != fmt.Sprint(tt.want) || routes.Groups(tt.route) != tt.groups {
			t.Errorf("%s: %q of %d, want %q of %d", tt.path, got, routes.Groups(tt.route), tt.want, tt.groups)
		}
	}
}

func TestMatchErrors(t *testing.T) {
	for want, m := range map[string]*Match{
		"leave host out to match any": {Host: []string{""}},
		"is every host; leave":        {Host: []string{"*"}},
		"whole first label":           {Host: []string{"a.*.test"}},
		"is a URL":                    {Host: []string{"http://a.test"}},
		`write "a.test" (port 80`:     {Host: []string{"a.test:80"}},
		"not a host name":             {Host: []string{"a b"}},
		"xn-- form":                   {Host: []string{"bücher.test"}},
		`a path begins with "/"`:      {Path: []string{"api/*"}},
		"empty path":                  {Path: []string{""}},
		`write "/*"`:                  {Path: []string{"*"}},
		"only stand at the end":       {Path: []string{"/api*"}},
		"behind a \"/\"; for any":     {Path: []string{"/a/*/b"}},
		"query matches parameters":    {Path: []string{"/a?b=c"}},
		"can never match":             {Path: []string{"/../a"}},
		"no regular expression":       {Path: []string{"~ ("}},
		"empty regular expression":    {Path: []string{"~"}},
		"no method":                   {Method: []string{"G T"}},
		`write "GET"`:                 {Method: []string{"get"}},
		"no name of a header field":   {Header: map[string][]string{"a b": {"*"}}},
		"matched by host:":            {Header: map[string][]string{"host": {"*"}}},
		"no value to match":           {Header: map[string][]string{"A": nil}},
		"missing closing":             {Query: map[string][]string{"A": {"~ ("}}},
	} {
		err := m.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want an error with %q", m, err, want)
		}
		if _, err := NewTable([]*Match{nil, m}); err == nil || !strings.Contains(err.Error(), "route 2") {
			t.Errorf("NewTable: %v", err)
		}
	}
	// All at once, each with its place.
	err := (&Match{Host: []string{"ok", ""}, Path: []string{"x"}, Query: map[string][]string{"q": {"~ ("}}}).Validate()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatal(err)
	}
	var places []string
	for _, e := range joined.Unwrap() {
		places = append(places, strings.Join(e.(interface{ ConfigPath() []string }).ConfigPath(), "."))
	}
	if got := strings.Join(places, " "); got != "host.1 path.0 query.q" {
		t.Errorf("places: %s", got)
	}
}

func manyRoutes(t testing.TB, n int) (*Table, *message.Request) {
	var matches []*Match
	for i := range n {
		matches = append(matches, &Match{Host: []string{fmt.Sprintf("host%d.example.com", i%50)}, Path: []string{fmt.Sprintf("/app/%d/*", i)}, Method: []string{"GET"}})
	}
	last := request(fmt.Sprintf("GET host%d.example.com/app/%d/some/file.css", (n-1)%50, n-1))
	return table(t, matches...), last
}

func TestFindAllocatesNothing(t *testing.T) {
	routes, last := manyRoutes(t, 1000)
	if n := testing.AllocsPerRun(100, func() { routes.Find(last, client) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// With a thousand routes no more are tried than with ten, on the last one; what
// that costs is BenchmarkFind's to say.
func TestThousandRoutesTryNoMoreThanTen(t *testing.T) {
	tried := func(n int) (routes int) {
		table, last := manyRoutes(t, n)
		if got, err := table.Find(last, client); got != n-1 || err != nil {
			t.Fatal(got, err)
		}
		host := appendHost(nil, last.Host)
		for _, c := range table.strict.candidates(nil, host, last.Path) {
			routes += len(c.ids)
		}
		return routes
	}
	if ten, thousand := tried(10), tried(1000); ten == 0 || thousand != ten {
		t.Errorf("%d routes are tried of 1000, %d of 10", thousand, ten)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10, 1000} {
		routes, last := manyRoutes(b, n)
		b.Run(fmt.Sprintf("routes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got, _ := routes.Find(last, client); got != n-1 {
					b.Fatal(got)
				}
			}
		})
	}
	routes := table(b, nil)
	r := request("GET h/some/path")
	b.Run("one route for all", func(b *testing.B) {
		for b.Loop() {
			routes.Find(r, client)
		}
	})
	r = request("GET h/some/p%2Fath")
	b.Run("ambiguous", func(b *testing.B) {
		for b.Loop() {
			routes.Find(r, client)
		}
	})
}
