package edge

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/edge/upstream"
	"github.com/netwright/netwright/http/message"
)

// fixed is a fixed answer, with variables in its body and fields.
type fixed struct {
	status      int
	contentType []byte
	body        *route.Template
	fields      *route.Edits
}

// newRespond makes the action of a route that gives a fixed answer.
func newRespond(cfg *RespondConfig, groups int) (Handler, error) {
	a, err := newFixed(cfg.Status, cfg.Body, cfg.Type, cfg.Headers, groups)
	if err != nil {
		return nil, err
	}
	return a, nil
}

func newFixed(status int, body, contentType string, headers map[string]string, groups int) (*fixed, error) {
	a := &fixed{status: status}
	purpose := route.Text
	if contentType == "" && len(body) > 0 {
		contentType = "text/plain; charset=utf-8"
		if body[0] == '<' {
			contentType = "text/html; charset=utf-8"
		}
	}
	if bytes.HasPrefix([]byte(contentType), []byte("text/html")) {
		purpose = route.HTML
	}
	a.contentType = []byte(contentType)
	var err error
	if a.body, err = route.Compile(body, purpose, groups); err != nil {
		return nil, err
	}
	set := make(map[string][]string, len(headers))
	for name, value := range headers {
		set[name] = []string{value}
	}
	_, a.fields, err = (&route.Headers{Response: route.Fields{Set: set}}).Compile(groups)
	return a, err
}

// NeedsCaptures tells whether the answer is made of what the path captured.
func (a *fixed) NeedsCaptures() bool { return a.body.NeedsCaptures() || a.fields.NeedsCaptures() }

// ServeExchange implements Handler.
func (a *fixed) ServeExchange(ex *Exchange) error {
	r := ex.Response()
	return a.respond(ex, r, a.status)
}

// respond answers with what the template makes. r may have fields already.
func (a *fixed) respond(ex *Exchange, r *message.Response, status int) error {
	body, static := a.body.Static()
	if !static {
		from := ex.mark()
		ex.text = a.body.Append(ex.text, ex.values())
		body = ex.since(from)
	}
	r.Status = status
	if len(a.contentType) > 0 {
		r.Fields.AddKnown(message.ContentType, a.contentType)
	}
	ex.edit(a.fields, &r.Fields)
	return ex.respondWhole(r, body)
}

// errorPage is what our own error answers of some statuses say.
type errorPage struct {
	statuses upstream.StatusRange
	page     *fixed
}

// newErrorPages makes the pages of a config; those for fewer statuses come first.
func newErrorPages(cfg map[string]ErrorConfig) ([]errorPage, error) {
	var pages []errorPage
	for statuses, c := range cfg {
		p := errorPage{}
		if err := p.statuses.UnmarshalText([]byte(statuses)); err != nil {
			return nil, err
		}
		body := c.Body
		if c.File != "" {
			text, err := os.ReadFile(c.File)
			if err != nil {
				return nil, fmt.Errorf("error page: %w", err)
			}
			body = string(text)
		}
		var err error
		if p.page, err = newFixed(0, body, c.Type, nil, 0); err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	slices.SortFunc(pages, func(a, b errorPage) int {
		return cmp.Or(cmp.Compare(a.statuses.To-a.statuses.From, b.statuses.To-b.statuses.From), cmp.Compare(a.statuses.From, b.statuses.From))
	})
	return pages, nil
}

// respondError gives an error answer: the route's page for the status, the
// service's, or a line of our own. r may have fields already.
func (s *Service) respondError(ex *Exchange, r *message.Response, status int) error {
	if ex.route != nil {
		if page := findPage(ex.route.errors, status); page != nil {
			return page.respond(ex, r, status)
		}
	}
	if page := findPage(ex.table.errors, status); page != nil {
		return page.respond(ex, r, status)
	}
	id := ex.requestID()
	from := ex.mark()
	ex.text = fmt.Appendf(ex.text, "%d %s\nrequest %s\n", status, statusText(status), id)
	body := ex.since(from)
	r.Status = status
	r.Fields.AddKnown(message.ContentType, []byte("text/plain; charset=utf-8"))
	return ex.respondWhole(r, body)
}

// statusText is the usual phrase of a status.
func statusText(status int) string { return cmp.Or(http.StatusText(status), "Error") }

func findPage(pages []errorPage, status int) *fixed {
	for i := range pages {
		if p := &pages[i]; status >= p.statuses.From && status <= p.statuses.To {
			return p.page
		}
	}
	return nil
}
