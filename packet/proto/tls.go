package proto

import (
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// tls is a piece of a stream of TLS records. Records are read that begin at its
// start and lie in it whole.
var tls = &layer.Proto{
	Name: "tls", Title: "Transport Layer Security", Alias: []string{"TLS", "ssl"}, Spec: "RFC 8446 section 5",
	On: []layer.On{{Table: "tcp.port"}}, // on any port, by the look of its records
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "tls.record", Title: "Record Layer", Kind: layer.Group, When: tlsRecordHere, Len: "u16(3) + 5", Sub: []layer.Field{
			{Name: "tls.record.content_type", Alias: "type", Also: []string{"tls.record.opaque_type"}, Title: "Content Type", Bits: 8, Enum: tlsContentTypes},
			{Name: "tls.record.version", Alias: "version", Title: "Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions},
			{Name: "tls.record.length", Alias: "len", Title: "Length", Bits: 16},
			{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
				{Of: []uint64{20}, Fields: []layer.Field{{Name: "tls.change_cipher_spec", Title: "Change Cipher Spec Message", Kind: layer.Group, Len: "rest"}}},
				{Of: []uint64{21}, Fields: []layer.Field{{Name: "tls.alert_message", Title: "Alert Message", Kind: layer.Group, Len: "rest", Sub: tlsAlert}}},
				{Of: []uint64{22}, Fields: tlsMessages},
				{Of: []uint64{23}, Fields: []layer.Field{{Name: "tls.app_data", Title: "Encrypted Application Data", Kind: layer.Bytes}}},
				{Of: []uint64{24}, Fields: []layer.Field{{Name: "tls.heartbeat_message", Title: "Heartbeat Message", Kind: layer.Group, Len: "rest", Sub: tlsHeartbeat}}},
			}},
		}},
		{Kind: layer.Bytes, When: "rest > 0 && !(" + tlsRecordHere + ")"},
	}}},
	Guess:   guessTLS,
	Summary: "${type}",
}

// tlsRecordHere tells whether a whole record begins here.
const tlsRecordHere = "rest >= 5 && u8(0) >= 20 && u8(0) <= 24 && u8(1) == 3 && u8(2) <= 4 && u16(3) <= 18432 && u16(3) + 5 <= rest"

// tlsAlert is an alert. One of another length is encrypted.
var tlsAlert = []layer.Field{{Kind: layer.Group, When: "size == 2", Sub: []layer.Field{
	{Name: "tls.alert_message.level", Alias: "level", Title: "Level", Bits: 8, Enum: layer.Enum{1: "Warning", 2: "Fatal"}},
	{Name: "tls.alert_message.desc", Alias: "descr", Title: "Description", Bits: 8, Enum: tlsAlerts},
}}}

// tlsHeartbeat is a heartbeat (RFC 6520 section 4), unless it is encrypted.
var tlsHeartbeat = []layer.Field{{Kind: layer.Group, When: "(u8(0) == 1 || u8(0) == 2) && u16(1) + 19 <= rest", Sub: []layer.Field{
	{Name: "tls.heartbeat_message.type", Title: "Type", Bits: 8, Enum: layer.Enum{1: "Request", 2: "Response"}},
	{Name: "tls.heartbeat_message.payload_length", Alias: "plen", Title: "Payload Length", Bits: 16},
	{Name: "tls.heartbeat_message.payload", Title: "Payload", Kind: layer.Bytes, Len: "plen"},
	{Name: "tls.heartbeat_message.padding", Title: "Padding", Kind: layer.Bytes},
}}}

// guessTLS looks at the first record, and at the one behind it.
func guessTLS(b []byte) bool {
	if len(b) < 6 || !tlsRecordHeader(b) {
		return false
	}
	n := int(binary.BigEndian.Uint16(b[3:]))
	switch b[0] {
	case 20:
		if n != 1 || b[5] != 1 {
			return false
		}
	case 21:
		if n != 2 && n < 16 {
			return false
		}
	case 22:
		if n < 4 {
			return false
		}
	case 23:
		if n < 16 {
			return false
		}
	}
	return len(b) < n+10 || tlsRecordHeader(b[n+5:])
}

func tlsRecordHeader(b []byte) bool {
	n := binary.BigEndian.Uint16(b[3:])
	return b[0] >= 20 && b[0] <= 23 && b[1] == 3 && b[2] <= 4 && n > 0 && n <= 1<<14+2048
}

var tlsContentTypes = layer.Enum{20: "Change Cipher Spec", 21: "Alert", 22: "Handshake", 23: "Application Data", 24: "Heartbeat"}

var tlsVersions = layer.Enum{
	0x0002: "SSL 2.0", 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1", 0x0303: "TLS 1.2", 0x0304: "TLS 1.3",
	0xFEFF: "DTLS 1.0", 0xFEFD: "DTLS 1.2", 0xFEFC: "DTLS 1.3",
}

// tlsAlerts are from IANA's registry.
var tlsAlerts = layer.Enum{
	0: "Close Notify", 10: "Unexpected Message", 20: "Bad Record MAC", 21: "Decryption Failed", 22: "Record Overflow",
	30: "Decompression Failure", 40: "Handshake Failure", 41: "No Certificate", 42: "Bad Certificate", 43: "Unsupported Certificate",
	44: "Certificate Revoked", 45: "Certificate Expired", 46: "Certificate Unknown", 47: "Illegal Parameter", 48: "Unknown CA",
	49: "Access Denied", 50: "Decode Error", 51: "Decrypt Error", 60: "Export Restriction", 70: "Protocol Version",
	71: "Insufficient Security", 80: "Internal Error", 86: "Inappropriate Fallback", 90: "User Canceled", 100: "No Renegotiation",
	109: "Missing Extension", 110: "Unsupported Extension", 111: "Certificate Unobtainable", 112: "Unrecognized Name",
	113: "Bad Certificate Status Response", 114: "Bad Certificate Hash Value", 115: "Unknown PSK Identity",
	116: "Certificate Required", 120: "No Application Protocol", 121: "ECH Required",
}
