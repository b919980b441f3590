package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// mqttProperties are those of version 5 (section 2.2.2).
func mqttProperties(name, title, when string) layer.Field {
	two := layer.Field{Name: "mqtt.prop_number", Title: "Value", Bits: 16}
	content := layer.Field{Kind: layer.Group, Code: readLongText, Sub: []layer.Field{
		{Name: "mqtt.property.content_type", Title: "Content Type", Kind: layer.String},
	}}
	four := layer.Field{Name: "mqtt.prop_number", Title: "Value", Bits: 32}
	one := layer.Field{Name: "mqtt.prop_number", Title: "Value", Bits: 8}
	text := []layer.Field{
		{Name: "mqtt.prop_string_len", Alias: "proplen", Title: "Length", Bits: 16},
		{Name: "mqtt.prop_string", Title: "Value", Kind: layer.String, Len: "proplen"},
	}
	pair := []layer.Field{
		{Name: "mqtt.prop_key_len", Alias: "keylen", Title: "Key Length", Bits: 16},
		{Name: "mqtt.prop_key", Title: "Key", Kind: layer.String, Len: "keylen"},
		{Name: "mqtt.prop_value_len", Alias: "vallen", Title: "Value Length", Bits: 16},
		{Name: "mqtt.prop_value", Title: "Value", Kind: layer.String, Len: "vallen"},
	}
	return layer.Field{Name: name, Title: title, Kind: layer.Group, When: when, Len: "(" + mqttNumber + ") + (" + mqttNumberLength + ")", Sub: []layer.Field{
		{Name: "mqtt.property_len", Title: "Total Length", Calc: mqttNumber, Len: mqttNumberLength},
		{Kind: layer.Bytes, Len: mqttNumberLength},
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "mqtt.property_id", Alias: "property", Title: "ID", Bits: 8, Base: layer.Hex, Enum: mqttPropertyNames},
			{Kind: layer.Group, Switch: "property", Cases: []layer.Case{
				{Of: []uint64{0x01, 0x17, 0x19, 0x25, 0x28, 0x29, 0x2A}, Fields: []layer.Field{one}},
				{Of: []uint64{0x13, 0x21, 0x22}, Fields: []layer.Field{two}},
				{Of: []uint64{0x02, 0x11, 0x18, 0x27}, Fields: []layer.Field{four}},
				{Of: []uint64{0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}, Fields: text},
				{Of: []uint64{0x26}, Fields: pair},
				{Of: []uint64{0x03}, Fields: []layer.Field{content}},
				{Of: []uint64{0x23}, Fields: []layer.Field{{Name: "mqtt.property.topic_alias", Title: "Topic Alias", Bits: 16}}},
				{Of: []uint64{0x24}, Fields: []layer.Field{{Name: "mqtt.property.max_qos", Title: "Maximum QoS", Bits: 8, Enum: mqttQoS}}},
				{Of: []uint64{0x0B}, Fields: []layer.Field{
					{Name: "mqtt.prop_number", Title: "Value", Calc: mqttNumber, Len: mqttNumberLength},
					{Kind: layer.Bytes, Len: mqttNumberLength},
				}},
				{Fields: []layer.Field{{Name: "mqtt.prop_unknown", Title: "Unknown Property", Kind: layer.Bytes}}},
			}},
		}},
	}}
}

// readLongText shows a text over its length, of two bytes, and itself.
func readLongText(w *layer.Walker) {
	b := w.Rest()
	if len(b) < 2 || int(binary.BigEndian.Uint16(b))+2 > len(b) {
		w.Fail("a text is cut off")
		return
	}
	n := int(binary.BigEndian.Uint16(b))
	_ = w.Emit(0, w.Offset(), n+2, uint64(n), b[2:n+2]) && w.Move(n+2)
}

// mqttVersion keeps, as five, what tell says of the bytes that are left: 0 for the
// versions before 5, 1 for version 5, 2 if there is no telling.
func mqttVersion(tell func([]byte) int) layer.Field {
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{{Alias: "five", Bits: 8}}, Code: func(w *layer.Walker) {
		w.Emit(0, w.Offset(), 0, uint64(tell(w.Rest())), nil)
	}}
}

// mqttFive tells whether bytes begin with properties, as those of version 5 do. A
// byte of 0 may be a list of none, if there may be more behind it.
func mqttFive(b []byte, more bool) int {
	n, at := binary.Uvarint(b[:min(len(b), 4)])
	switch {
	case at <= 0 || n > uint64(len(b)-at):
		return 0
	case n == 0 && more:
		return 2
	case n > 0 && mqttSound(b[at:at+int(n)]):
		return 1
	}
	return 0
}

// mqttSound tells whether bytes are properties to their end.
func mqttSound(b []byte) bool {
	for len(b) > 0 {
		size := 1
		switch b[0] {
		case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A:
			size += 1
		case 0x13, 0x21, 0x22, 0x23:
			size += 2
		case 0x02, 0x11, 0x18, 0x27:
			size += 4
		case 0x0B:
			_, n := binary.Uvarint(b[1:min(len(b), 5)])
			if n <= 0 {
				return false
			}
			size += n
		case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F:
			size = mqttTextEnd(b, size)
		case 0x26:
			size = mqttTextEnd(b, mqttTextEnd(b, size))
		default:
			return false
		}
		if size > len(b) {
			return false
		}
		b = b[size:]
	}
	return true
}

// mqttTextEnd is where a text ends that begins at a place, behind the end of b if
// it is cut.
func mqttTextEnd(b []byte, at int) int {
	if at+2 > len(b) {
		return len(b) + 1
	}
	return at + 2 + int(binary.BigEndian.Uint16(b[at:]))
}

// mqttSubscribeFive and mqttUnsubscribeFive tell of what is subscribed to, or no
// more: it is of a version before 5 if topics follow one another to the end, each
// of a length, with no more behind it than a quality of service.
func mqttSubscribeFive(b []byte) int { return mqttTopicsFive(b, 1) }

func mqttUnsubscribeFive(b []byte) int { return mqttTopicsFive(b, 0) }

func mqttTopicsFive(b []byte, behind int) int {
	for at := 0; at < len(b); {
		end := mqttTextEnd(b, at) + behind
		if end > len(b) || end == at+2+behind || behind == 1 && b[end-1] > 2 {
			return 1
		}
		at = end
	}
	return 0
}

// mqttPropertyNames are from section 2.2.2.2 of version 5.
var mqttPropertyNames = layer.Enum{
	0x01: "Payload Format Indicator", 0x02: "Message Expiry Interval", 0x03: "Content Type", 0x08: "Response Topic", 0x09: "Correlation Data",
	0x0B: "Subscription Identifier", 0x11: "Session Expiry Interval", 0x12: "Assigned Client Identifier", 0x13: "Server Keep Alive",
	0x15: "Authentication Method", 0x16: "Authentication Data", 0x17: "Request Problem Information", 0x18: "Will Delay Interval",
	0x19: "Request Response Information", 0x1A: "Response Information", 0x1C: "Server Reference", 0x1F: "Reason String", 0x21: "Receive Maximum",
	0x22: "Topic Alias Maximum", 0x23: "Topic Alias", 0x24: "Maximum QoS", 0x25: "Retain Available", 0x26: "User Property",
	0x27: "Maximum Packet Size", 0x28: "Wildcard Subscription Available", 0x29: "Subscription Identifier Available", 0x2A: "Shared Subscription Available",
}
