package files

import (
	"bytes"
	"math"
)

// mostRanges is how many ranges one request may ask for; beyond it gets the
// whole file.
const mostRanges = 100

// span is a range of bytes that the file has: length bytes from offset.
type span struct{ offset, length int64 }

// parseRange reads a Range field (RFC 9110 §14.2) for a file of that size. It
// returns nil, true where the whole is to be sent: the field is malformed, in
// another unit, or asks for more than there is in many pieces. It is not ok
// where none of the ranges lies within the file.
func parseRange(spans []span, field []byte, size int64) (_ []span, ok bool) {
	set, found := bytes.CutPrefix(field, []byte("bytes="))
	if !found {
		return nil, true
	}
	asked, total := 0, int64(0)
	for len(set) > 0 {
		var spec []byte
		spec, set, _ = bytes.Cut(set, []byte{','})
		if spec = bytes.Trim(spec, " \t"); len(spec) == 0 {
			continue
		}
		s, valid := parseSpan(spec, size)
		if asked++; !valid || asked > mostRanges {
			return nil, true
		}
		if s.length > 0 {
			spans = append(spans, s)
			total += s.length
		}
	}
	switch {
	case asked == 0:
		return nil, true
	case len(spans) == 0:
		return nil, false
	case len(spans) > 1 && total > size:
		return nil, true
	}
	return spans, true
}

// parseSpan reads "first-last", "first-" or "-count". A span that is valid but
// not within the file has no length.
func parseSpan(spec []byte, size int64) (s span, valid bool) {
	from, to, found := bytes.Cut(spec, []byte{'-'})
	if !found {
		return s, false
	}
	if len(from) == 0 {
		count, ok := parseNumber(to)
		count = min(count, size)
		return span{size - count, count}, ok
	}
	first, ok := parseNumber(from)
	if !ok {
		return s, false
	}
	last := size - 1
	if len(to) > 0 {
		n, ok := parseNumber(to)
		if !ok || n < first {
			return s, false
		}
		last = min(last, n)
	}
	if first >= size {
		return s, true
	}
	return span{first, last - first + 1}, true
}

// parseNumber reads digits; what is too large for an int64 is the largest.
func parseNumber(b []byte) (n int64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n > (math.MaxInt64-9)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(b) > 0
}
