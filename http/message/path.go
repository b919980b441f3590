package message

// Errors of a request target.
var (
	ErrPathEncoding = &Error{400, "path-encoding", "a % in the path is not followed by two hexadecimal digits (RFC 3986 §2.1)"}
	ErrPathNUL      = &Error{400, "path-nul", "the path holds %00"}
	ErrPathByte     = &Error{400, "path-byte", `the path holds a "\", "#", space, control or 8-bit byte (RFC 3986 §3.3)`}
	ErrPathClimbs   = &Error{400, "path-climbs", `the path climbs above "/" by ".."`}
	ErrPathDots     = &Error{400, "path-dots", `a "." or ".." segment of the path carries parameters`}
)

// NormalizePath brings an absolute path into the one form that routes and guards
// match and upstreams get (RFC 3986 §6.2.2): octets that need no encoding are
// decoded, the hexadecimal digits of the others are in upper case, "." and ".."
// segments are resolved, and "//" is one "/". %2F stays as it is: it is data,
// never a separator. A path that is normal already is returned itself;
// otherwise the result is appended to scratch[:0].
//
// A dot segment with parameters ("..;x") is refused, since servers that strip
// parameters first read it as "..".
func NormalizePath(scratch, path []byte) ([]byte, error) {
	if len(path) == 0 || path[0] != '/' {
		return nil, ErrPathByte
	}
	prev := byte(0)
	for i, c := range path {
		if !plainPathByte[c] || prev == '/' && (c == '/' || c == '.') {
			return normalize(scratch[:0], path, i)
		}
		prev = c
	}
	return path, nil
}

// plainPathByte tells the bytes that never need work by themselves.
var plainPathByte = func() (t [256]bool) {
	for c := '!'; c < 0x7f; c++ {
		t[c] = true
	}
	t['%'], t['\\'], t['#'], t['?'] = false, false, false, false
	return
}()

// normalize does the work from the first byte that needs any; path[:i] is normal.
func normalize(out, path []byte, i int) ([]byte, error) {
	out = append(out, path[:i]...)
	for i < len(path) {
		c := path[i]
		i++
		switch {
		case c == '%':
			if i+2 > len(path) {
				return nil, ErrPathEncoding
			}
			hi, lo := HexDigit(path[i]), HexDigit(path[i+1])
			if hi > 15 || lo > 15 {
				return nil, ErrPathEncoding
			}
			i += 2
			switch d := hi<<4 | lo; {
			case d == 0:
				return nil, ErrPathNUL
			case IsUnreserved(d):
				out = append(out, d)
			default:
				out = append(out, '%', upperHex[hi], upperHex[lo])
			}
		case c == '/':
			var err error
			if out, err = endSegment(out); err != nil {
				return nil, err
			}
			if out[len(out)-1] != '/' {
				out = append(out, '/')
			}
		case plainPathByte[c]:
			out = append(out, c)
		default:
			return nil, ErrPathByte
		}
	}
	return endSegment(out)
}

// endSegment resolves the last segment of out where it is "." or "..". The
// result ends in "/" then.
func endSegment(out []byte) ([]byte, error) {
	start := len(out)
	for start > 0 && out[start-1] != '/' {
		start--
	}
	if start == 0 {
		return out, nil // nothing but the leading slash has been seen
	}
	seg := out[start:]
	dots := 0
	for dots < len(seg) && seg[dots] == '.' {
		dots++
	}
	if dots == 0 || dots > 2 {
		return out, nil
	}
	if dots < len(seg) {
		if seg[dots] == ';' {
			return nil, ErrPathDots
		}
		return out, nil
	}
	if dots == 1 {
		return out[:start], nil
	}
	if start == 1 {
		return nil, ErrPathClimbs
	}
	start--
	for out[start-1] != '/' {
		start--
	}
	return out[:start], nil
}

const upperHex = "0123456789ABCDEF"
