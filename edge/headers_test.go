package edge

import (
	"net/http"
	"testing"

	"github.com/netwright/netwright/edge/route"
)

// The service's changes of fields come before those of its routes, and on its own
// error answers.
func TestHeadersOfTheService(t *testing.T) {
	cfg := proxyTo(backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "theirs")
		w.Header().Set("X-Got", r.Header.Get("X-All")+" "+r.Header.Get("X-Both")+" "+r.Header.Get("X-Secret"))
	}))
	cfg.Headers = route.Headers{
		Request:  route.Fields{Set: map[string][]string{"X-All": {"${host}"}, "X-Both": {"service"}}, Remove: []string{"X-Secret"}},
		Response: route.Fields{Set: map[string][]string{"X-Safe": {"yes"}, "X-Frame": {"DENY"}}, Remove: []string{"Server"}},
	}
	all := &cfg.Routes[0]
	all.Match = match("/up/*")
	all.Headers = route.Headers{
		Request:  route.Fields{Set: map[string][]string{"X-Both": {"route"}}},
		Response: route.Fields{Remove: []string{"X-Frame"}},
	}
	cfg.Routes = append(cfg.Routes, RouteConfig{Match: match("/own"), Respond: &RespondConfig{Status: 200, Body: "x"}})
	g := serve(t, cfg)
	for _, test := range []struct {
		request string
		status  int
		frame   string
	}{
		{"GET /up/ HTTP/1.1\r\nHost: a\r\nX-Secret: s\r\nX-All: forged\r\n\r\n", 200, ""},
		{"GET /own HTTP/1.1\r\nHost: a\r\n\r\n", 200, "DENY"},
		{"GET /none HTTP/1.1\r\nHost: a\r\n\r\n", 404, "DENY"},
		{"GET /.. HTTP/1.1\r\nHost: a\r\n\r\n", 400, "DENY"},
	} {
		r, _ := dial(t, g.addr).send("%s", test.request).answer("GET")
		if r.StatusCode != test.status || r.Header.Get("X-Safe") != "yes" || r.Header.Get("X-Frame") != test.frame || r.Header.Get("Server") != "" {
			t.Errorf("%q: %s %v", test.request, r.Status, r.Header)
		}
		if got := r.Header.Get("X-Got"); test.frame == "" && got != "a route" {
			t.Errorf("the upstream got %q", got)
		}
	}
	cfg.Headers.Response.Set["X-Group"] = []string{"${1}"}
	if err := cfg.Validate(); err == nil {
		t.Error("a group of no path is taken")
	}
}
