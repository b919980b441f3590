package proto

import (
	"encoding/binary"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// dtls is a datagram of DTLS records. Messages and extensions are TLS's, under
// names of its own.
var dtls = &layer.Proto{
	Name: "dtls", Title: "Datagram Transport Layer Security", Alias: []string{"DTLS"}, Spec: "RFC 6347 section 4",
	On: []layer.On{{Table: "udp.port"}},
	Fields: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
		{Name: "dtls.record", Title: "Record Layer", Kind: layer.Group, When: dtlsRecordHere, Len: "u16(11) + 13", Sub: []layer.Field{
			{Name: "dtls.record.content_type", Alias: "type", Title: "Content Type", Bits: 8, Enum: tlsContentTypes},
			{Name: "dtls.record.version", Alias: "version", Title: "Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions},
			{Name: "dtls.record.epoch", Alias: "epoch", Title: "Epoch", Bits: 16},
			{Name: "dtls.record.sequence_number", Alias: "seq", Title: "Sequence Number", Bits: 48},
			{Name: "dtls.record.length", Alias: "len", Title: "Length", Bits: 16},
			{Kind: layer.Group, Switch: "type", Cases: []layer.Case{
				{Of: []uint64{20}, Fields: []layer.Field{{Name: "dtls.change_cipher_spec", Title: "Change Cipher Spec Message", Kind: layer.Group, Len: "rest"}}},
				{Of: []uint64{21}, Fields: []layer.Field{{Name: "dtls.alert_message", Title: "Alert Message", Kind: layer.Group, Len: "rest", Sub: asDTLS(tlsAlert)}}},
				{Of: []uint64{22}, Fields: dtlsMessages},
				{Of: []uint64{23}, Fields: []layer.Field{{Name: "dtls.app_data", Title: "Encrypted Application Data", Kind: layer.Bytes}}},
			}},
		}},
		{Kind: layer.Bytes, When: "rest > 0 && !(" + dtlsRecordHere + ")"},
	}}},
	Guess:   guessDTLS,
	Summary: "${type}",
}

const dtlsRecordHere = "rest >= 13 && u8(0) >= 20 && u8(0) <= 24 && (u16(1) == 0xFEFF || u16(1) == 0xFEFD) && u16(11) + 13 <= rest"

// dtlsMessages are handshake messages or pieces of them (RFC 6347 section 4.2.2).
// In later epochs they are encrypted.
var dtlsMessages = []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{
	{Alias: "plain", Calc: "epoch == 0 && rest >= 12 && u8(0) <= 25 && u24(6) + u24(9) <= u24(1) && u24(9) + 12 <= rest", Bits: 1},
	{Name: "dtls.handshake", Title: "Handshake Protocol", Kind: layer.Group, When: "!plain", Len: "rest"},
	{Name: "dtls.handshake", Title: "Handshake Protocol", Kind: layer.Group, When: "plain", Len: "u24(9) + 12", Sub: append([]layer.Field{
		{Name: "dtls.handshake.type", Alias: "msgtype", Title: "Handshake Type", Bits: 8, Enum: tlsHandshakeTypes},
		{Name: "dtls.handshake.length", Alias: "msglen", Title: "Length", Bits: 24},
		{Name: "dtls.handshake.message_seq", Title: "Message Sequence", Bits: 16},
		{Name: "dtls.handshake.fragment_offset", Alias: "fragoff", Title: "Fragment Offset", Bits: 24},
		{Name: "dtls.handshake.fragment_length", Alias: "fraglen", Title: "Fragment Length", Bits: 24},
		{Kind: layer.Bytes, Len: "fraglen", When: "fraglen < msglen"},
		{Kind: layer.Group, Len: "rest", When: "msgtype == 3 && rest > 0", Sub: append([]layer.Field{
			{Name: "dtls.handshake.version", Title: "Version", Bits: 16, Base: layer.Hex, Enum: tlsVersions},
		}, dtlsCookie...)},
		{Kind: layer.Group, Len: "rest", When: "msgtype == 1 && rest > 0", Sub: dtlsClientHello()},
	}, wholeOnly(asDTLS(tlsHandshake[3:]))...)},
}}}

var dtlsCookie = []layer.Field{
	{Name: "dtls.handshake.cookie_length", Alias: "cookielen", Title: "Cookie Length", Bits: 8},
	{Name: "dtls.handshake.cookie", Title: "Cookie", Kind: layer.Bytes, Len: "cookielen", When: "cookielen > 0"},
}

// dtlsClientHello has a cookie behind the session's ID (RFC 6347 section 4.2.1).
func dtlsClientHello() []layer.Field {
	hello := asDTLS(tlsClientHello)
	const behind = 4 // version, random, length and ID of the session
	return append(append(append([]layer.Field{}, hello[:behind]...), dtlsCookie...), hello[behind:]...)
}

// wholeOnly makes fields that are there only where a message is not a piece.
func wholeOnly(fields []layer.Field) []layer.Field {
	for i := range fields {
		when := "fraglen == msglen"
		if fields[i].When != "" {
			when += " && " + fields[i].When
		}
		fields[i].When = when
	}
	return fields
}

// asDTLS copies fields of TLS, with DTLS's names.
func asDTLS(fields []layer.Field) []layer.Field {
	list := make([]layer.Field, len(fields))
	for i, f := range fields {
		if strings.HasPrefix(f.Name, "tls.") {
			f.Name = "d" + f.Name
		}
		if f.Sub != nil {
			f.Sub = asDTLS(f.Sub)
		}
		cases := make([]layer.Case, len(f.Cases))
		for k, c := range f.Cases {
			cases[k] = layer.Case{Of: c.Of, Fields: asDTLS(c.Fields)}
		}
		if f.Cases != nil {
			f.Cases = cases
		}
		list[i] = f
	}
	return list
}

// guessDTLS takes records that follow each other to the very end.
func guessDTLS(b []byte) bool {
	if len(b) < 13 {
		return false
	}
	for len(b) > 0 {
		if len(b) < 14 || b[0] < 20 || b[0] > 23 || b[1] != 0xFE || b[2] != 0xFF && b[2] != 0xFD {
			return false
		}
		n := 13 + int(binary.BigEndian.Uint16(b[11:]))
		if n == 13 || n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}
