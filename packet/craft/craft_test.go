package craft

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/pcap"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		line, want string // hexadecimal
		count      string
	}{
		{`ip src=192.0.2.1 dst=192.0.2.2 / udp sport=1 dport=2 / "hi"`, "4500001e0001000040 11f6cac0000201c0000202 00010002000a136a6869", "1"},
		{`IP src=192.0.2.1 dst=192.0.2.2 /UDP sport=1 dport=2 /hex:6869`, "4500001e0001000040 11f6cac0000201c0000202 00010002000a136a6869", "1"},
		{`ip dst=192.0.2.0/28 / tcp dport=22,80,8000-8010 flags=S / "hi"`, "", "208"},
		{`ip dst=10.0.0.0/8 id=0-65535 / tcp seq=0-4294967295`, "", "4722366482869645213696"},
		{`ipv6 dst=2001:db8::/64`, "", "18446744073709551616"},
		{`eth / arp op=is-at psrc=192.0.2.1 hwsrc=02:00:00:00:00:01`, "", "1"},
		{`ip / tcp flags=SA,syn|ack,0x12`, "", "3"},
		{`ip ttl=rand,rand(1-9) / tcp`, "", "2"},
		{`fuzz(ip / udp)`, "", "1"},
		{`tcp sport=20 options=mss:1460,nop,wscale:7`, "001400500000000000000000 7002200063d70000 020405b40103030 7", "1"},
		{`tcp options={mss={mss_val=1460}},{nop={}},{wscale={shift=7}}`, "001400500000000000000000 7002200063d70000 020405b401030307", "1"},
		{`tcp options=sack:1:2:3:4`, "", "1"},
		{`tcp options=hex:01010101`, "", "1"},
	} {
		spec, err := Parse(tt.line)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if got := spec.Count().String(); got != tt.count {
			t.Errorf("%s: stands for %s packets and should for %s", tt.line, got, tt.count)
		}
		b, err := spec.Build(nil)
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
		}
		if want := strings.ReplaceAll(tt.want, " ", ""); want != "" && hex.EncodeToString(b) != want {
			t.Errorf("%s: is\n%x and should be\n%s", tt.line, b, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{``, `column 1: a layer is missing, such as tcp or "text"`},
		{`ip / tpc`, `column 6: there is no protocol "tpc"; did you mean "tcp"?`},
		{`tcp dprt=80`, `column 5: tcp has no field "dprt"; did you mean "dport"?`},
		{`tcp dport`, `column 10: = is missing after dport`},
		{`tcp dport=`, `column 11: a value is missing`},
		{`tcp dport=70000`, `column 11: dport: 70000 does not fit in 16 bits`},
		{`tcp dport=22,80-70000`, `column 14: dport: 70000 does not fit in 16 bits`},
		{`tcp dport=http`, `column 11: tcp.dstport: "http" is not a number`},
		{`ip dst=192.0.2.1/tcp`, `column 8: dst: "192.0.2.1/tcp" is no prefix as 192.0.2.0/24; between layers, / has spaces around it`},
		{`ip / "hi`, `column 6: the text does not end: a second " is missing`},
		{`ip / "\q"`, `column 7: there is no \q; known are \n \t \r \0 \" \\ \$ and \xNN`},
		{`fuzz(ip`, `column 8: ) is missing after fuzz(`},
		{`ip ? tcp`, `column 4: between layers stands /, not "?"`},
		{`ip / /`, `column 6: a layer begins with the name of a protocol, not "/"`},
		{`tcp options=mms:1460`, `column 13: there is no "mms" in it; did you mean "mss"?`},
		{`tcp options=mss:1:2`, `column 18: mss has 1 values`},
		{`tcp options={mss=1`, ``},
		{`tcp seq=rand(x)`, `column 9: "rand(x)" is neither rand, nor rand(1-9), nor, for bytes, rand(16)`},
		{`@nowhere/at/all`, ``},
		{`ip / "é日本" / tpc`, `column 14: there is no protocol "tpc"; did you mean "tcp"?`},
		{`ip / "é" é`, `column 10: between layers stands /, not "é"`},
		{`é`, `column 1: a layer begins with the name of a protocol, not "é"`},
		{`"日\本"`, `column 3: there is no \本; known are \n \t \r \0 \" \\ \$ and \xNN`},
		{`"é\`, `column 3: nothing is behind \`},
		{`ip / "🦊" / tcp dport=70000`, `column 22: dport: 70000 does not fit in 16 bits`},
		{"ip / \"\xff\xfe\" / tcp dport=70000", `column 23: dport: 70000 does not fit in 16 bits`},
		{`udp / "é" / dns qname=é.example qtype=nothing`, `column 39: dns.qry.type`},
		{`"é" / ip ihl=2 / udp len=99999`, `column 26: len: 99999 does not fit in 16 bits`},
		{`ip / tcp mss_val=1 shift=3 foo=1`, `column 28: tcp has no field "foo"`},
	} {
		_, err := Parse(tt.line)
		if err == nil {
			t.Errorf("%s is read", tt.line)
			continue
		}
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("%s: %v has no place", tt.line, err)
		}
		if want := "craft line, " + tt.want; tt.want != "" && !strings.HasPrefix(strings.ReplaceAll(err.Error(), "`", `"`), want) {
			t.Errorf("%s: the error is\n%v and should be\n%s", tt.line, err, want)
		}
	}
}

// What is changed in place is what is built anew.
func TestAll(t *testing.T) {
	for _, line := range []string{
		`ip src=192.0.2.1 dst=192.0.2.0/29 / tcp dport=22,80,8000-8003 flags=S / "odd"`,
		`eth / vlan vlan=1-3 / ipv6 dst=2001:db8::fffe-2001:db8::1:1 hlim=1-3 / udp sport=1,2`,
		`ip dst=192.0.2.1-192.0.2.3 ihl=5 chksum=7 / udp dport=1-3`,
		`eth / arp psrc=192.0.2.0/30 op=1-2`,
		`ip / icmp type=0,8,13-16 id=1-2`,
		`ip proto=0-255`,
	} {
		spec, err := Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		r, err := spec.run()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		seen := map[string]bool{}
		for got, err := range spec.All() {
			if err != nil {
				t.Errorf("%s: %v", line, err)
				break
			}
			if n > 0 && !r.next() {
				t.Errorf("%s: more packets than there should be", line)
				break
			}
			want, err := spec.set.Build(nil, r.parts...)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: packet %d is\n%x and built anew\n%x %v", line, n, got, want, err)
				break
			}
			seen[string(got)] = true
			n++
		}
		if want := spec.Count().Int64(); int64(n) != want || int64(len(seen)) != want {
			t.Errorf("%s: %d packets, %d different, and should be %d", line, n, len(seen), want)
		}
	}
}

func TestFill(t *testing.T) {
	spec, err := Parse(`arp op=is-at psrc=192.0.2.7 pdst=${req.psrc} hwdst=${req.hwsrc} / "for ${req.psrc}"`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(spec.Templates()); got != "[req.psrc req.hwsrc]" {
		t.Errorf("the templates are %s", got)
	}
	if _, err := spec.Build(nil); err == nil {
		t.Error("it is built unfilled")
	}
	texts := map[string]string{"req.psrc": "192.0.2.9", "req.hwsrc": "02:00:00:00:00:09"}
	filled, err := spec.Fill(func(name string) (string, error) { return texts[name], nil })
	if err != nil {
		t.Fatal(err)
	}
	got, err := filled.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	texts["x"] = "no address"
	wide, err := Parse(`"日本é" / ip dst=${x}`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wide.Fill(func(name string) (string, error) { return texts[name], nil }); err == nil || !strings.Contains(err.Error(), "column 16:") {
		t.Errorf("what is filled in is wrong at %v, and should be at column 16", err)
	}
	if _, err := wide.Build(nil); err == nil || !strings.Contains(err.Error(), "column 16:") {
		t.Errorf("what is not filled in is wrong at %v, and should be at column 16", err)
	}
	plain, err := Parse(`arp op=is-at psrc=192.0.2.7 pdst=192.0.2.9 hwdst=02:00:00:00:00:09 / "for 192.0.2.9"`)
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := plain.Build(nil); !bytes.Equal(got, want) {
		t.Errorf("is %x and should be %x", got, want)
	}
	texts["req.psrc"] = "192.0.2.9 op=1"
	if _, err := spec.Fill(func(name string) (string, error) { return texts[name], nil }); err == nil {
		t.Error("a text that is no address is filled in")
	}
}

func TestFuzzLayer(t *testing.T) {
	p := Parser{Random: rand.New(rand.NewPCG(1, 2))}
	spec, err := p.Parse(`fuzz(ip dst=192.0.2.1 frag=0 / udp dport=53)`)
	if err != nil {
		t.Fatal(err)
	}
	var v packet.Packet
	ports := map[uint16]bool{}
	for range 20 {
		b, err := spec.Build(nil)
		if err != nil {
			t.Fatal(err)
		}
		v.Decode(b, pcap.LinkIPv4)
		if got := v.IPv4().Dst().String(); got != "192.0.2.1" {
			t.Errorf("what is given is %s", got)
		}
		ports[v.UDP().SrcPort()] = true
	}
	if len(ports) < 2 {
		t.Error("the source port is never another")
	}
}

func TestLink(t *testing.T) {
	for line, want := range map[string]string{
		"eth / ip": "EN10MB true", "ip": "RAW false", "ipv6 / udp": "RAW false", "sll": "LINUX_SLL true", `"x"`: "USER0 false", "tcp": "USER0 false",
	} {
		spec, err := Parse(line)
		if err != nil {
			t.Fatal(err)
		}
		link, is := spec.Link()
		if got := fmt.Sprint(link, is); got != want {
			t.Errorf("%s is of %s and should be of %s", line, got, want)
		}
	}
}

// Every captured packet is a line that makes it.
func TestLine(t *testing.T) {
	var p packet.Packet
	most := 2
	bare, total := 0, 0
	framestest.Each(t, most, func(f framestest.Frame) {
		p.Info.Length = f.Length
		p.Decode(f.Data, f.LinkType)
		line := Line(&p)
		spec, err := Parse(line)
		if err != nil {
			t.Errorf("%s frame %d: %s: %v", f.Capture, f.Number, line, err)
			return
		}
		b, err := spec.Build(nil)
		if err != nil || !bytes.Equal(b, f.Data) {
			t.Errorf("%s frame %d: %s\nmakes %x and should make\n%x %v", f.Capture, f.Number, line, b, f.Data, err)
		}
		if total++; strings.HasPrefix(line, "hex:") && p.Layer(0).Proto().Name != "data" {
			if bare++; bare < 10 {
				t.Logf("%s frame %d is bytes alone: %s", f.Capture, f.Number, line)
			}
		} else if f.Number == 1 && testing.Verbose() {
			t.Log(line)
		}
	})
	if bare*50 > total {
		t.Errorf("%d of %d packets are written as bytes alone", bare, total)
	}
}

func BenchmarkAll(b *testing.B) {
	spec, err := Parse(`ip dst=10.0.0.0/8 / tcp dport=1-65535 flags=S`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := 0
	for _, err := range spec.All() {
		if err != nil {
			b.Fatal(err)
		}
		if n++; n >= b.N {
			break
		}
	}
}
