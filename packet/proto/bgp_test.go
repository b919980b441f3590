package proto

import (
	"slices"
	"strings"
	"testing"
)

// bgpMessage is a message with its length filled in.
func bgpMessage(kind byte, body string) string {
	n := 19 + len(body)
	return bgpMarker + string([]byte{byte(n >> 8), byte(n), kind}) + body
}

func TestBGP(t *testing.T) {
	labelled := "\x90\x0e\x00\x1d" + "\x00\x01\x80\x0c" + "\x00\x00\x00\x00\x00\x00\x00\x00\xc0\x00\x02\x01" + "\x00" + "\x58\x00\x01\x01" + "\x00\x00\xfd\xe8\x00\x00\x00\x07"
	for name, tt := range map[string]struct {
		data string
		want []string
	}{
		"two messages behind the end of one": {"end of one" + bgpMessage(4, "") + bgpMessage(5, "\x00\x02\x01\x01"), []string{
			"bgp.continuation@0+10=", "bgp.type@28+1=4", "bgp.route_refresh.afi@48+2=2", "bgp.route_refresh.subtype@50+1=1",
		}},
		"a prefix of 20 bits, whose other bits are not shown": {bgpMessage(2, "\x00\x00\x00\x00"+"\x14\xc0\x00\x2f"), []string{"bgp.prefix_length@23+1=20", "bgp.nlri_prefix@24+3=192.0.32.0"}},
		"an identifier before a prefix":                       {bgpMessage(2, "\x00\x00\x00\x00"+"\x00\x00\x00\x28\x18\xc0\x00\x02"), []string{"bgp.nlri_path_id@23+4=40", "bgp.nlri_prefix@28+3=192.0.2.0"}},
		"a path with numbers of four bytes":                   {bgpMessage(2, "\x00\x00\x00\x0d"+"\x40\x02\x0a\x02\x02\x00\x01\x00\x00\x00\x00\xfd\xe8"), []string{"bgp.update.path_attribute.as_path_segment.as4@28+4=65536", "bgp.update.path_attribute.as_path_segment.as4@32+4=65000"}},
		"a path with numbers of two":                          {bgpMessage(2, "\x00\x00\x00\x09"+"\x40\x02\x06\x02\x02\xfd\xe8\x00\x07"), []string{"bgp.update.path_attribute.as_path_segment.as2@30+2=7"}},
		"a route of a VPN": {bgpMessage(2, "\x00\x00\x00\x21"+labelled), []string{
			"bgp.update.path_attribute.mp_reach_nlri.next_hop.rd@31+8=0:0", "bgp.update.path_attribute.mp_reach_nlri.next_hop.ipv4@39+4=192.0.2.1", "bgp.prefix_length@44+1=88", "bgp.label_stack@45+3=16 (bottom)", "bgp.rd@48+8=65000:7",
		}},
	} {
		got := walk(t, "bgp", tt.data)
		for _, want := range tt.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: %s is not among %s", name, want, strings.Join(got, " "))
			}
		}
	}
}

func TestGuessBGP(t *testing.T) {
	open := bgpMessage(1, "\x04\xfd\xe8\x00\xb4\xc0\x00\x02\x01\x00")
	for _, tt := range []struct {
		data string
		want bool
	}{{open, true}, {open[1:], false}, {open[:18], false}, {strings.Repeat("\xff", 40), false}} {
		if got := guessBGP([]byte(tt.data)); got != tt.want {
			t.Errorf("%q is BGP: %t", tt.data, got)
		}
	}
}
