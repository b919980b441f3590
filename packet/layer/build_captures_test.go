package layer_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// Every frame of every capture, taken apart and built, is the same frame.
func TestPartsBuildTheSame(t *testing.T) {
	set := proto.Set()
	var st layer.Stack
	type count struct{ whole, part, raw int }
	counts := map[string]*count{}
	frames := 0
	framestest.Each(t, 60, func(f framestest.Frame) {
		st.Reset(set, "link", uint32(f.LinkType), f.Data, f.Length)
		parts := st.Parts()
		got, err := set.Build(nil, parts...)
		if err != nil {
			t.Errorf("%s frame %d: %v", f.Capture, f.Number, err)
			return
		}
		if !bytes.Equal(got, f.Data) {
			t.Errorf("%s frame %d is\n%x and is built as\n%x", f.Capture, f.Number, f.Data, got)
		}
		frames++
		for i := range parts {
			p := &parts[i]
			c := counts[p.Proto]
			if c == nil {
				c = &count{}
				counts[p.Proto] = c
			}
			switch {
			case len(p.Rest) == 0 && !hasRaw(p.Fields):
				c.whole++
			case len(p.Fields) == 0:
				c.raw++
				if c.raw < 3 && testing.Verbose() {
					t.Logf("%s frame %d: %s is raw (%s)", f.Capture, f.Number, p.Proto, st.Reason())
				}
			default:
				c.part++
				if c.part < 3 && testing.Verbose() {
					t.Logf("%s frame %d: %s is in parts: %+v %x", f.Capture, f.Number, p.Proto, p.Fields, p.Rest)
				}
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%-12s built of fields %5d, partly %5d, as bytes %5d", name, counts[name].whole, counts[name].part, counts[name].raw)
	}
	if frames < 1000 {
		t.Errorf("only %d frames", frames)
	}
}

func hasRaw(fields []layer.Given) bool {
	for i := range fields {
		if fields[i].Raw != nil || hasRaw(fields[i].Sub) {
			return true
		}
	}
	return false
}
