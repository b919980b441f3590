package dissect

import (
	"testing"

	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

// What is written at once for ARP is what its template says.
func TestARPIsItsTemplate(t *testing.T) {
	p, l := NewPacket(proto.Set()), NewLines(proto.Set())
	n := 0
	framestest.Each(t, 0, func(f framestest.Frame) {
		p.Read(&pcap.Packet{Data: f.Data, Length: f.Length, LinkType: f.LinkType})
		i := p.Find("arp", 0)
		if i < 0 {
			return
		}
		n++
		if got, want := string(arpInfo(nil, l, p, i)), string(l.fill(nil, p, i)); got != want {
			t.Errorf("%s frame %d is %q, and its template %q", f.Capture, f.Number, got, want)
		}
	})
	if n == 0 {
		t.Error("no frame of ARP was seen")
	}
}
