package proto

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"github.com/netwright/netwright/packet/layer"
)

// bgpPrefixes are prefixes one after another (RFC 4271 section 4.3), each behind
// an identifier of its path if both ends have agreed on that (RFC 7911), which
// only the bytes tell here. most is the longest that a prefix may be.
func bgpPrefixes(most int, prefix ...layer.Field) []layer.Field {
	look := func(w *layer.Walker) {
		var u uint64
		if addPath(w.Rest(), most) {
			u = 1
		}
		w.Emit(0, w.Offset(), 0, u, nil)
	}
	fields := []layer.Field{
		{Name: "bgp.nlri_path_id", Title: "NLRI path id", Bits: 32, When: "identified"},
		{Name: "bgp.prefix_length", Alias: "bits", Title: "Prefix Length", Bits: 8},
	}
	return []layer.Field{
		{Kind: layer.Group, At: "0", Code: look, Sub: []layer.Field{{Alias: "identified", Bits: 1}}},
		{Kind: layer.Group, Alias: "prefixes", Repeat: "*", Sub: append(fields, prefix...)},
	}
}

// bgpPrefix4 and bgpPrefix6 are addresses of which only the bytes are there that
// the prefix covers.
func bgpPrefix4(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Code: showPrefix4, Sub: []layer.Field{{Name: name, Title: title, Kind: layer.IPv4}}}
}

func bgpPrefix6(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Code: showPrefix6, Sub: []layer.Field{{Name: name, Title: title, Kind: layer.IPv6}}}
}

// addPath tells whether prefixes make sense with identifiers before them, and
// none without.
func addPath(b []byte, most int) bool {
	return prefixesFit(b, most, 4) && !prefixesFit(b, most, 0)
}

// prefixesFit tells whether prefixes, each behind skip bytes, fill b, and have no
// bits set that they do not cover.
func prefixesFit(b []byte, most, skip int) bool {
	for len(b) > 0 {
		if len(b) <= skip {
			return false
		}
		b = b[skip:]
		bits := int(b[0])
		size := (bits + 7) / 8
		if bits > most || size+1 > len(b) || bits%8 != 0 && b[size]&(0xFF>>(bits%8)) != 0 {
			return false
		}
		b = b[1+size:]
	}
	return true
}

func showPrefix4(w *layer.Walker) { showPrefix(w, int(w.Frame()[w.Offset()-1]), 32) }
func showPrefix6(w *layer.Walker) { showPrefix(w, int(w.Frame()[w.Offset()-1]), 128) }

// showPrefix shows an address as Sub[0], of which the first bits are there.
func showPrefix(w *layer.Walker, bits, most int) bool {
	size := (bits + 7) / 8
	if bits < 0 || bits > most {
		return w.Fail("a prefix is longer than an address")
	}
	b := w.Rest()
	if size > len(b) {
		return w.Move(size)
	}
	addr := append(w.Scratch(), b[:size]...)
	if bits%8 != 0 {
		addr[size-1] &^= 0xFF >> (bits % 8)
	}
	for len(addr) < most/8 {
		addr = append(addr, 0)
	}
	return w.Emit(0, w.Offset(), size, uint64(binary.BigEndian.Uint32(addr)), addr) && w.Move(size)
}

// bgpLabeled is a prefix with labels before it (RFC 8277), and with a route
// distinguisher for VPNs (RFC 4364).
func bgpLabeled(vpn bool, name, title string, kind layer.Kind) layer.Field {
	most := 32
	if kind == layer.IPv6 {
		most = 128
	}
	show := func(w *layer.Walker) {
		bits := int(w.Frame()[w.Offset()-1])
		labels := showLabels(w)
		if labels == 0 {
			return
		}
		bits -= labels * 24
		if vpn {
			if len(w.Rest()) < 8 {
				w.Move(8)
				return
			}
			text := appendDistinguisher(w.Scratch(), be16(w.Rest()), w.Rest())
			if !w.Emit(2, w.Offset(), 8, uint64(len(text)), text) || !w.Move(8) {
				return
			}
			bits -= 64
		}
		showPrefix(w, bits, most)
	}
	return layer.Field{Kind: layer.Group, Code: show, Sub: []layer.Field{
		{Name: name, Title: title, Kind: kind},
		{Name: "bgp.label_stack", Title: "Label Stack", Kind: layer.String},
		{Name: "bgp.rd", Title: "Route Distinguisher", Kind: layer.String},
	}}
}

// showLabels shows a stack of labels as Sub[1], and counts them. There are 0 when
// the walk is over.
func showLabels(w *layer.Walker) (n int) {
	const most = 16 // what an NLRI of 255 bits holds, and more
	b, text := w.Rest(), w.Scratch()
	for n < most && len(b) >= 3 {
		label := uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
		b = b[3:]
		n++
		if n == 1 && (label == 0 || label == 0x800000) {
			text = append(text, "0 (withdrawn)"...)
			break
		}
		text = strconv.AppendUint(text, label>>4, 10)
		if label&1 != 0 {
			text = append(text, " (bottom)"...)
			break
		}
		text = append(text, ',')
	}
	if n == 0 {
		w.Move(3)
		return 0
	}
	if !w.Emit(1, w.Offset(), n*3, uint64(len(text)), text) || !w.Move(n*3) {
		return 0
	}
	return n
}

// appendDistinguisher appends a route distinguisher (RFC 4364 section 4.2) as text,
// or a route target, whose type is of one byte.
func appendDistinguisher(dst []byte, kind uint32, b []byte) []byte {
	switch kind {
	case 0:
		dst = strconv.AppendUint(dst, uint64(be16(b[2:])), 10)
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint32(b[4:])), 10)
	case 1:
		dst = netip.AddrFrom4([4]byte(b[2:6])).AppendTo(dst)
	default:
		dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(b[2:])), 10)
	}
	return strconv.AppendUint(append(dst, ':'), uint64(be16(b[6:])), 10)
}

// showTargets shows what route targets are wanted (RFC 4684 section 4).
func showTargets(w *layer.Walker) {
	if len(w.Rest()) < 13 || w.Rest()[0] != 96 {
		w.Move(len(w.Rest()))
		return
	}
	if !w.Field(0) || !w.Field(1) {
		return
	}
	if kind := w.Rest()[0]; kind != 2 { // of those of RFC 5668, Wireshark shows another number
		text := appendDistinguisher(w.Scratch(), uint32(kind), w.Rest())
		if !w.Emit(2, w.Offset(), 8, uint64(len(text)), text) {
			return
		}
	}
	w.Move(8)
}
