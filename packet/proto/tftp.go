package proto

import "github.com/netwright/netwright/packet/layer"

var tftp = &layer.Proto{
	Name: "tftp", Title: "Trivial File Transfer Protocol", Alias: []string{"TFTP"}, Spec: "RFC 1350 section 5",
	On:    []layer.On{{Table: "udp.port", Keys: []uint64{69}}},
	Guess: guessTFTP,
	Fields: []layer.Field{
		{Name: "tftp.opcode", Alias: "op", Title: "Opcode", Bits: 16, Default: 1, Enum: layer.Enum{
			1: "Read Request", 2: "Write Request", 3: "Data Packet", 4: "Acknowledgement", 5: "Error Code", 6: "Option Acknowledgement",
		}},
		{Name: "tftp.source_file", Alias: "filename", Title: "Source File", Kind: layer.CString, When: "op == 1"},
		{Name: "tftp.destination_file", Title: "Destination File", Kind: layer.CString, When: "op == 2"},
		{Name: "tftp.type", Alias: "mode", Title: "Type", Kind: layer.CString, When: "op == 1 || op == 2"},
		{Name: "tftp.block", Alias: "block", Title: "Block", Bits: 16, When: "op == 3 || op == 4"},
		{Name: "tftp.block.full", Title: "Full Block Number", Calc: "block", When: "op == 3 || op == 4"},
		{Kind: layer.Group, When: "op == 5", Sub: []layer.Field{
			{Name: "tftp.error.code", Alias: "errorcode", Title: "Error code", Bits: 16, Enum: layer.Enum{
				0: "Not defined", 1: "File not found", 2: "Access violation", 3: "Disk full or allocation exceeded", 4: "Illegal TFTP Operation",
				5: "Unknown transfer ID", 6: "File already exists", 7: "No such user", 8: "Option negotiation failed",
			}},
			{Name: "tftp.error.message", Alias: "errormsg", Title: "Error message", Kind: layer.CString},
		}},
		{Kind: layer.Group, Alias: "options", Repeat: "op == 1 || op == 2 || op == 6 ? (rest > 0 ? 64 : 0) : 0", Until: "rest == 0", Sub: []layer.Field{ // RFC 2347
			{Name: "tftp.option.name", Title: "Option name", Kind: layer.CString},
			{Name: "tftp.option.value", Title: "Option value", Kind: layer.CString},
		}},
	},
	Header: "u16(0) == 3 ? 4 : size",
	Answers: &layer.Answer{Pair: map[string][]layer.Answers{"op": {
		{Ask: 1, Answer: 3}, {Ask: 1, Answer: 5}, {Ask: 1, Answer: 6}, {Ask: 2, Answer: 4}, {Ask: 2, Answer: 5}, {Ask: 2, Answer: 6}, {Ask: 3, Answer: 4},
		{Ask: 3, Answer: 5}, {Ask: 4, Answer: 3}, {Ask: 4, Answer: 5}, {Ask: 6, Answer: 3}, {Ask: 6, Answer: 4}, {Ask: 6, Answer: 5},
	}}},
	Summary: "${op} ${filename} ${block}",
}

// guessTFTP knows what goes over the port that a server chooses: full blocks of
// data, in the plain size, and what acknowledges them.
func guessTFTP(b []byte) bool {
	return len(b) >= 4 && b[0] == 0 && be16(b[2:]) != 0 && (b[1] == 3 && len(b) == 516 || b[1] == 4 && len(b) == 4)
}
