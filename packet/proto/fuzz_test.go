package proto

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// linkTypes are those that a dissection begins with.
var linkTypes = []uint32{0, 1, 9, 12, 50, 101, 104, 108, 113, 228, 229, 276}

// FuzzDissect holds that nothing panics on any frame, that there are not more
// fields than are looked at, and that all lies where it says: layers in one
// another, values in their layer, bytes in the frame.
func FuzzDissect(f *testing.F) {
	f.Add(uint8(1), frame(f, synFrame))
	f.Add(uint8(5), frame(f, "4500001c000100004001f98d7f0000017f000001 0800f7ff00000000"))
	f.Add(uint8(1), frame(f, "333300000001 020000000001 86dd 6000000000203aff fe800000000000000000000000000001 ff020000000000000000000000000001 8700000000000000 fe800000000000000000000000000002 0101020000000001"))
	f.Add(uint8(1), frame(f, "0180c200000e 020000000001 88cc 0207040200000000010403056574680602007800 00"))
	addCaptures(f)
	f.Fuzz(func(t *testing.T, link uint8, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		dissect(t, linkTypes[int(link)%len(linkTypes)], data)
	})
}

// addCaptures begins with the frames of our own captures.
func addCaptures(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "captures", "*.pcap"))
	if err != nil || len(files) == 0 {
		f.Fatalf("there are no captures: %v", err)
	}
	for _, file := range files {
		r, err := pcap.Open(file)
		if err != nil {
			f.Fatal(err)
		}
		var p pcap.Packet
		for r.Read(&p) == nil {
			f.Add(uint8(slices.Index(linkTypes, uint32(p.LinkType))), slices.Clone(p.Data))
		}
		if err := r.Close(); err != nil {
			f.Fatal(err)
		}
	}
}

func dissect(t *testing.T, link uint32, data []byte) {
	var st layer.Stack
	var w layer.Walker
	st.Reset(Set(), "link", link, data, len(data))
	for i := range st.Len() {
		sp := st.Layer(i)
		if sp.Start > sp.Header || sp.Header > sp.End || sp.End > len(data) || sp.Wire < sp.End {
			t.Fatalf("layer %s lies from %d to %d and %d of %d", sp.Proto().Name, sp.Start, sp.Header, sp.End, len(data))
		}
		if i > 0 && (sp.Start < st.Layer(i-1).Header || sp.End > st.Layer(i-1).End) {
			t.Fatalf("layer %s lies outside of the one below", sp.Proto().Name)
		}
		fields := 0
		w.Walk(&st, i, func(v *layer.Value) bool {
			if fields++; fields > 1<<14 {
				t.Fatalf("layer %s has more fields than are looked at", sp.Proto().Name)
			}
			if v.Off < 0 || v.Off > len(data) || v.Len > 0 && v.Off+v.Len > len(data) {
				t.Fatalf("field %s lies at %d+%d of %d", v.Field.Name, v.Off, v.Len, len(data))
			}
			if v.Len > 0 && (v.Off < sp.Start || v.Off+v.Len > sp.End) {
				t.Fatalf("field %s lies at %d+%d, outside of its layer %d to %d", v.Field.Name, v.Off, v.Len, sp.Start, sp.End)
			}
			v.AppendText(nil)
			return true
		})
	}
}
