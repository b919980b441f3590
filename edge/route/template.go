package route

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/netwright/netwright/http/message"
)

// A Purpose says what a template makes, and so how the values of its variables
// are written.
type Purpose uint8

const (
	// FieldValue is the value of a header field. Control characters in values
	// become spaces, so that none can begin another field (RFC 9110 section 5.5).
	FieldValue Purpose = iota
	// URL is the target of a redirect: an absolute URL, or a path. Values are
	// encoded for where they stand, in the path or behind its "?".
	URL
	// Path is the path of a request, with a query behind a "?" if there is one.
	Path
	// Text is the body of an answer in plain text. Control characters in values
	// become spaces.
	Text
	// HTML is a body in HTML. Values are escaped, so that they are text in it.
	HTML
)

// A Template is a text with variables, such as "from ${remote}". "$${" stands
// for a plain "${". It is immutable, and safe for concurrent use.
type Template struct {
	purpose Purpose
	pieces  []piece
}

// piece is a text, or a variable if v is not zero.
type piece struct {
	text  []byte
	v     variable
	query bool // stands behind the "?" of a URL or path
}

// Compile checks and prepares a template. groups is how far ${1} and so on may
// count. Errors name the variable and where it stands.
func Compile(text string, purpose Purpose, groups int) (*Template, error) {
	t := &Template{purpose: purpose}
	var literal strings.Builder
	inQuery := false
	flush := func() error {
		s := literal.String()
		literal.Reset()
		return t.addText(s, &inQuery)
	}
	for rest := text; rest != ""; {
		i := strings.Index(rest, "${")
		if i < 0 {
			literal.WriteString(rest)
			break
		}
		if i > 0 && rest[i-1] == '$' {
			literal.WriteString(rest[:i-1] + "${")
			rest = rest[i+2:]
			continue
		}
		literal.WriteString(rest[:i])
		name, after, closed := strings.Cut(rest[i+2:], "}")
		position := len(text) - len(rest) + i + 1
		if !closed {
			return nil, fmt.Errorf("character %d of %q: ${ without a }; write $${ for a plain ${", position, text)
		}
		v, err := parseVariable(name, groups)
		if err != nil {
			return nil, fmt.Errorf("character %d of %q: %w", position, text, err)
		}
		if err := flush(); err != nil {
			return nil, err
		}
		t.pieces = append(t.pieces, piece{v: v, query: inQuery})
		rest = after
	}
	if err := flush(); err != nil {
		return nil, err
	}
	return t, nil
}

// CheckVariable tells what is wrong with the name of a variable, as it stands
// between "${" and "}". It takes any number for a group; [Compile] knows better.
func CheckVariable(name string) error {
	_, err := parseVariable(name, maxGroups)
	return err
}

// addText checks text that stands in the template as it is, and encodes what
// its purpose needs encoded.
func (t *Template) addText(s string, inQuery *bool) error {
	if s == "" {
		return nil
	}
	if t.purpose == Text || t.purpose == HTML {
		t.pieces = append(t.pieces, piece{text: []byte(s)})
		return nil
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("%q: control characters may not stand here", s)
		}
	}
	if t.purpose == FieldValue {
		t.pieces = append(t.pieces, piece{text: []byte(s)})
		return nil
	}
	if t.purpose == Path && strings.Contains(s, "#") {
		return fmt.Errorf("%q: a request has no fragment (#); write %%23 for the character", s)
	}
	*inQuery = *inQuery || strings.Contains(s, "?")
	t.pieces = append(t.pieces, piece{text: appendLiteral(nil, s)})
	return nil
}

// appendLiteral encodes the bytes that no URL holds. What is encoded stays.
func appendLiteral(dst []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		plain := pathByte[c] || strings.IndexByte("?#[]", c) >= 0
		if plain || c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			dst = append(dst, c)
		} else {
			dst = appendPercent(dst, c)
		}
	}
	return dst
}

// Static tells whether the template has no variables, and then what it makes.
func (t *Template) Static() ([]byte, bool) {
	switch {
	case len(t.pieces) == 0:
		return nil, true
	case len(t.pieces) == 1 && t.pieces[0].v.kind == varNone:
		return t.pieces[0].text, true
	}
	return nil, false
}

// NeedsCaptures tells whether the template has ${1} or another group.
func (t *Template) NeedsCaptures() bool {
	for i := range t.pieces {
		if t.pieces[i].v.kind == varGroup {
			return true
		}
	}
	return false
}

// Append appends what the template makes of these values.
func (t *Template) Append(dst []byte, v *Values) []byte {
	start := len(dst)
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.v.kind == varNone {
			dst = append(dst, p.text...)
			continue
		}
		from := len(dst)
		dst = v.append(dst, &p.v)
		switch t.purpose {
		case FieldValue, Text:
			clean(dst[from:])
		case HTML:
			clean(dst[from:])
			dst = escapeTail(dst, from)
		default:
			dst = encodeTail(dst, from, p.v.kind, p.query)
		}
	}
	if t.purpose == URL {
		dst = oneSlash(dst, start)
	}
	return dst
}

// clean makes spaces of control characters.
func clean(value []byte) {
	for i, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			value[i] = ' '
		}
	}
}

// encodeTail encodes dst[from:] for where it stands.
func encodeTail(dst []byte, from int, k kind, query bool) []byte {
	end := len(dst)
	i := from
	for i < end && keeps(dst[i:end], k, query) {
		i++
	}
	if i == end {
		return dst
	}
	// The encoded form is made behind the value, and then takes its place.
	for i := from; i < end; i++ {
		if keeps(dst[i:end], k, query) {
			dst = append(dst, dst[i])
		} else {
			dst = appendPercent(dst, dst[i])
		}
	}
	return append(dst[:from], dst[end:]...)
}

// keeps tells whether the first byte of a value stays as it is. A value that is
// encoded already keeps its %XX, and its separators where they mean the same;
// any other is encoded whole, slashes too, so that it is one segment or one
// parameter and no more.
func keeps(s []byte, k kind, query bool) bool {
	c := s[0]
	switch {
	case k == varHost || k == varAuthority: // which hold nothing to encode
		return true
	case message.IsUnreserved(c):
		return true
	case k != varPath && k != varGroup && k != varQuery:
		return false
	case c == '%':
		_, ok := unpercent(s)
		return ok
	case query && k != varQuery:
		return c == '/' || c == ':' || c == '@' || c == ','
	case query && c == '?':
		return true
	}
	return pathByte[c]
}

// escapeTail makes text of dst[from:] for HTML, attributes in quotes included.
func escapeTail(dst []byte, from int) []byte {
	if !bytes.ContainsAny(dst[from:], `&<>"'`) {
		return dst
	}
	end := len(dst)
	for i := from; i < end; i++ {
		switch c := dst[i]; c {
		case '&':
			dst = append(dst, "&amp;"...)
		case '<':
			dst = append(dst, "&lt;"...)
		case '>':
			dst = append(dst, "&gt;"...)
		case '"':
			dst = append(dst, "&#34;"...)
		case '\'':
			dst = append(dst, "&#39;"...)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst[:from], dst[end:]...)
}

// oneSlash keeps a redirect to a path from becoming one to another host: "//x"
// and "/\x" name a host.
func oneSlash(dst []byte, start int) []byte {
	if len(dst) == start || dst[start] != '/' {
		return dst
	}
	n := start + 1
	for n < len(dst) && (dst[n] == '/' || dst[n] == '\\') {
		n++
	}
	return append(dst[:start+1], dst[n:]...)
}

func parseGroup(name string, groups int) (variable, error) {
	n, err := strconv.Atoi(name)
	switch {
	case err != nil || n < 1:
		return variable{}, unknownVariable(name)
	case groups == 0:
		return variable{}, fmt.Errorf("there is no ${%s}: no path is matched that has groups", name)
	case n > groups:
		return variable{}, fmt.Errorf("there is no ${%s}: the path gives %d", name, groups)
	}
	return variable{kind: varGroup, n: n - 1}, nil
}
