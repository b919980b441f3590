package proto

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

const amqpArgument = "amqp.method.arguments."

// amqpWhole is a short string, which tshark shows with its length in the byte
// before it.
func amqpWhole(name, alias string) layer.Field {
	return layer.Field{Kind: layer.Group, Code: readShortText, Sub: []layer.Field{
		{Name: amqpArgument + name, Alias: alias, Title: amqpTitle(name), Kind: layer.String},
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

// amqpWholeLong are bytes, shown with their length in the four before them.
func amqpWholeLong(name string) layer.Field {
	return layer.Field{Kind: layer.Group, Code: readLongBytes, Sub: []layer.Field{{Name: amqpArgument + name, Title: amqpTitle(name), Kind: layer.Bytes}}}
}

func readLongBytes(w *layer.Walker) {
	b := w.Rest()
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		w.Fail("bytes are cut off")
		return
	}
	n := int(binary.BigEndian.Uint32(b))
	_ = w.Emit(0, w.Offset(), n+4, uint64(n), b[4:n+4]) && w.Move(n+4)
}

// amqpTitle makes a title of a name.
func amqpTitle(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "-")
}

// amqpShort is a short string, its length in a byte before it.
func amqpShort(name string) layer.Field {
	f := amqpString(amqpArgument, name, 8, layer.String)
	if name != "type" { // that of the frame goes by this name
		f.Sub[1].Alias = name
	}
	return f
}

// amqpLong are bytes with their length in four before them.
func amqpLong(name string) layer.Field { return amqpString(amqpArgument, name, 32, layer.Bytes) }

func amqpString(prefix, name string, size int, kind layer.Kind) layer.Field {
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{
		{Alias: name + "_len", Bits: size},
		{Name: prefix + name, Title: amqpTitle(name), Kind: kind, Len: name + "_len"},
	}}
}

func amqpNumber(name string, size int) layer.Field {
	return layer.Field{Name: amqpArgument + name, Title: amqpTitle(name), Bits: size}
}

// amqpFlags are a byte's flags, from the least significant on.
func amqpFlags(names ...string) layer.Field {
	f := layer.Field{Bits: 8, Sub: []layer.Field{{Bits: 8 - len(names)}}}
	for i := len(names) - 1; i >= 0; i-- {
		f.Sub = append(f.Sub, layer.Field{Name: amqpArgument + names[i], Title: amqpTitle(names[i]), Bits: 1, Kind: layer.Bool})
	}
	return f
}

// amqpTable is a table of fields, with its length before it.
func amqpTable(prefix, name string) layer.Field {
	return layer.Field{Kind: layer.Group, Sub: []layer.Field{
		{Alias: name + "_size", Bits: 32},
		{Name: prefix + name, Title: amqpTitle(name), Kind: layer.Group, Len: name + "_size", Sub: []layer.Field{amqpEntries(amqpDepth)}},
	}}
}

// amqpDepth is how deep tables in tables are looked into.
const amqpDepth = 3

// amqpEntries are names and values to the end.
func amqpEntries(depth int) layer.Field {
	return layer.Field{Kind: layer.Group, Repeat: "*", Sub: append([]layer.Field{{Alias: "name_len", Bits: 8}, {Kind: layer.Bytes, Len: "name_len"}}, amqpValue(depth)...)}
}

// amqpValue is the value of a field: its type, a letter, and what its type says
// (section 4.2.1, with the types that RabbitMQ has).
func amqpValue(depth int) []layer.Field {
	kind, size := "kind"+strconv.Itoa(depth), "value_size"+strconv.Itoa(depth)
	is := func(letters string) string {
		var list []string
		for _, c := range letters {
			list = append(list, kind+" == "+strconv.Itoa(int(c)))
		}
		return strings.Join(list, " || ")
	}
	field := layer.Field{Name: "amqp.field", Title: "AMQP", Kind: layer.Group, Len: size, When: "!(" + is("Tx") + ")"}
	if depth > 0 {
		field.Sub = []layer.Field{
			{Kind: layer.Group, When: is("F"), Sub: []layer.Field{{Kind: layer.Bytes, Len: "5"}, amqpEntries(depth - 1)}},
			{Kind: layer.Group, When: is("A"), Sub: []layer.Field{{Kind: layer.Bytes, Len: "5"}, {Kind: layer.Group, Repeat: "*", Sub: amqpValue(depth - 1)}}},
		}
	}
	return []layer.Field{
		{Alias: kind, Calc: "u8(0)", Bits: 8},
		{Alias: size, Calc: is("V") + " ? 1 : " + is("tbB") + " ? 2 : " + is("sUu") + " ? 3 : " + is("Iif") + " ? 5 : " + is("D") + " ? 6 : " + is("lLdT") +
			" ? 9 : " + is("SFAx") + " ? 5 + u32(1) : rest", Bits: 32},
		field,
		{Kind: layer.Group, Len: "9", When: is("T"), Code: showAMQPTime, Sub: []layer.Field{{Name: "amqp.field.timestamp", Title: "AMQP timestamp", Kind: layer.Seconds, Bits: 64}}},
		{Kind: layer.Group, Len: size, When: is("x"), Sub: []layer.Field{
			{Kind: layer.Bytes, Len: "5"}, {Name: "amqp.field.byte_array", Title: "AMQP byte array", Kind: layer.Bytes},
		}},
	}
}

// showAMQPTime shows a time over its type and itself.
func showAMQPTime(w *layer.Walker) {
	if b := w.Rest(); len(b) >= 9 && w.Emit(0, w.Offset(), 9, binary.BigEndian.Uint64(b[1:]), nil) {
		w.Move(9)
	}
}

func amqpCase(class, method uint64, fields ...layer.Field) layer.Case {
	return layer.Case{Of: []uint64{class<<16 | method}, Fields: fields}
}

// amqpMethods are the arguments of methods, by class and method.
var amqpMethods = []layer.Case{
	amqpCase(10, 10, amqpNumber("version_major", 8), amqpNumber("version_minor", 8), amqpTable(amqpArgument, "server_properties"), amqpLong("mechanisms"), amqpLong("locales")),
	amqpCase(10, 11, amqpTable(amqpArgument, "client_properties"), amqpWhole("mechanism", ""), amqpWholeLong("response"), amqpWhole("locale", "")),
	amqpCase(10, 20, amqpWholeLong("challenge")),
	amqpCase(10, 21, amqpWholeLong("response")),
	amqpCase(10, 30, amqpNumber("channel_max", 16), amqpNumber("frame_max", 32), amqpNumber("heartbeat", 16)),
	amqpCase(10, 31, amqpNumber("channel_max", 16), amqpNumber("frame_max", 32), amqpNumber("heartbeat", 16)),
	amqpCase(10, 40, amqpWhole("virtual_host", "vhost"), amqpShort("capabilities"), amqpFlags("insist")),
	amqpCase(10, 41, amqpShort("known_hosts")),
	amqpCase(10, 50, amqpNumber("reply_code", 16), amqpWhole("reply_text", ""), amqpNumber("class_id", 16), amqpNumber("method_id", 16)),
	amqpCase(10, 60, amqpShort("reason")),
	amqpCase(20, 10, amqpShort("out_of_band")),
	amqpCase(20, 11, amqpLong("channel_id")),
	amqpCase(20, 20, amqpFlags("active")),
	amqpCase(20, 21, amqpFlags("active")),
	amqpCase(20, 40, amqpNumber("reply_code", 16), amqpShort("reply_text"), amqpNumber("class_id", 16), amqpNumber("method_id", 16)),
	amqpCase(40, 10, amqpNumber("ticket", 16), amqpShort("exchange"), amqpShort("type"), amqpFlags("passive", "durable", "auto_delete", "internal", "nowait"), amqpTable(amqpArgument, "arguments")),
	amqpCase(40, 20, amqpNumber("ticket", 16), amqpShort("exchange"), amqpFlags("if_unused", "nowait")),
	amqpCase(40, 30, amqpNumber("ticket", 16), amqpShort("destination"), amqpShort("source"), amqpShort("routing_key"), amqpFlags("nowait"), amqpTable(amqpArgument, "arguments")),
	amqpCase(50, 10, amqpNumber("ticket", 16), amqpShort("queue"), amqpFlags("passive", "durable", "exclusive", "auto_delete", "nowait"), amqpTable(amqpArgument, "arguments")),
	amqpCase(50, 11, amqpShort("queue"), amqpNumber("message_count", 32), amqpNumber("consumer_count", 32)),
	amqpCase(50, 20, amqpNumber("ticket", 16), amqpShort("queue"), amqpShort("exchange"), amqpShort("routing_key"), amqpFlags("nowait"), amqpTable(amqpArgument, "arguments")),
	amqpCase(50, 30, amqpNumber("ticket", 16), amqpShort("queue"), amqpFlags("nowait")),
	amqpCase(50, 31, amqpNumber("message_count", 32)),
	amqpCase(50, 40, amqpNumber("ticket", 16), amqpShort("queue"), amqpFlags("if_unused", "if_empty", "nowait")),
	amqpCase(50, 41, amqpNumber("message_count", 32)),
	amqpCase(50, 50, amqpNumber("ticket", 16), amqpShort("queue"), amqpShort("exchange"), amqpShort("routing_key"), amqpTable(amqpArgument, "arguments")),
	amqpCase(60, 10, amqpNumber("prefetch_size", 32), amqpNumber("prefetch_count", 16), amqpFlags("global")),
	amqpCase(60, 20, amqpNumber("ticket", 16), amqpShort("queue"), amqpShort("consumer_tag"), amqpFlags("no_local", "no_ack", "exclusive", "nowait"), amqpTable(amqpArgument, "filter")),
	amqpCase(60, 21, amqpShort("consumer_tag")),
	amqpCase(60, 30, amqpShort("consumer_tag"), amqpFlags("nowait")),
	amqpCase(60, 31, amqpShort("consumer_tag")),
	amqpCase(60, 40, amqpNumber("ticket", 16), amqpShort("exchange"), amqpShort("routing_key"), amqpFlags("mandatory", "immediate")),
	amqpCase(60, 50, amqpNumber("reply_code", 16), amqpShort("reply_text"), amqpShort("exchange"), amqpShort("routing_key")),
	amqpCase(60, 60, amqpShort("consumer_tag"), amqpNumber("delivery_tag", 64), amqpFlags("redelivered"), amqpShort("exchange"), amqpShort("routing_key")),
	amqpCase(60, 70, amqpNumber("ticket", 16), amqpShort("queue"), amqpFlags("no_ack")),
	amqpCase(60, 71, amqpNumber("delivery_tag", 64), amqpFlags("redelivered"), amqpShort("exchange"), amqpShort("routing_key"), amqpNumber("message_count", 32)),
	amqpCase(60, 72, amqpShort("cluster_id")),
	amqpCase(60, 80, amqpNumber("delivery_tag", 64), amqpFlags("multiple")),
	amqpCase(60, 90, amqpNumber("delivery_tag", 64), amqpFlags("requeue")),
	amqpCase(60, 100, amqpFlags("requeue")),
	amqpCase(60, 110, amqpFlags("requeue")),
	amqpCase(60, 120, amqpNumber("delivery_tag", 64), amqpFlags("multiple", "requeue")),
	amqpCase(85, 10, amqpFlags("nowait")),
}

const amqpProperty = "amqp.method.properties."

// amqpProperties are those of content that its flags say are there (section
// 4.2.6.1).
var amqpProperties = []layer.Field{
	amqpIf(15, amqpString(amqpProperty, "content_type", 8, layer.String)),
	amqpIf(14, amqpString(amqpProperty, "content_encoding", 8, layer.String)),
	amqpIf(13, amqpTable(amqpProperty, "headers")),
	amqpIf(12, layer.Field{Name: amqpProperty + "delivery_mode", Title: "Delivery-Mode", Bits: 8}),
	amqpIf(11, layer.Field{Name: amqpProperty + "priority", Title: "Priority", Bits: 8}),
	amqpIf(10, amqpString(amqpProperty, "correlation_id", 8, layer.String)),
	amqpIf(9, amqpString(amqpProperty, "reply_to", 8, layer.String)),
	amqpIf(8, amqpString(amqpProperty, "expiration", 8, layer.String)),
	amqpIf(7, amqpString(amqpProperty, "message_id", 8, layer.String)),
	amqpIf(6, layer.Field{Name: amqpProperty + "timestamp", Title: "Timestamp", Kind: layer.Seconds, Bits: 64}),
	amqpIf(5, amqpString(amqpProperty, "type", 8, layer.String)),
	amqpIf(4, amqpString(amqpProperty, "user_id", 8, layer.String)),
	amqpIf(3, amqpString(amqpProperty, "app_id", 8, layer.String)),
	amqpIf(2, amqpString(amqpProperty, "cluster_id", 8, layer.String)),
}

func amqpIf(flag int, f layer.Field) layer.Field {
	return layer.Field{Kind: layer.Group, When: "flags >> " + strconv.Itoa(flag) + " & 1", Sub: []layer.Field{f}}
}
