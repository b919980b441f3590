package tsharktest

import (
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

func testSet(t testing.TB) *layer.Set {
	t.Helper()
	set, err := layer.NewSet(
		&layer.Proto{Name: "data", Fields: []layer.Field{{Name: "data.data", Kind: layer.Bytes}}},
		&layer.Proto{
			Name: "outer", On: []layer.On{{Table: "link", Keys: []uint64{147}}},
			Fields: []layer.Field{{Name: "outer.kind", Bits: 8}, {Name: "outer.len", Bits: 8}},
			Next:   []layer.Next{{By: "kind", Table: "outer.kind"}},
		},
		&layer.Proto{
			Name: "inner", On: []layer.On{{Table: "outer.kind", Keys: []uint64{1}}},
			Fields: []layer.Field{{Name: "inner.a", Bits: 16}},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// their makes a frame of tshark's from its text.
func their(t testing.TB, text string) Frame {
	t.Helper()
	frames, err := readFrames(strings.NewReader("frame 1\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return frames[0]
}

func TestCompare(t *testing.T) {
	const outer = "outer 0 2\n outer.kind 0 1 1\n outer.len 1 1 2\n"
	const inner = "inner 2 2\n inner.a 2 2 0x0304\n"
	for _, tt := range []struct {
		name, theirs                  string
		equal, differ, extra, missing int // of inner
		outer                         int // differing of outer
		shown, all                    int
	}{
		{name: "the same", theirs: outer + inner, equal: 1, shown: 1, all: 1},
		{name: "another value", theirs: outer + "inner 2 2\n inner.a 2 2 0x0305\n", differ: 1, all: 1},
		{name: "another place", theirs: outer + "inner 2 2\n inner.a 3 2 0x0304\n", differ: 1, all: 1},
		{name: "another name", theirs: outer + "inner 2 2\n inner.b 2 2 0x0304\n", differ: 1, all: 1},
		{name: "more names", theirs: outer + inner + " inner.b 2 2 1\n ~inner.c 2 2 1\n other.d 2 2 1\n", equal: 1, shown: 1, all: 2},
		{name: "in the second layer of the kind", theirs: outer + "inner 2 0\n" + inner, equal: 1, shown: 1, all: 1},
		{name: "not in the layer around", theirs: outer + " inner.a 2 2 0x0304\ninner 2 2\n", differ: 1},
		{name: "a layer too many", theirs: outer + "unknown 2 2\n inner.a 2 2 0x0304\n", extra: 1},
		{name: "a field only once", theirs: "outer 0 2\n outer.kind 0 1 1\n" + inner, equal: 1, shown: 1, all: 1, outer: 1},
		{name: "given up before", theirs: outer + "_ws.malformed 2 2\n"},
		{name: "given up within", theirs: outer + "inner 2 2\n_ws.short 2 2\n"},
		{name: "given up, and another value", theirs: outer + "inner 2 2\n inner.a 2 2 5\n_ws.short 2 2\n", differ: 1, all: 1},
		{name: "annotations", theirs: outer + "_ws.short 2 2\n" + inner, equal: 1, shown: 1, all: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set := testSet(t)
			r := NewReport(set)
			r.Add("x", []Frame{Dissect(set, 147, []byte{1, 2, 3, 4}, 4)}, []Frame{their(t, tt.theirs)})
			s := r.stats("inner")
			if s.Equal != tt.equal || s.Differing() != tt.differ || s.Extra.Count != tt.extra || s.Missing.Count != tt.missing {
				t.Errorf("equal %d, differing %d, extra %d, missing %d; want %d, %d, %d, %d",
					s.Equal, s.Differing(), s.Extra.Count, s.Missing.Count, tt.equal, tt.differ, tt.extra, tt.missing)
			}
			if n := r.stats("outer").Differing(); n != tt.outer {
				t.Errorf("%d of outer differ, want %d", n, tt.outer)
			}
			if shown, all := s.Coverage(); shown != tt.shown || all != tt.all {
				t.Errorf("shown %d of %d names, want %d of %d", shown, all, tt.shown, tt.all)
			}
			if want := tt.differ+tt.extra == 0 && tt.equal > 0 && tt.shown*100 >= tt.all*Bar; s.Done() != want {
				t.Errorf("done: %t", s.Done())
			}
		})
	}
}

func TestMissing(t *testing.T) {
	set := testSet(t)
	for _, tt := range []struct{ name, ours, theirs, want string }{
		{"the same", "outer inner", "outer inner", ""},
		{"lacking", "outer data", "outer inner", "inner"},
		{"ended", "outer", "outer inner", "inner"},
		{"unknown to us", "outer data", "outer strange inner", ""},
		{"an annotation between", "outer data", "outer _ws.malformed", ""},
		{"one for several", "outer inner", "outer inner inner", ""},
		{"several for one", "outer outer inner", "outer inner", ""},
		{"lacking after several", "outer outer data", "outer outer inner", "inner"},
	} {
		frame := func(names string) (f Frame) {
			for name := range strings.FieldsSeq(names) {
				f.Layers = append(f.Layers, Layer{Name: name})
			}
			return f
		}
		ours, theirs := frame(tt.ours), frame(tt.theirs)
		if got := missing(NewReport(set), &ours, &theirs); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestReportWrite(t *testing.T) {
	set := testSet(t)
	all := NewReport(set)
	for range 2 {
		r := NewReport(set)
		r.Add("x.pcap", []Frame{Dissect(set, 147, []byte{1, 2, 3, 4}, 4)},
			[]Frame{their(t, "outer 0 2\n outer.kind 0 1 9\n outer.len 1 1 2\n outer.more 1 1 2\n")})
		all.Merge(r)
	}
	var b strings.Builder
	all.Write(&b, Style{Verbose: true, Examples: 1})
	const want = `protocol         frames tshark's     equal   differ  extra  missing     names     %  done
outer                 2        2         2        2      0        0       1/3  33.3  no
  differs outer.kind ×2
    x.pcap#1: ours @0+1 "1"; tshark @0+1 "9"
  lacking: outer.kind(2) outer.more(2)
inner                 2        0         0        0      2        0       0/0   0.0  no
  extra ×2
    x.pcap#1: tshark shows outer
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

// A field may be tshark's under another name of its, or in a layer of tshark's
// that is part of one of ours.
func TestOtherNames(t *testing.T) {
	carried := &layer.Proto{Name: "inner"}
	set, err := layer.NewSet(&layer.Proto{Name: "outer"}, carried)
	if err != nil {
		t.Fatal(err)
	}
	r := NewReport(set)
	ours := Frame{Data: []byte{1, 2}, Layers: []Layer{{Name: "outer", Size: 2, Fields: []Field{
		{Name: "outer.type", Size: 1, Show: "1", U: 1, Also: []string{"outer.opaque"}},
		{Name: "inner.value", Size: 0, Show: "7", U: 7},
		{Name: "inner.value", Size: 0, Show: "8", U: 8},
	}}}}
	theirs := Frame{Layers: []Layer{
		{Name: "outer", Size: 2, Fields: []Field{{Name: "outer.opaque", Size: 1, Show: "1"}}},
		{Name: "inner", Size: 1, Fields: []Field{{Name: "inner.value", Pos: 4, Size: 1, Show: "7"}}},
	}}
	r.frame("x#1", &ours, &theirs, false)
	s := r.stats("outer")
	if s.Equal != 2 || s.Differing() != 1 || s.Differ["inner.value"] == nil {
		t.Errorf("%d equal, %d differing: %v", s.Equal, s.Differing(), s.Differ)
	}
}

// What is sent again is no difference where tshark takes it for something else.
func TestSentAgain(t *testing.T) {
	set, err := layer.NewSet(&layer.Proto{Name: "tcp"}, &layer.Proto{Name: "told"})
	if err != nil {
		t.Fatal(err)
	}
	r := NewReport(set)
	frame := func(seq string, fields ...Field) Frame {
		return Frame{Data: []byte{1}, Layers: []Layer{
			{Name: "tcp", Fields: []Field{{Name: "tcp.seq_raw", Show: seq, Kind: layer.Uint}, {Name: "tcp.payload", Show: "01", Kind: layer.Bytes}}},
			{Name: "told", Fields: fields},
		}}
	}
	value := Field{Name: "told.value", Show: "1", U: 1}
	ours := []Frame{frame("7", value), frame("7", value), frame("8", value)}
	r.Add("x", ours, []Frame{frame("7", value), frame("7"), frame("8")})
	if s := r.stats("told"); s.Equal != 1 || s.Beyond.Count != 1 || s.Differing() != 1 {
		t.Errorf("%d equal, %d beyond, %d differing; want one each", s.Equal, s.Beyond.Count, s.Differing())
	}
}
