package decode

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxFile is how many bytes a file may have.
const MaxFile = 4 << 20

const (
	maxBring  = 1 << 20   // bytes of one file named by ${file:…}
	maxDepth  = 64        // sections within sections
	maxVisits = 1_000_000 // values, each alias counted as what it stands for
	maxErrors = 1000
)

// Options say how a file is read. The nil *Options are the defaults.
type Options struct {
	// Dir is the folder that relative file names start from; by default that
	// of the file's name.
	Dir string
	// Env looks up ${env:NAME}; by default os.LookupEnv.
	Env func(name string) (string, bool)
	// ReadFile reads ${file:PATH}; by default os.ReadFile of at most 1 MiB.
	ReadFile func(path string) ([]byte, error)
	// CheckFiles looks whether the files are there that path:"file" and
	// path:"folder" name.
	CheckFiles bool
	// Variables tells which other ${…} the value at path may have: it returns
	// a check of one variable's name, or nil where there are none and each is
	// a mistake. By default all are left as they are.
	Variables func(path []string) (check func(name string) error)
}

func (o *Options) withDefaults(name string) Options {
	full := Options{}
	if o != nil {
		full = *o
	}
	if full.Dir == "" {
		full.Dir = filepath.Dir(name)
	}
	if full.Env == nil {
		full.Env = os.LookupEnv
	}
	if full.ReadFile == nil {
		full.ReadFile = readLimited
	}
	if full.Variables == nil {
		full.Variables = func([]string) func(string) error { return func(string) error { return nil } }
	}
	return full
}

func readLimited(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxBring+1))
	if err == nil && len(data) > maxBring {
		err = fmt.Errorf("%s is larger than 1 MiB", path)
	}
	return data, err
}

// Decode reads the YAML in data into the struct that into points to. The name
// of the file is for messages and for relative file names. The error, if any,
// is of the type [Problems]; the Document is never nil.
func Decode(name string, data []byte, into any, o *Options) (*Document, error) {
	d := &decoder{
		Options: o.withDefaults(name),
		budget:  min(maxVisits, 20_000+2*len(data)), // a few lines of aliases can stand for billions of values
		keys:    map[string]*yaml.Node{},
		structs: structs{},
		doc:     &Document{name: name, places: map[string]place{}, brought: map[string]string{}},
	}
	root, problem := parse(name, data)
	if problem != nil {
		return d.doc, Problems{problem}
	}
	d.doc.record(nil, func(p *place) { p.value = spotOf(root) })
	v := reflect.ValueOf(into).Elem()
	d.value(root, v, Field{Type: v.Type()}, nil)
	if len(d.problems) > 0 {
		return d.doc, d.problems.Sorted()
	}
	return d.doc, nil
}

// parse makes the tree of nodes. What is wrong here is a syntax error, of which
// there is only ever one.
func parse(name string, data []byte) (*yaml.Node, *Problem) {
	at := func(line, column int) Position { return Position{name, max(line, 1), max(column, 1)} }
	if len(data) > MaxFile {
		return nil, at(1, 1).Problem("the file is too large: at most %s are read", FormatSize(MaxFile))
	}
	if line, column, what := badText(data); what != "" {
		return nil, at(line, column).Problem("%s", what)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return nil, at(1, 1).Problem("%v", err)
	}
	var document, second yaml.Node
	switch err := loader.Load(&document); {
	case errors.Is(err, io.EOF), err == nil && len(document.Content) == 0:
		return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: 1, Column: 1}, nil
	case err != nil:
		line, column, message := explain(err, data)
		return nil, at(line, column).Problem("%s", message)
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return nil, at(second.Line, second.Column).Problem("a second document begins here; a config is one document, without ---")
	case !errors.Is(err, io.EOF):
		line, column, message := explain(err, data)
		return nil, at(line, column).Problem("%s", message)
	}
	return document.Content[0], nil
}

// badText finds the first byte that no YAML file may have.
func badText(data []byte) (line, column int, what string) {
	line, column = 1, 1
	if bytes.HasPrefix(data, []byte{0xFE, 0xFF}) || bytes.HasPrefix(data, []byte{0xFF, 0xFE}) {
		return line, column, "the file is UTF-16; save it as UTF-8"
	}
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && size == 1:
			return line, column, fmt.Sprintf("the byte 0x%02x is not UTF-8; save the file as UTF-8", data[0])
		case r == '\n':
			line, column = line+1, 0
		case r < ' ' && r != '\t' && r != '\r', r == 0x7F, r >= 0x80 && r < 0xA0 && r != 0x85, r == 0xFFFE, r == 0xFFFF, r == 0xFEFF:
			return line, column, fmt.Sprintf("the character U+%04X cannot stand here; in double quotes it can be written as \\u%04x", r, r)
		}
		data, column = data[size:], column+1
	}
	return 0, 0, ""
}
