package tsharktest

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// Frame is one frame as a dissector shows it.
type Frame struct {
	Number int // in the capture, from 1
	Layers []Layer

	// Data and what it begins with are known of our frames and of goldens.
	Data []byte
	Wire int
	Link uint32
}

// Layer is one protocol in a frame. Protocols that tshark nests are listed one
// after another, in the order in which they begin.
type Layer struct {
	Name      string
	Pos, Size int
	Fields    []Field
}

// Field is one field of a layer.
type Field struct {
	Name      string
	Pos, Size int // in bytes from the start of the frame; a Size of -1 is not known
	Depth     int
	Hidden    bool   // tshark does not show it in its tree
	Show      string // "=" means the bytes at Pos, as hexadecimal

	// Of ours alone: what it is, whether it is some bits of a number, and more names.
	Kind layer.Kind
	Bits bool
	U    uint64
	Also []string // names that it answers to as well
}

// same stands for a value that is just the bytes of the field.
const same = "="

// append appends a frame's layers as text: a line for each layer, then its
// fields, indented by one space and one more for each level, a hidden one with a
// tilde:
//
//	udp 34 8
//	 udp.srcport 34 2 53
//	 ~udp.port 34 2 53
func (f *Frame) append(dst []byte) []byte {
	for i := range f.Layers {
		l := &f.Layers[i]
		dst = fmt.Appendf(dst, "%s %d %d\n", l.Name, l.Pos, l.Size)
		for j := range l.Fields {
			dst = l.Fields[j].append(dst)
		}
	}
	return dst
}

func (f *Field) append(dst []byte) []byte {
	for range f.Depth + 1 {
		dst = append(dst, ' ')
	}
	if f.Hidden {
		dst = append(dst, '~')
	}
	dst = append(append(dst, f.Name...), ' ')
	dst = append(strconv.AppendInt(dst, int64(f.Pos), 10), ' ')
	dst = append(strconv.AppendInt(dst, int64(f.Size), 10), ' ')
	return append(append(dst, f.Show...), '\n')
}

// add takes one line that write wrote.
func (f *Frame) add(line string) error {
	text := strings.TrimLeft(line, " ")
	depth := len(line) - len(text)
	text, hidden := strings.CutPrefix(text, "~")
	name, rest, _ := strings.Cut(text, " ")
	first, rest, _ := strings.Cut(rest, " ")
	second, show, _ := strings.Cut(rest, " ")
	pos, err1 := strconv.Atoi(first)
	size, err2 := strconv.Atoi(second)
	if name == "" || err1 != nil || err2 != nil {
		return fmt.Errorf("not a layer or field: %q", line)
	}
	if depth == 0 {
		f.Layers = append(f.Layers, Layer{Name: name, Pos: pos, Size: size})
		return nil
	}
	if len(f.Layers) == 0 {
		return fmt.Errorf("a field without a layer: %q", line)
	}
	l := &f.Layers[len(f.Layers)-1]
	l.Fields = append(l.Fields, Field{Name: name, Pos: pos, Size: size, Depth: depth - 1, Hidden: hidden, Show: show})
	return nil
}

// WriteFrames writes frames as text, each after a line "frame N": its layers, and
// below each its fields with name, place, size and value.
func WriteFrames(w io.Writer, frames []Frame) error {
	var text []byte
	for i := range frames {
		text = fmt.Appendf(text[:0], "frame %d\n", frames[i].Number)
		if _, err := w.Write(frames[i].append(text)); err != nil {
			return err
		}
	}
	return nil
}

// readFrames reads what WriteFrames wrote.
func readFrames(r io.Reader) ([]Frame, error) {
	var frames []Frame
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	for s.Scan() {
		line := s.Text()
		if number, ok := strings.CutPrefix(line, "frame "); ok {
			n, err := strconv.Atoi(number)
			if err == nil {
				frames = append(frames, Frame{Number: n})
				continue
			}
		}
		if len(frames) == 0 {
			return nil, fmt.Errorf("no frame before %q", line)
		}
		if err := frames[len(frames)-1].add(line); err != nil {
			return nil, err
		}
	}
	return frames, s.Err()
}

const maxLine = 4 << 20
