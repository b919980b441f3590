package craft

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// products are packets of a line, with what is random in it seeded.
func products(t *testing.T, line string, seed uint64, n int) (all [][]byte) {
	t.Helper()
	p := Parser{Random: rand.New(rand.NewPCG(seed, 1))}
	spec, err := p.Parse(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for range n {
		b, err := spec.Build(nil)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, b)
	}
	return all
}

// values are the fields in packets that begin with a protocol, with all values
// that each takes.
func values(begin string, packets [][]byte) map[string]map[string]bool {
	start := proto.Set().StartAt(begin)
	all := map[string]map[string]bool{}
	var st layer.Stack
	var w layer.Walker
	for _, b := range packets {
		st.ResetFrom(start, b, len(b))
		for i := range st.Len() {
			w.Walk(&st, i, func(v *layer.Value) bool {
				if all[v.Field.Name] == nil {
					all[v.Field.Name] = map[string]bool{}
				}
				all[v.Field.Name][string(v.AppendShow(nil))] = true
				return true
			})
		}
	}
	return all
}

// variable are the names of the fields in a list that are neither computed nor
// read by a function, nor show what others hold.
func variable(list []layer.Field, to map[string]bool) map[string]bool {
	for i := range list {
		f := &list[i]
		if f.Calc != "" || f.At != "" || f.Auto != "" || f.Code != nil {
			continue
		}
		if f.Name != "" && !composite(f) {
			to[f.Name] = true
		}
		variable(f.Sub, to)
		for _, c := range f.Cases {
			variable(c.Fields, to)
		}
	}
	return to
}

// Of the fields that a protocol has, those that can be varied take several values.
// What is left, in percent, are fields of rare options and records, and those by
// which a layer is known.
func TestVaried(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		proto    string
		products int
		percent  int
	}{
		{"eth", 50, 100}, {"vlan", 50, 100}, {"llc", 200, 70}, {"arp", 100, 100}, {"sll", 100, 80}, {"sll2", 100, 80}, {"mpls", 50, 100},
		{"ppp", 50, 60}, {"pppoed", 150, 90}, {"ip", 200, 65}, {"ipv6", 50, 80}, {"ipv6.routing", 100, 80}, {"ipv6.dstopts", 100, 70},
		{"icmp", 100, 25}, {"icmpv6", 100, 25}, {"igmp", 100, 60}, {"tcp", 200, 45}, {"sctp", 150, 60}, {"gre", 100, 45}, {"geneve", 100, 60},
		{"vrrp", 100, 80}, {"dns", 60, 60}, {"dhcp", 40, 25}, {"dhcpv6", 10, 60}, {"ntp", 100, 35}, {"tftp", 100, 90}, {"stp", 100, 70},
		{"lldp", 60, 40}, {"stun", 100, 80}, {"rtp", 50, 50}, {"bfd", 50, 90}, {"lacp", 50, 90}, {"mqtt", 40, 60},
	} {
		all := values(tt.proto, products(t, "fuzz("+tt.proto+")", 1, tt.products))
		names := variable(proto.Set().Proto(tt.proto).Fields, map[string]bool{})
		var same []string
		for name := range names {
			if len(all[name]) < 2 {
				same = append(same, name)
			}
		}
		slices.Sort(same)
		percent := 100 * (len(names) - len(same)) / len(names)
		if percent < tt.percent {
			t.Errorf("%s: of %d fields %d in 100 take several values, less than %d; not %s", tt.proto, len(names), percent, tt.percent, strings.Join(same, " "))
		}
	}
}

// What is given stays, in records and bits as well, and all around it varies.
func TestVariedAround(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		line, begin string
		kept        map[string]string
		varied      []string
	}{
		{`fuzz(dns id=7 qd={qname=a.example})`, "dns", map[string]string{"dns.id": "0x0007", "dns.qry.name": "a.example"},
			[]string{"dns.qry.type", "dns.qry.class", "dns.flags", "dns.resp.ttl"}},
		{`fuzz(dns qname=a.example)`, "dns", map[string]string{"dns.qry.name": "a.example"}, []string{"dns.id", "dns.qry.type"}},
		{`fuzz(arp op=2 psrc=192.0.2.1)`, "arp", map[string]string{"arp.opcode": "2", "arp.src.proto_ipv4": "192.0.2.1"},
			[]string{"arp.dst.proto_ipv4", "arp.src.hw_mac", "arp.dst.hw_mac"}},
		{`fuzz(tcp flags=S options=mss:1460)`, "tcp", map[string]string{"tcp.flags": "0x002", "tcp.options.mss_val": "1460"},
			[]string{"tcp.srcport", "tcp.seq_raw", "tcp.window_size_value"}},
		{`fuzz(tcp flags.syn=1)`, "tcp", map[string]string{"tcp.flags.syn": "1"}, []string{"tcp.flags.ack", "tcp.flags.fin", "tcp.options.mss_val"}},
		{`fuzz(icmp type=3)`, "icmp", map[string]string{"icmp.type": "3"}, []string{"icmp.code", "icmp.unused"}},
		{`fuzz(icmp type=8)`, "icmp", map[string]string{"icmp.type": "8"}, []string{"icmp.ident", "icmp.seq"}},
		{`fuzz(udp) / dns qname=a.example`, "udp", map[string]string{"dns.qry.name": "a.example"}, []string{"udp.srcport"}},
		{`eth / fuzz(ip dst=192.0.2.1 frag=0) / udp`, "eth", map[string]string{"ip.proto": "17", "ip.dst": "192.0.2.1", "ip.version": "4"},
			[]string{"ip.src", "ip.ttl", "ip.id", "ip.opt.type.number"}},
		{`fuzz(ip chksum=7 / udp len=8)`, "ip", map[string]string{"ip.checksum": "0x0007", "udp.length": "8"}, []string{"ip.ttl"}},
		{`fuzz(ip ihl=2)`, "ip", map[string]string{"ip.hdr_len": "8"}, nil},
	} {
		packets := products(t, tt.line, 3, 80)
		all := values(tt.begin, packets)
		for name, want := range tt.kept {
			if len(all[name]) != 1 || !all[name][want] {
				t.Errorf("%s: %s is not %s: %v", tt.line, name, want, all[name])
			}
		}
		for _, name := range tt.varied {
			if len(all[name]) < 2 {
				t.Errorf("%s: %s does not vary: %v", tt.line, name, all[name])
			}
		}
	}
}

// The same seed gives the same packets, and another one others.
func TestVariedSeed(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`fuzz(eth / arp)`, `fuzz(dns)`, `ip / fuzz(tcp) / rand(9)`, `fuzz(dhcp)`} {
		a, b, c := products(t, line, 5, 5), products(t, line, 5, 5), products(t, line, 6, 5)
		if !slices.EqualFunc(a, b, bytes.Equal) {
			t.Errorf("%s: the same seed gives other packets", line)
		}
		if slices.EqualFunc(a, c, bytes.Equal) {
			t.Errorf("%s: another seed gives the same packets", line)
		}
	}
}

// A line that is made many times gives other values each time, and other shapes;
// what is given stays.
func TestVariedTimes(t *testing.T) {
	t.Parallel()
	p := Parser{Random: rand.New(rand.NewPCG(1, 1))}
	spec, err := p.Parse(`udp dport=1-2 / fuzz(dns id=7 qd={qname=a.example})`)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var packets [][]byte
	for b, err := range spec.Times(40) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[string(b[8:])] {
			t.Errorf("%x comes twice", b)
		}
		seen[string(b[8:])] = true
		packets = append(packets, slices.Clone(b[8:]))
	}
	all := values("dns", packets)
	if len(packets) != 80 || len(all["dns.id"]) != 1 || len(all["dns.qry.name"]) != 1 || len(all["dns.qry.type"]) < 10 || len(all["dns.resp.type"]) < 5 {
		t.Errorf("%d packets: id %v, names %v, %d types of questions, %d of records", len(packets), all["dns.id"], all["dns.qry.name"], len(all["dns.qry.type"]), len(all["dns.resp.type"]))
	}
}

// What follows a layer that varies is read in every packet, of the same shape or of
// another.
func TestVariedBelow(t *testing.T) {
	t.Parallel()
	spec, err := Parse(`fuzz(udp) / dns qname=a.example`)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for b, err := range spec.Times(40) {
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, slices.Clone(b))
		if names := values("udp", packets[len(packets)-1:])["dns.qry.name"]; !names["a.example"] {
			t.Errorf("%x is no DNS", b)
		}
	}
	if all := values("udp", packets); len(all["udp.srcport"]) < 20 {
		t.Errorf("the source port is one of %d", len(all["udp.srcport"]))
	}
}

// Whatever is drawn is a packet that is read, and another one than before, for
// protocols that have something to vary; the layers below stay as they are given.
func FuzzVaried(f *testing.F) {
	set := proto.Set()
	protos := set.Protos()
	for i := range protos {
		f.Add(uint16(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64) {
		p := protos[int(which)%len(protos)]
		line := "ip id=7 dst=192.0.2.1 / udp / fuzz(" + p.Name + ")"
		packets := products(t, line, seed, 4)
		if again := products(t, line, seed, 4); !slices.EqualFunc(packets, again, bytes.Equal) {
			t.Errorf("%s: the same seed %d gives other packets", line, seed)
		}
		for _, b := range packets {
			if len(b) < 28 || b[4] != 0 || b[5] != 7 || !bytes.Equal(b[16:20], []byte{192, 0, 2, 1}) {
				t.Errorf("%s: what is given is changed: %x", line, b)
			}
		}
		known := choicesOf(p, true)
		wide := slices.ContainsFunc(known.candidates(p.Fields, nil), func(c candidate) bool {
			return !c.maybe && !c.read && !c.next && c.field.Width() >= 16
		})
		if wide && bytes.Equal(packets[0], packets[1]) && bytes.Equal(packets[1], packets[2]) {
			t.Errorf("%s: nothing varies: %x", line, packets[0])
		}
		values("ip", packets)
	})
}
