package craft

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/pcap"
	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// defaults are lines of each protocol of the first tier with as little given as
// can be, and what tshark calls the layers of the packet.
var defaults = []struct{ line, layers string }{
	{`eth type=0x88b5 / "x"`, "eth:ethertype:data"},
	{`eth / llc / "x"`, "eth:llc:data"},
	{`eth / llc / stp`, "eth:llc:stp"},
	{`eth / vlan / ip / udp`, "eth:ethertype:vlan:ethertype:ip:udp"},
	{`eth / ieee8021ad / vlan / ip / udp`, "eth:ethertype:ieee8021ad:ethertype:vlan:ethertype:ip:udp"},
	{`eth / arp`, "eth:ethertype:arp"},
	{`eth / lldp`, "eth:ethertype:lldp"},
	{`eth / lldp tlvs={kind=1 chassis.id.mac=02:00:00:00:00:01},{kind=2 port.id="ge0"},{kind=3 ttl=60},{kind=5 system_name="sw1"},{kind=0}`, "eth:ethertype:lldp"},
	{`eth / mpls / mpls / ip / udp`, "eth:ethertype:mpls:ip:udp"},
	{`eth / mpls / ipv6 / udp`, "eth:ethertype:mpls:ipv6:udp"},
	{`eth / pppoed`, "eth:ethertype:pppoed"},
	{`eth / pppoes / ppp / ip / udp`, "eth:ethertype:pppoes:ppp:ip:udp"},
	{`eth / pppoes / ppp / lcp`, "eth:ethertype:pppoes:ppp:lcp"},
	{`eth / pppoes / ppp / ipcp`, "eth:ethertype:pppoes:ppp:ipcp"},
	{`eth / pppoes / ppp / pap username="me" password="secret"`, "eth:ethertype:pppoes:ppp:pap"},
	{`eth / pppoes / ppp / pap code=2 message="welcome"`, "eth:ethertype:pppoes:ppp:pap"},
	{`eth / pppoes / ppp / chap value=hex:00112233 optional_name="me"`, "eth:ethertype:pppoes:ppp:chap"},
	{`sll / ip / udp`, "sll:ethertype:ip:udp"},
	{`sll2 / ip / udp`, "sll:ethertype:ip:udp"},
	{`null / ip / udp`, "null:ip:udp"},
	{`ppp / ip / udp`, "ppp:ip:udp"},
	{`chdlc / ip / udp`, "chdlc:ip:udp"},
	{`ip / icmp`, "raw:ip:icmp"},
	{`ip options=routeralert:0 / udp`, "raw:ip:udp"},
	{`ip / icmp type=3 / ip / udp`, "raw:ip:icmp:ip:udp"},
	{`ip / icmp type=13`, "raw:ip:icmp"},
	{`ip / igmp`, "raw:ip:igmp:igmp"},
	{`ip / igmp type=0x16`, "raw:ip:igmp:igmp"},
	{`ip / igmp type=0x22`, "raw:ip:igmp:igmp"},
	{`ip / tcp`, "raw:ip:tcp"},
	{`ip / tcp flags=S options=mss:1460,nop,wscale:7`, "raw:ip:tcp"},
	{`ip / udp`, "raw:ip:udp"},
	{`ip / sctp`, "raw:ip:sctp"},
	{`ip / sctp chunks={ctype=init}`, "raw:ip:sctp"},
	{`ip / sctp sport=7 dport=9 chunks={ctype=data} / "abcde"`, "raw:ip:sctp:data"},
	{`ip / gre / ip / udp`, "raw:ip:gre:ip:udp"},
	{`ip / gre key=7 / ip / udp`, "raw:ip:gre:ip:udp"},
	{`ip / gre / eth / ip / udp`, "raw:ip:gre:eth:ethertype:ip:udp"},
	{`ip / ip / udp`, "raw:ip:ip:udp"},
	{`ip / ipv6 / udp`, "raw:ip:ipv6:udp"},
	{`ip / udp / vxlan / eth / ip / udp`, "raw:ip:udp:vxlan:eth:ethertype:ip:udp"},
	{`ip / udp / geneve / eth / ip / udp`, "raw:ip:udp:geneve:eth:ethertype:ip:udp"},
	{`ip / udp / geneve / ip / udp`, "raw:ip:udp:geneve:ip:udp"},
	{`ip dst=224.0.0.18 ttl=255 / vrrp addrlist=192.0.2.1`, "raw:ip:vrrp"},
	{`ip dst=224.0.0.18 ttl=255 / vrrp version=3 addrlist=192.0.2.1`, "raw:ip:vrrp"},
	{`ipv6 dst=ff02::12 hlim=255 / vrrp version=3 vrrp.ipv6_addr=fe80::1`, "raw:ipv6:vrrp"},
	{`ip / udp / dns`, "raw:ip:udp:dns"},
	{`ip / udp / dns qname=example.com qtype=AAAA`, "raw:ip:udp:dns"},
	{`ip dst=224.0.0.251 ttl=255 / udp / mdns qname=a.local`, "raw:ip:udp:mdns"},
	{`ip dst=224.0.0.252 / udp / llmnr qname=host`, "raw:ip:udp:llmnr"},
	{`ip / udp / dhcp`, "raw:ip:udp:dhcp"},
	{`ip / udp / dhcp op=2 yiaddr=192.0.2.7 options=dhcp:ack,subnet_mask:255.255.255.0,end`, "raw:ip:udp:dhcp"},
	{`ipv6 / udp / dhcpv6`, "raw:ipv6:udp:dhcpv6"},
	{`ip / udp / ntp`, "raw:ip:udp:ntp"},
	{`ip / udp / tftp`, "raw:ip:udp:tftp"},
	{`ip / udp / snmp`, "raw:ip:udp:snmp"},
	{`ip / udp / snmp version=0 community="private" PDU=next id=70000 oid=1.3.6.1.2.1.2 oid=1.3.6.1.2.1.4`, "raw:ip:udp:snmp"},
	{`ip / udp sport=161 dport=5000 / snmp PDU=response oid=1.3.6.1.2.1.1.5.0 octets="host" oid=1.3.6.1.2.1.1.3.0 timeticks=4000000000 oid=1.3.6.1.4.1.9.1 value.int=-5`, "raw:ip:udp:snmp:snmp"},
	{`ip / udp / snmp PDU=set oid=1.3.6.1.2.1.4.20.1.1 value.ipv4=192.0.2.1`, "raw:ip:udp:snmp"},
	{`ip / udp / snmp PDU=bulk max_repetitions=50 oid=1.3.6.1.2.1.2.2`, "raw:ip:udp:snmp"},
	{`ip / udp dport=162 / snmp PDU=trap enterprise=1.3.6.1.4.1.9 agent_addr=192.0.2.1 generic_trap=6 specific_trap=3`, "raw:ip:udp:snmp"},
	{`ip / udp dport=162 / snmp PDU=trap2 oid=1.3.6.1.2.1.1.3.0 timeticks=7 oid=1.3.6.1.6.3.1.1.4.1.0 value.oid=1.3.6.1.6.3.1.1.5.1`, "raw:ip:udp:snmp"},
	{`ip / udp / syslog`, "raw:ip:udp:syslog"},
	{`ip / udp / stun`, "raw:ip:udp:stun"},
	{`ipv6 / udp`, "raw:ipv6:udp"},
	{`ipv6 / tcp`, "raw:ipv6:tcp"},
	{`ipv6 / icmpv6`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=133`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=134`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=135`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=136`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=137`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=135 options={otype=1 lladdr=02:00:00:00:00:01}`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=137 options={otype=4 redirected_packet=hex:6000000000003b400000000000000000000000000000000000000000000000000000000000000000}`, "raw:ipv6:icmpv6:ipv6"},
	{`ipv6 / icmpv6 type=130`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=131`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=143`, "raw:ipv6:icmpv6"},
	{`ipv6 / icmpv6 type=1 / ipv6 / udp`, "raw:ipv6:icmpv6:ipv6:udp"},
	{`ipv6 / hopopts / udp`, "raw:ipv6:ipv6.hopopts:udp"},
	{`ipv6 / dstopts / udp`, "raw:ipv6:ipv6.dstopts:udp"},
	{`ipv6 dst=2001:db8::1 / routing type=4 segleft=1 srh.addr=2001:db8::9,2001:db8::1 / udp`, "raw:ipv6:ipv6.routing:udp"},
	{`ipv6 dst=2001:db8::1 / routing type=0 segleft=1 addresses=2001:db8::9 / tcp`, "raw:ipv6:ipv6.routing:tcp"},
	{`ipv6 dst=2001:db8::1 / routing type=2 segleft=1 home_address=2001:db8::9 / udp`, "raw:ipv6:ipv6.routing:udp"},
	{`ipv6 / fraghdr / udp`, "raw:ipv6:ipv6.fraghdr:udp"},
}

// What tshark gives remarks of which something is to be thought. Others tell what
// a packet is for, or that an earlier one was the same.
const severe, warning = "8388608", "6291456"

// What is built of defaults is a sound packet for tshark: with the layers that
// were asked for, nothing malformed, and sums that are right.
func TestDefaults(t *testing.T) {
	skip := t.Skip
	if os.Getenv("CI") != "" {
		skip = t.Fatal
	}
	program, err := exec.LookPath("tshark")
	if err != nil {
		skip("tshark is not installed")
	}
	byLink := map[pcap.LinkType][]int{}
	for i, d := range defaults {
		spec, err := Parse(d.line)
		if err != nil {
			t.Errorf("%s: %v", d.line, err)
			continue
		}
		link, _ := spec.Link()
		byLink[link] = append(byLink[link], i)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for link, lines := range byLink {
		readDefaults(t, program, link, lines)
	}
}

func readDefaults(t *testing.T, program string, link pcap.LinkType, lines []int) {
	capture := filepath.Join(t.TempDir(), "defaults.pcap")
	w, err := pcap.Create(capture, link, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range lines {
		b, err := build(defaults[i].line)
		if err != nil {
			t.Fatalf("%s: %v", defaults[i].line, err)
		}
		if err := w.Write(&pcap.Packet{Time: time.Unix(int64(1+1000*i), 0), Data: b, Length: len(b), LinkType: link}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-n", "-r", capture,
		"-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "sctp.checksum:TRUE",
		"-T", "fields", "-e", "frame.protocols", "-e", "_ws.expert.severity", "-e", "_ws.expert.message").Output()
	if err != nil {
		t.Fatal(err)
	}
	for k, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		d := defaults[lines[k]]
		columns := strings.Split(line, "\t")
		layers, remarks := columns[0], columns[2]
		if layers != d.layers || strings.Contains(columns[1], severe) || strings.Contains(columns[1], warning) {
			b, _ := build(d.line)
			t.Errorf("%s: tshark reads %s and should %s; it remarks: %s\n%x", d.line, layers, d.layers, remarks, b)
		}
	}
	compareDefaults(ctx, t, capture)
}

// compareDefaults holds each field that we show against tshark's.
func compareDefaults(ctx context.Context, t *testing.T, capture string) {
	ts, err := tsharktest.Find(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := tsharktest.Compare(ctx, ts, proto.Set(), tsharktest.Folders{Suites: filepath.Dir(capture)}, []string{capture})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Stats() {
		for name, d := range s.Differ {
			t.Errorf("%s: %s", name, d.Examples[0])
		}
		if s.Extra.Count > 0 {
			t.Errorf("%s: %s", s.Name, s.Extra.Examples[0])
		}
	}
}

func build(line string) ([]byte, error) {
	spec, err := Parse(line)
	if err != nil {
		return nil, err
	}
	return spec.Build(nil)
}
