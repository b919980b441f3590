package proto

import (
	"bytes"

	"github.com/netwright/netwright/packet/layer"
)

// smb2 is a message, or several in a chain: the header, and what the usual
// commands ask and answer.
var smb2 = &layer.Proto{
	Name: "smb2", Title: "SMB2 (Server Message Block Protocol version 2)", Alias: []string{"SMB2_Header"}, Spec: "MS-SMB2 section 2.2",
	Fields: []layer.Field{
		{Kind: layer.Group, Repeat: "*", Len: "u32(0) != 0xFE534D42 || le32(20) < 64 || le32(20) > rest ? rest : le32(20)", Sub: []layer.Field{
			{Name: "smb2.protocol_id", Alias: "magic", Title: "ProtocolId", Bits: 32, Base: layer.Hex},
			{Kind: layer.Group, When: "magic == 0xFD534D42", Sub: smb2Transform},
			{Kind: layer.Group, When: "magic == 0xFE534D42 && rest >= 62", At: "0", Len: "rest", Sub: append(smb2Header, smb2Body)},
			{Kind: layer.Bytes},
		}},
	},
	Next:    []layer.Next{{Proto: "ntlmssp"}},
	Locate:  locateSMB2,
	Summary: "${cmd}",
}

// locateSMB2 finds a message of NTLM in the setup of a session.
func locateSMB2(b []byte) layer.Location {
	if len(b) < 4 {
		return layer.Location{Next: -1, Reason: layer.CutOff}
	}
	if len(b) > 72 && b[0] == 0xFE && b[12] == 1 && b[13] == 0 {
		if i := bytes.Index(b[64:], []byte(ntlmMagic)); i >= 0 {
			return layer.Location{Header: 64 + i}
		}
	}
	return layer.Location{Header: len(b), Next: -1}
}

func le(name, alias, title string, size int) layer.Field {
	return layer.Field{Name: name, Alias: alias, Title: title, Bits: size, LE: true}
}

func leHex(name, alias, title string, size int) layer.Field {
	return layer.Field{Name: name, Alias: alias, Title: title, Bits: size, LE: true, Base: layer.Hex}
}

func skip(n string) layer.Field { return layer.Field{Kind: layer.Bytes, Len: n} }

func reserved(n string) layer.Field {
	return layer.Field{Name: "smb2.reserved", Title: "Reserved", Kind: layer.Bytes, Len: n}
}

// smb2Transform is what stands before an encrypted message (section 2.2.41).
var smb2Transform = []layer.Field{
	{Name: "smb2.header.transform.signature", Title: "Signature", Kind: layer.Bytes, Len: "16"},
	{Name: "smb2.header.transform.nonce", Title: "Nonce", Kind: layer.Bytes, Len: "16"},
	le("smb2.header.transform.msg_size", "msgsize", "Message size", 32),
	{Name: "smb2.header.transform.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
	bits("smb2.header.transform.flags", "", "Flags", 16, "smb2.header.transform.flags.encrypted"),
	leHex("smb2.sesid", "", "Session Id", 64),
	{Name: "smb2.header.transform.enc_data", Title: "Encrypted SMB3 data", Kind: layer.Bytes},
}

// smb2Header is section 2.2.1. It is laid over the whole message.
var smb2Header = []layer.Field{
	{Bits: 32},
	le("smb2.header_len", "hdrlen", "Header Length", 16),
	le("smb2.credit.charge", "", "Credit Charge", 16),
	{Kind: layer.Group, Sub: []layer.Field{
		{Alias: "response", Calc: "u8(8) & 1", Bits: 1},
		{Kind: layer.Group, When: "!response", Sub: []layer.Field{le("smb2.channel_sequence", "", "Channel Sequence", 16), reserved("2")}},
		{Kind: layer.Group, When: "response", Sub: []layer.Field{leHex("smb2.nt_status", "status", "NT Status", 32)}},
	}},
	{Name: "smb2.cmd", Alias: "cmd", Title: "Command", Bits: 16, LE: true, Enum: smb2Commands},
	{Name: "smb2.credits.requested", Title: "Credits requested", Bits: 16, LE: true, When: "!response"},
	{Name: "smb2.credits.granted", Title: "Credits granted", Bits: 16, LE: true, When: "response"},
	{Name: "smb2.flags", Alias: "flags", Title: "Flags", Bits: 32, LE: true, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 2},
		{Name: "smb2.flags.replay", Title: "Replay operation", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.flags.dfs", Title: "DFS operation", Bits: 1, Kind: layer.Bool},
		{Bits: 21},
		{Name: "smb2.flags.priority_mask", Title: "Priority", Bits: 3, Kind: layer.Bool},
		{Name: "smb2.flags.signature", Title: "Signing", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.flags.chained", Title: "Chained", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.flags.async", Alias: "async", Title: "Async command", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.flags.response", Title: "Response", Bits: 1, Kind: layer.Bool},
	}},
	leHex("smb2.chain_offset", "chain", "Chain Offset", 32),
	le("smb2.msg_id", "mid", "Message ID", 64),
	{Kind: layer.Group, When: "!async", Sub: []layer.Field{leHex("smb2.pid", "", "Process Id", 32), leHex("smb2.tid", "tid", "Tree Id", 32)}},
	{Name: "smb2.aid", Title: "Async Id", Bits: 64, LE: true, Base: layer.Hex, When: "async"},
	leHex("smb2.sesid", "sesid", "Session Id", 64),
	{Name: "smb2.signature", Title: "Signature", Kind: layer.Bytes, Len: "16"},
}

// smb2Commands are section 2.2.1.2.
var smb2Commands = layer.Enum{
	0: "Negotiate Protocol", 1: "Session Setup", 2: "Session Logoff", 3: "Tree Connect", 4: "Tree Disconnect", 5: "Create", 6: "Close",
	7: "Flush", 8: "Read", 9: "Write", 10: "Lock", 11: "Ioctl", 12: "Cancel", 13: "KeepAlive", 14: "Find", 15: "Notify", 16: "GetInfo",
	17: "SetInfo", 18: "Break",
}
