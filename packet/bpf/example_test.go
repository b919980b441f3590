package bpf_test

import (
	"fmt"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

func Example() {
	filter, err := bpf.New("tcp dst port 80 and src net 192.0.2.0/24", pcap.LinkEthernet, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	frame := []byte{
		0x00, 0x53, 0x00, 0, 0, 1, 0x00, 0x53, 0x00, 0, 0, 2, 0x08, 0x00,
		0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
		0xc0, 0x00, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0,
	}
	fmt.Println(filter.Match(frame, len(frame)))
	// Output: true
}

func ExampleCompile() {
	program, err := bpf.Compile("icmp[icmptype] = icmp-echo", pcap.LinkRaw, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(bpf.Disassemble(program))
	// Output:
	// (000) ldb      [0]
	// (001) and      #0xf0
	// (002) jeq      #0x40            jt 3	jf 11
	// (003) ldb      [9]
	// (004) jeq      #0x1             jt 5	jf 11
	// (005) ldh      [6]
	// (006) jset     #0x1fff          jt 11	jf 7
	// (007) ldxb     4*([0]&0xf)
	// (008) ldb      [x + 0]
	// (009) jeq      #0x8             jt 10	jf 11
	// (010) ret      #262144
	// (011) ret      #0
}

func ExampleCompile_wrong() {
	_, err := bpf.Compile("tcp and 192.0.2.1", pcap.LinkEthernet, nil)
	fmt.Println(err)
	// Output: capture filter, column 9: syntax error in filter expression: nothing says what '192.0.2.1' is; write 'host 192.0.2.1'
}

func ExampleExplain() {
	text, err := bpf.Explain("host 192.0.2.1 and not (port 53 or 123)")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(text)
	// Output:
	// all of
	//   IPv4, ARP or RARP from or to host 192.0.2.1
	//   not
	//     any of
	//       TCP, UDP or SCTP from or to port 53
	//       TCP, UDP or SCTP from or to port 123
}
