//go:build linux

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
)

// parser is gopacket's, for the layers that most frames have.
type parser struct {
	eth     layers.Ethernet
	vlan    layers.Dot1Q
	arp     layers.ARP
	ip4     layers.IPv4
	ip6     layers.IPv6
	icmp    layers.ICMPv4
	tcp     layers.TCP
	udp     layers.UDP
	payload gopacket.Payload
	found   []gopacket.LayerType
	dlp     *gopacket.DecodingLayerParser
}

func newParser() *parser {
	p := &parser{found: make([]gopacket.LayerType, 0, 16)}
	p.dlp = gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &p.eth, &p.vlan, &p.arp, &p.ip4, &p.ip6, &p.icmp, &p.tcp, &p.udp, &p.payload)
	p.dlp.IgnoreUnsupported = true
	p.dlp.IgnorePanic = true // a recover for each frame is not its cost
	return p
}

// sink keeps results from being optimised away.
var sink atomic.Uint64

// compare measures two functions over frames, in alternating rounds, in
// nanoseconds a frame, and ours for allocations.
func compare(ctx context.Context, rounds, frames int, ours, theirs func()) (a, b float64, allocs int64, err error) {
	ours() // what is made when it is first met is no cost of a frame
	theirs()
	var as, bs []float64
	for range rounds {
		if ctx.Err() != nil {
			return 0, 0, 0, ctx.Err()
		}
		r := testing.Benchmark(func(tb *testing.B) {
			tb.ReportAllocs()
			for tb.Loop() {
				ours()
			}
		})
		as = append(as, float64(r.NsPerOp())/float64(frames))
		allocs = max(allocs, r.AllocsPerOp())
		r = testing.Benchmark(func(tb *testing.B) {
			for tb.Loop() {
				theirs()
			}
		})
		bs = append(bs, float64(r.NsPerOp())/float64(frames))
	}
	return median(as), median(bs), allocs, nil
}

func inProcess(work string, a, b float64, allocs int64, most float64) result {
	return result{
		Work: work, Sides: map[string]string{"Netwright": fmt.Sprintf("%.1f ns, %d allocations", a, allocs), "gopacket": fmt.Sprintf("%.1f ns", b)},
		Ratio: fmt.Sprintf("%.2f", a/b), Goal: fmt.Sprintf("≤ %.1f, none allocated", most), Met: a/b <= most && allocs == 0,
	}
}

func locateSmall(ctx context.Context, b *bench) (result, error) {
	return locate(ctx, b, "locate the layers of a small frame, read one field", smallFrames(1000))
}

func locateMixed(ctx context.Context, b *bench) (result, error) {
	frames, err := b.mixed()
	if err != nil {
		return result{}, err
	}
	return locate(ctx, b, fmt.Sprintf("the same of %d mixed frames", len(frames)), frames)
}

func locate(ctx context.Context, b *bench, work string, frames [][]byte) (result, error) {
	var p packet.Packet
	g := newParser()
	// Both must read the same ports before they are measured.
	for _, f := range frames[:min(len(frames), 1000)] {
		p.Decode(f, pcap.LinkEthernet)
		g.tcp.DstPort = 0
		if err := g.dlp.DecodeLayers(f, &g.found); err == nil && len(g.found) == 4 && g.found[2] == layers.LayerTypeTCP && p.TCP().DstPort() != uint16(g.tcp.DstPort) {
			return result{}, fmt.Errorf("port %d, and gopacket reads %d", p.TCP().DstPort(), g.tcp.DstPort)
		}
	}
	var sum uint64
	defer func() { sink.Store(sum) }()
	ours, theirs, allocs, err := compare(ctx, b.rounds, len(frames), func() {
		for _, f := range frames {
			p.Decode(f, pcap.LinkEthernet)
			sum += uint64(p.TCP().DstPort())
		}
	}, func() {
		for _, f := range frames {
			_ = g.dlp.DecodeLayers(f, &g.found) // what it does not know is an error, and no cost of ours
			sum += uint64(g.tcp.DstPort)
		}
	})
	return inProcess(work, ours, theirs, allocs, 0.5), err
}

func allFields(ctx context.Context, b *bench) (result, error) {
	frames := smallFrames(1000)
	var p packet.Packet
	g := newParser()
	var sum uint64
	defer func() { sink.Store(sum) }()
	ours, theirs, allocs, err := compare(ctx, b.rounds, len(frames), func() {
		for _, f := range frames {
			p.Decode(f, pcap.LinkEthernet)
			sum += touch(&p)
		}
	}, func() {
		for _, f := range frames {
			_ = g.dlp.DecodeLayers(f, &g.found)
			sum += uint64(g.tcp.DstPort)
		}
	})
	return inProcess("all fields of every layer of a small frame", ours, theirs, allocs, 1), err
}

// touch reads every field of Ethernet, IPv4 and TCP.
func touch(p *packet.Packet) uint64 {
	e, ip, t := p.Ethernet(), p.IPv4(), p.TCP()
	dst, src := e.Dst(), e.Src()
	from, to := ip.Src().As4(), ip.Dst().As4()
	return uint64(dst[0]) + uint64(src[5]) + uint64(e.Type()) +
		uint64(ip.Version()) + uint64(ip.HeaderLen()) + uint64(ip.TOS()) + uint64(ip.Length()) + uint64(ip.ID()) + uint64(ip.Flags()) +
		uint64(ip.FragOffset()) + uint64(ip.TTL()) + uint64(ip.Protocol()) + uint64(ip.Checksum()) + uint64(from[3]) + uint64(to[3]) + uint64(len(ip.Options())) +
		uint64(t.SrcPort()) + uint64(t.DstPort()) + uint64(t.Seq()) + uint64(t.Ack()) + uint64(t.DataOffset()) + uint64(t.Flags()) + uint64(t.Window()) +
		uint64(t.Checksum()) + uint64(t.Urgent()) + uint64(len(t.Options())) + uint64(len(t.Payload()))
}

func buildRow(ctx context.Context, b *bench) (result, error) {
	buf := make([]byte, 0, 128)
	eth := &packet.Ethernet{Dst: packet.MAC{2, 0, 0, 0, 0, 1}, Src: packet.MAC{2, 0, 0, 0, 0, 2}}
	ip := &packet.IPv4{Src: addr("192.0.2.1"), Dst: addr("192.0.2.2")}
	tcp := &packet.TCP{SrcPort: 40000, DstPort: 80, Flags: packet.SYN}
	payload := packet.Payload("hello")
	gEth := &layers.Ethernet{DstMAC: []byte{2, 0, 0, 0, 0, 1}, SrcMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	gIP := &layers.IPv4{Version: 4, TTL: 64, Id: 1, Protocol: layers.IPProtocolTCP, SrcIP: []byte{192, 0, 2, 1}, DstIP: []byte{192, 0, 2, 2}}
	gTCP := &layers.TCP{SrcPort: 40000, DstPort: 80, SYN: true, Window: 8192}
	if err := gTCP.SetNetworkLayerForChecksum(gIP); err != nil {
		return result{}, err
	}
	gBuf, opts := gopacket.NewSerializeBuffer(), gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	build := func() {
		var err error
		if buf, err = packet.Build(buf[:0], eth, ip, tcp, payload); err != nil {
			panic(err)
		}
	}
	serialize := func() {
		if err := gopacket.SerializeLayers(gBuf, opts, gEth, gIP, gTCP, gopacket.Payload("hello")); err != nil {
			panic(err)
		}
	}
	build()
	serialize()
	if theirs := gBuf.Bytes(); string(buf) != string(theirs[:min(len(buf), len(theirs))]) { // gopacket pads to 60 bytes
		return result{}, fmt.Errorf("built %x, and gopacket %x", buf, theirs)
	}
	ours, theirs, allocs, err := compare(ctx, b.rounds, 1, build, serialize)
	return inProcess("build Ethernet, IPv4, TCP and 5 bytes", ours, theirs, allocs, 1), err
}
