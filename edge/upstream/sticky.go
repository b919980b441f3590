package upstream

import (
	"strconv"
	"time"
)

// AppendCookie appends the value of a Set-Cookie field (RFC 6265, section
// 4.1) that makes the client stick to the target that value, a
// Target.Cookie, names.
func (c *StickyConfig) AppendCookie(dst []byte, value string) []byte {
	dst = append(dst, c.Cookie...)
	dst = append(dst, '=')
	dst = append(dst, value...)
	dst = append(dst, "; Path="...)
	dst = append(dst, c.Path...)
	if c.Domain != "" {
		dst = append(dst, "; Domain="...)
		dst = append(dst, c.Domain...)
	}
	if c.Age > 0 {
		dst = append(dst, "; Max-Age="...)
		dst = strconv.AppendInt(dst, int64(c.Age/time.Second), 10)
	}
	if c.Secure {
		dst = append(dst, "; Secure"...)
	}
	if !c.Scripts {
		dst = append(dst, "; HttpOnly"...)
	}
	switch c.SameSite {
	case "strict":
		dst = append(dst, "; SameSite=Strict"...)
	case "none":
		dst = append(dst, "; SameSite=None"...)
	default:
		dst = append(dst, "; SameSite=Lax"...)
	}
	return dst
}
