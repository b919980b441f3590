package layer

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Where the quick way answers, it comes to what the expressions say, and it is
// there for tables of the common kinds.
func TestQuick(t *testing.T) {
	var low []uint64 // keys
	for key := range uint64(1 << 14) {
		low = append(low, key)
	}
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
		set, err := NewSet(p, &Proto{Name: "data"}, &Proto{Name: "low", On: []On{{Table: "x", Keys: low}}})
		if err != nil {
			t.Fatal(err)
		}
		c := set.byName["p"]
		if c.swift.Load() != (name != "ports") {
			t.Errorf("%s: quick is %+v", name, c.quick)
		}
		if !c.swift.Load() {
			continue
		}
		slow, err := NewSet(p, &Proto{Name: "data"}, &Proto{Name: "low", On: []On{{Table: "x", Keys: low}}})
		if err != nil {
			t.Fatal(err)
		}
		slow.byName["p"].swift.Store(false)
		random := rand.New(rand.NewPCG(1, 2))
		var got, want Stack
		answered := 0
		for range 20_000 {
			b := make([]byte, random.IntN(40))
			for i := range b {
				b[i] = byte(random.IntN(256)) * byte(random.IntN(2)) // often 0
			}
			if len(b) > 0 && random.IntN(2) == 0 {
				b[0] = 0x42
			}
			got.ResetFrom(set.StartAt("p"), b, len(b))
			want.ResetFrom(slow.StartAt("p"), b, len(b))
			if got.n > 1 || got.pending.next != nil {
				answered++
			}
			if a, b := told(&got), told(&want); a != b {
				t.Fatalf("%s: %x: quick comes to %s, and the table to %s", name, got.Data, a, b)
			}
		}
		if answered < 500 {
			t.Errorf("%s: but %d of 20,000 had something behind the header", name, answered)
		}
	}
}

// told is what was found of a frame so far.
func told(st *Stack) string {
	text := st.reason
	for i := range st.layers[:st.n] {
		sp := &st.layers[i]
		text += fmt.Sprint("; ", sp.code.Name, sp.Start, sp.Header, sp.End, sp.Wire, sp.Quoted)
	}
	if p := st.pending; p.next != nil {
		text += fmt.Sprint("; pending ", p.key, p.key2, p.start, p.end, p.wire, p.quoted)
	}
	return text
}
