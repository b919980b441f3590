package tsharktest

import (
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

func TestEqual(t *testing.T) {
	data := []byte{0: 0xAB, 1: 0xCD, 9: 9}
	for _, tt := range []struct {
		name   string
		ours   Field
		theirs string
		want   bool
	}{
		{"hex of another width", Field{Kind: layer.Uint, Show: "0x018", U: 0x18}, "0x0018", true},
		{"hex and decimal", Field{Kind: layer.Uint, Show: "24", U: 24}, "0x0018", true},
		{"another number", Field{Kind: layer.Uint, Show: "5", U: 5}, "20", false},
		{"a number and text", Field{Kind: layer.Uint, Show: "5", U: 5}, "five", false},
		{"a number and nothing", Field{Kind: layer.Uint, Show: "0"}, "", false},
		{"a time span", Field{Kind: layer.Uint, Show: "30", U: 30}, "30.000000000", true},
		{"a time span with a fraction", Field{Kind: layer.Uint, Show: "30", U: 30}, "30.500000000", false},
		{"octal", Field{Kind: layer.Uint, Show: "0755", U: 0o755}, "0755", true},
		{"a character", Field{Kind: layer.Uint, Show: "65", U: 65}, "'A'", true},
		{"an escaped character", Field{Kind: layer.Uint, Show: "0"}, `'\000'`, true},
		{"negative", Field{Kind: layer.Int, Show: "-2", U: ^uint64(1), Size: 1}, "-2", true},
		{"negative in hex", Field{Kind: layer.Int, Show: "-2", U: ^uint64(1), Size: 2}, "0xfffe", true},
		{"negative and its bits", Field{Kind: layer.Int, Show: "-2", U: ^uint64(1), Size: 1}, "254", false},
		{"true", Field{Kind: layer.Bool, Show: "1", U: 1}, "True", true},
		{"a flag of several bits", Field{Kind: layer.Bool, Show: "1", U: 4}, "1", true},
		{"false", Field{Kind: layer.Bool, Show: "0"}, "1", false},
		{"bytes in the frame", Field{Kind: layer.Bytes, Show: "ab:cd:00:00:00:00:00:00:00:09", Size: 10}, same, true},
		{"other bytes than in the frame", Field{Kind: layer.Bytes, Show: "ab:cd:00:00:00:00:00:00:00:08", Size: 10}, same, false},
		{"as many bytes outside the frame", Field{Kind: layer.Bytes, Show: "ab:cd:00:00:00:00:00:00:00:08"}, same, true},
		{"fewer bytes outside the frame", Field{Kind: layer.Bytes, Show: "ab:cd"}, same, false},
		{"bytes that tshark does not show", Field{Kind: layer.Bytes, Show: "ab:cd"}, "", true},
		{"bytes without colons", Field{Kind: layer.Bytes, Show: "ab:cd"}, "abcd", true},
		{"address", Field{Kind: layer.IPv4, Show: "1.2.3.4"}, "1.2.3.4", true},
		{"another address", Field{Kind: layer.IPv4, Show: "1.2.3.4"}, "12.3.4", false},
		{"float", Field{Kind: layer.Float, Show: "0.33333334"}, "0.333333", true},
		{"another float", Field{Kind: layer.Float, Show: "0.33333334"}, "0.3334", false},
		{"time", Field{Kind: layer.Seconds, Show: "2013-05-08T20:21:44Z", U: 1368044504}, "May  8, 2013 20:21:44.000000000 UTC", true},
		{"another time", Field{Kind: layer.Seconds, Show: "2013-05-08T20:21:45Z", U: 1368044505}, "May  8, 2013 20:21:44.000000000 UTC", false},
		{"NTP", Field{Kind: layer.NTP, Show: "2013-05-08T20:21:44.5Z", U: 1}, "May  8, 2013 20:21:44.500000000 UTC", true},
		{"no time", Field{Kind: layer.NTP, Show: "1900-01-01T00:00:00Z"}, "NULL", true},
		{"text", Field{Kind: layer.String, Show: `a\x0d\x0a`}, `a\r\n`, true},
		{"text filled up", Field{Kind: layer.String, Show: `a\x00\x00`}, `a`, true},
		{"other text", Field{Kind: layer.String, Show: `a\x0d`}, `a\n`, false},
		{"a backslash", Field{Kind: layer.String, Show: `c:\games`}, `c:\\games`, true},
		{"a group", Field{Kind: layer.Group}, "whatever", true},
	} {
		theirs := Field{Pos: 0, Size: len(data), Show: tt.theirs}
		if got := equal(&tt.ours, &theirs, data); got != tt.want {
			t.Errorf("%s: %q and %q: %t", tt.name, tt.ours.Show, tt.theirs, got)
		}
	}
}

func TestPlaced(t *testing.T) {
	for _, tt := range []struct {
		name                string
		pos, size           int
		bits                bool
		theirPos, theirSize int
		want                bool
	}{
		{"the same", 4, 2, false, 4, 2, true},
		{"another place", 4, 2, false, 5, 2, false},
		{"another size", 4, 2, false, 4, 3, false},
		{"no bytes", 4, 0, false, 9, 3, true},
		{"open", 4, -1, false, 4, 30, true},
		{"open elsewhere", 4, -1, false, 5, 30, false},
		{"bits in the byte", 4, 2, true, 5, 1, true},
		{"bits in the number", 5, 1, true, 4, 2, true},
		{"bits beside", 4, 2, true, 6, 1, false},
	} {
		ours, theirs := Field{Pos: tt.pos, Size: tt.size, Bits: tt.bits}, Field{Pos: tt.theirPos, Size: tt.theirSize}
		if got := placed(&ours, &theirs); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}
