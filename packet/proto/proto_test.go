package proto

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/layer"
)

const synFrame = "0242ac110002 0242ac110003 0800 4500003c1c4640004006b1e6ac110003ac110002 c3500050 00000001 00000000 a002faf0 fe30 0000 020405b40402080a00000001000000000103030768656c6c6f"

func frame(t testing.TB, text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The tables have no mistake, and the coded locators are where the tables say.
func TestSet(t *testing.T) {
	if _, err := layer.NewSet(All()...); err != nil {
		t.Fatal(err)
	}
	b := frame(t, synFrame)
	var st layer.Stack
	st.Reset(Set(), "link", 1, b, len(b))
	var got []string
	for i := range st.Len() {
		sp := st.Layer(i)
		got = append(got, fmt.Sprint(sp.Proto().Name, " ", sp.Start, " ", sp.Header, " ", sp.End))
	}
	if want := "eth 0 14 79, ip 14 34 74, tcp 34 74 74"; strings.Join(got, ", ") != want {
		t.Errorf("layers are %s, and should be %s", strings.Join(got, ", "), want)
	}
}

func BenchmarkLocate(b *testing.B) {
	var st layer.Stack
	data := frame(b, synFrame)
	ref := Set().Fields("tcp.dstport")[0]
	b.ReportAllocs()
	for b.Loop() {
		st.Reset(Set(), "link", 1, data, len(data))
		if v, _ := st.Uint(&ref); v != 80 {
			b.Fatal(v)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	var st layer.Stack
	data := frame(b, synFrame)
	var w layer.Walker
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		st.Reset(Set(), "link", 1, data, len(data))
		for i := range st.Len() {
			w.Walk(&st, i, func(v *layer.Value) bool { n++; return true })
		}
	}
}
