package exchange

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/craft"
	"github.com/netwright/netwright/packet/netnstest"
)

// lab is a host, a router and another host: 10.1.0.1 – 10.1.0.254, 10.2.0.254 –
// 10.2.0.1, and the same in IPv6.
type lab struct{ a, r, b *netnstest.Namespace }

func newLab(t *testing.T) lab {
	l := lab{netnstest.New(t), netnstest.New(t), netnstest.New(t)}
	netnstest.Pair(t, l.a, "eth0", "10.1.0.1/24 2001:db8:1::1/64", l.r, "left", "10.1.0.254/24 2001:db8:1::fe/64")
	netnstest.Pair(t, l.b, "eth0", "10.2.0.1/24 2001:db8:2::1/64", l.r, "right", "10.2.0.254/24 2001:db8:2::fe/64")
	l.r.Router(t)
	for _, r := range []struct {
		n        *netnstest.Namespace
		v4, v6   string
		neighbor string
	}{{l.a, "10.1.0.254", "2001:db8:1::fe", "left"}, {l.b, "10.2.0.254", "2001:db8:2::fe", "right"}} {
		r.n.Run(t, "ip", "route", "add", "default", "via", r.v4)
		r.n.Run(t, "ip", "-6", "route", "add", "default", "via", r.v6)
		// Resolving makes the kernel ask from the caller's thread, which is outside.
		mac := hardware(t, l.r, r.neighbor)
		r.n.Run(t, "ip", "neigh", "replace", r.v4, "lladdr", mac, "dev", "eth0")
		r.n.Run(t, "ip", "-6", "neigh", "replace", r.v6, "lladdr", mac, "dev", "eth0")
	}
	return l
}

// hardware is the address of an interface.
func hardware(t *testing.T, n *netnstest.Namespace, name string) string {
	return strings.Fields(n.Run(t, "ip", "-br", "link", "show", name))[2]
}

// ask sends a craft line from a namespace, and describes what came of it.
func ask(t *testing.T, n *netnstest.Namespace, line string, change func(*Config)) ([]string, Summary) {
	t.Helper()
	spec, err := craft.Parse(line)
	if err != nil {
		t.Fatal(err)
	}
	first, err := spec.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	begin := spec.Layers()[0]
	cfg := Config{
		Begin: begin, To: Destination(begin, first), Timeout: 500 * time.Millisecond,
		Fill: Fill{LinkSource: !spec.Has("eth.src"), LinkTarget: !spec.Has("eth.dst"), Source: !spec.Has("ip.src") && !spec.Has("ipv6.src"),
			ARPLink: !spec.Has("arp.hwsrc"), ARPSource: !spec.Has("arp.psrc"), ID: !spec.Has("ip.id")},
		Result: func(r *Result) error {
			got = append(got, describe(t, r))
			return nil
		},
	}
	if change != nil {
		change(&cfg)
	}
	var x *Exchange
	n.Do(t, func() { x, err = Open(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	sum, err := x.Run(context.Background(), spec.All())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	return got, sum
}

func describe(t *testing.T, r *Result) string {
	if r.Err != nil {
		return fmt.Sprintf("%d: %v", r.Number, r.Err)
	}
	if r.Answer == nil {
		return fmt.Sprintf("%d: no answer to %d tries", r.Number, r.Tries)
	}
	if rtt := r.RTT(); rtt < 0 || rtt > time.Second {
		t.Errorf("the answer to packet %d took %v", r.Number, rtt)
	}
	var p packet.Packet
	p.Decode(r.Answer, r.Link)
	src := p.IPv4().Src()
	if v6 := p.IPv6(); v6.Valid() {
		src = v6.Src()
	}
	what := p.Layer(p.Len() - 1).Proto().Name
	switch {
	case p.ICMP().Valid():
		what = fmt.Sprintf("icmp %d %d", p.ICMP().Type(), p.ICMP().Code())
	case p.Has("icmpv6"):
		v, _ := p.Field("icmpv6.type")
		what = fmt.Sprintf("icmpv6 %d", v.U)
	case p.TCP().Valid():
		what = fmt.Sprintf("tcp %d", p.TCP().Flags())
	case p.Has("arp"):
		src = p.ARP().SrcIP()
	}
	return fmt.Sprintf("%d: %v %s", r.Number, src, what)
}

func TestExchange(t *testing.T) {
	l := newLab(t)
	var ln net.Listener
	l.b.Do(t, func() {
		var err error
		if ln, err = net.Listen("tcp", "10.2.0.1:80"); err != nil {
			t.Fatal(err)
		}
	})
	defer ln.Close()
	for _, tt := range []struct {
		name, line string
		want       []string
	}{
		{"open and closed ports", `ip dst=10.2.0.1 / tcp sport=40000 dport=80,81 flags=S`, []string{"0: 10.2.0.1 tcp 18", "1: 10.2.0.1 tcp 20"}},
		{"a router's error", `ip dst=10.2.0.1 ttl=1 / udp sport=5 dport=33434`, []string{"0: 10.1.0.254 icmp 11 0"}},
		{"packets that differ in how far they go alone", `ip dst=10.2.0.1 ttl=1-2 / udp sport=5 dport=33434`, []string{"0: 10.1.0.254 icmp 11 0", "1: 10.2.0.1 icmp 3 3"}},
		{"echo", `ip dst=10.2.0.1 / icmp id=7 seq=1-3 / "payload"`, []string{"0: 10.2.0.1 icmp 0 0", "1: 10.2.0.1 icmp 0 0", "2: 10.2.0.1 icmp 0 0"}},
		{"IPv6", `ipv6 dst=2001:db8:2::1 hlim=1,64 / icmpv6 type=128 id=7`, []string{"0: 2001:db8:1::fe icmpv6 3", "1: 2001:db8:2::1 icmpv6 129"}},
		{"ARP", `arp pdst=10.1.0.254,10.1.0.99`, []string{"0: 10.1.0.254 arp", "1: no answer to 1 tries"}},
		{"Ethernet by hand", `eth / ip dst=10.2.0.1 / icmp id=9`, []string{"0: 10.2.0.1 icmp 0 0"}},
		{"nobody", `ip dst=10.2.0.9 / icmp id=3`, []string{"0: no answer to 1 tries"}},
		{"oneself", `ip dst=10.1.0.1 / icmp id=3`, []string{"0: 10.1.0.1 icmp 0 0"}},
		{"loopback", `ip dst=127.0.0.1 / tcp sport=5 dport=6`, []string{"0: 127.0.0.1 tcp 20"}},
		{"loopback, the same ports", `ip dst=127.0.0.1 / udp sport=6 dport=6`, []string{"0: 127.0.0.1 icmp 3 3"}},
		{"loopback IPv6", `ipv6 dst=::1 / icmpv6 type=128 id=3`, []string{"0: ::1 icmpv6 129"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, sum := ask(t, l.a, tt.line, nil)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s:\n%s\nand should be\n%s", tt.line, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if sum.Packets != uint64(len(tt.want)) || sum.Answered+sum.Unanswered != sum.Packets || sum.Capture.Dropped > 0 {
				t.Errorf("the summary is %+v", sum)
			}
		})
	}
}

// What comes at once is not lost: the answer to the first packet counts.
func TestNothingIsLostBeforeSending(t *testing.T) {
	l := newLab(t)
	_, sum := ask(t, l.a, `ip dst=10.2.0.1 / icmp id=7 seq=0-4999`, func(c *Config) { c.Rate = 20000 })
	if sum.Answered != 5000 || sum.Sent != 5000 {
		t.Errorf("of 5000 echoes: %+v", sum)
	}
}

func TestRetriesAndFirst(t *testing.T) {
	l := newLab(t)
	got, sum := ask(t, l.a, `ip dst=10.2.0.9 / icmp id=3`, func(c *Config) { c.Retries, c.Timeout = 2, 50*time.Millisecond })
	if len(got) != 1 || got[0] != "0: no answer to 3 tries" || sum.Sent != 3 {
		t.Errorf("of silence comes %v, %+v", got, sum)
	}
	got, sum = ask(t, l.a, `ip dst=10.2.0.1 / icmp seq=0-100`, func(c *Config) { c.First, c.Rate = true, 100 })
	if len(got) == 0 || !strings.HasSuffix(got[0], "icmp 0 0") || sum.Answered < 1 || sum.Packets > 50 {
		t.Errorf("of the first comes %v, %+v", got, sum)
	}
}

func TestMultipleAnswers(t *testing.T) {
	l := newLab(t)
	l.r.Sysctl(t, "net.ipv4.icmp_echo_ignore_broadcasts", "0")
	got, sum := ask(t, l.a, `eth dst=ff:ff:ff:ff:ff:ff / ip dst=10.1.0.255 / icmp id=3`, func(c *Config) { c.Multiple, c.Interface = true, "eth0" })
	if sum.Answered != 1 || len(got) != 1 || !strings.Contains(got[0], "10.1.0.254 icmp 0 0") {
		t.Errorf("a broadcast gives %v, %+v", got, sum)
	}
}

func TestEnds(t *testing.T) {
	l := newLab(t)
	var x *Exchange
	var err error
	l.a.Do(t, func() {
		x, err = Open(Config{To: netip.MustParseAddr("10.2.0.9"), Begin: "ip", Timeout: time.Hour, Fill: Fill{Source: true}})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	spec, err := craft.Parse(`ip dst=10.2.0.9 / udp dport=1-100`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	sum, err := x.Run(ctx, spec.All())
	if err != nil || sum.Sent != 100 || sum.Unanswered != 100 {
		t.Errorf("when it is ended, the summary is %+v, %v", sum, err)
	}
	sum, err = x.Run(ctx, spec.All()) // again, with a context that has ended
	if err != nil || sum.Answered != 0 {
		t.Errorf("again, the summary is %+v, %v", sum, err)
	}
}

// What is sent alone arrives, all of it.
func TestBlind(t *testing.T) {
	l := newLab(t)
	before := packetsIn(t, l.r)
	_, sum := ask(t, l.a, `ip dst=10.2.0.1 / udp dport=1-20000`, func(c *Config) { c.Blind = true })
	if sum.Sent != 20000 || sum.Report.Packets != 20000 {
		t.Errorf("the summary is %+v", sum)
	}
	if n := packetsIn(t, l.r) - before; n < 20000 {
		t.Errorf("%d packets arrive", n)
	}
	t.Log(sum.Report)
}

// packetsIn is how many packets came to the router.
func packetsIn(t *testing.T, n *netnstest.Namespace) (count int) {
	fields := strings.Fields(n.Run(t, "ip", "-s", "link", "show", "left"))
	for i, f := range fields {
		if f == "RX:" { // bytes, packets, errors …
			at := slices.Index(fields[i:], "mcast") + i
			fmt.Sscan(fields[at+2], &count)
			return count
		}
	}
	return 0
}
