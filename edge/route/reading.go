package route

// Servers behind a proxy do not all read a path alike. Some decode %2F and then
// see a slash, some cut ";x" off a segment, some decode twice, or take "\" for a
// slash. So a path that the table sends to one route may be, to the server
// there, a path of another route, past whose guards it has come. A path with
// such ambiguous parts is therefore looked up a second time as the laxest of them
// would read it, and refused if that is another route.

// ambiguous tells whether a normal path has anything that a lax reader reads
// otherwise.
func ambiguous(path []byte) bool {
	for i := 0; i < len(path); i++ {
		switch path[i] {
		case ';':
			return true
		case '%':
			c, ok := unpercent(path[i:])
			if i += 2; !ok || !plainOctet(c) || c == ' ' && endsSegment(path, i) {
				return true
			}
		case '.':
			if endsSegment(path, i) {
				return true
			}
		}
	}
	return false
}

func endsSegment(path []byte, i int) bool { return i+1 == len(path) || path[i+1] == '/' }

// plainOctet tells the encoded octets that mean themselves to everybody: the
// space, and those beyond ASCII but for the beginnings of overlong UTF-8.
func plainOctet(c byte) bool {
	return c == ' ' || c >= 0x80 && c != 0xC0 && c != 0xC1 && c != 0xE0 && c < 0xF0
}

// appendLax appends path as the laxest reader takes it, in normal form.
func appendLax(dst, path []byte) []byte {
	start := len(dst)
	dst = append(dst, path...)
	end := len(dst)
	// Encode again, behind what is there, and move the result to the front.
	for _, c := range resolve(decodeAll(dst[start:])) {
		if normalByte[c] {
			dst = append(dst, c)
		} else {
			dst = appendPercent(dst, c)
		}
	}
	return append(dst[:start], dst[end:]...)
}

// decodeAll decodes every %XX and every overlong form of an ASCII byte, and what
// that gives again, until nothing is left to decode. It goes from the end to the
// front, so that whatever follows a byte is decoded already when the byte comes:
// one pass, however deep the encoding. It works in place and returns the end of s.
func decodeAll(s []byte) []byte {
	start := len(s)
	for i := len(s) - 1; i >= 0; i-- {
		start--
		s[start] = s[i]
		for {
			c, size := overlong(s[start:])
			if octet, ok := unpercent(s[start:]); ok {
				c, size = octet, 3
			}
			if size == 1 {
				break
			}
			start += size - 1
			s[start] = c
		}
	}
	return s[start:]
}

// overlong reads one byte, or an ASCII byte spread over two to four (which RFC
// 3629 section 3 forbids, and careless decoders take).
func overlong(s []byte) (c byte, size int) {
	continues := func(i int, most byte) bool { return len(s) > i && s[i]&0xC0 == 0x80 && s[i] <= most }
	switch {
	case (s[0] == 0xC0 || s[0] == 0xC1) && continues(1, 0xBF):
		return s[0]&1<<6 | s[1]&0x3F, 2
	case s[0] == 0xE0 && continues(1, 0x81) && continues(2, 0xBF):
		return s[1]&1<<6 | s[2]&0x3F, 3
	case s[0] == 0xF0 && continues(1, 0x80) && continues(2, 0x81) && continues(3, 0xBF):
		return s[2]&1<<6 | s[3]&0x3F, 4
	}
	return s[0], 1
}

// resolve takes "\" for "/", ends the path at NUL, "?" and "#", cuts parameters,
// dots and spaces off segments, and resolves empty and dot segments, in place. It
// does not climb above the root.
func resolve(s []byte) []byte {
	for i, c := range s {
		if c == '\\' {
			s[i] = '/'
		} else if c == 0 || c == '?' || c == '#' {
			s = s[:i]
			break
		}
	}
	out := s[:0]
	for i := 0; i < len(s); {
		// A segment from its slash on.
		end := i + 1
		for end < len(s) && s[end] != '/' {
			end++
		}
		last := end == len(s)
		segment := trimSegment(s[i+1 : end])
		switch {
		case string(segment) == "..":
			n := len(out)
			for n > 0 && out[n-1] != '/' {
				n--
			}
			out = out[:max(n-1, 0)]
			if last {
				out = append(out, '/')
			}
		case len(segment) == 0:
			if last {
				out = append(out, '/')
			}
		default:
			out = append(append(out, '/'), segment...)
		}
		i = end
	}
	if len(out) == 0 {
		out = append(out, '/')
	}
	return out
}

// trimSegment takes parameters off a segment, and the dots and white space at
// its end that Windows does not see. What was dots alone is "..", or nothing for
// a single one.
func trimSegment(segment []byte) []byte {
	for i, c := range segment {
		if c == ';' {
			segment = segment[:i]
			break
		}
	}
	n := len(segment)
	for n > 0 && (segment[n-1] == '.' || segment[n-1] <= ' ') {
		n--
	}
	if n > 0 || len(segment) < 2 || segment[0] != '.' || segment[1] != '.' {
		return segment[:n]
	}
	return segment[:2]
}
