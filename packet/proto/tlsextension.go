package proto

import "github.com/netwright/netwright/packet/layer"

// tlsExtensions are a message's extensions (RFC 8446 section 4.2).
var tlsExtensions = []layer.Field{
	{Name: "tls.handshake.extensions_length", Alias: "extslen", Title: "Extensions Length", Bits: 16},
	{Kind: layer.Group, Len: "extslen", Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Len: "rest < 4 ? 4 : u16(2) + 4", Sub: []layer.Field{
		{Name: "tls.handshake.extension.type", Alias: "exttype", Title: "Type", Bits: 16, Enum: tlsExtensionTypes},
		{Name: "tls.handshake.extension.len", Alias: "extlen", Title: "Length", Bits: 16},
	}, Switch: "exttype", Cases: []layer.Case{
		tlsExtension(0, tlsServerName),
		tlsExtension(1, []layer.Field{{Name: "tls.handshake.max_fragment_length", Title: "Maximum Fragment Length", Bits: 8}}),
		tlsExtension(5, tlsStatusRequest),
		tlsExtension(10, []layer.Field{
			{Name: "tls.handshake.extensions_supported_groups_length", Alias: "groupslen", Title: "Supported Groups List Length", Bits: 16},
			{Name: "tls.handshake.extensions_supported_groups", Title: "Supported Groups List", Kind: layer.Group, Len: "groupslen", Sub: []layer.Field{
				{Name: "tls.handshake.extensions_supported_group", Alias: "groups", Title: "Supported Group", Bits: 16, Base: layer.Hex, Enum: tlsGroups, Repeat: "*"},
			}},
		}),
		tlsExtension(11, []layer.Field{
			{Name: "tls.handshake.extensions_ec_point_formats_length", Alias: "formatslen", Title: "EC point formats Length", Bits: 8},
			{Name: "tls.handshake.extensions_ec_point_formats", Title: "EC point formats", Kind: layer.Group, Len: "formatslen", Sub: []layer.Field{
				{Name: "tls.handshake.extensions_ec_point_format", Title: "EC point format", Bits: 8, Repeat: "*", Enum: layer.Enum{
					0: "uncompressed", 1: "ansiX962_compressed_prime", 2: "ansiX962_compressed_char2",
				}},
			}},
		}),
		tlsExtension(13, []layer.Field{
			{Name: "tls.handshake.sig_hash_alg_len", Alias: "algslen", Title: "Signature Hash Algorithms Length", Bits: 16},
			{Name: "tls.handshake.sig_hash_algs", Title: "Signature Algorithms", Kind: layer.Group, Len: "algslen", Sub: []layer.Field{tlsSignatureScheme("*")}},
		}, 50, 34),
		tlsExtension(15, []layer.Field{{Name: "tls.handshake.extension.heartbeat.mode", Title: "Mode", Bits: 8}}),
		tlsExtension(16, []layer.Field{
			{Name: "tls.handshake.extensions_alpn_len", Alias: "alpnlen", Title: "ALPN Extension Length", Bits: 16},
			{Name: "tls.handshake.extensions_alpn_list", Title: "ALPN Protocol", Kind: layer.Group, Len: "alpnlen", Sub: tlsNames("tls.handshake.extensions_alpn_str", "alpn", "ALPN Next Protocol")},
		}),
		tlsExtension(17, []layer.Field{{Name: "tls.handshake.extensions_status_request_list_len", Title: "Certificate Status List Length", Bits: 16}}),
		tlsExtension(18, tlsTimestamps),
		tlsExtension(21, []layer.Field{{Name: "tls.handshake.extensions_padding_data", Title: "Padding Data", Kind: layer.Bytes}}),
		tlsExtension(23, nil, 14, 22, 42, 0xFFCE),
		tlsExtension(27, []layer.Field{
			{Name: "tls.compress_certificate.algorithms_length", Alias: "compressionslen", Title: "Algorithms Length", Bits: 8},
			{Name: "tls.compress_certificate.algorithm", Title: "Algorithm", Bits: 16, Repeat: "compressionslen / 2", Enum: layer.Enum{1: "zlib", 2: "brotli", 3: "zstd"}},
		}),
		tlsExtension(28, []layer.Field{{Name: "tls.record_size_limit", Title: "Record Size Limit", Bits: 16}}),
		tlsExtension(41, tlsPSK),
		tlsExtension(43, []layer.Field{
			{Name: "tls.handshake.extensions.supported_versions_len", Alias: "versionslen", Title: "Supported Versions length", Bits: 8, When: "msgtype == 1"},
			{Name: "tls.handshake.extensions.supported_version", Alias: "versions", Title: "Supported Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions, Repeat: "msgtype == 1 ? versionslen / 2 : 1"},
		}),
		tlsExtension(44, []layer.Field{
			{Name: "tls.handshake.extensions.cookie_len", Alias: "cookielen", Title: "Cookie length", Bits: 16},
			{Name: "tls.handshake.extensions.cookie", Title: "Cookie", Kind: layer.Bytes, Len: "cookielen"},
		}),
		tlsExtension(45, []layer.Field{
			{Name: "tls.extension.psk_ke_modes_length", Alias: "modeslen", Title: "PSK Key Exchange Modes Length", Bits: 8},
			{Name: "tls.extension.psk_ke_mode", Title: "PSK Key Exchange Mode", Bits: 8, Repeat: "modeslen", Enum: layer.Enum{0: "PSK-only key establishment", 1: "PSK with (EC)DHE key establishment"}},
		}),
		tlsExtension(51, tlsKeyShare, 40),
		tlsExtension(57, quicParameters, 0xFFA5),
		tlsExtension(13172, tlsNames("tls.handshake.extensions_npn", "npn", "Next Protocol")),
		tlsExtension(17513, []layer.Field{
			{Kind: layer.Group, When: "msgtype == 1", Sub: []layer.Field{
				{Name: "tls.handshake.extensions_alps_len", Alias: "alpslen", Title: "ALPS Extension Length", Bits: 16},
				{Name: "tls.handshake.extensions_alps_alpn_list", Title: "Supported ALPN List", Kind: layer.Group, Len: "alpslen", Sub: tlsNames("tls.handshake.extensions_alps_alpn_str", "alps", "Supported ALPN")},
			}},
		}),
		tlsExtension(65281, []layer.Field{
			{Name: "tls.handshake.extensions_reneg_info_len", Alias: "renegotiationlen", Title: "Renegotiation info extension length", Bits: 8},
			{Name: "tls.handshake.extensions_reneg_info", Title: "Renegotiation info", Kind: layer.Bytes, Len: "renegotiationlen", When: "renegotiationlen > 0"},
		}),
		{Fields: []layer.Field{{Name: "tls.handshake.extension.data", Title: "Data", Kind: layer.Bytes}}},
	}}}},
}

// tlsExtension is the content of an extension, which may be empty in messages of
// one direction.
func tlsExtension(of uint64, fields []layer.Field, more ...uint64) layer.Case {
	return layer.Case{Of: append(more, of), Fields: []layer.Field{{Kind: layer.Group, When: "extlen > 0", Sub: fields}}}
}

// tlsNames are texts, each with its length before it.
func tlsNames(name, alias, title string) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: name + "_len", Alias: alias + "strlen", Title: title + " Length", Bits: 8},
		{Name: name, Alias: alias, Title: title, Kind: layer.String, Len: alias + "strlen"},
	}}}
}

// tlsServerName is RFC 6066 section 3.
var tlsServerName = []layer.Field{
	{Name: "tls.handshake.extensions_server_name_list_len", Alias: "snilistlen", Title: "Server Name list length", Bits: 16},
	{Kind: layer.Group, Len: "snilistlen", Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "tls.handshake.extensions_server_name_type", Title: "Server Name Type", Bits: 8, Enum: layer.Enum{0: "host_name"}},
		{Name: "tls.handshake.extensions_server_name_len", Alias: "snilen", Title: "Server Name length", Bits: 16},
		{Name: "tls.handshake.extensions_server_name", Alias: "sni", Title: "Server Name", Kind: layer.String, Len: "snilen"},
	}}}},
}

// tlsStatusRequest is RFC 6066 section 8. Certificates in TLS 1.3 carry an answer
// in it.
var tlsStatusRequest = []layer.Field{
	{Name: "tls.handshake.extensions_status_request_type", Title: "Certificate Status Type", Bits: 8, Enum: layer.Enum{1: "OCSP"}},
	{Kind: layer.Group, When: "msgtype == 1", Sub: []layer.Field{
		{Name: "tls.handshake.extensions_status_request_responder_ids_len", Alias: "responderslen", Title: "Responder ID list Length", Bits: 16},
		{Kind: layer.Bytes, Len: "responderslen"},
		{Name: "tls.handshake.extensions_status_request_exts_len", Title: "Request Extensions Length", Bits: 16},
	}},
}

// tlsTimestamps are those of certificate transparency (RFC 6962 section 3.3).
var tlsTimestamps = []layer.Field{
	{Name: "tls.sct.scts_length", Alias: "sctslen", Title: "Serialized SCT List Length", Bits: 16},
	{Kind: layer.Group, Len: "sctslen", Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "tls.sct.sct_length", Title: "Serialized SCT Length", Bits: 16},
		{Name: "tls.sct.sct_version", Title: "SCT Version", Bits: 8},
		{Name: "tls.sct.sct_logid", Title: "Log ID", Kind: layer.Bytes, Len: "32"},
		{Bits: 64},
		{Name: "tls.sct.sct_extensions_length", Alias: "sctextslen", Title: "Extensions length", Bits: 16},
		{Kind: layer.Bytes, Len: "sctextslen"},
		tlsSignatureScheme(""),
		{Name: "tls.sct.sct_signature_length", Alias: "sctsiglen", Title: "Signature Length", Bits: 16},
		{Name: "tls.sct.sct_signature", Title: "Signature", Kind: layer.Bytes, Len: "sctsiglen"},
	}}}},
}

// tlsPSK is RFC 8446 section 4.2.11.
var tlsPSK = []layer.Field{
	{Name: "tls.handshake.extensions.psk.identity.selected", Title: "Selected Identity", Bits: 16, When: "msgtype == 2"},
	{Kind: layer.Group, When: "msgtype == 1", Sub: []layer.Field{
		{Name: "tls.handshake.extensions.psk.identities.length", Alias: "identitieslen", Title: "Identities Length", Bits: 16},
		{Kind: layer.Group, Len: "identitieslen", Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "tls.handshake.extensions.psk.identity.identity_length", Alias: "identitylen", Title: "Identity Length", Bits: 16},
			{Name: "tls.handshake.extensions.psk.identity.identity", Title: "Identity", Kind: layer.Bytes, Len: "identitylen"},
			{Name: "tls.handshake.extensions.psk.identity.obfuscated_ticket_age", Title: "Obfuscated Ticket Age", Bits: 32},
		}}}},
		{Name: "tls.handshake.extensions.psk.binders_len", Alias: "binderslen", Title: "PSK Binders length", Bits: 16},
		{Name: "tls.handshake.extensions.psk.binders", Title: "PSK Binders", Kind: layer.Group, Len: "binderslen"},
	}},
}

// tlsKeyShare is RFC 8446 section 4.2.8.
var tlsKeyShare = []layer.Field{
	{Name: "tls.handshake.extensions_key_share_client_length", Title: "Client Key Share Length", Bits: 16, When: "msgtype == 1"},
	{Name: "tls.handshake.extensions_key_share_selected_group", Title: "Selected Group", Bits: 16, Enum: tlsGroups, When: "msgtype == 2 && extlen == 2 || msgtype == 6"},
	{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "tls.handshake.extensions_key_share_group", Title: "Group", Bits: 16, Enum: tlsGroups},
		{Name: "tls.handshake.extensions_key_share_key_exchange_length", Alias: "sharelen", Title: "Key Exchange Length", Bits: 16},
		{Name: "tls.handshake.extensions_key_share_key_exchange", Title: "Key Exchange", Kind: layer.Bytes, Len: "sharelen"},
	}},
}
