package tsharktest

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/netwright/netwright/packet/layer"
)

// placed tells whether two fields lie at the same place.
func placed(ours, theirs *Field) bool {
	switch {
	case ours.Size == 0:
		return true
	case ours.Bits:
		return within(ours, theirs) || within(theirs, ours)
	case ours.Size < 0:
		return ours.Pos == theirs.Pos
	}
	return ours.Pos == theirs.Pos && ours.Size == theirs.Size
}

func within(a, b *Field) bool { return a.Pos >= b.Pos && a.Pos+a.Size <= b.Pos+b.Size }

// equal tells whether two fields have the same value. Here, and nowhere else, is
// what counts as the same although it is written otherwise:
//
//   - Numbers and flags are compared as numbers, whatever their base: 0x0012 is
//     18, True is 1, and '0' in quotes is the character. A time span in seconds
//     is a number too.
//   - Floating-point numbers agree to six digits, which is what tshark writes.
//   - Times agree to the nanosecond, in whatever form.
//   - Bytes are compared as bytes, with colons or without; where tshark shows
//     none, the place is enough. Of those that lie outside the frame, having been
//     decrypted, tshark may tell the place alone; then their number is compared.
//   - Text is compared after undoing the escapes of both, and without the NULs
//     that it is filled up with. tshark's may be cut ("…" at its end).
//   - A group has no value.
func equal(ours, theirs *Field, data []byte) bool {
	show := theirs.Show
	if show == same {
		if ours.Size == 0 && ours.Kind == layer.Bytes {
			return (len(ours.Show)+1)/3 == theirs.Size
		}
		if theirs.Pos < 0 || theirs.Size < 0 || theirs.Pos+theirs.Size > len(data) {
			return false
		}
		show = hex.EncodeToString(data[theirs.Pos : theirs.Pos+theirs.Size])
	}
	if ours.Show == theirs.Show {
		return true
	}
	switch ours.Kind {
	case layer.Group:
		return true
	case layer.Uint, layer.Int, layer.Bool:
		return sameNumber(ours, show)
	case layer.Float:
		return sameFloat(ours.Show, show)
	case layer.Seconds, layer.NTP:
		return sameTime(ours, show)
	case layer.String, layer.CString:
		return sameText(ours.Show, show)
	case layer.Bytes:
		return show == "" || sameHex(ours.Show, show)
	case layer.MAC, layer.EUI64:
		return sameHex(ours.Show, show)
	}
	return ours.Show == show
}

func sameHex(ours, theirs string) bool {
	return strings.ReplaceAll(ours, ":", "") == strings.ReplaceAll(theirs, ":", "")
}

func sameNumber(ours *Field, show string) bool {
	switch show {
	case "True", "Set":
		return ours.U != 0
	case "False", "Not set":
		return ours.U == 0
	}
	if c, ok := strings.CutPrefix(show, "'"); ok {
		c, _, _ = strings.Cut(c, "'")
		text, ok := unescape(c)
		return ok && len(text) == 1 && uint64(text[0]) == ours.U
	}
	if number, fraction, ok := strings.Cut(show, "."); ok && strings.Trim(fraction, "0") == "" {
		show = number
	}
	if ours.Kind == layer.Bool && ours.U != 0 {
		n, err := strconv.ParseUint(show, 0, 64)
		return err == nil && n != 0
	}
	if n, err := strconv.ParseUint(show, 0, 64); err == nil {
		if ours.Kind == layer.Int && ours.Size > 0 && ours.Size < 8 && strings.HasPrefix(show, "0x") {
			return n == ours.U&(1<<(ours.Size*8)-1)
		}
		return n == ours.U
	}
	n, err := strconv.ParseInt(show, 0, 64)
	return err == nil && uint64(n) == ours.U
}

func sameFloat(ours, theirs string) bool {
	a, err1 := strconv.ParseFloat(ours, 64)
	b, err2 := strconv.ParseFloat(theirs, 64)
	if err1 != nil || err2 != nil {
		return false
	}
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-5*math.Max(math.Abs(a), math.Abs(b))
}

// sameTime compares times. tshark writes an NTP timestamp of zero as no time.
func sameTime(ours *Field, show string) bool {
	a, err := time.Parse(time.RFC3339Nano, ours.Show)
	if err != nil {
		return false
	}
	if show == "NULL" || show == "(NULL)" || show == "Not representable" {
		return ours.U == 0
	}
	if seconds, err := strconv.ParseFloat(show, 64); err == nil {
		return float64(ours.U) == seconds
	}
	for _, form := range []string{"Jan _2, 2006 15:04:05.999999999 MST", "2006-01-02 15:04:05.999999999 MST", "2006-01-02T15:04:05.999999999Z", "Jan _2, 2006 15:04:05 MST"} {
		if b, err := time.Parse(form, show); err == nil {
			return a.Sub(b).Abs() <= time.Nanosecond
		}
	}
	return false
}

func sameText(ours, theirs string) bool {
	a, ok1 := unescape(ours)
	b, ok2 := unescape(theirs)
	if !ok1 || !ok2 {
		return ours == theirs
	}
	if a == b {
		return true
	}
	if strings.TrimRight(a, "\x00") == b {
		return true
	}
	cut := strings.TrimSuffix(b, "…")
	return len(cut) < len(b) && len(cut) > 80 && strings.HasPrefix(a, cut) || strings.ToValidUTF8(a, "\uFFFD") == b
}

// unescape undoes the escapes that C knows, \xNN among them. A backslash before
// anything else stands for itself.
func unescape(s string) (string, bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for len(s) > 0 {
		if s[0] != '\\' || len(s) == 1 {
			_, n := utf8.DecodeRuneInString(s)
			b = append(b, s[:n]...)
			s = s[n:]
			continue
		}
		if i := strings.IndexByte(`abtnvfr"'\`, s[1]); i >= 0 {
			b = append(b, "\a\b\t\n\v\f\r\"'\\"[i])
			s = s[2:]
			continue
		}
		if s[1] == 'x' && len(s) >= 4 {
			if n, err := strconv.ParseUint(s[2:4], 16, 8); err == nil {
				b = append(b, byte(n))
				s = s[4:]
				continue
			}
		}
		if n, err := strconv.ParseUint(s[1:min(4, len(s))], 8, 8); err == nil && len(s) >= 4 {
			b = append(b, byte(n))
			s = s[4:]
			continue
		}
		b = append(b, s[0])
		s = s[1:]
	}
	return string(b), true
}
