package route

// pathByte tells the bytes that stand in a path as they are (RFC 3986 section
// 3.3), the slash among them.
var pathByte = func() (t [256]bool) {
	for c := range t {
		t[c] = isUnreserved(byte(c))
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

// isUnreserved tells the bytes that mean the same encoded or not (RFC 3986
// section 2.3).
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isHex(c byte) bool { return hexDigit(c) < 16 }

// hexDigit is the value of a hexadecimal digit, 16 for any other byte.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

func appendPercent(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

// unpercent decodes one %XX at the beginning of s.
func unpercent(s []byte) (c byte, ok bool) {
	if len(s) < 3 || s[0] != '%' {
		return 0, false
	}
	hi, lo := hexDigit(s[1]), hexDigit(s[2])
	return hi<<4 | lo, hi < 16 && lo < 16
}

// appendUnquoted decodes a part of a query as forms write it: %XX, and "+" for
// a space. A % that begins nothing stays.
func appendUnquoted(dst, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if d, ok := unpercent(s[i:]); ok {
			c = d
			i += 2
		}
		dst = append(dst, c)
	}
	return dst
}

// unquotesTo tells whether s decodes to want.
func unquotesTo(s []byte, want string) bool {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '+' {
			c = ' '
		} else if d, ok := unpercent(s[i:]); ok {
			c = d
			i += 2
		}
		if n == len(want) || want[n] != c {
			return false
		}
		n++
	}
	return n == len(want)
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
