package proto

import (
	"encoding/binary"
	"strconv"

	"github.com/netwright/netwright/packet/layer"
)

var coap = &layer.Proto{
	Name: "coap", Title: "Constrained Application Protocol", Alias: []string{"CoAP"}, Spec: "RFC 7252 section 3",
	On:     []layer.On{{Table: "udp.port", Keys: []uint64{5683}}},
	Refuse: func(b []byte) bool { return len(b) < 4 || b[0]>>6 != 1 },
	Fields: []layer.Field{
		{Name: "coap.version", Alias: "ver", Title: "Version", Bits: 2, Default: 1},
		{Name: "coap.type", Alias: "type", Title: "Type", Bits: 2, Enum: layer.Enum{0: "Confirmable", 1: "Non-Confirmable", 2: "Acknowledgement", 3: "Reset"}},
		{Name: "coap.token_len", Alias: "tkl", Title: "Token Length", Bits: 4},
		{Name: "coap.code", Alias: "code", Title: "Code", Bits: 8, Default: 1, Enum: coapCodes},
		{Name: "coap.mid", Alias: "msg_id", Title: "Message ID", Bits: 16},
		{Name: "coap.token", Alias: "token", Title: "Token", Kind: layer.Bytes, Len: "tkl", When: "tkl > 0"},
		{Alias: "options", Kind: layer.Group, Code: readCoAP, Write: writeBytes, Sub: coapFields},
		{Name: "coap.opt.end_marker", Title: "End of options marker", Bits: 8, When: "rest > 0"},
		{Kind: layer.Group, When: "rest > 0 && blockwise", Sub: []layer.Field{
			{Name: "coap.block_length", Title: "Block Length", Calc: "rest"},
			{Name: "coap.block_payload", Title: "Block Payload", Kind: layer.Bytes},
		}},
		{Name: "coap.payload_length", Title: "Payload Length", Calc: "rest", When: "rest > 0"},
		{Name: "coap.payload", Alias: "load", Title: "Payload", Kind: layer.Group, Len: "rest", When: "rest > 0"},
	},
	Answers: &layer.Answer{Same: []string{"token"}, When: "code >= 64"},
	Summary: "${type} ${code} id ${msg_id}",
}

// writeBytes writes what is given as it is.
func writeBytes(dst, value []byte) ([]byte, error) { return append(dst, value...), nil }

const (
	coapName = iota
	coapDesc
	coapDelta
	coapDeltaExt
	coapLength
	coapLengthExt
	coapBlock
	coapOSCORE
	coapOther
)

// coapFields are the parts of an option, and the values of those that are known,
// which coapOptions has the numbers of.
var coapFields = []layer.Field{
	{Name: "coap.opt.name", Title: "Opt Name", Kind: layer.String},
	{Name: "coap.opt.desc", Title: "Opt Desc", Kind: layer.String},
	{Name: "coap.opt.delta", Title: "Opt Delta", Bits: 4},
	{Name: "coap.opt.delta_ext", Title: "Opt Delta extended", Bits: 16},
	{Name: "coap.opt.length", Title: "Opt Length", Bits: 4},
	{Name: "coap.opt.length_ext", Title: "Opt Length extended", Bits: 16},
	{Kind: layer.Group, Sub: []layer.Field{
		{Alias: "blockwise", Calc: "rest + 1", Bits: 8},
		{Name: "coap.opt.block_number", Title: "Block Number", Calc: "rest == 1 ? u8(0) >> 4 : rest == 2 ? u16(0) >> 4 : u24(0) >> 4", Len: "rest", When: "rest > 0"},
		{Kind: layer.Bytes, Len: "rest - 1", When: "rest > 0"},
		{Bits: 8, When: "rest > 0", Sub: []layer.Field{
			{Bits: 4},
			{Name: "coap.opt.block_mflag", Title: "More Flag", Bits: 1},
			{Name: "coap.opt.block_size", Title: "Encoded Block Size", Bits: 3},
		}},
	}},
	{Kind: layer.Group, Sub: []layer.Field{
		{Bits: 8, When: "rest > 0", Sub: []layer.Field{
			{Name: "coap.opt.object_security_reserved", Title: "Reserved", Bits: 3},
			{Name: "coap.opt.object_security_kid_context_present", Alias: "context", Title: "Key ID Context Present", Bits: 1, Kind: layer.Bool},
			{Name: "coap.opt.object_security_kid_present", Alias: "kid", Title: "Key ID Present", Bits: 1, Kind: layer.Bool},
			{Name: "coap.opt.object_security_piv_len", Alias: "pivlen", Title: "Partial IV Length", Bits: 3},
		}},
		{Name: "coap.opt.object_security_piv", Title: "Partial IV", Kind: layer.Bytes, Len: "pivlen", When: "pivlen > 0"},
		{Name: "coap.opt.object_security_kid_context_len", Alias: "contextlen", Title: "Key ID Context Length", Bits: 8, When: "context"},
		{Name: "coap.opt.object_security_kid_context", Title: "Key ID Context", Kind: layer.Bytes, Len: "contextlen", When: "context && contextlen > 0"},
		{Name: "coap.opt.object_security_kid", Title: "Key ID", Kind: layer.Bytes, When: "kid && rest > 0"},
	}},
	{Name: "coap.opt.unknown", Title: "Unknown", Kind: layer.Bytes},
	{Name: "coap.opt.if_match", Title: "If-Match", Kind: layer.Bytes},
	{Name: "coap.opt.uri_host", Alias: "host", Title: "Uri-Host", Kind: layer.String},
	{Name: "coap.opt.etag", Title: "Etag", Kind: layer.Bytes},
	{Name: "coap.opt.observe", Title: "Observe", Bits: 32},
	{Name: "coap.opt.uri_port", Title: "Uri-Port", Bits: 16},
	{Name: "coap.opt.location_path", Title: "Location-Path", Kind: layer.String},
	{Name: "coap.opt.uri_path", Alias: "path", Title: "Uri-Path", Kind: layer.String},
	{Name: "coap.opt.ctype", Title: "Content-type", Kind: layer.String},
	{Name: "coap.opt.max_age", Title: "Max-age", Bits: 32},
	{Name: "coap.opt.hop_limit", Title: "Hop-Limit", Bits: 8},
	{Name: "coap.opt.uri_query", Alias: "query", Title: "Uri-Query", Kind: layer.String},
	{Name: "coap.opt.accept", Title: "Accept", Kind: layer.String},
	{Name: "coap.opt.location_query", Title: "Location-Query", Kind: layer.String},
	{Name: "coap.opt.proxy_uri", Title: "Proxy-Uri", Kind: layer.String},
	{Name: "coap.opt.proxy_scheme", Title: "Proxy-Scheme", Kind: layer.String},
	{Name: "coap.opt.size1", Title: "Size1", Bits: 32},
}

// coapOptions are the numbers of the options (RFC 7252 section 5.10, RFC 7641) in
// the order of their fields.
var coapOptions = [...]int{1, 3, 4, 6, 7, 8, 11, 12, 14, 16, 15, 17, 20, 35, 39, 60}

// readCoAP reads options, each with the difference of its number to the last
// one's (RFC 7252 section 3.1).
func readCoAP(w *layer.Walker) {
	number := 0
	for count := 1; ; count++ {
		b, off := w.Rest(), w.Offset()
		if len(b) == 0 || b[0] == 0xFF {
			return
		}
		at := 1
		delta, ok := coapExtended(b, &at, b[0]>>4)
		afterDelta := at
		length, ok2 := coapExtended(b, &at, b[0]&15)
		if !ok || !ok2 || at+length > len(b) {
			w.Fail("an option is cut off")
			return
		}
		number += delta
		if !showCoAPName(w, count, number, off, at+length) ||
			!showCoAPDesc(w, number, off, at+length) || !w.Emit(coapDelta, off, 1, uint64(b[0]>>4), nil) ||
			afterDelta > 1 && !w.Emit(coapDeltaExt, off+1, afterDelta-1, uint64(delta-coapBase(afterDelta-1)), nil) ||
			!w.Emit(coapLength, off, 1, uint64(b[0]&15), nil) ||
			at > afterDelta && !w.Emit(coapLengthExt, off+afterDelta, at-afterDelta, uint64(length-coapBase(at-afterDelta)), nil) ||
			!w.Move(at) || !showCoAPOption(w, number, off+at, b[at:at+length]) || !w.Seek(off+at+length) {
			return
		}
	}
}

// coapBase is what an extended number of so many bytes counts from.
func coapBase(size int) int {
	if size == 1 {
		return 13
	}
	return 269
}

// coapExtended is a number of 4 bits, or the one in the bytes that it announces.
func coapExtended(b []byte, at *int, half byte) (n int, ok bool) {
	switch {
	case half < 13:
		return int(half), true
	case half == 13 && *at < len(b):
		*at++
		return int(b[*at-1]) + 13, true
	case half == 14 && *at+1 < len(b):
		*at += 2
		return int(binary.BigEndian.Uint16(b[*at-2:])) + 269, true
	}
	return 0, false
}

// showCoAPName shows what an option is, and the how many-th it is.
func showCoAPName(w *layer.Walker, count, number, off, size int) bool {
	text := append(strconv.AppendInt(append(w.Scratch(), '#'), int64(count), 10), ": "...)
	if name := coapOptionNames[uint64(number)]; name != "" {
		text = append(text, name...)
	} else {
		text = append(strconv.AppendInt(append(text, "Unknown Option ("...), int64(number), 10), ')')
	}
	return w.Emit(coapName, off, size, uint64(len(text)), text)
}

// showCoAPDesc shows what an option's number says of those who do not know it
// (RFC 7252 section 5.4.6).
func showCoAPDesc(w *layer.Walker, number, off, size int) bool {
	text := strconv.AppendInt(append(w.Scratch(), "Type "...), int64(number), 10)
	class, passing, cached := ", Elective", ", Safe", ""
	if number&1 != 0 {
		class = ", Critical"
	}
	switch {
	case number&2 != 0:
		passing = ", Unsafe"
	case number&0x1E == 0x1C:
		cached = ", NoCacheKey"
	}
	text = append(append(append(text, class...), passing...), cached...)
	return w.Emit(coapDesc, off, size, uint64(len(text)), text)
}

// showCoAPFormat shows a format of contents by its name.
func showCoAPFormat(w *layer.Walker, f, off int, b []byte) bool {
	number := berNumber(b, false)
	text := append(w.Scratch(), coapFormats[number]...)
	if len(text) == 0 {
		text = strconv.AppendUint(append(text, "Unknown Type "...), number, 10)
	}
	return w.Emit(f, off, len(b), uint64(len(text)), text)
}

func showCoAPOption(w *layer.Walker, number, off int, b []byte) bool {
	switch number {
	case 5, 28:
		return true
	case 9:
		return w.Part(coapOSCORE, len(b))
	case 23, 27:
		return w.Part(coapBlock, len(b))
	}
	for i, known := range coapOptions {
		if number != known {
			continue
		}
		f := coapOther + 1 + i
		if number == 12 || number == 17 {
			return showCoAPFormat(w, f, off, b)
		}
		if coapFields[f].Bits == 0 {
			return w.Emit(f, off, len(b), uint64(len(b)), b)
		}
		if len(b) > 4 {
			break
		}
		return w.Emit(f, off, len(b), berNumber(b, false), nil)
	}
	return w.Emit(coapOther, off, len(b), uint64(len(b)), b)
}

// coapCodes, coapOptionNames and coapFormats are from IANA's registry.
var coapCodes = layer.Enum{
	0: "Empty Message", 1: "GET", 2: "POST", 3: "PUT", 4: "DELETE", 5: "FETCH", 6: "PATCH", 7: "iPATCH", 65: "2.01 Created", 66: "2.02 Deleted",
	67: "2.03 Valid", 68: "2.04 Changed", 69: "2.05 Content", 95: "2.31 Continue", 128: "4.00 Bad Request", 129: "4.01 Unauthorized",
	130: "4.02 Bad Option", 131: "4.03 Forbidden", 132: "4.04 Not Found", 133: "4.05 Method Not Allowed", 134: "4.06 Not Acceptable",
	140: "4.12 Precondition Failed", 141: "4.13 Request Entity Too Large", 143: "4.15 Unsupported Content-Format", 160: "5.00 Internal Server Error",
	161: "5.01 Not Implemented", 162: "5.02 Bad Gateway", 163: "5.03 Service Unavailable", 164: "5.04 Gateway Timeout", 165: "5.05 Proxying Not Supported",
}

var coapOptionNames = layer.Enum{
	1: "If-Match", 3: "Uri-Host", 4: "Etag", 5: "If-None-Match", 6: "Observe", 7: "Uri-Port", 8: "Location-Path", 9: "OSCORE", 11: "Uri-Path",
	12: "Content-Format", 14: "Max-age", 15: "Uri-Query", 16: "Hop-Limit", 17: "Accept", 20: "Location-Query", 23: "Block2", 27: "Block1", 28: "Size2",
	35: "Proxy-Uri", 39: "Proxy-Scheme", 60: "Size1",
}

var coapFormats = layer.Enum{
	0: "text/plain; charset=utf-8", 40: "application/link-format", 41: "application/xml", 42: "application/octet-stream", 47: "application/exi",
	50: "application/json", 60: "application/cbor", 110: "application/senml+json",
}
