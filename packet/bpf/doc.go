// Package bpf compiles capture filters, the language of pcap-filter(7) that
// tcpdump made known, to classic BPF.
//
// [Compile] makes the program for a socket, [New] one that runs here, on the
// frames of a file:
//
//	filter, err := bpf.New("tcp port 80 and host 192.0.2.1", pcap.LinkEthernet, nil)
//	...
//	if filter.Match(packet.Data, packet.Length) {
//
// On the way an expression is cut into tokens (lex.go), read into a tree
// (parse.go), turned into a condition on values of the packet (compile.go and
// the files named after primitives), drawn as a decision graph (graph.go),
// made smaller (optimize.go) and written down (assemble.go, emit.go).
package bpf
