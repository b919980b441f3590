package proto

import "github.com/netwright/netwright/packet/layer"

// tlsMessages are the handshake messages of a record. What has not the form of
// one is encrypted, or the continuation of one that began in a record before.
var tlsMessages = []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
	{Calc: tlsMessageHere, Alias: "plain", Bits: 1},
	{Name: "tls.handshake", Title: "Handshake Protocol", Kind: layer.Group, When: "plain", Len: "u24(1) + 4", Sub: tlsHandshake},
	{Name: "tls.handshake", Title: "Handshake Protocol", Kind: layer.Group, When: "!plain", Len: "rest"},
}}}

// tlsMessageHere tells whether a message begins here that is known and whole. The
// nonce of an encrypted one may look like a HelloRequest, which comes alone.
const tlsMessageHere = "u8(0) <= 25 && (1 << u8(0) & 0x3E1F97F) != 0 && u24(1) + 4 <= rest && (u8(0) != 0 || rest == 4)"

// tlsHandshake is one message (RFC 8446 section 4, RFC 5246 section 7.4).
var tlsHandshake = []layer.Field{
	{Name: "tls.handshake.type", Alias: "msgtype", Title: "Handshake Type", Bits: 8, Enum: tlsHandshakeTypes},
	{Name: "tls.handshake.length", Alias: "msglen", Title: "Length", Bits: 24},
	{Kind: layer.Group, When: "msgtype == 1", Len: "rest", Sub: tlsClientHello},
	{Kind: layer.Group, When: "msgtype == 2", Len: "rest", Sub: tlsServerHello},
	{Kind: layer.Group, When: "msgtype == 12", Len: "rest", Sub: tlsServerKeyExchange},
	{Kind: layer.Group, Len: "rest", Switch: "msgtype", Cases: []layer.Case{
		{Of: []uint64{4}, Fields: tlsTicket},
		{Of: []uint64{6, 8}, Fields: tlsExtensions},
		{Of: []uint64{11}, Fields: tlsCertificates},
		{Of: []uint64{22}, Fields: []layer.Field{
			{Name: "tls.handshake.extensions_status_request_type", Title: "Certificate Status Type", Bits: 8, Enum: layer.Enum{1: "OCSP", 2: "OCSP Multi"}},
			{Name: "tls.handshake.ocsp_response_len", Title: "OCSP Response Length", Bits: 24},
		}},
	}},
}

var tlsClientHello = []layer.Field{
	{Name: "tls.handshake.version", Title: "Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions},
	{Name: "tls.handshake.random", Alias: "random", Title: "Random", Kind: layer.Bytes, Len: "32"},
	{Name: "tls.handshake.session_id_length", Alias: "sidlen", Title: "Session ID Length", Bits: 8},
	{Name: "tls.handshake.session_id", Alias: "sid", Title: "Session ID", Kind: layer.Bytes, Len: "sidlen", When: "sidlen > 0"},
	{Name: "tls.handshake.cipher_suites_length", Alias: "cipherslen", Title: "Cipher Suites Length", Bits: 16},
	{Name: "tls.handshake.ciphersuites", Title: "Cipher Suites", Kind: layer.Group, Len: "cipherslen", Sub: []layer.Field{
		{Name: "tls.handshake.ciphersuite", Alias: "ciphers", Title: "Cipher Suite", Bits: 16, Base: layer.Hex, Enum: tlsCipherSuites, Repeat: "*"},
	}},
	{Name: "tls.handshake.comp_methods_length", Alias: "complen", Title: "Compression Methods Length", Bits: 8},
	{Name: "tls.handshake.comp_methods", Title: "Compression Methods", Kind: layer.Group, Len: "complen", When: "complen > 0", Sub: []layer.Field{
		{Name: "tls.handshake.comp_method", Alias: "comp", Title: "Compression Method", Bits: 8, Enum: tlsCompressions, Repeat: "*"},
	}},
	{Kind: layer.Group, When: "rest > 0", Sub: tlsExtensions},
	{Kind: layer.Group, At: "0", Code: showClientPrint, Sub: []layer.Field{
		{Name: "tls.handshake.ja3_full", Title: "JA3 Fullstring", Kind: layer.String},
		{Name: "tls.handshake.ja3", Title: "JA3", Kind: layer.String},
		{Name: "tls.handshake.ja4", Title: "JA4", Kind: layer.String},
	}},
}

// tlsServerHello has neither a session nor a compression in the drafts of TLS 1.3.
var tlsServerHello = []layer.Field{
	{Name: "tls.handshake.version", Alias: "serverversion", Title: "Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions},
	{Name: "tls.handshake.random", Title: "Random", Kind: layer.Bytes, Len: "32"},
	{Kind: layer.Group, When: "serverversion >> 8 != 0x7F", Sub: []layer.Field{
		{Name: "tls.handshake.session_id_length", Alias: "serversidlen", Title: "Session ID Length", Bits: 8},
		{Name: "tls.handshake.session_id", Title: "Session ID", Kind: layer.Bytes, Len: "serversidlen", When: "serversidlen > 0"},
	}},
	{Name: "tls.handshake.ciphersuite", Alias: "cipher", Title: "Cipher Suite", Bits: 16, Base: layer.Hex, Enum: tlsCipherSuites},
	{Name: "tls.handshake.comp_method", Title: "Compression Method", Bits: 8, Enum: tlsCompressions, When: "serverversion >> 8 != 0x7F"},
	{Kind: layer.Group, When: "rest > 0", Sub: tlsExtensions},
	{Kind: layer.Group, At: "0", Code: showServerPrint, Sub: []layer.Field{
		{Name: "tls.handshake.ja3s_full", Title: "JA3S Fullstring", Kind: layer.String},
		{Name: "tls.handshake.ja3s", Title: "JA3S", Kind: layer.String},
	}},
}

// tlsServerKeyExchange can be read when the ServerHello has come before it in the
// same packet, and the key exchange is one with elliptic curves (RFC 8422 section
// 5.4) or plain Diffie-Hellman (RFC 5246 section 7.4.3).
var tlsServerKeyExchange = []layer.Field{
	{Kind: layer.Group, When: "cipher >> 8 >= 0xC0 && cipher >> 8 <= 0xCC && u8(0) == 3", Sub: append([]layer.Field{
		{Name: "tls.handshake.server_curve_type", Title: "Curve Type", Bits: 8, Base: layer.Hex, Enum: layer.Enum{3: "named_curve"}},
		{Name: "tls.handshake.server_named_curve", Title: "Named Curve", Bits: 16, Base: layer.Hex, Enum: tlsGroups},
		{Name: "tls.handshake.server_point_len", Alias: "pointlen", Title: "Pubkey Length", Bits: 8},
		{Name: "tls.handshake.server_point", Title: "Pubkey", Kind: layer.Bytes, Len: "pointlen"},
	}, tlsSignature...)},
	{Kind: layer.Group, When: "cipher == 0x33 || cipher == 0x39 || cipher == 0x16 || cipher == 0x67 || cipher == 0x6B || cipher == 0x9E || cipher == 0x9F || cipher == 0x45 || cipher == 0x88", Sub: append([]layer.Field{
		{Name: "tls.handshake.p_len", Alias: "plen", Title: "p Length", Bits: 16},
		{Name: "tls.handshake.p", Title: "p", Kind: layer.Bytes, Len: "plen"},
		{Name: "tls.handshake.g_len", Alias: "glen", Title: "g Length", Bits: 16},
		{Name: "tls.handshake.g", Title: "g", Kind: layer.Bytes, Len: "glen"},
		{Name: "tls.handshake.ys_len", Alias: "yslen", Title: "Pubkey Length", Bits: 16},
		{Name: "tls.handshake.ys", Title: "Pubkey", Kind: layer.Bytes, Len: "yslen"},
	}, tlsSignature...)},
}

var tlsSignature = []layer.Field{
	{Kind: layer.Group, When: "serverversion == 0x0303 || serverversion == 0xFEFD", Sub: []layer.Field{tlsSignatureScheme("")}},
	{Name: "tls.handshake.sig_len", Alias: "siglen", Title: "Signature Length", Bits: 16},
	{Name: "tls.handshake.sig", Title: "Signature", Kind: layer.Bytes, Len: "siglen"},
}

func tlsSignatureScheme(repeat string) layer.Field {
	return layer.Field{Name: "tls.handshake.sig_hash_alg", Title: "Signature Algorithm", Bits: 16, Base: layer.Hex, Enum: tlsSignatureSchemes, Tight: true, Repeat: repeat, Sub: []layer.Field{
		{Name: "tls.handshake.sig_hash_hash", Title: "Signature Hash Algorithm Hash", Bits: 8},
		{Name: "tls.handshake.sig_hash_sig", Title: "Signature Hash Algorithm Signature", Bits: 8},
	}}
}

var tlsTicket = []layer.Field{
	{Name: "tls.handshake.session_ticket_lifetime_hint", Title: "Session Ticket Lifetime Hint", Bits: 32},
	{Name: "tls.handshake.session_ticket_length", Alias: "ticketlen", Title: "Session Ticket Length", Bits: 16},
	{Name: "tls.handshake.session_ticket", Title: "Session Ticket", Kind: layer.Bytes, Len: "ticketlen"},
}

var tlsCertificates = []layer.Field{
	{Name: "tls.handshake.certificates_length", Alias: "certslen", Title: "Certificates Length", Bits: 24},
	{Name: "tls.handshake.certificates", Title: "Certificates", Kind: layer.Group, Len: "certslen", When: "certslen > 0", Sub: []layer.Field{
		{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "tls.handshake.certificate_length", Alias: "certlen", Title: "Certificate Length", Bits: 24},
			{Name: "tls.handshake.certificate", Alias: "cert", Title: "Certificate", Kind: layer.Bytes, Len: "certlen"},
		}},
	}},
}

var tlsHandshakeTypes = layer.Enum{
	0: "Hello Request", 1: "Client Hello", 2: "Server Hello", 3: "Hello Verify Request", 4: "New Session Ticket", 5: "End Of Early Data",
	6: "Hello Retry Request", 8: "Encrypted Extensions", 11: "Certificate", 12: "Server Key Exchange", 13: "Certificate Request",
	14: "Server Hello Done", 15: "Certificate Verify", 16: "Client Key Exchange", 20: "Finished", 21: "Certificate URL",
	22: "Certificate Status", 23: "Supplemental Data", 24: "Key Update", 25: "Compressed Certificate",
}

var tlsCompressions = layer.Enum{0: "null", 1: "DEFLATE", 64: "LZS"}
