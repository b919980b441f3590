package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

var tcp = &layer.Proto{
	Name: "tcp", Title: "Transmission Control Protocol", Alias: []string{"TCP"}, Spec: "RFC 9293",
	On: []layer.On{{Table: "ip.proto", Keys: []uint64{6}}},
	Fields: []layer.Field{
		{Name: "tcp.srcport", Alias: "sport", Also: []string{"tcp.port"}, Title: "Source Port", Bits: 16, Default: 20},
		{Name: "tcp.dstport", Alias: "dport", Also: []string{"tcp.port"}, Title: "Destination Port", Bits: 16, Default: 80},
		{Name: "tcp.seq_raw", Alias: "seq", Also: []string{"tcp.seq"}, Title: "Sequence Number (raw)", Bits: 32},
		{Name: "tcp.ack_raw", Alias: "ack", Also: []string{"tcp.ack"}, Title: "Acknowledgment Number (raw)", Bits: 32},
		{Alias: "dataofs", Title: "Header Length in words", Bits: 4, Auto: "header / 4"},
		{Name: "tcp.hdr_len", Title: "Header Length", Calc: "dataofs * 4", At: "12", Len: "1"},
		{Name: "tcp.flags", Alias: "flags", Title: "Flags", Bits: 12, Base: layer.Hex, Default: 2, Tight: true, Sub: []layer.Field{
			{Name: "tcp.flags.res", Alias: "reserved", Title: "Reserved", Bits: 3, Kind: layer.Bool},
			{Name: "tcp.flags.ae", Title: "Accurate ECN", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.cwr", Title: "Congestion Window Reduced", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.ece", Title: "ECN-Echo", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.urg", Title: "Urgent", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.ack", Title: "Acknowledgment", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.push", Title: "Push", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.reset", Title: "Reset", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.syn", Title: "Syn", Bits: 1, Kind: layer.Bool},
			{Name: "tcp.flags.fin", Title: "Fin", Bits: 1, Kind: layer.Bool},
		}},
		{Name: "tcp.window_size_value", Alias: "window", Also: []string{"tcp.window_size"}, Title: "Window", Bits: 16, Default: 8192},
		{Name: "tcp.checksum", Alias: "chksum", Title: "Checksum", Bits: 16, Base: layer.Hex, Auto: "checksum"},
		{Name: "tcp.urgent_pointer", Alias: "urgptr", Title: "Urgent Pointer", Bits: 16},
		{Name: "tcp.options", Alias: "options", Title: "Options", Kind: layer.Bytes, Len: "dataofs * 4 - 20", When: "dataofs > 5", Sub: tcpOptions},
		{Kind: layer.Group, At: "0", Code: showSegment, Sub: []layer.Field{
			{Name: "tcp.len", Title: "TCP Segment Len", Bits: 32},
			{Name: "tcp.nxtseq", Title: "Next Sequence Number", Bits: 32},
		}},
		{Name: "tcp.payload", Title: "TCP payload", Kind: layer.Bytes, When: "rest > 0 && !reset"},
		{Name: "tcp.reset_cause", Title: "Reset cause", Kind: layer.CString, Len: "rest", When: "rest > 0"},
	},
	Header:   "dataofs * 4",
	Next:     []layer.Next{{By: "sport, dport", Table: "tcp.port"}},
	Locate:   locateTCP,
	Stream:   true,
	Checksum: &layer.Checksum{Field: "chksum", Pseudo: true},
	Answers:  &layer.Answer{Swap: [][2]string{{"sport", "dport"}}, By: []string{"icmp", "icmpv6"}, Fits: fitsTCP},
	Summary:  "${sport} → ${dport} [${flags}]",
}

// fitsTCP tells whether a segment can be the answer to another by what both count
// (RFC 9293 section 3.10.7): nothing answers a reset, a SYN is answered by SYN and
// ACK, and each acknowledges and goes on where the other is, or next to it.
func fitsTCP(ask, answer []byte) bool {
	const syn, rst, ack = 2, 4, 16
	if len(ask) < 20 || len(answer) < 20 {
		return false
	}
	asked, answered := ask[13], answer[13]
	switch {
	case asked&rst != 0, answered&syn != 0 && (answered&ack == 0 || asked&syn == 0):
		return false
	case asked&ack != 0 && distance(binary.BigEndian.Uint32(ask[8:]), binary.BigEndian.Uint32(answer[4:])) > 2:
		return false
	case answered&ack == 0:
		return true
	}
	length := max(len(ask)-int(ask[12]>>4)*4, 0)
	return distance(binary.BigEndian.Uint32(ask[4:]), binary.BigEndian.Uint32(answer[8:])) <= uint32(length)+2
}

// distance is how far two sequence numbers are from one another, either way.
func distance(a, b uint32) uint32 { return min(a-b, b-a) }

// showSegment shows how much data a segment has, and the sequence number behind
// it. The first fragment of a packet does not say.
func showSegment(w *layer.Walker) {
	at := w.Start()
	b := w.Frame()[at:w.End()]
	if below := w.Under(1); len(b) < 20 || below != nil && below.Proto() == ipv4 && w.Frame()[below.Start+6]&0x20 != 0 {
		return
	}
	size := max(w.Under(0).Wire-at-int(b[12]>>4)*4, 0)
	next := binary.BigEndian.Uint32(b[4:]) + uint32(size)
	if b[13]&3 != 0 { // SYN and FIN count as a byte
		next++
	}
	_ = w.Emit(0, at, 0, uint64(size), nil) && w.Emit(1, at, 0, uint64(next), nil)
}

func locateTCP(b []byte) (loc layer.Location) {
	if len(b) < 20 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	loc.Header = int(b[12]>>4) * 4
	if loc.Header < 20 {
		return layer.Location{Total: 4, Next: -1, Reason: layer.TooSmall}
	}
	loc.Key, loc.Key2 = ports(b)
	return loc
}
