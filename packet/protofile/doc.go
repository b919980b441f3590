// Package protofile reads protocols from YAML files: the same tables that the
// built-in protocols are made of (package layer), written by hand.
//
//	name: sensor
//	title: Sensor reading
//	on: {udp.port: 5000}
//	fields:
//	  - {name: kind, title: Kind, bits: 8, enum: {1: reading, 2: alarm}}
//	  - {name: count, bits: 8}
//	  - {name: value, kind: int, bits: 16, repeat: count}
//	  - {name: text, kind: string, when: kind == 2}
//	tests:
//	  - hex: 01 02 0011 ffff
//	    fields: {kind: 1, count: 2, value: [17, -1]}
//
// Names without a dot are the protocol's own: kind is sensor.kind. A file can
// hold several protocols, with --- between them. [Load] reads a folder of such
// files, and [Test.Run] holds a protocol to the tests in its file. All that an
// expression can do ends, and what a file can hold is bounded.
package protofile
