package proto

import "testing"

// Versions are told apart by what the bytes can be.
func TestMQTTVersion(t *testing.T) {
	for _, c := range []struct {
		data string
		more bool
		want int
	}{
		{"hello", true, 0},
		{"\x00hello", true, 2}, // no properties, or a NUL
		{"\x00", false, 0},
		{"\x03\x23\x00\x04hello", true, 1},
		{"\x02\x01\x01hello", true, 1},
		{"\x02\x01\x01", true, 1},
		{"\x03\x01\x01", true, 0},               // longer than there is
		{"\x02\x23\x00\x04", true, 0},           // cut within a property
		{"\x02\x7f\x01", true, 0},               // no such property
		{"\x07\x26\x00\x01k\x00\x01v", true, 1}, // a pair
		{"\x06\x26\x00\x01k\x00\x01v", true, 0}, // a pair that is cut
		{"\x03\x0b\xc8\x01", true, 1},           // a number of two bytes
		{"\x02\x0b\xc8\x01", true, 0},           // which is cut
		{"\xff\xff\xff\xff\xff\x01", true, 0},   // a length of more than four bytes
		{"\x04\x1f\x00\x01x", true, 1},          // a reason
		{"\x04\x1f\xff\xffx", true, 0},          // of a length past the end
		{"", true, 0},
	} {
		if got := mqttFive([]byte(c.data), c.more); got != c.want {
			t.Errorf("%q: version told as %d, and should be %d", c.data, got, c.want)
		}
	}
	for data, want := range map[string]int{
		"\x00\x01a\x00": 0, "\x00\x01a\x02\x00\x03b/c\x01": 0, "\x00\x00\x01a\x00": 1, "\x00\x01a\x2d": 1, "\x00\x05a\x00": 1, "": 0,
	} {
		if got := mqttSubscribeFive([]byte(data)); got != want {
			t.Errorf("%q is subscribed to by version %d, and should be by %d", data, got, want)
		}
	}
	for data, want := range map[string]int{"\x00\x01a": 0, "\x00\x01a\x00\x01b": 0, "\x00\x00\x01a": 1, "\x00\x00": 1} {
		if got := mqttUnsubscribeFive([]byte(data)); got != want {
			t.Errorf("%q is unsubscribed from by version %d, and should be by %d", data, got, want)
		}
	}
}
