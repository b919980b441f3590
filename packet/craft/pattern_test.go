package craft

import (
	"testing"

	"github.com/netwright/netwright/packet"
)

func TestPattern(t *testing.T) {
	for _, tt := range []struct {
		pattern, packet string
		want            bool
	}{
		{`arp op=1 pdst=192.0.2.7`, `eth / arp op=1 pdst=192.0.2.7`, true},
		{`arp op=who-has pdst=192.0.2.0/28`, `eth / arp op=1 pdst=192.0.2.7`, true},
		{`arp op=1 pdst=192.0.2.7`, `eth / arp op=2 pdst=192.0.2.7`, false},
		{`arp op=1 pdst=192.0.2.0/28`, `eth / arp pdst=192.0.2.16`, false},
		{`ip / icmp type=8`, `eth / vlan vlan=3 / ip / icmp type=8 id=4`, true},
		{`icmp / ip`, `eth / ip / icmp`, false},
		{`tcp dport=22,80,8000-8010 flags=S`, `eth / ip / tcp dport=8005 flags=S`, true},
		{`tcp dport=22,80,8000-8010 flags=S`, `eth / ip / tcp dport=8005 flags=SA`, false},
		{`udp / dns qd={qname=example.com qtype=A}`, `eth / ip / udp / dns qd={qname=example.com}`, true},
		{`udp / dns qd={qname=example.com qtype=A}`, `eth / ip / udp / dns qd={qname=example.net}`, false},
		{`udp / dns qr=0`, `eth / ip / udp / dns qd={qname=example.net}`, true},
		{`udp dport=9 / "he"`, `eth / ip / udp dport=9 / "hello"`, true},
		{`udp dport=9 / "ho"`, `eth / ip / udp dport=9 / "hello"`, false},
		{`eth dst=ff:ff:ff:ff:ff:ff`, `eth dst=ff:ff:ff:ff:ff:ff / arp`, true},
		{`tcp options=mss:1460`, `eth / ip / tcp options=nop,mss:1460`, true},
		{`tcp options=mss:1460`, `eth / ip / tcp options=nop,mss:1400`, false},
		{`ipv6 dst=2001:db8::/32`, `eth / ipv6 dst=2001:db8::1 / udp`, true},
	} {
		line, err := Parse(tt.pattern)
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		pattern, err := line.Pattern()
		if err != nil {
			t.Errorf("%s: %v", tt.pattern, err)
			continue
		}
		spec, err := Parse(tt.packet)
		if err != nil {
			t.Fatal(err)
		}
		b, err := spec.Build(nil)
		if err != nil {
			t.Fatal(err)
		}
		var p packet.Packet
		p.DecodeAs("eth", b)
		if got := pattern.Match(&p.Stack); got != tt.want {
			t.Errorf("%s matches %s: %v, and should be %v", tt.pattern, tt.packet, got, tt.want)
		}
	}
	spec, err := Parse(`arp pdst=${req.psrc}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.Pattern(); err == nil {
		t.Error("a template is a pattern")
	}
}
