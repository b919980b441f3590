package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// http2Preface is what a client begins with (RFC 9113 section 3.4).
const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// http2 is a piece of a stream of HTTP/2 frames without TLS. Those that lie in it
// whole are read. Of compressed headers those are shown that do not refer to what
// was sent before.
var http2 = &layer.Proto{
	Name: "http2", Title: "HyperText Transfer Protocol 2", Spec: "RFC 9113",
	On: []layer.On{{Table: "tcp.port"}},
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Alias: "begins", Calc: "u32(0) == 0x50524920 && rest >= 24", Bits: 1},
		{Alias: "whole", Calc: "!begins && rest >= 9 && u24(0) + 9 <= rest", Bits: 1},
		{Name: "http2.stream", Title: "Stream", Kind: layer.Group, Len: "24", When: "begins", Sub: []layer.Field{
			{Name: "http2.magic", Title: "Magic", Kind: layer.String},
		}},
		{Name: "http2.stream", Title: "Stream", Kind: layer.Group, Len: "u24(0) + 9", When: "whole", Sub: http2Frame},
		{Kind: layer.Bytes, When: "!begins && !whole"},
	}}},
	Guess:   guessHTTP2,
	Summary: "${type} ${streamid}",
}

// http2Frame is a frame (RFC 9113 sections 4.1 and 6).
var http2Frame = []layer.Field{
	{Name: "http2.length", Alias: "len", Title: "Length", Bits: 24},
	{Name: "http2.type", Alias: "type", Title: "Type", Bits: 8, Enum: http2Types},
	{Alias: "flags", Calc: "u8(0)", Bits: 8},
	{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
		http2Flags([]uint64{0}, "", "", "", "", "http2.flags.padded", "", "", "http2.flags.end_stream"),
		http2Flags([]uint64{1}, "", "", "http2.flags.priority", "", "http2.flags.padded", "http2.flags.eh", "", "http2.flags.end_stream"),
		http2Flags([]uint64{4}, "", "", "", "", "", "", "", "http2.flags.ack.settings"),
		http2Flags([]uint64{5}, "", "", "", "", "http2.flags.padded", "http2.flags.eh", "", ""),
		http2Flags([]uint64{6}, "", "", "", "", "", "", "", "http2.flags.ack.ping"),
		http2Flags([]uint64{9}, "", "", "", "", "", "http2.flags.eh", "", ""),
		http2Flags(nil, "", "", "", "", "", "", "", ""),
	}},
	{Bits: 32, Sub: []layer.Field{
		{Name: "http2.r", Title: "Reserved", Bits: 1, Base: layer.Hex},
		{Name: "http2.streamid", Alias: "streamid", Title: "Stream Identifier", Bits: 31},
	}},
	{Alias: "padlen", Calc: "(type == 0 || type == 1 || type == 5) && flags & 8 ? u8(0) : 0", Bits: 8},
	{Kind: layer.Group, When: "type == 0 || type == 1 || type == 5", Sub: []layer.Field{
		{Name: "http2.padding", Title: "Pad Length", Bits: 8, Base: layer.Hex, When: "flags & 8"},
		{Name: "http2.pad_length", Title: "Pad Length", Calc: "padlen", Bits: 16, When: "type != 0 || flags & 8"},
	}},
	{Kind: layer.Group, Len: "rest", Switch: "type", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{
			{Name: "http2.data.data", Alias: "data", Title: "Data", Kind: layer.Bytes, Len: "rest - padlen"},
			{Name: "http2.data.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{1}, Fields: []layer.Field{
			{Kind: layer.Group, When: "flags & 0x20", Sub: http2Priority},
			{Name: "http2.headers", Title: "Header Block Fragment", Kind: layer.Bytes, Len: "rest - padlen", Code: showHeaderBlock, Sub: http2Headers},
			{Name: "http2.headers.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{2}, Fields: http2Priority},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "http2.rst_stream.error", Alias: "error", Title: "Error", Bits: 32, Enum: http2Errors}}},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "http2.settings", Title: "Settings", Kind: layer.Group, Repeat: "*", Len: "6", Sub: http2Setting}}},
		{Of: []uint64{5}, Fields: []layer.Field{
			{Bits: 32, Sub: []layer.Field{
				{Name: "http2.push_promise.r", Title: "Reserved", Bits: 1, Base: layer.Hex},
				{Name: "http2.push_promise.promised_stream_id", Title: "Promised-Stream-ID", Bits: 31},
			}},
			{Name: "http2.push_promise.header", Title: "Header Block Fragment", Kind: layer.Bytes, Len: "rest - padlen", Code: showHeaderBlock, Sub: http2Headers},
			{Name: "http2.push_promise.padding", Title: "Padding", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{6}, Fields: []layer.Field{
			{Name: "http2.ping", Title: "Ping", Kind: layer.Bytes, Len: "8", When: "!(flags & 1)"},
			{Name: "http2.pong", Title: "Pong", Kind: layer.Bytes, Len: "8", When: "flags & 1"},
		}},
		{Of: []uint64{7}, Fields: []layer.Field{
			{Bits: 32, Sub: []layer.Field{{Bits: 1}, {Name: "http2.goaway.last_stream_id", Title: "Promised-Stream-ID", Bits: 31}}},
			{Name: "http2.goaway.error", Title: "Error", Bits: 32, Enum: http2Errors},
			{Name: "http2.goaway.addata", Title: "Additional Debug Data", Kind: layer.Bytes, When: "rest > 0"},
		}},
		{Of: []uint64{8}, Fields: []layer.Field{{Bits: 32, Sub: []layer.Field{
			{Name: "http2.window_update.r", Title: "Reserved", Bits: 1, Base: layer.Hex},
			{Name: "http2.window_update.window_size_increment", Alias: "increment", Title: "Window Size Increment", Bits: 31},
		}}}},
	}},
}

// http2Flags are the flags of some types of frames, from the most significant on.
func http2Flags(of []uint64, names ...string) layer.Case {
	f := layer.Field{Name: "http2.flags", Title: "Flags", Bits: 8, Base: layer.Hex}
	for _, name := range names {
		f.Sub = append(f.Sub, layer.Field{Name: name, Title: name, Bits: 1, Kind: layer.Bool})
	}
	return layer.Case{Of: of, Fields: []layer.Field{f}}
}

var http2Priority = []layer.Field{
	{Bits: 32, Sub: []layer.Field{
		{Name: "http2.exclusive", Title: "Exclusive", Bits: 1, Kind: layer.Bool},
		{Name: "http2.stream_dependency", Title: "Stream Dependency", Bits: 31},
	}},
	{Name: "http2.headers.weight_real", Title: "Weight real", Calc: "u8(0) + 1", Len: "1"},
	{Name: "http2.headers.weight", Title: "Weight", Bits: 8},
}

// http2Setting is RFC 9113 section 6.5.2.
var http2Setting = []layer.Field{
	{Name: "http2.settings.id", Alias: "setting", Title: "Settings Identifier", Bits: 16, Enum: layer.Enum{
		1: "Header table size", 2: "Enable PUSH", 3: "Max concurrent streams", 4: "Initial Windows size", 5: "Max frame size",
		6: "Max header list size", 8: "Extended CONNECT",
	}},
	{Kind: layer.Group, Len: "4", Switch: "setting", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "http2.settings.header_table_size", Title: "Header table size", Bits: 32}}},
		{Of: []uint64{2}, Fields: []layer.Field{{Name: "http2.settings.enable_push", Title: "Enable PUSH", Bits: 32}}},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "http2.settings.max_concurrent_streams", Title: "Max concurrent streams", Bits: 32}}},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "http2.settings.initial_window_size", Title: "Initial Windows Size", Bits: 32}}},
		{Of: []uint64{5}, Fields: []layer.Field{{Name: "http2.settings.max_frame_size", Title: "Max frame size", Bits: 32}}},
		{Of: []uint64{6}, Fields: []layer.Field{{Name: "http2.settings.max_header_list_size", Title: "Max header list size", Bits: 32}}},
		{Of: []uint64{8}, Fields: []layer.Field{{Name: "http2.settings.extended_connect", Title: "Extended CONNECT", Bits: 32}}},
	}},
}

// guessHTTP2 takes the preface, and frames that follow each other to the very end
// and are sound.
func guessHTTP2(b []byte) bool {
	if len(b) >= len(http2Preface) && string(b[:len(http2Preface)]) == http2Preface {
		return true
	}
	if len(b) < 9 {
		return false
	}
	for len(b) > 0 {
		if len(b) < 9 || !http2Sound(b) {
			return false
		}
		n := 9 + int(b[0])<<16 + int(b[1])<<8 + int(b[2])
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// http2Sound tells whether the header of a frame can be one: by its type, the
// length that it must have, its flags, and whether it belongs to a stream.
func http2Sound(b []byte) bool {
	n := int(b[0])<<16 + int(b[1])<<8 + int(b[2])
	id := binary.BigEndian.Uint32(b[5:])
	stream := id != 0
	if id>>31 != 0 {
		return false
	}
	switch b[3] {
	case 0:
		return stream && b[4]&^0x09 == 0
	case 1:
		return stream && b[4]&^0x2D == 0 && n > 0
	case 2:
		return stream && n == 5 && b[4] == 0
	case 3:
		return stream && n == 4 && b[4] == 0
	case 4:
		return !stream && n%6 == 0 && b[4] <= 1 && (b[4] == 0 || n == 0)
	case 5:
		return stream && n > 4 && b[4]&^0x0C == 0
	case 6:
		return !stream && n == 8 && b[4] <= 1
	case 7:
		return !stream && n >= 8 && b[4] == 0
	case 8:
		return n == 4 && b[4] == 0
	case 9:
		return stream && b[4]&^0x04 == 0
	case 10, 16:
		return b[4] == 0 && n > 0
	}
	return false
}

var http2Types = layer.Enum{
	0: "DATA", 1: "HEADERS", 2: "PRIORITY", 3: "RST_STREAM", 4: "SETTINGS", 5: "PUSH_PROMISE", 6: "PING", 7: "GOAWAY",
	8: "WINDOW_UPDATE", 9: "CONTINUATION", 10: "ALTSVC", 16: "PRIORITY_UPDATE",
}

// http2Errors are RFC 9113 section 7.
var http2Errors = layer.Enum{
	0: "NO_ERROR", 1: "PROTOCOL_ERROR", 2: "INTERNAL_ERROR", 3: "FLOW_CONTROL_ERROR", 4: "SETTINGS_TIMEOUT", 5: "STREAM_CLOSED",
	6: "FRAME_SIZE_ERROR", 7: "REFUSED_STREAM", 8: "CANCEL", 9: "COMPRESSION_ERROR", 10: "CONNECT_ERROR", 11: "ENHANCE_YOUR_CALM",
	12: "INADEQUATE_SECURITY", 13: "HTTP_1_1_REQUIRED",
}
