package flow

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendCombined appends the record to dst as one line, without its line break,
// of the combined log format of Apache and nginx:
//
//	peer - subject [time] "method path protocol" status bytes "referer" "user agent"
//
// Times are in UTC. A byte that could end a field, a quotation or the line, and
// each one that is not readable UTF-8, is written as \xHH.
func (r *Record) AppendCombined(dst []byte) []byte {
	if peer := r.Peer(); peer.IsValid() {
		dst = peer.Addr().AppendTo(dst)
	} else {
		dst = append(dst, '-')
	}
	dst = append(dst, " - "...)
	dst = appendWord(dst, r.Bytes(Subject))
	dst = append(dst, " ["...)
	dst = appendLogTime(dst, r.Start)
	dst = append(dst, `] "`...)
	if r.Has(Method) {
		dst = appendWord(dst, r.Bytes(Method))
		dst = append(dst, ' ')
		dst = appendWord(dst, r.Bytes(Path))
		dst = append(dst, ' ')
		dst = appendWord(dst, r.Bytes(Protocol))
	} else {
		dst = append(dst, '-')
	}
	dst = append(dst, `" `...)
	dst = appendDigits(dst, uint64(r.Status), 3)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, r.BytesOut, 10)
	dst = append(dst, ` "`...)
	dst = appendPhrase(dst, r.Bytes(Referer))
	dst = append(dst, `" "`...)
	dst = appendPhrase(dst, r.Bytes(UserAgent))
	return append(dst, '"')
}

// appendWord writes v so that it has no space.
func appendWord(dst, v []byte) []byte { return appendEscaped(dst, v, ' ') }

// appendPhrase writes v so that it stands between quotes.
func appendPhrase(dst, v []byte) []byte { return appendEscaped(dst, v, '"') }

func appendEscaped(dst, v []byte, special byte) []byte {
	const digits = "0123456789abcdef"
	if len(v) == 0 {
		return append(dst, '-')
	}
	for i := 0; i < len(v); {
		n := plain(v[i:], special)
		dst = append(dst, v[i:i+n]...)
		if i += n; i == len(v) {
			break
		}
		n = 1
		readable := false
		if v[i] >= utf8.RuneSelf {
			var r rune
			r, n = utf8.DecodeRune(v[i:])
			readable = !(r == utf8.RuneError && n == 1) && !hidden(r)
		}
		if readable {
			dst = append(dst, v[i:i+n]...)
		} else {
			for _, c := range v[i : i+n] {
				dst = append(dst, '\\', 'x', digits[c>>4], digits[c&15])
			}
		}
		i += n
	}
	return dst
}

func appendLogTime(dst []byte, ns int64) []byte {
	at := time.Unix(0, ns).UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	dst = append(appendDigits(dst, uint64(day), 2), '/')
	dst = append(append(dst, month.String()[:3]...), '/')
	dst = append(appendDigits(dst, uint64(year), 4), ':')
	dst = append(appendDigits(dst, uint64(hour), 2), ':')
	dst = append(appendDigits(dst, uint64(minute), 2), ':')
	dst = appendDigits(dst, uint64(second), 2)
	return append(dst, " +0000"...)
}
