package layer

import (
	"fmt"
	"testing"
)

// Bytes that are not the frame's are walked by the table, and shown without a
// place of their own; the walk goes on where it was.
func TestAside(t *testing.T) {
	p := &Proto{Name: "sealed", On: []On{{Table: "link", Keys: []uint64{1}}}, Fields: []Field{
		{Name: "sealed.len", Bits: 8},
		{Kind: Group, Len: "len", Code: func(w *Walker) {
			_ = w.Aside(0, []byte{7, 0x12, 'h', 'i'}) && (len(w.Rest()) < 3 || w.Aside(0, []byte{8}))
		}, Sub: []Field{{Kind: Group, Sub: []Field{
			{Name: "sealed.kind", Bits: 8},
			{Bits: 8, Sub: []Field{{Name: "sealed.high", Bits: 4}, {Name: "sealed.low", Bits: 4}}},
			{Name: "sealed.text", Kind: String},
		}}}},
		{Name: "sealed.after", Bits: 8},
	}}
	set, err := NewSet(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ data, want, reason string }{
		{"\x02\xAA\xBB\x09", "len@0+1=2 kind@1+0=7 high@1+0=1 low@1+0=2 text@1+0=hi after@3+1=9 ", ""},
		{"\x03\xAA\xBB\xCC\x09", "len@0+1=3 kind@1+0=7 high@1+0=1 low@1+0=2 text@1+0=hi kind@1+0=8 ", "a field is cut off"},
	} {
		var st Stack
		var w Walker
		got := ""
		st.Reset(set, "link", 1, []byte(c.data), len(c.data))
		reason := w.Walk(&st, 0, func(v *Value) bool {
			got += fmt.Sprintf("%s@%d+%d=%s ", v.Field.Name[len("sealed."):], v.Off, v.Len, v.AppendShow(nil))
			return true
		})
		if got != c.want || reason != c.reason {
			t.Errorf("%s (%s), and should be %s (%s)", got, reason, c.want, c.reason)
		}
	}
}

// A part of what a coded field stands in is walked by the table, ends where it is
// told to, and the walk goes on behind it.
func TestPart(t *testing.T) {
	p := &Proto{Name: "parted", Fields: []Field{
		{Kind: Group, Repeat: "*", Code: func(w *Walker) {
			size := int(w.Rest()[0])
			_ = w.Move(1) && w.Part(0, size)
		}, Sub: []Field{{Name: "parted.text", Kind: String}}},
	}}
	set, err := NewSet(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ data, want, reason string }{
		{"\x02hi\x00\x01!", "1+2=hi 4+0= 5+1=! ", ""},
		{"\x02hi\x09!", "1+2=hi ", "a field is cut off"},
	} {
		var st Stack
		var w Walker
		got := ""
		st.ResetFrom(set.StartAt("parted"), []byte(c.data), len(c.data))
		reason := w.Walk(&st, 0, func(v *Value) bool {
			got += fmt.Sprintf("%d+%d=%s ", v.Off, v.Len, v.AppendShow(nil))
			return true
		})
		if got != c.want || reason != c.reason {
			t.Errorf("%s (%s), and should be %s (%s)", got, reason, c.want, c.reason)
		}
	}
}
