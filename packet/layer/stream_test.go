package layer

import (
	"fmt"
	"slices"
	"testing"
)

// A layer knows whether a stream carries it, and code in it where the message at
// hand starts.
func TestStream(t *testing.T) {
	var tops []int
	msg := &Proto{
		Name: "msg", On: []On{{Table: "by", Keys: []uint64{1, 2}}},
		Fields: []Field{{Kind: Group, Repeat: "stream ? 2 : 1", Sub: []Field{
			{Name: "msg.len", Bits: 8, When: "stream"},
			{Kind: Group, Len: "1", Code: func(w *Walker) {
				if tops = append(tops, w.Top()); w.Emit(0, w.Offset(), 1, uint64(w.Rest()[0]), nil) {
					w.Move(1)
				}
			}, Sub: []Field{{Name: "msg.body", Bits: 8}}},
		}}},
	}
	carry := func(name string, link uint64, stream bool) *Proto {
		return &Proto{
			Name: name, On: []On{{Table: "link", Keys: []uint64{link}}}, Stream: stream, Header: "1",
			Fields: []Field{{Name: name + ".next", Bits: 8}}, Next: []Next{{By: "next", Table: "by"}},
		}
	}
	set, err := NewSet(msg, carry("pipe", 1, true), carry("post", 2, false))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		link uint32
		want string
		tops []int
	}{
		{1, "msg.len=7 msg.body=8 msg.len=9 msg.body=10 ", []int{1, 3}},
		{2, "msg.body=7 ", []int{1}},
	} {
		var st Stack
		var w Walker
		got := ""
		tops = nil
		st.Reset(set, "link", c.link, []byte{1, 7, 8, 9, 10}, 5)
		reason := w.Walk(&st, 1, func(v *Value) bool {
			got += fmt.Sprintf("%s=%d ", v.Field.Name, v.U)
			return true
		})
		if reason != "" || got != c.want || !slices.Equal(tops, c.tops) {
			t.Errorf("link %d: %q, messages at %v, %s; should be %q, %v", c.link, got, tops, reason, c.want, c.tops)
		}
	}
}
