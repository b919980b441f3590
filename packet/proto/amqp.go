package proto

import "github.com/netwright/netwright/packet/layer"

var amqp = &layer.Proto{
	Name: "amqp", Title: "Advanced Message Queuing Protocol", Alias: []string{"AMQP"}, Spec: "AMQP 0-9-1 specification, sections 2.3 and 4.2",
	On:     []layer.On{{Table: "tcp.port", Keys: []uint64{5672}}},
	Refuse: notAMQP,
	Fields: []layer.Field{
		{Kind: layer.Group, When: "u32(0) == 0x414D5150", Sub: []layer.Field{ // "AMQP"
			{Name: "amqp.init.protocol", Title: "Protocol", Kind: layer.String, Len: "4"},
			{Name: "amqp.init.id_major", Title: "Protocol ID Major", Bits: 8},
			{Name: "amqp.init.id_minor", Title: "Protocol ID Minor", Bits: 8},
			{Name: "amqp.init.version_major", Title: "Version Major", Bits: 8},
			{Name: "amqp.init.version_minor", Title: "Version Minor", Bits: 8},
		}},
		{Kind: layer.Group, Repeat: "*", Len: "u32(3) + 8 > rest ? rest : u32(3) + 8", Sub: []layer.Field{
			{Name: "amqp.type", Alias: "type", Title: "Type", Bits: 8, Default: 1, Enum: layer.Enum{1: "Method", 2: "Content header", 3: "Content body", 8: "Heartbeat"}},
			{Name: "amqp.channel", Alias: "channel", Title: "Channel", Bits: 16},
			{Name: "amqp.length", Alias: "length", Title: "Length", Bits: 32, Auto: "total - 8"},
			{Kind: layer.Group, When: "type == 1", Sub: []layer.Field{
				{Name: "amqp.method.class", Alias: "class", Title: "Class", Bits: 16, Enum: amqpClasses},
				{Name: "amqp.method.method", Alias: "method", Title: "Method", Bits: 16},
				{Name: "amqp.method.arguments", Title: "Arguments", Kind: layer.Group, Len: "length - 4 < rest ? length - 4 : rest", When: "length >= 4",
					Switch: "class << 16 | method", Cases: amqpMethods},
			}},
			{Kind: layer.Group, When: "type == 2", Sub: []layer.Field{
				{Name: "amqp.header.class", Title: "Class ID", Bits: 16, Enum: amqpClasses},
				{Name: "amqp.header.weight", Title: "Weight", Bits: 16},
				{Name: "amqp.header.body-size", Title: "Body size", Bits: 64},
				{Name: "amqp.header.property-flags", Alias: "flags", Title: "Property flags", Bits: 16, Base: layer.Hex},
				{Name: "amqp.header.properties", Title: "Properties", Kind: layer.Group, Len: "length - 14 < rest ? length - 14 : rest", When: "length >= 14", Sub: amqpProperties},
			}},
			{Name: "amqp.payload", Title: "Payload", Kind: layer.Bytes, Len: "length < rest ? length : rest", When: "type == 3 && length > 0"},
		}},
	},
	Summary: "channel ${channel} ${class} ${method} ${queue}${exchange}",
}

// notAMQP tells that a payload begins neither with the protocol's name nor with a
// frame.
func notAMQP(b []byte) bool {
	if len(b) < 8 {
		return true
	}
	if string(b[:4]) == "AMQP" {
		return false
	}
	return b[0] != 1 && b[0] != 2 && b[0] != 3 && b[0] != 8 || b[3] >= 0x10
}

// amqpClasses are from the specification's section 1.3.
var amqpClasses = layer.Enum{10: "Connection", 20: "Channel", 40: "Exchange", 50: "Queue", 60: "Basic", 85: "Confirm", 90: "Tx"}
