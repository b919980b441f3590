package craft

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/proto"
)

// Limits of a line.
const (
	MaxLine   = 1 << 20 // bytes
	MaxLayers = 32
	MaxFields = 2048 // fields and values together
	MaxFile   = 1 << 16
	maxDepth  = 16 // of fields in fields
)

// Parser reads craft lines. The zero value is ready.
type Parser struct {
	Set      *layer.Set                        // protocols; nil: [proto.Set]
	ReadFile func(name string) ([]byte, error) // what @file reads; nil: nothing, it is an error
	Random   *rand.Rand                        // for rand and fuzz; nil: a generator of its own, seeded at random

	budget int
}

// Parse reads a line; @file reads files of up to [MaxFile] bytes. The error is an
// [*Error] where a place is to blame.
func Parse(line string) (*Spec, error) {
	p := Parser{ReadFile: readFile}
	return p.Parse(line)
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(b) > MaxFile {
		err = fmt.Errorf("%s has more than %d bytes", name, MaxFile)
	}
	return b, err
}

func (p *Parser) read(name string) ([]byte, error) {
	if p.ReadFile == nil {
		return nil, errors.New("files are not read here")
	}
	return p.ReadFile(name)
}

func (p *Parser) set() *layer.Set {
	if p.Set != nil {
		return p.Set
	}
	return proto.Set()
}

// Parse reads a line.
func (p *Parser) Parse(line string) (*Spec, error) {
	if len(line) > MaxLine {
		return nil, fmt.Errorf("the craft line has %d bytes, more than %d", len(line), MaxLine)
	}
	q := *p
	q.budget = MaxFields
	s := &scanner{text: line}
	spec := &Spec{line: line, set: p.set(), random: p.Random, parser: p}
	if err := q.layers(s, spec, false); err != nil {
		return nil, inCharacters(line, err)
	}
	for i, p := range spec.parts {
		if p.fuzz {
			p.vary = newVarier(spec, i)
		}
	}
	return spec, inCharacters(line, spec.check())
}

// layers reads layers with / between, up to the end or the ) of fuzz.
func (p *Parser) layers(s *scanner, spec *Spec, fuzz bool) error {
	for {
		s.space()
		if err := p.layer(s, spec, fuzz); err != nil {
			return err
		}
		s.space()
		switch {
		case s.at == len(s.text) && !fuzz:
			return nil
		case s.at == len(s.text):
			return s.fail(s.at, ") is missing after fuzz(")
		case fuzz && s.take(')'):
			return nil
		case !s.take('/'):
			return s.fail(s.at, "between layers stands /, not %q", s.character(s.at))
		}
	}
}

// layer reads one layer.
func (p *Parser) layer(s *scanner, spec *Spec, fuzz bool) error {
	from := s.at
	if len(spec.parts) >= MaxLayers {
		return s.fail(from, "there are more than %d layers", MaxLayers)
	}
	switch c := s.peek(); {
	case s.at == len(s.text):
		return s.fail(from, "a layer is missing, such as tcp or \"text\"")
	case c == '"', c == '@', strings.HasPrefix(s.text[s.at:], "hex:"), strings.HasPrefix(s.text[s.at:], "${"), strings.HasPrefix(s.text[s.at:], "rand("):
		it, err := p.bytes(s, &payloadField, ")")
		if err != nil {
			return err
		}
		spec.parts = append(spec.parts, &part{payload: it})
		return nil
	}
	name := s.name()
	if name == "fuzz" && s.take('(') {
		return p.layers(s, spec, true)
	}
	pr := spec.set.Proto(name)
	if pr == nil {
		pr = spec.set.Proto(strings.ToLower(name))
	}
	switch {
	case name == "":
		return s.fail(from, "a layer begins with the name of a protocol, not %q", s.character(from))
	case pr == nil:
		return s.fail(from, "there is no protocol %q%s", name, layer.Nearest(name, protoNames(spec.set)))
	}
	pt := &part{proto: pr, column: from, fuzz: fuzz}
	spec.parts = append(spec.parts, pt)
	var err error
	pt.fields, err = p.fields(s, pr.Fields, pr.Name, pt, 0)
	return err
}

// payloadField is what bytes as a layer are read as.
var payloadField = layer.Field{Name: "data.data", Kind: layer.Bytes}

func protoNames(set *layer.Set) (names []string) {
	for _, p := range set.Protos() {
		names = append(append(names, p.Name), p.Alias...)
	}
	return names
}

// fields reads name=value as long as there are any. in is what they are fields
// of, for errors; pt is the layer, if they are its own.
func (p *Parser) fields(s *scanner, scope []layer.Field, in string, pt *part, depth int) (list []*value, err error) {
	for {
		s.space()
		from := s.at
		if s.take('{') {
			v, err := p.group(s, scope, in, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
			continue
		}
		name := s.name()
		if name == "" {
			return list, nil
		}
		if !s.take('=') {
			return nil, s.fail(s.at, "= is missing after %s", name)
		}
		if p.budget--; p.budget < 0 {
			return nil, s.fail(from, "there are more than %d fields and values", MaxFields)
		}
		if pt != nil && (name == "rest" || name == "trailer") {
			it, err := p.bytes(s, &payloadField, ")")
			if err != nil {
				return nil, err
			}
			if name == "rest" {
				pt.rest = it
			} else {
				pt.trailer = it
			}
			continue
		}
		f := layer.FindField(scope, name)
		if f == nil {
			return nil, s.fail(from, "%s has no field %q%s", in, name, layer.Nearest(name, layer.ShortNames(scope)))
		}
		more, err := p.value(s, f, name, depth)
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
}

// group reads the fields of one element of a group that has no name, up to its }.
func (p *Parser) group(s *scanner, scope []layer.Field, in string, depth int) (*value, error) {
	if p.budget--; p.budget < 0 || depth >= maxDepth {
		return nil, s.fail(s.at, "there are more than %d fields and values, or they are nested deeper than %d", MaxFields, maxDepth)
	}
	subs, err := p.fields(s, scope, in, nil, depth)
	if err == nil && !s.take('}') {
		err = s.fail(s.at, "} is missing")
	}
	return &value{field: &layer.Field{}, nested: true, subs: subs}, err
}

// bytes reads one value of bytes.
func (p *Parser) bytes(s *scanner, f *layer.Field, stop string) (*item, error) {
	from := s.at
	if s.peek() == '"' {
		text, err := s.quoted()
		if err != nil {
			return nil, err
		}
		it := &item{text: text, quoted: true, column: from, one: content{b: []byte(text)}}
		it.template = strings.Contains(text, "${") && strings.Contains(s.text[from:s.at], "${") && !strings.Contains(s.text[from:s.at], `\$`)
		return it, nil
	}
	if strings.HasPrefix(s.text[s.at:], "rand(") {
		stop = ""
	}
	text := s.word(stop)
	return p.parseItem(s, f, text, from)
}

// value reads what a field is to hold. Groups that repeat give several.
func (p *Parser) value(s *scanner, f *layer.Field, name string, depth int) ([]*value, error) {
	if composite(f) {
		return p.composite(s, f, name, depth)
	}
	v := &value{field: f, name: name}
	for {
		from := s.at
		if p.budget--; p.budget < 0 {
			return nil, s.fail(from, "there are more than %d fields and values", MaxFields)
		}
		it, err := p.scalar(s, f)
		if err != nil {
			return nil, err
		}
		v.items = append(v.items, it)
		if !s.take(',') {
			return []*value{v}, nil
		}
	}
}

// scalar reads one entry of a list of values.
func (p *Parser) scalar(s *scanner, f *layer.Field) (*item, error) {
	from := s.at
	if s.peek() == '"' {
		it, err := p.bytes(s, f, "")
		if err != nil || it.template {
			return it, err
		}
		if f.Number() || isAddr(f) || f.Kind == layer.MAC || f.Kind == layer.OID || f.Kind == layer.GUID {
			text := it.text
			u, b, err := f.Parse(text)
			if err != nil {
				return nil, s.fail(from, "%s", err)
			}
			it.one = content{u: u, b: b}
			return it, p.fits(s, f, it)
		}
		return it, nil
	}
	stop := ",})"
	if strings.HasPrefix(s.text[s.at:], "rand(") {
		stop = ",}"
	}
	text := s.word(stop)
	if stop == ",}" { // of fuzz(… x=rand(1-2)) the last ) is fuzz's
		if end := strings.IndexByte(text, ')'); end >= 0 && end+1 < len(text) {
			s.at -= len(text) - end - 1
			text = text[:end+1]
		}
	}
	if text == "" && f.Kind != layer.String && f.Kind != layer.CString && f.Kind != layer.Bytes {
		return nil, s.fail(from, "a value is missing")
	}
	return p.parseItem(s, f, text, from)
}
