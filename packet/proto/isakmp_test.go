package proto

import (
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

// A nonce and a notification of version 2, and what version 1 has encrypted.
func TestIKE(t *testing.T) {
	two := strings.Repeat("i", 8) + strings.Repeat("r", 8) + "\x28\x20\x22\x20\x00\x00\x00\x00\x00\x00\x00\x2c" +
		"\x29\x00\x00\x08nnnn" + "\x00\x80\x00\x08\x00\x00\x40\x06"
	got := walk(t, "isakmp", two+"behind")
	for _, want := range []string{
		"isakmp.flag_r@19+1=1", "isakmp.nonce@32+4=6e:6e:6e:6e", "isakmp.criticalpayload@37+1=1", "isakmp.notify.msgtype@42+2=16390", "isakmp.typepayload@36+8=",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %s", want, strings.Join(got, " "))
		}
	}
	one := strings.Repeat("i", 16) + "\x05\x10\x02\x01\x00\x00\x00\x00\x00\x00\x00\x20\x08\x00\x00\x04"
	if got := walk(t, "isakmp", one); !slices.Contains(got, "isakmp.enc.data@28+4=") {
		t.Errorf("nothing encrypted among %s", strings.Join(got, " "))
	}
	if got := strings.Join(walk(t, "isakmp", two[:30]), " "); strings.Contains(got, "typepayload") {
		t.Errorf("payloads of a message that is cut: %s", got)
	}
}

func FuzzIKE(f *testing.F) {
	f.Add(strings.Repeat("i", 16) + "\x01\x10\x02\x00\x00\x00\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x08")
	f.Fuzz(func(t *testing.T, data string) {
		var st layer.Stack
		var w layer.Walker
		st.ResetFrom(Set().StartAt("isakmp"), []byte(data), len(data))
		w.Walk(&st, 0, func(v *layer.Value) bool {
			if v.Off < 0 || v.Off+max(v.Len, 0) > len(data) {
				t.Errorf("%s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			return true
		})
	})
}
