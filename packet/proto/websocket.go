package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// websocket is a piece of a stream of WebSocket frames. Those that lie in it whole
// are read, and unmasked.
var websocket = &layer.Proto{
	Name: "websocket", Title: "WebSocket", Spec: "RFC 6455 section 5.2",
	On:      []layer.On{{Table: "tcp.port"}},
	Fields:  []layer.Field{{Kind: layer.Group, Repeat: "*", Code: showWebSocket, Sub: websocketFields}},
	Guess:   guessWebSocket,
	Summary: "${opcode}",
}

var websocketFields = []layer.Field{
	{Kind: layer.Group, Sub: []layer.Field{
		{Bits: 8, Sub: []layer.Field{
			{Name: "websocket.fin", Alias: "fin", Title: "Fin", Bits: 1, Kind: layer.Bool},
			{Name: "websocket.rsv", Alias: "rsv", Title: "Reserved", Bits: 3, Base: layer.Hex},
			{Name: "websocket.opcode", Alias: "opcode", Title: "Opcode", Bits: 4, Enum: websocketOpcodes},
		}},
		{Bits: 8, Sub: []layer.Field{
			{Name: "websocket.mask", Alias: "mask", Title: "Mask", Bits: 1, Kind: layer.Bool},
			{Name: "websocket.payload_length", Alias: "len", Title: "Payload length", Bits: 7},
		}},
		{Name: "websocket.payload_length_ext_16", Title: "Extended Payload length (16 bits)", Bits: 16, When: "len == 126"},
		{Name: "websocket.payload_length_ext_64", Title: "Extended Payload length (64 bits)", Bits: 64, When: "len == 127"},
		{Name: "websocket.masking_key", Title: "Masking-Key", Kind: layer.Bytes, Len: "4", When: "mask"},
		{Name: "websocket.masked_payload", Title: "Masked payload", Kind: layer.Group, Len: "rest", When: "mask"},
	}},
	{Name: "websocket.payload", Title: "Payload", Kind: layer.Group, Len: "rest", Switch: "fin << 4 | opcode | rsv << 8", Cases: []layer.Case{
		{Of: []uint64{0x00}, Fields: []layer.Field{{Name: "websocket.payload.continue", Title: "Continue", Kind: layer.Bytes}}},
		{Of: []uint64{0x11}, Fields: []layer.Field{{Name: "websocket.payload.text", Alias: "text", Title: "Text", Kind: layer.String}}},
		{Of: []uint64{0x18}, Fields: []layer.Field{{Name: "websocket.payload.close", Title: "Close", Kind: layer.Group, Len: "rest", When: "rest >= 2", Sub: []layer.Field{
			{Name: "websocket.payload.close.status_code", Alias: "code", Title: "Status code", Bits: 16, Enum: websocketCodes},
			{Name: "websocket.payload.close.reason", Alias: "reason", Title: "Reason", Kind: layer.String, When: "rest > 0"},
		}}}},
		{Of: []uint64{0x19}, Fields: []layer.Field{{Name: "websocket.payload.ping", Title: "Ping", Kind: layer.Bytes, When: "rest > 0"}}},
		{Of: []uint64{0x1A}, Fields: []layer.Field{{Name: "websocket.payload.pong", Title: "Pong", Kind: layer.Bytes, When: "rest > 0"}}},
	}},
}

// showWebSocket shows one frame. What is not whole ends the walk.
func showWebSocket(w *layer.Walker) {
	b := w.Rest()
	header, payload, ok := websocketFrame(b)
	if !ok || payload > len(b)-header {
		w.Move(len(b))
		return
	}
	masked := b[1]&0x80 != 0
	size := header
	if masked {
		size += payload
	}
	if !w.Part(0, size) {
		return
	}
	switch {
	case payload == 0:
	case !masked:
		w.Part(1, payload)
	default:
		plain := make([]byte, payload)
		for i, c := range b[header : header+payload] {
			plain[i] = c ^ b[header-4+i&3]
		}
		w.Aside(1, plain)
	}
}

// websocketFrame reads the lengths of header and payload.
func websocketFrame(b []byte) (header, payload int, ok bool) {
	if len(b) < 2 {
		return 0, 0, false
	}
	header, payload = 2, int(b[1]&0x7F)
	switch payload {
	case 126:
		if len(b) < 4 {
			return 0, 0, false
		}
		header, payload = 4, int(binary.BigEndian.Uint16(b[2:]))
		ok = payload >= 126
	case 127:
		if len(b) < 10 {
			return 0, 0, false
		}
		u := binary.BigEndian.Uint64(b[2:])
		header, payload = 10, int(min(u, 1<<30))
		ok = u >= 126
	default:
		ok = true
	}
	if b[1]&0x80 != 0 {
		header += 4
	}
	return header, payload, ok && len(b) >= header
}

// guessWebSocket takes frames that follow each other to the very end, with no bit
// set that must not be: those that are masked, text, control frames, and longer
// ones.
func guessWebSocket(b []byte) bool {
	for len(b) > 0 {
		header, payload, ok := websocketFrame(b)
		if !ok || payload > len(b)-header || b[0]&0x30 != 0 {
			return false
		}
		body := b[header : header+payload]
		switch code := b[0] & 0x0F; {
		case code > 2 && code < 8, code > 10:
			return false
		case code < 8 && payload == 0:
			return false
		case code != 1 && code < 8 && b[1]&0x80 == 0 && header == 2: // two bytes say too little
			return false
		case code >= 8 && (b[0] != 0x80|code || payload > 125 && header < 10):
			return false
		case b[0] == 0x81 && b[1]&0x80 == 0 && !plainText(body):
			return false
		case code == 8 && payload == 1:
			return false
		}
		b = b[header+payload:]
	}
	return true
}

var websocketOpcodes = layer.Enum{0: "Continuation", 1: "Text", 2: "Binary", 8: "Connection Close", 9: "Ping", 10: "Pong"}

// websocketCodes are from IANA's registry.
var websocketCodes = layer.Enum{
	1000: "Normal Closure", 1001: "Going Away", 1002: "Protocol error", 1003: "Unsupported Data", 1007: "Invalid frame payload data",
	1008: "Policy Violation", 1009: "Message Too Big", 1010: "Mandatory Ext.", 1011: "Internal Error", 1012: "Service Restart",
	1013: "Try Again Later", 1014: "Bad Gateway",
}
