package files

import (
	"iter"

	"github.com/netwright/netwright/http/message"
)

// suffix is how a compressed sibling is named.
type suffix struct{ suffix, coding string }

// codingSuffixes are the variants of a file; the plain one first.
var codingSuffixes = [...]suffix{{"", ""}, {".br", "br"}, {".zst", "zstd"}, {".gz", "gzip"}}

// choose picks the variant that fits Accept-Encoding best (RFC 9110 §12.5.3):
// of those the client likes equally, the smallest.
func (e *entry) choose(fields message.Fields) *variant {
	best := e.variants[0]
	if len(e.variants) == 1 || !fields.Has(message.AcceptEncoding) {
		return best
	}
	quality := codingQuality(fields, "identity")
	for _, v := range e.variants[1:] {
		q := codingQuality(fields, v.coding)
		if q > 0 && (q > quality || q == quality && v.size < best.size) {
			best, quality = v, q
		}
	}
	return best
}

// codingQuality is what the client thinks of a coding, in thousandths. What it
// does not name it does not want, but for identity, which is always there as
// the last choice.
func codingQuality(fields message.Fields, coding string) int {
	named, any := -1, -1
	for name, q := range weighted(fields, message.AcceptEncoding) {
		switch {
		case message.EqualFold(name, coding), coding == "gzip" && message.EqualFold(name, "x-gzip"):
			named = max(named, q)
		case string(name) == "*":
			any = max(any, q)
		}
	}
	switch {
	case named >= 0:
		return named
	case coding == "identity":
		return 0
	}
	return max(any, 0)
}

// weighted yields the elements of the list fields of that name with their weights,
// in thousandths.
func weighted(fields message.Fields, of message.Name) iter.Seq2[[]byte, int] {
	return func(yield func([]byte, int) bool) {
		for i := range fields {
			if fields[i].Known != of {
				continue
			}
			for rest := fields[i].Value; len(rest) > 0; {
				var item []byte
				item, rest = message.NextListItem(rest)
				if !yield(cutQuality(item)) {
					return
				}
			}
		}
	}
}

// cutQuality cuts the weight off an element of a list (RFC 9110 §12.4.2); one
// that is malformed counts as zero.
func cutQuality(item []byte) (name []byte, quality int) {
	name, quality = item, 1000
	for i, c := range item {
		if c != ';' {
			continue
		}
		if name = message.TrimSpace(item[:i]); len(name) == 0 {
			return nil, 0
		}
		p := message.TrimSpace(item[i+1:])
		if len(p) >= 2 && (p[0] == 'q' || p[0] == 'Q') && p[1] == '=' {
			return name, parseQuality(p[2:])
		}
		// A parameter that is not the weight; media types have them.
		rest, q := cutQuality(p)
		_ = rest
		return name, q
	}
	return name, quality
}

// parseQuality reads 0 to 1 with up to three digits behind the point.
func parseQuality(b []byte) int {
	if len(b) == 0 || len(b) > 5 || b[0] != '0' && b[0] != '1' || len(b) > 1 && b[1] != '.' {
		return 0
	}
	q, unit := int(b[0]-'0')*1000, 100
	for _, c := range b[min(2, len(b)):] {
		if c < '0' || c > '9' {
			return 0
		}
		q += int(c-'0') * unit
		unit /= 10
	}
	return min(q, 1000)
}
