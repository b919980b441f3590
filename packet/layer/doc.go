// Package layer says what a protocol is, and reads and writes bytes by it.
//
// A protocol is data: a [Proto] with its [Field]s in the order of their bytes,
// the length of its header, and where the next protocol is named. Everything
// else comes from that one table: where the layers of a frame lie ([Stack]),
// each field with its value ([Stack.Walk]), the names that filters know, and
// what a packet is built from.
//
//	var echo = &layer.Proto{
//		Name: "echo", Title: "Echo over UDP", Spec: "RFC 862",
//		On: []layer.On{{Table: "udp.port", Keys: []uint64{7}}},
//		Fields: []layer.Field{
//			{Name: "echo.data", Title: "Data", Kind: layer.Bytes},
//		},
//	}
//
// Lengths, conditions and counts are expressions over the fields that came
// before, in a small language that always ends ([Expr]). What no table can say
// (a compressed name, a text protocol) is a Go function on one field
// ([Field].Code), never on a whole protocol's bookkeeping.
//
// Nothing here panics on any input: what is short or wrong ends a layer with a
// reason, and the work done for one frame is bounded.
package layer
