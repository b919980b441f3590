package display

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netwright/netwright/packet/layer"
)

// class is how values are compared.
type class uint8

const (
	number class = iota // u
	signed              // u, as int64
	real                // f
	text8               // b, as text
	octets              // b
)

// value is one value at run time.
type value struct {
	class class
	u     uint64
	f     float64
	b     []byte
	field *layer.Value // where it is one of a packet
}

// kindClass is how values of a kind are compared.
func kindClass(k layer.Kind) class {
	switch k {
	case layer.Uint, layer.Bool, layer.IPv4, layer.Seconds, layer.NTP:
		return number
	case layer.Int:
		return signed
	case layer.Float:
		return real
	case layer.String, layer.CString, layer.OID, layer.GUID:
		return text8
	}
	return octets
}

// constant is a value of a filter, ready to be compared: what is not in mask
// does not count.
type constant struct {
	value
	prefix int      // of an address, in bits; -1: all of it
	any    []uint64 // the numbers that have the same name
}

func (c *constant) compare(v *value) int {
	switch v.class {
	case number:
		if c.any != nil {
			if slices.Contains(c.any, v.u) {
				return 0
			}
			return 1
		}
		if c.prefix >= 0 {
			return cmp.Compare(v.u>>(32-c.prefix), c.u>>(32-c.prefix))
		}
		return compareNumbers(v, &c.value)
	case signed:
		return compareNumbers(v, &c.value)
	case real:
		return cmp.Compare(v.f, c.f)
	}
	if c.prefix >= 0 && len(v.b) == 16 {
		a, _ := netip.AddrFromSlice(v.b)
		p, _ := a.Prefix(c.prefix)
		return bytes.Compare(p.Addr().AsSlice(), c.b)
	}
	return bytes.Compare(v.b, c.b)
}

// compareNumbers compares whole numbers, of which one alone may have a sign.
func compareNumbers(a, b *value) int {
	below := func(v *value) bool { return v.class == signed && int64(v.u) < 0 }
	switch {
	case below(a) && !below(b):
		return -1
	case below(b) && !below(a):
		return 1
	}
	return cmp.Compare(a.u, b.u)
}

// literal reads a constant that values of a field are compared with.
func literal(t token, k layer.Kind, enum layer.Enum) (constant, error) {
	c := constant{value: value{class: kindClass(k)}, prefix: -1}
	var err error
	switch k {
	case layer.Uint, layer.Int, layer.Bool:
		err = c.number(t, k, enum)
	case layer.IPv4, layer.IPv6:
		err = c.address(t, k)
	case layer.Float:
		if c.f, err = strconv.ParseFloat(t.text, 64); err != nil {
			err = fmt.Errorf("%v is no number", t)
		}
	case layer.Seconds, layer.NTP:
		err = c.time(t, k)
	case layer.String, layer.CString, layer.OID, layer.GUID:
		c.b = []byte(t.text)
	default:
		c.b, err = octetsOf(t)
	}
	return c, err
}

func (c *constant) number(t token, k layer.Kind, enum layer.Enum) error {
	if t.kind == character && len(t.text) == 1 {
		c.u = uint64(t.text[0])
		return nil
	}
	for u, name := range enum {
		if strings.EqualFold(name, t.text) {
			c.any = append(c.any, u)
		}
	}
	if c.any != nil && t.kind != character {
		if len(c.any) == 1 {
			c.u, c.any = c.any[0], nil
		}
		return nil
	}
	switch strings.ToLower(t.text) {
	case "true":
		c.u = 1
		return nil
	case "false":
		return nil
	}
	if k == layer.Int || strings.HasPrefix(t.text, "-") {
		n, err := strconv.ParseInt(t.text, 0, 64)
		if c.u = uint64(n); err == nil && k == layer.Int {
			return nil
		}
		return fmt.Errorf("%v is no whole number that the field can have", t)
	}
	n, err := strconv.ParseUint(t.text, 0, 64)
	if c.u = n; err != nil {
		return fmt.Errorf("%v is no number; write 80 or 0x50, or a name of the value in quotes", t)
	}
	if k == layer.Bool && n > 1 {
		c.u = 1
	}
	return nil
}

func (c *constant) address(t token, k layer.Kind) error {
	host, bits, sliced := strings.Cut(t.text, "/")
	addr, err := netip.ParseAddr(host)
	kind := map[bool]string{true: "an IPv4 address or prefix, as 10.0.0.0/8", false: "an IPv6 address or prefix, as 2001:db8::/32"}[k == layer.IPv4]
	if err != nil || addr.Zone() != "" || addr.Is4() != (k == layer.IPv4) {
		return fmt.Errorf("%v is not %s", t, kind)
	}
	if sliced {
		n, err := strconv.Atoi(bits)
		prefix, err2 := addr.Prefix(n)
		if err != nil || err2 != nil {
			return fmt.Errorf("%v is not %s", t, kind)
		}
		addr, c.prefix = prefix.Addr(), n
	}
	if c.b = addr.AsSlice(); addr.Is4() {
		c.u = uint64(binary.BigEndian.Uint32(c.b))
	}
	return nil
}

func (c *constant) time(t token, k layer.Kind) error {
	var at time.Time
	if sec, err := strconv.ParseUint(t.text, 10, 33); err == nil {
		at = time.Unix(int64(sec), 0)
	} else {
		for _, format := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02", "Jan _2, 2006 15:04:05.999999999", "Jan _2, 2006 15:04:05.999999999 MST"} {
			if parsed, err := time.Parse(format, t.text); err == nil {
				at = parsed
			}
		}
		if at.IsZero() {
			return fmt.Errorf(`%v is no time; write "2026-11-21 12:00:00"`, t)
		}
	}
	c.u = uint64(at.Unix())
	if k == layer.NTP {
		c.u = uint64(at.Unix()+2208988800)<<32 | uint64(at.Nanosecond())<<32/1e9
	}
	return nil
}

// octetsOf reads bytes: "text", de:ad:be:ef, de-ad, dead.beef, 0xdead; digits are
// hexadecimal.
func octetsOf(t token) ([]byte, error) {
	if t.kind == text || t.kind == character {
		return []byte(t.text), nil
	}
	plain := t.text
	for _, sep := range []string{":", "-", "."} {
		if strings.Contains(plain, sep) {
			var b []byte
			for part := range strings.SplitSeq(plain, sep) {
				if len(part) == 1 {
					part = "0" + part
				}
				octet, err := hex.DecodeString(part)
				if err != nil || len(part) == 0 {
					return nil, fmt.Errorf("%v is no bytes; write de:ad:be:ef or \"text\"", t)
				}
				b = append(b, octet...)
			}
			return b, nil
		}
	}
	if plain = strings.TrimPrefix(plain, "0x"); len(plain) == 1 {
		plain = "0" + plain
	}
	if b, err := hex.DecodeString(plain); err == nil && len(b) > 0 {
		return b, nil
	}
	return nil, fmt.Errorf("%v is no bytes; write de:ad:be:ef or \"text\"", t)
}

// set makes v the value of a field of a packet.
func (v *value) set(f *layer.Value) {
	v.class, v.u, v.b, v.field = kindClass(f.Field.Kind), f.U, f.B, f
	switch f.Field.Kind {
	case layer.Bool:
		v.u = min(v.u, 1)
	case layer.Float:
		v.f = f.Real()
	}
}
