package display

import (
	"fmt"
	"strings"
)

// Error is a mistake in a filter.
type Error struct {
	Filter string
	Column int // from 1
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Text) }

type tokenKind uint8

const (
	end tokenKind = iota
	word
	text      // "…"
	character // '…'
	symbol
)

type token struct {
	kind tokenKind
	text string // without its quotes and escapes
	at   int
}

func (t token) String() string {
	switch t.kind {
	case end:
		return "the end"
	case text:
		return `"` + t.text + `"`
	}
	return "“" + t.text + "”"
}

// maxFilter and maxTokens bound a filter.
const (
	maxFilter = 64 << 10
	maxTokens = 10_000
)

// symbols, the longest first.
var symbols = []string{"===", "!==", "==", "!=", ">=", "<=", "&&", "||", "..", "~=", ">", "<", "!", "(", ")", "{", "}", "[", "]", ",", "&", "~", "#", "+", "*", "%"}

func lex(filter string) ([]token, error) {
	if len(filter) > maxFilter {
		return nil, &Error{filter, 1, fmt.Sprintf("a filter has at most %d bytes", maxFilter)}
	}
	var tokens []token
	for at := 0; at < len(filter); {
		if strings.IndexByte(" \t\r\n", filter[at]) >= 0 {
			at++
			continue
		}
		t, next, err := lexOne(filter, at)
		if err != nil {
			return nil, err
		}
		if tokens = append(tokens, t); len(tokens) > maxTokens {
			return nil, &Error{filter, at + 1, fmt.Sprintf("a filter has at most %d words", maxTokens)}
		}
		at = next
	}
	return append(tokens, token{at: len(filter)}), nil
}

func lexOne(filter string, at int) (t token, next int, err error) {
	rest := filter[at:]
	switch {
	case rest[0] == '"':
		s, n, err := unquote(filter, at, '"', false)
		return token{text, s, at}, n, err
	case rest[0] == '\'':
		s, n, err := unquote(filter, at, '\'', false)
		return token{character, s, at}, n, err
	case strings.HasPrefix(rest, `r"`) || strings.HasPrefix(rest, `R"`):
		s, n, err := unquote(filter, at+1, '"', true)
		return token{text, s, at}, n, err
	}
	n := 0
	for n < len(rest) && inWord(rest[n:]) {
		n++
	}
	if n > 0 {
		return token{word, rest[:n], at}, at + n, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(rest, s) {
			return token{symbol, s, at}, at + len(s), nil
		}
	}
	reason := fmt.Sprintf("%q means nothing here", rest[:1])
	if right, ok := map[byte]string{'=': "==", '|': "||"}[rest[0]]; ok {
		reason += "; did you mean " + right + "?"
	}
	return t, 0, &Error{filter, at + 1, reason}
}

// inWord tells whether a word goes on. A range's two dots are none of it.
func inWord(s string) bool {
	c := s[0]
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == ':' || c == '/' ||
		c == '.' && !strings.HasPrefix(s, "..") || c >= 0x80
}

// unquote reads what is in quotes, from the opening one on.
func unquote(filter string, at int, quote byte, raw bool) (s string, next int, err error) {
	var b []byte
	for i := at + 1; i < len(filter); i++ {
		c := filter[i]
		if c == quote {
			return string(b), i + 1, nil
		}
		if c != '\\' || raw {
			b = append(b, c)
			continue
		}
		if i++; i == len(filter) {
			break
		}
		c, n, ok := escape(filter[i:])
		if !ok {
			return "", 0, &Error{filter, i, fmt.Sprintf(`\%c is no escape; write \\ for a backslash, or r"…"`, filter[i])}
		}
		b = append(b, c)
		i += n - 1
	}
	return "", 0, &Error{filter, at + 1, fmt.Sprintf("the closing %c is missing", quote)}
}

// escape reads what stands behind a backslash.
func escape(s string) (c byte, n int, ok bool) {
	if i := strings.IndexByte(`abfnrtv\"'`, s[0]); i >= 0 {
		return "\a\b\f\n\r\t\v\\\"'"[i], 1, true
	}
	base, digits := 8, 3
	if s[0] == 'x' {
		s, n, base, digits = s[1:], 1, 16, 2
	}
	v, k := 0, 0
	for k < digits && k < len(s) {
		d := strings.IndexByte("0123456789abcdef", s[k]|0x20)
		if s[k] >= '0' && s[k] <= '9' {
			d = int(s[k] - '0')
		}
		if d < 0 || d >= base {
			break
		}
		v, k = v*base+d, k+1
	}
	return byte(v), n + k, k > 0 && v < 256
}
