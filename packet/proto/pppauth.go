package proto

import "github.com/netwright/netwright/packet/layer"

var ccp = &layer.Proto{
	Name: "ccp", Title: "PPP Compression Control Protocol", Spec: "RFC 1962",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0x80FD}}},
	Fields: append(pppControl(controlCodes),
		pppOptions("ccp", layer.Enum{
			0: "OUI", 1: "Predictor type 1", 2: "Predictor type 2", 17: "Stac Electronics LZS", 18: "Microsoft PPE/PPC", 21: "BSD LZW Compress", 26: "Deflate",
		},
			pppOption(0, "ccp.opt_oui", "OUI",
				layer.Field{Name: "ccp.opt.oui", Title: "OUI", Bits: 24, Base: layer.Hex},
				layer.Field{Name: "ccp.opt.subtype", Title: "Subtype", Bits: 8},
				layer.Field{Name: "ccp.opt.data", Title: "Data", Kind: layer.Bytes, When: "rest > 0"}),
			pppOption(1, "ccp.opt.predict1", "Predictor type 1"),
			pppOption(2, "ccp.opt.predict2", "Predictor type 2"),
			pppOption(18, "ccp.opt.mppe", "Microsoft PPE/PPC", pppBits("ccp.opt.supported_bits", "Supported Bits",
				"", "", "", "", "", "", "", "ccp.opt.supported_bits.h", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "",
				"ccp.opt.supported_bits.m", "ccp.opt.supported_bits.s", "ccp.opt.supported_bits.l", "ccp.opt.supported_bits.d",
				"", "", "", "ccp.opt.supported_bits.c")),
			pppOption(17, "ccp.opt.stac", "Stac Electronics LZS",
				layer.Field{Name: "ccp.opt.history_count", Title: "History Count", Bits: 16},
				layer.Field{Name: "ccp.opt.cm", Title: "Check Mode", Bits: 8, Sub: []layer.Field{
					{Name: "ccp.opt.cm.reserved", Title: "Reserved", Bits: 5},
					{Name: "ccp.opt.cm.check_mode", Title: "Check Mode", Bits: 3},
				}}),
			pppOption(21, "ccp.opt.bsdcomp", "BSD LZW Compress", layer.Field{Name: "ccp.opt.vd", Title: "Vers/Dict", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
				{Name: "ccp.opt.vd.vers", Title: "Version", Bits: 3},
				{Name: "ccp.opt.vd.dict", Title: "Dict", Bits: 5},
			}}),
			pppOption(26, "ccp.opt.deflate", "Deflate",
				layer.Field{Bits: 8, Sub: []layer.Field{
					{Name: "ccp.opt.window", Title: "Window", Bits: 4},
					{Name: "ccp.opt.method", Title: "Method", Bits: 4},
				}},
				layer.Field{Bits: 8, Sub: []layer.Field{
					{Name: "ccp.opt.mbz", Title: "MBZ", Bits: 6},
					{Name: "ccp.opt.chk", Title: "Chk", Bits: 2},
				}}),
		),
		pppData,
	),
	Total:   "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}, {Ask: 1, Answer: 4}, {Ask: 14, Answer: 15}}}},
	Summary: "${code}",
}

var pap = &layer.Proto{
	Name: "pap", Title: "PPP Password Authentication Protocol", Alias: []string{"PPP_PAP"}, Spec: "RFC 1334 section 2",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0xC023}}},
	Fields: []layer.Field{
		{Name: "pap.code", Alias: "code", Title: "Code", Bits: 8, Default: 1, Enum: layer.Enum{1: "Authenticate-Request", 2: "Authenticate-Ack", 3: "Authenticate-Nak"}},
		{Name: "pap.identifier", Alias: "id", Title: "Identifier", Bits: 8, Default: 1},
		{Name: "pap.length", Alias: "len", Title: "Length", Bits: 16, Auto: "total"},
		{Name: "pap.data", Title: "Data", Kind: layer.Bytes, Len: "len < 4 ? 0 : len - 4", When: "len > 4", Switch: "code == 1", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "pap.peer_id.length", Alias: "idlen", Title: "Peer-ID-Length", Bits: 8},
				{Name: "pap.peer_id", Alias: "username", Title: "Peer-ID", Kind: layer.String, Len: "idlen", When: "idlen > 0"},
				{Name: "pap.password.length", Alias: "passwordlen", Title: "Password-Length", Bits: 8},
				{Name: "pap.password", Alias: "password", Title: "Password", Kind: layer.String, Len: "passwordlen", When: "passwordlen > 0"},
			}},
			{Of: []uint64{0}, Fields: []layer.Field{
				{Name: "pap.message.length", Alias: "messagelen", Title: "Message-Length", Bits: 8},
				{Name: "pap.message", Alias: "message", Title: "Message", Kind: layer.String, Len: "messagelen", When: "messagelen > 0"},
			}},
		}},
	},
	Total:   "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {{Ask: 1, Answer: 2}, {Ask: 1, Answer: 3}}}},
	Summary: "${code}",
}

var chap = &layer.Proto{
	Name: "chap", Title: "PPP Challenge Handshake Authentication Protocol", Alias: []string{"PPP_CHAP"}, Spec: "RFC 1994",
	On: []layer.On{{Table: "ppp.protocol", Keys: []uint64{0xC223}}},
	Fields: []layer.Field{
		{Name: "chap.code", Alias: "code", Title: "Code", Bits: 8, Default: 1, Enum: layer.Enum{1: "Challenge", 2: "Response", 3: "Success", 4: "Failure"}},
		{Name: "chap.identifier", Alias: "id", Title: "Identifier", Bits: 8, Default: 1},
		{Name: "chap.length", Alias: "len", Title: "Length", Bits: 16, Auto: "total"},
		{Name: "chap.data", Title: "Data", Kind: layer.Bytes, Len: "len < 4 ? 0 : len - 4", When: "len > 4 && code <= 2", Sub: []layer.Field{
			{Name: "chap.value_size", Alias: "value_size", Title: "Value Size", Bits: 8},
			{Name: "chap.value", Alias: "value", Title: "Value", Kind: layer.Bytes, Len: "value_size", When: "value_size > 0"},
			{Name: "chap.name", Alias: "optional_name", Title: "Name", Kind: layer.String, When: "rest > 0"},
		}},
		{Name: "chap.message", Alias: "message", Title: "Message", Kind: layer.String, Len: "len < 4 ? 0 : len - 4", When: "len > 4 && code > 2"},
	},
	Total:   "len",
	Answers: &layer.Answer{Same: []string{"id"}, Pair: map[string][]layer.Answers{"code": {{Ask: 1, Answer: 2}, {Ask: 2, Answer: 3}, {Ask: 2, Answer: 4}}}},
	Summary: "${code}",
}
