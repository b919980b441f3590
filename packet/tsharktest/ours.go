package tsharktest

import (
	"bytes"
	"errors"
	"io"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// Ours reads a capture by our tables. Of a capture that is cut short it returns
// the frames before that.
func Ours(set *layer.Set, capture string) ([]Frame, error) {
	r, err := pcap.Open(capture)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var frames []Frame
	var p pcap.Packet
	for {
		err := r.Read(&p)
		if errors.Is(err, io.EOF) || err != nil && len(frames) > 0 {
			return frames, nil
		}
		if err != nil {
			return nil, err
		}
		frames = append(frames, Dissect(set, uint32(p.LinkType), bytes.Clone(p.Data), p.Length))
		frames[len(frames)-1].Number = len(frames)
	}
}

// Dissect reads one frame by our tables. link is a LINKTYPE_ value and wire the
// length on the wire.
func Dissect(set *layer.Set, link uint32, data []byte, wire int) Frame {
	var st layer.Stack
	var w layer.Walker
	st.Reset(set, "link", link, data, wire)
	f := Frame{Data: data, Wire: wire, Link: link}
	for i := range st.Len() {
		sp := st.Layer(i)
		l := Layer{Name: sp.Proto().Name, Pos: sp.Start, Size: sp.Header - sp.Start}
		w.Walk(&st, i, func(v *layer.Value) bool {
			l.Fields = append(l.Fields, Field{
				Name: v.Field.Name, Pos: v.Off, Size: v.Len, Depth: v.Depth, Show: string(v.AppendShow(nil)),
				Kind: v.Field.Kind, Bits: v.Bits > 0, U: v.U, Also: v.Field.Also,
			})
			return true
		})
		f.Layers = append(f.Layers, l)
	}
	return f
}
