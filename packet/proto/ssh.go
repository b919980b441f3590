package proto

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"

	"github.com/netwright/netwright/packet/layer"
)

// ssh is a piece of a stream of SSH: the version that comes first, and packets as
// long as they are in the clear.
var ssh = &layer.Proto{
	Name: "ssh", Title: "SSH Protocol", Spec: "RFC 4253",
	On: []layer.On{{Table: "tcp.port", Keys: []uint64{22}}},
	Fields: []layer.Field{
		{Kind: layer.Group, When: "u32(0) == 0x5353482D", Code: showSSHVersion, Sub: []layer.Field{
			{Name: "ssh.protocol", Alias: "protocol", Title: "Protocol", Kind: layer.String},
		}},
		{Kind: layer.Group, Repeat: "*", Code: showSSHPacket, Sub: []layer.Field{{Kind: layer.Group, Sub: sshPacket}}},
	},
	Guess:   guessSSH,
	Summary: "${protocol} ${code}",
}

// sshPacket is a packet in the clear (RFC 4253 section 6).
var sshPacket = []layer.Field{
	{Name: "ssh.packet_length", Alias: "len", Title: "Packet Length", Bits: 32},
	{Name: "ssh.padding_length", Alias: "padlen", Title: "Padding Length", Bits: 8},
	{Kind: layer.Group, Len: "len - padlen - 1", Sub: []layer.Field{
		{Name: "ssh.message_code", Alias: "code", Title: "Message Code", Bits: 8, Enum: sshMessages},
	}, Switch: "code", Cases: []layer.Case{
		{Of: []uint64{20}, Fields: sshKexInit},
		{Of: []uint64{30}, Fields: []layer.Field{
			{Kind: layer.Group, When: sshIsPoint + " && u32(0) + 4 == rest", Sub: sshString("ssh.ecdh.q_c", "qc", "ECDH client's ephemeral public key (Q_C)")},
			{Kind: layer.Group, When: "pos == 1 && u32(0) + 4 == rest", Sub: sshNumber("ssh.dh.e", "e", "DH client e")},
		}},
		{Of: []uint64{31}, Fields: []layer.Field{
			{Kind: layer.Group, When: "u32(4) <= 64", Sub: append(sshHostKey,
				layer.Field{Kind: layer.Group, Sub: []layer.Field{
					{Alias: "point", Calc: sshIsPoint, Bits: 1},
					{Kind: layer.Group, When: "point", Sub: sshString("ssh.ecdh.q_s", "qs", "ECDH server's ephemeral public key (Q_S)")},
					{Kind: layer.Group, When: "!point", Sub: sshNumber("ssh.dh.f", "f", "DH server f")},
				}},
				sshSignature)},
			{Kind: layer.Group, When: "pos == 1", Sub: append(sshNumber("ssh.dh_gex.p", "p", "DH GEX modulus (P)"), sshNumber("ssh.dh_gex.g", "g", "DH GEX base (G)")...)},
		}},
		{Of: []uint64{32}, Fields: sshNumber("ssh.dh.e", "e", "DH client e")},
		{Of: []uint64{33}, Fields: append(append(append([]layer.Field{}, sshHostKey...), sshNumber("ssh.dh.f", "f", "DH server f")...), sshSignature)},
		{Of: []uint64{34}, Fields: []layer.Field{
			{Name: "ssh.dh_gex.min", Title: "DH GEX Min", Bits: 32},
			{Name: "ssh.dh_gex.nbits", Title: "DH GEX Number of Bits", Bits: 32},
			{Name: "ssh.dh_gex.max", Title: "DH GEX Max", Bits: 32},
		}},
	}},
	{Name: "ssh.padding_string", Title: "Padding String", Kind: layer.Bytes, Len: "padlen"},
}

// sshIsPoint tells whether a string has the length of a point on one of the usual
// curves; numbers of Diffie-Hellman are longer.
const sshIsPoint = "(u32(0) == 32 || u32(0) == 56 || u32(0) == 65 || u32(0) == 97 || u32(0) == 133)"

func sshString(name, alias, title string) []layer.Field {
	return []layer.Field{
		{Name: name + "_length", Alias: alias + "len", Title: title + " length", Bits: 32},
		{Name: name, Alias: alias, Title: title, Kind: layer.Bytes, Len: alias + "len"},
	}
}

func sshNumber(name, alias, title string) []layer.Field {
	return []layer.Field{
		{Name: "ssh.mpint_length", Alias: alias + "len", Title: "Multi Precision Integer Length", Bits: 32},
		{Name: name, Alias: alias, Title: title, Kind: layer.Bytes, Len: alias + "len"},
	}
}

// Types of keys: the first letters behind "ssh-", and the length of the whole.
const (
	sshRSA     = 'r'<<24 | 's'<<16 | 'a'<<8 | 7  // ssh-rsa
	sshEd25519 = 'e'<<24 | 'd'<<16 | '2'<<8 | 11 // ssh-ed25519
	sshECDSA   = 'e'<<24 | 'c'<<16 | 'd'<<8 | 19 // ecdsa-sha2-nistp256 and its like
)

// sshHostKey is a public key (RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709
// section 4).
var sshHostKey = []layer.Field{
	{Name: "ssh.host_key.length", Alias: "keylen", Title: "Host key length", Bits: 32},
	{Kind: layer.Group, Len: "keylen", Sub: []layer.Field{
		{Name: "ssh.host_key.type_length", Alias: "typelen", Title: "Host key type length", Bits: 32},
		{Alias: "family", Calc: "u32(0) == 0x7373682D ? u24(4) : u24(0)", Bits: 32},
		{Name: "ssh.host_key.type", Alias: "type", Title: "Host key type", Kind: layer.String, Len: "typelen"},
	}, Switch: "family << 8 | typelen", Cases: []layer.Case{
		{Of: []uint64{sshRSA}, Fields: append(sshNumber("ssh.host_key.rsa.e", "rsae", "RSA public exponent (e)"), sshNumber("ssh.host_key.rsa.n", "rsan", "RSA modulus (N)")...)},
		{Of: []uint64{sshEd25519}, Fields: sshString("ssh.host_key.eddsa.key", "eddsa", "EdDSA public key")},
		{Of: []uint64{sshECDSA}, Fields: append(sshText("ssh.host_key.ecdsa.id", "curve", "ECDSA elliptic curve identifier"), sshString("ssh.host_key.ecdsa.q", "q", "ECDSA public key (Q)")...)},
	}},
}

func sshText(name, alias, title string) []layer.Field {
	list := sshString(name, alias, title)
	list[1].Kind = layer.String
	return list
}

var sshSignature = layer.Field{Kind: layer.Group, Sub: []layer.Field{
	{Name: "ssh.host_sig.length", Alias: "siglen", Title: "Host signature length", Bits: 32},
	{Kind: layer.Group, Len: "siglen", Sub: []layer.Field{
		{Name: "ssh.host_sig.type_length", Alias: "sigtypelen", Title: "Host signature type length", Bits: 32},
		{Name: "ssh.host_sig.type", Title: "Host signature type", Kind: layer.String, Len: "sigtypelen"},
	}},
}}

// sshKexInit is RFC 4253 section 7.1.
var sshKexInit = append(append([]layer.Field{
	{Name: "ssh.cookie", Title: "Cookie", Kind: layer.Bytes, Len: "16"},
},
	sshLists("kex_algorithms", "server_host_key_algorithms", "encryption_algorithms_client_to_server", "encryption_algorithms_server_to_client",
		"mac_algorithms_client_to_server", "mac_algorithms_server_to_client", "compression_algorithms_client_to_server",
		"compression_algorithms_server_to_client", "languages_client_to_server", "languages_server_to_client")...),
	layer.Field{Name: "ssh.first_kex_packet_follows", Title: "First KEX Packet Follows", Bits: 8},
	layer.Field{Name: "ssh.kex.reserved", Title: "Reserved", Kind: layer.Bytes, Len: "4"},
	layer.Field{Kind: layer.Group, At: "17", Code: showHASSH, Sub: []layer.Field{
		{Name: "ssh.kex.hassh_algorithms", Title: "hasshAlgorithms", Kind: layer.String},
		{Name: "ssh.kex.hassh", Title: "hassh", Kind: layer.String},
		{Name: "ssh.kex.hasshserver_algorithms", Title: "hasshServerAlgorithms", Kind: layer.String},
		{Name: "ssh.kex.hasshserver", Title: "hasshServer", Kind: layer.String},
	}},
)

func sshLists(names ...string) (fields []layer.Field) {
	for _, name := range names {
		fields = append(fields,
			layer.Field{Name: "ssh." + name + "_length", Alias: name + "len", Title: name + " length", Bits: 32},
			layer.Field{Name: "ssh." + name, Alias: name, Title: name + " string", Kind: layer.String, Len: name + "len"})
	}
	return fields
}

// showHASSH shows the fingerprint of the lists that start here, of a client or a
// server, which the ports tell.
func showHASSH(w *layer.Walker) {
	client, ok := sshFromClient(w)
	if !ok {
		return
	}
	var lists [8][]byte
	b := w.Rest()
	for i := range lists {
		if len(b) < 4 {
			return
		}
		n := int(binary.BigEndian.Uint32(b))
		if b = b[4:]; n < 0 || n > len(b) {
			return
		}
		lists[i], b = b[:n], b[n:]
	}
	first, second := 2, 3
	if client {
		first, second = 0, 2
	}
	full := append(w.Scratch(), lists[0]...)
	for _, i := range [...]int{second, second + 2, second + 4} {
		full = append(append(full, ';'), lists[i]...)
	}
	sum := md5.Sum(full)
	_ = w.Emit(first, w.Offset(), 0, uint64(len(full)), full) &&
		w.Emit(first+1, w.Offset(), 0, 32, hex.AppendEncode(w.Scratch(), sum[:]))
}

// sshFromClient tells whether the client sent the packet, if it uses the port that
// SSH has.
func sshFromClient(w *layer.Walker) (client, ok bool) {
	under := w.Under(1)
	if under == nil || under.Proto() != tcp {
		return false, false
	}
	b := w.Frame()[under.Start:under.Header]
	switch {
	case len(b) < 4:
	case binary.BigEndian.Uint16(b[2:]) == 22:
		return true, true
	case binary.BigEndian.Uint16(b) == 22:
		return false, true
	}
	return false, false
}

// showSSHVersion shows the line without its end.
func showSSHVersion(w *layer.Walker) {
	line, n := sshLine(w.Rest())
	if w.Emit(0, w.Offset(), len(line), uint64(len(line)), line) {
		w.Move(n)
	}
}

func sshLine(b []byte) (line []byte, n int) {
	n = bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		return b, len(b)
	}
	return bytes.TrimSuffix(b[:n-1], []byte("\r")), n
}

// showSSHPacket shows a packet if it is in the clear and whole. Behind one that
// says that new keys are in use, and else, all is encrypted.
func showSSHPacket(w *layer.Walker) {
	n := sshPlain(w.Rest())
	last := n == 0 || w.Rest()[5] == 21
	if n > 0 && !w.Part(0, n) {
		return
	}
	if last {
		w.Move(len(w.Rest()))
	}
}

// sshPlain is the length of the packet that begins here, or 0 if it is none in the
// clear.
func sshPlain(b []byte) int {
	if len(b) < 16 {
		return 0
	}
	n, pad := int(binary.BigEndian.Uint32(b))+4, int(b[4])
	if n > len(b) || n%8 != 0 || pad < 4 || pad > n-6 || sshMessages[uint64(b[5])] == "" {
		return 0
	}
	return n
}

func guessSSH(b []byte) bool {
	if bytes.HasPrefix(b, []byte("SSH-2.0-")) || bytes.HasPrefix(b, []byte("SSH-1.99-")) {
		return true
	}
	n := sshPlain(b)
	return n > 0 && (b[5] == 20 && n > 100 || b[5] == 21 && n == 16)
}

// sshMessages are those that come before there are keys.
var sshMessages = layer.Enum{
	1: "Disconnect", 2: "Ignore", 3: "Unimplemented", 4: "Debug", 20: "Key Exchange Init", 21: "New Keys",
	30: "Key Exchange (EC)DH Init", 31: "Key Exchange (EC)DH Reply", 32: "Diffie-Hellman Group Exchange Init",
	33: "Diffie-Hellman Group Exchange Reply", 34: "Diffie-Hellman Group Exchange Request",
}
