package packet_test

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
)

// A packet in which a field is changed is the packet that is built with it.
func TestSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		eth, ip4, ip6 := packet.Ethernet{}, packet.IPv4{Src: one, Dst: two}, packet.IPv6{Src: six, Dst: six}
		tcp, udp, icmp := packet.TCP{DstPort: 80, Flags: packet.SYN}, packet.UDP{DstPort: 9}, packet.ICMP{}
		payload := packet.Payload(make([]byte, random.IntN(9)))
		var inner, outer packet.Layer
		field, value := "", any(nil)
		u := uint16(random.Uint32())
		set := []func(){
			func() { field, value, outer, ip4.TTL = "ip.ttl", uint8(u), &ip4, packet.Set(uint8(u)) },
			func() { field, value, outer, ip4.ID = "ip.id", u, &ip4, packet.Set(u) },
			func() { field, value, outer, ip4.Flags = "ip.flags", packet.DF, &ip4, packet.DF },
			func() { field, value, outer, ip6.HopLimit = "ipv6.hlim", uint8(u), &ip6, packet.Set(uint8(u)) },
			func() {
				a := netip.AddrFrom4([4]byte{10, 0, byte(u), byte(u >> 8)})
				field, value, outer, ip4.Src = "ip.src", a, &ip4, a
			},
			func() {
				a := netip.AddrFrom16([16]byte{0x20, 1, 0, byte(u), byte(u >> 8)})
				field, value, outer, ip6.Dst = "ipv6.dst", a.String(), &ip6, a
			},
			func() { field, value, inner, tcp.DstPort = "tcp.dport", int(u), &tcp, u },
			func() { field, value, inner, tcp.Flags = "tcp.flags", "SA", &tcp, packet.SYN|packet.ACK },
			func() { field, value, inner, tcp.Seq = "tcp.seq_raw", uint32(u)<<7, &tcp, uint32(u)<<7 },
			func() { field, value, inner, udp.SrcPort = "udp.srcport", u, &udp, u },
			func() { field, value, inner, outer, icmp.Seq = "icmp.seq", u, &icmp, &ip4, u },
			func() { field, value, eth.Dst = "eth.dst", packet.Broadcast(), packet.Broadcast() },
		}[random.IntN(12)]
		build := func() []byte {
			if inner == nil {
				inner = []packet.Layer{&tcp, &udp}[random.IntN(2)]
			}
			if outer == nil {
				outer = []packet.Layer{&ip4, &ip6}[random.IntN(2)]
			}
			b, err := packet.Build(nil, &eth, outer, inner, payload)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		saved := [...]any{eth, ip4, ip6, tcp, udp, icmp}
		set()
		want := build()
		eth, ip4, ip6 = saved[0].(packet.Ethernet), saved[1].(packet.IPv4), saved[2].(packet.IPv6)
		tcp, udp, icmp = saved[3].(packet.TCP), saved[4].(packet.UDP), saved[5].(packet.ICMP)
		got := build()
		var p packet.Packet
		p.Decode(got, pcap.LinkEthernet)
		if err := p.Set(field, value); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("with %s set to %v it is\n%x and built so it is\n%x", field, value, got, want)
		}
	}
}

func TestSetErrors(t *testing.T) {
	b, err := packet.Build(nil, &packet.Ethernet{}, &packet.IPv4{}, &packet.UDP{})
	if err != nil {
		t.Fatal(err)
	}
	var p packet.Packet
	if err := p.Set("ip.ttl", 1); err == nil || err.Error() != "packet: nothing is decoded" {
		t.Error(err)
	}
	p.Decode(b, pcap.LinkEthernet)
	before := bytes.Clone(b)
	for _, tt := range []struct {
		field string
		value any
		want  string
	}{
		{"ip.tll", 1, `packet: there is no field "ip.tll"; did you mean "ip.ttl"?`},
		{"tcp.dstport", 1, "packet: it has no tcp.dstport"},
		{"ip.ttl", 256, "packet: ip.ttl: 256 does not fit in 8 bits"},
		{"ip.ttl", -1, "packet: ip.ttl: 18446744073709551615 does not fit in 8 bits"},
		{"eth.dst", []byte{1}, "packet: eth.dst has 6 bytes, not 1"},
		{"eth.dst", 1, "packet: eth.dst is not a number"},
		{"ip.ttl", 1.5, "packet: ip.ttl cannot be set to a float64"},
		{"ip.src", "2001:db8::1", `packet: ip.src: "2001:db8::1" is no IPv4 address as 192.0.2.1`},
	} {
		if err := p.Set(tt.field, tt.value); err == nil || err.Error() != tt.want {
			t.Errorf("the error is %v and should be %s", err, tt.want)
		}
	}
	if !bytes.Equal(before, b) {
		t.Error("errors changed the packet")
	}
}

// A packet that carries another in UDP has two checksums to keep.
func TestSetInTunnel(t *testing.T) {
	inner, err := packet.Build(nil, &packet.IPv4{Src: one, Dst: two}, &packet.IPv4{Src: two, Dst: one}, &packet.UDP{SrcPort: 1, DstPort: 2}, packet.Payload("odd"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := packet.Build(nil, &packet.IPv4{Src: one, Dst: two}, &packet.IPv4{Src: two, Dst: one}, &packet.UDP{SrcPort: 77, DstPort: 2}, packet.Payload("odd"))
	if err != nil {
		t.Fatal(err)
	}
	var p packet.Packet
	p.Decode(inner, pcap.LinkRaw)
	if err := p.Set("udp.srcport", 77); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(inner, want) {
		t.Errorf("is %x and should be %x", inner, want)
	}
}
