package proto

import (
	"encoding/binary"
	"slices"

	"github.com/netwright/netwright/packet/layer"
)

// smbBlocks are the commands of a message: the one that its header names, and
// those that are chained behind it (MS-CIFS section 2.2.3.4).
var smbBlocks = layer.Field{Kind: layer.Group, Code: readSMB, Sub: []layer.Field{
	{Alias: "command", Bits: 8},
	{Alias: "before", Bits: 16},
	{Kind: layer.Group, Sub: []layer.Field{
		le("smb.wct", "words", "Word Count (WCT)", 8),
		{Kind: layer.Group, Switch: "command << 1 | response", Cases: smbBodies()},
	}},
}}

// smbBodies are parameters and data of each command, with the count of the latter
// between. The answer to a create may be longer than it says (MS-SMB section
// 2.2.4.9.2), and behind those to transactions there are the words of a setup, or
// no telling where the data are.
func smbBodies() []layer.Case {
	body := func(parameters, data []layer.Field, size, sound string) []layer.Field {
		return []layer.Field{
			{Kind: layer.Group, Len: size, Sub: parameters},
			{Alias: "sound", Calc: sound, Bits: 1},
			{Name: "smb.bcc", Alias: "bcc", Title: "Byte Count (BCC)", Bits: 16, LE: true, When: "sound && rest > 1"},
			{Kind: layer.Group, Len: "bcc > rest ? rest : bcc", When: "sound && rest > 0", Sub: data},
		}
	}
	all := []layer.Case{{Fields: body(nil, nil, "words * 2", "1")}}
	for _, p := range smbParameters {
		var data []layer.Field
		for _, d := range smbData {
			if slices.Contains(d.Of, p.Of[0]) {
				data = d.Fields
			}
		}
		size, sound := "words * 2", "1"
		switch p.Of[0] {
		case 0xA2<<1 | smbAnswer:
			size = "words == 42 && rest >= 102 ? 100 : words * 2"
		case 0x25<<1 | smbAnswer, 0x32<<1 | smbAnswer:
			sound = "words < 10 || words == 10 + setups"
		}
		all = append(all, layer.Case{Of: p.Of, Fields: body(p.Fields, data, size, sound)})
	}
	return all
}

// smbChain is how many commands of a chain are shown.
const smbChain = 16

// readSMB walks over the commands. Each says where the next is, which must be
// behind it.
func readSMB(w *layer.Walker) {
	if len(w.Frame()) < w.Start()+5 {
		return
	}
	command := w.Frame()[w.Start()+4]
	for range smbChain {
		b, off := w.Rest(), w.Offset()
		if len(b) == 0 || !w.Emit(0, off, 0, uint64(command), nil) || !w.Emit(1, off, 0, uint64(off-w.Start()), nil) || !w.Field(2) {
			return
		}
		if !smbAndX(command) || len(b) < 5 || b[0] < 2 || b[1] == 0xFF {
			return
		}
		command = b[1]
		if next := w.Start() + int(binary.LittleEndian.Uint16(b[3:])); next <= off || next >= w.End() || !w.Seek(next) {
			return
		}
	}
}

// smbAndX tells whether others may be chained behind a command.
func smbAndX(command byte) bool {
	switch command {
	case 0x24, 0x2D, 0x2E, 0x2F, 0x73, 0x74, 0x75, 0xA2:
		return true
	}
	return false
}

// smbText is text in the encoding of the message, UTF-16 from an even place on, up
// to and with its NUL, or what there is.
func smbText(name, title string) layer.Field {
	return layer.Field{Kind: layer.Group, When: "rest > 0", Code: showSMBText, Sub: []layer.Field{{Name: name, Title: title, Kind: layer.String}}}
}

func showSMBText(w *layer.Walker) {
	flags := w.Frame()[w.Start():]
	if wide := len(flags) > 11 && flags[11]&0x80 != 0; !wide || (w.Offset()-w.Start())&1 == 0 || w.Move(1) {
		showSMBString(w, wide)
	}
}

// smbWideText is text in UTF-16 wherever it begins.
func smbWideText(name, title string) layer.Field {
	f := smbText(name, title)
	f.Code = func(w *layer.Walker) { showSMBString(w, true) }
	return f
}

func showSMBString(w *layer.Walker, wide bool) {
	b := w.Rest()
	if len(b) == 0 {
		return
	}
	text, size := b, len(b)
	if wide {
		for i := 0; i+1 < len(b); i += 2 {
			if b[i]|b[i+1] == 0 {
				text, size = b[:i], i+2
				break
			}
		}
		text = appendWide(w.Scratch(), text)
	} else {
		for i, c := range b {
			if c == 0 {
				text, size = b[:i], i+1
				break
			}
		}
	}
	if w.Emit(0, w.Offset(), size, uint64(len(text)), text) {
		w.Move(size)
	}
}

func smbReserved(n string) layer.Field {
	return layer.Field{Name: "smb.reserved", Title: "Reserved", Kind: layer.Bytes, Len: n}
}

// smbNext is what parameters of a command begin with that others may be chained
// to.
var smbNext = []layer.Field{
	{Name: "smb.cmd", Title: "AndXCommand", Bits: 8, Base: layer.Hex, Enum: smbCommands}, smbReserved("1"), le("smb.andxoffset", "", "AndXOffset", 16),
}

// smbWords is a case of parameters that are read as fields only if they are as many
// words as given, from least to most.
func smbWords(command uint64, least, most string, fields ...layer.Field) layer.Case {
	return layer.Case{Of: []uint64{command}, Fields: []layer.Field{{Kind: layer.Group, When: "words >= " + least + " && words <= " + most, Sub: fields}}}
}

func chained(fields ...layer.Field) []layer.Field { return append(smbNext[:3:3], fields...) }

const (
	smbAsk    = 0
	smbAnswer = 1
)

// smbParameters are the parameters by command and direction.
var smbParameters = []layer.Case{
	smbWords(0x04<<1|smbAsk, "3", "3", leHex("smb.fid", "", "FID", 16), layer.Field{Kind: layer.Group, Len: "4", Sub: []layer.Field{
		{Name: "smb.last_write.time", Title: "Last Write", Kind: layer.Seconds, Bits: 32, LE: true, When: "le32(0) != 0"},
	}}),
	smbWords(0x25<<1|smbAsk, "14", "255", smbTransaction...),
	smbWords(0x25<<1|smbAnswer, "10", "255", smbTransactionAnswer...),
	smbWords(0x32<<1|smbAsk, "14", "255", append(slices.Clip(smbTransaction),
		layer.Field{Name: "smb.trans2.cmd", Alias: "trans2", Title: "Subcommand", Bits: 16, LE: true, Base: layer.Hex, When: "setups > 0"})...),
	smbWords(0x32<<1|smbAnswer, "10", "255", smbTransactionAnswer...),
	smbWords(0x2B<<1|smbAsk, "1", "1", le("smb.echo.count", "", "Echo Count", 16)),
	smbWords(0x2B<<1|smbAnswer, "1", "1", le("smb.echo.seq_num", "", "Echo Seq Num", 16)),
	smbWords(0x2E<<1|smbAsk, "10", "12", chained(
		leHex("smb.fid", "", "FID", 16), le("smb.offset", "", "Offset", 32), le("smb.maxcount_low", "", "Max Count Low", 16), le("smb.mincount", "", "Min Count", 16),
		le("smb.maxcount_high", "", "Max Count High", 32), le("smb.remaining", "", "Remaining", 16),
		layer.Field{Name: "smb.offset_high", Title: "High Offset", Bits: 32, LE: true, When: "rest >= 4"})...),
	{Of: []uint64{0x72<<1 | smbAsk}},
	{Of: []uint64{0x72<<1 | smbAnswer}, Fields: []layer.Field{
		le("smb.dialect.index", "", "Selected Index", 16),
		{Kind: layer.Group, When: "words == 17", Sub: []layer.Field{
			{Name: "smb.sm", Title: "Security Mode", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Bits: 4}, {Name: "smb.sm.sig_required", Title: "Sig Req", Bits: 1, Kind: layer.Bool}, {Name: "smb.sm.signatures", Title: "Signatures", Bits: 1, Kind: layer.Bool},
				{Name: "smb.sm.password", Title: "Password", Bits: 1, Kind: layer.Bool}, {Name: "smb.sm.mode", Title: "Mode", Bits: 1, Kind: layer.Bool},
			}},
			le("smb.max_mpx_count", "", "Max Mpx Count", 16), le("smb.max_vcs", "", "Max VCs", 16), le("smb.max_bufsize", "", "Max Buffer Size", 32),
			le("smb.max_raw", "", "Max Raw Buffer", 32), leHex("smb.session_key", "", "Session Key", 32), smbCapabilities,
			fileTime("smb.system.time", "System Time"),
			{Name: "smb.server_timezone", Title: "Server Time Zone", Kind: layer.Int, Bits: 16, LE: true},
			le("smb.challenge_length", "challengelen", "Challenge Length", 8),
		}},
	}},
	{Of: []uint64{0x73<<1 | smbAsk}, Fields: []layer.Field{{Kind: layer.Group, When: "words == 12 || words == 13", Sub: chained(
		le("smb.max_buf", "", "Max Buffer", 16), le("smb.max_mpx_count", "", "Max Mpx Count", 16), le("smb.vc", "", "VC Number", 16),
		leHex("smb.session_key", "", "Session Key", 32),
		layer.Field{Name: "smb.security_blob_len", Alias: "bloblen", Title: "Security Blob Length", Bits: 16, LE: true, When: "words == 12"},
		layer.Field{Kind: layer.Group, When: "words == 13", Sub: []layer.Field{
			le("smb.ansi_pwlen", "ansilen", "ANSI Password Length", 16), le("smb.unicode_pwlen", "widelen", "Unicode Password Length", 16),
		}},
		smbReserved("4"), smbCapabilities)}}},
	smbWords(0x73<<1|smbAnswer, "3", "4", chained(
		bits("smb.setup.action", "", "Action", 16, "smb.setup.action.guest"),
		layer.Field{Name: "smb.security_blob_len", Alias: "bloblen", Title: "Security Blob Length", Bits: 16, LE: true, When: "words == 4"})...),
	smbWords(0x74<<1|smbAsk, "2", "2", smbNext...),
	smbWords(0x74<<1|smbAnswer, "2", "2", smbNext...),
	smbWords(0x75<<1|smbAsk, "4", "4", chained(smbConnectFlags, le("smb.pwlen", "pwlen", "Password Length", 16))...),
	{Of: []uint64{0x75<<1 | smbAnswer}, Fields: []layer.Field{{Kind: layer.Group, When: "words == 2 || words == 3 || words == 7", Sub: chained(
		layer.Field{Kind: layer.Group, When: "words > 2", Sub: []layer.Field{{Name: "smb.connect.support", Title: "Optional Support", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
			{Bits: 10},
			{Name: "smb.connect.support.extendedsig", Title: "Extended Signatures", Bits: 1, Kind: layer.Bool},
			{Name: "smb.connect.support.uniqfilename", Title: "Unique File Name", Bits: 1, Kind: layer.Bool},
			{Name: "smb.connect.support.cscmask", Title: "CSC Mask", Bits: 2},
			{Name: "smb.connect.support.dfs", Title: "In Dfs", Bits: 1, Kind: layer.Bool},
			{Name: "smb.connect.support.search", Title: "Search Bits", Bits: 1, Kind: layer.Bool},
		}}}},
		layer.Field{Kind: layer.Group, When: "words == 7", Sub: []layer.Field{smbAccess, smbAccess}})}}},
	smbWords(0xA0<<1|smbAsk, "19", "255", smbNTTransaction...),
	smbWords(0xA2<<1|smbAsk, "24", "24", chained(smbCreate...)...),
	smbWords(0xA2<<1|smbAnswer, "34", "50", chained(smbCreateAnswer...)...),
}

// smbTransaction is MS-CIFS section 2.2.4.33.1.
var smbTransaction = []layer.Field{
	le("smb.tpc", "", "Total Parameter Count", 16), le("smb.tdc", "", "Total Data Count", 16), le("smb.mpc", "", "Max Parameter Count", 16),
	le("smb.mdc", "", "Max Data Count", 16), le("smb.msc", "", "Max Setup Count", 8), smbReserved("1"), smbTransactionFlags,
	le("smb.timeout", "", "Timeout", 32), smbReserved("2"), le("smb.pc", "pc", "Parameter Count", 16), le("smb.po", "po", "Parameter Offset", 16),
	le("smb.dc", "dc", "Data Count", 16), le("smb.data_offset", "doff", "Data Offset", 16), le("smb.sc", "setups", "Setup Count", 8), smbReserved("1"),
}

// smbTransactionAnswer is section 2.2.4.33.2.
var smbTransactionAnswer = []layer.Field{
	le("smb.tpc", "", "Total Parameter Count", 16), le("smb.tdc", "", "Total Data Count", 16), smbReserved("2"), le("smb.pc", "pc", "Parameter Count", 16),
	le("smb.po", "po", "Parameter Offset", 16), le("smb.pd", "", "Parameter Displacement", 16), le("smb.dc", "dc", "Data Count", 16),
	le("smb.data_offset", "doff", "Data Offset", 16), le("smb.data_disp", "", "Data Displacement", 16), le("smb.sc", "setups", "Setup Count", 8), smbReserved("1"),
}

// smbNTTransaction is section 2.2.4.62.1, with what NT_TRANSACT_NOTIFY_CHANGE asks.
var smbNTTransaction = []layer.Field{
	le("smb.msc", "", "Max Setup Count", 8), smbReserved("2"), le("smb.tpc", "", "Total Parameter Count", 32), le("smb.tdc", "", "Total Data Count", 32),
	le("smb.mpc", "", "Max Parameter Count", 32), le("smb.mdc", "", "Max Data Count", 32), le("smb.pc", "", "Parameter Count", 32),
	le("smb.po", "", "Parameter Offset", 32), le("smb.dc", "", "Data Count", 32), le("smb.data_offset", "", "Data Offset", 32), le("smb.sc", "", "Setup Count", 8),
	le("smb.nt.function", "function", "Function", 16),
	{Kind: layer.Group, When: "function == 4 && rest >= 8", Sub: []layer.Field{
		smbNotify, leHex("smb.fid", "", "FID", 16), le("smb.nt.notify.watch_tree", "", "Watch Tree", 8), smbReserved("1"),
	}},
}

// smbCreate is section 2.2.4.64.1.
var smbCreate = []layer.Field{
	smbReserved("1"), le("smb.file_name_len", "", "File Name Len", 16), smbCreateFlags, leHex("smb.rfid", "", "Root FID", 32), smbAccess,
	le("smb.alloc_size64", "", "Allocation Size", 64), smbAttributes, smbShare, le("smb.create.disposition", "", "Disposition", 32), smbCreateOptions,
	le("smb.impersonation.level", "", "Impersonation", 32), smbSecurityFlags,
}

// smbCreateAnswer is section 2.2.4.64.2, and what MS-SMB section 2.2.4.9.2 adds.
var smbCreateAnswer = []layer.Field{
	le("smb.oplock.level", "", "Oplock level", 8), leHex("smb.fid", "", "FID", 16), le("smb.create.action", "", "Create action", 32),
	fileTime("smb.create.time", "Created"), fileTime("smb.access.time", "Last Access"), fileTime("smb.last_write.time", "Last Write"), fileTime("smb.change.time", "Change"),
	smbAttributes, le("smb.alloc_size64", "", "Allocation Size", 64), le("smb.end_of_file", "", "End Of File", 64), le("smb.file_type", "", "File Type", 16),
	{Name: "smb.ipc_state", Title: "IPC State", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
		{Name: "smb.ipc_state.nonblocking", Title: "Nonblocking", Bits: 1, Kind: layer.Bool},
		{Name: "smb.ipc_state.endpoint", Title: "Endpoint", Bits: 1},
		{Bits: 2},
		{Name: "smb.ipc_state.pipe_type", Title: "Pipe Type", Bits: 2},
		{Name: "smb.ipc_state.read_mode", Title: "Read Mode", Bits: 2},
		{Name: "smb.ipc_state.icount", Title: "Icount", Bits: 8},
	}},
	le("smb.is_directory", "", "Is Directory", 8),
	{Kind: layer.Group, When: "words >= 42 && rest >= 32", Sub: []layer.Field{
		{Name: "smb.volume_guid", Title: "Volume GUID", Kind: layer.GUID}, leHex("smb.create.file_id_64b", "", "Server unique 64-bit file ID", 64),
		smbAccess, smbAccess,
	}},
}

// smbData are the bytes behind the parameters.
var smbData = []layer.Case{
	{Of: []uint64{0x25<<1 | smbAsk}, Fields: []layer.Field{{Kind: layer.Group, When: "words >= 14", Sub: []layer.Field{
		smbText("smb.trans_name", "Transaction Name"), smbPadding("pc > 0 ? po : doff"),
	}}}},
	{Of: []uint64{0x25<<1 | smbAnswer, 0x32<<1 | smbAnswer}, Fields: []layer.Field{{Kind: layer.Group, When: "words >= 10", Sub: []layer.Field{smbPadding("po")}}}},
	{Of: []uint64{0x32<<1 | smbAsk}, Fields: []layer.Field{{Kind: layer.Group, When: "words >= 15", Sub: []layer.Field{
		smbPadding("po"),
		{Kind: layer.Group, Len: "pc > rest ? rest : pc", When: "pc > 0", Switch: "trans2", Cases: smbTrans2},
	}}}},
	{Of: []uint64{0x2B<<1 | smbAsk, 0x2B<<1 | smbAnswer}, Fields: []layer.Field{{Name: "smb.echo.data", Title: "Echo Data", Kind: layer.Bytes}}},
	{Of: []uint64{0x72<<1 | smbAsk}, Fields: []layer.Field{{Name: "smb.dialect", Title: "Dialect", Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		leHex("smb.buffer_format", "", "Buffer Format", 8), {Name: "smb.dialect.name", Title: "Name", Kind: layer.CString},
	}}}},
	{Of: []uint64{0x72<<1 | smbAnswer}, Fields: []layer.Field{
		{Kind: layer.Group, When: "words == 17 && capabilities >> 31 & 1", Sub: []layer.Field{
			{Name: "smb.server_guid", Title: "Server GUID", Kind: layer.GUID}, {Name: "smb.security_blob", Title: "Security Blob", Kind: layer.Bytes},
		}},
		{Kind: layer.Group, When: "words == 17 && !(capabilities >> 31 & 1)", Sub: []layer.Field{
			{Name: "smb.challenge", Title: "Challenge", Kind: layer.Bytes, Len: "challengelen", When: "challengelen > 0"},
			{Kind: layer.Group, When: "capabilities & 4", Sub: []layer.Field{smbWideText("smb.primary_domain", "Primary Domain"), smbWideText("smb.server", "Server")}},
		}},
	}},
	{Of: []uint64{0x73<<1 | smbAsk}, Fields: []layer.Field{
		{Kind: layer.Group, When: "words == 12", Sub: smbSession},
		{Kind: layer.Group, When: "words == 13", Sub: []layer.Field{
			{Name: "smb.ansi_password", Title: "ANSI Password", Kind: layer.Bytes, Len: "ansilen", When: "ansilen > 0"},
			{Name: "smb.unicode_password", Title: "Unicode Password", Kind: layer.Bytes, Len: "widelen", When: "widelen > 0"},
			smbText("smb.account", "Account"), smbText("smb.primary_domain", "Primary Domain"), smbText("smb.native_os", "Native OS"),
			smbText("smb.native_lanman", "Native LAN Manager"),
		}},
	}},
	{Of: []uint64{0x73<<1 | smbAnswer}, Fields: []layer.Field{
		{Kind: layer.Group, When: "words == 4", Sub: smbSession},
		{Kind: layer.Group, When: "words == 3", Sub: []layer.Field{
			smbText("smb.native_os", "Native OS"), smbText("smb.native_lanman", "Native LAN Manager"), smbText("smb.primary_domain", "Primary Domain"),
		}},
	}},
	{Of: []uint64{0x75<<1 | smbAsk}, Fields: []layer.Field{{Kind: layer.Group, When: "words == 4", Sub: []layer.Field{
		{Name: "smb.password", Title: "Password", Kind: layer.Bytes, Len: "pwlen", When: "pwlen > 0"},
		smbText("smb.path", "Path"), {Name: "smb.service", Title: "Service", Kind: layer.CString},
	}}}},
	{Of: []uint64{0x75<<1 | smbAnswer}, Fields: []layer.Field{{Kind: layer.Group, When: "words > 1", Sub: []layer.Field{
		{Name: "smb.service", Title: "Service", Kind: layer.CString}, smbText("smb.native_fs", "Native File System"),
	}}}},
	{Of: []uint64{0xA2<<1 | smbAsk}, Fields: []layer.Field{{Kind: layer.Group, When: "words == 24", Sub: []layer.Field{smbText("smb.file", "File Name")}}}},
}

// smbSession is what comes with the setup of a session by GSS-API (MS-SMB section
// 2.2.4.6).
var smbSession = []layer.Field{
	{Name: "smb.security_blob", Title: "Security Blob", Kind: layer.Bytes, Len: "bloblen", When: "bloblen > 0"},
	smbText("smb.native_os", "Native OS"), smbText("smb.native_lanman", "Native LAN Manager"),
}

// smbPadding reaches to an offset from the start of the message.
func smbPadding(to string) layer.Field {
	here := "(before + 3 + words * 2 + pos)"
	return layer.Field{Name: "smb.padding", Title: "Padding", Kind: layer.Bytes, Len: "(" + to + ") - " + here,
		When: "(" + to + ") > " + here + " && (" + to + ") - " + here + " <= rest"}
}

// smbTrans2 are the parameters of what Trans2 asks (MS-CIFS section 2.2.6).
var smbTrans2 = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{
		smbSearch, le("smb.search_count", "", "Search Count", 16), smbFindFlags, le("smb.ff2_loi", "", "Level of Interest", 16),
		le("smb.storage_type", "", "Storage Type", 32), smbText("smb.search_pattern", "Search Pattern"),
	}},
	{Of: []uint64{3}, Fields: []layer.Field{leHex("smb.qfsi_loi", "", "Level of Interest", 16)}},
	{Of: []uint64{5}, Fields: []layer.Field{le("smb.qpi_loi", "", "Level of Interest", 16), smbReserved("4"), smbText("smb.file", "File Name")}},
}
