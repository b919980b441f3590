package craft_test

import (
	"fmt"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/pcap"
)

func Example() {
	spec, err := craft.Parse(`ip src=192.0.2.1 dst=192.0.2.0/30 / tcp dport=22,80 flags=S`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(spec.Count(), "packets")
	var p packet.Packet
	for frame, err := range spec.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		p.Decode(frame, pcap.LinkRaw)
		if p.TCP().DstPort() == 80 {
			fmt.Println(p.IPv4().Dst())
		}
	}
	// Output:
	// 8 packets
	// 192.0.2.0
	// 192.0.2.1
	// 192.0.2.2
	// 192.0.2.3
}

func ExampleLine() {
	frame, err := packet.Build(nil, &packet.IPv4{}, &packet.UDP{DstPort: 9}, packet.Payload("hi"))
	if err != nil {
		fmt.Println(err)
		return
	}
	var p packet.Packet
	p.Decode(frame, pcap.LinkIPv4)
	fmt.Println(craft.Line(&p))
	// Output:
	// ip / udp sport=0 dport=9 / "hi"
}

func ExampleParse_error() {
	_, err := craft.Parse(`ip / tcp dprt=80`)
	fmt.Println(err)
	// Output:
	// craft line, column 10: tcp has no field "dprt"; did you mean "dport"?
}
