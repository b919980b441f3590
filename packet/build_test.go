package packet_test

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
)

var (
	one = netip.MustParseAddr("192.0.2.1")
	two = netip.MustParseAddr("192.0.2.2")
	six = netip.MustParseAddr("2001:db8::6")
)

func given(name string, u uint64) layer.Given { return layer.Given{Name: name, U: u} }

func address(name string, a netip.Addr) layer.Given {
	return layer.Given{Name: name, B: a.AsSlice()}
}

// What is written by the types is what the tables write.
func TestBuildAsTables(t *testing.T) {
	hi := packet.Payload("hi!")
	for _, tt := range []struct {
		name   string
		layers []packet.Layer
		parts  []layer.Part
	}{
		{
			"TCP over IPv4",
			[]packet.Layer{
				&packet.Ethernet{Dst: packet.Broadcast()}, &packet.IPv4{Src: one, Dst: two, Flags: packet.DF, TTL: packet.Set(3)},
				&packet.TCP{SrcPort: 20, DstPort: 443, Flags: packet.SYN | packet.ACK, Options: []byte{2, 4, 5, 180, 4, 2}}, hi,
			},
			[]layer.Part{
				{Proto: "eth", Fields: []layer.Given{{Name: "dst", B: []byte("\xff\xff\xff\xff\xff\xff")}}},
				{Proto: "ip", Fields: []layer.Given{address("src", one), address("dst", two), given("ip.flags.df", 1), given("ttl", 3)}},
				{Proto: "tcp", Fields: []layer.Given{given("dport", 443), given("flags", 0x12), {Name: "options", B: []byte{2, 4, 5, 180, 4, 2}}}},
				{Rest: hi},
			},
		},
		{
			"UDP over IPv6 in a VLAN in a VLAN",
			[]packet.Layer{&packet.Ethernet{}, &packet.QinQ{ID: 7}, &packet.VLAN{ID: 8, Priority: 3}, &packet.IPv6{Src: six, FlowLabel: 0x12345}, &packet.UDP{SrcPort: 1, DstPort: 2}, hi},
			[]layer.Part{
				{Proto: "eth"}, {Proto: "ieee8021ad", Fields: []layer.Given{given("ieee8021ad.id", 7)}}, {Proto: "vlan", Fields: []layer.Given{given("vlan.id", 8), given("prio", 3)}},
				{Proto: "ipv6", Fields: []layer.Given{address("src", six), given("fl", 0x12345)}}, {Proto: "udp", Fields: []layer.Given{given("sport", 1), given("dport", 2)}}, {Rest: hi},
			},
		},
		{
			"echo request", []packet.Layer{&packet.IPv4{Src: one}, &packet.ICMP{ID: 1, Seq: 2}, hi},
			[]layer.Part{{Proto: "ip", Fields: []layer.Given{address("src", one)}}, {Proto: "icmp", Fields: []layer.Given{given("icmp.ident", 1), given("icmp.seq", 2)}}, {Rest: hi}},
		},
		{
			"ARP", []packet.Layer{&packet.Ethernet{}, &packet.ARP{Op: packet.Set(2), SrcIP: one, DstIP: two}},
			[]layer.Part{{Proto: "eth"}, {Proto: "arp", Fields: []layer.Given{given("op", 2), address("psrc", one), address("pdst", two)}}},
		},
		{
			"a cooked capture, fragments", []packet.Layer{&packet.SLL{PacketType: 4, Src: packet.MAC{2, 0, 0, 0, 0, 1}}, &packet.IPv6{Src: six}, &packet.IPv6Fragment{FragOffset: 185, More: true, ID: 9}, hi},
			[]layer.Part{
				{Proto: "sll", Fields: []layer.Given{given("pkttype", 4), {Name: "src", B: []byte{2, 0, 0, 0, 0, 1}}}}, {Proto: "ipv6", Fields: []layer.Given{address("src", six)}},
				{Proto: "ipv6.fraghdr", Fields: []layer.Given{given("offset", 185), given("m", 1), given("ipv6.fraghdr.ident", 9)}}, {Rest: hi},
			},
		},
		{
			"another cooked capture, SCTP", []packet.Layer{&packet.SLL2{PacketType: 4, Interface: 3, Src: packet.MAC{2, 0, 0, 0, 0, 1}}, &packet.IPv4{Src: one}, &packet.SCTP{SrcPort: 9, DstPort: 7, Tag: 5}, packet.Payload{11, 0, 0, 4}},
			[]layer.Part{
				{Proto: "sll2", Fields: []layer.Given{given("pkttype", 4), given("ifindex", 3), {Name: "src", B: []byte{2, 0, 0, 0, 0, 1}}}}, {Proto: "ip", Fields: []layer.Given{address("src", one)}},
				{Proto: "sctp", Fields: []layer.Given{given("sport", 9), given("dport", 7), given("tag", 5), {Name: "chunks", Sub: []layer.Given{given("ctype", 11)}}}},
			},
		},
		{
			"two labels in GRE", []packet.Layer{&packet.IPv4{Src: one}, &packet.GRE{}, &packet.MPLS{Label: packet.Set(0x12345), TTL: packet.Set(7)}, &packet.MPLS{Label: packet.Set(16), Class: 5, TTL: packet.Set(0)}, &packet.IPv4{Src: two}},
			[]layer.Part{
				{Proto: "ip", Fields: []layer.Given{address("src", one)}}, {Proto: "gre"}, {Proto: "mpls", Fields: []layer.Given{given("label", 0x12345), given("mpls.ttl", 7)}},
				{Proto: "mpls", Fields: []layer.Given{given("label", 16), given("cos", 5), given("mpls.ttl", 0)}}, {Proto: "ip", Fields: []layer.Given{address("src", two)}},
			},
		},
		{
			"VXLAN, and PPPoE in it", []packet.Layer{&packet.UDP{DstPort: 4789}, &packet.VXLAN{VNI: 0xABCDEF}, &packet.Ethernet{}, &packet.PPPoE{Session: 7}, hi},
			[]layer.Part{{Proto: "udp", Fields: []layer.Given{given("sport", 0), given("dport", 4789)}}, {Proto: "vxlan", Fields: []layer.Given{given("vni", 0xABCDEF)}}, {Proto: "eth"}, {Proto: "pppoes", Fields: []layer.Given{given("pppoe.session_id", 7)}}, {Rest: hi}},
		},
		{
			"Geneve with options", []packet.Layer{&packet.Geneve{VNI: 9, Options: []byte{1, 2, 3, 0}}, &packet.Ethernet{}, hi},
			[]layer.Part{{Proto: "geneve", Fields: []layer.Given{given("vni", 9), {Name: "geneve.options", B: []byte{1, 2, 3, 0}}}}, {Proto: "eth"}, {Rest: hi}},
		},
		{
			"time", []packet.Layer{&packet.NTP{Stratum: 2, RefID: 0x47505300, Transmit: 1 << 40}},
			[]layer.Part{{Proto: "ntp", Fields: []layer.Given{given("stratum", 2), {Name: "ntp.refid", B: []byte("GPS\x00")}, given("ntp.xmt", 1<<40)}}},
		},
		{
			"wrong on purpose",
			[]packet.Layer{&packet.IPv4{Length: packet.Set(1), HeaderLen: packet.Set(15), Checksum: packet.Set(0xdead), Protocol: packet.Set(99)}, &packet.UDP{Length: packet.Set(0), Checksum: packet.Set(0)}},
			[]layer.Part{{Proto: "ip", Fields: []layer.Given{given("len", 1), given("ihl", 15), given("chksum", 0xdead), given("proto", 99)}}, {Proto: "udp", Fields: []layer.Given{given("sport", 0), given("dport", 0), given("len", 0), given("chksum", 0)}}},
		},
		{
			"a table behind", []packet.Layer{&packet.Ethernet{}, &packet.Table{Proto: "llc", Fields: []layer.Given{given("dsap", 0x42), given("ssap", 0x42)}}, hi},
			[]layer.Part{{Proto: "eth"}, {Proto: "llc", Fields: []layer.Given{given("dsap", 0x42), given("ssap", 0x42)}}, {Rest: hi}},
		},
	} {
		got, err := packet.Build([]byte("x"), tt.layers...)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want, err := proto.Set().Build([]byte("x"), tt.parts...)
		if err != nil {
			t.Errorf("%s: by the tables: %v", tt.name, err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: is\n%x and by the tables\n%x", tt.name, got, want)
		}
	}
}

// A header of a capture, read by its view and built of what that says, is the same.
func TestBuildAsDissected(t *testing.T) {
	var p packet.Packet
	seen := map[string]int{}
	framestest.Each(t, 20, func(f framestest.Frame) {
		p.Info.Length = f.Length
		p.Decode(f.Data, f.LinkType)
		for _, l := range []packet.Layer{
			&packet.SLL{}, &packet.SLL2{}, &packet.MPLS{}, &packet.GRE{}, &packet.VXLAN{}, &packet.Geneve{}, &packet.PPPoE{}, &packet.PPPoEDiscovery{},
			&packet.IPv6Fragment{}, &packet.SCTP{}, &packet.DNS{}, &packet.NTP{},
		} {
			to := reflect.ValueOf(l).Elem()
			name := to.Type().Name()
			view := reflect.ValueOf(&p).MethodByName(name).Call(nil)[0]
			if !view.MethodByName("Valid").Call(nil)[0].Bool() {
				continue
			}
			if size := view.MethodByName("HardwareLen"); size.IsValid() && size.Call(nil)[0].Uint() != 6 {
				continue // an address of another kind
			}
			for i := range to.NumField() {
				v := view.MethodByName(to.Type().Field(i).Name).Call(nil)[0]
				switch {
				case to.Field(i).Type() != reflect.TypeFor[packet.Opt]():
				case v.Kind() == reflect.Bool:
					bit := 0
					if v.Bool() {
						bit = 1
					}
					v = reflect.ValueOf(packet.Set(bit))
				default:
					v = reflect.ValueOf(packet.Set(v.Uint()))
				}
				to.Field(i).Set(v)
			}
			got, err := packet.Build(nil, l)
			header := view.MethodByName("Bytes").Call(nil)[0].Bytes()
			if err != nil || len(got) > len(header) || !bytes.Equal(got, header[:len(got)]) {
				t.Errorf("%s frame %d: %s is built as %x (%v) of %x", f.Capture, f.Number, name, got, err, header[:min(len(header), 60)])
			}
			seen[name]++
		}
	})
	for _, name := range []string{"SLL", "MPLS", "GRE", "VXLAN", "Geneve", "PPPoE", "IPv6Fragment", "SCTP", "DNS", "NTP"} {
		if seen[name] == 0 {
			t.Errorf("no frame has a %s", name)
		}
	}
}

func TestBuildErrors(t *testing.T) {
	for want, layers := range map[string][]packet.Layer{
		"packet: ip.ttl: 300 does not fit in 8 bits":                    {&packet.IPv4{TTL: packet.Set(300)}},
		"packet: ip.src: 2001:db8::6 is an address of the other family": {&packet.IPv4{Src: six}},
		"packet: ipv6.dst: 192.0.2.1 is an address of the other family": {&packet.IPv6{Dst: one}},
		"packet: ip.len: 70020 does not fit in 16 bits":                 {&packet.IPv4{}, packet.Payload(make([]byte, 70000))},
		"packet: a layer is nil, or not of this package's types":        {nil},
		"packet: after a Table come only Tables and a Payload":          {&packet.Table{Proto: "llc"}, &packet.IPv4{}},
		"packet: tcp.dataofs: 16 does not fit in 4 bits":                {&packet.TCP{Options: make([]byte, 44)}},
		`packet: there is no protocol "tpc"; did you mean "tcp"?`:       {&packet.Table{Proto: "tpc"}},
	} {
		out, err := packet.Build([]byte("x"), layers...)
		if err == nil || err.Error() != want {
			t.Errorf("the error is %v and should be %s", err, want)
		}
		if string(out) != "x" {
			t.Errorf("with an error, %q is returned", out)
		}
	}
}

func TestBuildAllocatesNothing(t *testing.T) {
	eth, ip, tcp := packet.Ethernet{}, packet.IPv4{Src: one, Dst: two}, packet.TCP{SrcPort: 4443, DstPort: 4444, Flags: packet.SYN}
	buf := make([]byte, 0, 128)
	var p packet.Packet
	p.Decode(nil, pcap.LinkEthernet)
	if n := testing.AllocsPerRun(100, func() {
		out, err := packet.Build(buf, &eth, &ip, &tcp, packet.Payload(hello))
		if err != nil {
			t.Fatal(err)
		}
		p.Decode(out, pcap.LinkEthernet)
		if p.TCP().DstPort() != 4444 {
			t.Fatal("the port is lost")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	sll, gre, mpls, vxlan, geneve, ntp := packet.SLL2{}, packet.GRE{}, packet.MPLS{}, packet.VXLAN{VNI: 7}, packet.Geneve{}, packet.NTP{}
	if n := testing.AllocsPerRun(100, func() {
		for _, l := range []packet.Layer{&sll, &gre, &vxlan, &geneve, &ntp} {
			if _, err := packet.Build(buf, l, &mpls); err != nil {
				t.Fatal(err)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var hello = []byte("hello")

func BenchmarkBuild(b *testing.B) {
	eth, ip, tcp := packet.Ethernet{}, packet.IPv4{Src: one, Dst: two}, packet.TCP{SrcPort: 4443, DstPort: 4444, Flags: packet.SYN}
	buf := make([]byte, 0, 128)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := packet.Build(buf, &eth, &ip, &tcp, packet.Payload(hello)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkViews(b *testing.B) {
	frame, err := packet.Build(nil, &packet.Ethernet{}, &packet.IPv4{Src: one, Dst: two}, &packet.TCP{SrcPort: 4443, DstPort: 4444, Flags: packet.SYN}, packet.Payload(hello))
	if err != nil {
		b.Fatal(err)
	}
	var p packet.Packet
	sum := 0
	b.ReportAllocs()
	for b.Loop() {
		p.Decode(frame, pcap.LinkEthernet)
		e := p.Ethernet()
		src, dst := e.Src(), e.Dst()
		sum += int(src[0]) + int(dst[0]) + int(e.Type())
		i := p.IPv4()
		sum += int(i.Version()) + int(i.HeaderLen()) + int(i.TOS()) + int(i.Length()) + int(i.ID()) + int(i.Flags()) + int(i.FragOffset()) + int(i.TTL()) + int(i.Protocol()) + int(i.Checksum())
		if i.Src() == i.Dst() {
			sum++
		}
		t := p.TCP()
		sum += int(t.SrcPort()) + int(t.DstPort()) + int(t.Seq()) + int(t.Ack()) + int(t.DataOffset()) + int(t.Flags()) + int(t.Window()) + int(t.Checksum()) + int(t.Urgent()) + len(t.Options()) + len(t.Payload())
	}
	if sum == 0 {
		b.Fatal("nothing was read")
	}
}

// Over TCP a message stands behind its length, which the view does not have.
func TestDNSViewOfAStream(t *testing.T) {
	message, err := packet.Build(nil, &packet.DNS{ID: 7})
	if err != nil {
		t.Fatal(err)
	}
	framed := append([]byte{0, byte(len(message))}, message...)
	for _, tt := range []struct {
		over  packet.Layer
		bytes []byte
		valid bool
	}{
		{&packet.UDP{SrcPort: 40000, DstPort: 53}, message, true},
		{&packet.TCP{SrcPort: 40000, DstPort: 53, Flags: packet.ACK}, framed, false},
	} {
		frame, err := packet.Build(nil, &packet.Ethernet{}, &packet.IPv4{Src: one, Dst: two}, tt.over, packet.Payload(tt.bytes))
		if err != nil {
			t.Fatal(err)
		}
		var p packet.Packet
		p.Decode(frame, pcap.LinkEthernet)
		if !p.Has("dns") {
			t.Fatalf("there is no DNS in %x", frame)
		}
		if v := p.DNS(); v.Valid() != tt.valid || tt.valid && v.ID() != 7 {
			t.Errorf("over %T valid is %v, and the id %d", tt.over, v.Valid(), v.ID())
		}
	}
}
