package proto

import "github.com/netwright/netwright/packet/layer"

// smb2Body is what follows the header. Failures have a form of their own (MS-SMB2
// section 2.2.2), but for those that ask for more, or
// say that there is more; so has the promise of an answer to come.
var smb2Body = layer.Field{Kind: layer.Group, When: "rest >= 2", Len: "rest", Sub: []layer.Field{
	{Alias: "failed", Calc: "response && status >> 30 != 0 && status != 0xC0000016 && status != 0x80000005 && le16(0) == 9 || response && status == 0x103 && cmd != 15", Bits: 1},
	{Name: "smb2.buffer_code", Title: "StructureSize", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
		{Name: "smb2.buffer_code.length", Title: "Fixed Part Length", Bits: 15},
		{Name: "smb2.buffer_code.dynamic", Title: "Dynamic Part", Bits: 1, Kind: layer.Bool},
	}},
	{Kind: layer.Group, When: "failed", Len: "rest", Sub: []layer.Field{
		le("smb2.error.context_count", "", "Error Context Count", 8),
		{Name: "smb2.error.reserved", Title: "Reserved", Bits: 8, Base: layer.Hex},
		le("smb2.error.byte_count", "errorlen", "Byte Count", 32),
		{Name: "smb2.error.data", Title: "Error Data", Kind: layer.Bytes, Len: "errorlen == 0 ? 1 : errorlen", When: "rest > 0"},
	}},
}, Switch: "failed ? 99 : response << 8 | cmd", Cases: []layer.Case{
	{Of: []uint64{0x000}, Fields: smb2NegotiateRequest},
	{Of: []uint64{0x100}, Fields: smb2NegotiateResponse},
	{Of: []uint64{0x001}, Fields: []layer.Field{
		{Name: "smb2.ses_req_flags", Title: "Flags", Bits: 8, Sub: []layer.Field{{Bits: 7}, {Name: "smb2.ses_req_flags.session_binding", Title: "Session Binding Request", Bits: 1, Kind: layer.Bool}}},
		smb2SecurityMode, smb2Capabilities,
		leHex("smb2.channel", "", "Channel", 32),
		leHex("smb2.olb.offset", "bloboff", "Blob Offset", 16), le("smb2.olb.length", "bloblen", "Blob Length", 16),
		leHex("smb2.previous_sesid", "", "Previous Session Id", 64),
		smb2Blob("smb2.security_blob", "Security Blob"),
	}},
	{Of: []uint64{0x101}, Fields: []layer.Field{
		bits("smb2.session_flags", "", "Session Flags", 16, "smb2.ses_flags.encrypt", "smb2.ses_flags.null", "smb2.ses_flags.guest"),
		leHex("smb2.olb.offset", "bloboff", "Blob Offset", 16), le("smb2.olb.length", "bloblen", "Blob Length", 16),
		smb2Blob("smb2.security_blob", "Security Blob"),
	}},
	{Of: []uint64{0x003}, Fields: []layer.Field{
		{Name: "smb2.tc.flags", Title: "Flags", Bits: 16, LE: true, Base: layer.Hex, Sub: []layer.Field{
			{Name: "smb2.tc.reserved", Title: "Reserved", Bits: 13, Base: layer.Hex},
			{Name: "smb2.tc.extension_present", Title: "Extension Present", Bits: 1, Kind: layer.Bool},
			{Name: "smb2.tc.redirect_to_owner", Title: "Redirect To Owner", Bits: 1, Kind: layer.Bool},
			{Name: "smb2.tc.cluster_reconnect", Title: "Cluster Reconnect", Bits: 1, Kind: layer.Bool},
		}},
		{Alias: "nameoff", Bits: 16, LE: true}, {Alias: "namelen", Bits: 16, LE: true},
		smb2Text("smb2.tree", "tree", "Tree", "nameoff", "namelen"),
	}},
	{Of: []uint64{0x103}, Fields: smb2TreeResponse},
	{Of: []uint64{0x005}, Fields: smb2CreateRequest},
	{Of: []uint64{0x105}, Fields: smb2CreateResponse},
	{Of: []uint64{0x006}, Fields: []layer.Field{smb2CloseFlags, skip("4"), smb2FID}},
	{Of: []uint64{0x106}, Fields: append([]layer.Field{smb2CloseFlags, reserved("4")}, smb2FileFacts...)},
	{Of: []uint64{0x008}, Fields: []layer.Field{
		{Name: "smb2.read_padding", Title: "Padding", Bits: 8},
		{Name: "smb2.read_flags", Title: "Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Bits: 6}, {Name: "smb2.read_flags.compressed", Title: "Compressed", Bits: 1, Kind: layer.Bool},
			{Name: "smb2.read_flags.unbuffered", Title: "Unbuffered", Bits: 1, Kind: layer.Bool},
		}},
		le("smb2.read_length", "", "Read Length", 32), le("smb2.file_offset", "", "File Offset", 64), smb2FID,
		le("smb2.min_count", "", "Min Count", 32), leHex("smb2.channel", "", "Channel", 32), le("smb2.remaining_bytes", "", "Remaining Bytes", 32),
	}},
	{Of: []uint64{0x108}, Fields: []layer.Field{
		skip("6"), le("smb2.read_remaining", "", "Read Remaining", 32), reserved("4"),
	}},
	{Of: []uint64{0x009}, Fields: []layer.Field{
		leHex("smb2.data_offset", "", "Data Offset", 16), le("smb2.write_length", "", "Write Length", 32),
		le("smb2.file_offset", "", "File Offset", 64), smb2FID, leHex("smb2.channel", "", "Channel", 32),
		le("smb2.remaining_bytes", "", "Remaining Bytes", 32), leHex("smb2.olb.offset", "", "Blob Offset", 16), le("smb2.olb.length", "", "Blob Length", 16),
		bits("smb2.write.flags", "", "Write Flags", 32, "smb2.write.flags.unbuffered", "smb2.write.flags.write_through"),
	}},
	{Of: []uint64{0x109}, Fields: []layer.Field{
		reserved("2"), le("smb2.write.count", "", "Write Count", 32), le("smb2.write.remaining", "", "Write Remaining", 32),
		le("smb2.channel_info_offset", "", "Channel Info Offset", 16), le("smb2.channel_info_length", "", "Channel Info Length", 16),
	}},
	{Of: []uint64{0x00B}, Fields: []layer.Field{
		reserved("2"), smb2Function, smb2FID,
		leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32), le("smb2.max_ioctl_in_size", "", "Max Ioctl In Size", 32),
		leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32), le("smb2.max_ioctl_out_size", "", "Max Ioctl Out Size", 32),
		bits("smb2.ioctl.flags", "", "Flags", 32, "smb2.ioctl.is_fsctl"), reserved("4"),
	}},
	{Of: []uint64{0x10B}, Fields: []layer.Field{
		reserved("2"), smb2Function, smb2FID,
		leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32),
		leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32),
		skip("4"), reserved("4"),
	}},
	{Of: []uint64{0x00E}, Fields: []layer.Field{
		le("smb2.find.infolevel", "", "Info Level", 8),
		{Name: "smb2.find.flags", Title: "Find Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Bits: 3},
			{Name: "smb2.find.reopen", Title: "Reopen", Bits: 1, Kind: layer.Bool}, {Bits: 1},
			{Name: "smb2.find.index_specified", Title: "Index Specified", Bits: 1, Kind: layer.Bool},
			{Name: "smb2.find.single_entry", Title: "Single Entry", Bits: 1, Kind: layer.Bool},
			{Name: "smb2.find.restart_scans", Title: "Restart Scans", Bits: 1, Kind: layer.Bool},
		}},
		leHex("smb2.file_index", "", "File Index", 32), smb2FID,
		{Alias: "nameoff", Bits: 16, LE: true}, {Alias: "namelen", Bits: 16, LE: true},
		le("smb2.output_buffer_len", "", "Output Buffer Length", 32),
		smb2Text("smb2.find.pattern", "pattern", "Search Pattern", "nameoff", "namelen"),
	}},
	{Of: []uint64{0x00F}, Fields: []layer.Field{
		bits("smb2.notify.flags", "", "Notify Flags", 16, "smb2.notify.watch_tree"), le("smb2.output_buffer_len", "", "Output Buffer Length", 32), smb2FID,
	}},
	{Of: []uint64{0x010}, Fields: []layer.Field{
		leHex("smb2.class", "class", "Class", 8),
		{Name: "smb2.file_info.infolevel", Title: "InfoLevel", Bits: 8, Base: layer.Hex, When: "class == 1"},
		{Bits: 8, When: "class != 1"},
		le("smb2.max_response_size", "", "Max Response Size", 32), leHex("smb2.getinfo_input_offset", "", "Getinfo Input Offset", 16), reserved("2"),
		le("smb2.getinfo_input_size", "", "Getinfo Input Size", 32), skip("4"), leHex("smb2.getinfo_flags", "", "Flags", 32), smb2FID,
	}},
	{Of: []uint64{0x011}, Fields: []layer.Field{
		leHex("smb2.class", "class", "Class", 8),
		{Name: "smb2.file_info.infolevel", Title: "InfoLevel", Bits: 8, Base: layer.Hex, When: "class == 1"},
		{Bits: 8, When: "class != 1"},
		le("smb2.setinfo_size", "", "Setinfo Size", 32), leHex("smb2.setinfo_offset", "", "Setinfo Offset", 16),
	}},
}}

var (
	smb2FID        = layer.Field{Name: "smb2.fid", Alias: "fid", Title: "File Id", Kind: layer.GUID, LE: true}
	smb2CloseFlags = bits("smb2.close.flags", "", "Close Flags", 16, "smb2.close.pq_attrib")
	smb2Function   = layer.Field{Name: "smb2.ioctl.function", Alias: "function", Title: "Function", Bits: 32, LE: true, Base: layer.Hex, Sub: []layer.Field{
		{Name: "smb2.ioctl.function.device", Title: "Device", Bits: 16, Base: layer.Hex},
		{Name: "smb2.ioctl.function.access", Title: "Access", Bits: 2, Base: layer.Hex},
		{Name: "smb2.ioctl.function.function", Title: "Function", Bits: 12, Base: layer.Hex},
		{Name: "smb2.ioctl.function.method", Title: "Method", Bits: 2, Base: layer.Hex},
	}}
	smb2SecurityMode = layer.Field{Name: "smb2.sec_mode", Title: "Security mode", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 6},
		{Name: "smb2.sec_mode.sign_required", Title: "Signing required", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.sec_mode.sign_enabled", Title: "Signing enabled", Bits: 1, Kind: layer.Bool},
	}}
	smb2Capabilities = bits("smb2.capabilities", "", "Capabilities", 32, "smb2.capabilities.encryption", "smb2.capabilities.directory_leasing",
		"smb2.capabilities.persistent_handles", "smb2.capabilities.multi_channel", "smb2.capabilities.large_mtu", "smb2.capabilities.leasing", "smb2.capabilities.dfs")
	smb2Attributes = bits("smb2.file_attribute", "attributes", "File Attributes", 32, "smb2.file_attribute.no_scrub_data", "",
		"smb2.file_attribute.integrity_stream", "smb2.file_attribute.encrypted", "smb2.file_attribute.not_content_indexed", "smb2.file_attribute.offline",
		"smb2.file_attribute.compressed", "smb2.file_attribute.reparse", "smb2.file_attribute.sparse", "smb2.file_attribute.temporary",
		"smb2.file_attribute.normal", "", "smb2.file_attribute.archive", "smb2.file_attribute.directory", "", "smb2.file_attribute.system",
		"smb2.file_attribute.hidden", "smb2.file_attribute.read_only")
	smb2FileFacts = []layer.Field{
		fileTime("smb2.create.time", "Create"), fileTime("smb2.last_access.time", "Last Access"),
		fileTime("smb2.last_write.time", "Last Write"), fileTime("smb2.last_change.time", "Last Change"),
		le("smb2.allocation_size", "", "Allocation Size", 64), le("smb2.eof", "", "End Of File", 64), smb2Attributes,
	}
)

// smb2Blob is what bloboff, from the message's start on, and bloblen tell of. The
// part that it is shown in begins behind the header of 64 bytes.
func smb2Blob(name, title string) layer.Field {
	return layer.Field{Name: name, Title: title, Kind: layer.Bytes, At: "bloboff - 64", Len: "bloblen", When: "bloblen > 0"}
}

func smb2Text(name, alias, title, offset, size string) layer.Field {
	return layer.Field{Kind: layer.Group, At: offset + " - 64", When: size + " > 0", Sub: []layer.Field{wideText(name, alias, title, size)}}
}
