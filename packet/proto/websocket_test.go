package proto

import (
	"strings"
	"testing"
)

// The examples of RFC 6455 section 5.7, one behind the other, and a frame that is
// cut.
func TestWebSocket(t *testing.T) {
	got := strings.Join(walk(t, "websocket", "\x81\x05Hello\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x02\x03\xe8\x81\x05He"), " ")
	const want = "websocket.fin@0+1=1 websocket.rsv@0+1=0x0 websocket.opcode@0+1=1 websocket.mask@1+1=0 websocket.payload_length@1+1=5 " +
		"websocket.payload@2+5= websocket.payload.text@2+5=Hello " +
		"websocket.fin@7+1=1 websocket.rsv@7+1=0x0 websocket.opcode@7+1=1 websocket.mask@8+1=1 websocket.payload_length@8+1=5 " +
		"websocket.masking_key@9+4=37:fa:21:3d websocket.masked_payload@13+5= websocket.payload@18+0= websocket.payload.text@18+0=Hello " +
		"websocket.fin@18+1=1 websocket.rsv@18+1=0x0 websocket.opcode@18+1=8 websocket.mask@19+1=0 websocket.payload_length@19+1=2 " +
		"websocket.payload@20+2= websocket.payload.close@20+2= websocket.payload.close.status_code@20+2=1000"
	if got != want {
		t.Errorf("%s\nand should be\n%s", got, want)
	}
}

func TestGuessWebSocket(t *testing.T) {
	for data, want := range map[string]bool{
		"\x81\x05Hello": true,
		"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58": true,
		"\x89\x00\x8a\x00":   true,
		"\x81\x05Hell":       false,
		"\x81\x05Hello!":     false,
		"\x81\x02\xff\xfe":   false,
		"\x83\x00":           false,
		"\xb1\x01a":          false,
		"\x09\x00":           false,
		"\x82\x7e\x00\x01a":  false,
		"GET / HTTP/1.1\r\n": false,
	} {
		if guessWebSocket([]byte(data)) != want {
			t.Errorf("%q: guessed %t", data, !want)
		}
	}
}
