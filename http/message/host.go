package message

// Errors of an authority.
var (
	ErrHost = &Error{400, "host", "the host is not a valid host and port (RFC 9112 §3.2)"}
)

// CheckHost says whether b is a host with an optional port, as Host and
// :authority carry it: a name, an IPv4 address, or an IPv6 address in brackets
// (RFC 3986 §3.2.2). User information, paths, spaces and 8-bit bytes are not.
func CheckHost(b []byte) error {
	host, port := SplitHostPort(b)
	if len(host) == 0 || len(host) > 255 {
		return ErrHost
	}
	for _, c := range port {
		if c < '0' || c > '9' {
			return ErrHost
		}
	}
	if len(port) > 5 || len(host)+len(port) != len(b) && len(b) != len(host)+1+len(port) {
		return ErrHost
	}
	if host[0] == '[' {
		if host[len(host)-1] != ']' || len(host) < 4 {
			return ErrHost
		}
		for _, c := range host[1 : len(host)-1] {
			if HexDigit(c) > 15 && c != ':' && c != '.' {
				return ErrHost
			}
		}
		return nil
	}
	for _, c := range host {
		if !hostByte[c] {
			return ErrHost
		}
	}
	return nil
}

// hostByte tells the bytes of a reg-name, without percent-encoding, which no
// name that resolves has.
var hostByte = func() (t [256]bool) {
	for c := range t {
		t[c] = IsUnreserved(byte(c))
	}
	for _, c := range "!$&'()*+;=" {
		t[c] = true
	}
	return
}()

// SplitHostPort cuts an authority into host (IPv6 with its brackets) and port
// (digits, may be empty). It does not check either.
func SplitHostPort(b []byte) (host, port []byte) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case ':':
			return b[:i], b[i+1:]
		case ']':
			return b, nil
		}
	}
	return b, nil
}
