package bpf

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxExpression bounds the length of an expression in bytes.
const maxExpression = 64 << 10

// lex cuts an expression into tokens; the last is tokenEnd. Where several
// readings are possible the longest wins, as in `1:2:3:4:5:6` or `25-53`.
func lex(text string) ([]token, error) {
	if len(text) > maxExpression {
		return nil, errorAt(maxExpression, "expression of %d bytes is too long", len(text)).hint("at most %d are taken", maxExpression)
	}
	tokens := make([]token, 0, len(text)/4+2)
	for pos := 0; ; {
		for pos < len(text) && strings.IndexByte(" \t\r\n", text[pos]) >= 0 {
			pos++
		}
		if pos == len(text) {
			return append(tokens, token{kind: tokenEnd, pos: pos}), nil
		}
		t, size, err := lexOne(text, pos)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
		pos += size
	}
}

// lexOne reads the token that begins at pos.
func lexOne(text string, pos int) (token, int, error) {
	rest := text[pos:]
	switch c := rest[0]; {
	case c == '\\':
		size := 1 + strings.IndexAny(rest[1:]+" ", " !()\n\t\r")
		if size == 1 {
			return token{}, 0, errorAt(pos, "can't parse filter expression: syntax error").hint("a name must follow the backslash")
		}
		return token{tokenName, rest[1:size], 0, pos}, size, nil
	case c == '$' && len(rest) > 1 && isHex(rest[1]):
		size := 2
		if len(rest) > 2 && isHex(rest[2]) {
			size = 3
		}
		return token{tokenARCnet, rest[:size], 0, pos}, size, nil
	case isAlnum(c) || strings.HasPrefix(rest, "::"):
		return lexWord(rest, pos)
	}
	for _, sign := range [...]string{"<=", ">=", "!=", "==", "<<", ">>", "&&", "||"} {
		if strings.HasPrefix(rest, sign) {
			return signToken(sign, pos), 2, nil
		}
	}
	if strings.IndexByte("()[]:/+-*&|^%<>=!", rest[0]) >= 0 {
		return signToken(rest[:1], pos), 1, nil
	}
	r, _ := utf8.DecodeRuneInString(rest)
	return token{}, 0, errorAt(pos, "can't parse filter expression: syntax error").hint("%q has no meaning here", string(r))
}

// signToken makes one spelling of signs that have two.
func signToken(sign string, pos int) token {
	switch sign {
	case "&&":
		return token{tokenKeyword, "and", 0, pos}
	case "||":
		return token{tokenKeyword, "or", 0, pos}
	case "!":
		return token{tokenKeyword, "not", 0, pos}
	case "==":
		sign = "="
	}
	return token{tokenSign, sign, 0, pos}
}

// lexWord reads an address, a number, a keyword or a name.
func lexWord(rest string, pos int) (token, int, error) {
	word := wordLength(rest)
	if n := macLength(rest); n >= word && n > 0 {
		text := rest[:n]
		if _, ok := parseMAC(text); !ok {
			return token{}, 0, errorAt(pos, "invalid Ethernet address %s", text).hint("write six pairs of hexadecimal digits, as in 00:53:00:12:34:56")
		}
		return token{tokenMAC, text, 0, pos}, n, nil
	}
	if n := ipv6Length(rest); n > word {
		if _, err := netip.ParseAddr(rest[:n]); err != nil {
			return token{}, 0, errorAt(pos, "invalid IPv6 address %s", rest[:n])
		}
		return token{tokenIPv6, rest[:n], 0, pos}, n, nil
	}
	text := rest[:word]
	switch {
	case word == 0:
		return token{}, 0, errorAt(pos, "can't parse filter expression: syntax error")
	case dots(text) > 0:
		return token{tokenIPv4, text, 0, pos}, word, nil
	case text[0] >= '0' && text[0] <= '9':
		if n, ok, err := lexNumber(text, pos); err != nil {
			return token{}, 0, err
		} else if ok {
			return token{tokenNumber, text, n, pos}, word, nil
		}
	}
	if key, ok := canonical(text); ok {
		return token{tokenKeyword, key, 0, pos}, word, nil
	}
	if n, ok := namedNumber(text); ok {
		return token{tokenNumber, text, n, pos}, word, nil
	}
	return token{tokenName, text, 0, pos}, word, nil
}

// lexNumber reads a number as C writes it. It is no number, and no error
// either, where other letters are in it: a host may be called 3com.
func lexNumber(text string, pos int) (uint32, bool, error) {
	base, digits, kind, set := uint64(10), text, "decimal", "0123456789"
	if len(text) > 1 && text[0] == '0' {
		base, digits, kind = 8, text[1:], "octal"
		if text[1] == 'x' || text[1] == 'X' {
			base, digits, kind, set = 16, text[2:], "hexadecimal", "0123456789abcdefABCDEF"
		}
	}
	if digits == "" || strings.Trim(digits, set) != "" {
		return 0, false, nil
	}
	value := uint64(0)
	for i := range len(digits) {
		d, _ := strconv.ParseUint(digits[i:i+1], 16, 8)
		if d >= base {
			return 0, false, errorAt(pos, "number %s contains non-octal digit", text).hint("a leading 0 makes a number octal")
		}
		if value = value*base + d; value > 0xffffffff {
			return 0, false, errorAt(pos, "%s number %s overflows 32 bits", kind, text)
		}
	}
	return uint32(value), true, nil
}

// wordLength is the length of the run of letters, digits, - _ and . that
// begins here, which ends in a letter, a digit or a point.
func wordLength(s string) int {
	n := 0
	for n < len(s) && (isAlnum(s[n]) || s[n] == '-' || s[n] == '_' || s[n] == '.') {
		n++
	}
	for n > 0 && (s[n-1] == '-' || s[n-1] == '_') {
		n--
	}
	return n
}

// dots counts the points of a word of nothing but two to four numbers, and is
// 0 for any other.
func dots(s string) int {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return 0
	}
	for _, p := range parts {
		if p == "" || strings.Trim(p, "0123456789") != "" {
			return 0
		}
	}
	return len(parts) - 1
}

// ipv6Length is the length of what can only be meant as an IPv6 address: a
// run of hexadecimal groups with :: in it, or with eight groups.
func ipv6Length(s string) int {
	n, colons := 0, 0
	for n < len(s) && (isHex(s[n]) || s[n] == ':' || s[n] == '.') {
		if s[n] == ':' {
			colons++
		}
		n++
	}
	text := s[:n]
	groups := colons + 1
	if strings.Contains(text, ".") {
		groups++
	}
	if colons < 2 || !strings.Contains(text, "::") && groups != 8 {
		return 0
	}
	return n
}

// macLength is the length of an Ethernet address in one of its spellings: six
// groups of one or two hexadecimal digits parted by : - or ., three groups of
// four parted by ., or twelve digits. Six groups parted by : count also where
// a letter is wrong in them.
func macLength(s string) int {
	if n := groupsLength(s, 6, 2, ":", isAlnum); n > 0 {
		return n
	}
	if n := groupsLength(s, 6, 2, ":-.", isHex); n > 0 {
		return n
	}
	if n := groupsLength(s, 3, 4, ".", isHex); n == 14 {
		return n
	}
	if n := groupsLength(s, 1, 12, "", isHex); n == 12 {
		return n
	}
	return 0
}

// groupsLength is the length of count groups of 1 to width digits, 0 where s
// does not begin with them.
func groupsLength(s string, count, width int, separators string, digit func(byte) bool) int {
	pos := 0
	for g := range count {
		if g > 0 {
			if pos >= len(s) || strings.IndexByte(separators, s[pos]) < 0 {
				return 0
			}
			pos++
		}
		start := pos
		for pos < len(s) && pos-start < width && digit(s[pos]) {
			pos++
		}
		if pos == start {
			return 0
		}
	}
	if pos < len(s) && (isAlnum(s[pos]) || s[pos] == ':' || s[pos] == '-' || s[pos] == '_') {
		return 0
	}
	return pos
}

// parseMAC reads an Ethernet address that [macLength] found.
func parseMAC(s string) (mac [6]byte, ok bool) {
	groups := strings.FieldsFunc(s, func(r rune) bool { return r == ':' || r == '-' || r == '.' })
	if len(groups) == 6 {
		for i, g := range groups {
			n, err := strconv.ParseUint(g, 16, 8)
			if err != nil {
				return mac, false
			}
			mac[i] = byte(n)
		}
		return mac, true
	}
	n, err := strconv.ParseUint(strings.Join(groups, ""), 16, 64)
	for i := range mac {
		mac[i] = byte(n >> (40 - 8*i))
	}
	return mac, err == nil
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
