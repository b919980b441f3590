package dissect

import "strconv"

// AppendHex appends bytes as lines of sixteen, with their offset before and what
// is printable behind.
func AppendHex(dst, b []byte) []byte {
	const digits = "0123456789abcdef"
	for at := 0; at < len(b); at += 16 {
		line := b[at:min(at+16, len(b))]
		for shift := 12; shift >= 0; shift -= 4 {
			dst = append(dst, digits[at>>shift&15])
		}
		if at > 0xFFFF {
			dst = strconv.AppendInt(dst[:len(dst)-4], int64(at), 16)
		}
		dst = append(dst, ' ')
		for i := range 16 {
			if i%8 == 0 {
				dst = append(dst, ' ')
			}
			if i < len(line) {
				dst = append(dst, digits[line[i]>>4], digits[line[i]&15], ' ')
			} else {
				dst = append(dst, "   "...)
			}
		}
		dst = append(dst, ' ')
		for _, c := range line {
			if c < ' ' || c > '~' {
				c = '.'
			}
			dst = append(dst, c)
		}
		dst = append(dst, '\n')
	}
	return dst
}
