package proto

import "github.com/netwright/netwright/packet/layer"

// smb is a message of version 1.
var smb = &layer.Proto{
	Name: "smb", Title: "SMB (Server Message Block Protocol)", Alias: []string{"SMB_Header"}, Spec: "MS-CIFS section 2.2.3",
	Fields: []layer.Field{
		{Name: "smb.server_component", Title: "Server Component", Bits: 32, LE: true, Base: layer.Hex},
		{Name: "smb.cmd", Alias: "cmd", Title: "SMB Command", Bits: 8, Base: layer.Hex, Enum: smbCommands},
		{Name: "smb.nt_status", Alias: "status", Title: "NT Status", Bits: 32, LE: true, Base: layer.Hex, When: "le16(5) >> 14 & 1"},
		{Kind: layer.Group, When: "pos == 5", Sub: []layer.Field{
			leHex("smb.error_class", "", "Error Class", 8), smbReserved("1"), leHex("smb.error_code", "", "Error Code", 16),
		}},
		{Name: "smb.flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "smb.flags.response", Title: "Request/Response", Bits: 1, Kind: layer.Bool}, {Name: "smb.flags.notify", Title: "Notify", Bits: 1, Kind: layer.Bool},
			{Name: "smb.flags.oplock", Title: "Oplocks", Bits: 1, Kind: layer.Bool}, {Name: "smb.flags.canon", Title: "Canonicalized Pathnames", Bits: 1, Kind: layer.Bool},
			{Name: "smb.flags.caseless", Title: "Case Sensitivity", Bits: 1, Kind: layer.Bool}, {Bits: 1},
			{Name: "smb.flags.receive_buffer", Title: "Receive Buffer Posted", Bits: 1, Kind: layer.Bool}, {Name: "smb.flags.lock", Title: "Lock and Read", Bits: 1, Kind: layer.Bool},
		}},
		bits("smb.flags2", "flags2", "Flags2", 16, "smb.flags2.string", "smb.flags2.nt_error", "smb.flags2.roe", "smb.flags2.dfs", "smb.flags2.esn",
			"smb.flags2.reparse_path", "", "", "", "smb.flags2.long_names_used", "", "smb.flags2.sec_sig_required", "smb.flags2.compressed",
			"smb.flags2.sec_sig", "smb.flags2.ea", "smb.flags2.long_names_allowed"),
		le("smb.pid.high", "", "Process ID High", 16),
		{Name: "smb.signature", Title: "Signature", Kind: layer.Bytes, Len: "8"},
		{Name: "smb.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "2"},
		le("smb.tid", "", "Tree ID", 16), le("smb.pid", "", "Process ID", 16), le("smb.uid", "", "User ID", 16), le("smb.mid", "", "Multiplex ID", 16),
		smbBlocks,
		{Kind: layer.Bytes},
	},
	Summary: "${cmd}",
}

// smbCommands are MS-CIFS section 2.2.2.1.
var smbCommands = layer.Enum{
	0x00: "Create Directory", 0x01: "Delete Directory", 0x02: "Open", 0x04: "Close", 0x06: "Delete", 0x07: "Rename", 0x08: "Query Information",
	0x10: "Check Directory", 0x24: "Locking AndX", 0x25: "Trans", 0x26: "Trans Secondary", 0x2B: "Echo", 0x2D: "Open AndX", 0x2E: "Read AndX",
	0x2F: "Write AndX", 0x32: "Trans2", 0x33: "Trans2 Secondary", 0x34: "Find Close2", 0x70: "Tree Connect", 0x71: "Tree Disconnect",
	0x72: "Negotiate Protocol", 0x73: "Session Setup AndX", 0x74: "Logoff AndX", 0x75: "Tree Connect AndX", 0xA0: "NT Trans",
	0xA2: "NT Create AndX", 0xA4: "NT Cancel",
}
