package scan

import (
	"maps"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/pcap"
)

var (
	own4, host4, router4 = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.254")
	own6, host6, router6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8::fe")
)

func build(t testing.TB, layers ...packet.Layer) []byte {
	t.Helper()
	b, err := packet.Build(nil, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exchange is a question and who answers.
type exchange struct {
	*prober
	question  ipPacket
	raw       []byte
	own, host netip.Addr
}

func ask(t testing.TB, mode Mode, own, host netip.Addr, port uint16) exchange {
	t.Helper()
	p := newProber(mode, key{1, 2}, 61000)
	raw, err := p.build(nil, own, host, port, 3)
	if err != nil {
		t.Fatal(err)
	}
	q, ok := parseIP(raw)
	if !ok || q.src != own || q.dst != host {
		t.Fatalf("the question is %+v", q)
	}
	return exchange{p, q, raw, own, host}
}

func (e exchange) ip(from netip.Addr) packet.Layer {
	if from.Is6() {
		return &packet.IPv6{Src: from, Dst: e.own}
	}
	return &packet.IPv4{Src: from, Dst: e.own}
}

// segment answers with flags, from the port that was asked.
func (e exchange) segment(t testing.TB, flags packet.TCPFlags, seq, ack uint32) []byte {
	port := func(i int) uint16 { return uint16(e.question.payload[i])<<8 | uint16(e.question.payload[i+1]) }
	return build(t, e.ip(e.host), &packet.TCP{SrcPort: port(2), DstPort: port(0), Flags: flags, Seq: seq, Ack: ack})
}

func (e exchange) seq() uint32 {
	q := e.question.payload
	return uint32(q[4])<<24 | uint32(q[5])<<16 | uint32(q[6])<<8 | uint32(q[7])
}

// unreachable is an ICMP error that quotes the question's header and eight
// bytes, which is the least.
func (e exchange) unreachable(t testing.TB, from netip.Addr, kind, code uint8) []byte {
	header := len(e.raw) - len(e.question.payload)
	message := append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, e.raw[:header+8]...)
	ip := e.ip(from)
	switch ip := ip.(type) {
	case *packet.IPv4:
		ip.Protocol = packet.Set(uint8(protoICMP))
	case *packet.IPv6:
		ip.NextHeader = packet.Set(uint8(protoICMPv6))
	}
	return build(t, ip, packet.Payload(message))
}

func TestVerdicts(t *testing.T) {
	syn, udp := ask(t, SYN, own4, host4, 80), ask(t, UDP, own4, host4, 53)
	syn6, udp6 := ask(t, SYN, own6, host6, 80), ask(t, UDP, own6, host6, 53)
	ack, fin, null := ask(t, ACK, own4, host4, 80), ask(t, FIN, own4, host4, 80), ask(t, NULL, own4, host4, 80)
	port := func(e exchange) uint16 { return uint16(e.question.payload[0])<<8 | uint16(e.question.payload[1]) }
	for _, tt := range []struct {
		name   string
		e      exchange
		answer []byte
		want   string
	}{
		{"SYN, ACK", syn, syn.segment(t, packet.SYN|packet.ACK, 77, syn.seq()+1), "open syn-ack"},
		{"RST", syn, syn.segment(t, packet.RST|packet.ACK, 0, syn.seq()+1), "closed reset"},
		{"IPv6", syn6, syn6.segment(t, packet.SYN|packet.ACK, 77, syn6.seq()+1), "open syn-ack"},
		{"a wrong acknowledgement", syn, syn.segment(t, packet.SYN|packet.ACK, 77, syn.seq()), ""},
		{"no acknowledgement", syn, syn.segment(t, packet.RST, 0, 0), ""},
		{"data", syn, syn.segment(t, packet.ACK, 0, syn.seq()+1), ""},
		{"administratively prohibited", syn, syn.unreachable(t, router4, 3, 13), "filtered admin-prohibited"},
		{"port unreachable is a filter's for TCP", syn, syn.unreachable(t, host4, 3, 3), "filtered port-unreach"},
		{"time exceeded", syn, syn.unreachable(t, router4, 11, 0), "filtered time-exceeded"},
		{"IPv6 prohibited", syn6, syn6.unreachable(t, router6, 1, 1), "filtered admin-prohibited"},
		{"IPv6 packet too big is one", syn6, syn6.unreachable(t, router6, 2, 0), "filtered dest-unreach"},
		{"source quench is none", syn, syn.unreachable(t, router4, 4, 0), ""},
		{"UDP port unreachable", udp, udp.unreachable(t, host4, 3, 3), "closed port-unreach"},
		{"of a router", udp, udp.unreachable(t, router4, 3, 3), "filtered port-unreach"},
		{"host unreachable", udp, udp.unreachable(t, router4, 3, 1), "filtered host-unreach"},
		{"IPv6 port unreachable", udp6, udp6.unreachable(t, host6, 1, 4), "closed port-unreach"},
		{"datagram", udp, build(t, udp.ip(host4), &packet.UDP{SrcPort: 53, DstPort: port(udp)}, packet.Payload("x")), "open udp-response"},
		{"of another port", udp, build(t, udp.ip(host4), &packet.UDP{SrcPort: 54, DstPort: port(udp)}), ""},
		{"RST to ACK", ack, ack.segment(t, packet.RST, ack.seq(), 0), "unfiltered reset"},
		{"another RST", ack, ack.segment(t, packet.RST, ack.seq()+5, 0), ""},
		{"RST to FIN", fin, fin.segment(t, packet.RST|packet.ACK, 0, fin.seq()+1), "closed reset"},
		{"RST to nothing", null, null.segment(t, packet.RST|packet.ACK, 0, null.seq()), "closed reset"},
		{"UDP for a SYN scan", syn, build(t, syn.ip(host4), &packet.UDP{SrcPort: 80, DstPort: port(syn)}), ""},
	} {
		a, ok := tt.e.read(tt.answer)
		got := ""
		if ok {
			got = a.state.String() + " " + a.reason
			if a.remote != tt.e.host || a.attempt != 3 {
				t.Errorf("%s: about %v, attempt %d", tt.name, a.remote, a.attempt)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Who does not know the key cannot answer.
func TestForgedAnswersAreNone(t *testing.T) {
	e := ask(t, SYN, own4, host4, 80)
	e.prober = newProber(SYN, key{1, 3}, 61000)
	if a, ok := e.read(e.segment(t, packet.SYN|packet.ACK, 77, e.seq()+1)); ok {
		t.Errorf("with another key: %+v", a)
	}
	if a, ok := e.read(e.unreachable(t, router4, 3, 13)); ok {
		t.Errorf("with another key, in an error: %+v", a)
	}
}

func TestEchoes(t *testing.T) {
	for _, tt := range []struct {
		own, host netip.Addr
		kind      byte
	}{{own4, host4, 0}, {own6, host6, 129}} {
		e := ask(t, Sweep, tt.own, tt.host, 0)
		message := append([]byte(nil), e.question.payload...)
		message[0] = tt.kind
		ip := e.ip(tt.host)
		switch ip := ip.(type) {
		case *packet.IPv4:
			ip.Protocol = packet.Set(uint8(protoICMP))
		case *packet.IPv6:
			ip.NextHeader = packet.Set(uint8(protoICMPv6))
		}
		if a, ok := e.read(build(t, ip, packet.Payload(message))); !ok || a.state != Up || a.remote != tt.host || a.attempt != 3 {
			t.Errorf("%v: %+v, %t", tt.host, a, ok)
		}
		message[5]++
		if a, ok := e.read(build(t, ip, packet.Payload(message))); ok {
			t.Errorf("with another identifier: %+v", a)
		}
	}
}

// Our questions are well-formed: their checksums are right.
func TestQuestionsHaveChecksums(t *testing.T) {
	for _, mode := range []Mode{SYN, UDP, ACK, FIN, NULL, Sweep} {
		for _, to := range [][2]netip.Addr{{own4, host4}, {own6, host6}} {
			e := ask(t, mode, to[0], to[1], 53)
			protocol := e.question.protocol
			var pseudo uint32
			if protocol != protoICMP {
				pseudo = uint32(protocol) + uint32(len(e.question.payload))
				for _, a := range to {
					for i, b := range a.AsSlice() {
						pseudo += uint32(b) << (8 * (1 - i%2))
					}
				}
			}
			for i, b := range e.question.payload {
				pseudo += uint32(b) << (8 * (1 - i%2))
			}
			for pseudo > 0xffff {
				pseudo = pseudo>>16 + pseudo&0xffff
			}
			if pseudo != 0xffff {
				t.Errorf("%v to %v: the sum is %#x", mode, to[1], pseudo)
			}
		}
	}
}

// Whatever comes: nothing panics, and an answer is to a question.
func FuzzRead(f *testing.F) {
	syn, udp6, sweep := ask(f, SYN, own4, host4, 80), ask(f, UDP, own6, host6, 53), ask(f, Sweep, own6, host6, 0)
	f.Add(uint8(SYN), syn.segment(f, packet.SYN|packet.ACK, 1, syn.seq()+1))
	f.Add(uint8(SYN), syn.unreachable(f, router4, 3, 13))
	f.Add(uint8(UDP), udp6.unreachable(f, host6, 1, 4))
	f.Add(uint8(Sweep), sweep.raw)
	f.Fuzz(func(t *testing.T, mode uint8, b []byte) {
		p := newProber(Mode(mode%6), key{1, 2}, 61000)
		a, ok := p.read(b)
		if ok && (!a.remote.IsValid() || !a.from.IsValid() || a.reason == "" || a.attempt < 0 || a.attempt >= attempts) {
			t.Fatalf("an answer that says nothing: %+v", a)
		}
		readARP(b)
		readAdvertisement(b)
	})
}

func TestPayloads(t *testing.T) {
	for port, p := range payloads() {
		if p.size > 0 && p.id+p.size > len(p.data) {
			t.Errorf("port %d: the identifier is beyond the end", port)
		}
		a, b := appendPayload(nil, port, 0x11223344), appendPayload(nil, port, 0x55667788)
		if len(a) != len(p.data) || p.size > 0 && string(a) == string(b) {
			t.Errorf("port %d: %x and %x", port, a, b)
		}
	}
	if b := appendPayload(nil, 1, 7); len(b) != 0 {
		t.Errorf("a port that nobody knows is asked by %x", b)
	}
}

// What is asked is well-formed: tshark finds the protocol, and nothing
// malformed.
func TestPayloadsAreOfTheirProtocols(t *testing.T) {
	needs(t, "tshark")
	file := filepath.Join(t.TempDir(), "asked.pcap")
	w, err := pcap.Create(file, pcap.LinkRaw, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[uint16]string{7: "echo", 53: "dns", 69: "tftp", 111: "rpc", 123: "ntp", 137: "nbns", 161: "snmp", 389: "cldap", 500: "isakmp", 520: "rip",
		623: "asf", 1194: "openvpn", 1701: "l2tp", 1812: "radius", 1900: "ssdp", 3478: "stun", 4500: "isakmp", 5060: "sip", 5351: "portcontrol", 5353: "mdns",
		5355: "llmnr", 5683: "coap", 47808: "bacapp"}
	ports := slices.Sorted(maps.Keys(want))
	for _, port := range ports {
		if err := w.Write(&pcap.Packet{LinkType: pcap.LinkRaw, Data: ask(t, UDP, own4, host4, port).raw}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "tshark", "-n", "-r", file, "-T", "fields", "-e", "frame.protocols", "-e", "_ws.malformed").Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if protocols := strings.Split(strings.TrimSpace(line), ":"); !slices.Contains(protocols, want[ports[i]]) || strings.Contains(line, "alformed") {
			t.Errorf("port %d is asked by %s", ports[i], line)
		}
	}
}
