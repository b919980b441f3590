package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// isakmp is a message of the Internet Key Exchange, version 1 or 2. Payloads are
// read until the first that is not sound.
var isakmp = &layer.Proto{
	Name: "isakmp", Title: "Internet Security Association and Key Management Protocol", Alias: []string{"ISAKMP", "ike"}, Spec: "RFC 7296 section 3, RFC 2408 section 3",
	On: []layer.On{{Table: "udp.port", Keys: []uint64{500}}},
	Fields: []layer.Field{
		{Name: "isakmp.ispi", Alias: "ispi", Title: "Initiator SPI", Kind: layer.Bytes, Len: "8"},
		{Name: "isakmp.rspi", Alias: "rspi", Title: "Responder SPI", Kind: layer.Bytes, Len: "8"},
		{Name: "isakmp.nextpayload", Title: "Next payload", Bits: 8, Enum: isakmpPayloads},
		{Name: "isakmp.version", Title: "Version", Bits: 8, Base: layer.Hex, Sub: []layer.Field{
			{Name: "isakmp.mjver", Alias: "major", Title: "MjVer", Bits: 4, Base: layer.Hex}, {Name: "isakmp.mnver", Title: "MnVer", Bits: 4, Base: layer.Hex},
		}},
		{Name: "isakmp.exchangetype", Alias: "exchange", Title: "Exchange type", Bits: 8, Enum: layer.Enum{
			2: "Identity Protection (Main Mode)", 4: "Aggressive", 5: "Informational", 32: "Quick Mode", 34: "IKE_SA_INIT", 35: "IKE_AUTH",
			36: "CREATE_CHILD_SA", 37: "INFORMATIONAL",
		}},
		{Name: "isakmp.flags", Title: "Flags", Bits: 8, Base: layer.Hex, When: "major == 1", Sub: isakmpFlags("isakmp.flag_a", "isakmp.flag_c", "isakmp.flag_e")},
		{Name: "isakmp.flags", Title: "Flags", Bits: 8, Base: layer.Hex, When: "major == 2", Sub: append(append([]layer.Field{{Bits: 2}},
			isakmpFlags("isakmp.flag_r", "isakmp.flag_v", "isakmp.flag_i")[1:]...), layer.Field{Bits: 3})},
		{Name: "isakmp.messageid", Alias: "id", Title: "Message ID", Bits: 32, Base: layer.Hex},
		{Name: "isakmp.length", Alias: "length", Title: "Length", Bits: 32},
		{Kind: layer.Group, Code: showIKE, Len: "length - 28", When: "(major == 1 || major == 2) && length >= 28 && length <= size", Sub: isakmpKinds},
	},
	Summary: "${exchange}",
}

// isakmpFlags are the last bits of a byte, from the most significant on.
func isakmpFlags(names ...string) []layer.Field {
	fields := []layer.Field{{Bits: 8 - len(names)}}
	for _, name := range names {
		fields = append(fields, layer.Field{Name: name, Title: name, Bits: 1, Kind: layer.Bool})
	}
	return fields
}

// Payloads that are read further, by their place in isakmpKinds.
const (
	ikeOther1 = iota
	ikeOther2
	ikeSA1
	ikeSA2
	ikeExchange1
	ikeExchange2
	ikeNonce1
	ikeNonce2
	ikeNotify2
	ikeEncrypted
)

var isakmpKinds = []layer.Field{
	ikeOther1:    isakmpPayload(1),
	ikeOther2:    isakmpPayload(2),
	ikeSA1:       isakmpPayload(1, isakmpSA1...),
	ikeSA2:       isakmpPayload(2, isakmpProposal(2, isakmpTransform2...)),
	ikeExchange1: isakmpPayload(1, layer.Field{Name: "isakmp.key_exchange.data", Title: "Key Exchange Data", Kind: layer.Bytes}),
	ikeExchange2: isakmpPayload(2, layer.Field{Name: "isakmp.key_exchange.dh_group", Title: "DH Group #", Bits: 16}, skip("2"),
		layer.Field{Name: "isakmp.key_exchange.data", Title: "Key Exchange Data", Kind: layer.Bytes}),
	ikeNonce1: isakmpPayload(1, layer.Field{Name: "isakmp.nonce", Title: "Nonce DATA", Kind: layer.Bytes}),
	ikeNonce2: isakmpPayload(2, layer.Field{Name: "isakmp.nonce", Title: "Nonce DATA", Kind: layer.Bytes}),
	ikeNotify2: isakmpPayload(2, layer.Field{Name: "isakmp.notify.protoid", Title: "Protocol ID", Bits: 8},
		layer.Field{Name: "isakmp.spisize", Alias: "spisize", Title: "SPI Size", Bits: 8},
		layer.Field{Name: "isakmp.notify.msgtype", Title: "Notify Message Type", Bits: 16}, skip("spisize"),
		layer.Field{Name: "isakmp.notify.data", Title: "Notification DATA", Kind: layer.Bytes}),
	ikeEncrypted: {Name: "isakmp.enc.data", Title: "Encrypted Data", Kind: layer.Group, Len: "rest"},
}

// isakmpPayload is a payload of a version, with its generic header.
func isakmpPayload(version int, inside ...layer.Field) layer.Field {
	return layer.Field{Name: "isakmp.typepayload", Title: "Payload", Kind: layer.Group, Len: "rest", Sub: append(isakmpGeneric(version), inside...)}
}

func isakmpGeneric(version int) []layer.Field {
	fields := []layer.Field{{Name: "isakmp.nextpayload", Title: "Next payload", Bits: 8, Enum: isakmpPayloads}}
	if version == 1 {
		fields = append(fields, isakmpReserved("1"))
	} else {
		fields = append(fields, layer.Field{Bits: 8, Sub: []layer.Field{
			{Name: "isakmp.criticalpayload", Title: "Critical Bit", Bits: 1, Kind: layer.Bool}, {Name: "isakmp.reserved7", Title: "Reserved", Bits: 7, Base: layer.Hex},
		}})
	}
	return append(fields, layer.Field{Name: "isakmp.payloadlength", Title: "Payload length", Bits: 16})
}

func isakmpReserved(n string) layer.Field {
	return layer.Field{Name: "isakmp.reserved", Title: "Reserved", Kind: layer.Bytes, Len: n}
}

// isakmpProposal are proposals, one behind the other, with their transforms.
func isakmpProposal(version int, transform ...layer.Field) layer.Field {
	return layer.Field{Name: "isakmp.typepayload", Title: "Proposal", Kind: layer.Group, Repeat: "*", Len: "u16(2) < 8 ? rest : u16(2)", Sub: append(isakmpGeneric(1),
		layer.Field{Name: "isakmp.prop.number", Title: "Proposal number", Bits: 8},
		layer.Field{Name: "isakmp.prop.protoid", Alias: "protoid", Title: "Protocol ID", Bits: 8},
		layer.Field{Name: "isakmp.spisize", Alias: "spisize", Title: "SPI Size", Bits: 8},
		layer.Field{Name: "isakmp.prop.transforms", Title: "Proposal transforms", Bits: 8},
		skip("spisize"),
		layer.Field{Name: "isakmp.typepayload", Title: "Transform", Kind: layer.Group, Repeat: "*", Len: "u16(2) < 8 ? rest : u16(2)", Sub: append(isakmpGeneric(1), transform...)},
	)}
}

var isakmpTransform2 = []layer.Field{
	{Name: "isakmp.tf.type", Alias: "tftype", Title: "Transform Type", Bits: 8, Enum: layer.Enum{1: "ENCR", 2: "PRF", 3: "INTEG", 4: "D-H", 5: "ESN"}},
	isakmpReserved("1"),
	{Kind: layer.Group, Switch: "tftype", Cases: []layer.Case{
		{Of: []uint64{1}, Fields: []layer.Field{{Name: "isakmp.tf.id.encr", Title: "Transform ID (ENCR)", Bits: 16}}},
		{Of: []uint64{2}, Fields: []layer.Field{{Name: "isakmp.tf.id.prf", Title: "Transform ID (PRF)", Bits: 16}}},
		{Of: []uint64{3}, Fields: []layer.Field{{Name: "isakmp.tf.id.integ", Title: "Transform ID (INTEG)", Bits: 16}}},
		{Of: []uint64{4}, Fields: []layer.Field{{Name: "isakmp.tf.id.dh", Title: "Transform ID (D-H)", Bits: 16}}},
		{Of: []uint64{5}, Fields: []layer.Field{{Name: "isakmp.tf.id.esn", Title: "Transform ID (ESN)", Bits: 16}}},
		{Fields: []layer.Field{{Name: "isakmp.tf.id", Title: "Transform ID", Bits: 16}}},
	}},
	isakmpAttribute("isakmp.ike2.attr", map[uint64]string{14: "key_length"}),
}

var isakmpSA1 = []layer.Field{
	{Name: "isakmp.sa.doi", Alias: "doi", Title: "Domain of interpretation", Bits: 32},
	{Kind: layer.Group, When: "doi == 1", Len: "rest", Sub: []layer.Field{
		{Name: "isakmp.sa.situation", Title: "Situation", Kind: layer.Bytes, Len: "4", Sub: []layer.Field{{Bits: 32, Sub: []layer.Field{
			{Bits: 29}, {Name: "isakmp.sa.situation.integrity", Title: "Integrity", Bits: 1, Kind: layer.Bool},
			{Name: "isakmp.sa.situation.secrecy", Title: "Secrecy", Bits: 1, Kind: layer.Bool},
			{Name: "isakmp.sa.situation.identity_only", Title: "Identity Only", Bits: 1, Kind: layer.Bool},
		}}}},
		isakmpProposal(1,
			layer.Field{Name: "isakmp.trans.number", Title: "Transform number", Bits: 8},
			layer.Field{Name: "isakmp.trans.id", Title: "Transform ID", Bits: 8, When: "protoid == 1"}, layer.Field{Bits: 8, When: "protoid != 1"},
			isakmpReserved("2"),
			layer.Field{Kind: layer.Group, When: "protoid == 1", Sub: []layer.Field{isakmpAttribute("isakmp.ike.attr", map[uint64]string{
				1: "encryption_algorithm", 2: "hash_algorithm", 3: "authentication_method", 4: "group_description", 11: "life_type", 12: "life_duration", 14: "key_length",
			})}},
		),
	}},
}

// isakmpAttribute are attributes of a transform (RFC 7296 section 3.3.5).
func isakmpAttribute(name string, own map[uint64]string) layer.Field {
	value := layer.Field{Name: name + ".value", Title: "Value", Kind: layer.Bytes, Len: "short ? 2 : attrlen", Switch: "attrtype"}
	for of, last := range own {
		value.Cases = append(value.Cases, layer.Case{Of: []uint64{of}, Fields: []layer.Field{{Name: name + "." + last, Title: last, Len: "rest > 8 ? 8 : rest"}}})
	}
	return layer.Field{Name: name, Title: "Transform Attribute", Kind: layer.Group, Repeat: "*", Len: "u8(0) >> 7 ? 4 : u16(2) + 4", Sub: []layer.Field{
		{Bits: 16, Sub: []layer.Field{
			{Name: name + ".format", Alias: "short", Title: "Format", Bits: 1, Kind: layer.Bool}, {Name: name + ".type", Alias: "attrtype", Title: "Type", Bits: 15},
		}},
		{Name: name + ".length", Alias: "attrlen", Title: "Length", Bits: 16, When: "!short"},
		value,
	}}
}

// showIKE shows the payloads. Each says of which kind the next one is.
func showIKE(w *layer.Walker) {
	header := w.Frame()[w.Start():]
	kind, version := header[16], header[17]>>4
	if version == 1 && header[19]&1 != 0 {
		if len(w.Rest()) > 0 {
			w.Part(ikeEncrypted, len(w.Rest()))
		}
		return
	}
	for kind != 0 {
		b := w.Rest()
		if len(b) < 4 {
			return
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n < 4 || n > len(b) || !w.Part(ikeKind(kind, version), n) {
			return
		}
		if kind == 46 || kind == 53 {
			return // what is encrypted is of that kind
		}
		kind = b[0]
	}
}

func ikeKind(kind, version byte) int {
	if version == 1 {
		switch kind {
		case 1:
			return ikeSA1
		case 4:
			return ikeExchange1
		case 10:
			return ikeNonce1
		}
		return ikeOther1
	}
	switch kind {
	case 33:
		return ikeSA2
	case 34:
		return ikeExchange2
	case 40:
		return ikeNonce2
	case 41:
		return ikeNotify2
	}
	return ikeOther2
}

var isakmpPayloads = layer.Enum{
	0: "None", 1: "Security Association", 2: "Proposal", 3: "Transform", 4: "Key Exchange", 5: "Identification", 6: "Certificate",
	7: "Certificate Request", 8: "Hash", 9: "Signature", 10: "Nonce", 11: "Notification", 12: "Delete", 13: "Vendor ID", 20: "NAT-D", 21: "NAT-OA",
	33: "Security Association", 34: "Key Exchange", 35: "Identification - Initiator", 36: "Identification - Responder", 37: "Certificate",
	38: "Certificate Request", 39: "Authentication", 40: "Nonce", 41: "Notify", 42: "Delete", 43: "Vendor ID",
	44: "Traffic Selector - Initiator", 45: "Traffic Selector - Responder", 46: "Encrypted and Authenticated", 47: "Configuration",
	48: "Extensible Authentication", 53: "Encrypted Fragment",
}
