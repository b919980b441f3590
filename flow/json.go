package flow

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends the record to dst as one JSON object without a line break.
// Whatever bytes the texts hold, the object is valid, stands on one line and
// has no control characters: bytes that are not UTF-8 become U+FFFD.
//
// Times are in RFC 3339 and UTC, durations in seconds. What is zero or was not
// set is left out, but for id, kind, time, duration, outcome, in and out.
func (r *Record) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = r.ID.append(dst)
	dst = append(dst, `","kind":"`...)
	dst = append(dst, r.Kind.String()...)
	dst = append(dst, `","time":"`...)
	dst = appendTime(dst, r.Start)
	dst = append(dst, `","duration":`...)
	dst = appendSeconds(dst, r.Duration)
	if r.First != 0 {
		dst = append(dst, `,"first":`...)
		dst = appendSeconds(dst, r.First)
	}
	dst = append(dst, `,"outcome":"`...)
	dst = append(dst, r.Outcome()...)
	dst = append(dst, '"')
	if r.Status != 0 {
		dst = appendInt(dst, `,"status":`, int64(r.Status))
	}
	if peer := r.Peer(); peer.IsValid() {
		dst = append(dst, `,"peer":"`...)
		dst = peer.AppendTo(dst)
		dst = append(dst, '"')
	}
	for t := range texts {
		if r.Has(t) {
			dst = append(dst, `,"`...)
			dst = append(dst, t.String()...)
			dst = append(dst, `":`...)
			dst = appendQuoted(dst, r.Bytes(t))
		}
	}
	dst = appendInt(dst, `,"in":`, r.BytesIn)
	dst = appendInt(dst, `,"out":`, r.BytesOut)
	if r.Tries != 0 {
		dst = appendInt(dst, `,"tries":`, int64(r.Tries))
	}
	if r.TLSVersion != 0 {
		dst = append(dst, `,"tls":"`...)
		dst = append(dst, tls.VersionName(r.TLSVersion)...)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// MarshalJSON returns what [Record.AppendJSON] appends.
func (r *Record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// UnmarshalJSON reads what [Record.AppendJSON] wrote. It ignores keys that it
// does not know.
func (r *Record) UnmarshalJSON(text []byte) error {
	var in struct {
		ID       ID             `json:"id"`
		Kind     Kind           `json:"kind"`
		Time     time.Time      `json:"time"`
		Duration float64        `json:"duration"`
		First    float64        `json:"first"`
		Status   uint16         `json:"status"`
		Peer     netip.AddrPort `json:"peer"`
		In       int64          `json:"in"`
		Out      int64          `json:"out"`
		Tries    uint8          `json:"tries"`
		TLS      string         `json:"tls"`
	}
	var all map[string]any
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("flow: read a record: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("flow: read a record: %w", err)
	}
	r.Begin(in.Kind, in.Time)
	r.ID = in.ID
	r.Duration, r.First = fromSeconds(in.Duration), fromSeconds(in.First)
	r.Status, r.Tries, r.BytesIn, r.BytesOut = in.Status, in.Tries, in.In, in.Out
	r.SetPeer(in.Peer)
	for v := uint16(tls.VersionTLS10); v <= tls.VersionTLS13; v++ {
		if in.TLS == tls.VersionName(v) {
			r.TLSVersion = v
		}
	}
	for t := range texts {
		if v, ok := all[t.String()].(string); ok {
			r.SetString(t, v)
		}
	}
	return nil
}

func fromSeconds(s float64) time.Duration {
	if s < 0 {
		return -fromSeconds(-s)
	}
	return time.Duration(s*1e9 + 0.5)
}

func appendInt(dst []byte, key string, v int64) []byte {
	return strconv.AppendInt(append(dst, key...), v, 10)
}

// appendSeconds writes d with as many decimals as microseconds need, and never
// an exponent.
func appendSeconds(dst []byte, d time.Duration) []byte {
	if d < 0 {
		dst = append(dst, '-')
		d = max(-d, 0)
	}
	us := (uint64(d) + 500) / 1000
	dst = strconv.AppendUint(dst, us/1e6, 10)
	dst = append(dst, '.')
	return appendDigits(dst, us%1e6, 6)
}

// appendDigits writes the last n digits of v.
func appendDigits(dst []byte, v uint64, n int) []byte {
	end := len(dst) + n
	for range n {
		dst = append(dst, '0')
	}
	for i := end - 1; i >= end-n; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
	return dst
}

// appendTime writes a time in UTC with microseconds.
func appendTime(dst []byte, ns int64) []byte {
	at := time.Unix(0, ns).UTC()
	year, month, day := at.Date()
	hour, minute, second := at.Clock()
	dst = append(appendDigits(dst, uint64(year), 4), '-')
	dst = append(appendDigits(dst, uint64(month), 2), '-')
	dst = append(appendDigits(dst, uint64(day), 2), 'T')
	dst = append(appendDigits(dst, uint64(hour), 2), ':')
	dst = append(appendDigits(dst, uint64(minute), 2), ':')
	dst = append(appendDigits(dst, uint64(second), 2), '.')
	return append(appendDigits(dst, uint64(at.Nanosecond())/1000, 6), 'Z')
}

// appendQuoted writes v as a JSON string (RFC 8259, section 7). Beyond what the
// RFC asks for it escapes DEL, the C1 controls and the line separators of
// Unicode, which a terminal or a line reader would take as commands.
func appendQuoted(dst, v []byte) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(v); {
		n := plain(v[i:], '"')
		dst = append(dst, v[i:i+n]...)
		if i += n; i == len(v) {
			break
		}
		c := v[i]
		if c < utf8.RuneSelf {
			i++
			if c == '"' || c == '\\' {
				dst = append(dst, '\\', c)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
			}
			continue
		}
		var r rune
		r, n = utf8.DecodeRune(v[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, `\ufffd`...)
		case hidden(r):
			dst = append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
		default:
			dst = append(dst, v[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

// plain returns how many bytes at the beginning of v are printable ASCII, and
// neither a quote nor a backslash nor special: what nearly all texts are made of.
func plain(v []byte, special byte) int {
	for i, c := range v {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == special {
			return i
		}
	}
	return len(v)
}

// hidden reports whether a rune beyond ASCII commands a terminal or ends a
// line: the C1 controls, the line and paragraph separators, and the marks that
// turn the direction of writing.
func hidden(r rune) bool {
	return r < 0xa0 || r == 0x200e || r == 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
