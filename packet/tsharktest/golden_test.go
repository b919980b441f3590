package tsharktest

import (
	"bytes"
	"reflect"
	"testing"
)

func testGolden(t testing.TB) *Golden {
	theirs := their(t, "outer 0 2\n outer.kind 0 1 1\ninner 2 2\n inner.a 2 2 0x0304\n ~inner.b 2 2 x  y \n")
	ours := Frame{Data: []byte{1, 2, 3, 4}, Wire: 9, Link: 147}
	return &Golden{Protocol: "inner", Version: "4.0.17", Frames: []GoldenFrame{
		keep("inner", "some/x.pcap", &ours, &theirs),
		keep("inner", "some/y.pcap", &ours, &theirs),
	}}
}

func TestGolden(t *testing.T) {
	want := testGolden(t)
	var b bytes.Buffer
	if err := want.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := parseGolden(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got:\n%+v\nwant:\n%+v", got, want)
	}
	if len(got.Frames[0].Layers[0].Fields) != 0 {
		t.Error("the fields of other protocols are kept too")
	}
	s, err := got.Compare(testSet(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.Equal != 2 || !s.Done() {
		t.Errorf("equal %d, done %t; want 2, true", s.Equal, s.Done())
	}
	got.Frames[1].Data[3]++
	if s, err := got.Compare(testSet(t)); err != nil || s.Done() {
		t.Errorf("done: %t (%v), though a byte is another", s.Done(), err)
	}
}

func TestChosen(t *testing.T) {
	all := map[string]*candidate{}
	add := func(capture, fields string) {
		theirs, ours := their(t, "inner 0 1\n"+fields), Frame{Data: []byte{1}}
		consider(all, keep("inner", capture, &ours, &theirs), "inner")
	}
	add("a", " inner.a 0 1 1\n")
	add("b", " inner.a 0 1 1000000\n") // shows the same, and is larger
	add("c", " inner.a 0 1 1\n inner.b 0 1 1\n inner.c 0 1 1\n")
	add("d", " inner.d 0 1 1\n")
	var got []string
	for _, c := range chosen(all) {
		got = append(got, c.frame.Capture)
	}
	if want := []string{"c", "d"}; !reflect.DeepEqual(got, want) {
		t.Errorf("chosen %v, want %v", got, want)
	}
}

// A golden that can be read is written as it was read.
func FuzzGolden(f *testing.F) {
	var b bytes.Buffer
	if err := testGolden(f).Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := parseGolden(text)
		if err != nil {
			return
		}
		var b, c bytes.Buffer
		if err := g.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := parseGolden(b.Bytes())
		if err != nil {
			t.Fatalf("%v in:\n%q", err, b.Bytes())
		}
		if err := again.Write(&c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(b.Bytes(), c.Bytes()) {
			t.Errorf("written:\n%q\nread and written again:\n%q", b.Bytes(), c.Bytes())
		}
	})
}
