package craft

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// A line that is read is written as a line that says the same.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		`ip dst=192.0.2.0/28 / tcp dport=22,80,8000-8010 flags=S / "hi"`,
		`eth / arp op=is-at psrc=192.0.2.7 pdst=${req.psrc} hwdst=rand`,
		`fuzz(ip ttl=rand(1-9) / udp) / hex:00ff`,
		`tcp options=mss:1460,nop,{wscale={shift=7}},sack:1:2:3:4 rest=hex:01 trailer="x\x00\"\$"`,
		`ip / udp / dns qd={qname=example.com qtype=1},{qname="a b"} an={rrname=raw:00 type=1}`,
		`ipv6 dst=2001:db8::/120 / icmp type=8,0 id=rand / ${x} / rand(9)`,
		`ip {a} / @file`,
		`tCp options=mss,nop,{wscale={}},sack`,
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if len(line) > 2000 {
			return
		}
		p := Parser{Random: seeded()}
		spec, err := p.Parse(line)
		if err != nil {
			return
		}
		text := spec.String()
		p.Random = seeded()
		again, err := p.Parse(text)
		if err != nil {
			t.Fatalf("%q is written as %q, which is not read: %v", line, text, err)
		}
		if got := again.String(); got != text {
			t.Fatalf("%q is written as %q and then as %q", line, text, got)
		}
		if spec.Count().Cmp(again.Count()) != 0 {
			t.Fatalf("%q stands for %s packets and %q for %s", line, spec.Count(), text, again.Count())
		}
		spec.random, again.random = seeded(), seeded()
		a, err1 := spec.Build(nil)
		b, err2 := again.Build(nil)
		if (err1 == nil) != (err2 == nil) || !bytes.Equal(a, b) {
			t.Fatalf("%q makes %x %v and %q makes %x %v", line, a, err1, text, b, err2)
		}
	})
}

// Random values in a header are read back from it.
func FuzzProtocol(f *testing.F) {
	set := proto.Set()
	protos := set.Protos()
	for i := range protos {
		f.Add(uint16(i), uint64(i))
	}
	f.Fuzz(func(t *testing.T, which uint16, seed uint64) {
		p := protos[int(which)%len(protos)]
		random := rand.New(rand.NewPCG(seed, 7))
		var fields []layer.Given
		known := choicesOf(p, true)
		for _, c := range known.candidates(p.Fields, nil) {
			if !composite(c.field) && c.field.Width() > 0 && random.IntN(2) == 0 {
				fields = append(fields, known.draw(random, c))
			}
		}
		b, err := set.Build(nil, layer.Part{Proto: p.Name, Fields: fields})
		if err != nil {
			return // what was drawn does not fit together
		}
		var st layer.Stack
		var w layer.Walker
		var got layer.Value
		st.ResetFrom(set.StartAt(p.Name), b, len(b))
		for i := range fields {
			ref, ok := set.Field(p, fields[i].Name)
			if !ok || !ref.Fixed() || len(b) == 0 || st.Layer(0).Proto() != p {
				continue
			}
			if !st.Value(0, &ref, &w, &got) {
				t.Errorf("%s: %s is not read back from %x", p.Name, ref.Field.Name, b)
				continue
			}
			want := fields[i].U
			if fields[i].B == nil && got.U != want && ref.Field.Kind != layer.Int || fields[i].B != nil && !bytes.Equal(got.B, fields[i].B) {
				t.Errorf("%s: %s is %#x % x and was built of %#x % x", p.Name, ref.Field.Name, got.U, got.B, want, fields[i].B)
			}
		}
	})
}
