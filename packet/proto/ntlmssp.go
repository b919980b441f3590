package proto

import "github.com/netwright/netwright/packet/layer"

const ntlmMagic = "NTLMSSP\x00"

// ntlmssp is a message of NTLM authentication.
var ntlmssp = &layer.Proto{
	Name: "ntlmssp", Title: "NTLM Secure Service Provider", Spec: "MS-NLMP section 2.2.1",
	Fields: []layer.Field{
		{Name: "ntlmssp.identifier", Title: "NTLMSSP identifier", Kind: layer.CString, Len: "8"},
		{Name: "ntlmssp.messagetype", Alias: "type", Title: "NTLM Message Type", Bits: 32, LE: true, Base: layer.Hex, Enum: layer.Enum{
			1: "NTLMSSP_NEGOTIATE", 2: "NTLMSSP_CHALLENGE", 3: "NTLMSSP_AUTH",
		}},
		{Kind: layer.Group, Len: "rest", Switch: "type", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{ntlmFlags, skip("16"), ntlmVersion}},
			{Of: []uint64{2}, Fields: ntlmChallenge},
			{Of: []uint64{3}, Fields: ntlmAuthenticate},
		}},
	},
	Summary: "${type} ${domain}\\${user}",
}

// ntlmAt is a field that a length and an offset tell of, which stand so many bytes
// into the message; what it is shown in begins at 12.
func ntlmAt(stands string, fields ...layer.Field) layer.Field {
	return layer.Field{Kind: layer.Group, At: stands + " - 12", Sub: []layer.Field{
		{Alias: "partlen", Bits: 16, LE: true}, {Bits: 16}, {Alias: "partoff", Bits: 32, LE: true},
		{Alias: "part", Calc: "partoff - 12 - (" + stands + " - 12)", Bits: 32},
		{Kind: layer.Group, When: "partlen > 0 && partoff >= " + stands + " + 8 && part + partlen <= rest + 8", At: "part", Len: "partlen", Sub: fields},
	}}
}

// ntlmFlags is MS-NLMP section 2.2.2.5.
var ntlmFlags = bits("ntlmssp.negotiateflags", "flags", "Negotiate Flags", 32,
	"ntlmssp.negotiate56", "ntlmssp.negotiatekeyexch", "ntlmssp.negotiate128", "ntlmssp.negotiatent10000000", "ntlmssp.negotiatent08000000",
	"ntlmssp.negotiatent04000000", "ntlmssp.negotiateversion", "ntlmssp.negotiatent01000000", "ntlmssp.negotiatetargetinfo",
	"ntlmssp.requestnonntsession", "ntlmssp.negotiatent00200000", "ntlmssp.negotiateidentify", "ntlmssp.negotiatentlm2", "ntlmssp.targettypeshare",
	"ntlmssp.targettypeserver", "ntlmssp.targettypedomain", "ntlmssp.negotiatealwayssign", "ntlmssp.negotiate00004000",
	"ntlmssp.negotiateoemworkstationsupplied", "ntlmssp.negotiateoemdomainsupplied", "ntlmssp.negotiateanonymous", "ntlmssp.negotiatentonly",
	"ntlmssp.negotiatentlm", "ntlmssp.negotiate00000100", "ntlmssp.negotiatelmkey", "ntlmssp.negotiatedatagram", "ntlmssp.negotiateseal",
	"ntlmssp.negotiatesign", "ntlmssp.negotiate00000008", "ntlmssp.requesttarget", "ntlmssp.negotiateoem", "ntlmssp.negotiateunicode")

// ntlmVersion is there if a flag says so.
var ntlmVersion = layer.Field{Name: "ntlmssp.version", Title: "Version", Kind: layer.Group, Len: "8", When: "flags >> 25 & 1 && rest >= 8", Sub: []layer.Field{
	le("ntlmssp.version.major", "", "Major Version", 8), le("ntlmssp.version.minor", "", "Minor Version", 8),
	le("ntlmssp.version.build_number", "", "Build Number", 16), skip("3"), le("ntlmssp.version.ntlm_current_revision", "", "NTLM Current Revision", 8),
}}

var ntlmChallenge = []layer.Field{
	{Alias: "targetlen", Bits: 16, LE: true}, {Bits: 16}, {Alias: "targetoff", Bits: 32, LE: true},
	ntlmFlags,
	{Name: "ntlmssp.ntlmserverchallenge", Alias: "challenge", Title: "NTLM Server Challenge", Kind: layer.Bytes, Len: "8"},
	{Name: "ntlmssp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "8"},
	skip("8"),
	ntlmVersion,
	ntlmAt("12", wideText("ntlmssp.challenge.target_name", "target", "Target Name", "rest")),
	ntlmAt("40", layer.Field{Name: "ntlmssp.challenge.target_info", Title: "Target Info", Kind: layer.Group, Len: "rest", Sub: ntlmItems("ntlmssp.challenge.target_info.")}),
}

// ntlmItems are AV_PAIRs (MS-NLMP section 2.2.2.1), whose names begin like that.
func ntlmItems(name string) []layer.Field {
	text := func(of uint64, last string) layer.Case {
		return layer.Case{Of: []uint64{of}, Fields: []layer.Field{wideText(name+last, "", last, "itemlen")}}
	}
	raw := func(of uint64, last string) layer.Case {
		return layer.Case{Of: []uint64{of}, Fields: []layer.Field{{Name: name + last, Title: last, Kind: layer.Bytes}}}
	}
	return []layer.Field{{Kind: layer.Group, Repeat: "*", Until: "item == 0", Sub: []layer.Field{
		le(name+"item.type", "item", "Type", 16), le(name+"item.length", "itemlen", "Length", 16),
		{Kind: layer.Group, Len: "itemlen", When: "itemlen > 0", Switch: "item", Cases: []layer.Case{
			text(1, "nb_computer_name"), text(2, "nb_domain_name"), text(3, "dns_computer_name"), text(4, "dns_domain_name"), text(5, "dns_tree_name"),
			{Of: []uint64{6}, Fields: []layer.Field{leHex(name+"flags", "", "Flags", 32)}},
			{Of: []uint64{7}, Fields: []layer.Field{fileTime(name+"timestamp", "Timestamp")}},
			raw(8, "restrictions"), text(9, "target_name"), raw(10, "channel_bindings"),
		}},
	}}}
}

var ntlmAuthenticate = []layer.Field{
	skip("48"), ntlmFlags, ntlmVersion,
	ntlmAt("12", layer.Field{Name: "ntlmssp.auth.lmresponse", Title: "Lan Manager Response", Kind: layer.Bytes}),
	ntlmAt("20", layer.Field{Name: "ntlmssp.auth.ntresponse", Title: "NTLM Response", Kind: layer.Bytes, Sub: ntlmResponse}),
	ntlmAt("28", wideText("ntlmssp.auth.domain", "domain", "Domain name", "rest")),
	ntlmAt("36", wideText("ntlmssp.auth.username", "user", "User name", "rest")),
	ntlmAt("44", wideText("ntlmssp.auth.hostname", "host", "Host name", "rest")),
	ntlmAt("52", layer.Field{Name: "ntlmssp.auth.sesskey", Title: "Session Key", Kind: layer.Bytes}),
}

// ntlmResponse is that of NTLMv2 (MS-NLMP section 2.2.2.8); one of 24 bytes is of
// the first version.
var ntlmResponse = []layer.Field{{Kind: layer.Group, When: "rest > 44", Sub: []layer.Field{
	{Name: "ntlmssp.ntlmv2_response", Title: "NTLMv2 Response", Kind: layer.Bytes, Sub: append([]layer.Field{
		{Name: "ntlmssp.ntlmv2_response.ntproofstr", Title: "NTProofStr", Kind: layer.Bytes, Len: "16"},
		le("ntlmssp.ntlmv2_response.rversion", "", "Response Version", 8), le("ntlmssp.ntlmv2_response.hirversion", "", "Hi Response Version", 8),
		{Name: "ntlmssp.ntlmv2_response.z", Title: "Z", Kind: layer.Bytes, Len: "6"},
		fileTime("ntlmssp.ntlmv2_response.time", "Time"),
		{Name: "ntlmssp.ntlmv2_response.chal", Title: "NTLMv2 Client Challenge", Kind: layer.Bytes, Len: "8"},
		{Name: "ntlmssp.ntlmv2_response.z", Title: "Z", Kind: layer.Bytes, Len: "4"},
	}, ntlmItems("ntlmssp.ntlmv2_response.")...)},
}}}
