package proto

import (
	"slices"
	"strings"
	"testing"
)

func TestWireGuard(t *testing.T) {
	start := "\x01\x00\x00\x00\x2a\x00\x00\x00" + strings.Repeat("\xff", 32) + strings.Repeat("x", 108)
	got := walk(t, "wg", start)
	for _, want := range []string{
		"wg.sender@4+4=0x0000002a", "wg.ephemeral@8+32=//////////////////////////////////////////8=", "wg.encrypted_timestamp@88+28=",
		"wg.mac2@132+16=" + strings.TrimSuffix(strings.Repeat("78:", 16), ":"),
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %s", want, strings.Join(got, " "))
		}
	}
	data := "\x04\x00\x00\x00\x01\x00\x00\x00\x07" + strings.Repeat("\x00", 7) + strings.Repeat("e", 16)
	if got := walk(t, "wg", data); !slices.Contains(got, "wg.counter@8+8=7") {
		t.Errorf("no counter in %s", strings.Join(got, " "))
	}
	for text, want := range map[string]bool{
		start: true, start[:147]: false, data: true, data + "e": false,
		"\x04\x00\x00\x01" + data[4:]:                    false,
		data[:8] + strings.Repeat("\xff", 8) + data[16:]: false,
		"\x00" + data[1:]:                                false,
	} {
		if guessWireGuard([]byte(text)) != want {
			t.Errorf("%q: guessed %t", text, !want)
		}
	}
}
