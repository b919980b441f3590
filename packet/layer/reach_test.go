package layer_test

import (
	"testing"

	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// To look for one protocol, which goes no deeper than it must, finds what to look
// at all layers finds.
func TestFirstIsTheFirst(t *testing.T) {
	set := proto.Set()
	all := set.Protos()
	starts := make([]layer.Start, len(all))
	for i, p := range all {
		starts[i] = set.StartAt(p.Name)
	}
	var whole, some layer.Stack
	saved := 0
	framestest.Each(t, 60, func(f framestest.Frame) {
		whole.Reset(set, "link", uint32(f.LinkType), f.Data, f.Length)
		n := whole.Len()
		for i, p := range all {
			some.Reset(set, "link", uint32(f.LinkType), f.Data, f.Length)
			got, want := some.First(starts[i]), whole.Find(p.Name, 0)
			switch {
			case want < 0 && got != nil:
				t.Fatalf("%s frame %d: there is no %s, and one is found at %d", f.Capture, f.Number, p.Name, got.Start)
			case want >= 0 && (got == nil || *got != *whole.Layer(want)):
				t.Fatalf("%s frame %d: %s is layer %d, and %+v is found", f.Capture, f.Number, p.Name, want, got)
			}
			if some.Pending() && n > 0 {
				saved++
			}
		}
	})
	if saved == 0 {
		t.Error("all layers of all frames were looked at")
	}
}
