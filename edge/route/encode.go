package route

import "github.com/netwright/netwright/http/message"

// pathByte tells the bytes that stand in a path as they are (RFC 3986 section
// 3.3), the slash among them.
var pathByte = func() (t [256]bool) {
	for c := range t {
		t[c] = message.IsUnreserved(byte(c))
	}
	for _, c := range "/!$&'()*+,;=:@" {
		t[c] = true
	}
	return
}()

// normalByte tells the bytes that a normal path has as they are: beside those
// of pathByte the ones that RFC 3986 wants encoded and clients send all the same.
var normalByte = func() (t [256]bool) {
	for c := '!'; c < 0x7f; c++ {
		t[c] = true
	}
	t['%'], t['\\'], t['#'], t['?'] = false, false, false, false
	return
}()

func isHex(c byte) bool { return message.HexDigit(c) < 16 }

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// unpercent decodes one %XX at the beginning of s.
func unpercent(s []byte) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, lo := message.HexDigit(s[1]), message.HexDigit(s[2])
	return hi<<4 | lo, hi < 16 && lo < 16
}

// nextUnquoted decodes the first byte of a part of a query as forms write it:
// %XX, and "+" for a space. A % that begins nothing stays.
func nextUnquoted(s []byte) (c byte, rest []byte) {
	if s[0] == '+' {
		return ' ', s[1:]
	}
	if c, ok := unpercent(s); ok {
		return c, s[3:]
	}
	return s[0], s[1:]
}

// appendUnquoted decodes a part of a query.
func appendUnquoted(dst, s []byte) []byte {
	for len(s) > 0 {
		var c byte
		c, s = nextUnquoted(s)
		dst = append(dst, c)
	}
	return dst
}

// unquotesTo tells whether s decodes to want.
func unquotesTo(s []byte, want string) bool {
	for len(s) > 0 {
		var c byte
		if c, s = nextUnquoted(s); want == "" || want[0] != c {
			return false
		}
		want = want[1:]
	}
	return want == ""
}

// nextParameter cuts the first name=value off a query, both still encoded.
func nextParameter(query []byte) (name, value, rest []byte) {
	end := len(query)
	for i, c := range query {
		if c == '&' {
			end = i
			break
		}
	}
	pair := query[:end]
	if end < len(query) {
		rest = query[end+1:]
	}
	for i, c := range pair {
		if c == '=' {
			return pair[:i], pair[i+1:], rest
		}
	}
	return pair, nil, rest
}
