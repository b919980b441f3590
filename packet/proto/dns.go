package proto

import "github.com/netwright/netwright/packet/layer"

var dns = &layer.Proto{
	Name: "dns", Title: "Domain Name System", Alias: []string{"DNS"}, Spec: "RFC 1035 section 4",
	On: []layer.On{
		{Table: "udp.port", Keys: []uint64{53}},
		{Table: "tcp.port", Keys: []uint64{53}},
	},
	Fields:  dnsMessage(dnsFlags, dnsQuestion, dnsRecord(dnsClass)),
	Answers: dnsAnswer,
	Summary: "${id} ${rcode} ${qtype} ${qname} → ${dns.cname} → ${a} → ${aaaa}",
}

var mdns = &layer.Proto{
	Name: "mdns", Title: "Multicast Domain Name System", Alias: []string{"MDNS"}, Spec: "RFC 6762 section 18",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{5353}}},
	Fields: dnsMessage(dnsFlags, []layer.Field{{Bits: 16, Sub: []layer.Field{
		{Name: "dns.qry.qu", Alias: "unicastresponse", Title: `"QU" question`, Kind: layer.Bool, Bits: 1},
		{Name: "dns.qry.class", Alias: "qclass", Title: "Class", Bits: 15, Base: layer.Hex, Enum: dnsClasses, Default: 1},
	}}}, dnsRecord([]layer.Field{{Bits: 16, Sub: []layer.Field{
		{Name: "dns.resp.cache_flush", Alias: "cacheflush", Title: "Cache flush", Kind: layer.Bool, Bits: 1},
		{Name: "dns.resp.class", Alias: "rclass", Title: "Class", Bits: 15, Base: layer.Hex, Enum: dnsClasses, Default: 1},
	}}})),
	Answers: &layer.Answer{When: "response == 1"},
	Summary: "${id} ${rcode} ${qtype} ${qname} ${rrname} → ${dns.cname} → ${a} → ${aaaa}",
}

var llmnr = &layer.Proto{
	Name: "llmnr", Title: "Link-local Multicast Name Resolution", Alias: []string{"LLMNR", "LLMNRQuery"}, Spec: "RFC 4795 section 2.1",
	On: []layer.On{
		{Table: "udp.port", Keys: []uint64{5355}},
		{Table: "tcp.port", Keys: []uint64{5355}},
	},
	Fields:  dnsMessage(llmnrFlags, dnsQuestion, dnsRecord(dnsClass)),
	Answers: dnsAnswer,
	Summary: "${id} ${rcode} ${qtype} ${qname} → ${dns.cname} → ${a} → ${aaaa}",
}

var dnsAnswer = &layer.Answer{Same: []string{"id"}, When: "response == 1"}

// dnsMessage is a message, or as many as there are in a piece of a stream (RFC
// 1035 section 4.2.2).
func dnsMessage(flags, question, record []layer.Field) []layer.Field {
	return []layer.Field{{Kind: layer.Group, Repeat: "*", Len: "!stream || u16(0) + 2 > rest ? rest : u16(0) + 2", Sub: []layer.Field{
		{Name: "dns.length", Alias: "length", Title: "Length", Bits: 16, When: "stream", Auto: "total - 2"},
		{Name: "dns.id", Alias: "id", Title: "Transaction ID", Bits: 16, Base: layer.Hex},
		{Name: "dns.flags", Alias: "flags", Title: "Flags", Bits: 16, Base: layer.Hex, Default: 0x0100, Sub: flags},
		{Name: "dns.count.queries", Alias: "qdcount", Title: "Questions", Bits: 16, Default: 1, When: "opcode != 5"},
		{Name: "dns.count.zones", Alias: "zocount", Title: "Zones", Bits: 16, When: "opcode == 5"},
		{Name: "dns.count.answers", Alias: "ancount", Title: "Answer RRs", Bits: 16, When: "opcode != 5"},
		{Name: "dns.count.prerequisites", Alias: "prcount", Title: "Prerequisites", Bits: 16, When: "opcode == 5"},
		{Name: "dns.count.auth_rr", Alias: "nscount", Title: "Authority RRs", Bits: 16, When: "opcode != 5"},
		{Name: "dns.count.updates", Alias: "upcount", Title: "Updates", Bits: 16, When: "opcode == 5"},
		{Name: "dns.count.add_rr", Alias: "arcount", Title: "Additional RRs", Bits: 16},
		{Alias: "qd", Title: "Queries", Kind: layer.Group, Repeat: "opcode == 5 ? zocount : qdcount", Sub: append([]layer.Field{
			domain(
				layer.Field{Name: "dns.qry.name", Alias: "qname", Title: "Name"},
				layer.Field{Name: "dns.qry.name.len", Title: "Name Length", Bits: 16},
				layer.Field{Name: "dns.count.labels", Title: "Label Count", Bits: 16},
			),
			{Name: "dns.qry.type", Alias: "qtype", Title: "Type", Bits: 16, Enum: dnsTypes, Default: 1},
		}, question...)},
		{Alias: "an", Title: "Answers", Kind: layer.Group, Repeat: "opcode == 5 ? prcount : ancount", Sub: record},
		{Alias: "ns", Title: "Authoritative nameservers", Kind: layer.Group, Repeat: "opcode == 5 ? upcount : nscount", Sub: record},
		{Alias: "ar", Title: "Additional records", Kind: layer.Group, Repeat: "arcount", Sub: record},
	}}}
}

var dnsFlags = []layer.Field{
	{Name: "dns.flags.response", Alias: "qr", Title: "Response", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.opcode", Alias: "opcode", Title: "Opcode", Bits: 4, Enum: dnsOpcodes},
	{Name: "dns.flags.authoritative", Alias: "aa", Title: "Authoritative", Kind: layer.Bool, Bits: 1, When: "response"},
	{Name: "dns.flags.truncated", Alias: "tc", Title: "Truncated", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.recdesired", Alias: "rd", Title: "Recursion desired", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.recavail", Alias: "ra", Title: "Recursion available", Kind: layer.Bool, Bits: 1, When: "response"},
	{Name: "dns.flags.z", Alias: "z", Title: "Z", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.authenticated", Alias: "ad", Title: "Answer authenticated", Kind: layer.Bool, Bits: 1, When: "response || flags & 0x20"},
	{Name: "dns.flags.checkdisable", Alias: "cd", Title: "Non-authenticated data", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.rcode", Alias: "rcode", Title: "Reply code", Bits: 4, Enum: dnsRcodes, When: "response"},
}

var llmnrFlags = []layer.Field{
	{Name: "dns.flags.response", Alias: "qr", Title: "Response", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.opcode", Alias: "opcode", Title: "Opcode", Bits: 4, Enum: dnsOpcodes},
	{Name: "dns.flags.conflict", Alias: "c", Title: "Conflict", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.truncated", Alias: "tc", Title: "Truncated", Kind: layer.Bool, Bits: 1},
	{Name: "dns.flags.tentative", Alias: "t", Title: "Tentative", Kind: layer.Bool, Bits: 1},
	{Bits: 3},
	{Bits: 1},
	{Name: "dns.flags.rcode", Alias: "rcode", Title: "Reply code", Bits: 4, Enum: dnsRcodes, When: "response"},
}

var (
	dnsQuestion = []layer.Field{{Name: "dns.qry.class", Alias: "qclass", Title: "Class", Bits: 16, Base: layer.Hex, Enum: dnsClasses, Default: 1}}
	dnsClass    = []layer.Field{{Name: "dns.resp.class", Alias: "rclass", Title: "Class", Bits: 16, Base: layer.Hex, Enum: dnsClasses, Default: 1}}
)

// dnsRecordName is the name that a record is of. That of a service is shown as its
// parts (RFC 2782).
var dnsRecordName = layer.Field{Kind: layer.Group, Write: writeDomain, Code: showRecordName, Sub: []layer.Field{
	{Name: "dns.resp.name", Alias: "rrname", Title: "Name", Kind: layer.String},
	{Name: "dns.srv.service", Title: "Service", Kind: layer.String},
	{Name: "dns.srv.proto", Title: "Protocol", Kind: layer.String},
	{Name: "dns.srv.name", Title: "Name", Kind: layer.String},
}}

// dnsRecord is a resource record (RFC 1035 section 4.1.3), OPT's being that of
// EDNS (RFC 6891 section 6.1.2).
func dnsRecord(class []layer.Field) []layer.Field {
	return []layer.Field{
		{Kind: layer.Group, Code: checkRecord},
		dnsRecordName,
		{Name: "dns.resp.type", Alias: "type", Title: "Type", Bits: 16, Enum: dnsTypes, Default: 1},
		{Kind: layer.Group, Sub: class, When: "type != 41"},
		{Name: "dns.resp.ttl", Alias: "ttl", Title: "Time to live", Bits: 32, When: "type != 41"},
		{Kind: layer.Group, When: "type == 41", Sub: []layer.Field{
			{Name: "dns.rr.udp_payload_size", Alias: "payload", Title: "UDP payload size", Bits: 16, Default: 1232},
			{Name: "dns.resp.ext_rcode", Alias: "extrcode", Title: "Higher bits in extended RCODE", Bits: 8, Base: layer.Hex},
			{Name: "dns.resp.edns0_version", Alias: "version", Title: "EDNS0 version", Bits: 8},
			{Name: "dns.resp.z", Alias: "ednsz", Title: "Z", Bits: 16, Base: layer.Hex, Sub: []layer.Field{
				{Name: "dns.resp.z.do", Alias: "do", Title: "DO bit", Kind: layer.Bool, Bits: 1},
				{Name: "dns.resp.z.reserved", Title: "Reserved", Bits: 15, Base: layer.Hex},
			}},
		}},
		{Name: "dns.resp.len", Alias: "rdlen", Title: "Data length", Bits: 16},
		{Kind: layer.Group, Len: "rdlen", Switch: "type", Cases: dnsData},
	}
}

var dnsOpcodes = layer.Enum{0: "Query", 1: "IQuery", 2: "Status", 4: "Notify", 5: "Update", 6: "DSO"}

var dnsClasses = layer.Enum{1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}

// dnsRcodes are from IANA's registry.
var dnsRcodes = layer.Enum{
	0: "NoError", 1: "FormErr", 2: "ServFail", 3: "NXDomain", 4: "NotImp", 5: "Refused", 6: "YXDomain", 7: "YXRRSet", 8: "NXRRSet",
	9: "NotAuth", 10: "NotZone", 11: "DSOTYPENI", 16: "BADSIG", 17: "BADKEY", 18: "BADTIME", 19: "BADMODE", 20: "BADNAME", 21: "BADALG",
	22: "BADTRUNC", 23: "BADCOOKIE",
}

// dnsTypes are from IANA's registry.
var dnsTypes = layer.Enum{
	1: "A", 2: "NS", 3: "MD", 4: "MF", 5: "CNAME", 6: "SOA", 7: "MB", 8: "MG", 9: "MR", 10: "NULL", 11: "WKS", 12: "PTR", 13: "HINFO",
	14: "MINFO", 15: "MX", 16: "TXT", 17: "RP", 18: "AFSDB", 19: "X25", 20: "ISDN", 21: "RT", 22: "NSAP", 23: "NSAP-PTR", 24: "SIG",
	25: "KEY", 26: "PX", 27: "GPOS", 28: "AAAA", 29: "LOC", 30: "NXT", 33: "SRV", 34: "ATMA", 35: "NAPTR", 36: "KX", 37: "CERT", 38: "A6",
	39: "DNAME", 41: "OPT", 42: "APL", 43: "DS", 44: "SSHFP", 45: "IPSECKEY", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID",
	50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 53: "SMIMEA", 55: "HIP", 59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC",
	63: "ZONEMD", 64: "SVCB", 65: "HTTPS", 99: "SPF", 104: "NID", 105: "L32", 106: "L64", 107: "LP", 108: "EUI48", 109: "EUI64",
	249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 253: "MAILB", 254: "MAILA", 255: "ANY", 256: "URI", 257: "CAA",
	32768: "TA", 32769: "DLV",
}
