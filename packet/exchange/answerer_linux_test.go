package exchange

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/netnstest"
)

// recipes are those of docs/packet/answering.md, for 10.1.0.77.
var recipes = [][2]string{
	{`arp op=1 pdst=10.1.0.77`, `arp op=2 psrc=${req.pdst} pdst=${req.psrc} hwdst=${req.hwsrc}`},
	{`icmp type=8`, `icmp type=0 id=${req.ident} seq=${req.seq} / ${req.payload}`},
	{`udp dport=53 / dns qr=0`, `dns id=${req.dns.id} qr=1 ra=1 qd={qname=${req.qname} qtype=${req.qtype}} an={rrname=${req.qname} a=192.0.2.7}`},
	{`udp dport=7`, `${req.payload}`},
	{`tcp dport=80 flags=S`, `tcp sport=${req.dport} dport=${req.sport} flags=SA seq=1000 ack=${req.tcp.nxtseq}`},
	{`udp dport=67 / dhcp options=dhcp:discover`, dhcp("offer")},
	{`udp dport=67 / dhcp options=dhcp:request`, dhcp("ack")},
	{`icmpv6 type=135 tgt=2001:db8:1::77`, `ipv6 src=${req.tgt} dst=${req.ipv6.src} hlim=255 / icmpv6 type=136 S=1 O=1 tgt=${req.tgt}`},
}

func dhcp(kind string) string {
	return "ip src=${own.ip} dst=255.255.255.255 / udp sport=67 dport=68 / dhcp op=2 xid=${req.xid} yiaddr=192.0.2.50 chaddr=${req.chaddr} options=dhcp:" +
		kind + ",subnet_mask:255.255.255.0,router:192.0.2.7,ip_address_lease_time:3600,dhcp_server_id:${own.ip},end"
}

// The recipes that are tested are those of the page.
func TestRecipesAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/packet/answering.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recipes {
		for _, line := range r {
			if line = strings.ReplaceAll(line, "10.1.0.77", "192.0.2.7"); !strings.Contains(string(page), "    "+line+"\n") {
				t.Errorf("docs/packet/answering.md has no %s", line)
			}
		}
	}
}

// answering runs an answerer until the test ends.
func answering(t *testing.T, n *netnstest.Namespace, change func(*AnswerConfig)) {
	t.Helper()
	cfg := AnswerConfig{Interface: "eth0", Answered: func(r *Reply) error {
		if r.Err != nil {
			t.Errorf("rule %d: %v", r.Rule, r.Err)
		}
		return nil
	}}
	for _, r := range recipes {
		match, err := Pattern(nil, r[0])
		if err != nil {
			t.Fatal(err)
		}
		cfg.Rules = append(cfg.Rules, Rule{match, r[1]})
	}
	if change != nil {
		change(&cfg)
	}
	var a *Answerer
	var err error
	n.Do(t, func() { a, err = OpenAnswerer(cfg) })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := a.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		a.Close()
	})
}

func TestAnswerer(t *testing.T) {
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24 2001:db8:1::1/64", b, "eth0", "10.1.0.2/24 2001:db8:1::2/64")
	answering(t, b, nil)
	mac := hardware(t, b, "eth0")
	for _, r := range [][2]string{{"10.1.0.77", "-4"}, {"2001:db8:1::77", "-6"}} {
		a.Run(t, "ip", r[1], "neigh", "replace", r[0], "lladdr", mac, "dev", "eth0")
	}
	for _, tt := range []struct{ line, want string }{
		{`arp pdst=10.1.0.77`, "0: 10.1.0.77 arp"},
		{`ip dst=10.1.0.77 / icmp id=7 seq=9 / "hello"`, "0: 10.1.0.77 icmp 0 0"},
		{`ip dst=10.1.0.77 / icmp id=7 seq=9`, "0: 10.1.0.77 icmp 0 0"},
		{`ip dst=10.1.0.77 / udp sport=4000 / dns id=3 qd={qname=example.com}`, "0: 10.1.0.77 dns"},
		{`ip dst=10.1.0.77 / udp sport=4000 dport=7 / "echo"`, "0: 10.1.0.77 data"},
		{`ip dst=10.1.0.77 / tcp sport=4000 dport=80 seq=77 flags=S`, "0: 10.1.0.77 tcp 18"},
		{`eth / ip src=0.0.0.0 dst=255.255.255.255 / udp sport=68 dport=67 / dhcp op=1 xid=99 options=dhcp:discover,end`, "0: 10.1.0.2 dhcp"},
		{`ipv6 dst=ff02::1:ff00:77 / icmpv6 type=135 tgt=2001:db8:1::77`, "0: 2001:db8:1::77 icmpv6 136"},
		// In a VLAN, and in tunnels.
		{`eth dst=` + mac + ` / vlan vlan=7 / ip src=10.7.0.1 dst=10.7.0.77 / icmp id=3`, "0: 10.7.0.77 icmp 0 0"},
		{`eth dst=` + mac + ` / ieee8021ad vlan=5 / vlan vlan=7 / ip src=10.7.0.1 dst=10.7.0.77 / icmp id=3`, "0: 10.7.0.77 icmp 0 0"},
		{`ip dst=10.1.0.77 / gre proto=0x0800 / ip src=10.9.0.1 dst=10.9.0.2 / icmp id=3`, "0: 10.1.0.77 icmp 0 0"},
		{`ip dst=10.1.0.77 / udp sport=999 dport=4789 / vxlan vni=5 / eth / ip src=10.9.0.1 dst=10.9.0.2 / icmp id=3`, "0: 10.1.0.77 icmp 0 0"},
	} {
		got, _ := ask(t, a, tt.line, func(c *Config) { c.Interface = "eth0" })
		if !slices.Equal(got, []string{tt.want}) {
			t.Errorf("%s: %s, and should be %s", tt.line, strings.Join(got, "; "), tt.want)
		}
	}
}

// Programs of others are content with the answers.
func TestAnswererAndOthers(t *testing.T) {
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24", b, "eth0", "10.1.0.2/24")
	answering(t, b, nil)
	for _, tt := range []struct {
		want string
		args []string
	}{
		{"1 packets received", []string{"arping", "-c1", "-i", "eth0", "10.1.0.77"}},
		{" 0% packet loss", []string{"ping", "-c3", "-i0.05", "-W2", "10.1.0.77"}},
		{"192.0.2.7", []string{"dig", "+short", "+timeout=2", "+tries=1", "@10.1.0.77", "example.com"}},
	} {
		if _, err := exec.LookPath(tt.args[0]); err != nil {
			if os.Getenv("CI") != "" {
				t.Errorf("%s is not installed", tt.args[0])
			}
			t.Logf("%s is not installed", tt.args[0])
			continue
		}
		if out := a.Run(t, tt.args[0], tt.args[1:]...); !strings.Contains(out, tt.want) {
			t.Errorf("%s prints %s", strings.Join(tt.args, " "), out)
		}
	}
}

// Go's resolver takes the recipe's DNS answers.
func TestAnswererAndResolver(t *testing.T) {
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24", b, "eth0", "10.1.0.2/24")
	answering(t, b, nil)
	resolver := net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (conn net.Conn, err error) {
		a.Do(t, func() { conn, err = net.DialUDP("udp", nil, &net.UDPAddr{IP: net.IPv4(10, 1, 0, 77), Port: 53}) })
		return conn, err
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	got, err := resolver.LookupNetIP(ctx, "ip4", "www.example.com.")
	if err != nil || len(got) != 1 || got[0].Unmap().String() != "192.0.2.7" {
		t.Errorf("the resolver says %v %v", got, err)
	}
}

// The rate is kept, and what is above it is counted.
func TestAnswererRate(t *testing.T) {
	a, b := netnstest.New(t), netnstest.New(t)
	netnstest.Pair(t, a, "eth0", "10.1.0.1/24", b, "eth0", "10.1.0.2/24")
	a.Run(t, "ip", "neigh", "replace", "10.1.0.77", "lladdr", hardware(t, b, "eth0"), "dev", "eth0")
	answering(t, b, func(c *AnswerConfig) { c.Rate = 100 })
	_, sum := ask(t, a, `ip dst=10.1.0.77 / icmp seq=1-1000`, nil)
	if sum.Answered < 5 || sum.Answered > 100 {
		t.Errorf("of a thousand at once, %d are answered at 100 a second", sum.Answered)
	}
}

func TestReplyMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`arp psrc=${pdst}`:                `${pdst} is not known`,
		`arp psrc=${own.name}`:            `${own.name} is not known`,
		`ip dst=10.0.0.0/8 / icmp type=0`: `an answer of 16777216 packets`,
		`arp psrd=1`:                      `did you mean "psrc"`,
	} {
		_, err := newReply(newMatcher(t).set, line, &host{})
		if err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, and should be %s", line, err, want)
		}
	}
}
