// Package proto holds the protocols that Netwright knows, each declared once as
// a table (package layer says how): one file for a protocol and what belongs to
// it.
//
// Fields have Wireshark's names, and Scapy's short names as aliases, so that
// what one has learned there holds here. Use [Set] for all of them ready to run:
//
//	var frame layer.Stack
//	frame.Reset(proto.Set(), "link", 1, data, len(data))
//
// To add one, write its table in a file of its own, name it in [All], and
// compare it with tshark as docs/packet/adding-a-protocol.md says.
package proto
