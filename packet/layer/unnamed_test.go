package layer

import (
	"bytes"
	"testing"
)

// A field whose value is shown otherwise than it is sent is built by either name,
// and expressions mean what is sent.
func TestShownOtherwise(t *testing.T) {
	set, err := NewSet(&Proto{Name: "p", On: []On{{Table: "link", Keys: []uint64{7}}}, Header: "2", Total: "len", Fields: []Field{
		{Alias: "len", Also: []string{"p.len"}, Bits: 16, Auto: "total"},
		{Name: "p.len", Calc: "len != 0 ? len : wire", At: "0", Len: "2"},
	}}, &Proto{Name: "data", Fields: []Field{{Name: "data.data", Kind: Bytes}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"p.len": "\x00\x00abc", "len": "\x00\x00abc", "": "\x00\x05abc"} {
		part := Part{Proto: "p"}
		if name != "" {
			part.Fields = []Given{{Name: name}}
		}
		got, err := set.Build(nil, part, Part{Rest: []byte("abc")})
		if err != nil || string(got) != want {
			t.Errorf("with %q: %x, %v; should be %x", name, got, err, want)
		}
		var st Stack
		st.Reset(set, "link", 7, got, len(got))
		var shown uint64
		var w Walker
		w.Walk(&st, 0, func(v *Value) bool { shown = v.U; return true })
		if shown != 5 {
			t.Errorf("with %q: it is shown as %d, and should be as 5", name, shown)
		}
		if again, err := set.Build(nil, st.Parts()...); err != nil || !bytes.Equal(again, got) {
			t.Errorf("with %q: built again it is %x, %v", name, again, err)
		}
	}
	if _, err := set.Build(nil, Part{Proto: "p"}, Part{Rest: make([]byte, 1<<16)}); err == nil || err.Error() != "p: p.len: 65538 does not fit in 16 bits" {
		t.Errorf("the error is %v", err)
	}
}

// A field whose length is counted in words is filled up to a whole one, and bits
// of a number that say a length are computed though others of it are given.
func TestFilledUp(t *testing.T) {
	set, err := NewSet(&Proto{Name: "p", Fields: []Field{
		{Alias: "options", Kind: Group, Repeat: "*", Len: "u8(1) == 0 ? rest + 1 : u8(1) * 4", Sub: []Field{
			{Name: "p.kind", Bits: 8}, {Name: "p.words", Bits: 8}, {Name: "p.data", Kind: Bytes},
		}},
	}}, &Proto{Name: "q", Fields: []Field{
		{Alias: "things", Kind: Group, Repeat: "*", Len: "(u16(0) & 0x1FF) + 2", Sub: []Field{
			{Bits: 16, Sub: []Field{{Name: "q.kind", Bits: 7}, {Name: "q.size", Bits: 9, Auto: "total - 2"}}},
			{Name: "q.text", Kind: String},
		}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := set.Build(nil, Part{Proto: "p", Fields: []Given{{Name: "options", Sub: []Given{{Name: "kind", U: 9}, {Name: "data", B: []byte("abc")}}}}})
	if want := "\x09\x02abc\x00\x00\x00"; err != nil || string(got) != want {
		t.Errorf("it is %q, %v, and should be %q", got, err, want)
	}
	got, err = set.Build(nil, Part{Proto: "q", Fields: []Given{{Name: "things", Sub: []Given{{Name: "kind", U: 2}, {Name: "text", B: []byte("abc")}}}}})
	if want := "\x04\x03abc"; err != nil || string(got) != want {
		t.Errorf("it is %q, %v, and should be %q", got, err, want)
	}
}
