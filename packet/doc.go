// Package packet reads, builds and changes packets.
//
// A [Packet] is a view over the bytes of a frame: decoding finds where its
// layers lie and copies nothing, and a field is read when it is asked for.
//
//	var p packet.Packet // reuse it: nothing is allocated
//	p.Decode(frame, pcap.LinkEthernet)
//	if p.TCP().DstPort() == 443 && p.IPv4().TTL() > 1 {
//		…
//	}
//
// [Build] makes bytes of headers. What is not set is filled in: lengths,
// checksums, the number of the protocol that follows. What is set is never
// changed, so that it may be wrong on purpose.
//
//	frame, err := packet.Build(nil,
//		&packet.Ethernet{Dst: router, Src: own},
//		&packet.IPv4{Src: from, Dst: to, TTL: packet.Set(3)},
//		&packet.TCP{SrcPort: 40000, DstPort: 80, Flags: packet.SYN},
//		packet.Payload("hello"))
//
// [Packet.Set] changes one field where it lies, and the checksums with it.
//
// The protocols are the tables of package packet/proto; the headers that are met
// most have types here, written by go generate from those tables, and all others
// are read by their fields' names ([Packet.Field]) and built as a [Table]. For
// packets typed by hand there is package packet/craft, for sending and capturing
// packet/wire.
package packet

//go:generate go run ./gen
