package proto

import "github.com/netwright/netwright/packet/layer"

// smb2NegotiateRequest is MS-SMB2 section 2.2.3.
var smb2NegotiateRequest = []layer.Field{
	le("smb2.dialect_count", "dialects", "Dialect count", 16),
	smb2SecurityMode, skip("1"), reserved("2"), smb2Capabilities,
	{Name: "smb2.client_guid", Title: "Client Guid", Kind: layer.GUID, LE: true},
	{Kind: layer.Group, Len: "8", Sub: []layer.Field{
		{Alias: "contexts", Calc: "le32(0) == 0 ? 0 : le16(4)", Bits: 16},
		{Alias: "contextoff", Calc: "le32(0)", Bits: 32},
		{Kind: layer.Group, When: "contexts > 0", Sub: []layer.Field{
			leHex("smb2.negotiate_context.offset", "", "NegotiateContextOffset", 32), le("smb2.negotiate_context.count", "", "NegotiateContextCount", 16), reserved("2"),
		}},
	}},
	{Name: "smb2.dialect", Title: "Dialect", Bits: 16, LE: true, Base: layer.Hex, Enum: smb2Dialects, Repeat: "dialects"},
	smb2Contexts,
}

// smb2NegotiateResponse is section 2.2.4.
var smb2NegotiateResponse = []layer.Field{
	smb2SecurityMode, skip("1"),
	{Name: "smb2.dialect", Alias: "dialect", Title: "Dialect", Bits: 16, LE: true, Base: layer.Hex, Enum: smb2Dialects},
	{Alias: "contexts", Calc: "dialect == 0x311 ? le16(0) : 0", Bits: 16},
	{Name: "smb2.negotiate_context.count", Title: "NegotiateContextCount", Bits: 16, LE: true, When: "dialect == 0x311"},
	{Bits: 16, When: "dialect != 0x311"},
	{Name: "smb2.server_guid", Title: "Server Guid", Kind: layer.GUID, LE: true},
	smb2Capabilities,
	le("smb2.max_trans_size", "", "Max Transaction Size", 32), le("smb2.max_read_size", "", "Max Read Size", 32), le("smb2.max_write_size", "", "Max Write Size", 32),
	fileTime("smb2.current_time", "Current Time"), fileTime("smb2.boot_time", "Boot Time"),
	leHex("smb2.olb.offset", "bloboff", "Blob Offset", 16), le("smb2.olb.length", "bloblen", "Blob Length", 16),
	{Alias: "contextoff", Calc: "le32(0)", Bits: 32},
	{Name: "smb2.negotiate_context.offset", Title: "NegotiateContextOffset", Bits: 32, LE: true, Base: layer.Hex, When: "contexts > 0"},
	smb2Blob("smb2.security_blob", "Security Blob"),
	smb2Contexts,
}

// smb2Contexts are section 2.2.3.1, each at a multiple of 8 bytes.
var smb2Contexts = layer.Field{Kind: layer.Group, At: "contextoff - 64", When: "contexts > 0", Sub: []layer.Field{
	{Kind: layer.Group, Repeat: "contexts", Sub: []layer.Field{
		leHex("smb2.negotiate_context.type", "context", "Type", 16),
		le("smb2.negotiate_context.data_length", "contextlen", "DataLength", 16), reserved("4"),
		{Kind: layer.Group, Len: "contextlen", Switch: "context", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{
				le("smb2.negotiate_context.hash_alg_count", "hashes", "HashAlgorithmCount", 16), le("smb2.negotiate_context.salt_length", "saltlen", "SaltLength", 16),
				{Name: "smb2.negotiate_context.hash_algorithm", Title: "HashAlgorithm", Bits: 16, LE: true, Base: layer.Hex, Repeat: "hashes"},
				{Name: "smb2.negotiate_context.salt", Title: "Salt", Kind: layer.Bytes, Len: "saltlen"},
			}},
			{Of: []uint64{2}, Fields: []layer.Field{
				le("smb2.negotiate_context.cipher_count", "cipherids", "CipherCount", 16),
				{Name: "smb2.negotiate_context.cipher_id", Title: "CipherId", Bits: 16, LE: true, Base: layer.Hex, Repeat: "cipherids"},
			}},
			{Of: []uint64{3}, Fields: []layer.Field{
				le("smb2.negotiate_context.comp_alg_count", "compressions", "CompressionAlgorithmCount", 16), skip("2"), skip("4"),
				{Name: "smb2.negotiate_context.comp_alg_id", Title: "CompressionAlgorithmId", Bits: 16, LE: true, Base: layer.Hex, Repeat: "compressions"},
			}},
			{Of: []uint64{5}, Fields: []layer.Field{wideText("smb2.negotiate_context.netname", "netname", "Netname", "rest")}},
			{Of: []uint64{8}, Fields: []layer.Field{
				le("smb2.negotiate_context.signing_alg_count", "signings", "SigningAlgorithmCount", 16),
				{Name: "smb2.negotiate_context.signing_id", Title: "SigningAlgorithmId", Bits: 16, LE: true, Base: layer.Hex, Repeat: "signings"},
			}},
		}},
		skip("(8 - contextlen % 8) % 8 > rest ? rest : (8 - contextlen % 8) % 8"),
	}},
}}

var smb2Dialects = layer.Enum{
	0x0202: "SMB 2.0.2", 0x0210: "SMB 2.1", 0x0222: "SMB 2.2", 0x0224: "SMB 2.2.4", 0x02FF: "SMB2 wildcard", 0x0300: "SMB 3.0",
	0x0302: "SMB 3.0.2", 0x0310: "SMB 3.1.0", 0x0311: "SMB 3.1.1",
}

// smb2TreeResponse is section 2.2.10.
var smb2TreeResponse = []layer.Field{
	{Name: "smb2.share_type", Title: "Share Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{1: "Physical disk", 2: "Named pipe", 3: "Printer"}},
	reserved("1"),
	{Name: "smb2.share_flags", Title: "Share flags", Bits: 32, LE: true, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 11},
		{Name: "smb2.share_flags.compress_data", Title: "Compressed IO", Bits: 1, Kind: layer.Bool}, {Bits: 1},
		{Name: "smb2.share_flags.identity_remoting", Title: "Identity Remoting", Bits: 1, Kind: layer.Bool}, {Bits: 2},
		{Name: "smb2.share_flags.encrypt_data", Title: "Encrypted data required", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.enable_hash_v2", Title: "Generate Hash V2", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.enable_hash_v1", Title: "Generate Hash V1", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.force_levelii_oplock", Title: "Force Level II oplock", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.access_based_dir_enum", Title: "Access Based Directory Enum", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.allow_namespace_caching", Title: "Allow Namespace Caching", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.force_shared_delete", Title: "Force Shared Delete", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.restrict_exclusive_opens", Title: "Restrict Exclusive Opens", Bits: 1, Kind: layer.Bool},
		{Bits: 6},
		{Name: "smb2.share_flags.dfs_root", Title: "DFS root", Bits: 1, Kind: layer.Bool},
		{Name: "smb2.share_flags.dfs", Title: "DFS", Bits: 1, Kind: layer.Bool},
	}},
	bits("smb2.share_caps", "", "Share Capabilities", 32, "smb2.share_caps.redirect_to_owner", "smb2.share_caps.assymetric", "smb2.share_caps.cluster",
		"smb2.share_caps.scaleout", "smb2.share_caps.continuous_availability", "smb2.share_caps.dfs", "", "", ""),
}

// smb2CreateRequest is section 2.2.13.
var smb2CreateRequest = []layer.Field{
	skip("1"), leHex("smb2.create.oplock", "", "Oplock", 8), le("smb2.impersonation.level", "", "Impersonation level", 32),
	leHex("smb2.create_flags", "", "Create Flags", 64), reserved("8"), skip("4"), smb2Attributes, skip("4"),
	le("smb2.create.disposition", "", "Disposition", 32), skip("4"),
	{Alias: "nameoff", Bits: 16, LE: true}, {Alias: "namelen", Bits: 16, LE: true},
	leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32),
	smb2Text("smb2.filename", "filename", "Filename", "nameoff", "namelen"),
}

// smb2CreateResponse is section 2.2.14.
var smb2CreateResponse = append(append([]layer.Field{
	leHex("smb2.create.oplock", "", "Oplock", 8),
	{Name: "smb2.create.rep_flags", Title: "Response Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
		{Bits: 7}, {Name: "smb2.create.rep_flags.reparse_point", Title: "ReparsePoint", Bits: 1, Kind: layer.Bool},
	}},
	le("smb2.create.action", "", "Create Action", 32),
}, smb2FileFacts...), reserved("4"), smb2FID, leHex("smb2.olb.offset", "", "Blob Offset", 32), le("smb2.olb.length", "", "Blob Length", 32))
