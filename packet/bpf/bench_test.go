package bpf_test

import (
	"testing"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// BenchmarkMatch judges a TCP segment from port 49152 to port 80.
func BenchmarkMatch(b *testing.B) {
	for _, expr := range []string{
		"tcp", "udp port 53", "tcp port 80", "port 80 or 443", "host 192.0.2.1", "not port 22",
		"src net 192.0.2.0/24 and tcp dst port 80", "tcp[tcpflags] & tcp-syn != 0", "ip6",
	} {
		p, err := bpf.New(expr, pcap.LinkEthernet, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			passed := 0
			for b.Loop() {
				if p.Match(segment, len(segment)) {
					passed++
				}
			}
		})
	}
}

// BenchmarkCompile compiles an everyday expression.
func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bpf.Compile("tcp port 80 and host 192.0.2.1", pcap.LinkEthernet, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// segment is Ethernet, IPv4 from 192.0.2.1 to 198.51.100.2 and a TCP SYN.
var segment = []byte{
	0x00, 0x53, 0x00, 0, 0, 1, 0x00, 0x53, 0x00, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
	0xc0, 0x00, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
}
