package layer

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendShow appends the value in plain form, as filters and machines read it:
// numbers in the field's base, addresses as they are written, bytes as hex pairs
// with colons, times in RFC 3339, without the names of an enumeration.
func (v *Value) AppendShow(dst []byte) []byte {
	switch v.Field.Kind {
	case Uint:
		return v.appendUint(dst)
	case Int:
		return strconv.AppendInt(dst, int64(v.U), 10)
	case Bool:
		if v.U != 0 {
			return append(dst, '1')
		}
		return append(dst, '0')
	case String, CString:
		return appendText(dst, v.B)
	case IPv4, IPv6:
		addr, ok := netip.AddrFromSlice(v.B)
		if !ok {
			return appendHex(dst, v.B, ':')
		}
		return addr.AppendTo(dst)
	case GUID:
		return v.appendGUID(dst)
	case Float:
		if v.single() {
			return strconv.AppendFloat(dst, v.Real(), 'g', -1, 32)
		}
		return strconv.AppendFloat(dst, v.Real(), 'g', -1, 64)
	case Seconds:
		return time.Unix(int64(v.U), 0).UTC().AppendFormat(dst, time.RFC3339)
	case NTP:
		return ntpTime(v.U).AppendFormat(dst, time.RFC3339Nano)
	case OID:
		return appendOID(dst, v.B)
	case Group:
		return dst
	}
	return appendHex(dst, v.B, ':')
}

// AppendText appends the value for people: with its name where it has one.
func (v *Value) AppendText(dst []byte) []byte {
	if name := v.Name(); name != "" {
		dst = append(dst, name...)
		dst = append(dst, " ("...)
		return append(v.AppendShow(dst), ')')
	}
	return v.AppendShow(dst)
}

// Real is the value of a Float. One of 64 bits may be shown over fewer bytes, as
// seconds are that stand as milliseconds.
func (v *Value) Real() float64 {
	if v.single() {
		return float64(math.Float32frombits(uint32(v.U)))
	}
	return math.Float64frombits(v.U)
}

func (v *Value) single() bool { return v.Len == 4 && v.Field.Bits != 64 }

// Name is what the field's enumeration calls the value, or "".
func (v *Value) Name() string {
	if v.Field.Enum == nil {
		return ""
	}
	return v.Field.Enum[v.U]
}

func (v *Value) appendUint(dst []byte) []byte {
	switch v.Field.Base {
	case Hex:
		bits := v.Len * 8
		if v.Bits > 0 {
			bits = v.Bits
		} else if w := v.Field.width(); w > 0 {
			bits = w
		}
		dst = append(dst, "0x"...)
		if bits == 0 {
			return strconv.AppendUint(dst, v.U, 16)
		}
		for i := (bits+3)/4 - 1; i >= 0; i-- {
			dst = append(dst, "0123456789abcdef"[v.U>>(4*i)&15])
		}
		return dst
	case Oct:
		dst = append(dst, '0')
		return strconv.AppendUint(dst, v.U, 8)
	case Char:
		if v.U >= ' ' && v.U < 0x7F {
			return append(dst, byte(v.U))
		}
	}
	return strconv.AppendUint(dst, v.U, 10)
}

func appendHex(dst, b []byte, sep byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range b {
		if i > 0 {
			dst = append(dst, sep)
		}
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// appendText appends text with what is not printable as \xNN.
func appendText(dst, b []byte) []byte {
	for i := 0; i < len(b); {
		plain := i
		for i < len(b) && b[i]-' ' < 0x7F-' ' {
			i++
		}
		dst = append(dst, b[plain:i]...)
		if i == len(b) {
			break
		}
		_, n := utf8.DecodeRune(b[i:])
		if n == 1 { // a control character, or no UTF-8
			dst = hex.AppendEncode(append(dst, `\x`...), b[i:i+1])
		} else {
			dst = append(dst, b[i:i+n]...)
		}
		i += n
	}
	return dst
}

func (v *Value) appendGUID(dst []byte) []byte {
	if len(v.B) != 16 {
		return appendHex(dst, v.B, ':')
	}
	var b [16]byte
	copy(b[:], v.B)
	if v.Field.LE {
		binary.BigEndian.PutUint32(b[0:], binary.LittleEndian.Uint32(v.B))
		binary.BigEndian.PutUint16(b[4:], binary.LittleEndian.Uint16(v.B[4:]))
		binary.BigEndian.PutUint16(b[6:], binary.LittleEndian.Uint16(v.B[6:]))
	}
	for i, cut := range [][2]int{{0, 4}, {4, 6}, {6, 8}, {8, 10}, {10, 16}} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[cut[0]:cut[1]])
	}
	return dst
}

// ntpTime reads an NTP timestamp. RFC 4330 section 3: with the top bit clear it
// counts from 2036.
func ntpTime(u uint64) time.Time {
	sec := int64(u >> 32)
	const since1900 = 2208988800
	if sec&(1<<31) == 0 && sec != 0 {
		sec += 1 << 32
	}
	return time.Unix(sec-since1900, int64(u&0xFFFFFFFF*1e9>>32)).UTC()
}

// appendOID writes an object identifier (X.690 section 8.19).
func appendOID(dst, b []byte) []byte {
	var arc uint64
	first := true
	for i, c := range b {
		if arc > math.MaxUint64>>7 {
			return append(dst, "…"...)
		}
		arc = arc<<7 | uint64(c&0x7F)
		if c&0x80 != 0 && i < len(b)-1 {
			continue
		}
		if first {
			top := min(arc/40, 2)
			dst = strconv.AppendUint(dst, top, 10)
			arc -= top * 40
			first = false
		}
		dst = append(dst, '.')
		dst = strconv.AppendUint(dst, arc, 10)
		arc = 0
	}
	return dst
}
