// Package craft reads the craft line: packets as one types them.
//
//	spec, err := craft.Parse(`ip dst=192.0.2.0/28 / tcp dport=22,80,8000-8010 flags=S / "hi"`)
//	fmt.Println(spec.Count()) // 208
//	for packet, err := range spec.All() {
//		…
//	}
//
// Layers stand behind one another with " / " between. A layer is a protocol and
// its fields, by Scapy's short names or Wireshark's full ones; or bytes: "text",
// hex:0a0b, or @file. What is not given is filled in, and what is given is never
// changed.
//
// A field may have several values, with commas between: single ones, ranges
// (8000-8010), prefixes (192.0.2.0/28), rand. The line then stands for all their
// combinations, made one after another as they are asked for, the last field the
// quickest. fuzz(udp) gives random values to all that is not given, options and
// records too; [Parser].Random seeds them.
//
// Options and records hold fields themselves: options=mss:1460,nop,wscale:7 or,
// with names, qd={qname=example.com qtype=AAAA}. ${name} stands for text that is
// filled in later ([Spec.Fill]).
//
// [Line] writes any captured packet as such a line.
package craft
