package proto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"

	"github.com/netwright/netwright/packet/layer"
)

// quicInitial is what showInitial shows of a packet that it could open.
var quicInitial = []layer.Field{
	{Name: "quic.long.reserved", Title: "Reserved", Bits: 8},
	{Name: "quic.packet_number_length", Title: "Packet Number Length", Bits: 8},
	{Name: "quic.packet_number", Title: "Packet Number", Bits: 32},
	{Name: "quic.payload", Title: "Payload", Kind: layer.Bytes},
	{Kind: layer.Group, Sub: []layer.Field{{Kind: layer.Group, Repeat: "*", Sub: []layer.Field{{Name: "quic.frame", Title: "Frame", Kind: layer.Group, Sub: quicFrame}}}}},
	{Kind: layer.Group, Sub: tlsMessages},
}

// quicFrame is one of the frames that Initial packets may have (RFC 9000 section
// 12.4).
var quicFrame = []layer.Field{
	quicInteger(layer.Field{Name: "quic.frame_type", Alias: "frametype", Title: "Frame Type", Base: layer.Hex, Enum: layer.Enum{
		0: "PADDING", 1: "PING", 2: "ACK", 3: "ACK", 6: "CRYPTO", 0x1C: "CONNECTION_CLOSE",
	}}),
	{Kind: layer.Group, Switch: "frametype", Cases: []layer.Case{
		{Of: []uint64{0}, Fields: []layer.Field{{Kind: layer.Group, Code: showPadding, Sub: []layer.Field{{Name: "quic.padding_length", Title: "Padding Length", Bits: 32}}}}},
		{Of: []uint64{1}},
		{Of: []uint64{2, 3}, Fields: []layer.Field{
			quicInteger(layer.Field{Name: "quic.ack.largest_acknowledged", Title: "Largest Acknowledged"}),
			quicInteger(layer.Field{Name: "quic.ack.ack_delay", Title: "ACK Delay"}),
			quicInteger(layer.Field{Name: "quic.ack.ack_range_count", Alias: "ranges", Title: "ACK Range Count"}),
			quicInteger(layer.Field{Name: "quic.ack.first_ack_range", Title: "First ACK Range"}),
			{Kind: layer.Group, Repeat: "ranges", Sub: []layer.Field{
				quicInteger(layer.Field{Name: "quic.ack.gap", Title: "Gap"}),
				quicInteger(layer.Field{Name: "quic.ack.ack_range", Title: "ACK Range"}),
			}},
			{Kind: layer.Group, When: "frametype == 3", Sub: []layer.Field{
				quicInteger(layer.Field{Name: "quic.ack.ect0_count", Title: "ECT(0) Count"}),
				quicInteger(layer.Field{Name: "quic.ack.ect1_count", Title: "ECT(1) Count"}),
				quicInteger(layer.Field{Name: "quic.ack.ecn_ce_count", Title: "ECN-CE Count"}),
			}},
		}},
		{Of: []uint64{6}, Fields: []layer.Field{
			quicInteger(layer.Field{Name: "quic.crypto.offset", Title: "Offset"}),
			quicInteger(layer.Field{Name: "quic.crypto.length", Alias: "cryptolen", Title: "Length"}),
			{Name: "quic.crypto.crypto_data", Title: "Crypto Data", Kind: layer.Bytes, Len: "cryptolen"},
		}},
		{Of: []uint64{0x1C}, Fields: []layer.Field{
			quicInteger(layer.Field{Name: "quic.cc.error_code", Title: "Error code"}),
			quicInteger(layer.Field{Name: "quic.cc.frame_type", Title: "Frame Type"}),
			quicInteger(layer.Field{Name: "quic.cc.reason_phrase.length", Alias: "reasonlen", Title: "Reason phrase Length"}),
			{Name: "quic.cc.reason_phrase", Title: "Reason phrase", Kind: layer.String, Len: "reasonlen"},
		}},
		{Fields: []layer.Field{{Kind: layer.Bytes}}},
	}},
}

// showPadding shows how many PADDING frames stand together, the one before the
// walk among them.
func showPadding(w *layer.Walker) {
	n := 0
	for b := w.Rest(); n < len(b) && b[n] == 0; {
		n++
	}
	if w.Emit(0, w.Offset(), 0, uint64(n+1), nil) {
		w.Move(n)
	}
}

// smallestInitial is how long a datagram is that a client sends an Initial packet
// in (RFC 9000 section 14.1).
const smallestInitial = 1200

// showInitial opens the packet, from its number on, that ends where the field
// does, and shows what is in it. Those of a server, and all that is not sound,
// do not open.
func showInitial(w *layer.Walker) {
	at, end, frame := w.Offset(), w.End(), w.Frame()
	if len(frame)-w.Start() < smallestInitial {
		return
	}
	header, ok := initialHeader(frame[w.Top():end], at-w.Top())
	if !ok {
		return
	}
	packet, numberLen, ok := openInitial(header, frame[w.Top():end], at-w.Top())
	if !ok {
		return
	}
	number := uint64(0)
	for _, c := range packet.number[:numberLen] {
		number = number<<8 | uint64(c)
	}
	b := frame[at+numberLen : end]
	_ = w.Emit(0, w.Top(), 1, uint64(packet.first>>2&3), nil) &&
		w.Emit(1, w.Top(), 1, uint64(numberLen-1), nil) &&
		w.Emit(2, at, numberLen, number, nil) &&
		w.Emit(3, at+numberLen, len(b), uint64(len(b)), b) &&
		w.Aside(4, packet.plain) &&
		showCrypto(w, packet.plain)
}

// showCrypto shows the TLS messages in a packet's CRYPTO frames, if the first is
// whole.
func showCrypto(w *layer.Walker, plain []byte) bool {
	messages := cryptoStream(plain)
	if len(messages) < 4 || int(messages[1])<<16|int(messages[2])<<8|int(messages[3]) > len(messages)-4 {
		return true
	}
	return w.Aside(5, messages)
}

// initial is what names the keys of an Initial packet.
type initial struct {
	version uint32
	dcid    []byte
}

// initialHeader reads version and connection of the packet. A client's first
// connection ID has 8 bytes or more (RFC 9000 section 7.2).
func initialHeader(b []byte, number int) (h initial, ok bool) {
	if len(b) < number+4+16 || number < 7 {
		return h, false
	}
	n := int(b[5])
	h.version, h.dcid = binary.BigEndian.Uint32(b[1:]), b[6:min(6+n, len(b))]
	return h, n >= 8 && n <= 20
}

// initialSalt is the salt of a version's Initial secrets, and what its labels begin
// with (RFC 9001 section 5.2, RFC 9369 section 3.3, draft-ietf-quic-tls-29).
func initialSalt(version uint32) (salt, label string) {
	switch {
	case version == 1 || version == 0xFF000021 || version == 0xFF000022:
		return "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a", "quic "
	case version == 0x6B3343CF:
		return "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9", "quicv2 "
	case version >= 0xFF00001D && version <= 0xFF000020:
		return "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99", "quic "
	}
	return "", ""
}

// opened is an Initial packet without its protection.
type opened struct {
	first  byte
	number [4]byte
	plain  []byte
}

// openInitial takes off header protection and encryption of a client's packet,
// whose number begins at that place (RFC 9001 section 5).
func openInitial(h initial, b []byte, number int) (p opened, numberLen int, ok bool) {
	salt, label := initialSalt(h.version)
	if salt == "" {
		return p, 0, false
	}
	secret, err := hkdf.Extract(sha256.New, h.dcid, []byte(salt))
	if err != nil {
		return p, 0, false
	}
	client := expandLabel(secret, "client in", 32)
	protect, err := aes.NewCipher(expandLabel(client, label+"hp", 16))
	if err != nil {
		return p, 0, false
	}
	var mask [16]byte
	protect.Encrypt(mask[:], b[number+4:number+20])
	p.first = b[0] ^ mask[0]&0x0F
	numberLen = int(p.first&3) + 1
	header := append([]byte(nil), b[:number+numberLen]...)
	header[0] = p.first
	for i := range numberLen {
		header[number+i] ^= mask[1+i]
		p.number[i] = header[number+i]
	}
	nonce := expandLabel(client, label+"iv", 12)
	for i := range numberLen {
		nonce[12-numberLen+i] ^= p.number[i]
	}
	block, err := aes.NewCipher(expandLabel(client, label+"key", 16))
	if err != nil {
		return p, 0, false
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return p, 0, false
	}
	p.plain, err = gcm.Open(nil, nonce, b[number+numberLen:], header)
	return p, numberLen, err == nil
}

// expandLabel is HKDF-Expand-Label of TLS 1.3 without a context (RFC 8446 section
// 7.1).
func expandLabel(secret []byte, label string, n int) []byte {
	info := append([]byte{byte(n >> 8), byte(n), byte(6 + len(label))}, "tls13 "...)
	info = append(append(info, label...), 0)
	key, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		return make([]byte, n)
	}
	return key
}

// cryptoStream puts the CRYPTO frames of a packet together, as far as the stream
// goes from its start without a gap. Frames may come in any order.
func cryptoStream(plain []byte) []byte {
	stream, there := make([]byte, len(plain)), make([]bool, len(plain))
	for b := plain; len(b) > 0; {
		switch kind := b[0]; kind {
		case 0, 1:
			b = b[1:]
		case 6:
			offset, rest, ok1 := quicVarint(b[1:])
			size, rest, ok2 := quicVarint(rest)
			if !ok1 || !ok2 || size > uint64(len(rest)) {
				return nil
			}
			if offset < uint64(len(stream)) {
				n := copy(stream[offset:], rest[:size])
				for i := range n {
					there[int(offset)+i] = true
				}
			}
			b = rest[size:]
		case 2, 3:
			var ok bool
			if b, ok = skipAck(b[1:], kind == 3); !ok {
				return nil
			}
		default:
			b = nil
		}
	}
	n := 0
	for n < len(there) && there[n] {
		n++
	}
	return stream[:n]
}

// skipAck is what follows the fields of an ACK frame.
func skipAck(b []byte, counts bool) ([]byte, bool) {
	_, b, ok1 := quicVarint(b)
	_, b, ok2 := quicVarint(b)
	ranges, b, ok := quicVarint(b)
	left := 1 + 2*min(ranges, uint64(len(b)))
	if counts {
		left += 3
	}
	for ok = ok && ok1 && ok2; left > 0 && ok; left-- {
		_, b, ok = quicVarint(b)
	}
	return b, ok
}

// quicVarint reads a variable-length integer (RFC 9000 section 16).
func quicVarint(b []byte) (u uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	n := 1 << (b[0] >> 6)
	if len(b) < n {
		return 0, nil, false
	}
	u = uint64(b[0] & 0x3F)
	for _, c := range b[1:n] {
		u = u<<8 | uint64(c)
	}
	return u, b[n:], true
}
