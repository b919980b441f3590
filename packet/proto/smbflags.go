package proto

// The flags of SMB, from MS-CIFS section 2.2 and MS-SMB section 2.2.
var (
	smbAccess = bits("smb.access_mask", "", "Access Mask", 32, "smb.access.generic_read", "smb.access.generic_write", "smb.access.generic_execute",
		"smb.access.generic_all", "", "", "smb.access.maximum_allowed", "smb.access.system_security", "", "", "", "smb.access.synchronize",
		"smb.access.write_owner", "smb.access.write_dac", "smb.access.read_control", "smb.access.delete", "", "", "", "", "", "", "",
		"smb.access.write_attributes", "smb.access.read_attributes", "smb.access.delete_child", "smb.access.execute", "smb.access.write_ea",
		"smb.access.read_ea", "smb.access.append", "smb.access.write", "smb.access.read")
	smbAttributes = bits("smb.file_attribute", "", "File Attributes", 32, "smb.file_attribute.encrypted", "smb.file_attribute.not_content_indexed",
		"smb.file_attribute.offline", "smb.file_attribute.compressed", "smb.file_attribute.reparse", "smb.file_attribute.sparse",
		"smb.file_attribute.temporary", "smb.file_attribute.normal", "smb.file_attribute.device", "smb.file_attribute.archive",
		"smb.file_attribute.directory", "smb.file_attribute.volume", "smb.file_attribute.system", "smb.file_attribute.hidden",
		"smb.file_attribute.read_only")
	smbCreateFlags   = bits("smb.create_flags", "", "Create Flags", 32, "smb.nt.create.ext", "smb.nt.create.dir", "smb.nt.create.batch_oplock", "smb.nt.create.oplock", "")
	smbCreateOptions = bits("smb.create_options", "", "Create Options", 32, "smb.nt.create_options.open_for_free_space_query", "smb.nt.create_options.open_no_recall",
		"smb.nt.create_options.open_reparse_point", "smb.nt.create_options.reserve_opfilter", "", "", "", "", "smb.nt.create_options.no_compression",
		"smb.nt.create_options.backup_intent", "smb.nt.create_options.open_by_fileid", "smb.nt.create_options.delete_on_close",
		"smb.nt.create_options.random_access", "smb.nt.create_options.eight_dot_three_only", "smb.nt.create_options.no_ea_knowledge",
		"smb.nt.create_options.complete_if_oplocked", "smb.nt.create_options.create_tree_connection", "smb.nt.create_options.non_directory",
		"smb.nt.create_options.sync_io_nonalert", "smb.nt.create_options.sync_io_alert", "smb.nt.create_options.intermediate_buffering",
		"smb.nt.create_options.sequential_only", "smb.nt.create_options.write_through", "smb.nt.create_options.directory")
	smbShare        = bits("smb.share_access", "", "Share Access", 32, "smb.share.access.delete", "smb.share.access.write", "smb.share.access.read")
	smbCapabilities = bits("smb.server_cap", "capabilities", "Capabilities", 32, "smb.server_cap.extended_security", "", "smb.server_cap.dynamic_reauth", "", "", "",
		"smb.server_cap.compressed_data", "", "smb.server_cap.unix", "", "", "", "", "", "", "smb.server_cap.lwio", "smb.server_cap.large_writex",
		"smb.server_cap.large_readx", "smb.server_cap.infolevel_passthru", "smb.server_cap.dfs", "", "", "smb.server_cap.nt_find",
		"smb.server_cap.lock_and_read", "smb.server_cap.level_2_oplocks", "smb.server_cap.nt_status", "smb.server_cap.rpc_remote_apis",
		"smb.server_cap.nt_smbs", "smb.server_cap.large_files", "smb.server_cap.unicode", "smb.server_cap.mpx_mode", "smb.server_cap.raw_mode")
	smbSearch = bits("smb.search.attribute", "", "Search Attributes", 16, "smb.search.attribute.archive", "smb.search.attribute.directory",
		"smb.search.attribute.volume", "smb.search.attribute.system", "smb.search.attribute.hidden", "smb.search.attribute.read_only")
	smbFindFlags = bits("smb.find_first2.flags", "", "Flags", 16, "smb.find_first2.flags.backup", "smb.find_first2.flags.continue", "smb.find_first2.flags.resume",
		"smb.find_first2.flags.eos", "smb.find_first2.flags.close")
	smbNotify = bits("smb.nt.notify.completion_filter", "", "Completion Filter", 32, "smb.nt.notify.stream_write", "smb.nt.notify.stream_size",
		"smb.nt.notify.stream_name", "smb.nt.notify.security", "smb.nt.notify.ea", "smb.nt.notify.creation", "smb.nt.notify.last_access",
		"smb.nt.notify.last_write", "smb.nt.notify.size", "smb.nt.notify.attributes", "smb.nt.notify.dir_name", "smb.nt.notify.file_name")
	smbTransactionFlags = bits("smb.transaction.flags", "", "Flags", 16, "smb.transaction.flags.owt", "smb.transaction.flags.dtid")
	smbConnectFlags     = bits("smb.connect.flags", "", "Flags", 16, "smb.connect.flags.extendedresp", "smb.connect.flags.extendedsig", "", "smb.connect.flags.dtid")
	smbSecurityFlags    = bits("smb.security.flags", "", "Security Flags", 8, "smb.security.flags.effective_only", "smb.security.flags.context_tracking")
)
