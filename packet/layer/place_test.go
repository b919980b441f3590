package layer

import (
	"fmt"
	"testing"
)

// shown walks the only layer of a frame and tells what it shows, and where.
func shown(t *testing.T, p *Proto, data []byte) (got []string) {
	t.Helper()
	set, err := NewSet(p, &Proto{Name: "data"})
	if err != nil {
		t.Fatal(err)
	}
	var st Stack
	st.Reset(set, "link", 1, data, len(data))
	var w Walker
	if reason := w.Walk(&st, 0, func(v *Value) bool {
		got = append(got, fmt.Sprintf("%s %d+%d depth %d = %d", v.Field.Name, v.Off, v.Len, v.Depth, v.U))
		return true
	}); reason != "" {
		t.Fatal(reason)
	}
	return got
}

func TestPlaces(t *testing.T) {
	link := []On{{Table: "link", Keys: []uint64{1}}}
	for _, c := range []struct {
		name string
		p    *Proto
		want string
	}{
		{"calculated over bytes", &Proto{Name: "x", On: link, Fields: []Field{
			{Alias: "words", Bits: 4}, {Name: "x.flags", Bits: 4},
			{Name: "x.len", Calc: "words * 4", At: "0", Len: "1"},
			{Name: "x.next", Bits: 8},
		}}, "[x.flags 0+1 depth 0 = 5 x.len 0+1 depth 0 = 28 x.next 1+1 depth 0 = 137]"},
		{"bits of a number without a name", &Proto{Name: "x", On: link, Fields: []Field{
			{Bits: 16, Sub: []Field{{Name: "x.a", Bits: 4}, {Alias: "b", Bits: 4}, {Name: "x.c", Bits: 8}}},
			{Name: "x.b", Calc: "b"},
		}}, "[x.a 0+2 depth 0 = 7 x.c 0+2 depth 0 = 137 x.b 2+0 depth 0 = 5]"},
		{"tight bits", &Proto{Name: "x", On: link, Fields: []Field{
			{Bits: 4},
			{Name: "x.flags", Bits: 12, Tight: true, Sub: []Field{{Name: "x.a", Bits: 3}, {Name: "x.b", Bits: 3}, {Name: "x.c", Bits: 6}}},
		}}, "[x.flags 0+2 depth 0 = 1417 x.a 0+1 depth 1 = 2 x.b 0+2 depth 1 = 6 x.c 1+1 depth 1 = 9]"},
		{"calculated under a condition", &Proto{Name: "x", On: link, Fields: []Field{
			{Name: "x.flags", Bits: 16, Sub: []Field{
				{Name: "x.a", Bits: 4}, {Bits: 12},
				{Name: "x.yes", Calc: "1", When: "a & 6 == 6"}, {Name: "x.no", Calc: "1", When: "a & 6 != 6"},
			}},
		}}, "[x.flags 0+2 depth 0 = 30089 x.a 0+2 depth 1 = 7 x.yes 0+0 depth 1 = 1]"},
	} {
		if got := fmt.Sprint(shown(t, c.p, []byte{0x75, 0x89})); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A payload may end before the layer does, and what quotes a packet may hold the
// begin of it alone.
func TestPayload(t *testing.T) {
	outer := &Proto{
		Name: "outer", On: []On{{Table: "link", Keys: []uint64{1}}},
		Fields: []Field{
			{Name: "outer.len", Bits: 8},
			{Name: "outer.behind", Kind: Bytes, At: "header + len"},
		},
		Header: "1", Payload: "len",
		Next: []Next{{Proto: "inner", Quoted: true}},
	}
	inner := &Proto{Name: "inner", Fields: []Field{{Name: "inner.word", Bits: 32}}}
	set, err := NewSet(outer, inner, &Proto{Name: "data"})
	if err != nil {
		t.Fatal(err)
	}
	var st Stack
	st.Reset(set, "link", 1, []byte{2, 0xA, 0xB, 0xC, 0xD}, 5)
	if st.Len() != 2 || *st.Layer(0) != (Span{st.Layer(0).code, 0, 1, 5, 5, false}) || *st.Layer(1) != (Span{st.Layer(1).code, 1, 3, 3, 3, true}) {
		t.Errorf("%d layers: %+v %+v", st.Len(), st.Layer(0), st.Layer(1))
	}
	if st.Reason() != "" {
		t.Errorf("a quoted packet that is cut off counts as malformed: %s", st.Reason())
	}
	var w Walker
	w.Walk(&st, 0, func(v *Value) bool {
		if v.Field.Name == "outer.behind" && (v.Off != 3 || v.Len != 2) {
			t.Errorf("what lies behind the payload is at %d+%d", v.Off, v.Len)
		}
		return true
	})
}

// Bounds may depend on a field whose place varies.
func TestWalkedBounds(t *testing.T) {
	p := &Proto{
		Name: "x", On: []On{{Table: "link", Keys: []uint64{1}}},
		Fields: []Field{{Name: "x.name", Kind: CString}, {Name: "x.len", Bits: 8}},
		Header: "rest - len", Next: []Next{{Proto: "data"}},
	}
	set, err := NewSet(p, &Proto{Name: "data", Fields: []Field{{Name: "data.data", Kind: Bytes}}})
	if err != nil {
		t.Fatal(err)
	}
	var st Stack
	st.Reset(set, "link", 1, []byte("ab\x00\x02yz"), 6)
	if st.Len() != 2 || st.Layer(0).Header != 4 {
		t.Errorf("%d layers, the first with a header of %d", st.Len(), st.Layer(0).Header)
	}
}
