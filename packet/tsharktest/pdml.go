package tsharktest

import (
	"bufio"
	"errors"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readPDML reads tshark's -T pdml into frames. It knows as much of XML as tshark
// writes: encoding/xml takes ten times as long.
func readPDML(r io.Reader) ([]Frame, error) {
	p := pdml{r: bufio.NewReaderSize(r, 1<<16)}
	for {
		tag, err := p.tag()
		if errors.Is(err, io.EOF) {
			if len(p.open) > 0 || p.frame != nil {
				return p.frames, io.ErrUnexpectedEOF
			}
			return p.frames, nil
		}
		if err != nil {
			return p.frames, err
		}
		if err := p.take(tag); err != nil {
			return p.frames, err
		}
	}
}

type pdml struct {
	r      *bufio.Reader
	text   []byte
	frames []Frame
	frame  *Frame
	open   []element // proto and field elements around, outermost first
}

// element is an open proto or field.
type element struct {
	proto bool
	layer int // that fields inside belong to, -1 for none
	depth int // of fields inside
	drop  bool
}

// tag reads up to and with the next tag and returns what is in it.
func (p *pdml) tag() (string, error) {
	if err := p.skip(); err != nil {
		return "", err
	}
	p.text = p.text[:0]
	quoted := false
	for {
		c, err := p.r.ReadByte()
		if err != nil {
			return "", io.ErrUnexpectedEOF
		}
		if c == '"' {
			quoted = !quoted
		}
		if c == '>' && !quoted {
			return string(p.text), nil
		}
		if p.text = append(p.text, c); len(p.text) > maxLine {
			return "", errors.New("an element of the PDML is longer than 4 MiB")
		}
	}
}

func (p *pdml) skip() error {
	for {
		c, err := p.r.ReadByte()
		if err != nil {
			return err
		}
		if c == '<' {
			return nil
		}
	}
}

func (p *pdml) take(tag string) error {
	tag, empty := strings.CutSuffix(tag, "/")
	name, attrs, _ := strings.Cut(tag, " ")
	switch name {
	case "packet":
		if p.frame != nil {
			return errors.New("<packet> in a packet")
		}
		p.frames = append(p.frames, Frame{Number: len(p.frames) + 1})
		p.frame = &p.frames[len(p.frames)-1]
	case "/packet":
		if len(p.open) > 0 {
			return errors.New("</packet> before the end of what is in it")
		}
		p.frame = nil
	case "proto", "field":
		if p.frame == nil {
			return fmt.Errorf("<%s> outside of a packet", name)
		}
		a := attributes(attrs)
		if strings.ContainsFunc(a.name, odd) || name == "proto" && a.name == "" {
			return fmt.Errorf("%q is no name of a protocol or field", a.name)
		}
		e := p.element(name == "proto", a)
		if !empty {
			p.open = append(p.open, e)
		}
	case "/proto", "/field":
		if len(p.open) == 0 {
			return fmt.Errorf("<%s> closes nothing", name)
		}
		p.open = p.open[:len(p.open)-1]
	}
	return nil
}

// odd tells what no name has, and what would be read otherwise than written.
func odd(c rune) bool { return c <= ' ' || c == '~' || c == utf8.RuneError || unicode.IsSpace(c) }

// attribute values as tshark writes them, still escaped.
type attrs struct{ name, show, value, pos, size, hide string }

func attributes(s string) (a attrs) {
	for {
		key, rest, ok := strings.Cut(strings.TrimLeft(s, " "), `="`)
		if !ok {
			return a
		}
		value, rest, _ := strings.Cut(rest, `"`)
		s = rest
		switch key {
		case "name":
			a.name = value
		case "show":
			a.show = value
		case "value":
			a.value = value
		case "pos":
			a.pos = value
		case "size":
			a.size = value
		case "hide":
			a.hide = value
		}
	}
}

// wrapper is what tshark calls the element around fields that are in no
// protocol.
const wrapper = "fake-field-wrapper"

// element adds a proto or field to the frame and returns what holds inside it.
func (p *pdml) element(proto bool, a attrs) element {
	around := element{layer: -1, proto: true}
	if len(p.open) > 0 {
		around = p.open[len(p.open)-1]
	}
	inside := element{proto: proto, layer: around.layer, depth: around.depth + 1, drop: around.drop}
	if around.drop {
		return inside
	}
	pos, _ := strconv.Atoi(a.pos)
	size, _ := strconv.Atoi(a.size)
	if proto {
		if around.layer >= 0 { // a nested protocol is also a line of the one around it
			p.field(around, a, pos, size)
		}
		inside.depth, inside.layer = 0, p.layer(a, pos, size)
		inside.drop = inside.layer < 0 && a.name != wrapper
		return inside
	}
	if strings.HasPrefix(a.name, "_ws.") {
		inside.drop = true
		return inside
	}
	if around.layer < 0 {
		around.layer = p.home(a, pos, size)
		inside.layer = around.layer
	}
	if a.name != "" && around.layer >= 0 {
		p.field(around, a, pos, size)
	}
	return inside
}

// layer opens a layer and returns its index, or -1 for what is none.
func (p *pdml) layer(a attrs, pos, size int) int {
	switch a.name {
	case wrapper, "frame", "geninfo":
		return -1
	}
	p.frame.Layers = append(p.frame.Layers, Layer{Name: a.name, Pos: pos, Size: size})
	return len(p.frame.Layers) - 1
}

// home is the layer that a field without one belongs to: the last of the
// protocol that its name begins with. Bytes that no dissector took make a layer.
func (p *pdml) home(a attrs, pos, size int) int {
	if a.name == "data" {
		p.frame.Layers = append(p.frame.Layers, Layer{Name: a.name, Pos: pos, Size: size})
		return len(p.frame.Layers) - 1
	}
	for i := len(p.frame.Layers) - 1; i >= 0; i-- {
		if owner(a.name) == owner(p.frame.Layers[i].Name) {
			return i
		}
	}
	return -1
}

func (p *pdml) field(around element, a attrs, pos, size int) {
	show := a.show
	if strings.IndexByte(show, '&') >= 0 {
		show = html.UnescapeString(show)
	}
	if size > 8 && isBytes(show, a.value) {
		show = same
	}
	l := &p.frame.Layers[around.layer]
	l.Fields = append(l.Fields, Field{
		Name: a.name, Pos: pos, Size: size, Depth: around.depth, Hidden: a.hide == "yes",
		Show: oneLine.Replace(show),
	})
}

// oneLine writes the ends of lines as escapes.
var oneLine = strings.NewReplacer("\n", `\n`, "\r", `\r`)

// isBytes tells whether show is value with colons between the bytes.
func isBytes(show, value string) bool {
	if len(value) < 2 || len(show) != len(value)/2*3-1 {
		return false
	}
	for i := 0; i+1 < len(value); i += 2 {
		at := i / 2 * 3
		if show[at] != value[i] || show[at+1] != value[i+1] || at+2 < len(show) && show[at+2] != ':' {
			return false
		}
	}
	return true
}

// owner is the first part of a name: what is before the first dot.
func owner(name string) string {
	name, _, _ = strings.Cut(name, ".")
	return name
}
