package packet_test

import (
	"fmt"
	"net/netip"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
)

func Example() {
	frame, err := packet.Build(nil,
		&packet.Ethernet{Dst: packet.Broadcast(), Src: packet.MAC{2, 0, 0, 0, 0, 1}},
		&packet.IPv4{Src: netip.MustParseAddr("192.0.2.1"), Dst: netip.MustParseAddr("192.0.2.2")},
		&packet.TCP{SrcPort: 40000, DstPort: 80, Flags: packet.SYN},
		packet.Payload("hello"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var p packet.Packet
	p.Decode(frame, pcap.LinkEthernet)
	fmt.Println(p.IPv4().Src(), p.TCP().DstPort(), p.TCP().Flags()&packet.SYN != 0, string(p.TCP().Payload()))
	fmt.Println(p.Has("udp"), p.UDP().Valid(), p.UDP().DstPort())
	// Output:
	// 192.0.2.1 80 true hello
	// false false 0
}

func ExamplePacket_Set() {
	frame, err := packet.Build(nil, &packet.IPv4{Dst: netip.MustParseAddr("192.0.2.2")}, &packet.UDP{DstPort: 53})
	if err != nil {
		fmt.Println(err)
		return
	}
	var p packet.Packet
	p.Decode(frame, pcap.LinkRaw)
	before := p.IPv4().Checksum()
	if err := p.Set("ip.ttl", 5); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%#04x %#04x\n", before, p.IPv4().Checksum())
	// Output:
	// 0xb8ce 0xf3ce
}
