package proto

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/netwright/netwright/packet/layer"
)

// hello is what fingerprints are made of, in the order of the message. Numbers
// that are random by intent (RFC 8701) are among them.
type hello struct {
	version    uint16
	ciphers    []uint16
	extensions []uint16
	groups     []uint16
	formats    []byte
	schemes    []uint16
	versions   []uint16
	alpn       []byte // the first name
	sni        bool
}

// showClientPrint shows JA3 and JA4 of the ClientHello that starts here.
func showClientPrint(w *layer.Walker) {
	h, ok := readHello(w.Rest(), true)
	if !ok {
		return
	}
	full := h.ja3(w.Scratch())
	sum := md5.Sum(full)
	_ = w.Emit(0, w.Offset(), 0, uint64(len(full)), full) &&
		w.Emit(1, w.Offset(), 0, 32, hex.AppendEncode(w.Scratch(), sum[:])) &&
		w.Emit(2, w.Offset(), 0, 36, h.ja4(w.Scratch(), carrier(w)))
}

// showServerPrint shows JA3S of the ServerHello that starts here.
func showServerPrint(w *layer.Walker) {
	h, ok := readHello(w.Rest(), false)
	if !ok {
		return
	}
	full := strconv.AppendUint(w.Scratch(), uint64(h.version), 10)
	full = appendDecimals(append(full, ','), h.ciphers, false)
	full = appendDecimals(append(full, ','), h.extensions, false)
	sum := md5.Sum(full)
	_ = w.Emit(0, w.Offset(), 0, uint64(len(full)), full) &&
		w.Emit(1, w.Offset(), 0, 32, hex.AppendEncode(w.Scratch(), sum[:]))
}

// carrier is the letter that JA4 has for what carries the message.
func carrier(w *layer.Walker) byte {
	if w.Stream() {
		return 't'
	}
	if b := w.Rest(); len(b) > 0 && b[0] == 0xFE {
		return 'd'
	}
	return 'q'
}

// readHello reads a hello's body, which starts with the version.
func readHello(b []byte, client bool) (h hello, ok bool) {
	if len(b) < 35 {
		return h, false
	}
	h.version = binary.BigEndian.Uint16(b)
	b = b[34:]
	if client || h.version>>8 != 0x7F {
		if _, b, ok = vector(b, 1); !ok {
			return h, false
		}
	}
	if client && h.version>>8 == 0xFE { // DTLS has a cookie here
		if _, b, ok = vector(b, 1); !ok {
			return h, false
		}
	}
	if client {
		var list []byte
		if list, b, ok = vector(b, 2); !ok {
			return h, false
		}
		h.ciphers = numbers(list)
		if _, b, ok = vector(b, 1); !ok {
			return h, false
		}
	} else {
		if len(b) < 3 {
			return h, false
		}
		h.ciphers = numbers(b[:2])
		if b = b[2:]; h.version>>8 != 0x7F {
			b = b[1:]
		}
	}
	if len(b) == 0 {
		return h, true
	}
	if b, _, ok = vector(b, 2); !ok {
		return h, false
	}
	return h, h.read(b)
}

// read reads the extensions.
func (h *hello) read(b []byte) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		kind := binary.BigEndian.Uint16(b)
		body, rest, ok := vector(b[2:], 2)
		if !ok {
			return false
		}
		b = rest
		h.extensions = append(h.extensions, kind)
		switch kind {
		case 0:
			h.sni = true
		case 10:
			body, _, _ = vector(body, 2)
			h.groups = numbers(body)
		case 11:
			h.formats, _, _ = vector(body, 1)
		case 13:
			body, _, _ = vector(body, 2)
			h.schemes = numbers(body)
		case 16:
			body, _, _ = vector(body, 2)
			h.alpn, _, _ = vector(body, 1)
		case 43:
			body, _, _ = vector(body, 1)
			h.versions = numbers(body)
		}
	}
	return true
}

// vector takes bytes that have their length before them, in that many bytes.
func vector(b []byte, size int) (body, rest []byte, ok bool) {
	if len(b) < size {
		return nil, nil, false
	}
	n := int(b[0])
	if size == 2 {
		n = n<<8 | int(b[1])
	}
	if b = b[size:]; len(b) < n {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func numbers(b []byte) []uint16 {
	list := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		list = append(list, binary.BigEndian.Uint16(b))
	}
	return list
}

// grease tells whether a number is one of those that stand for nothing (RFC 8701
// section 2).
func grease(n uint16) bool { return n&0x0F0F == 0x0A0A && n>>8 == n&0xFF }

// ja3 appends the text whose MD5 is JA3.
func (h *hello) ja3(dst []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(h.version), 10)
	dst = appendDecimals(append(dst, ','), h.ciphers, true)
	dst = appendDecimals(append(dst, ','), h.extensions, true)
	dst = appendDecimals(append(dst, ','), h.groups, true)
	dst = append(dst, ',')
	for i, f := range h.formats {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = strconv.AppendUint(dst, uint64(f), 10)
	}
	return dst
}

func appendDecimals(dst []byte, list []uint16, ungreased bool) []byte {
	first := true
	for _, n := range list {
		if ungreased && grease(n) {
			continue
		}
		if !first {
			dst = append(dst, '-')
		}
		first = false
		dst = strconv.AppendUint(dst, uint64(n), 10)
	}
	return dst
}

// ja4 appends JA4 (FoxIO, technical details of JA4): what carries the hello, its
// version, whether it names a server, how many ciphers and extensions it has and
// the ends of its first ALPN, then the hashes of the ciphers, sorted, and of the
// extensions, sorted, with the signature algorithms.
func (h *hello) ja4(dst []byte, carrier byte) []byte {
	ciphers := slices.DeleteFunc(slices.Clone(h.ciphers), grease)
	extensions := slices.DeleteFunc(slices.Clone(h.extensions), grease)
	dst = append(dst, carrier)
	dst = append(dst, h.ja4Version()...)
	if h.sni {
		dst = append(dst, 'd')
	} else {
		dst = append(dst, 'i')
	}
	dst = appendTwoDigits(dst, len(ciphers))
	dst = appendTwoDigits(dst, len(extensions))
	dst = append(appendEnds(dst, h.alpn), '_')
	slices.Sort(ciphers)
	dst = append(appendShortHash(dst, ciphers, nil), '_')
	extensions = slices.DeleteFunc(extensions, func(n uint16) bool { return n == 0 || n == 16 })
	slices.Sort(extensions)
	return appendShortHash(dst, extensions, slices.DeleteFunc(slices.Clone(h.schemes), grease))
}

func (h *hello) ja4Version() string {
	highest := uint16(0)
	for _, v := range h.versions {
		if !grease(v) {
			highest = max(highest, v)
		}
	}
	if highest == 0 {
		highest = h.version
	}
	switch highest {
	case 0x0304:
		return "13"
	case 0x0303:
		return "12"
	case 0x0302:
		return "11"
	case 0x0301:
		return "10"
	case 0x0300:
		return "s3"
	case 0x0002:
		return "s2"
	case 0xFEFF:
		return "d1"
	case 0xFEFD:
		return "d2"
	case 0xFEFC:
		return "d3"
	}
	return "00"
}

func appendTwoDigits(dst []byte, n int) []byte {
	n = min(n, 99)
	return append(dst, '0'+byte(n/10), '0'+byte(n%10))
}

// appendEnds appends the first and the last character of a name, those of its
// hexadecimal form if one of them is no letter or digit, and 00 if it is empty.
func appendEnds(dst, name []byte) []byte {
	if len(name) == 0 {
		return append(dst, "00"...)
	}
	first, last := name[0], name[len(name)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return append(dst, first, last)
	}
	const digits = "0123456789abcdef"
	return append(dst, digits[first>>4], digits[last&15])
}

func alphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// appendShortHash appends the first 12 digits of the SHA-256 of a list in
// hexadecimal, and of a second one behind it.
func appendShortHash(dst []byte, list, second []uint16) []byte {
	if len(list) == 0 {
		return append(dst, "000000000000"...)
	}
	text := appendHexList(nil, list)
	if len(second) > 0 {
		text = appendHexList(append(text, '_'), second)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(dst, sum[:6])
}

func appendHexList(dst []byte, list []uint16) []byte {
	for i, n := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = hex.AppendEncode(dst, []byte{byte(n >> 8), byte(n)})
	}
	return dst
}
