package layer_test

import (
	"encoding/hex"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ field, text, want string }{
		{"tcp.dstport", "443", "443"},
		{"tcp.dstport", "0x1bb", "443"},
		{"tcp.flags", "S", "2"},
		{"tcp.flags", "SA", "18"},
		{"tcp.flags", "syn|ack", "18"},
		{"ip.flags", "DF", "2"},
		{"ip.src", "192.0.2.1", "c0000201"},
		{"ipv6.src", "2001:db8::1", "20010db8000000000000000000000001"},
		{"eth.src", "02:00:00:00:00:01", "020000000001"},
		{"eth.type", "IPv6", "34525"},
		{"icmp.type", "echo-request", "8"},
		{"tcp.dstport", "http", `tcp.dstport: "http" is not a number`},
		{"ip.src", "192.0.2", `ip.src: "192.0.2" is no IPv4 address as 192.0.2.1`},
		{"eth.src", "1:2", `eth.src: "1:2" is no address as 02:00:00:00:00:01`},
		{"icmp.type", "echo-reqest", `icmp.type: "echo-reqest" is neither a number nor the name of a value; did you mean "echo-request"?`},
	} {
		refs := proto.Set().Fields(tt.field)
		if len(refs) != 1 {
			t.Errorf("there is no field %s", tt.field)
			continue
		}
		u, b, err := refs[0].Field.Parse(tt.text)
		got := hex.EncodeToString(b)
		if b == nil {
			v := layer.Value{Field: &layer.Field{Kind: layer.Uint}, U: u}
			got = string(v.AppendShow(nil))
		}
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s %q is %s and should be %s", tt.field, tt.text, got, tt.want)
		}
	}
}

func TestLetters(t *testing.T) {
	f := proto.Set().Fields("tcp.flags")[0].Field
	for u, want := range map[uint64]string{2: "S", 18: "SA", 0: "", 1: "F", 0x29: "FPU"} {
		if got := f.Letters(u); got != want {
			t.Errorf("%#x is %q and should be %q", u, got, want)
		}
	}
}
