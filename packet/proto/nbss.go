package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// nbss is the message of a NetBIOS session, or what carries SMB over TCP without
// one, that begins the segment. Those that follow it there are not looked at, and
// a segment from the middle of one is shown as such.
var nbss = &layer.Proto{
	Name: "nbss", Title: "NetBIOS Session Service", Alias: []string{"NBTSession"}, Spec: "RFC 1002 section 4.3.1",
	On: []layer.On{{Table: "tcp.port", Keys: []uint64{139, 445}}},
	Fields: []layer.Field{
		{Kind: layer.Group, When: nbssHere, Sub: []layer.Field{
			{Name: "nbss.type", Alias: "type", Title: "Message Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{
				0x00: "Session message", 0x81: "Session request", 0x82: "Positive session response", 0x83: "Negative session response",
				0x84: "Retarget session response", 0x85: "Session keep-alive",
			}},
			{Kind: layer.Group, Code: showNBSSFlags, Sub: []layer.Field{
				{Name: "nbss.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{{Bits: 7}, {Name: "nbss.flags.e", Title: "Extend", Bits: 1, Kind: layer.Bool}}},
			}},
			{Name: "nbss.length", Alias: "len", Title: "Length", Bits: 24},
		}},
		{Name: "nbss.continuation_data", Title: "Continuation data", Kind: layer.Bytes, When: "pos == 0"},
	},
	Header: nbssHere + " ? 4 : size",
	Total:  nbssHere + " ? u24(1) + 4 : 0",
	Next: []layer.Next{
		{When: "u32(4) == 0xFE534D42 || u32(4) == 0xFD534D42", Proto: "smb2"},
		{When: "u32(4) == 0xFF534D42", Proto: "smb"},
	},
	Guess:   guessNBSS,
	Summary: "${type}",
}

// nbssHere tells whether a message begins here: one with SMB in it, or one that
// reaches to the end or beyond.
const nbssHere = "(u32(0) >> 24 == 0 && u24(5) == 0x534D42 && u8(4) >= 0xFD && u24(1) >= 32 || (u8(0) == 0 || u8(0) > 0x80 && u8(0) < 0x86) && u8(1) < 2 && u16(2) + 4 >= size)"

// showNBSSFlags shows the flags where NetBIOS is spoken: the byte is part of the
// length where SMB is alone.
func showNBSSFlags(w *layer.Walker) {
	if low, high, ok := tcpPorts(w); ok && len(w.Rest()) > 0 && (low == 139 || high == 139) {
		flags := uint64(w.Rest()[0])
		w.Emit(0, w.Offset(), 1, flags, nil)
	}
}

// tcpPorts are the ports of the segment that carries the layer, the smaller first.
func tcpPorts(w *layer.Walker) (low, high uint32, ok bool) {
	under := w.Under(1)
	if under == nil || under.Proto() != tcp || under.Header-under.Start < 4 {
		return 0, 0, false
	}
	low, high = ports(w.Frame()[under.Start:])
	return low, high, true
}

// guessNBSS takes messages that carry SMB alone.
func guessNBSS(b []byte) bool {
	if len(b) < 8+32 || b[0] != 0 {
		return false
	}
	n := binary.BigEndian.Uint32(b) & 0xFFFFFF
	return n >= 32 && (b[4] == 0xFE || b[4] == 0xFD || b[4] == 0xFF) && string(b[5:8]) == "SMB"
}
