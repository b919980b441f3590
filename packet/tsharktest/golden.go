package tsharktest

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// Golden is what tshark shows of one protocol in some frames. The frames have
// all layers of tshark's by name, and fields in those of the protocol alone.
type Golden struct {
	Protocol string
	Version  string // of the tshark that showed it
	Frames   []GoldenFrame
}

// GoldenFrame is a frame of a golden with the capture that it is from, by its
// name as [Folders.Name] gives it.
type GoldenFrame struct {
	Capture string
	Frame
}

// Goldens lists the golden files in a folder.
func Goldens(folder string) ([]string, error) {
	return filepath.Glob(filepath.Join(folder, "*.txt"))
}

// GoldenPath is where the golden of a protocol is.
func GoldenPath(folder, protocol string) string {
	return filepath.Join(folder, protocol+".txt")
}

// Write writes a golden as text: what it is, then each frame with a line on
// where it is from, one with its bytes, and its layers and fields as
// [WriteFrames] writes them.
func (g *Golden) Write(w io.Writer) error {
	text := fmt.Appendf(nil, "# What tshark shows of this protocol, written by: go run ./packet/testdata/tshark write\nprotocol %s\ntshark %s\n", g.Protocol, g.Version)
	for i := range g.Frames {
		text = g.Frames[i].append(text)
	}
	_, err := w.Write(text)
	return err
}

func (f *GoldenFrame) append(dst []byte) []byte {
	dst = fmt.Appendf(dst, "\nframe %d %d %d %s\n%x\n", f.Number, f.Link, f.Wire, f.Capture, f.Data)
	return f.Frame.append(dst)
}

// ReadGolden reads a golden file.
func ReadGolden(path string) (*Golden, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	g, err := parseGolden(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return g, nil
}

func parseGolden(b []byte) (*Golden, error) {
	g := &Golden{}
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, maxLine)
	for number := 1; s.Scan(); number++ {
		if err := g.add(s.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if g.Protocol == "" || g.Version == "" || len(g.Frames) == 0 {
		return nil, fmt.Errorf("not a golden: it needs the lines protocol and tshark, and a frame")
	}
	for i := range g.Frames {
		if len(g.Frames[i].Data) == 0 {
			return nil, fmt.Errorf("frame %d of %s has no bytes", g.Frames[i].Number, g.Frames[i].Capture)
		}
	}
	return g, nil
}

func (g *Golden) add(line string) error {
	if line == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "frame":
		var f GoldenFrame
		if _, err := fmt.Sscanf(rest, "%d %d %d %s", &f.Number, &f.Link, &f.Wire, &f.Capture); err != nil {
			return fmt.Errorf("a frame has number, link type, length and capture: %w", err)
		}
		g.Frames = append(g.Frames, f)
		return nil
	case len(g.Frames) > 0:
		f := &g.Frames[len(g.Frames)-1]
		if f.Data != nil {
			return f.add(line)
		}
		data, err := hex.DecodeString(line)
		f.Data = data
		return err
	case word == "protocol":
		g.Protocol = rest
		return nil
	case word == "tshark":
		g.Version = rest
		return nil
	}
	return fmt.Errorf("unknown line %q", line)
}

// Compare compares our dissection of the golden's frames with it.
func (g *Golden) Compare(set *layer.Set) (*Stats, error) {
	r := NewReport(set)
	s := r.stats(g.Protocol)
	if s == nil {
		return nil, fmt.Errorf("there is a golden for %s, but no such protocol", g.Protocol)
	}
	for i := range g.Frames {
		f := &g.Frames[i]
		ours := Dissect(set, f.Link, f.Data, f.Wire)
		r.frame(fmt.Sprintf("%s#%d", f.Capture, f.Number), &ours, &f.Frame, false)
	}
	return s, nil
}

// keep makes a golden's frame of our frame's bytes and what tshark shows: fields
// in the layers of the protocol alone, its own in the parts of others, and of the
// TLS that is in our QUIC.
func keep(protocol, capture string, ours, theirs *Frame) GoldenFrame {
	g := GoldenFrame{Capture: capture, Frame: Frame{Number: theirs.Number, Data: ours.Data, Wire: ours.Wire, Link: ours.Link}}
	for _, l := range theirs.Layers {
		kept := Layer{Name: l.Name, Pos: l.Pos, Size: l.Size}
		if l.Name == protocol || protocol == "quic" && l.Name == "tls" {
			kept.Fields = l.Fields
		} else {
			for _, f := range l.Fields {
				if owner(f.Name) == protocol {
					kept.Fields = append(kept.Fields, f)
				}
			}
		}
		g.Layers = append(g.Layers, kept)
	}
	return g
}
