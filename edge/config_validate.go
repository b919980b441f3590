package edge

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/netwright/netwright/edge/files"
	"github.com/netwright/netwright/edge/route"
	"github.com/netwright/netwright/edge/upstream"
)

// mistakes collects what is wrong with a config, each with the path of its key.
type mistakes struct{ errs []error }

// mistake is an error of one key, which a config decoder can point to.
type mistake struct {
	path []string
	err  error
}

func (e *mistake) Error() string        { return e.err.Error() }
func (e *mistake) Unwrap() error        { return e.err }
func (e *mistake) ConfigPath() []string { return e.path }

func (m *mistakes) add(path []string, format string, args ...any) {
	m.errs = append(m.errs, &mistake{path, fmt.Errorf(format, args...)})
}

func (m *mistakes) err() error { return errors.Join(m.errs...) }

// Validate tells everything that is wrong with a config whose defaults are set.
func (c *ServiceConfig) Validate() error {
	var m mistakes
	if len(c.Trusted) == 0 && c.ProxyProtocol != "off" {
		m.add([]string{"proxy_protocol"}, "a PROXY header is only read from trusted peers; name their networks in trusted")
	}
	if c.Via != "" && !isToken(c.Via) {
		m.add([]string{"via"}, "%q cannot stand in Via; use a name of letters and digits", c.Via)
	}
	m.errors(c.Errors)
	_, _, err := c.Headers.Compile(0) // no path is known yet
	m.below(err, "headers")
	for i := range c.Routes[:max(len(c.Routes)-1, 0)] {
		if everything(c.Routes[i].Match) {
			m.add([]string{"routes", strconv.Itoa(i + 1)}, "no request comes here, since the route before matches all")
			break
		}
	}
	return m.err()
}

// Validate tells everything that is wrong with a route.
func (c *RouteConfig) Validate() error {
	var m mistakes
	var actions []string
	for _, action := range []struct {
		name  string
		given bool
	}{
		{"proxy", c.Proxy != nil}, {"files", c.Files != nil}, {"redirect", c.Redirect != nil},
		{"respond", c.Respond != nil}, {"metrics", c.Metrics},
	} {
		if action.given {
			actions = append(actions, action.name)
		}
	}
	switch len(actions) {
	case 0:
		m.add(nil, "the route does nothing: give it one of proxy, files, redirect, respond, metrics")
	case 1:
	default:
		m.add([]string{actions[1]}, "a route does one thing, and this one has %s", strings.Join(actions, " and "))
	}
	if c.Files != nil {
		m.folder(c.Files)
	}
	m.errors(c.Errors)
	m.templates(c)
	return m.err()
}

// templates finds variables that the route cannot fill in, such as groups that
// its paths do not have.
func (m *mistakes) templates(c *RouteConfig) {
	groups := 0
	if c.Match != nil {
		table, err := route.NewTable([]*route.Match{c.Match})
		if err != nil {
			return // the match has said so itself
		}
		groups = table.Groups(0)
	}
	if c.Rewrite != nil {
		_, err := c.Rewrite.Compile(groups)
		m.below(err, "rewrite")
	}
	_, _, err := c.Headers.Compile(groups)
	m.below(err, "headers")
	if c.Redirect != nil {
		_, err := newRedirect(c.Redirect, groups)
		m.below(err, "redirect", "to")
	}
	if c.Respond != nil {
		_, err := newRespond(c.Respond, groups)
		m.below(err, "respond", "body")
	}
}

// below adds errors of a part of the config, whose paths begin there.
func (m *mistakes) below(err error, path ...string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, inner := range joined.Unwrap() {
			m.below(inner, path...)
		}
		return
	}
	var placed interface {
		error
		ConfigPath() []string
	}
	switch {
	case err == nil:
	case errors.As(err, &placed):
		m.add(append(slices.Clip(path), placed.ConfigPath()...), "%w", placed)
	default:
		m.add(path, "%w", err)
	}
}

// errors checks the statuses of error answers.
func (m *mistakes) errors(answers map[string]ErrorConfig) {
	for status, answer := range answers {
		var r upstream.StatusRange
		if err := r.UnmarshalText([]byte(status)); err != nil {
			m.add([]string{"errors", status}, "%w", err)
		} else if r.From < 400 || r.To > 599 {
			m.add([]string{"errors", status}, "errors have a status from 400 to 599")
		}
		if answer.Body != "" && answer.File != "" {
			m.add([]string{"errors", status}, "give either body or file")
		}
		if _, err := route.Compile(answer.Body, route.Text, 0); err != nil {
			m.add([]string{"errors", status, "body"}, "%w", err)
		}
	}
}

// everything tells whether no request fails to match.
func everything(m *route.Match) bool {
	if m == nil {
		return true
	}
	all := func(path string) bool { return path == "/*" }
	return len(m.Host)+len(m.Method)+len(m.Header)+len(m.Query)+len(m.Client) == 0 && (len(m.Path) == 0 || slices.ContainsFunc(m.Path, all))
}

func (m *mistakes) fieldName(path []string, name string) {
	switch strings.ToLower(name) {
	case "connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "te", "trailer", "proxy-connection":
		m.add(path, "%s belongs to the connection, not to the message; it cannot be changed", name)
	default:
		if !isToken(name) {
			m.add(path, "%q is no field name", name)
		}
	}
}

func (m *mistakes) fieldValues(key string, values map[string]string) {
	for name, value := range values {
		if strings.ContainsAny(value, "\r\n\x00") {
			m.add([]string{key, name}, "a field value is one line")
		}
	}
}

// Validate tells everything that is wrong with a proxy and the pool in it.
func (c *ProxyConfig) Validate() error {
	var m mistakes
	if strings.ContainsAny(c.Host, "/ \t\r\n?#@") {
		m.add([]string{"host"}, "%q is no host", c.Host)
	}
	switch {
	case c.Pool == "" && len(c.To) == 0:
		m.add(nil, "say where requests go: the name of a pool, or targets in to")
	case c.Pool == "":
		m.errs = append(m.errs, c.Config.Validate())
	}
	return m.err()
}

// Validate tells everything that is wrong with a redirect.
func (c *RedirectConfig) Validate() error {
	var m mistakes
	if !slices.Contains([]int{301, 302, 303, 307, 308}, c.Status) {
		m.add([]string{"status"}, "%d is no redirect; it is one of 301, 302, 303, 307, 308", c.Status)
	}
	if strings.ContainsAny(c.To, "\r\n\x00 ") {
		m.add([]string{"to"}, "%q is no place to go to; write a path or a URL", c.To)
	}
	return m.err()
}

// Validate tells everything that is wrong with a fixed answer.
func (c *RespondConfig) Validate() error {
	var m mistakes
	switch {
	case c.Status < 200 || c.Status > 599:
		m.add([]string{"status"}, "%d is no status of an answer; it is one from 200 to 599", c.Status)
	case c.Status == 444:
		m.add([]string{"status"}, "444 closes the connection without an answer in nginx, which is not offered here; answer 403 or 404, or put a guard before the route")
	}
	for name := range c.Headers {
		m.fieldName([]string{"headers", name}, name)
	}
	m.fieldValues("headers", c.Headers)
	return m.err()
}

// folder tells what is wrong with a folder of files.
func (m *mistakes) folder(c *files.Config) {
	for i, name := range c.Index {
		if strings.ContainsAny(name, "/\\") {
			m.add([]string{"files", "index", strconv.Itoa(i)}, "%q must be a file name alone", name)
		}
	}
	for extension := range c.Types {
		if !strings.HasPrefix(extension, ".") {
			m.add([]string{"files", "types", extension}, "an extension begins with a dot: .%s", extension)
		}
	}
}

// isToken tells whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
