package proto

import "github.com/netwright/netwright/packet/layer"

// dnsData is what records hold, by type.
var dnsData = []layer.Case{
	{Of: []uint64{1}, Fields: []layer.Field{{Name: "dns.a", Alias: "a", Title: "Address", Kind: layer.IPv4}}},
	{Of: []uint64{28}, Fields: []layer.Field{{Name: "dns.aaaa", Alias: "aaaa", Title: "AAAA Address", Kind: layer.IPv6}}},
	{Of: []uint64{2}, Fields: []layer.Field{domain(layer.Field{Name: "dns.ns", Title: "Name Server"})}},
	{Of: []uint64{5}, Fields: []layer.Field{domain(layer.Field{Name: "dns.cname", Title: "CNAME"})}},
	{Of: []uint64{12}, Fields: []layer.Field{domain(layer.Field{Name: "dns.ptr.domain_name", Title: "Domain Name"})}},
	{Of: []uint64{39}, Fields: []layer.Field{domain(layer.Field{Name: "dns.dname", Title: "Dname"})}},
	{Of: []uint64{7}, Fields: []layer.Field{domain(layer.Field{Name: "dns.mb", Title: "MB"})}},
	{Of: []uint64{8}, Fields: []layer.Field{domain(layer.Field{Name: "dns.mg", Title: "MG"})}},
	{Of: []uint64{9}, Fields: []layer.Field{domain(layer.Field{Name: "dns.mr", Title: "MR"})}},
	{Of: []uint64{10}, Fields: []layer.Field{{Name: "dns.null", Title: "Null (data)", Kind: layer.Bytes}}},
	{Of: []uint64{6}, Fields: []layer.Field{ // RFC 1035 section 3.3.13
		domain(layer.Field{Name: "dns.soa.mname", Alias: "mname", Title: "Primary name server"}),
		domain(layer.Field{Name: "dns.soa.rname", Alias: "rname", Title: "Responsible authority's mailbox"}),
		{Name: "dns.soa.serial_number", Alias: "serial", Title: "Serial Number", Bits: 32},
		{Name: "dns.soa.refresh_interval", Alias: "refresh", Title: "Refresh Interval", Bits: 32},
		{Name: "dns.soa.retry_interval", Alias: "retry", Title: "Retry Interval", Bits: 32},
		{Name: "dns.soa.expire_limit", Alias: "expire", Title: "Expire limit", Bits: 32},
		{Name: "dns.soa.minimum_ttl", Alias: "minimum", Title: "Minimum TTL", Bits: 32},
	}},
	{Of: []uint64{11}, Fields: []layer.Field{
		{Name: "dns.wks.address", Title: "Address", Kind: layer.IPv4},
		{Name: "dns.wks.protocol", Title: "Protocol", Bits: 8, Enum: ipProtocols},
	}},
	{Of: []uint64{13}, Fields: []layer.Field{
		{Name: "dns.hinfo.cpu_length", Title: "CPU Length", Bits: 8},
		{Name: "dns.hinfo.cpu", Title: "CPU", Kind: layer.String, Len: "cpu_length"},
		{Name: "dns.hinfo.os_length", Title: "OS Length", Bits: 8},
		{Name: "dns.hinfo.os", Title: "OS", Kind: layer.String, Len: "os_length"},
	}},
	{Of: []uint64{14}, Fields: []layer.Field{
		domain(layer.Field{Name: "dns.minfo.r", Title: "Responsible Mailbox"}),
		domain(layer.Field{Name: "dns.minfo.e", Title: "Error Mailbox"}),
	}},
	{Of: []uint64{15}, Fields: []layer.Field{
		{Name: "dns.mx.preference", Alias: "preference", Title: "Preference", Bits: 16},
		domain(layer.Field{Name: "dns.mx.mail_exchange", Alias: "exchange", Title: "Mail Exchange"}),
	}},
	{Of: []uint64{16}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "dns.txt.length", Title: "TXT Length", Bits: 8},
		{Name: "dns.txt", Title: "TXT", Kind: layer.String, Len: "length"},
	}}}},
	{Of: []uint64{99}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "dns.spf.length", Title: "SPF Length", Bits: 8},
		{Name: "dns.spf", Title: "SPF", Kind: layer.String, Len: "length"},
	}}}},
	{Of: []uint64{17}, Fields: []layer.Field{
		domain(layer.Field{Name: "dns.rp.mailbox", Title: "Mailbox"}),
		domain(layer.Field{Name: "dns.rp.txt_rr", Title: "TXT RR"}),
	}},
	{Of: []uint64{18}, Fields: []layer.Field{
		{Name: "dns.afsdb.subtype", Title: "Subtype", Bits: 16},
		domain(layer.Field{Name: "dns.afsdb.hostname", Title: "Hostname"}),
	}},
	{Of: []uint64{29}, Fields: []layer.Field{ // RFC 1876
		{Name: "dns.loc.version", Title: "Version", Bits: 8},
		{Name: "dns.loc.size", Title: "Size", Bits: 8},
		{Name: "dns.loc.horizontal_precision", Title: "Horizontal Precision", Bits: 8},
		{Name: "dns.loc.vertical_precision", Title: "Vertical Precision", Bits: 8},
		{Name: "dns.loc.latitude", Title: "Latitude", Bits: 32},
		{Name: "dns.loc.longitude", Title: "Longitude", Bits: 32},
		{Name: "dns.loc.altitude", Title: "Altitude", Bits: 32},
	}},
	{Of: []uint64{33}, Fields: []layer.Field{ // RFC 2782
		{Name: "dns.srv.priority", Alias: "priority", Title: "Priority", Bits: 16},
		{Name: "dns.srv.weight", Alias: "weight", Title: "Weight", Bits: 16},
		{Name: "dns.srv.port", Alias: "port", Title: "Port", Bits: 16},
		domain(layer.Field{Name: "dns.srv.target", Alias: "target", Title: "Target"}),
	}},
	{Of: []uint64{35}, Fields: []layer.Field{ // RFC 3403 section 4.1
		{Name: "dns.naptr.order", Title: "Order", Bits: 16},
		{Name: "dns.naptr.preference", Title: "Preference", Bits: 16},
		{Name: "dns.naptr.flags_length", Title: "Flags Length", Bits: 8},
		{Name: "dns.naptr.flags", Title: "Flags", Kind: layer.String, Len: "flags_length"},
		{Name: "dns.naptr.service_length", Title: "Service Length", Bits: 8},
		{Name: "dns.naptr.service", Title: "Service", Kind: layer.String, Len: "service_length"},
		{Name: "dns.naptr.regex_length", Title: "Regex Length", Bits: 8},
		{Name: "dns.naptr.regex", Title: "Regex", Kind: layer.String, Len: "regex_length"},
		{Name: "dns.naptr.replacement_length", Title: "Replacement Length", Calc: "rest"},
		domain(layer.Field{Name: "dns.naptr.replacement", Title: "Replacement"}),
	}},
	{Of: []uint64{37}, Fields: []layer.Field{
		{Name: "dns.cert.type", Title: "Type", Bits: 16},
		{Name: "dns.cert.key_tag", Title: "Key Tag", Bits: 16, Base: layer.Hex},
		{Name: "dns.cert.algorithm", Title: "Algorithm", Bits: 8, Enum: dnssecAlgorithms},
		{Name: "dns.cert.certificate", Title: "Certificate (or CRL)", Kind: layer.Bytes},
	}},
	{Of: []uint64{41}, Fields: dnsOptions},
	{Of: []uint64{43, 59, 32769}, Fields: []layer.Field{ // RFC 4034 section 5.1
		{Name: "dns.ds.key_id", Title: "Key id", Bits: 16, Base: layer.Hex},
		{Name: "dns.ds.algorithm", Title: "Algorithm", Bits: 8, Enum: dnssecAlgorithms},
		{Name: "dns.ds.digest_type", Title: "Digest Type", Bits: 8, Enum: layer.Enum{1: "SHA-1", 2: "SHA-256", 4: "SHA-384"}},
		{Name: "dns.ds.digest", Title: "Digest", Kind: layer.Bytes},
	}},
	{Of: []uint64{44}, Fields: []layer.Field{ // RFC 4255
		{Name: "dns.sshfp.algorithm", Title: "Algorithm", Bits: 8, Enum: layer.Enum{1: "RSA", 2: "DSA", 3: "ECDSA", 4: "Ed25519", 6: "Ed448"}},
		{Name: "dns.sshfp.fingerprint.type", Title: "Fingerprint type", Bits: 8, Enum: layer.Enum{1: "SHA-1", 2: "SHA-256"}},
		{Name: "dns.sshfp.fingerprint", Title: "Fingerprint", Kind: layer.Bytes, When: "rest > 0"},
	}},
	{Of: []uint64{24, 46}, Fields: []layer.Field{ // RFC 4034 section 3.1
		{Name: "dns.rrsig.type_covered", Title: "Type Covered", Bits: 16, Enum: dnsTypes},
		{Name: "dns.rrsig.algorithm", Title: "Algorithm", Bits: 8, Enum: dnssecAlgorithms},
		{Name: "dns.rrsig.labels", Title: "Labels", Bits: 8},
		{Name: "dns.rrsig.original_ttl", Title: "Original TTL", Bits: 32},
		{Name: "dns.rrsig.signature_expiration", Title: "Signature Expiration", Kind: layer.Seconds, Bits: 32},
		{Name: "dns.rrsig.signature_inception", Title: "Signature Inception", Kind: layer.Seconds, Bits: 32},
		{Name: "dns.rrsig.key_tag", Title: "Key Tag", Bits: 16},
		domain(layer.Field{Name: "dns.rrsig.signers_name", Title: "Signer's name"}),
		{Name: "dns.rrsig.signature", Title: "Signature", Kind: layer.Bytes},
	}},
	{Of: []uint64{47}, Fields: []layer.Field{ // RFC 4034 section 4.1
		domain(layer.Field{Name: "dns.nsec.next_domain_name", Title: "Next Domain Name"}),
		dnsTypeMap,
	}},
	{Of: []uint64{48, 60}, Fields: []layer.Field{ // RFC 4034 section 2.1
		{Name: "dns.dnskey.flags", Title: "Flags", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
			{Bits: 7},
			{Name: "dns.dnskey.flags.zone_key", Title: "Zone Key", Kind: layer.Bool, Bits: 1},
			{Name: "dns.dnskey.flags.key_revoked", Title: "Key Revoked", Kind: layer.Bool, Bits: 1},
			{Bits: 6},
			{Name: "dns.dnskey.flags.secure_entry_point", Title: "Key Signing Key", Kind: layer.Bool, Bits: 1},
		}},
		{Name: "dns.dnskey.protocol", Title: "Protocol", Bits: 8},
		{Name: "dns.dnskey.algorithm", Title: "Algorithm", Bits: 8, Enum: dnssecAlgorithms},
		{Name: "dns.dnskey.public_key", Title: "Public Key", Kind: layer.Bytes},
	}},
	{Of: []uint64{50}, Fields: []layer.Field{ // RFC 5155 section 3
		{Name: "dns.nsec3.algo", Title: "Hash algorithm", Bits: 8, Enum: layer.Enum{1: "SHA-1"}},
		dnsNSEC3Flags,
		{Name: "dns.nsec3.iterations", Title: "NSEC3 iterations", Bits: 16},
		{Name: "dns.nsec3.salt_length", Title: "Salt length", Bits: 8},
		{Name: "dns.nsec3.salt_value", Title: "Salt value", Kind: layer.Bytes, Len: "salt_length"},
		{Name: "dns.nsec3.hash_length", Title: "Hash length", Bits: 8},
		{Kind: layer.Group, Len: "hash_length", Code: showBase32, Sub: []layer.Field{
			{Name: "dns.nsec3.hash_value", Title: "Next hashed owner", Kind: layer.String},
		}},
		dnsTypeMap,
	}},
	{Of: []uint64{51}, Fields: []layer.Field{ // RFC 5155 section 4
		{Name: "dns.nsec3.algo", Title: "Hash algorithm", Bits: 8, Enum: layer.Enum{1: "SHA-1"}},
		{Name: "dns.nsec3.flags", Title: "NSEC3 flags", Bits: 8},
		{Name: "dns.nsec3.iterations", Title: "NSEC3 iterations", Bits: 16},
		{Name: "dns.nsec3.salt_length", Title: "Salt length", Bits: 8},
		{Name: "dns.nsec3.salt_value", Title: "Salt value", Kind: layer.Bytes, Len: "salt_length"},
	}},
	{Of: []uint64{52, 53}, Fields: []layer.Field{ // RFC 6698 section 2.1
		{Name: "dns.tlsa.certificate_usage", Title: "Certificate Usage", Bits: 8, Enum: layer.Enum{0: "PKIX-TA", 1: "PKIX-EE", 2: "DANE-TA", 3: "DANE-EE"}},
		{Name: "dns.tlsa.selector", Title: "Selector", Bits: 8, Enum: layer.Enum{0: "Cert", 1: "SPKI"}},
		{Name: "dns.tlsa.matching_type", Title: "Matching Type", Bits: 8, Enum: layer.Enum{0: "Full", 1: "SHA2-256", 2: "SHA2-512"}},
		{Name: "dns.tlsa.certificate_association_data", Title: "Certificate Association Data", Kind: layer.Bytes},
	}},
	{Of: []uint64{64, 65}, Fields: dnsService},
	{Of: []uint64{108}, Fields: []layer.Field{{Name: "dns.eui48", Title: "EUI48 Address", Kind: layer.MAC}}},
	{Of: []uint64{109}, Fields: []layer.Field{{Name: "dns.eui64", Title: "EUI64 Address", Kind: layer.EUI64}}},
	{Of: []uint64{249}, Fields: []layer.Field{ // RFC 2930 section 2
		domain(layer.Field{Name: "dns.tkey.algo_name", Title: "Algorithm name"}),
		{Name: "dns.tkey.signature_inception", Title: "Signature Inception", Kind: layer.Seconds, Bits: 32},
		{Name: "dns.tkey.signature_expiration", Title: "Signature Expiration", Kind: layer.Seconds, Bits: 32},
		{Name: "dns.tkey.mode", Title: "Mode", Bits: 16, Enum: layer.Enum{1: "Server assigned", 2: "Diffie Hellman", 3: "GSSAPI", 4: "Resolver assigned", 5: "Key deletion"}},
		{Name: "dns.tkey.error", Title: "Error", Bits: 16, Enum: dnsRcodes},
		{Name: "dns.tkey.key_size", Title: "Key Size", Bits: 16},
		{Name: "dns.tkey.key_data", Title: "Key Data", Kind: layer.Bytes, Len: "key_size", When: "key_size > 0"},
		{Name: "dns.tkey.other_size", Title: "Other Size", Bits: 16},
		{Name: "dns.tkey.other_data", Title: "Other Data", Kind: layer.Bytes, Len: "other_size", When: "other_size > 0"},
	}},
	{Of: []uint64{250}, Fields: []layer.Field{ // RFC 8945 section 4.2
		domain(layer.Field{Name: "dns.tsig.algorithm_name", Title: "Algorithm Name"}),
		{Name: "dns.tsig.time_signed", Title: "Time Signed", Kind: layer.Seconds, Bits: 48},
		{Name: "dns.tsig.fudge", Title: "Fudge", Bits: 16},
		{Name: "dns.tsig.mac_size", Title: "MAC Size", Bits: 16},
		{Name: "dns.tsig.mac", Title: "MAC", Kind: layer.Bytes, Len: "mac_size", When: "mac_size > 0"},
		{Name: "dns.tsig.original_id", Title: "Original Id", Bits: 16},
		{Name: "dns.tsig.error", Title: "Error", Bits: 16, Enum: dnsRcodes},
		{Name: "dns.tsig.other_len", Title: "Other Len", Bits: 16},
		{Name: "dns.tsig.other_data", Title: "Other Data", Kind: layer.Bytes, Len: "other_len", When: "other_len > 0"},
	}},
	{Of: []uint64{257}, Fields: []layer.Field{ // RFC 8659 section 4.1
		{Name: "dns.caa.flags", Title: "CAA Flags", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "dns.caa.flags.issuer_critical", Title: "Issuer Critical", Kind: layer.Bool, Bits: 1},
			{Bits: 7},
		}},
		{Name: "dns.caa.tag_length", Title: "Tag length", Bits: 8},
		{Name: "dns.caa.tag", Title: "Tag", Kind: layer.String, Len: "tag_length"},
		{Name: "dns.caa.value", Title: "Value", Kind: layer.String},
	}},
}

var dnsNSEC3Flags = layer.Field{Name: "dns.nsec3.flags", Title: "NSEC3 flags", Bits: 8, Sub: []layer.Field{
	{Bits: 7},
	{Name: "dns.nsec3.flags.opt_out", Title: "NSEC3 Opt-out flag", Kind: layer.Bool, Bits: 1},
}}

var dnsTypeMap = layer.Field{Kind: layer.Group, Code: readTypes, Sub: []layer.Field{
	{Name: "dns.resp.type", Title: "RR type in bit map", Bits: 16, Enum: dnsTypes},
}}

// dnsOptions are those of EDNS (RFC 6891 section 6.1.2).
var dnsOptions = []layer.Field{{Name: "dns.opt", Title: "Option", Kind: layer.Group, Repeat: "*", Len: "u16(2) + 4", Sub: []layer.Field{
	{Name: "dns.opt.code", Alias: "optcode", Title: "Option Code", Bits: 16, Enum: layer.Enum{
		1: "LLQ", 2: "Update Lease", 3: "NSID", 5: "DAU", 6: "DHU", 7: "N3U", 8: "edns-client-subnet", 9: "EDNS EXPIRE", 10: "COOKIE",
		11: "edns-tcp-keepalive", 12: "Padding", 13: "CHAIN", 14: "edns-key-tag", 15: "Extended DNS Error",
	}},
	{Name: "dns.opt.len", Alias: "optlen", Title: "Option Length", Bits: 16},
	{Name: "dns.opt.data", Title: "Option Data", Kind: layer.Bytes, At: "4"},
}, Switch: "optcode", Cases: []layer.Case{
	{Of: []uint64{5}, Fields: []layer.Field{{Name: "dns.opt.dau", Title: "DAU", Bits: 8, Repeat: "*", Enum: dnssecAlgorithms}}},
	{Of: []uint64{6}, Fields: []layer.Field{{Name: "dns.opt.dhu", Title: "DHU", Bits: 8, Repeat: "*"}}},
	{Of: []uint64{7}, Fields: []layer.Field{{Name: "dns.opt.n3u", Title: "N3U", Bits: 8, Repeat: "*"}}},
	{Of: []uint64{8}, Fields: []layer.Field{ // RFC 7871 section 6
		{Name: "dns.opt.client.family", Title: "Family", Bits: 16, Enum: layer.Enum{1: "IPv4", 2: "IPv6"}},
		{Name: "dns.opt.client.netmask", Title: "Source Netmask", Bits: 8},
		{Name: "dns.opt.client.scope", Title: "Scope Netmask", Bits: 8},
		{Kind: layer.Group, Code: showSubnet, Sub: []layer.Field{
			{Name: "dns.opt.client.addr4", Title: "Client Subnet", Kind: layer.IPv4},
			{Name: "dns.opt.client.addr6", Title: "Client Subnet", Kind: layer.IPv6},
		}},
	}},
	{Of: []uint64{10}, Fields: []layer.Field{ // RFC 7873 section 4
		{Name: "dns.opt.cookie.client", Title: "Client Cookie", Kind: layer.Bytes, Len: "8"},
		{Name: "dns.opt.cookie.server", Title: "Server Cookie", Kind: layer.Bytes},
	}},
	{Of: []uint64{11}, Fields: []layer.Field{
		{Name: "dns.opt.edns_tcp_keepalive.timeout", Title: "Timeout", Bits: 16, When: "rest > 1"},
	}},
	{Of: []uint64{12}, Fields: []layer.Field{{Name: "dns.opt.padding", Title: "Padding", Kind: layer.Bytes}}},
	{Of: []uint64{15}, Fields: []layer.Field{ // RFC 8914
		{Name: "dns.opt.ext_error.info_code", Title: "Info Code", Bits: 16},
		{Name: "dns.opt.ext_error.extra_text", Title: "Extra Text", Kind: layer.String, When: "rest > 0"},
	}},
}}}

// dnsService is the data of SVCB and HTTPS (RFC 9460 section 2.2).
var dnsService = []layer.Field{
	{Name: "dns.svcb.svcpriority", Title: "SvcPriority", Bits: 16},
	domain(layer.Field{Name: "dns.svcb.targetname", Title: "TargetName"}),
	{Name: "dns.svcb.svcparam", Title: "SvcParam", Kind: layer.Group, Repeat: "*", Len: "u16(2) + 4", Sub: []layer.Field{
		{Name: "dns.svcb.svcparam.key", Alias: "svckey", Title: "SvcParamKey", Bits: 16, Enum: layer.Enum{
			0: "mandatory", 1: "alpn", 2: "no-default-alpn", 3: "port", 4: "ipv4hint", 5: "ech", 6: "ipv6hint", 7: "dohpath", 8: "ohttp",
		}},
		{Name: "dns.svcb.svcparam.value.length", Title: "SvcParamValue length", Bits: 16},
	}, Switch: "svckey", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{{Name: "dns.svcb.svcparam.mandatory.key", Title: "Mandatory key", Bits: 16, Repeat: "*"}}},
		{Of: []uint64{1}, Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
			{Name: "dns.svcb.svcparam.alpn.length", Alias: "alpnlen", Title: "ALPN length", Bits: 8},
			{Name: "dns.svcb.svcparam.alpn", Title: "ALPN", Kind: layer.String, Len: "alpnlen"},
		}}}},
		{Of: []uint64{2}},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "dns.svcb.svcparam.port", Title: "Port", Bits: 16}}},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "dns.svcb.svcparam.ipv4hint.ip", Title: "IP", Kind: layer.IPv4, Repeat: "*"}}},
		{Of: []uint64{5}, Fields: []layer.Field{{Name: "dns.svcb.svcparam.echconfig", Title: "ECHConfig", Kind: layer.Bytes}}},
		{Of: []uint64{6}, Fields: []layer.Field{{Name: "dns.svcb.svcparam.ipv6hint.ip", Title: "IP", Kind: layer.IPv6, Repeat: "*"}}},
		{Fields: []layer.Field{{Name: "dns.svcb.svcparam.value", Title: "SvcParamValue", Kind: layer.Bytes}}},
	}},
}

// dnssecAlgorithms are from IANA's registry.
var dnssecAlgorithms = layer.Enum{
	1: "RSAMD5", 2: "DH", 3: "DSA", 5: "RSASHA1", 6: "DSA-NSEC3-SHA1", 7: "RSASHA1-NSEC3-SHA1", 8: "RSASHA256", 10: "RSASHA512",
	12: "ECC-GOST", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448", 252: "INDIRECT", 253: "PRIVATEDNS", 254: "PRIVATEOID",
}
