package exchange

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/proto"
)

// pairs are packets and what may or may not be their answer.
var pairs = []struct {
	ask, answer string
	want        bool
	scapy       bool // what Scapy says, where it says something else for a reason
	reason      string
}{
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp id=7 seq=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=0 id=7 seq=1`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp id=7 seq=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=0 id=7 seq=2`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp id=7 seq=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=8 id=7 seq=1`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp id=7 seq=1`, answer: `ip src=192.0.2.3 dst=192.0.2.1 / icmp type=0 id=7 seq=1`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp type=13 id=7`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=14 id=7`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 seq=1000 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=SA seq=5 ack=1001`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 seq=1000 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=SA seq=5 ack=9999`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 seq=1000 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=RA ack=1001`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 seq=1000 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=R`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=81 dport=40000 flags=SA ack=1`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 flags=S`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=S`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 flags=R`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=A`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 flags=PA seq=10 ack=20 / "hello"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=A seq=20 ack=15`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=40000 dport=80 flags=PA seq=10 ack=20 / "hello"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=80 dport=40000 flags=A seq=30 ack=15`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=5001 / "x"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=5001 dport=5000 / "y"`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=5001 / "x"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=5001 dport=5002 / "y"`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=5001 / "x"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / tcp sport=5001 dport=5000`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 / dns id=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=53 dport=5000 / dns id=1 qr=1`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 / dns id=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=53 dport=5000 / dns id=2 qr=1`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 / dns id=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=53 dport=5000 / dns id=1 qr=0`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=123 dport=123 / ntp mode=3`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=123 dport=123 / ntp mode=4`, want: true},
	{ask: `eth / arp op=1 psrc=192.0.2.1 pdst=192.0.2.2`, answer: `eth / arp op=2 psrc=192.0.2.2 pdst=192.0.2.1`, want: true},
	{ask: `eth / arp op=1 psrc=192.0.2.1 pdst=192.0.2.2`, answer: `eth / arp op=2 psrc=192.0.2.3 pdst=192.0.2.1`},
	{ask: `eth / arp op=1 psrc=192.0.2.1 pdst=192.0.2.2`, answer: `eth / arp op=1 psrc=192.0.2.2 pdst=192.0.2.1`},
	{ask: `eth / arp op=1 psrc=192.0.2.1 pdst=192.0.2.2`, answer: `eth / arp op=2 psrc=192.0.2.2 pdst=192.0.2.9`,
		scapy: true, reason: "an answer to another host (RFC 826 swaps both addresses)"},
	{ask: `eth / vlan vlan=5 / ip src=192.0.2.1 dst=192.0.2.2 / icmp id=1`, answer: `eth / vlan vlan=5 / ip src=192.0.2.2 dst=192.0.2.1 / icmp type=0 id=1`, want: true},
	{ask: `eth / vlan vlan=5 / ip src=192.0.2.1 dst=192.0.2.2 / icmp id=1`, answer: `eth / vlan vlan=6 / ip src=192.0.2.2 dst=192.0.2.1 / icmp type=0 id=1`},
	{ask: `ipv6 src=2001:db8::1 dst=2001:db8::2 / icmpv6 type=128 id=7 seq=1`, answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / icmpv6 type=129 id=7 seq=1`, want: true},
	{ask: `ipv6 src=2001:db8::1 dst=2001:db8::2 / icmpv6 type=128 id=7 seq=1`, answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / icmpv6 type=129 id=8 seq=1`},
	{ask: `ipv6 src=2001:db8::1 dst=ff02::1:ff00:2 / icmpv6 type=135 tgt=2001:db8::2`, answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / icmpv6 type=136 tgt=2001:db8::2`, want: true},
	{ask: `ipv6 src=2001:db8::1 dst=ff02::1:ff00:2 / icmpv6 type=135 tgt=2001:db8::2`, answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / icmpv6 type=136 tgt=2001:db8::3`},
	{ask: `ipv6 src=2001:db8::1 dst=2001:db8::2 / tcp sport=5 dport=80 flags=S`, answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / tcp sport=80 dport=5 flags=SA ack=1`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / udp sport=5 dport=33434 / "abcd"`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=11 / ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / udp sport=5 dport=33434 / "abcd"`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / udp sport=5 dport=33434 / "abcd"`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=11 / ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / udp sport=5 dport=33435 / "abcd"`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / tcp sport=5 dport=80`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=3 code=1 / ip src=192.0.2.1 dst=192.0.2.9 / tcp sport=5 dport=80`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / tcp sport=5 dport=80`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=3 code=1 / ip src=192.0.2.1 dst=192.0.2.2 / tcp sport=5 dport=80`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / icmp id=4 seq=2`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=11 / ip src=192.0.2.1 dst=192.0.2.2 / icmp id=4 seq=2`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / icmp id=4 seq=2`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=11 / ip src=192.0.2.1 dst=192.0.2.2 / icmp id=4 seq=3`},
	{ask: `ipv6 src=2001:db8::1 dst=2001:db8::2 hlim=1 / udp sport=5 dport=7`,
		answer: `ipv6 src=2001:db8::fe dst=2001:db8::1 / icmpv6 type=3 / ipv6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / gre proto=0x0800 / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / gre proto=0x0800 / ip src=10.0.0.2 dst=10.0.0.1 / icmp type=0 id=3`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / gre proto=0x0800 / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / gre proto=0x0800 / ip src=10.0.0.2 dst=10.0.0.1 / icmp type=0 id=4`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / ip src=10.0.0.2 dst=10.0.0.1 / icmp type=0 id=3`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=1000 dport=4789 / vxlan vni=7 / eth / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=2000 dport=4789 / vxlan vni=7 / eth / ip src=10.0.0.2 dst=10.0.0.1 / icmp type=0 id=3`,
		want:   true, reason: "the ends of a tunnel choose their ports"},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=1000 dport=4789 / vxlan vni=7 / eth / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=2000 dport=4789 / vxlan vni=8 / eth / ip src=10.0.0.2 dst=10.0.0.1 / icmp type=0 id=3`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 / udp sport=1000 dport=4789 / vxlan vni=7 / eth / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`,
		answer: `ip src=198.51.100.1 dst=192.0.2.1 / icmp type=11 / ip src=192.0.2.1 dst=192.0.2.2 / udp sport=1000 dport=4789 / vxlan vni=7 / eth / ip src=10.0.0.1 dst=10.0.0.2 / icmp id=3`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / gre proto=0x0800 / ip src=10.0.0.1 dst=10.0.0.2 ttl=1 / udp sport=3 dport=4`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / gre proto=0x0800 / ip src=10.9.9.9 dst=10.0.0.1 / icmp type=11 / ip src=10.0.0.1 dst=10.0.0.2 / udp sport=3 dport=4`, want: true},
	{ask: `eth dst=ff:ff:ff:ff:ff:ff / ip src=0.0.0.0 dst=255.255.255.255 / udp sport=68 dport=67 / dhcp op=1 xid=5`,
		answer: `eth / ip src=192.0.2.1 dst=192.0.2.50 / udp sport=67 dport=68 / dhcp op=2 xid=5`,
		want:   true, reason: "it is sent to all, by nobody yet"},
	{ask: `eth dst=ff:ff:ff:ff:ff:ff / ip src=0.0.0.0 dst=255.255.255.255 / udp sport=68 dport=67 / dhcp op=1 xid=5`,
		answer: `eth / ip src=192.0.2.1 dst=192.0.2.50 / udp sport=67 dport=68 / dhcp op=2 xid=6`},
	{ask: `eth dst=ff:ff:ff:ff:ff:ff / ip src=192.0.2.1 dst=192.0.2.255 / icmp id=5`, answer: `eth / ip src=192.0.2.77 dst=192.0.2.1 / icmp type=0 id=5`,
		want: true, reason: "the frame is for all stations"},
	{ask: `ip src=192.0.2.1 dst=224.0.0.251 / udp sport=5353 dport=5353 / mdns qd={qname=host.local}`, answer: `ip src=192.0.2.4 dst=224.0.0.251 / udp sport=5353 dport=5353 / mdns qr=1 qd={qname=host.local}`,
		want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / icmp type=13 id=7 seq=1`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=0 id=7 seq=1`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5 dport=7 / "x"`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=3 code=3 / ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5 dport=7`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5 dport=7 / "x"`,
		answer: `ip src=192.0.2.2 dst=192.0.2.1 / icmp type=3 code=3 / ip src=192.0.2.1 dst=192.0.2.2 / udp sport=6 dport=7`},
	{ask: `ipv6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7 / "x"`,
		answer: `ipv6 src=2001:db8::2 dst=2001:db8::1 / icmpv6 type=1 code=4 / ipv6 src=2001:db8::1 dst=2001:db8::2 / udp sport=5 dport=7`,
		want:   true, reason: "an error may quote less than all (RFC 4443 section 2.4)"},
	{ask: `ipv6 src=fe80::1 dst=ff02::2 hlim=255 / icmpv6 type=133`, answer: `ipv6 src=fe80::9 dst=ff02::1 hlim=255 / icmpv6 type=134`, want: true},
	{ask: `ipv6 src=fe80::1 dst=ff02::2 hlim=255 / icmpv6 type=133`, answer: `ipv6 src=fe80::9 dst=fe80::1 hlim=255 / icmpv6 type=134`, want: true},
	{ask: `ipv6 src=fe80::1 dst=ff02::2 hlim=255 / icmpv6 type=133`, answer: `ipv6 src=fe80::9 dst=fe80::1 hlim=255 / icmpv6 type=136`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=123 dport=123 / ntp mode=3`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=123 dport=123 / ntp mode=3`,
		scapy: true, reason: "a client does not answer a client (RFC 5905 section 3)"},
	{ask: `ipv6 src=fe80::1 dst=ff02::1:2 / udp sport=546 dport=547 / dhcpv6 type=1 xid=9`, answer: `ipv6 src=fe80::2 dst=fe80::1 / udp sport=547 dport=546 / dhcpv6 type=2 xid=9`, want: true},
	{ask: `ipv6 src=fe80::1 dst=ff02::1:2 / udp sport=546 dport=547 / dhcpv6 type=1 xid=9`, answer: `ipv6 src=fe80::2 dst=fe80::1 / udp sport=547 dport=546 / dhcpv6 type=2 xid=8`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=161 / snmp id=7`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=161 dport=5000 / snmp PDU=get-response id=7 value.int=1`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=161 / snmp id=7`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=161 dport=5000 / snmp PDU=get-response id=8`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=161 / snmp id=7`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=161 dport=5000 / snmp PDU=set-request id=7`},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=69 / tftp op=1 filename="a" mode="octet"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=69 dport=5000 / tftp op=3 block=1 / "x"`, want: true},
	{ask: `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 dport=69 / tftp op=1 filename="a" mode="octet"`, answer: `ip src=192.0.2.2 dst=192.0.2.1 / udp sport=69 dport=5000 / tftp op=4 block=0`,
		scapy: true, reason: "nothing acknowledges a request to read (RFC 1350 section 4)"},
}

func craftOf(t *testing.T, line string) *packet.Packet {
	t.Helper()
	spec, err := craft.Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	b, err := spec.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := new(packet.Packet)
	p.DecodeAs(spec.Layers()[0], b)
	if p.Reason() != "" {
		t.Fatalf("%s: %s", line, p.Reason())
	}
	return p
}

func newMatcher(t testing.TB) *Matcher {
	m, err := NewMatcher(nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAnswers(t *testing.T) {
	m := newMatcher(t)
	for _, tt := range pairs {
		ask, answer := craftOf(t, tt.ask), craftOf(t, tt.answer)
		if got := m.Answers(&ask.Stack, &answer.Stack); got != tt.want {
			t.Errorf("%s\n%s\nis an answer: %v, and should be %v", tt.ask, tt.answer, got, tt.want)
		}
		if tt.want && !share(m, ask, answer) {
			t.Errorf("%s\n%s\nhave no key in common", tt.ask, tt.answer)
		}
		if m.Answers(&ask.Stack, &ask.Stack) {
			t.Errorf("%s answers itself", tt.ask)
		}
	}
}

// share tells whether an answer is found by its keys.
func share(m *Matcher, ask, answer *packet.Packet) bool {
	under := m.Keys(nil, &ask.Stack, true)
	for _, key := range m.Keys(nil, &answer.Stack, false) {
		if slices.Contains(under, key) {
			return true
		}
	}
	return false
}

// An error quotes the header and eight bytes, in the least (RFC 792).
func TestAnswersShortQuotes(t *testing.T) {
	m := newMatcher(t)
	for _, tt := range pairs {
		if !tt.want || !strings.Contains(tt.answer, "icmp type=11 /") || strings.Contains(tt.answer, "gre") {
			continue
		}
		ask, answer := craftOf(t, tt.ask), craftOf(t, tt.answer)
		cut := new(packet.Packet)
		cut.DecodeAs("ip", answer.Data[:20+8+20+8])
		if !m.Answers(&ask.Stack, &cut.Stack) || !share(m, ask, cut) {
			t.Errorf("%s\n%s\nis not found when the quote is cut", tt.ask, tt.answer)
		}
	}
}

// The verdicts are Scapy's, but where we say why not.
func TestAnswersAsScapy(t *testing.T) {
	if err := exec.Command("/usr/bin/python3", "-c", "import scapy").Run(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("Scapy is not installed")
		}
		t.Skip("Scapy is not installed")
	}
	type one struct {
		Begin       string
		Ask, Answer []byte
	}
	var list []one
	for _, tt := range pairs {
		begin, _, _ := strings.Cut(tt.ask, " ")
		list = append(list, one{begin, craftOf(t, tt.ask).Data, craftOf(t, tt.answer).Data})
	}
	in, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/bin/python3", "-c", `
import base64, json, sys
from scapy.all import Ether, IP, IPv6
begin = {"eth": Ether, "ip": IP, "ipv6": IPv6}
out = []
for pair in json.load(sys.stdin):
    cls = begin[pair["Begin"]]
    ask, answer = cls(base64.b64decode(pair["Ask"])), cls(base64.b64decode(pair["Answer"]))
    out.append(bool(answer.answers(ask)))
print(json.dumps(out))
`)
	cmd.Stdin = strings.NewReader(string(in))
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var verdicts []bool
	if err := json.Unmarshal(text, &verdicts); err != nil || len(verdicts) != len(pairs) {
		t.Fatalf("Scapy prints %s %v", text, err)
	}
	for i, tt := range pairs {
		if tt.reason == "" && verdicts[i] != tt.want {
			t.Errorf("%s\n%s\nScapy says %v, and we say %v", tt.ask, tt.answer, verdicts[i], tt.want)
		}
		if tt.reason != "" && verdicts[i] == tt.want {
			t.Errorf("%s\n%s\nScapy says %v as we do, and should not: %s", tt.ask, tt.answer, verdicts[i], tt.reason)
		}
	}
}

// In captures, what looks like an answer is one: echoes, resolutions and openings
// of connections each find the request that they belong to.
func TestAnswersInCaptures(t *testing.T) {
	kinds := map[string]int{}
	m := newMatcher(t)
	var wait *pending
	var file string
	var p packet.Packet
	missed := 0
	framestest.Each(t, 300, func(f framestest.Frame) {
		if f.Capture != file {
			file = f.Capture
			wait, _ = newPending(nil)
		}
		p.Info.Length = f.Length
		p.Decode(f.Data, f.LinkType)
		if p.Reason() != "" || p.Len() == 0 {
			return
		}
		kind, asks := kindOf(&p)
		if kind == "" {
			return
		}
		if asks {
			r := &request{number: uint64(f.Number), data: slices.Clone(f.Data), begin: p.Layer(0).Proto().Name}
			wait.add(r)
			return
		}
		if r := wait.find(&p.Stack); r != nil {
			wait.remove(r)
			kinds[kind]++
			var ask packet.Packet
			ask.DecodeAs(r.begin, r.data)
			if !m.Answers(&ask.Stack, &p.Stack) {
				t.Errorf("%s: frame %d does not answer %d", file, f.Number, r.number)
			}
		} else {
			missed++
		}
	})
	t.Log(kinds, "without a request:", missed)
	for _, kind := range []string{"arp", "icmp", "icmpv6", "dns", "syn"} {
		if kinds[kind] < 3 {
			t.Errorf("only %d answers of %s are found", kinds[kind], kind)
		}
	}
}

// kindOf tells what a packet is, and whether it asks or answers.
func kindOf(p *packet.Packet) (kind string, asks bool) {
	if p.Has("arp") {
		op, ok := p.Field("arp.opcode")
		if !ok {
			return "", false
		}
		return "arp", op.U == 1
	}
	if p.Has("dns") {
		if r, ok := p.Field("dns.flags.response"); ok {
			return "dns", r.U == 0
		}
	}
	if v := p.ICMP(); v.Valid() && (v.Type() == 0 || v.Type() == 8) {
		return "icmp", v.Type() == 8
	}
	if v, ok := p.Field("icmpv6.type"); ok && (v.U == 128 || v.U == 129 || v.U == 135 || v.U == 136) {
		return "icmpv6", v.U == 128 || v.U == 135
	}
	if v := p.TCP(); v.Valid() && v.Flags()&packet.SYN != 0 && !p.Has("icmp") && !p.Has("icmpv6") {
		return "syn", v.Flags()&packet.ACK == 0
	}
	return "", false
}

// Every table's answers can be asked for.
func TestRules(t *testing.T) {
	if _, err := newRules(proto.Set()); err != nil {
		t.Error(err)
	}
	allocs := testing.AllocsPerRun(100, func() { rulesOf(nil) })
	if allocs > 0 {
		t.Errorf("the rules are made anew each time: %v allocations", allocs)
	}
}

// Finding one of many requests that differ in their DNS id alone does not look at
// all of them.
func BenchmarkFind(b *testing.B) {
	wait, err := newPending(nil)
	if err != nil {
		b.Fatal(err)
	}
	spec, err := craft.Parse(`ip src=192.0.2.1 dst=192.0.2.2 / udp sport=5000 / dns id=0-65535`)
	if err != nil {
		b.Fatal(err)
	}
	for data, err := range spec.All() {
		if err != nil {
			b.Fatal(err)
		}
		wait.add(&request{data: slices.Clone(data), begin: "ip"})
	}
	answers, err := craft.Parse(`ip src=192.0.2.2 dst=192.0.2.1 / udp sport=53 dport=5000 / dns id=40000 qr=1`)
	if err != nil {
		b.Fatal(err)
	}
	data, err := answers.Build(nil)
	if err != nil {
		b.Fatal(err)
	}
	var p packet.Packet
	p.DecodeAs("ip", data)
	b.ReportAllocs()
	for b.Loop() {
		if wait.find(&p.Stack) == nil {
			b.Fatal("not found")
		}
	}
}
