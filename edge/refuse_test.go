package edge

import (
	"strings"
	"testing"

	"github.com/netwright/netwright/flow"
)

// A head that was refused leaves in its record what was asked for, as far as it
// was read, without the query.
func TestRecordOfARefusedHead(t *testing.T) {
	g := serve(t, hello())
	long := strings.Repeat("x", 100<<10)
	for _, test := range []struct {
		send, rule string
		status     int
		path       string // its start
	}{
		{"GET /a/../../etc/passwd?token=s3cret HTTP/1.1\r\nHost: a\r\n\r\n", "path-climbs", 400, "/a/../../etc/passwd"},
		{"GET /" + long + "?token=s3cret HTTP/1.1\r\nHost: a\r\n\r\n", "", 414, "/xxxxx"},
		{"GET /q?token=" + long, "", 414, "/q"},
		{"GET /big?token=s3cret HTTP/1.1\r\nHost: a\r\nX: " + long + "\r\n\r\n", "", 431, "/big"},
		{"GET /two?token=s3cret HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "", 400, "/two"},
		{"GET http://a/%zz HTTP/1.1\r\nHost: a\r\n\r\n", "", 400, "/%zz"},
	} {
		c := dial(t, g.addr)
		go c.Write([]byte(test.send)) // its end may find a closed connection
		if r, _ := c.answer("GET"); r.StatusCode != test.status {
			t.Errorf("%.40q: %s, want %d", test.send, r.Status, test.status)
		}
		c.Close()
		rec := g.last(func(r *flow.Record) bool { return strings.HasPrefix(r.Get(flow.Path), test.path) })
		path := rec.Get(flow.Path)
		if int(rec.Status) != test.status || !strings.Contains(rec.Get(flow.Refusal), test.rule) || !rec.Has(flow.Refusal) || rec.Get(flow.Method) != "GET" ||
			strings.ContainsAny(path, "?") || len(test.path) > 6 && path != test.path {
			t.Errorf("%.40q: %s", test.send, rec.AppendJSON(nil))
		}
	}
}
