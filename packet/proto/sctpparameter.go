package proto

import "github.com/netwright/netwright/packet/layer"

// sctpParameter are the parameters up to the end of a chunk (RFC 9260 section
// 3.2.1), each padded to four bytes.
var sctpParameter = layer.Field{
	Kind: layer.Group, Alias: "params", Repeat: "*", Len: "u16(2) < 4 || (u16(2) + 3 & ~3) > rest ? rest : u16(2) + 3 & ~3", Sub: []layer.Field{
		{Name: "sctp.parameter_type", Alias: "ptype", Title: "Parameter type", Bits: 16, Base: layer.Hex, Enum: parameterTypes, Sub: []layer.Field{
			{Name: "sctp.parameter_bit_1", Title: "Bit", Bits: 1, Kind: layer.Bool},
			{Name: "sctp.parameter_bit_2", Title: "Bit", Bits: 1, Kind: layer.Bool},
			{Bits: 14},
		}},
		{Name: "sctp.parameter_length", Alias: "plen", Title: "Parameter length", Bits: 16, Auto: "total"},
		{Kind: layer.Group, Len: "plen < 4 || plen - 4 > rest ? rest : plen - 4", Switch: "ptype", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{{Name: "sctp.parameter_heartbeat_information", Title: "Heartbeat information", Kind: layer.Bytes, When: "rest > 0"}}},
			{Of: []uint64{5}, Fields: []layer.Field{{Name: "sctp.parameter_ipv4_address", Title: "IP Version 4 address", Kind: layer.IPv4}}},
			{Of: []uint64{6}, Fields: []layer.Field{{Name: "sctp.parameter_ipv6_address", Title: "IP Version 6 address", Kind: layer.IPv6}}},
			{Of: []uint64{7}, Fields: []layer.Field{{Name: "sctp.parameter_state_cookie", Title: "State cookie", Kind: layer.Bytes, When: "rest > 0"}}},
			{Of: []uint64{9}, Fields: []layer.Field{{Name: "sctp.parameter_cookie_preservative_incr", Title: "Suggested Cookie life-span increment (msec)", Bits: 32}}},
			{Of: []uint64{11}, Fields: []layer.Field{{Name: "sctp.parameter_hostname", Title: "Hostname", Kind: layer.CString, Len: "rest"}}},
			{Of: []uint64{12}, Fields: []layer.Field{{Name: "sctp.parameter_supported_address_type", Title: "Supported address type", Bits: 16, Repeat: "rest / 2"}}},
			{Of: []uint64{0x8000, 0xC000}},
			{Of: []uint64{0x8002}, Fields: []layer.Field{{Name: "sctp.random_number", Title: "Random number", Kind: layer.Bytes}}},
			{Of: []uint64{0x8003}, Fields: []layer.Field{{Name: "sctp.chunk_type_to_auth", Title: "Chunk type", Bits: 8, Repeat: "*"}}},
			{Of: []uint64{0x8004}, Fields: []layer.Field{{Name: "sctp.hmac_id", Title: "HMAC identifier", Bits: 16, Repeat: "rest / 2"}}},
			{Of: []uint64{0x8008}, Fields: []layer.Field{{Name: "sctp.supported_chunk_type", Title: "Supported chunk type", Bits: 8, Repeat: "*"}}},
			{Of: []uint64{0xC001, 0xC002, 0xC003, 0xC004}, Fields: []layer.Field{ // addresses to add, delete or prefer
				{Name: "sctp.correlation_id", Title: "Correlation_id", Bits: 32},
				{Name: "sctp.parameter_value", Title: "Parameter value", Kind: layer.Bytes, When: "rest > 0"},
			}},
			{Of: []uint64{0xC005}, Fields: []layer.Field{{Name: "sctp.correlation_id", Title: "Correlation_id", Bits: 32}}},
			{Of: []uint64{0xC006}, Fields: []layer.Field{{Name: "sctp.adaptation_layer_indication", Title: "Indication", Bits: 32}}},
			{Fields: []layer.Field{{Name: "sctp.parameter_value", Title: "Parameter value", Kind: layer.Bytes, When: "rest > 0"}}},
		}},
		{Name: "sctp.parameter_padding", Title: "Parameter padding", Kind: layer.Bytes, When: "rest > 0"},
	},
}

// errorCause are the causes of an error or an abort (RFC 9260 section 3.3.10).
var errorCause = layer.Field{
	Kind: layer.Group, Alias: "causes", Repeat: "*", Len: "u16(2) < 4 || (u16(2) + 3 & ~3) > rest ? rest : u16(2) + 3 & ~3", Sub: []layer.Field{
		{Name: "sctp.cause_code", Alias: "cause", Title: "Cause code", Bits: 16, Base: layer.Hex, Enum: errorCauses},
		{Name: "sctp.cause_length", Alias: "causelen", Title: "Cause length", Bits: 16, Auto: "total"},
		{Kind: layer.Group, Len: "causelen < 4 || causelen - 4 > rest ? rest : causelen - 4", Switch: "cause", Cases: []layer.Case{
			{Of: []uint64{1}, Fields: []layer.Field{
				{Name: "sctp.cause_stream_identifier", Title: "Stream identifier", Bits: 16},
				{Name: "sctp.cause_reserved", Title: "Reserved", Bits: 16},
			}},
			{Of: []uint64{2}, Fields: []layer.Field{
				{Name: "sctp.cause_nr_of_missing_parameters", Title: "Number of missing parameters", Bits: 32},
				{Name: "sctp.cause_missing_parameter_type", Title: "Missing parameter type", Bits: 16, Repeat: "rest / 2"},
			}},
			{Of: []uint64{3}, Fields: []layer.Field{{Name: "sctp.cause_measure_of_staleness", Title: "Measure of staleness in usec", Bits: 32}}},
			{Of: []uint64{9}, Fields: []layer.Field{{Name: "sctp.cause_tsn", Title: "TSN", Bits: 32}}},
			{Fields: []layer.Field{{Name: "sctp.cause_information", Title: "Cause information", Kind: layer.Bytes, When: "rest > 0"}}},
		}},
		{Name: "sctp.cause_padding", Title: "Cause padding", Kind: layer.Bytes, When: "rest > 0"},
	},
}

var parameterTypes = layer.Enum{
	0x0001: "Heartbeat info", 0x0005: "IPv4 address", 0x0006: "IPv6 address", 0x0007: "State cookie", 0x0008: "Unrecognized parameter",
	0x0009: "Cookie preservative", 0x000B: "Hostname address", 0x000C: "Supported address types", 0x8000: "ECN", 0x8002: "Random",
	0x8003: "Authenticated Chunk list", 0x8004: "Requested HMAC Algorithm", 0x8008: "Supported Extensions", 0xC000: "Forward TSN supported",
	0xC001: "Add IP address", 0xC002: "Delete IP address", 0xC003: "Error cause indication", 0xC004: "Set primary address",
	0xC005: "Success report", 0xC006: "Adaptation Layer Indication",
}

var errorCauses = layer.Enum{
	1: "Invalid stream identifier", 2: "Missing mandatory parameter", 3: "Stale cookie error", 4: "Out of resource", 5: "Unresolvable address",
	6: "Unrecognized chunk type", 7: "Invalid mandatory parameter", 8: "Unrecognized parameters", 9: "No user data", 10: "Cookie received while shutting down",
	11: "Restart of an association with new addresses", 12: "User initiated ABORT", 13: "Protocol violation",
}
