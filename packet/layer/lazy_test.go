package layer_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/netwright/netwright/packet/framestest"
	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// Several goroutines that meet protocols for the first time at once see the
// layers, fields and answers that a set shows whose protocols are all ready.
func TestLazySet(t *testing.T) {
	ready, err := layer.NewSet(proto.All()...)
	if err != nil {
		t.Fatal(err)
	}
	var frames []framestest.Frame
	var want []string
	framestest.Each(t, 3, func(f framestest.Frame) {
		f.Data = slices.Clone(f.Data)
		frames = append(frames, f)
		want = append(want, shown(ready, f))
	})
	lazy := layer.LazySet(proto.All()...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, f := range frames {
				if got := shown(lazy, f); got != want[i] {
					t.Errorf("%s frame %d shows\n%s\nand should show\n%s", f.Capture, f.Number, got, want[i])
					return
				}
			}
		})
	}
	for _, name := range ready.Names() {
		a, b := ready.Fields(name), lazy.Fields(name)
		if len(a) != 1 || len(b) != 1 || a[0] != b[0] {
			t.Errorf("%s is %+v, and should be %+v", name, b, a)
		}
	}
	wg.Wait()
}

// shown is all that a set shows of a frame.
func shown(set *layer.Set, f framestest.Frame) string {
	var st layer.Stack
	var w layer.Walker
	var b strings.Builder
	st.Reset(set, "link", uint32(f.LinkType), f.Data, f.Length)
	if st.First(set.StartAt("tcp")) != nil {
		b.WriteString("with TCP: ")
	}
	for i := range st.Len() {
		fmt.Fprint(&b, st.Layer(i).Proto().Name, " ")
		w.Walk(&st, i, func(v *layer.Value) bool {
			fmt.Fprint(&b, v.ID, " ", v.Off, " ", v.Len, " ", v.U, " ")
			return true
		})
	}
	return b.String()
}

func TestLazySetPanicsOnAMistake(t *testing.T) {
	set := layer.LazySet(&layer.Proto{Name: "data"}, &layer.Proto{Name: "wrong", Fields: []layer.Field{{Name: "wrong.a", Bits: 8, When: "nothing == 1"}}})
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "nothing") {
			t.Errorf("the panic is %v, and should name the mistake", p)
		}
	}()
	set.Locate("wrong", []byte{1})
}
