package proto

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The keys of RFC 9001 appendix A.1.
func TestInitialKeys(t *testing.T) {
	secret := fromHex(t, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea")
	for label, want := range map[string]string{
		"quic key": "1f369613dd76d5467730efcbe3b1a22d", "quic iv": "fa044b2f42a3fd3b46fb255c", "quic hp": "9f50449e04a0e810283a1e9933adedd2",
	} {
		if got := expandLabel(secret, label, len(want)/2); hex.EncodeToString(got) != want {
			t.Errorf("%s is %x, and should be %s", label, got, want)
		}
	}
}

func fromHex(t *testing.T, text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// CRYPTO frames come in any order, with others between them, and the stream ends
// at the first gap.
func TestCryptoStream(t *testing.T) {
	for _, c := range []struct{ name, plain, want string }{
		{"in order", "060003616263" + "0603026465" + "00000000", "abcde"},
		{"out of order", "0603026465" + "01" + "060003616263", "abcde"},
		{"acknowledged", "0205000100" + "0001" + "060003616263", "abc"},
		{"counted", "0305000002" + "010203" + "060003616263", "abc"},
		{"gap", "060003616263" + "0604026465" + "000000", "abc"},
		{"cut", "06004061626300", ""},
		{"beyond", "06ffffffffffffffff0161" + "060003616263", "abc"},
		{"nothing", "", ""},
	} {
		if got := cryptoStream(fromHex(t, c.plain)); !bytes.Equal(got, []byte(c.want)) {
			t.Errorf("%s: %q, and should be %q", c.name, got, c.want)
		}
	}
}

// Packets that are not a client's do not open, whatever is in them.
func FuzzOpenInitial(f *testing.F) {
	f.Add([]byte("\xc3\x00\x00\x00\x01\x08abcdefgh\x00\x00\x41\x00"+"0123456789012345678901234567890123456789"), 18)
	f.Fuzz(func(t *testing.T, b []byte, number int) {
		h, ok := initialHeader(b, number)
		if !ok || number > len(b)-20 {
			return
		}
		before := bytes.Clone(b)
		p, n, ok := openInitial(h, b, number)
		if !bytes.Equal(b, before) {
			t.Error("the packet was changed")
		}
		if ok && len(p.plain) != len(b)-number-n-16 {
			t.Errorf("%d bytes opened of %d", len(p.plain), len(b)-number-n)
		}
		cryptoStream(b)
	})
}
