package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/netwright/netwright/guard"
	"github.com/netwright/netwright/http/message"
)

// Match says which requests a route is for. All that is given must hold; of a
// list, one entry is enough. A nil or empty Match holds for every request.
type Match struct {
	// Host names, as in shop.example.com, or *.example.com for every name below example.com. Case, a port and a dot at the end do not matter. Default: any.
	Host []string `yaml:"host"`
	// Paths: /hello for just that one, /api/* for /api and everything below it, or "~ ^/item/([0-9]+)$" for a regular expression. Default: any.
	Path []string `yaml:"path"`
	// Methods, as in GET or [POST, PUT]. GET stands for HEAD too. Default: any.
	Method []string `yaml:"method"`
	// Header fields and the values that each may have: as written, * for any, or "~ ^v[12]$" for a regular expression.
	Header map[string][]string `yaml:"header"`
	// Query parameters and the values that each may have, decoded: as written, * for any, or "~ ^v[12]$" for a regular expression.
	Query map[string][]string `yaml:"query"`
	// Addresses and prefixes that the client must be in, as in 10.0.0.0/8.
	Client []guard.Prefix `yaml:"client"`
}

// Validate tells everything that is wrong with the match.
func (m *Match) Validate() error {
	_, err := compileMatch(m)
	return err
}

// A fieldError is an error about one key of a config struct.
type fieldError struct {
	path []string
	err  error
}

func (e *fieldError) Error() string        { return e.err.Error() }
func (e *fieldError) Unwrap() error        { return e.err }
func (e *fieldError) ConfigPath() []string { return e.path }

func at(err error, path ...string) error { return &fieldError{path, err} }

// compiled is a match ready for use.
type compiled struct {
	hosts   []hostPattern // empty: any
	paths   []pathPattern // empty: any
	methods []string
	headers []fieldCondition
	query   []queryCondition
	client  []guard.Prefix
}

type fieldCondition struct {
	name   string
	known  message.Name
	values []valuePattern
}

type queryCondition struct {
	name   string
	values []valuePattern
}

func compileMatch(m *Match) (*compiled, error) {
	c := &compiled{}
	if m == nil {
		return c, nil
	}
	var errs []error
	for i, text := range m.Host {
		h, err := parseHost(text)
		if err != nil {
			errs = append(errs, at(err, "host", fmt.Sprint(i)))
		}
		c.hosts = append(c.hosts, h)
	}
	for i, text := range m.Path {
		p, err := parsePath(text)
		if err != nil {
			errs = append(errs, at(err, "path", fmt.Sprint(i)))
		}
		c.paths = append(c.paths, p)
	}
	for i, method := range m.Method {
		if err := checkMethod(method); err != nil {
			errs = append(errs, at(err, "method", fmt.Sprint(i)))
		}
		c.methods = append(c.methods, method)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		values, err := parseValues(m.Header[name])
		switch known := message.Lookup([]byte(name)); {
		case err != nil:
		case !message.IsToken([]byte(name)):
			err = fmt.Errorf("%q is no name of a header field", name)
		case known == message.Host:
			err = errors.New("the host is matched by host:, not as a header field")
		default:
			c.headers = append(c.headers, fieldCondition{strings.ToLower(name), known, values})
		}
		if err != nil {
			errs = append(errs, at(err, "header", name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Query)) {
		values, err := parseValues(m.Query[name])
		if err != nil {
			errs = append(errs, at(err, "query", name))
		}
		c.query = append(c.query, queryCondition{name, values})
	}
	c.client = slices.Clone(m.Client)
	return c, errors.Join(errs...)
}

func checkMethod(method string) error {
	switch {
	case !message.IsToken([]byte(method)):
		return fmt.Errorf("%q is no method", method)
	case method != strings.ToUpper(method):
		return fmt.Errorf("methods are told apart by case, and %q is none that clients use; write %q", method, strings.ToUpper(method))
	}
	return nil
}
