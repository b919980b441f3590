package craft

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// scapy is what the two say of the same packet: our line and Scapy's expression,
// our fields and Scapy's, each with its value as text.
type scapy struct {
	Line   string            `json:"-"`
	Expr   string            `json:"expr"`
	Ours   map[string]string `json:"-"`
	Theirs map[string]string `json:"-"`
	Asked  []string          `json:"asked"` // of the packet p that Scapy reads from our bytes
	Bytes  string            `json:"bytes"`
	differ bool              // whether the bytes may differ
}

var scapyCases = []scapy{
	{
		Line:   `eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / ip src=192.0.2.1 dst=192.0.2.2 ttl=3 flags=DF / tcp sport=1234 dport=80 flags=SA seq=7 / "hello"`,
		Expr:   `Ether(src="02:00:00:00:00:01",dst="02:00:00:00:00:02")/IP(src="192.0.2.1",dst="192.0.2.2",ttl=3,flags="DF")/TCP(sport=1234,dport=80,flags="SA",seq=7)/"hello"`,
		Ours:   map[string]string{"eth.type": "0x0800", "ip.ttl": "3", "ip.flags.df": "1", "tcp.dstport": "80", "tcp.flags.ack": "1", "tcp.seq_raw": "7"},
		Theirs: map[string]string{"p[IP].ttl": "3", "p[TCP].dport": "80", "str(p[TCP].flags)": "SA"},
	},
	{
		Line:   `ip src=192.0.2.1 dst=192.0.2.2 / tcp options=mss:1460,sack_perm,timestamp:1:2,nop,wscale:7`,
		Expr:   `IP(src="192.0.2.1",dst="192.0.2.2")/TCP(options=[("MSS",1460),("SAckOK",b""),("Timestamp",(1,2)),("NOP",None),("WScale",7)])`,
		Ours:   map[string]string{"tcp.options.mss_val": "1460", "tcp.options.wscale.shift": "7", "tcp.options.timestamp.tsecr": "2"},
		Theirs: map[string]string{"p[TCP].options[0]": "('MSS', 1460)", "p[TCP].dataofs": "10"},
	},
	{
		Line:   `ipv6 src=2001:db8::1 dst=2001:db8::2 hlim=9 fl=0x12345 / udp sport=1000 dport=2000 / "odd"`,
		Expr:   `IPv6(src="2001:db8::1",dst="2001:db8::2",hlim=9,fl=0x12345)/UDP(sport=1000,dport=2000)/"odd"`,
		Ours:   map[string]string{"ipv6.hlim": "9", "ipv6.flow": "0x12345", "udp.length": "11"},
		Theirs: map[string]string{"p[IPv6].plen": "11", "p[UDP].dport": "2000"},
	},
	{
		Line:   `ip src=192.0.2.1 dst=192.0.2.2 / icmp type=echo-request id=7 seq=9 / "ping"`,
		Expr:   `IP(src="192.0.2.1",dst="192.0.2.2")/ICMP(type=8,id=7,seq=9)/"ping"`,
		Ours:   map[string]string{"icmp.type": "8", "icmp.ident": "7", "icmp.seq": "9"},
		Theirs: map[string]string{"p[ICMP].id": "7", "p[ICMP].seq": "9"},
	},
	{
		Line:   `eth src=02:00:00:00:00:01 dst=ff:ff:ff:ff:ff:ff / vlan vlan=7 prio=3 / arp op=who-has hwsrc=02:00:00:00:00:01 psrc=192.0.2.1 pdst=192.0.2.2`,
		Expr:   `Ether(src="02:00:00:00:00:01",dst="ff:ff:ff:ff:ff:ff")/Dot1Q(vlan=7,prio=3)/ARP(op="who-has",hwsrc="02:00:00:00:00:01",psrc="192.0.2.1",hwdst="00:00:00:00:00:00",pdst="192.0.2.2")`,
		Ours:   map[string]string{"vlan.id": "7", "arp.opcode": "1", "arp.dst.proto_ipv4": "192.0.2.2"},
		Theirs: map[string]string{"p[Dot1Q].vlan": "7", "p[ARP].pdst": "192.0.2.2"},
	},
	{
		Line:   `ip src=192.0.2.1 dst=192.0.2.2 / udp sport=53 dport=53 / dns id=7 rd=1 qname=www.example.com qtype=AAAA`,
		Expr:   `IP(src="192.0.2.1",dst="192.0.2.2")/UDP(sport=53,dport=53)/DNS(id=7,rd=1,qd=DNSQR(qname="www.example.com",qtype="AAAA"))`,
		Ours:   map[string]string{"dns.id": "0x0007", "dns.qry.name": "www.example.com", "dns.qry.type": "28"},
		Theirs: map[string]string{"p[DNS].qd.qname": "b'www.example.com.'", "p[DNS].qd.qtype": "28", "p[DNS].qdcount": "1"},
	},
	{
		Line: `ip src=192.0.2.1 dst=192.0.2.2 chksum=0xdead len=99 / udp sport=1 dport=2 chksum=1 len=3`,
		Expr: `IP(src="192.0.2.1",dst="192.0.2.2",chksum=0xdead,len=99)/UDP(sport=1,dport=2,chksum=1,len=3)`,
	},
	{
		Line:   `ip src=192.0.2.1 dst=192.0.2.2 / gre / ip src=10.0.0.1 dst=10.0.0.2 / udp sport=1 dport=4789 / vxlan vni=77 / eth src=02:00:00:00:00:01 dst=02:00:00:00:00:02 / "x"`,
		Expr:   `IP(src="192.0.2.1",dst="192.0.2.2")/GRE()/IP(src="10.0.0.1",dst="10.0.0.2")/UDP(sport=1,dport=4789)/VXLAN(vni=77,flags=8)/Ether(src="02:00:00:00:00:01",dst="02:00:00:00:00:02")/"x"`,
		Theirs: map[string]string{"p[VXLAN].vni": "77"},
		Ours:   map[string]string{"vxlan.vni": "77"},
	},
	{
		Line:   `ip src=192.0.2.1 dst=192.0.2.2 ttl=1 options=routeralert:0 / igmp type=0x16 gaddr=224.0.0.251`,
		Expr:   `IP(src="192.0.2.1",dst="192.0.2.2",ttl=1,options=[IPOption_Router_Alert()])/IGMP(type=0x16,gaddr="224.0.0.251")`,
		Ours:   map[string]string{"igmp.maddr": "224.0.0.251", "ip.hdr_len": "24"},
		Theirs: map[string]string{"p[IP].ihl": "6"},
		differ: true, // Scapy sets the destination of IGMP itself
	},
}

const scapyProgram = `
import json, logging, sys
logging.disable(50)
from scapy.all import *
from scapy.contrib.igmp import IGMP
for line in sys.stdin:
    c = json.loads(line)
    b = bytes(eval(c["expr"]))
    p = eval(c["expr"].split("(")[0])(bytes.fromhex(c["bytes"]))
    print(json.dumps({"bytes": b.hex(), "values": [str(eval(a)) for a in c["asked"]]}))
`

// What we build Scapy reads, and what Scapy builds we read.
func TestScapy(t *testing.T) {
	skip := t.Skip
	if os.Getenv("CI") != "" {
		skip = t.Fatal
	}
	if err := exec.Command("/usr/bin/python3", "-c", "import scapy").Run(); err != nil {
		skip("python3-scapy is not installed")
	}
	var in bytes.Buffer
	for i := range scapyCases {
		c := &scapyCases[i]
		spec, err := Parse(c.Line)
		if err != nil {
			t.Fatalf("%s: %v", c.Line, err)
		}
		b, err := spec.Build(nil)
		if err != nil {
			t.Fatalf("%s: %v", c.Line, err)
		}
		c.Bytes, c.Asked = hex.EncodeToString(b), []string{}
		for ask := range c.Theirs {
			c.Asked = append(c.Asked, ask)
		}
		line, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-c", scapyProgram)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != len(scapyCases) {
		t.Fatalf("%d answers to %d questions", len(lines), len(scapyCases))
	}
	for i := range scapyCases {
		compareScapy(t, &scapyCases[i], lines[i])
	}
}

func compareScapy(t *testing.T, c *scapy, line string) {
	var got struct {
		Bytes  string
		Values []string
	}
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	if got.Bytes != c.Bytes && !c.differ {
		t.Errorf("%s is\n%s, and Scapy's\n%s", c.Line, c.Bytes, got.Bytes)
	}
	for k, ask := range c.Asked {
		if got.Values[k] != c.Theirs[ask] {
			t.Errorf("%s: Scapy reads %s as %s and should as %s", c.Line, ask, got.Values[k], c.Theirs[ask])
		}
	}
	data, err := hex.DecodeString(got.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := Parse(c.Line)
	if err != nil {
		t.Fatal(err)
	}
	var p packet.Packet
	p.DecodeAs(spec.Layers()[0], data)
	for name, want := range c.Ours {
		v, ok := p.Field(name)
		if show := string((&layer.Value{Field: v.Field, U: v.U, B: v.B, Len: v.Len, Bits: v.Bits}).AppendShow(nil)); !ok || show != want {
			t.Errorf("%s: we read %s as %s and should as %s", c.Expr, name, show, want)
		}
	}
}
