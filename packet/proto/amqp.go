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
				{Kind: layer.Group, Switch: "class << 16 | method", Cases: amqpMethods},
			}},
			{Kind: layer.Group, When: "type == 2", Sub: []layer.Field{
				{Name: "amqp.header.class", Title: "Class ID", Bits: 16, Enum: amqpClasses},
				{Name: "amqp.header.weight", Title: "Weight", Bits: 16},
				{Name: "amqp.header.body-size", Title: "Body size", Bits: 64},
				{Name: "amqp.header.property-flags", Title: "Property flags", Bits: 16, Base: layer.Hex},
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

// amqpText is a short string, with its length in a byte before it.
func amqpText(name, alias, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Code: readShortText, Sub: []layer.Field{
		{Name: "amqp.method.arguments." + name, Alias: alias, Title: title, Kind: layer.String},
	}}
}

// amqpName is a short string that is shown without its length.
func amqpName(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{
		{Alias: name + "_len", Bits: 8},
		{Name: "amqp.method.arguments." + name, Alias: name, Title: title, Kind: layer.String, Len: name + "_len"},
	}}
}

// readShortText shows a text over its length and itself.
func readShortText(w *layer.Walker) {
	b := w.Rest()
	if len(b) == 0 || int(b[0])+1 > len(b) {
		w.Fail("a text is cut off")
		return
	}
	n := int(b[0])
	_ = w.Emit(0, w.Offset(), n+1, uint64(n), b[1:n+1]) && w.Move(n+1)
}

var (
	amqpTicket   = layer.Field{Name: "amqp.method.arguments.ticket", Title: "Ticket", Bits: 16}
	amqpQueue    = amqpName("queue", "Queue")
	amqpExchange = amqpName("exchange", "Exchange")
	amqpRouting  = amqpName("routing_key", "Routing-Key")
	amqpConsumer = amqpName("consumer_tag", "Consumer-Tag")
	amqpDelivery = layer.Field{Name: "amqp.method.arguments.delivery_tag", Title: "Delivery-Tag", Bits: 64}
	amqpClose    = []layer.Field{
		{Name: "amqp.method.arguments.reply_code", Title: "Reply-Code", Bits: 16},
		amqpText("reply_text", "", "Reply-Text"),
		{Name: "amqp.method.arguments.class_id", Title: "Class-Id", Bits: 16},
		{Name: "amqp.method.arguments.method_id", Title: "Method-Id", Bits: 16},
	}
	amqpTune = []layer.Field{
		{Name: "amqp.method.arguments.channel_max", Title: "Channel-Max", Bits: 16},
		{Name: "amqp.method.arguments.frame_max", Title: "Frame-Max", Bits: 32},
		{Name: "amqp.method.arguments.heartbeat", Title: "Heartbeat", Bits: 16},
	}
)

// amqpMethods are the arguments of methods, as far as they come before a table,
// by class and method.
var amqpMethods = []layer.Case{
	{Of: []uint64{10<<16 | 10}, Fields: []layer.Field{
		{Name: "amqp.method.arguments.version_major", Title: "Version-Major", Bits: 8},
		{Name: "amqp.method.arguments.version_minor", Title: "Version-Minor", Bits: 8},
	}},
	{Of: []uint64{10<<16 | 30, 10<<16 | 31}, Fields: amqpTune},
	{Of: []uint64{10<<16 | 40}, Fields: []layer.Field{amqpText("virtual_host", "vhost", "Virtual-Host")}},
	{Of: []uint64{10<<16 | 50, 20<<16 | 40}, Fields: amqpClose},
	{Of: []uint64{40<<16 | 10}, Fields: []layer.Field{amqpTicket, amqpExchange, amqpText("type", "", "Type")}},
	{Of: []uint64{50<<16 | 10, 50<<16 | 30, 50<<16 | 40}, Fields: []layer.Field{amqpTicket, amqpQueue}},
	{Of: []uint64{50<<16 | 20}, Fields: []layer.Field{amqpTicket, amqpQueue, amqpExchange, amqpRouting}},
	{Of: []uint64{50<<16 | 11}, Fields: []layer.Field{
		amqpQueue,
		{Name: "amqp.method.arguments.message_count", Title: "Message-Count", Bits: 32},
		{Name: "amqp.method.arguments.consumer_count", Title: "Consumer-Count", Bits: 32},
	}},
	{Of: []uint64{60<<16 | 20}, Fields: []layer.Field{amqpTicket, amqpQueue, amqpConsumer}},
	{Of: []uint64{60<<16 | 21, 60<<16 | 30, 60<<16 | 31}, Fields: []layer.Field{amqpConsumer}},
	{Of: []uint64{60<<16 | 40}, Fields: []layer.Field{amqpTicket, amqpExchange, amqpRouting}},
	{Of: []uint64{60<<16 | 60}, Fields: []layer.Field{
		amqpConsumer, amqpDelivery,
		{Name: "amqp.method.arguments.redelivered", Title: "Redelivered", Kind: layer.Bool, Bits: 8},
		amqpExchange, amqpRouting,
	}},
	{Of: []uint64{60<<16 | 70}, Fields: []layer.Field{amqpTicket, amqpQueue}},
	{Of: []uint64{60<<16 | 80, 60<<16 | 90}, Fields: []layer.Field{amqpDelivery}},
}

// amqpClasses are from the specification's section 1.3.
var amqpClasses = layer.Enum{10: "Connection", 20: "Channel", 40: "Exchange", 50: "Queue", 60: "Basic", 85: "Confirm", 90: "Tx"}
