package route

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/netwright/netwright/http/message"
)

// hostPattern is one host, or all below one.
type hostPattern struct {
	name  string // lower case, without port; for below with the dot in front
	below bool
}

func parseHost(text string) (hostPattern, error) {
	name := strings.ToLower(strings.TrimSuffix(text, "."))
	domain, below := strings.CutPrefix(name, "*.")
	switch {
	case name == "":
		return hostPattern{}, errors.New("an empty host; leave host out to match any")
	case name == "*":
		return hostPattern{}, errors.New(`"*" alone is every host; leave host out for that`)
	case strings.Contains(domain, "*"):
		return hostPattern{}, fmt.Errorf("%q: a star may only be the whole first label, as in \"*.example.com\"", text)
	case strings.Contains(text, "://"):
		return hostPattern{}, fmt.Errorf("%q is a URL; write the host alone", text)
	}
	if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		if addr.Is6() {
			return hostPattern{name: "[" + addr.String() + "]"}, nil
		}
		return hostPattern{name: addr.String()}, nil
	}
	host, port := message.SplitHostPort([]byte(domain))
	if len(host) != len(domain) {
		return hostPattern{}, fmt.Errorf("%q: a route is for a host on every port; write %q (port %s is the listener's)", text, host, port)
	}
	if message.CheckHost(host) != nil {
		return hostPattern{}, fmt.Errorf("%q is not a host name; names beyond ASCII are written in their xn-- form", text)
	}
	if below {
		return hostPattern{name: "." + domain, below: true}, nil
	}
	return hostPattern{name: domain}, nil
}

// pathPattern is one path, all below one, or those that an expression matches.
type pathPattern struct {
	kind   pathKind
	path   string // normal; of a prefix without the "/*": "" is the root
	expr   *regexp.Regexp
	groups int // what ${1} and so on can stand for
}

type pathKind uint8

const (
	exactPath pathKind = iota
	prefixPath
	expression
)

func parsePath(text string) (pathPattern, error) {
	if source, ok := strings.CutPrefix(text, "~"); ok {
		expr, err := parseExpression(source)
		if err != nil {
			return pathPattern{}, err
		}
		return pathPattern{kind: expression, expr: expr, groups: expr.NumSubexp()}, nil
	}
	path, below := strings.CutSuffix(text, "/*")
	switch {
	case text == "":
		return pathPattern{}, errors.New("an empty path; leave path out to match any")
	case text == "*":
		return pathPattern{}, errors.New(`"*" is not a path; write "/*", or leave path out`)
	case text[0] != '/':
		return pathPattern{}, fmt.Errorf("%q: a path begins with \"/\" (and a regular expression with \"~\")", text)
	case strings.Contains(path, "*"):
		return pathPattern{}, fmt.Errorf("%q: a star may only stand at the end, behind a \"/\"; for anything else write a regular expression, as in \"~ ^/x\"", text)
	case strings.Contains(path, "?"):
		return pathPattern{}, fmt.Errorf("%q: a path ends before the \"?\"; the key query matches parameters", text)
	}
	if below && path == "" {
		return pathPattern{kind: prefixPath, groups: 1}, nil
	}
	normal, err := normalPattern(path)
	if err != nil {
		return pathPattern{}, fmt.Errorf("%q can never match: %w", text, err)
	}
	if below {
		return pathPattern{kind: prefixPath, path: strings.TrimSuffix(normal, "/"), groups: 1}, nil
	}
	return pathPattern{kind: exactPath, path: normal}, nil
}

// normalPattern brings a path of the config into the form that requests have.
func normalPattern(path string) (string, error) {
	normal, err := message.NormalizePath(nil, appendEncoded(nil, path))
	return string(normal), err
}

// appendEncoded encodes what a path may not hold as it is. What is encoded
// already, as %20, stays.
func appendEncoded(dst []byte, path string) []byte {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '%' && i+2 < len(path) && isHex(path[i+1]) && isHex(path[i+2]), normalByte[c]:
			dst = append(dst, c)
		default:
			dst = appendPercent(dst, c)
		}
	}
	return dst
}

// parseExpression compiles what stands behind a "~".
func parseExpression(source string) (*regexp.Regexp, error) {
	source = strings.TrimSpace(source)
	if source == "" {
		return nil, errors.New(`an empty regular expression; write one behind the "~", as in "~ ^/x"`)
	}
	expr, err := regexp.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("%q is no regular expression: %w", source, err)
	}
	return expr, nil
}

// matches is for the expressions alone; the index knows the others.
func (p *pathPattern) matches(path []byte) bool {
	return p.kind == expression && p.expr.Match(path)
}

// valuePattern is a value as it is written, any value, or an expression.
type valuePattern struct {
	text string
	any  bool
	expr *regexp.Regexp
}

func parseValues(texts []string) ([]valuePattern, error) {
	if len(texts) == 0 {
		return nil, errors.New(`no value to match; "*" stands for any`)
	}
	var list []valuePattern
	for _, text := range texts {
		switch {
		case text == "*":
			list = append(list, valuePattern{any: true})
		case strings.HasPrefix(text, "~"):
			expr, err := parseExpression(text[1:])
			if err != nil {
				return nil, err
			}
			list = append(list, valuePattern{expr: expr})
		default:
			list = append(list, valuePattern{text: text})
		}
	}
	return list, nil
}

func matchesAny(patterns []valuePattern, value []byte) bool {
	for i := range patterns {
		p := &patterns[i]
		if p.any || p.expr != nil && p.expr.Match(value) || p.expr == nil && string(value) == p.text {
			return true
		}
	}
	return false
}
