package craft

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a craft line.
type Error struct {
	Column int // of the first character that is wrong, from 1
	Reason string
}

// Error returns the place and the reason.
func (e *Error) Error() string { return fmt.Sprintf("craft line, column %d: %s", e.Column, e.Reason) }

// inCharacters makes a mistake's column, which counts the line's bytes while it is
// read, count characters.
func inCharacters(line string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	at := min(e.Column-1, len(line))
	for at > 0 && at < len(line) && !utf8.RuneStart(line[at]) {
		at--
	}
	return &Error{utf8.RuneCountInString(line[:at]) + 1, e.Reason}
}

// scanner goes over a line.
type scanner struct {
	text string
	at   int
}

func (s *scanner) fail(at int, format string, args ...any) error {
	return &Error{at + 1, fmt.Sprintf(format, args...)}
}

// space goes past white space, and tells whether there was any.
func (s *scanner) space() bool {
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.at]) >= 0 {
		s.at++
	}
	return s.at > from
}

// peek is the byte at hand, 0 at the end.
func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// character is the one at a place, of which there is one.
func (s *scanner) character(at int) string {
	_, n := utf8.DecodeRuneInString(s.text[at:])
	return s.text[at : at+n]
}

// take goes past a byte if it is c.
func (s *scanner) take(c byte) bool {
	if s.peek() == c && s.at < len(s.text) {
		s.at++
		return true
	}
	return false
}

// name goes past a name of a protocol or a field.
func (s *scanner) name() string {
	from := s.at
	for s.at < len(s.text) && nameByte(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}

// word goes past a value without quotes, which ends at white space or one of the
// bytes in stop. What stands in ${…} belongs to it.
func (s *scanner) word(stop string) string {
	from := s.at
	for s.at < len(s.text) {
		if strings.HasPrefix(s.text[s.at:], "${") {
			if end := strings.IndexByte(s.text[s.at:], '}'); end > 0 {
				s.at += end + 1
				continue
			}
		}
		if c := s.text[s.at]; strings.IndexByte(" \t\r\n\"", c) >= 0 || strings.IndexByte(stop, c) >= 0 {
			break
		}
		s.at++
	}
	return s.text[from:s.at]
}

// quoted goes past a text in quotes, which are at hand.
func (s *scanner) quoted() (string, error) {
	from := s.at
	s.at++
	var b []byte
	for s.at < len(s.text) {
		c := s.text[s.at]
		s.at++
		switch c {
		case '"':
			return string(b), nil
		case '\\':
			e, err := s.escape()
			if err != nil {
				return "", err
			}
			b = append(b, e...)
		default:
			b = append(b, c)
		}
	}
	return "", s.fail(from, "the text does not end: a second \" is missing")
}

func (s *scanner) escape() ([]byte, error) {
	from := s.at - 1
	c := s.peek()
	s.at++
	if i := strings.IndexByte("ntr0", c); i >= 0 && c != 0 {
		return []byte{"\n\t\r\x00"[i]}, nil
	}
	switch c {
	case '"', '\\', '$':
		return []byte{c}, nil
	case 'x':
		if s.at+2 <= len(s.text) {
			if v, err := strconv.ParseUint(s.text[s.at:s.at+2], 16, 8); err == nil {
				s.at += 2
				return []byte{byte(v)}, nil
			}
		}
		return nil, s.fail(from, `two hexadecimal digits are missing after \x`)
	}
	if from+1 == len(s.text) {
		return nil, s.fail(from, `nothing is behind \`)
	}
	return nil, s.fail(from, `there is no \%s; known are \n \t \r \0 \" \\ \$ and \xNN`, s.character(from+1))
}

// quote writes a text in quotes, as quoted reads it.
func quote(b []byte) string {
	out := []byte{'"'}
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch c := b[0]; {
		case c == '"', c == '\\', c == '$':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\r':
			out = append(out, `\r`...)
		case r == utf8.RuneError && n == 1, c < ' ', c == 0x7F:
			out = fmt.Appendf(out, `\x%02x`, c)
			n = 1
		default:
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(append(out, '"'))
}
