package bpf_test

import (
	"testing"

	"github.com/netwright/netwright/packet/bpf"
)

func TestExplain(t *testing.T) {
	for _, test := range []struct{ expr, want string }{
		{"", "every packet\n"},
		{"tcp port 80 or 443", "any of\n  TCP from or to port 80\n  TCP from or to port 443\n"},
		{"host 10.0.0.1 and not net 192.168.0.0/16 and udp",
			"all of\n  IPv4, ARP or RARP from or to host 10.0.0.1\n  not\n    IPv4, ARP or RARP from or to network 192.168.0.0/16\n  UDP\n"},
		{"vlan 5 and (ip6 or arp)", "all of\n  a VLAN tag of number 5 (what follows looks behind it)\n  any of\n    IPv6\n    ARP\n"},
		{"tcp[tcpflags] & tcp-syn != 0", "(byte 13 (0xd) of the TCP header & 2) is not 0\n"},
		{"ip[2:2] > len - 14", "the 2-byte number at 2 of the IPv4 header is greater than (the packet's length - 14 (0xe))\n"},
		{"ether dst 00:53:00:12:34:56 or ether broadcast", "any of\n  a frame to host 00:53:00:12:34:56\n  broadcast of the link layer\n"},
		{"src portrange 80-90 and less 100", "all of\n  TCP, UDP or SCTP from a port in 80-90\n  at most 100 bytes long\n"},
		{"not not ip proto 47", "IPv4 that carries protocol 47\n"},
	} {
		got, err := bpf.Explain(test.expr)
		if err != nil || got != test.want {
			t.Errorf("%q: got %q, %v, want %q", test.expr, got, err, test.want)
		}
	}
	if _, err := bpf.Explain("tcp and"); err == nil {
		t.Error("half an expression was explained")
	}
}

// TestExplainSuite explains all expressions of the suite: none is left without
// words.
func TestExplainSuite(t *testing.T) {
	for _, b := range acceptBlocks(t) {
		for _, expr := range b.Aliases {
			if text, err := bpf.Explain(expr); err != nil || text == "" {
				t.Errorf("%q: got %q, %v", expr, text, err)
			}
		}
	}
}
