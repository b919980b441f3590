package display

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a filter.
type Error struct {
	Filter string
	Column int // in characters, from 1
	Text   string
}

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Text) }

// inCharacters makes a mistake's column, which counts the filter's bytes while it
// is read, count characters.
func inCharacters(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	at := min(e.Column-1, len(e.Filter))
	for at > 0 && at < len(e.Filter) && !utf8.RuneStart(e.Filter[at]) {
		at--
	}
	return &Error{e.Filter, utf8.RuneCountInString(e.Filter[:at]) + 1, e.Text}
}

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
var symbols = []string{"===", "!==", "==", "!=", ">=", "<=", "&&", "||", "..", "~=", ">", "<", "!", "(", ")", "{", "}", "[", "]", ",", "&", "~", "#", "+", "*", "%", "@"}

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
		if t.minus(tokens) {
			tokens = append(tokens, token{word, "-", at})
			t.text, t.at = t.text[1:], at+1
		}
		if tokens = append(tokens, t); len(tokens) > maxTokens {
			return nil, &Error{filter, at + 1, fmt.Sprintf("a filter has at most %d words", maxTokens)}
		}
		at = next
	}
	return append(tokens, token{at: len(filter)}), nil
}

// minus tells whether a word's first letter is a minus before what it says, and
// not the sign of a number: -tcp.len, or, behind a field, -1.
func (t token) minus(before []token) bool {
	if t.kind != word || len(t.text) < 2 || t.text[0] != '-' {
		return false
	}
	if c := t.text[1]; c < '0' || c > '9' {
		return true
	}
	if len(before) == 0 {
		return false
	}
	last := before[len(before)-1]
	if last.kind == symbol {
		return strings.Contains(")]}", last.text)
	}
	return last.kind != word || !keyword(last.text)
}

// keyword tells whether a word joins others.
func keyword(s string) bool {
	s = strings.ToLower(s)
	_, is := comparisons[s]
	for _, level := range sums {
		is = is || level[s] != ""
	}
	return is || s == "and" || s == "or" || s == "not" || s == "any" || s == "all"
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
	if strings.HasPrefix(rest, "${") {
		return t, 0, &Error{filter, at + 1, "there are no references to a selected frame, nor macros, as ${…}; write what it stands for"}
	}
	r, _ := utf8.DecodeRuneInString(rest)
	reason := fmt.Sprintf("%q means nothing here", string(r))
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
		if c != '\\' {
			b = append(b, c)
			continue
		}
		if i++; i == len(filter) {
			break
		}
		if raw {
			b = append(b, c, filter[i]) // a quote behind a backslash does not end it
			continue
		}
		more, n, ok := escape(b, filter[i:])
		if !ok {
			r, _ := utf8.DecodeRuneInString(filter[i:])
			return "", 0, &Error{filter, i, fmt.Sprintf(`\%c is no escape; write \\ for a backslash, or r"…"`, r)}
		}
		b = more
		i += n - 1
	}
	return "", 0, &Error{filter, at + 1, fmt.Sprintf("the closing %c is missing", quote)}
}

// escape reads what stands behind a backslash, and adds to b what it means.
func escape(b []byte, s string) (to []byte, n int, ok bool) {
	if i := strings.IndexByte(`abfnrtv\"'`, s[0]); i >= 0 {
		return append(b, "\a\b\f\n\r\t\v\\\"'"[i]), 1, true
	}
	at, base, digits := 1, 16, 0
	switch s[0] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		at, base, digits = 0, 8, 3
	}
	v, k := 0, 0
	for k < digits && at+k < len(s) {
		d := strings.IndexByte("0123456789abcdef", s[at+k]|0x20)
		if c := s[at+k]; c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 || d >= base {
			break
		}
		v, k = v*base+d, k+1
	}
	if digits > 3 {
		return utf8.AppendRune(b, rune(v)), at + k, k == digits && utf8.ValidRune(rune(v))
	}
	return append(b, byte(v)), at + k, k > 0 && v < 256
}
