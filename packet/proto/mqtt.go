package proto

import "github.com/netwright/netwright/packet/layer"

var mqtt = &layer.Proto{
	Name: "mqtt", Title: "MQ Telemetry Transport Protocol", Alias: []string{"MQTT"}, Spec: "OASIS MQTT 3.1.1 and 5.0, section 2",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{1883}}},
	Refuse: func(b []byte) bool { return len(b) < 2 || b[0]>>4 == 0 },
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: mqttLength, Sub: []layer.Field{
		{Name: "mqtt.hdrflags", Alias: "flags", Title: "Header Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "mqtt.msgtype", Alias: "type", Title: "Message Type", Bits: 4, Default: 12, Enum: mqttTypes},
			{Name: "mqtt.dupflag", Alias: "DUP", Title: "DUP Flag", Kind: layer.Bool, Bits: 1, When: "type == 3"},
			{Name: "mqtt.qos", Alias: "QOS", Title: "QoS Level", Bits: 2, When: "type == 3", Enum: mqttQoS},
			{Name: "mqtt.retain", Alias: "RETAIN", Title: "Retain", Kind: layer.Bool, Bits: 1, When: "type == 3"},
		}},
		{Name: "mqtt.hdr_reserved", Title: "Reserved", Calc: "flags & 15", At: "0", Len: "1", When: "type != 3"},
		{Name: "mqtt.len", Alias: "len", Title: "Msg Len", Calc: mqttNumber, Len: mqttNumberLength},
		{Kind: layer.Bytes, Len: mqttNumberLength},
		{Kind: layer.Group, Len: "rest", Switch: "type", Cases: mqttMessages},
	}}},
	Summary: "${type} ${topic} ${clientid}",
}

// A number of MQTT has 7 bits in each byte, the lowest first, and the top bit set
// in all but the last (section 2.2.3 of 3.1.1). mqttLength is how much of a
// message is there.
const (
	mqttNumberLength = "u8(0) < 128 ? 1 : u8(1) < 128 ? 2 : u8(2) < 128 ? 3 : 4"
	mqttNumber       = "(u8(0) & 127) | (u8(0) < 128 ? 0 : (u8(1) & 127) << 7 | (u8(1) < 128 ? 0 : (u8(2) & 127) << 14 | (u8(2) < 128 ? 0 : (u8(3) & 127) << 21)))"
	mqttSize         = "(u8(1) < 128 ? 2 + u8(1) : u8(2) < 128 ? 3 + (u8(1) & 127 | u8(2) << 7) : u8(3) < 128 ? 4 + (u8(1) & 127 | (u8(2) & 127) << 7 | u8(3) << 14) : 5 + (u8(1) & 127 | (u8(2) & 127) << 7 | (u8(3) & 127) << 14 | u8(4) << 21))"
	mqttLength       = mqttSize + " > rest ? rest : " + mqttSize
)

var mqttID = layer.Field{Name: "mqtt.msgid", Alias: "msgid", Title: "Message Identifier", Bits: 16}

// mqttText is a text with its length before it.
func mqttText(length, name, alias, title string) []layer.Field {
	return []layer.Field{
		{Name: length, Title: title + " Length", Alias: alias + "len", Bits: 16},
		{Name: name, Alias: alias, Title: title, Kind: layer.String, Len: alias + "len"},
	}
}

var mqttMessages = []layer.Case{
	{Of: []uint64{1}, Fields: mqttConnect()},
	{Of: []uint64{2}, Fields: []layer.Field{
		{Name: "mqtt.conack.flags", Title: "Acknowledge Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "mqtt.conack.flags.reserved", Title: "Reserved", Bits: 7, Base: layer.Hex},
			{Name: "mqtt.conack.flags.sp", Title: "Session Present", Kind: layer.Bool, Bits: 1},
		}},
		{Name: "mqtt.connack.reason_code", Alias: "retcode", Title: "Reason Code", Bits: 8, Enum: layer.Enum{
			0: "Connection Accepted", 1: "Refused: unacceptable protocol version", 2: "Refused: identifier rejected", 3: "Refused: server unavailable",
			4: "Refused: bad user name or password", 5: "Refused: not authorized",
		}},
	}},
	{Of: []uint64{3}, Fields: append(mqttText("mqtt.topic_len", "mqtt.topic", "topic", "Topic"),
		layer.Field{Name: "mqtt.msgid", Title: "Message Identifier", Bits: 16, When: "(flags & 6) != 0"},
		layer.Field{Name: "mqtt.msg", Alias: "value", Title: "Message", Kind: layer.Bytes, When: "rest > 0"},
	)},
	{Of: []uint64{4, 5, 6, 7, 11}, Fields: []layer.Field{mqttID}},
	{Of: []uint64{8}, Fields: []layer.Field{mqttID, {Kind: layer.Group, Repeat: "*", Sub: append(mqttText("mqtt.topic_len", "mqtt.topic", "filter", "Topic"),
		layer.Field{Name: "mqtt.sub.qos", Title: "Requested QoS", Bits: 8, Enum: mqttQoS},
	)}}},
	{Of: []uint64{9}, Fields: []layer.Field{mqttID, {Name: "mqtt.suback.reason_code", Title: "Reason Code", Bits: 8, Repeat: "*"}}},
	{Of: []uint64{10}, Fields: []layer.Field{mqttID, {Kind: layer.Group, Repeat: "*", Sub: mqttText("mqtt.topic_len", "mqtt.topic", "filter", "Topic")}}},
	{Of: []uint64{14}, Fields: []layer.Field{{Name: "mqtt.disconnect.reason_code", Title: "Reason Code", Bits: 8, When: "rest > 0"}}},
	{Of: []uint64{15}, Fields: []layer.Field{{Name: "mqtt.auth.reason_code", Title: "Reason Code", Bits: 8, When: "rest > 0"}}},
}

// mqttConnect is the first message, which says which version is spoken. Others do
// not, and are read as 3.1.1 has them.
func mqttConnect() []layer.Field {
	fields := append(mqttText("mqtt.proto_len", "mqtt.protoname", "protoname", "Protocol Name"),
		layer.Field{Name: "mqtt.ver", Alias: "protolevel", Title: "Version", Bits: 8, Default: 4, Enum: layer.Enum{3: "MQTT v3.1", 4: "MQTT v3.1.1", 5: "MQTT v5.0"}},
		layer.Field{Name: "mqtt.conflags", Alias: "conflags", Title: "Connect Flags", Bits: 8, Base: layer.Hex, Default: 2, Sub: []layer.Field{
			{Name: "mqtt.conflag.uname", Alias: "usernameflag", Title: "User Name Flag", Kind: layer.Bool, Bits: 1},
			{Name: "mqtt.conflag.passwd", Alias: "passwordflag", Title: "Password Flag", Kind: layer.Bool, Bits: 1},
			{Name: "mqtt.conflag.retain", Title: "Will Retain", Kind: layer.Bool, Bits: 1},
			{Name: "mqtt.conflag.qos", Title: "QoS Level", Bits: 2, Enum: mqttQoS},
			{Name: "mqtt.conflag.willflag", Alias: "willflag", Title: "Will Flag", Kind: layer.Bool, Bits: 1},
			{Name: "mqtt.conflag.cleansess", Title: "Clean Session Flag", Kind: layer.Bool, Bits: 1},
			{Name: "mqtt.conflag.reserved", Title: "(Reserved)", Kind: layer.Bool, Bits: 1},
		}},
		layer.Field{Name: "mqtt.kalive", Alias: "klive", Title: "Keep Alive", Bits: 16, Default: 60},
		mqttProperties("mqtt.properties", "Properties", "protolevel == 5"),
	)
	fields = append(fields, mqttText("mqtt.clientid_len", "mqtt.clientid", "clientid", "Client ID")...)
	return append(fields,
		layer.Field{Kind: layer.Group, When: "willflag", Sub: append(append([]layer.Field{mqttProperties("mqtt.will_properties", "Will Properties", "protolevel == 5")},
			mqttText("mqtt.willtopic_len", "mqtt.willtopic", "willtopic", "Will Topic")...),
			layer.Field{Name: "mqtt.willmsg_len", Alias: "willmsglen", Title: "Will Message Length", Bits: 16},
			layer.Field{Name: "mqtt.willmsg", Alias: "willmsg", Title: "Will Message", Kind: layer.Bytes, Len: "willmsglen"},
		)},
		layer.Field{Kind: layer.Group, When: "usernameflag", Sub: mqttText("mqtt.username_len", "mqtt.username", "username", "User Name")},
		layer.Field{Kind: layer.Group, When: "passwordflag", Sub: mqttText("mqtt.passwd_len", "mqtt.passwd", "password", "Password")},
	)
}

// mqttProperties are those of version 5 (section 2.2.2).
func mqttProperties(name, title, when string) layer.Field {
	two := layer.Field{Name: "mqtt.prop_number", Title: "Value", Bits: 16}
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
				{Of: []uint64{0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A}, Fields: []layer.Field{one}},
				{Of: []uint64{0x13, 0x21, 0x22, 0x23}, Fields: []layer.Field{two}},
				{Of: []uint64{0x02, 0x11, 0x18, 0x27}, Fields: []layer.Field{four}},
				{Of: []uint64{0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F}, Fields: text},
				{Of: []uint64{0x26}, Fields: pair},
				{Fields: []layer.Field{{Name: "mqtt.prop_unknown", Title: "Unknown Property", Kind: layer.Bytes}}},
			}},
		}},
	}}
}

var mqttTypes = layer.Enum{
	1: "Connect Command", 2: "Connect Ack", 3: "Publish Message", 4: "Publish Ack", 5: "Publish Received", 6: "Publish Release", 7: "Publish Complete",
	8: "Subscribe Request", 9: "Subscribe Ack", 10: "Unsubscribe Request", 11: "Unsubscribe Ack", 12: "Ping Request", 13: "Ping Response",
	14: "Disconnect Req", 15: "Authentication Exchange",
}

var mqttQoS = layer.Enum{0: "At most once delivery", 1: "At least once delivery", 2: "Exactly once delivery", 3: "Reserved"}

// mqttPropertyNames are from section 2.2.2.2 of version 5.
var mqttPropertyNames = layer.Enum{
	0x01: "Payload Format Indicator", 0x02: "Message Expiry Interval", 0x03: "Content Type", 0x08: "Response Topic", 0x09: "Correlation Data",
	0x0B: "Subscription Identifier", 0x11: "Session Expiry Interval", 0x12: "Assigned Client Identifier", 0x13: "Server Keep Alive",
	0x15: "Authentication Method", 0x16: "Authentication Data", 0x17: "Request Problem Information", 0x18: "Will Delay Interval",
	0x19: "Request Response Information", 0x1A: "Response Information", 0x1C: "Server Reference", 0x1F: "Reason String", 0x21: "Receive Maximum",
	0x22: "Topic Alias Maximum", 0x23: "Topic Alias", 0x24: "Maximum QoS", 0x25: "Retain Available", 0x26: "User Property",
	0x27: "Maximum Packet Size", 0x28: "Wildcard Subscription Available", 0x29: "Subscription Identifier Available", 0x2A: "Shared Subscription Available",
}
