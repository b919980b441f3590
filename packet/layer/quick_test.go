package layer

import (
	"math/rand/v2"
	"testing"
)

// Where the quick way answers, it comes to what the expressions say, and it is
// there for tables of the common kinds.
func TestQuick(t *testing.T) {
	next := []Next{{When: "kind >= 1536", By: "kind", Table: "x"}}
	for name, p := range map[string]*Proto{
		"a length and a type": {Header: "4", Fields: []Field{{Name: "p.a", Bits: 16}, {Name: "p.kind", Bits: 16}}, Payload: "kind <= 1500 ? kind : 0", Next: next},
		"words, total, fragments": {Header: "words * 4", Check: "version == 4", Total: "len", Next: []Next{{When: "frag == 0", By: "proto", Table: "x"}}, Fields: []Field{
			{Name: "p.version", Bits: 4}, {Name: "p.words", Bits: 4}, {Name: "p.proto", Bits: 8}, {Name: "p.len", Bits: 16}, {Name: "p.flags", Bits: 3}, {Name: "p.frag", Bits: 13},
		}},
		"ports": {Header: "(u8(4) >> 4) * 0 + 8", Next: []Next{{By: "a, b", Table: "x"}}, Fields: []Field{{Name: "p.a", Bits: 16}, {Name: "p.b", Bits: 16}, {Name: "p.c", Bits: 32}}},
		"ports at their place": {Header: "words * 4", Next: []Next{{By: "a, b", Table: "x"}}, Fields: []Field{
			{Name: "p.a", Bits: 16}, {Name: "p.b", Bits: 16}, {Name: "p.c", Bits: 64}, {Name: "p.words", Bits: 4}, {Name: "p.d", Bits: 4},
		}},
		"a total and more": {Header: "8", Total: "len != 0 ? 8 + len : 0", Next: []Next{{By: "kind", Table: "x"}}, Fields: []Field{{Name: "p.len", Bits: 16}, {Name: "p.kind", Bits: 8}, {Name: "p.rest", Bits: 40}}},
	} {
		p.Name = "p"
		set, err := NewSet(p, &Proto{Name: "data"})
		if err != nil {
			t.Fatal(err)
		}
		c := set.byName["p"]
		if (c.quick.Load() != nil) != (name != "ports") {
			t.Errorf("%s: quick is %+v", name, c.quick.Load())
		}
		if c.quick.Load() == nil {
			continue
		}
		random := rand.New(rand.NewPCG(1, 2))
		answered := 0
		for range 20_000 {
			b := make([]byte, random.IntN(40))
			for i := range b {
				b[i] = byte(random.IntN(256)) * byte(random.IntN(2)) // often 0
			}
			if len(b) > 0 && random.IntN(2) == 0 {
				b[0] = 0x42
			}
			header, total, key, ok := c.quick.Load().bounds(b)
			if !ok {
				continue
			}
			answered++
			want := c.locate(b)
			key2 := uint32(0)
			if c.quick.Load().ports {
				low, high := c.quick.Load().pair(key)
				key, key2 = uint64(low), high
			}
			if want.Reason != "" || want.Header != header || want.Total != total || want.Payload != 0 || want.Next != 0 || uint64(want.Key) != key || want.Key2 != key2 {
				t.Fatalf("%s: %x: quick comes to %d %d %d, and the table to %+v", name, b, header, total, key, want)
			}
		}
		if answered < 500 {
			t.Errorf("%s: but %d of 20,000 were answered", name, answered)
		}
	}
}
