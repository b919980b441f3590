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

// mqttMessages are what is behind the length. What version is spoken only the
// first message says; of others mqttFive tells by their bytes, or that it cannot
// be told: then that is left out which the versions read differently.
var mqttMessages = []layer.Case{
	{Of: []uint64{1}, Fields: mqttConnect()},
	{Of: []uint64{2}, Fields: []layer.Field{
		{Name: "mqtt.conack.flags", Title: "Acknowledge Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "mqtt.conack.flags.reserved", Title: "Reserved", Bits: 7, Base: layer.Hex},
			{Name: "mqtt.conack.flags.sp", Title: "Session Present", Kind: layer.Bool, Bits: 1},
		}},
		{Name: "mqtt.conack.val", Alias: "retcode", Title: "Return Code", Bits: 8, When: "rest == 1", Enum: layer.Enum{
			0: "Connection Accepted", 1: "Refused: unacceptable protocol version", 2: "Refused: identifier rejected", 3: "Refused: server unavailable",
			4: "Refused: bad user name or password", 5: "Refused: not authorized",
		}},
		{Kind: layer.Group, When: "rest > 1", Sub: mqttReason("connack")},
	}},
	{Of: []uint64{3}, Fields: append(mqttText("mqtt.topic_len", "mqtt.topic", "topic", "Topic"),
		layer.Field{Name: "mqtt.msgid", Title: "Message Identifier", Bits: 16, When: "(flags & 6) != 0"},
		mqttVersion(func(b []byte) int { return mqttFive(b, true) }),
		mqttProperties("mqtt.properties", "Properties", "five == 1"),
		layer.Field{Name: "mqtt.msg", Alias: "value", Title: "Message", Kind: layer.Bytes, When: "rest > 0 && five < 2"},
	)},
	mqttAcknowledge(4, "puback"), mqttAcknowledge(5, "pubrec"), mqttAcknowledge(6, "pubrel"), mqttAcknowledge(7, "pubcomp"),
	{Of: []uint64{8}, Fields: []layer.Field{
		mqttID, mqttVersion(mqttSubscribeFive),
		mqttProperties("mqtt.properties", "Properties", "five == 1"),
		{Kind: layer.Group, Repeat: "*", Sub: append(mqttText("mqtt.topic_len", "mqtt.topic", "filter", "Topic"),
			layer.Field{Name: "mqtt.sub.qos", Title: "Requested QoS", Bits: 8, Enum: mqttQoS, When: "!five"},
			layer.Field{Name: "mqtt.subscription_options", Title: "Subscription Options", Bits: 8, Base: layer.Hex, When: "five", Sub: []layer.Field{
				{Name: "mqtt.subscription_options_reserved", Title: "Reserved", Bits: 2, Base: layer.Hex},
				{Name: "mqtt.subscription_options_retain", Title: "Retain Handling", Bits: 2},
				{Name: "mqtt.subscription_options_rap", Title: "Retain As Published", Bits: 1, Kind: layer.Bool},
				{Name: "mqtt.subscription_options_nl", Title: "No Local", Bits: 1, Kind: layer.Bool},
				{Name: "mqtt.subscription_options_qos", Title: "QoS", Bits: 2, Enum: mqttQoS},
			}},
		)},
	}},
	{Of: []uint64{9}, Fields: []layer.Field{
		mqttID, mqttVersion(func(b []byte) int { return mqttFive(b, len(b) > 1) }),
		mqttProperties("mqtt.properties", "Properties", "five == 1"),
		{Name: "mqtt.suback.qos", Title: "Granted QoS", Bits: 8, Repeat: "*", Enum: mqttQoS, When: "!five"},
		{Name: "mqtt.suback.reason_code", Title: "Reason Code", Bits: 8, Repeat: "*", When: "five == 1"},
		{Kind: layer.Bytes},
	}},
	{Of: []uint64{10}, Fields: []layer.Field{
		mqttID, mqttVersion(mqttUnsubscribeFive),
		mqttProperties("mqtt.properties", "Properties", "five == 1"),
		{Kind: layer.Group, Repeat: "*", Sub: mqttText("mqtt.topic_len", "mqtt.topic", "filter", "Topic")},
	}},
	{Of: []uint64{11}, Fields: []layer.Field{
		mqttID,
		mqttProperties("mqtt.properties", "Properties", "rest > 0"),
		{Name: "mqtt.unsuback.reason_code", Title: "Reason Code", Bits: 8, Repeat: "*"},
	}},
	{Of: []uint64{14}, Fields: []layer.Field{{Kind: layer.Group, When: "rest > 0", Sub: mqttReason("disconnect")}}},
	{Of: []uint64{15}, Fields: []layer.Field{{Kind: layer.Group, When: "rest > 0", Sub: mqttReason("auth")}}},
}

// mqttReason is a reason with properties behind it, which need not be there.
func mqttReason(of string) []layer.Field {
	return []layer.Field{
		{Name: "mqtt." + of + ".reason_code", Title: "Reason Code", Bits: 8},
		mqttProperties("mqtt.properties", "Properties", "rest > 0"),
	}
}

func mqttAcknowledge(kind uint64, name string) layer.Case {
	return layer.Case{Of: []uint64{kind}, Fields: []layer.Field{mqttID, {Kind: layer.Group, When: "rest > 0", Sub: mqttReason(name)}}}
}

// mqttConnect is the first message, which says which version is spoken.
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

var mqttTypes = layer.Enum{
	1: "Connect Command", 2: "Connect Ack", 3: "Publish Message", 4: "Publish Ack", 5: "Publish Received", 6: "Publish Release", 7: "Publish Complete",
	8: "Subscribe Request", 9: "Subscribe Ack", 10: "Unsubscribe Request", 11: "Unsubscribe Ack", 12: "Ping Request", 13: "Ping Response",
	14: "Disconnect Req", 15: "Authentication Exchange",
}

var mqttQoS = layer.Enum{0: "At most once delivery", 1: "At least once delivery", 2: "Exactly once delivery", 3: "Reserved"}
