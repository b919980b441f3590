package edge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

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
	if c.Limits.Head > 0 && c.Limits.Line > c.Limits.Head {
		m.add([]string{"limits", "line"}, "the request line is part of the head, whose limit is smaller")
	}
	m.errors(c.Errors)
	for i := range c.Routes[:max(len(c.Routes)-1, 0)] {
		if c.Routes[i].Match.everything() && len(c.Routes[i].Match.Address) == 0 {
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
	m.errors(c.Errors)
	return m.err()
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
	}
}

// everything tells whether no request fails to match, the client's address apart.
func (c *MatchConfig) everything() bool {
	all := func(path string) bool { return path == "/*" || path == "*" }
	return len(c.Host)+len(c.Method)+len(c.Header)+len(c.Query) == 0 && (len(c.Path) == 0 || slices.ContainsFunc(c.Path, all))
}

// Validate tells everything that is wrong with a match.
func (c *MatchConfig) Validate() error {
	var m mistakes
	for i, host := range c.Host {
		name := strings.TrimPrefix(host, "*.")
		if name == "" || strings.ContainsAny(name, "*/: ?#") && !strings.HasPrefix(name, "[") {
			m.add([]string{"host", strconv.Itoa(i)}, "%q is no host; write a name without port, as in shop.example.com or *.example.com", host)
		}
	}
	for i, path := range c.Path {
		if err := checkPath(path); err != nil {
			m.add([]string{"path", strconv.Itoa(i)}, "%w", err)
		}
	}
	for i, method := range c.Method {
		switch {
		case !isToken(method):
			m.add([]string{"method", strconv.Itoa(i)}, "%q is no method", method)
		case method != strings.ToUpper(method):
			m.add([]string{"method", strconv.Itoa(i)}, "methods are told apart by case; write %s", strings.ToUpper(method))
		}
	}
	for name, value := range c.Header {
		if !isToken(name) {
			m.add([]string{"header", name}, "%q is no field name", name)
		}
		m.pattern([]string{"header", name}, value)
	}
	for name, value := range c.Query {
		m.pattern([]string{"query", name}, value)
	}
	return m.err()
}

func (m *mistakes) pattern(path []string, value string) {
	if expression, ok := strings.CutPrefix(value, "~"); ok {
		if _, err := regexp.Compile(expression); err != nil {
			m.add(path, "%w", err)
		}
	}
}

// checkPath checks a path to match. Requests are matched once their path is
// normalised, so that one which is not could never match.
func checkPath(path string) error {
	if expression, ok := strings.CutPrefix(path, "~"); ok {
		if _, err := regexp.Compile(expression); err != nil {
			return fmt.Errorf("%q: %w", path, err)
		}
		return nil
	}
	body, prefix := strings.CutSuffix(path, "/*")
	switch {
	case !strings.HasPrefix(path, "/"):
		return fmt.Errorf("%q must begin with /, or with ~ for a regular expression", path)
	case strings.Contains(body, "*"):
		return fmt.Errorf("%q: a * stands only at the end, behind a /; for others write a regular expression, as in ~/user/[^/]+/edit", path)
	case strings.ContainsAny(path, "?# \t"):
		return fmt.Errorf("%q is no path; queries are matched by query", path)
	case strings.Contains(path, "//") || slices.ContainsFunc(strings.Split(body, "/"), func(s string) bool { return s == "." || s == ".." }):
		return fmt.Errorf("%q is never asked for: dots and double slashes are resolved before a path is matched", path)
	case prefix && body == "" && path != "/*":
		return fmt.Errorf("%q is no path", path)
	}
	return nil
}

// Validate tells everything that is wrong with a rewrite.
func (c *RewriteConfig) Validate() error {
	var m mistakes
	for _, prefix := range []struct{ key, value string }{{"strip", c.Strip}, {"add", c.Add}} {
		if prefix.value != "" && (!strings.HasPrefix(prefix.value, "/") || strings.ContainsAny(prefix.value, "*?# ")) {
			m.add([]string{prefix.key}, "%q must be a path that begins with /, without *", prefix.value)
		}
	}
	for i, replace := range c.Replace {
		if _, err := regexp.Compile(replace.Pattern); err != nil {
			m.add([]string{"replace", strconv.Itoa(i), "pattern"}, "%w", err)
		}
	}
	return m.err()
}

// Validate tells everything that is wrong with changes of fields.
func (c *FieldsConfig) Validate() error {
	var m mistakes
	for i, name := range c.Remove {
		m.fieldName([]string{"remove", strconv.Itoa(i)}, name)
	}
	for name := range c.Set {
		m.fieldName([]string{"set", name}, name)
	}
	for name := range c.Add {
		m.fieldName([]string{"add", name}, name)
	}
	for key, values := range map[string]map[string]string{"set": c.Set, "add": c.Add} {
		m.fieldValues(key, values)
	}
	return m.err()
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
	if c.Pool == "" {
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
	if c.Status < 200 || c.Status > 599 {
		m.add([]string{"status"}, "%d is no status of an answer; it is one from 200 to 599", c.Status)
	}
	for name := range c.Headers {
		m.fieldName([]string{"headers", name}, name)
	}
	m.fieldValues("headers", c.Headers)
	return m.err()
}

// Validate tells everything that is wrong with a folder of files.
func (c *FilesConfig) Validate() error {
	var m mistakes
	for i, name := range c.Index {
		if strings.ContainsAny(name, "/\\") {
			m.add([]string{"index", strconv.Itoa(i)}, "%q must be a file name alone", name)
		}
	}
	for extension := range c.Types {
		if !strings.HasPrefix(extension, ".") {
			m.add([]string{"types", extension}, "an extension begins with a dot: .%s", extension)
		}
	}
	return m.err()
}

// isToken tells whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
