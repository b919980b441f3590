package proto

import "github.com/netwright/netwright/packet/layer"

var ldap = &layer.Proto{
	Name: "ldap", Title: "Lightweight Directory Access Protocol", Alias: []string{"LDAP"}, Spec: "RFC 4511 section 4",
	On:      []layer.On{{Table: "tcp.port", Keys: []uint64{389, 3268}}},
	Refuse:  func(b []byte) bool { return b[0] != 0x30 },
	Fields:  []layer.Field{{Kind: layer.Group, Code: readLDAP, Sub: ldapFields}},
	Summary: "${operation} ${id} ${base}${dn}",
}

var ldapFields = []layer.Field{
	{Name: "ldap.LDAPMessage_element", Title: "LDAPMessage", Kind: layer.Group},
	{Name: "ldap.messageID", Alias: "id", Title: "messageID", Bits: 32},
	{Name: "ldap.protocolOp", Alias: "operation", Title: "protocolOp", Bits: 32, Enum: ldapOperations},
	{Name: "ldap.bindRequest_element", Title: "bindRequest", Kind: layer.Group},
	{Name: "ldap.version", Title: "version", Bits: 32},
	{Name: "ldap.name", Alias: "dn", Title: "name", Kind: layer.String},
	{Name: "ldap.authentication", Title: "authentication", Bits: 32, Enum: layer.Enum{0: "simple", 3: "sasl"}},
	{Name: "ldap.simple", Title: "simple", Kind: layer.String},
	{Name: "ldap.sasl_element", Title: "sasl", Kind: layer.Group},
	{Name: "ldap.mechanism", Title: "mechanism", Kind: layer.String},
	{Name: "ldap.credentials", Title: "credentials", Kind: layer.Bytes},
	{Name: "ldap.bindResponse_element", Title: "bindResponse", Kind: layer.Group},
	{Name: "ldap.resultCode", Alias: "result", Title: "resultCode", Bits: 32, Enum: ldapResults},
	{Name: "ldap.matchedDN", Title: "matchedDN", Kind: layer.String},
	{Name: "ldap.errorMessage", Title: "errorMessage", Kind: layer.String},
	{Name: "ldap.serverSaslCreds", Title: "serverSaslCreds", Kind: layer.Bytes},
	{Name: "ldap.unbindRequest_element", Title: "unbindRequest", Kind: layer.Group},
	{Name: "ldap.searchRequest_element", Title: "searchRequest", Kind: layer.Group},
	{Name: "ldap.baseObject", Alias: "base", Title: "baseObject", Kind: layer.String},
	{Name: "ldap.scope", Title: "scope", Bits: 32, Enum: layer.Enum{0: "baseObject", 1: "singleLevel", 2: "wholeSubtree"}},
	{Name: "ldap.derefAliases", Title: "derefAliases", Bits: 32},
	{Name: "ldap.sizeLimit", Title: "sizeLimit", Bits: 32},
	{Name: "ldap.timeLimit", Title: "timeLimit", Bits: 32},
	{Name: "ldap.typesOnly", Title: "typesOnly", Kind: layer.Bool, Bits: 8},
	{Name: "ldap.filter", Title: "filter", Bits: 32, Enum: ldapFilters},
	{Name: "ldap.and", Title: "and", Bits: 32},
	{Name: "ldap.and_item", Title: "and item", Bits: 32, Enum: ldapFilters},
	{Name: "ldap.or", Title: "or", Bits: 32},
	{Name: "ldap.or_item", Title: "or item", Bits: 32, Enum: ldapFilters},
	{Name: "ldap.not", Title: "not", Bits: 32, Enum: ldapFilters},
	{Name: "ldap.equalityMatch_element", Title: "equalityMatch", Kind: layer.Group},
	{Name: "ldap.substrings_element", Title: "substrings", Kind: layer.Group},
	{Name: "ldap.substrings", Title: "substrings", Bits: 32},
	{Name: "ldap.substrings_item", Title: "substrings item", Bits: 32, Enum: layer.Enum{0: "initial", 1: "any", 2: "final"}},
	{Name: "ldap.initial", Title: "initial", Kind: layer.String},
	{Name: "ldap.any", Title: "any", Kind: layer.String},
	{Name: "ldap.final", Title: "final", Kind: layer.String},
	{Name: "ldap.type", Title: "type", Kind: layer.String},
	{Name: "ldap.greaterOrEqual_element", Title: "greaterOrEqual", Kind: layer.Group},
	{Name: "ldap.lessOrEqual_element", Title: "lessOrEqual", Kind: layer.Group},
	{Name: "ldap.present", Title: "present", Kind: layer.String},
	{Name: "ldap.approxMatch_element", Title: "approxMatch", Kind: layer.Group},
	{Name: "ldap.extensibleMatch_element", Title: "extensibleMatch", Kind: layer.Group},
	{Name: "ldap.matchingRule", Title: "matchingRule", Kind: layer.String},
	{Name: "ldap.matchValue", Title: "matchValue", Kind: layer.String},
	{Name: "ldap.attributeDesc", Title: "attributeDesc", Kind: layer.String},
	{Name: "ldap.assertionValue", Title: "assertionValue", Kind: layer.String},
	{Name: "ldap.attributes", Title: "attributes", Bits: 32},
	{Name: "ldap.AttributeDescription", Title: "AttributeDescription", Kind: layer.String},
	{Name: "ldap.searchResEntry_element", Title: "searchResEntry", Kind: layer.Group},
	{Name: "ldap.objectName", Title: "objectName", Kind: layer.String},
	{Name: "ldap.PartialAttributeList_item_element", Title: "PartialAttributeList item", Kind: layer.Group},
	{Name: "ldap.vals", Title: "vals", Bits: 32},
	{Name: "ldap.AttributeValue", Title: "AttributeValue", Kind: layer.Bytes},
	{Name: "ldap.searchResDone_element", Title: "searchResDone", Kind: layer.Group},
	{Name: "ldap.searchResRef", Title: "searchResRef", Bits: 32},
	{Name: "ldap.LDAPURL", Title: "LDAPURL", Kind: layer.String},
	{Name: "ldap.modifyRequest_element", Title: "modifyRequest", Kind: layer.Group},
	{Name: "ldap.object", Title: "object", Kind: layer.String},
	{Name: "ldap.modification", Title: "modification", Bits: 32},
	{Name: "ldap.modification_item_element", Title: "modification item", Kind: layer.Group},
	{Name: "ldap.operation", Title: "operation", Bits: 32, Enum: layer.Enum{0: "add", 1: "delete", 2: "replace", 3: "increment"}},
	{Name: "ldap.modification_element", Title: "modification", Kind: layer.Group},
	{Name: "ldap.modifyResponse_element", Title: "modifyResponse", Kind: layer.Group},
	{Name: "ldap.addRequest_element", Title: "addRequest", Kind: layer.Group},
	{Name: "ldap.entry", Title: "entry", Kind: layer.String},
	{Name: "ldap.AttributeList_item_element", Title: "AttributeList item", Kind: layer.Group},
	{Name: "ldap.addResponse_element", Title: "addResponse", Kind: layer.Group},
	{Name: "ldap.delRequest", Title: "delRequest", Kind: layer.String},
	{Name: "ldap.delResponse_element", Title: "delResponse", Kind: layer.Group},
	{Name: "ldap.abandonRequest", Title: "abandonRequest", Bits: 32},
	{Name: "ldap.extendedReq_element", Title: "extendedReq", Kind: layer.Group},
	{Name: "ldap.requestName", Title: "requestName", Kind: layer.String},
	{Name: "ldap.extendedResp_element", Title: "extendedResp", Kind: layer.Group},
	{Name: "ldap.responseName", Title: "responseName", Kind: layer.String},
	{Name: "ldap.controls", Title: "controls", Bits: 32},
	{Name: "ldap.Control_element", Title: "Control", Kind: layer.Group},
	{Name: "ldap.controlType", Title: "controlType", Kind: layer.String},
	{Name: "ldap.criticality", Title: "criticality", Kind: layer.Bool, Bits: 8},
}

func readLDAP(w *layer.Walker) {
	n := len(w.Rest())
	if _, ok := showBER(w, ldapMessage, false, w.Offset(), w.End(), 0); ok {
		w.Move(n)
	}
}

// ldapMessage is the envelope of all messages (RFC 4511 section 4.1.1).
var ldapMessage = compileBER(ldapFields, []berType{{tag: 0x30, whole: "ldap.LDAPMessage_element", seq: append(append([]berType{
	{tag: 0x02, value: "ldap.messageID"},
}, ldapProtocols...), berType{tag: 0xA0, value: "ldap.controls", of: []berType{
	{tag: 0x30, whole: "ldap.Control_element", seq: []berType{
		{tag: 0x04, value: "ldap.controlType"},
		{tag: 0x01, value: "ldap.criticality"},
	}},
}})}})

// ldapProtocols are the operations (RFC 4511 sections 4.2 to 4.12).
var ldapProtocols = []berType{
	ldapOperation(0x60, "ldap.bindRequest_element",
		berType{tag: 0x02, value: "ldap.version"},
		berType{tag: 0x04, value: "ldap.name"},
		berType{tag: 0x80, choice: "ldap.authentication", value: "ldap.simple"},
		berType{tag: 0xA3, choice: "ldap.authentication", value: "ldap.sasl_element", seq: []berType{
			{tag: 0x04, value: "ldap.mechanism"},
			{tag: 0x04, value: "ldap.credentials"},
		}},
	),
	ldapResult(0x61, "ldap.bindResponse_element", berType{tag: 0x87, value: "ldap.serverSaslCreds"}),
	{tag: 0x42, whole: "ldap.protocolOp", value: "ldap.unbindRequest_element"},
	ldapOperation(0x63, "ldap.searchRequest_element", append(append([]berType{
		{tag: 0x04, value: "ldap.baseObject"},
		{tag: 0x0A, value: "ldap.scope"},
		{tag: 0x0A, value: "ldap.derefAliases"},
		{tag: 0x02, value: "ldap.sizeLimit"},
		{tag: 0x02, value: "ldap.timeLimit"},
		{tag: 0x01, value: "ldap.typesOnly"},
	}, ldapFilter("ldap.filter", 4)...), berType{tag: 0x30, value: "ldap.attributes", of: []berType{{tag: 0x04, value: "ldap.AttributeDescription"}}})...),
	ldapOperation(0x64, "ldap.searchResEntry_element",
		berType{tag: 0x04, value: "ldap.objectName"},
		berType{tag: 0x30, value: "ldap.attributes", of: []berType{ldapAttribute("ldap.PartialAttributeList_item_element", "")}},
	),
	ldapResult(0x65, "ldap.searchResDone_element"),
	{tag: 0x73, whole: "ldap.protocolOp", value: "ldap.searchResRef", of: []berType{{tag: 0x04, value: "ldap.LDAPURL"}}},
	ldapOperation(0x66, "ldap.modifyRequest_element",
		berType{tag: 0x04, value: "ldap.object"},
		berType{tag: 0x30, value: "ldap.modification", of: []berType{{tag: 0x30, whole: "ldap.modification_item_element", seq: []berType{
			{tag: 0x0A, value: "ldap.operation"},
			ldapAttribute("ldap.modification_element", ""),
		}}}},
	),
	ldapResult(0x67, "ldap.modifyResponse_element"),
	ldapOperation(0x68, "ldap.addRequest_element",
		berType{tag: 0x04, value: "ldap.entry"},
		berType{tag: 0x30, value: "ldap.attributes", of: []berType{ldapAttribute("ldap.AttributeList_item_element", "")}},
	),
	ldapResult(0x69, "ldap.addResponse_element"),
	{tag: 0x4A, whole: "ldap.protocolOp", value: "ldap.delRequest"},
	ldapResult(0x6B, "ldap.delResponse_element"),
	{tag: 0x50, whole: "ldap.protocolOp", value: "ldap.abandonRequest"},
	ldapOperation(0x77, "ldap.extendedReq_element", berType{tag: 0x80, value: "ldap.requestName"}),
	ldapResult(0x78, "ldap.extendedResp_element", berType{tag: 0x8A, value: "ldap.responseName"}),
}

func ldapOperation(tag byte, name string, parts ...berType) berType {
	return berType{tag: tag, whole: "ldap.protocolOp", value: name, seq: parts}
}

func ldapResult(tag byte, name string, more ...berType) berType {
	return ldapOperation(tag, name, append([]berType{
		{tag: 0x0A, value: "ldap.resultCode"},
		{tag: 0x04, value: "ldap.matchedDN"},
		{tag: 0x04, value: "ldap.errorMessage"},
	}, more...)...)
}

func ldapAttribute(whole, value string) berType {
	return berType{tag: 0x30, whole: whole, value: value, seq: []berType{
		{tag: 0x04, value: "ldap.type"},
		{tag: 0x31, value: "ldap.vals", of: []berType{{tag: 0x04, value: "ldap.AttributeValue"}}},
	}}
}

// ldapFilter is a filter, whose kind is shown as the field named, with so many
// filters in filters (RFC 4511 section 4.5.1.7).
func ldapFilter(choice string, depth int) []berType {
	list := []berType{
		ldapMatch(0xA3, choice, "ldap.equalityMatch_element"),
		{tag: 0xA4, choice: choice, value: "ldap.substrings_element", seq: []berType{
			{tag: 0x04, value: "ldap.type"},
			{tag: 0x30, value: "ldap.substrings", of: []berType{
				{tag: 0x80, choice: "ldap.substrings_item", value: "ldap.initial", octets: true},
				{tag: 0x81, choice: "ldap.substrings_item", value: "ldap.any", octets: true},
				{tag: 0x82, choice: "ldap.substrings_item", value: "ldap.final", octets: true},
			}},
		}},
		ldapMatch(0xA5, choice, "ldap.greaterOrEqual_element"),
		ldapMatch(0xA6, choice, "ldap.lessOrEqual_element"),
		{tag: 0x87, choice: choice, value: "ldap.present"},
		ldapMatch(0xA8, choice, "ldap.approxMatch_element"),
		{tag: 0xA9, choice: choice, value: "ldap.extensibleMatch_element", seq: []berType{
			{tag: 0x81, value: "ldap.matchingRule"},
			{tag: 0x82, value: "ldap.type"},
			{tag: 0x83, value: "ldap.matchValue"},
		}},
	}
	if depth > 0 {
		list = append(list,
			berType{tag: 0xA0, choice: choice, value: "ldap.and", of: ldapFilter("ldap.and_item", depth-1)},
			berType{tag: 0xA1, choice: choice, value: "ldap.or", of: ldapFilter("ldap.or_item", depth-1)},
			berType{tag: 0xA2, choice: choice, of: ldapFilter("ldap.not", depth-1)},
		)
	}
	return list
}

func ldapMatch(tag byte, choice, name string) berType {
	return berType{tag: tag, choice: choice, value: name, seq: []berType{
		{tag: 0x04, value: "ldap.attributeDesc"},
		{tag: 0x04, value: "ldap.assertionValue", octets: true},
	}}
}

var ldapOperations = layer.Enum{
	0: "bindRequest", 1: "bindResponse", 2: "unbindRequest", 3: "searchRequest", 4: "searchResEntry", 5: "searchResDone", 6: "modifyRequest",
	7: "modifyResponse", 8: "addRequest", 9: "addResponse", 10: "delRequest", 11: "delResponse", 12: "modDNRequest", 13: "modDNResponse",
	14: "compareRequest", 15: "compareResponse", 16: "abandonRequest", 19: "searchResRef", 23: "extendedReq", 24: "extendedResp", 25: "intermediateResponse",
}

var ldapFilters = layer.Enum{
	0: "and", 1: "or", 2: "not", 3: "equalityMatch", 4: "substrings", 5: "greaterOrEqual", 6: "lessOrEqual", 7: "present", 8: "approxMatch", 9: "extensibleMatch",
}

// ldapResults are from RFC 4511 section 4.1.9.
var ldapResults = layer.Enum{
	0: "success", 1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 4: "sizeLimitExceeded", 7: "authMethodNotSupported",
	8: "strongerAuthRequired", 10: "referral", 14: "saslBindInProgress", 16: "noSuchAttribute", 20: "attributeOrValueExists", 32: "noSuchObject",
	34: "invalidDNSyntax", 48: "inappropriateAuthentication", 49: "invalidCredentials", 50: "insufficientAccessRights", 51: "busy", 52: "unavailable",
	53: "unwillingToPerform", 65: "objectClassViolation", 68: "entryAlreadyExists", 80: "other",
}
