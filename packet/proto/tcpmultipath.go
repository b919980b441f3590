package proto

import "github.com/netwright/netwright/packet/layer"

// multipath is the option of Multipath TCP (RFC 6824, RFC 8684 section 3) behind
// its length: what it is stands in the next four bits.
var multipath = []layer.Field{
	{Kind: layer.Group, Switch: "u8(0) >> 4", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: multipathCapable},
		{Of: []uint64{1}, Fields: multipathJoin},
		{Of: []uint64{2}, Fields: multipathSequence},
		{Of: []uint64{3}, Fields: []layer.Field{ // add an address
			multipathSubtype,
			{Name: "tcp.options.mptcp.ipver", Title: "IP version", Bits: 4, When: "u8(0) >> 4 > 1"}, // version 0
			{Bits: 4, When: "pos == 0", Sub: []layer.Field{
				{Bits: 3},
				{Name: "tcp.options.mptcp.echo", Title: "Echo", Bits: 1},
			}},
			{Name: "tcp.options.mptcp.addrid", Title: "Address ID", Bits: 8},
			{Name: "tcp.options.mptcp.ipv4", Title: "Advertised IPv4 Address", Kind: layer.IPv4, When: "olen < 20"},
			{Name: "tcp.options.mptcp.ipv6", Title: "Advertised IPv6 Address", Kind: layer.IPv6, When: "olen >= 20"},
			{Name: "tcp.options.mptcp.port", Title: "Advertised port", Bits: 16, When: "rest == 2 || rest == 10"},
			{Name: "tcp.options.mptcp.addaddrtrunchmac", Title: "Truncated HMAC", Bits: 64, Base: layer.Hex, When: "rest >= 8"},
		}},
		{Of: []uint64{4}, Fields: []layer.Field{multipathSubtype, {Bits: 4}, {Name: "tcp.options.mptcp.addrid", Title: "Address ID", Bits: 8, Repeat: "*"}}},
		{Of: []uint64{5}, Fields: []layer.Field{
			multipathSubtype,
			{Bits: 4, Sub: []layer.Field{{Bits: 3}, {Name: "tcp.options.mptcp.backup.flag", Title: "Backup flag", Bits: 1}}},
			{Name: "tcp.options.mptcp.addrid", Title: "Address ID", Bits: 8, When: "rest > 0"},
		}},
		{Of: []uint64{6}, Fields: []layer.Field{ // fail
			multipathSubtype,
			{Name: "tcp.options.mptcp.reserved", Title: "Reserved", Bits: 12, Base: layer.Hex},
			{Name: "tcp.options.mptcp.rawdataseqno", Title: "Data Sequence Number", Bits: 64},
		}},
		{Of: []uint64{7}, Fields: []layer.Field{ // fast close
			multipathSubtype,
			{Name: "tcp.options.mptcp.reserved", Title: "Reserved", Bits: 12, Base: layer.Hex},
			{Name: "tcp.options.mptcp.recvkey", Title: "Receiver's Key", Bits: 64},
		}},
		{Of: []uint64{8}, Fields: []layer.Field{ // reset
			multipathSubtype,
			{Bits: 4, Sub: []layer.Field{
				{Name: "tcp.options.mptcp.flag_U.flag", Title: "Flag U", Bits: 1, Kind: layer.Bool},
				{Name: "tcp.options.mptcp.flag_V.flag", Title: "Flag V", Bits: 1, Kind: layer.Bool},
				{Name: "tcp.options.mptcp.flag_W.flag", Title: "Flag W", Bits: 1, Kind: layer.Bool},
				{Name: "tcp.options.mptcp.flag_T.flag", Title: "Flag T", Bits: 1, Kind: layer.Bool},
			}},
			{Name: "tcp.options.mptcp.rst_reason", Title: "TCP Reset Reason", Bits: 8},
		}},
	}},
}

var multipathSubtype = layer.Field{Name: "tcp.options.mptcp.subtype", Alias: "subtype", Title: "Multipath TCP subtype", Bits: 4, Enum: multipathTypes}

var multipathCapable = []layer.Field{
	multipathSubtype,
	{Name: "tcp.options.mptcp.version", Alias: "mversion", Title: "Multipath TCP version", Bits: 4},
	{Name: "tcp.options.mptcp.flags", Title: "Multipath TCP flags", Bits: 8, Base: layer.Hex, When: "mversion == 0", Sub: multipathFlags("sha1", layer.Field{Bits: 1})},
	{Name: "tcp.options.mptcp.flags", Title: "Multipath TCP flags", Bits: 8, Base: layer.Hex, When: "mversion != 0", Sub: multipathFlags("sha256", noMoreSubflows)},
	{Name: "tcp.options.mptcp.sendkey", Title: "Sender's Key", Bits: 64, When: "olen >= 12"},
	{Name: "tcp.options.mptcp.recvkey", Title: "Receiver's Key", Bits: 64, When: "olen >= 20"},
	{Name: "tcp.options.mptcp.datalvllen", Title: "Data-level Length", Bits: 16, When: "olen >= 22"},
	{Name: "tcp.options.mptcp.checksum", Title: "Checksum", Bits: 16, Base: layer.Hex, When: "olen >= 24"},
}

var noMoreSubflows = layer.Field{
	Name: "tcp.options.mptcp.nomoresubflows.flag", Title: "Do not attempt to establish new subflows to this address and port", Bits: 1,
}

func multipathFlags(hash string, third layer.Field) []layer.Field {
	return []layer.Field{
		{Name: "tcp.options.mptcp.checksumreq.flags", Title: "Checksum required", Bits: 1},
		{Name: "tcp.options.mptcp.extensibility.flag", Title: "Extensibility", Bits: 1},
		third,
		{Name: "tcp.options.mptcp.reserved.flag", Title: "Reserved", Calc: "u8(0) >> 1 & 15", At: "pos", Len: "1"},
		{Bits: 4},
		{Name: "tcp.options.mptcp." + hash + ".flag", Title: "Use HMAC-" + hash, Bits: 1},
	}
}

// multipathJoin has other fields in each step of the handshake, which its length
// tells apart.
var multipathJoin = []layer.Field{
	multipathSubtype,
	{Bits: 4},
	{Name: "tcp.options.mptcp.flags", Title: "Multipath TCP flags", Bits: 8, At: "pos - 1", Base: layer.Hex, When: "olen != 24", Sub: []layer.Field{
		{Bits: 7},
		{Name: "tcp.options.mptcp.backup.flag", Title: "Backup flag", Bits: 1},
	}},
	{Name: "tcp.options.mptcp.reserved", Title: "Reserved", Calc: "u16(0) & 0xFFF", At: "pos - 1", Len: "2", When: "olen == 24"},
	{Bits: 8, When: "olen == 24"},
	{Name: "tcp.options.mptcp.addrid", Title: "Address ID", Bits: 8, When: "olen != 24"},
	{Kind: layer.Group, Switch: "olen", Cases: []layer.Case{
		{Of: []uint64{12}, Fields: []layer.Field{
			{Name: "tcp.options.mptcp.recvtok", Title: "Receiver's Token", Bits: 32},
			{Name: "tcp.options.mptcp.sendrand", Title: "Sender's Random Number", Bits: 32},
		}},
		{Of: []uint64{16}, Fields: []layer.Field{
			{Name: "tcp.options.mptcp.sendtrunchmac", Title: "Sender's Truncated HMAC", Bits: 64},
			{Name: "tcp.options.mptcp.sendrand", Title: "Sender's Random Number", Bits: 32},
		}},
		{Of: []uint64{24}, Fields: []layer.Field{{Name: "tcp.options.mptcp.sendhmac", Title: "Sender's HMAC", Kind: layer.Bytes}}},
	}},
}

// multipathSequence maps the numbers of the subflow to those of the connection.
var multipathSequence = []layer.Field{
	multipathSubtype,
	{Bits: 4},
	{Name: "tcp.options.mptcp.flags", Title: "Multipath TCP flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 3},
		{Name: "tcp.options.mptcp.datafin.flag", Title: "DATA_FIN", Bits: 1},
		{Name: "tcp.options.mptcp.dseqn8.flag", Alias: "seq8", Title: "Data Sequence Number is 8 octets", Bits: 1},
		{Name: "tcp.options.mptcp.dseqnpresent.flag", Alias: "hasseq", Title: "Data Sequence Number, Subflow Sequence Number, Data-level Length, Checksum present", Bits: 1},
		{Name: "tcp.options.mptcp.dataack8.flag", Alias: "ack8", Title: "Data ACK is 8 octets", Bits: 1},
		{Name: "tcp.options.mptcp.dataackpresent.flag", Alias: "hasack", Title: "Data ACK is present", Bits: 1},
	}},
	{Name: "tcp.options.mptcp.rawdataack", Title: "Original MPTCP Data ACK", Len: "ack8 ? 8 : 4", When: "hasack"},
	{Kind: layer.Group, When: "hasseq", Sub: []layer.Field{
		{Name: "tcp.options.mptcp.rawdataseqno", Title: "Data Sequence Number", Len: "seq8 ? 8 : 4"},
		{Name: "tcp.options.mptcp.subflowseqno", Title: "Subflow Sequence Number", Bits: 32},
		{Name: "tcp.options.mptcp.datalvllen", Title: "Data-level Length", Bits: 16},
	}},
}

// multipathTypes are from IANA's registry of MPTCP option subtypes.
var multipathTypes = layer.Enum{
	0: "Multipath Capable", 1: "Join Connection", 2: "Data Sequence Signal", 3: "Add Address", 4: "Remove Address",
	5: "Change Subflow Priority", 6: "Multipath Fail", 7: "Multipath Fast Close", 8: "Subflow Reset",
}
