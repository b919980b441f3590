package bpf_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

// TestErrors holds where an error is seen, and what it says.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		expr   string
		link   pcap.LinkType
		column int
		reason string
	}{
		{"tcp and", pcap.LinkEthernet, 8, "syntax error at the end of the expression"},
		{"tcp port 80 443", pcap.LinkEthernet, 13, "syntax error at '443'"},
		{"(tcp", pcap.LinkEthernet, 5, "expected ')'"},
		{"192.0.2.1", pcap.LinkEthernet, 1, "'host 192.0.2.1'"},
		{"tcp or 80", pcap.LinkEthernet, 8, "'port 80'"},
		{"tcp and example.org", pcap.LinkEthernet, 9, "'host example.org'"},
		{"host 10.0.0.1 and port 70000", pcap.LinkEthernet, 24, "port number 70000 greater than maximum 65535"},
		{"ip[0:3] = 1", pcap.LinkEthernet, 6, "data size must be 1, 2, or 4"},
		{"(ip[0:3] = 1)", pcap.LinkEthernet, 7, "data size must be 1, 2, or 4"},
		{"ip host ::1", pcap.LinkEthernet, 1, "'ip' qualifier applied to IPv6 address"},
		{"net 10.1.2.3/8", pcap.LinkEthernet, 5, "the network is 10.0.0.0"},
		{"tcp port bootps", pcap.LinkEthernet, 10, "port 'bootps' is udp"},
		{"ip port 80", pcap.LinkEthernet, 1, "'ip and port 80'"},
		{"ip proto nosuch", pcap.LinkEthernet, 10, "unknown 'proto' value 'nosuch'"},
		{"ip proto tcp", pcap.LinkEthernet, 10, "backslash"},
		{"tcp[0] / 0 = 1", pcap.LinkEthernet, 8, "division by zero"},
		{"1 << 32 = 0", pcap.LinkEthernet, 3, "shift by more than 31 bits"},
		{"ether host 1:2:3:4:5:6", pcap.LinkRaw, 12, "ethernet addresses supported only on ethernet"},
		{"vlan", pcap.LinkRaw, 1, "'vlan' not supported on DLT_RAW"},
		{"inbound", pcap.LinkEthernet, 1, "'inbound' not supported on DLT_EN10MB"},
		{"wlan addr1 1:2:3:4:5:6", pcap.LinkEthernet, 1, "802.11"},
		{"type mgt", pcap.LinkEthernet, 1, "'type' supported only on 802.11"},
		{"vpi 5", pcap.LinkEthernet, 1, "'vpi' supported only on raw ATM"},
		{"dpc > 5", pcap.LinkEthernet, 1, "'dpc' supported only on SS7"},
		{"ifname eth0", pcap.LinkEthernet, 1, "'ifname' supported only on PF linktype"},
		{"ether[0xfffff004:2] = 4", pcap.LinkEthernet, 1, "beyond the end of any packet"},
		{"tcp", pcap.LinkRadiotap, 1, "is not supported"},
		{"portrange http", pcap.LinkEthernet, 11, "unknown port in range 'http'"},
		{"tcp portrange tftp-80", pcap.LinkEthernet, 15, "port 'tftp' is udp"},
		{"portrange 80-70000", pcap.LinkEthernet, 11, "port number 70000 greater than maximum 65535"},
		{"port 0080", pcap.LinkEthernet, 6, "contains non-octal digit"},
		{"tcp and \x01", pcap.LinkEthernet, 9, "syntax error"},
		{"tcp and é", pcap.LinkEthernet, 9, `"é" has no meaning here`},
		{"ip proto \\é and 日本", pcap.LinkEthernet, 17, `"日" has no meaning here`},
		{"ip proto \\🦊 and ip proto \\x", pcap.LinkEthernet, 10, "unknown 'proto' value '🦊'"},
		{strings.Repeat("(", 300) + "tcp" + strings.Repeat(")", 300), pcap.LinkEthernet, 201, "nested too deeply"},
		{strings.Repeat("a", 70000), pcap.LinkEthernet, 65537, "too long"},
		{"ip6 and ip", pcap.LinkIPv4, 1, "expression rejects all packets"},
	} {
		_, err := bpf.Compile(test.expr, test.link, nil)
		var e *bpf.Error
		if !errors.As(err, &e) || e.Column != test.column || !strings.Contains(err.Error(), test.reason) {
			t.Errorf("%.60q: got %v, want column %d: %s", test.expr, err, test.column, test.reason)
		}
	}
}

// slow answers no look-up before its context ends.
type slow struct{}

func (slow) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestResolverHasDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := bpf.Compile("host slow.example", pcap.LinkEthernet, &bpf.Options{Resolver: slow{}, Timeout: 3 * time.Second})
		if err == nil || !strings.Contains(err.Error(), "unknown host 'slow.example'") || time.Since(start) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// TestManyHosts makes programs in which jumps are too long for one
// instruction, and asks them for hosts inside and outside the list.
func TestManyHosts(t *testing.T) {
	frame := append([]byte(nil), segment...)
	pass := func(p *bpf.Program, from uint32) bool {
		binary.BigEndian.PutUint32(frame[26:], from)
		return p.Match(frame, len(frame))
	}
	const first = 10 << 24
	for _, hosts := range []int{50, 200, 600} {
		var list []string
		for i := range hosts {
			list = append(list, fmt.Sprintf("host 10.0.%d.%d", i/256, i%256))
		}
		for _, literal := range []bool{false, true} {
			opts := &bpf.Options{NoOptimize: literal}
			some, err := bpf.New(strings.Join(list, " or "), pcap.LinkEthernet, opts)
			if err != nil {
				t.Fatal(err)
			}
			others, err := bpf.New("not "+strings.Join(list, " and not "), pcap.LinkEthernet, opts)
			if err != nil {
				t.Fatal(err)
			}
			for i := range uint32(hosts + 2) {
				from := first + i - 1
				inside := i > 0 && i <= uint32(hosts)
				if pass(some, from) != inside || pass(others, from) == inside {
					t.Fatalf("of %d hosts, number %d: some %t, others %t", hosts, i, pass(some, from), pass(others, from))
				}
			}
		}
	}
}

// TestNamedService finds services in the list and their numbers.
func TestNamedService(t *testing.T) {
	for expr, same := range map[string]string{
		"port http": "tcp port 80", "udp port ntp": "udp port 123", "tcp port domain": "tcp port 53",
		"portrange ftp-data-ftp": "tcp portrange 20-21", "portrange 22-ssh": "port 22", "udp portrange tftp-1000": "udp portrange 1000-69",
	} {
		a, err := bpf.Compile(expr, pcap.LinkEthernet, nil)
		b, err2 := bpf.Compile(same, pcap.LinkEthernet, nil)
		if err != nil || err2 != nil || bpf.Disassemble(a) != bpf.Disassemble(b) {
			t.Errorf("%q: got\n%s%v\nwant\n%s%v", expr, bpf.Disassemble(a), err, bpf.Disassemble(b), err2)
		}
	}
}

// TestMatchAllocatesNothing holds what a filter costs on each packet.
func TestMatchAllocatesNothing(t *testing.T) {
	p, err := bpf.New("tcp port 80 and host 192.0.2.1", pcap.LinkEthernet, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { p.Match(segment, len(segment)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestFramesCutAnywhere judges frames cut at every length, by our machine and
// the plain one.
func TestFramesCutAnywhere(t *testing.T) {
	type pair struct {
		p *bpf.Program
		l *listing
	}
	byLink := map[pcap.LinkType][]pair{}
	for _, link := range supported {
		for _, expr := range []string{"tcp port 80", "not host 10.0.0.1", "ip6 protochain 58", "udp[8:4] != 0", "geneve and tcp", "vlan and ip"} {
			raw, err := bpf.Compile(expr, link, nil)
			if err != nil {
				continue // not of this link type
			}
			p, err := bpf.Load(raw)
			if err != nil {
				t.Fatal(err)
			}
			byLink[link] = append(byLink[link], pair{p, &listing{code: raw}})
		}
	}
	frames := 0
	for _, folder := range []string{"libpcap-filter/captures", "tcpdump-captures"} {
		for _, c := range captures(t, folder) {
			for _, f := range c.frames[:min(len(c.frames), 10)] {
				frames++
				for cut := range min(len(f.Data), 120) {
					packet := bpf.Packet{Data: f.Data[:cut:cut], Length: f.Length}
					for _, pair := range byLink[c.link] {
						if got, want := pair.p.Run(&packet), pair.l.run(&packet); got != want {
							t.Fatalf("%s cut at %d: got %d, want %d", c.name, cut, got, want)
						}
					}
				}
			}
		}
	}
	t.Logf("%d frames", frames)
}
