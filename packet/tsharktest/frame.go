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

	// Of ours alone: what it is, and whether it is some bits of a number.
	Kind layer.Kind
	Bits bool
	U    uint64
}

// same stands for a value that is just the bytes of the field.
const same = "="

// write writes a frame's layers as text: a line for each layer, then its fields,
// indented by one space and one more for each level, a hidden one with a tilde:
//
//	udp 34 8
//	 udp.srcport 34 2 53
//	 ~udp.port 34 2 53
func (f *Frame) write(w *bufio.Writer) {
	for i := range f.Layers {
		l := &f.Layers[i]
		fmt.Fprintf(w, "%s %d %d\n", l.Name, l.Pos, l.Size)
		for j := range l.Fields {
			l.Fields[j].write(w)
		}
	}
}

func (f *Field) write(w *bufio.Writer) {
	for range f.Depth + 1 {
		w.WriteByte(' ')
	}
	if f.Hidden {
		w.WriteByte('~')
	}
	w.WriteString(f.Name)
	w.WriteByte(' ')
	w.WriteString(strconv.Itoa(f.Pos))
	w.WriteByte(' ')
	w.WriteString(strconv.Itoa(f.Size))
	w.WriteByte(' ')
	w.WriteString(f.Show)
	w.WriteByte('\n')
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

// WriteFrames writes frames one after another, each after a line "frame N".
func WriteFrames(to io.Writer, frames []Frame) error {
	w := bufio.NewWriter(to)
	for i := range frames {
		fmt.Fprintf(w, "frame %d\n", frames[i].Number)
		frames[i].write(w)
	}
	return w.Flush()
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
