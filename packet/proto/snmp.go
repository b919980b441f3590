package proto

import "github.com/netwright/netwright/packet/layer"

var snmp = &layer.Proto{
	Name: "snmp", Title: "Simple Network Management Protocol", Alias: []string{"SNMP"}, Spec: "RFC 1157 section 4, RFC 3416 section 3, RFC 3412 section 6",
	On:      []layer.On{{Table: "udp.port", Keys: []uint64{161, 162}}},
	Refuse:  func(b []byte) bool { return len(b) == 0 || b[0] != 0x30 },
	Fields:  []layer.Field{{Kind: layer.Group, Code: readSNMP, Make: makeSNMP, Sub: snmpFields}},
	Answers: &layer.Answer{Same: []string{"id"}, When: "data == 2"},
	Summary: "${data} ${id} ${name}",
}

var snmpFields = []layer.Field{
	{Name: "snmp.community", Alias: "community", Title: "community", Kind: layer.String},
	{Name: "snmp.version", Alias: "version", Title: "version", Kind: layer.Int, Bits: 32, Enum: snmpVersions},
	{Name: "snmp.data", Alias: "PDU", Title: "data", Bits: 32, Enum: snmpPDUs, Words: snmpWords},
	{Name: "snmp.get_request_element", Title: "get-request", Kind: layer.Group},
	{Name: "snmp.get_next_request_element", Title: "get-next-request", Kind: layer.Group},
	{Name: "snmp.get_response_element", Title: "get-response", Kind: layer.Group},
	{Name: "snmp.set_request_element", Title: "set-request", Kind: layer.Group},
	{Name: "snmp.trap_element", Title: "trap", Kind: layer.Group},
	{Name: "snmp.getBulkRequest_element", Title: "getBulkRequest", Kind: layer.Group},
	{Name: "snmp.informRequest_element", Title: "informRequest", Kind: layer.Group},
	{Name: "snmp.snmpV2_trap_element", Title: "snmpV2-trap", Kind: layer.Group},
	{Name: "snmp.report_element", Title: "report", Kind: layer.Group},
	{Name: "snmp.request_id", Alias: "id", Title: "request-id", Kind: layer.Int, Bits: 32},
	{Name: "snmp.error_status", Alias: "error", Title: "error-status", Kind: layer.Int, Bits: 32, Enum: snmpErrors},
	{Name: "snmp.error_index", Alias: "error_index", Title: "error-index", Kind: layer.Int, Bits: 32},
	{Name: "snmp.non_repeaters", Alias: "non_repeaters", Title: "non-repeaters", Bits: 32},
	{Name: "snmp.max_repetitions", Alias: "max_repetitions", Title: "max-repetitions", Bits: 32},
	{Name: "snmp.variable_bindings", Alias: "varbindlist", Title: "variable-bindings", Bits: 32},
	{Name: "snmp.name", Alias: "oid", Title: "Object Name", Kind: layer.OID},
	{Name: "snmp.value.int", Title: "Value (Integer32)", Kind: layer.Int, Bits: 64},
	{Name: "snmp.value.octets", Title: "Value (OctetString)", Kind: layer.Bytes},
	{Name: "snmp.value.null", Title: "Value (Null)", Kind: layer.Group},
	{Name: "snmp.value.oid", Title: "Value (OID)", Kind: layer.OID},
	{Name: "snmp.value.ipv4", Title: "Value (IpAddress)", Kind: layer.IPv4},
	{Name: "snmp.value.counter", Title: "Value (Counter32)", Bits: 64},
	{Name: "snmp.value.g32", Title: "Value (Gauge32)", Bits: 64},
	{Name: "snmp.value.timeticks", Title: "Value (Timeticks)", Bits: 64},
	{Name: "snmp.value.opaque", Title: "Value (Opaque)", Kind: layer.Bytes},
	{Name: "snmp.noSuchObject", Title: "noSuchObject", Kind: layer.Group},
	{Name: "snmp.noSuchInstance", Title: "noSuchInstance", Kind: layer.Group},
	{Name: "snmp.endOfMibView", Title: "endOfMibView", Kind: layer.Group},
	{Name: "snmp.enterprise", Alias: "enterprise", Title: "enterprise", Kind: layer.OID},
	{Name: "snmp.agent_addr", Alias: "agent_addr", Title: "agent-addr", Kind: layer.IPv4},
	{Name: "snmp.generic_trap", Alias: "generic_trap", Title: "generic-trap", Kind: layer.Int, Bits: 32},
	{Name: "snmp.specific_trap", Alias: "specific_trap", Title: "specific-trap", Kind: layer.Int, Bits: 32},
	{Name: "snmp.time_stamp", Alias: "time_stamp", Title: "time-stamp", Bits: 32},
	{Name: "snmp.msgVersion", Title: "msgVersion", Kind: layer.Int, Bits: 32, Enum: snmpVersions},
	{Name: "snmp.msgGlobalData_element", Title: "msgGlobalData", Kind: layer.Group},
	{Name: "snmp.msgID", Title: "msgID", Bits: 32},
	{Name: "snmp.msgMaxSize", Title: "msgMaxSize", Bits: 32},
	{Name: "snmp.msgFlags", Title: "msgFlags", Kind: layer.Bytes},
	{Name: "snmp.msgSecurityModel", Title: "msgSecurityModel", Bits: 32, Enum: layer.Enum{0: "Any", 1: "V1", 2: "V2C", 3: "USM", 4: "TSM"}},
	{Name: "snmp.msgSecurityParameters", Title: "msgSecurityParameters", Kind: layer.Bytes},
	{Name: "snmp.msgAuthoritativeEngineID", Title: "msgAuthoritativeEngineID", Kind: layer.Bytes},
	{Name: "snmp.msgAuthoritativeEngineBoots", Title: "msgAuthoritativeEngineBoots", Bits: 32},
	{Name: "snmp.msgAuthoritativeEngineTime", Title: "msgAuthoritativeEngineTime", Bits: 32},
	{Name: "snmp.msgUserName", Title: "msgUserName", Kind: layer.String},
	{Name: "snmp.msgAuthenticationParameters", Title: "msgAuthenticationParameters", Kind: layer.Bytes},
	{Name: "snmp.msgPrivacyParameters", Title: "msgPrivacyParameters", Kind: layer.Bytes},
	{Name: "snmp.msgData", Title: "msgData", Bits: 32, Enum: layer.Enum{0: "plaintext", 1: "encryptedPDU"}},
	{Name: "snmp.plaintext_element", Title: "plaintext", Kind: layer.Group},
	{Name: "snmp.encryptedPDU", Title: "encryptedPDU", Kind: layer.Bytes},
	{Name: "snmp.contextEngineID", Title: "contextEngineID", Kind: layer.Bytes},
	{Name: "snmp.contextName", Title: "contextName", Kind: layer.String},
}

// snmpPlain is a message of the first two versions (RFC 1157 section 4, RFC 1901
// section 3), snmpSecure one of the third (RFC 3412 section 6, RFC 3414 section
// 2.4).
var (
	snmpPlain = compileBER(snmpFields, []berType{{tag: 0x30, seq: append([]berType{
		{tag: 0x02, value: "snmp.version"},
		{tag: 0x04, value: "snmp.community"},
	}, snmpPDU...)}})

	snmpSecure = compileBER(snmpFields, []berType{{tag: 0x30, seq: []berType{
		{tag: 0x02, value: "snmp.msgVersion"},
		{tag: 0x30, value: "snmp.msgGlobalData_element", seq: []berType{
			{tag: 0x02, value: "snmp.msgID"},
			{tag: 0x02, value: "snmp.msgMaxSize"},
			{tag: 0x04, value: "snmp.msgFlags"},
			{tag: 0x02, value: "snmp.msgSecurityModel"},
		}},
		{tag: 0x04, value: "snmp.msgSecurityParameters", of: []berType{{tag: 0x30, seq: []berType{
			{tag: 0x04, value: "snmp.msgAuthoritativeEngineID"},
			{tag: 0x02, value: "snmp.msgAuthoritativeEngineBoots"},
			{tag: 0x02, value: "snmp.msgAuthoritativeEngineTime"},
			{tag: 0x04, value: "snmp.msgUserName"},
			{tag: 0x04, value: "snmp.msgAuthenticationParameters"},
			{tag: 0x04, value: "snmp.msgPrivacyParameters"},
		}}}},
		{tag: 0x30, value: "snmp.plaintext_element", seq: append([]berType{
			{tag: 0x04, value: "snmp.contextEngineID"},
			{tag: 0x04, value: "snmp.contextName"},
		}, snmpPDU...)},
		{tag: 0x04, value: "snmp.encryptedPDU"},
	}}})
)

// snmpPDU is what a message asks or tells.
var snmpPDU = []berType{
	snmpRequest(0xA0, "snmp.get_request_element"),
	snmpRequest(0xA1, "snmp.get_next_request_element"),
	snmpRequest(0xA2, "snmp.get_response_element"),
	snmpRequest(0xA3, "snmp.set_request_element"),
	{tag: 0xA4, whole: "snmp.data", value: "snmp.trap_element", seq: []berType{
		{tag: 0x06, value: "snmp.enterprise"},
		{tag: 0x40, value: "snmp.agent_addr"},
		{tag: 0x02, value: "snmp.generic_trap"},
		{tag: 0x02, value: "snmp.specific_trap"},
		{tag: 0x43, value: "snmp.time_stamp"},
		snmpVariables,
	}},
	{tag: 0xA5, whole: "snmp.data", value: "snmp.getBulkRequest_element", seq: []berType{
		{tag: 0x02, value: "snmp.request_id"},
		{tag: 0x02, value: "snmp.non_repeaters"},
		{tag: 0x02, value: "snmp.max_repetitions"},
		snmpVariables,
	}},
	snmpRequest(0xA6, "snmp.informRequest_element"),
	snmpRequest(0xA7, "snmp.snmpV2_trap_element"),
	snmpRequest(0xA8, "snmp.report_element"),
}

func snmpRequest(tag byte, name string) berType {
	return berType{tag: tag, whole: "snmp.data", value: name, seq: []berType{
		{tag: 0x02, value: "snmp.request_id"},
		{tag: 0x02, value: "snmp.error_status"},
		{tag: 0x02, value: "snmp.error_index"},
		snmpVariables,
	}}
}

// snmpVariables are names and values (RFC 2578 section 7.1).
var snmpVariables = berType{tag: 0x30, value: "snmp.variable_bindings", of: []berType{{tag: 0x30, seq: []berType{
	{tag: 0x06, value: "snmp.name"},
	{tag: 0x02, value: "snmp.value.int"},
	{tag: 0x04, value: "snmp.value.octets"},
	{tag: 0x05, value: "snmp.value.null"},
	{tag: 0x06, value: "snmp.value.oid"},
	{tag: 0x40, value: "snmp.value.ipv4"},
	{tag: 0x41, value: "snmp.value.counter"},
	{tag: 0x42, value: "snmp.value.g32"},
	{tag: 0x43, value: "snmp.value.timeticks"},
	{tag: 0x44, value: "snmp.value.opaque"},
	{tag: 0x46, value: "snmp.value.counter"},
	{tag: 0x80, value: "snmp.noSuchObject"},
	{tag: 0x81, value: "snmp.noSuchInstance"},
	{tag: 0x82, value: "snmp.endOfMibView"},
}}}}

func readSNMP(w *layer.Walker) {
	types := snmpPlain
	if e, ok := readElement(w.Rest(), 0); ok && len(w.Rest()) > e.body+2 && w.Rest()[e.body+2] == 3 {
		types = snmpSecure
	}
	n := len(w.Rest())
	if _, ok := showBER(w, types, false, w.Offset(), w.End(), 0); ok {
		w.Move(n)
	}
}

var snmpVersions = layer.Enum{0: "version-1", 1: "v2c", 2: "v2u", 3: "snmpv3"}

var snmpPDUs = layer.Enum{
	0: "get-request", 1: "get-next-request", 2: "get-response", 3: "set-request", 4: "trap", 5: "getBulkRequest", 6: "informRequest",
	7: "snmpV2-trap", 8: "report",
}

// snmpWords are what the kinds of messages are called for short.
var snmpWords = map[string]uint64{"get": 0, "next": 1, "response": 2, "set": 3, "bulk": 5, "inform": 6, "trap2": 7}

var snmpErrors = layer.Enum{
	0: "noError", 1: "tooBig", 2: "noSuchName", 3: "badValue", 4: "readOnly", 5: "genErr", 6: "noAccess", 7: "wrongType", 8: "wrongLength",
	9: "wrongEncoding", 10: "wrongValue", 11: "noCreation", 12: "inconsistentValue", 13: "resourceUnavailable", 14: "commitFailed",
	15: "undoFailed", 16: "authorizationError", 17: "notWritable", 18: "inconsistentName",
}
