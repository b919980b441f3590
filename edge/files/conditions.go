package files

import (
	"bytes"
	"net/http"
	"time"

	"github.com/netwright/netwright/http/message"
)

// precondition evaluates the conditions of a request in the order of RFC 9110
// §13.2.2 and returns the status that they lead to, 200 where they let the
// request pass.
func (v *variant) precondition(fields message.Fields) int {
	if fields.Has(message.IfMatch) {
		if !v.matches(fields, message.IfMatch, true) {
			return 412
		}
	} else if t, ok := date(fields.Get(message.IfUnmodifiedSince)); ok && v.modTime.After(t) {
		return 412
	}
	if fields.Has(message.IfNoneMatch) {
		if v.matches(fields, message.IfNoneMatch, false) {
			return 304
		}
	} else if t, ok := date(fields.Get(message.IfModifiedSince)); ok && !v.modTime.After(t) {
		return 304
	}
	return 200
}

// ranged says whether If-Range, where it is given, lets Range hold (RFC 9110
// §13.1.5): a tag must be the strong one, a date the very one.
func (v *variant) ranged(fields message.Fields) bool {
	validator := fields.Get(message.IfRange)
	if validator == nil {
		return true
	}
	if len(validator) > 0 && (validator[0] == '"' || validator[0] == 'W') {
		return bytes.Equal(validator, v.etag)
	}
	t, ok := date(validator)
	return ok && t.Equal(v.modTime) && !v.racy // else the date is no strong validator (§8.8.2.2)
}

// matches says whether a list of entity tags has the variant's (RFC 9110
// §13.1.1, §13.1.2). A weak tag never matches strongly.
func (v *variant) matches(fields message.Fields, name message.Name, strong bool) bool {
	for i := range fields {
		if fields[i].Known != name {
			continue
		}
		for rest := message.TrimSpace(fields[i].Value); len(rest) > 0; {
			if rest[0] == ',' || rest[0] == ' ' || rest[0] == '\t' {
				rest = rest[1:]
				continue
			}
			if rest[0] == '*' {
				return true
			}
			tag, weak, after, ok := nextTag(rest)
			if !ok {
				break // the rest of a malformed list matches nothing
			}
			if bytes.Equal(tag, v.etag) && !(weak && strong) {
				return true
			}
			rest = after
		}
	}
	return false
}

// nextTag cuts an entity tag (RFC 9110 §8.8.3) off the beginning of a list.
func nextTag(b []byte) (tag []byte, weak bool, rest []byte, ok bool) {
	if bytes.HasPrefix(b, []byte("W/")) {
		b, weak = b[2:], true
	}
	if len(b) == 0 || b[0] != '"' {
		return nil, false, nil, false
	}
	end := bytes.IndexByte(b[1:], '"')
	if end < 0 {
		return nil, false, nil, false
	}
	return b[:end+2], weak, b[end+2:], true
}

// date reads an HTTP date in any of its forms (RFC 9110 §5.6.7). What is none
// is ignored, as the conditions want it.
func date(b []byte) (time.Time, bool) {
	if len(b) == 0 {
		return time.Time{}, false
	}
	t, err := http.ParseTime(string(b))
	return t, err == nil
}
