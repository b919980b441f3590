package proto

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/netwright/netwright/packet/layer"
)

// wideText is text in UTF-16, least byte first, of so many bytes.
func wideText(name, alias, title, size string) layer.Field {
	return layer.Field{Kind: layer.Group, Len: size, Code: showWideText, Sub: []layer.Field{
		{Name: name, Alias: alias, Title: title, Kind: layer.String},
	}}
}

func showWideText(w *layer.Walker) {
	b := w.Rest()
	text := appendWide(w.Scratch(), b)
	if w.Emit(0, w.Offset(), len(b), uint64(len(text)), text) {
		w.Move(len(b))
	}
}

// appendWide appends UTF-16 as UTF-8.
func appendWide(dst, b []byte) []byte {
	for ; len(b) >= 2; b = b[2:] {
		r := rune(binary.LittleEndian.Uint16(b))
		if utf16.IsSurrogate(r) && len(b) >= 4 {
			if full := utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(b[2:]))); full != utf8.RuneError {
				r, b = full, b[2:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// fileTime is a time of Windows: 100 nanoseconds since 1601. Shown are those from
// 1968 to 2036, others stand for something else.
func fileTime(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Len: "8", Code: showFileTime, Sub: []layer.Field{{Name: name, Title: title, Kind: layer.NTP}}}
}

func showFileTime(w *layer.Walker) {
	const second, until1900 = 10_000_000, 9_435_484_800
	t := binary.LittleEndian.Uint64(w.Rest())
	since := t/second - until1900
	if t/second > until1900 && since>>31 == 1 {
		fraction := (t%second<<32 + second - 1) / second // so that it is not less when it is read
		if !w.Emit(0, w.Offset(), 8, since<<32|fraction, nil) {
			return
		}
	}
	w.Move(8)
}

// bits are flags of a number with the least byte first, from the most significant
// on; an empty name stands for one that has none.
func bits(name, alias, title string, size int, flags ...string) layer.Field {
	f := layer.Field{Name: name, Alias: alias, Title: title, Bits: size, LE: true, Base: layer.Hex}
	if rest := size - len(flags); rest > 0 {
		f.Sub = append(f.Sub, layer.Field{Bits: rest})
	}
	for _, flag := range flags {
		one := layer.Field{Bits: 1, Kind: layer.Bool}
		if flag != "" {
			one.Name, one.Title = flag, flag
		}
		f.Sub = append(f.Sub, one)
	}
	return f
}
