package layer

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Parse reads a field's value as people write it: a number, the name that the
// field's Words or Enum have for it, the letters or names of flags ("SA",
// "syn|ack"), an address, a time, hexadecimal digits behind "hex:" or with colons
// between, or text. It gives U or B, as [Given] holds them.
func (f *Field) Parse(text string) (u uint64, b []byte, err error) {
	switch f.Kind {
	case IPv4, IPv6:
		return parseAddr(f, text)
	case MAC, EUI64:
		mac, err := net.ParseMAC(text)
		if err == nil && len(mac) != f.width()/8 {
			err = fmt.Errorf("it has %d bytes, not %d", len(mac), f.width()/8)
		}
		if err != nil {
			return 0, nil, fmt.Errorf("%s: %q is no address as 02:00:00:00:00:01", f.Name, text)
		}
		return 0, mac, nil
	case GUID:
		b, err := parseGUID(text, f.LE)
		return 0, b, err
	case OID:
		b, err := parseOID(text)
		return 0, b, err
	case Bytes, Group:
		b, err := ParseBytes(text)
		return 0, b, err
	case String, CString:
		return 0, []byte(text), nil
	}
	u, err = f.parseNumber(text)
	return u, nil, err
}

func parseAddr(f *Field, text string) (uint64, []byte, error) {
	addr, err := netip.ParseAddr(text)
	switch {
	case err == nil && f.Kind == IPv4 && addr.Is4():
		b := addr.As4()
		return uint64(binary.BigEndian.Uint32(b[:])), b[:], nil
	case err == nil && f.Kind == IPv6 && addr.Is6():
		b := addr.As16()
		return 0, b[:], nil
	case f.Kind == IPv4:
		return 0, nil, fmt.Errorf("%s: %q is no IPv4 address as 192.0.2.1", f.Name, text)
	}
	return 0, nil, fmt.Errorf("%s: %q is no IPv6 address as 2001:db8::1", f.Name, text)
}

// ParseBytes reads hexadecimal digits behind "hex:", or pairs of them with colons
// between, or else takes the text as it is.
func ParseBytes(text string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(text, "hex:"); ok {
		digits = strings.NewReplacer(":", "", " ", "", "\n", "", "\t", "").Replace(digits)
		b, err := hex.DecodeString(digits)
		if err != nil {
			return nil, fmt.Errorf("%q are not pairs of hexadecimal digits", digits)
		}
		return b, nil
	}
	if len(text)%3 == 2 && len(text) > 2 && strings.Count(text, ":") == len(text)/3 {
		if b, err := hex.DecodeString(strings.ReplaceAll(text, ":", "")); err == nil {
			return b, nil
		}
	}
	return []byte(text), nil
}

func (f *Field) parseNumber(text string) (uint64, error) {
	if u, err := strconv.ParseUint(text, 0, 64); err == nil {
		return u, nil
	}
	if i, err := strconv.ParseInt(text, 0, 64); err == nil && f.Kind == Int {
		return uint64(i), nil
	}
	switch f.Kind {
	case Float:
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			if f.Bits == 32 {
				return uint64(math.Float32bits(float32(v))), nil
			}
			return math.Float64bits(v), nil
		}
	case Seconds, NTP:
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			if f.Kind == Seconds {
				return uint64(t.Unix()), nil
			}
			return uint64(t.Unix()+2208988800)<<32 | uint64(t.Nanosecond())<<32/1e9, nil
		}
	case Bool:
		switch strings.ToLower(text) {
		case "true", "yes", "on":
			return 1, nil
		case "false", "no", "off":
			return 0, nil
		}
	}
	if u, ok := f.named(text); ok {
		return u, nil
	}
	if u, ok := f.parseFlags(text); ok {
		return u, nil
	}
	if names := f.words(); len(names) > 0 {
		return 0, fmt.Errorf("%s: %q is neither a number nor the name of a value%s", f.Name, text, Nearest(text, names))
	}
	return 0, fmt.Errorf("%s: %q is not a number", f.Name, text)
}

// words are the names that values have.
func (f *Field) words() (names []string) {
	for word := range f.Words {
		names = append(names, word)
	}
	for _, name := range f.Enum {
		names = append(names, word(name))
	}
	slices.Sort(names)
	return names
}

// word is a name of an enumeration as one types it: "echo-request" for "Echo
// (ping) request".
func word(name string) string {
	if i := strings.IndexByte(name, '('); i > 0 {
		if end := strings.IndexByte(name[i:], ')'); end > 0 {
			name = name[:i] + name[i+end+1:]
		}
	}
	return strings.Join(strings.Fields(strings.ToLower(name)), "-")
}

// named finds the value that has a name. Of several, it is the least.
func (f *Field) named(text string) (u uint64, ok bool) {
	for w, v := range f.Words {
		if strings.EqualFold(w, text) {
			return v, true
		}
	}
	for v, name := range f.Enum {
		if (strings.EqualFold(name, text) || strings.EqualFold(word(name), text)) && (!ok || v < u) {
			u, ok = v, true
		}
	}
	return u, ok
}

// Word is a name that Parse reads as this value, or "".
func (f *Field) Word(u uint64) string {
	least := ""
	for w, v := range f.Words {
		if v == u && (least == "" || len(w) < len(least) || len(w) == len(least) && w < least) {
			least = w
		}
	}
	if least != "" || f.Enum == nil {
		return least
	}
	name := word(f.Enum[u])
	if v, ok := f.named(name); name == "" || !ok || v != u {
		return ""
	}
	return name
}

// parseFlags reads flags by their names with | or + between, or by their first
// letters together.
func (f *Field) parseFlags(text string) (uint64, bool) {
	if len(f.Sub) == 0 || text == "" {
		return 0, text == "" && len(f.Sub) > 0
	}
	var sum uint64
	for _, name := range strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == '+' }) {
		bits, ok := f.flag(name, false)
		for i := 0; !ok && i < len(name); i++ {
			letter, known := f.flag(name[i:i+1], true)
			if !known {
				return 0, false
			}
			bits |= letter
			if i == len(name)-1 {
				ok = true
			}
		}
		sum |= bits
	}
	return sum, true
}

// flag is the bit of that name, or of that first letter, the least significant
// if several have it.
func (f *Field) flag(name string, letter bool) (bit uint64, ok bool) {
	left := f.width()
	for i := range f.Sub {
		s := &f.Sub[i]
		if s.Calc != "" {
			continue
		}
		left -= s.width()
		last := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
		switch {
		case s.width() != 1 || s.Name == "":
		case letter && strings.EqualFold(last[:1], name), !letter && (strings.EqualFold(last, name) || strings.EqualFold(s.Alias, name)):
			bit, ok = 1<<left, true
		}
	}
	return bit, ok
}

// Letters writes a number of single flags by their first letters, as Parse reads
// them, or by their names if those are as short: "SA", "DF". It is empty where
// that would not give the number again.
func (f *Field) Letters(u uint64) string {
	var b []byte
	left := f.width()
	for i := range f.Sub {
		s := &f.Sub[i]
		if s.Calc != "" {
			continue
		}
		left -= s.width()
		if s.width() == 1 && s.Name != "" && u>>left&1 != 0 {
			name := strings.ToUpper(s.Name[strings.LastIndexByte(s.Name, '.')+1:])
			b = append(b, name[0])
			if len(name) == 2 && u == 1<<left {
				return name
			}
		}
	}
	slices.Reverse(b)
	if v, ok := f.parseFlags(string(b)); !ok || v != u || u == 0 {
		return ""
	}
	return string(b)
}

func parseGUID(text string, le bool) ([]byte, error) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 {
		return nil, fmt.Errorf("%q is no GUID as 00112233-4455-6677-8899-aabbccddeeff", text)
	}
	if le {
		slices.Reverse(b[0:4])
		slices.Reverse(b[4:6])
		slices.Reverse(b[6:8])
	}
	return b, nil
}

// parseOID encodes an object identifier (X.690 section 8.19).
func parseOID(text string) ([]byte, error) {
	var b []byte
	var top uint64
	for i, part := range strings.Split(text, ".") {
		n, err := strconv.ParseUint(part, 10, 63)
		if err != nil || i == 0 && n > 2 {
			return nil, fmt.Errorf("%q is no object identifier as 1.3.6.1", text)
		}
		if i == 0 {
			top = n
			continue
		}
		if i == 1 {
			n += top * 40
		}
		for shift := 63; shift >= 0; shift -= 7 {
			if n>>shift != 0 || shift == 0 {
				c := byte(n>>shift) & 0x7F
				if shift > 0 {
					c |= 0x80
				}
				b = append(b, c)
			}
		}
	}
	if b == nil {
		return nil, fmt.Errorf("%q is no object identifier as 1.3.6.1", text)
	}
	return b, nil
}
