package proto

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// wireguard is one message. Keys are shown as people write them, in base64.
var wireguard = &layer.Proto{
	Name: "wg", Title: "WireGuard Protocol", Alias: []string{"WireGuard", "wireguard"}, Spec: "WireGuard whitepaper section 5.4",
	On: []layer.On{{Table: "udp.port"}},
	Fields: []layer.Field{
		{Name: "wg.type", Alias: "type", Title: "Type", Bits: 8, Enum: layer.Enum{1: "Handshake Initiation", 2: "Handshake Response", 3: "Cookie Reply", 4: "Transport Data"}},
		{Name: "wg.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "3"},
		{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{
				leHex("wg.sender", "sender", "Sender", 32), wireguardKey,
				{Name: "wg.encrypted_static", Title: "Encrypted Static", Kind: layer.Group, Len: "48"},
				{Name: "wg.encrypted_timestamp", Title: "Encrypted Timestamp", Kind: layer.Group, Len: "28"},
				wireguardMAC("wg.mac1"), wireguardMAC("wg.mac2"),
			}},
			{Of: []uint64{2}, Fields: []layer.Field{
				leHex("wg.sender", "sender", "Sender", 32), leHex("wg.receiver", "receiver", "Receiver", 32), wireguardKey,
				{Name: "wg.encrypted_empty", Title: "Encrypted Empty", Kind: layer.Group, Len: "16"},
				wireguardMAC("wg.mac1"), wireguardMAC("wg.mac2"),
			}},
			{Of: []uint64{3}, Fields: []layer.Field{
				leHex("wg.receiver", "receiver", "Receiver", 32),
				{Name: "wg.nonce", Title: "Nonce", Kind: layer.Bytes, Len: "24"},
				{Name: "wg.encrypted_cookie", Title: "Encrypted Cookie", Kind: layer.Bytes, Len: "32"},
			}},
			{Of: []uint64{4}, Fields: []layer.Field{
				leHex("wg.receiver", "receiver", "Receiver", 32), le("wg.counter", "counter", "Counter", 64),
				{Name: "wg.encrypted_packet", Title: "Encrypted Packet", Kind: layer.Group, Len: "rest"},
			}},
		}},
	},
	Guess:   guessWireGuard,
	Summary: "${type}",
}

var wireguardKey = layer.Field{Kind: layer.Group, Len: "32", Code: showKey, Sub: []layer.Field{
	{Name: "wg.ephemeral", Alias: "ephemeral", Title: "Ephemeral", Kind: layer.String},
}}

func wireguardMAC(name string) layer.Field {
	return layer.Field{Name: name, Title: name[3:], Kind: layer.Bytes, Len: "16"}
}

func showKey(w *layer.Walker) {
	b := w.Rest()
	text := base64.StdEncoding.AppendEncode(w.Scratch(), b)
	if w.Emit(0, w.Offset(), len(b), uint64(len(text)), text) {
		w.Move(len(b))
	}
}

// guessWireGuard goes by the type, the zeros behind it and the length that each
// type has. Packets within the tunnel are filled up to 16 bytes, and their counter
// does not come near its end.
func guessWireGuard(b []byte) bool {
	if len(b) < 32 || binary.LittleEndian.Uint32(b) > 4 {
		return false
	}
	switch b[0] {
	case 1:
		return len(b) == 148
	case 2:
		return len(b) == 92
	case 3:
		return len(b) == 64
	case 4:
		return len(b)%16 == 0 && binary.LittleEndian.Uint64(b[8:])>>48 == 0
	}
	return false
}
