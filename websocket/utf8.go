package websocket

import "unicode/utf8"

// textCheck validates UTF-8 that arrives in pieces cut anywhere, and finds a
// fault at the first byte that cannot be right. The zero value is at the
// beginning of a text.
type textCheck struct {
	part [utf8.UTFMax]byte // the beginning of a character that was cut
	n    int
}

// write checks the next piece.
func (t *textCheck) write(p []byte) bool {
	for t.n > 0 && len(p) > 0 {
		t.part[t.n] = p[0]
		t.n++
		p = p[1:]
		if utf8.FullRune(t.part[:t.n]) {
			if r, size := utf8.DecodeRune(t.part[:t.n]); r == utf8.RuneError && size == 1 {
				return false
			}
			t.n = 0
		}
	}
	tail := len(p) - cutRune(p)
	if !utf8.Valid(p[:tail]) {
		return false
	}
	t.n += copy(t.part[t.n:], p[tail:])
	return true
}

// whole reports whether the text does not end within a character.
func (t *textCheck) whole() bool { return t.n == 0 }

// cutRune returns how many bytes at the end of p begin a character that p
// does not hold wholly.
func cutRune(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if last := p[len(p)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}
