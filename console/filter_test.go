package console

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/flow"
)

func TestFilter(t *testing.T) {
	var r flow.Record
	r.Begin(flow.Request, time.Now())
	r.SetPeer(netip.MustParseAddrPort("10.1.2.3:4000"))
	r.Status, r.Duration = 404, 120*time.Millisecond
	for text, value := range map[flow.Text]string{
		flow.Service: "web", flow.Route: "/api/*", flow.Target: "http://10.0.0.5:8080", flow.Subject: "ann", flow.Method: "GET",
		flow.Host: "shop.example.com", flow.Path: "/api/Carts", flow.UserAgent: "curl/8",
	} {
		r.SetString(text, value)
	}
	tests := []struct {
		query string
		want  bool
	}{
		{"", true}, {"n=5&follow=1", true},
		{"kind=request", true}, {"kind=connection", false},
		{"service=web", true}, {"service=we", false}, {"route=/api/*", true}, {"subject=ann", true}, {"subject=bob", false},
		{"target=http://10.0.0.5:8080", true}, {"method=GET", true}, {"host=example.com", false},
		{"outcome=ok", true}, {"outcome=error", false},
		{"status=404", true}, {"status=4xx", true}, {"status=40x", true}, {"status=5xx", false}, {"status=400-403", false}, {"status=400-404", true},
		{"path=/api/Carts", true}, {"path=/api/*", true}, {"path=/api", false}, {"path=*", true},
		{"peer=10.1.2.3", true}, {"peer=10.0.0.0/8", true}, {"peer=10.1.2.4", false}, {"peer=2001:db8::/32", false},
		{"at_least=100ms", true}, {"at_least=1s", false},
		{"contains=CARTS", true}, {"contains=curl", true}, {"contains=10.1.2", true}, {"contains=nothing", false},
		{"contains=" + r.ID.String(), true},
		{"service=web&status=4xx&path=/api/*", true}, {"service=web&status=5xx", false},
	}
	for _, test := range tests {
		q, err := url.ParseQuery(test.query)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ParseFilter(q)
		if err != nil {
			t.Errorf("%s: %v", test.query, err)
			continue
		}
		keep, err := f.Matcher()
		if err != nil || keep(&r) != test.want {
			t.Errorf("%s: %v, %v; want %v", test.query, keep(&r), err, test.want)
		}
		if again, err := ParseFilter(f.Query()); err != nil || again != f {
			t.Errorf("%s became %+v, %v; was %+v", f.Query().Encode(), again, err, f)
		}
	}
	for _, bad := range []string{"kind=x", "outcome=good", "status=9z", "status=500-400", "status=-", "peer=example.com", "at_least=5"} {
		q, _ := url.ParseQuery(bad)
		name, _, _ := strings.Cut(bad, "=")
		if _, err := ParseFilter(q); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v, want an error that begins with the name", bad, err)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"status=4xx", "peer=10.0.0.0/8", "path=/a*&at_least=1s", "kind=request&contains=%ff", "status=65535-65536"} {
		f.Add(seed)
	}
	var r flow.Record
	r.Begin(flow.Request, time.Now())
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, err := ParseFilter(q)
		if err != nil {
			return
		}
		again, err := ParseFilter(filter.Query())
		if err != nil || again != filter {
			t.Fatalf("%+v was written as %s and read as %+v, %v", filter, filter.Query().Encode(), again, err)
		}
		keep, err := filter.Matcher()
		if err != nil {
			t.Fatalf("read, and then: %v", err)
		}
		keep(&r)
	})
}
