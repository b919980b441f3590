package proto

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// The example that the authors of JA4 give: Chrome over TCP, with GREASE in it.
func TestJA4(t *testing.T) {
	chrome := hello{
		version:    0x0303,
		ciphers:    []uint16{0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035},
		extensions: []uint16{0x5A5A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012, 0x002B, 0xFF01, 0x000B, 0x000A, 0xBABA, 0x0015},
		schemes:    []uint16{0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601},
		versions:   []uint16{0xCACA, 0x0304, 0x0303},
		alpn:       []byte("h2"), sni: true,
	}
	bare := hello{version: 0x0301}
	strange := hello{version: 0xFEFD, ciphers: []uint16{0xC02B}, extensions: []uint16{16}, alpn: []byte{0xAB, '1', 0xCD}}
	for _, c := range []struct {
		h       hello
		carrier byte
		want    string
	}{
		{chrome, 't', "t13d1516h2_8daaf6152771_e5627efa2ab1"},
		{chrome, 'q', "q13d1516h2_8daaf6152771_e5627efa2ab1"},
		{bare, 't', "t10i000000_000000000000_000000000000"},
		{strange, 'd', "dd2i0101ad_648b5c445417_000000000000"},
	} {
		if got := string(c.h.ja4(nil, c.carrier)); got != c.want {
			t.Errorf("JA4 is %s, and should be %s", got, c.want)
		}
	}
}

// TLS is found by the look of its records.
func TestGuessTLS(t *testing.T) {
	for text, want := range map[string]bool{
		"1603010200010001fc0303":         true,
		"150303000202281503030002":       true,
		"14030300010116030300280000":     true,
		"15030300020228":                 true,
		"150303000202284745542020":       false,
		"1403030001021603030028":         false,
		"16030100":                       false,
		"1604010200010001fc0303":         false,
		"170303000501020304051703030005": false,
		"474554202f20485454502f312e31":   false,
	} {
		b, _ := hex.DecodeString(text)
		if guessTLS(b) != want {
			t.Errorf("%s: guessed %t", text, !want)
		}
	}
}

// A ClientHello that is cut or lies about its lengths is read as far as it goes.
func FuzzHello(f *testing.F) {
	f.Add([]byte("\x03\x03aaaaaaaabbbbbbbbccccccccdddddddd\x00\x00\x02\x13\x01\x01\x00\x00\x08\x00\x10\x00\x04\x00\x02\x01h"), true)
	f.Fuzz(func(t *testing.T, b []byte, client bool) {
		h, ok := readHello(b, client)
		if ok && client && len(h.ja4(nil, 't')) != 36 {
			t.Errorf("JA4 %q", h.ja4(nil, 't'))
		}
		record := append([]byte{22, 3, 1, byte((len(b) + 4) >> 8), byte(len(b) + 4), 1, 0, byte(len(b) >> 8), byte(len(b))}, b...)
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("tls"), record, len(record))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Off+max(v.Len, 0) > len(record) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(record))
			}
			return true
		})
	})
}

// DTLS's messages are TLS's, with a cookie, and may come in pieces.
func TestDTLS(t *testing.T) {
	hello := "\xfe\xfd" + strings.Repeat("r", 32) + "\x00\x02ck\x00\x02\xc0\x2b\x01\x00"
	record := func(kind, epoch byte, body string) string {
		return string([]byte{kind, 0xFE, 0xFD, 0, epoch, 0, 0, 0, 0, 0, 1, 0, byte(len(body))}) + body
	}
	message := func(offset, size byte, body string) string {
		return string([]byte{1, 0, 0, byte(len(hello)), 0, 0, 0, 0, offset, 0, 0, size}) + body
	}
	whole := record(22, 0, message(0, byte(len(hello)), hello)) + record(21, 0, "\x02\x28") + record(22, 1, strings.Repeat("e", 20))
	if !guessDTLS([]byte(whole)) || guessDTLS([]byte(whole[:len(whole)-1])) || guessDTLS([]byte(whole+"x")) {
		t.Error("records must reach to the very end")
	}
	got := walk(t, "dtls", whole)
	for _, want := range []string{
		"dtls.handshake.fragment_length@22+3=44", "dtls.handshake.cookie@61+2=63:6b", "dtls.handshake.ciphersuite@65+2=0xc02b",
		"dtls.handshake.ja4@25+0=dd2i010000_648b5c445417_000000000000", "dtls.alert_message.desc@83+1=40", "dtls.handshake@97+20=",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %s", want, strings.Join(got, " "))
		}
	}
	piece := strings.Join(walk(t, "dtls", record(22, 0, message(0, 10, hello[:10]))), " ")
	if !strings.Contains(piece, "dtls.handshake.fragment_length@22+3=10") || strings.Contains(piece, "version@25") {
		t.Error(piece)
	}
}
