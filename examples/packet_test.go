package examples

import (
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/protofile"
)

// Who sent how many bytes, of a capture file.
func Example_packets() {
	reader, err := pcap.Open("packet/web.pcap")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer reader.Close()
	sent := map[netip.Addr]int{}
	var captured pcap.Packet
	var p packet.Packet
	for {
		if err = reader.Read(&captured); err != nil {
			break
		}
		p.Decode(captured.Data, captured.LinkType)
		if ip := p.IPv4(); ip.Valid() {
			sent[ip.Src()] += captured.Length
		}
	}
	if err != io.EOF {
		fmt.Println(err)
	}
	for _, addr := range slices.SortedFunc(maps.Keys(sent), netip.Addr.Compare) {
		fmt.Println(addr, sent[addr])
	}
	// Output:
	// 192.0.2.1 1176
	// 192.0.2.2 1625
}

// The protocols of the folder pass their own tests.
func TestProtocols(t *testing.T) {
	files, err := protofile.Load("packet/protocols")
	if err != nil || len(files) == 0 {
		t.Fatal(len(files), err)
	}
	protos := proto.All()
	for _, f := range files {
		protos = append(protos, f.Proto)
	}
	set, err := layer.NewSet(protos...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for i := range f.Tests {
			if err := f.Tests[i].Run(set); err != nil {
				t.Error(err)
			}
		}
	}
}
