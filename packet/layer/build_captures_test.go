package layer_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// fromFields is the share of layers, in percent, that come of fields alone and not
// partly of bytes. Some of every protocol are malformed, or cut.
var fromFields = map[string]float64{
	"eth": 99, "sll": 99, "sll2": 99, "null": 99, "vlan": 99, "ieee8021ad": 99, "llc": 99, "arp": 95, "mpls": 99, "pppoed": 99, "pppoes": 99, "ppp": 95, "lcp": 99,
	"ip": 99, "ipv6": 98, "ipv6.hopopts": 99, "ipv6.dstopts": 99, "ipv6.routing": 80, "ipv6.fraghdr": 90, "icmp": 98, "icmpv6": 85, "igmp": 95, "gre": 99,
	"tcp": 98, "udp": 99, "sctp": 95, "vxlan": 99, "geneve": 99, "dns": 50, "mdns": 30, "dhcp": 95, "ntp": 90, "tftp": 85, "stp": 60, "vrrp": 55, "lldp": 20, "dhcpv6": 15,
}

// Every frame of every capture, taken apart and built, is the same frame, and most
// of it comes of fields.
func TestPartsBuildTheSame(t *testing.T) {
	set := proto.Set()
	var st layer.Stack
	type count struct{ whole, part, raw int }
	counts := map[string]*count{}
	frames := 0
	framestest.Each(t, 0, func(f framestest.Frame) {
		st.Reset(set, "link", uint32(f.LinkType), f.Data, f.Length)
		parts := st.Parts()
		got, err := set.Build(nil, parts...)
		if err != nil {
			t.Errorf("%s frame %d: %v", f.Capture, f.Number, err)
			return
		}
		if !bytes.Equal(got, f.Data) {
			t.Errorf("%s frame %d is\n%x and is built as\n%x", f.Capture, f.Number, f.Data, got)
		}
		frames++
		for i := range parts {
			p := &parts[i]
			c := counts[p.Proto]
			if c == nil {
				c = &count{}
				counts[p.Proto] = c
			}
			switch {
			case len(p.Rest) == 0 && !hasRaw(p.Fields):
				c.whole++
			case len(p.Fields) == 0:
				c.raw++
				if c.raw < 3 && testing.Verbose() {
					t.Logf("%s frame %d: %s is raw (%s)", f.Capture, f.Number, p.Proto, st.Reason())
				}
			default:
				c.part++
				if c.part < 3 && testing.Verbose() {
					t.Logf("%s frame %d: %s is in parts: %+v %x", f.Capture, f.Number, p.Proto, p.Fields, p.Rest)
				}
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		c := counts[name]
		share := 100 * float64(c.whole) / float64(c.whole+c.part+c.raw)
		t.Logf("%-12s %5.1f %% built of fields: %6d, partly %6d, as bytes %6d", name, share, c.whole, c.part, c.raw)
		if share < fromFields[name] {
			t.Errorf("%s: %.1f %% of the layers are built of fields, and %g were", name, share, fromFields[name])
		}
	}
	if frames < 1000 {
		t.Errorf("only %d frames", frames)
	}
}

func hasRaw(fields []layer.Given) bool {
	for i := range fields {
		if fields[i].Raw != nil || hasRaw(fields[i].Sub) {
			return true
		}
	}
	return false
}
