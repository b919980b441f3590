package websocket

import (
	"encoding/binary"
	"math"
)

// Type is the type of a message.
type Type uint8

// The two types of messages (RFC 6455 §5.6).
const (
	Text   Type = 1 // UTF-8; checked on the way in
	Binary Type = 2
)

func (t Type) String() string {
	switch t {
	case Text:
		return "text"
	case Binary:
		return "binary"
	}
	return "unknown"
}

// The opcodes of RFC 6455 §5.2 and the bits beside them in a frame's first
// two bytes.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA

	bitFin     = 0x80
	bitRsv1    = 0x40 // the message is compressed (RFC 7692 §6)
	bitsRsv    = 0x70
	bitControl = 0x08
	bitMask    = 0x80

	maxHeader  = 14
	maxControl = 125
)

// header is the head of a frame.
type header struct {
	first  byte // FIN, RSV1-3, opcode
	masked bool
	key    uint32 // as the four bytes read little-endian
	length int64
}

func (h header) opcode() byte  { return h.first & 0x0F }
func (h header) fin() bool     { return h.first&bitFin != 0 }
func (h header) control() bool { return h.first&bitControl != 0 }

// parseHeader reads a frame's head from the beginning of b and returns how
// many bytes it is, or 0 where b holds only a part of it. What no frame can
// begin with is an error as soon as it shows.
func parseHeader(b []byte) (h header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.first, h.masked = b[0], b[1]&bitMask != 0
	h.length, n = int64(b[1]&0x7F), 2
	if h.control() && h.length > maxControl {
		return h, 0, violation(ProtocolError, "control frame longer than 125 bytes")
	}
	switch h.length {
	case 126:
		if len(b) < 4 {
			return h, 0, nil
		}
		h.length, n = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.length < 126 {
			return h, 0, violation(ProtocolError, "frame length not in its shortest form")
		}
	case 127:
		if len(b) < 10 {
			return h, 0, nil
		}
		length := binary.BigEndian.Uint64(b[2:])
		h.length, n = int64(length), 10
		if length > math.MaxInt64 || length <= math.MaxUint16 {
			return h, 0, violation(ProtocolError, "frame length not in its shortest form")
		}
	}
	if h.masked {
		if len(b) < n+4 {
			return h, 0, nil
		}
		h.key = binary.LittleEndian.Uint32(b[n:])
		n += 4
	}
	return h, n, nil
}

// appendHeader appends the head as it goes over the wire.
func appendHeader(b []byte, h header) []byte {
	var mask byte
	if h.masked {
		mask = bitMask
	}
	switch {
	case h.length <= maxControl:
		b = append(b, h.first, mask|byte(h.length))
	case h.length <= math.MaxUint16:
		b = append(b, h.first, mask|126)
		b = binary.BigEndian.AppendUint16(b, uint16(h.length))
	default:
		b = append(b, h.first, mask|127)
		b = binary.BigEndian.AppendUint64(b, uint64(h.length))
	}
	if h.masked {
		b = binary.LittleEndian.AppendUint32(b, h.key)
	}
	return b
}
