package proto

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/netwright/netwright/packet/layer"
)

// line is a line of text as it lies in a frame: where it starts, what it says,
// and how long it is with its end.
type line struct {
	off  int
	text []byte // without CR and LF
	size int
}

// nextLine is the line that begins here, and false at the end. The last one may
// have no end.
func nextLine(w *layer.Walker) (l line, ok bool) {
	b := w.Rest()
	if len(b) == 0 {
		return l, false
	}
	l = line{off: w.Offset(), text: b, size: len(b)}
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		l.text, l.size = b[:n], n+1
		if n > 0 && b[n-1] == '\r' {
			l.text = b[:n-1]
		}
	}
	return l, true
}

// whole is the line with its end.
func (l line) whole(w *layer.Walker) []byte { return w.Frame()[l.off : l.off+l.size] }

// cut splits a line at its first space: the word before, and where the rest
// begins behind all spaces, which is the line's length if there is none.
func (l line) cut() (word []byte, rest int) {
	n := bytes.IndexByte(l.text, ' ')
	if n < 0 {
		return l.text, len(l.text)
	}
	rest = n
	for rest < len(l.text) && l.text[rest] == ' ' {
		rest++
	}
	return l.text[:n], rest
}

// show shows a piece of a line as Sub[i].
func (l line) show(w *layer.Walker, i, from, to int) bool {
	return w.Emit(i, l.off+from, to-from, uint64(to-from), l.text[from:to])
}

// code is the three digits that a reply begins with, or false.
func (l line) code() (code uint64, ok bool) {
	if len(l.text) < 3 {
		return 0, false
	}
	for _, c := range l.text[:3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		code = code*10 + uint64(c-'0')
	}
	return code, true
}

// notText tells that a payload does not begin as text does: what is encrypted has
// control characters, or what is not UTF-8, among the first of its bytes.
func notText(b []byte) bool {
	b = b[:min(len(b), 64)]
	whole := b
	for i := 0; i < 3 && len(whole) > 0 && whole[len(whole)-1] >= 0x80; i++ {
		whole = whole[:len(whole)-1] // a character may be cut
	}
	if !utf8.Valid(whole) {
		return true
	}
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' && c != '\n' || c == 0x7F {
			return true
		}
	}
	return false
}

// oneOf tells whether a word is among others, which are written in capitals with
// spaces between.
func oneOf(word []byte, words string) bool {
	if len(word) == 0 || len(word) > 20 {
		return false
	}
	for w := range strings.SplitSeq(words, " ") {
		if len(w) == len(word) && strings.EqualFold(w, string(word)) {
			return true
		}
	}
	return false
}
