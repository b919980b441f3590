package edge

import (
	"strings"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/http/message"
)

// redirect sends clients elsewhere.
type redirect struct {
	status int
	to     *route.Template
	tail   bool // what the * of the path stood for is put behind
	query  bool // the query is kept, since to has none
}

// newRedirect makes the action of a route that redirects.
func newRedirect(cfg *RedirectConfig, groups int) (Handler, error) {
	to, err := route.Compile(cfg.To, route.URL, groups)
	if err != nil {
		return nil, err
	}
	static, _ := to.Static()
	return &redirect{
		status: cfg.Status, to: to,
		tail:  groups == 1 && len(static) > 0 && static[len(static)-1] == '/',
		query: !strings.Contains(cfg.To, "?"),
	}, nil
}

// NeedsCaptures tells whether the target is made of what the path captured.
func (d *redirect) NeedsCaptures() bool { return d.tail || d.to.NeedsCaptures() }

// ServeExchange implements Handler.
func (d *redirect) ServeExchange(ex *Exchange) error {
	from := ex.mark()
	ex.text = d.to.Append(ex.text, ex.values())
	if d.tail && len(ex.captures) == 1 {
		ex.text = append(ex.text, ex.captures[0]...)
	}
	if d.query && ex.Request.HasQuery {
		ex.text = append(ex.text, '?')
		ex.text = append(ex.text, ex.Request.Query...)
	}
	r := ex.Response()
	r.Status = d.status
	r.Fields.AddKnown(message.Location, ex.since(from))
	return ex.respondWhole(r, nil)
}
