package layer

import "testing"

// A layer knows whether it was found by the port that it comes from.
func TestReply(t *testing.T) {
	inner := &Proto{
		Name: "inner", On: []On{{Table: "port", Keys: []uint64{7, 8}}},
		Fields: []Field{{Name: "inner.reply", Calc: "reply"}, {Name: "inner.head", Bits: 8}}, Header: "1",
		Next: []Next{{Proto: "inmost"}},
	}
	inmost := &Proto{Name: "inmost", Fields: []Field{{Name: "inmost.reply", Calc: "reply"}, {Name: "inmost.data", Kind: Bytes}}}
	set, err := NewSet(inner, inmost, &Proto{
		Name: "carrier", On: []On{{Table: "link", Keys: []uint64{1}}}, Header: "2",
		Fields: []Field{{Name: "carrier.from", Bits: 8}, {Name: "carrier.to", Bits: 8}},
		Next:   []Next{{By: "from, to", Table: "port"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ref, deep := set.Fields("inner.reply")[0], set.Fields("inmost.reply")[0]
	for _, c := range []struct {
		from, to byte
		want     uint64
	}{{7, 99, 1}, {99, 7, 0}, {7, 8, 0}, {3, 8, 0}, {8, 3, 1}} {
		var st Stack
		st.Reset(set, "link", 1, []byte{c.from, c.to, 0, 0}, 4)
		if got, ok := st.Uint(&ref); !ok || got != c.want {
			t.Errorf("from %d to %d: reply is %d, %v, and should be %d", c.from, c.to, got, ok, c.want)
		}
		if got, ok := st.Uint(&deep); !ok || got != c.want {
			t.Errorf("from %d to %d: the inmost reply is %d, %v, and should be %d", c.from, c.to, got, ok, c.want)
		}
	}
}
