package decode

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// decoder walks the nodes against the types and collects what is wrong.
type decoder struct {
	Options
	doc      *Document
	keys     map[string]*yaml.Node // by path
	structs  structs
	problems Problems
	unread   int // problems that left a value undecided, so that its struct cannot be validated
	zeros    []given
	depth    int
	visits   int // values met, at most budget
	budget   int
	stopped  bool
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) *Problem {
	p := Position{d.doc.name, max(n.Line, 1), max(n.Column, 1)}.Problem(format, args...)
	d.unread++
	d.keep(p)
	return p
}

func (d *decoder) keep(p *Problem) {
	if len(d.problems) < maxErrors {
		d.problems = append(d.problems, p)
	}
}

// value decodes n into v. The field f says what the tags ask of it.
func (d *decoder) value(n *yaml.Node, v reflect.Value, f Field, path []string) {
	if d.stopped {
		return
	}
	n = resolved(n)
	d.depth++
	defer func() { d.depth-- }()
	if !d.bounded(n) {
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.fail(n, "the tag %s is not read here; if the value begins with \"!\", put it in quotes", n.Tag)
		return
	}
	switch {
	case isText(v.Type()), v.Kind() == reflect.Bool, v.Kind() == reflect.String, v.CanInt(), v.CanUint(), v.CanFloat():
		d.scalar(n, v, f, path)
	case v.Kind() == reflect.Pointer:
		d.pointer(n, v, f, path)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, f, path)
	case v.Kind() == reflect.Slice:
		d.list(n, v, f, path)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		d.mapping(n, v, f, path)
	default:
		panic("decode: no way to read YAML into " + v.Type().String()) // a mistake of the struct, not of the file
	}
}

// bounded holds the limits against a file made to cost more than its size.
func (d *decoder) bounded(n *yaml.Node) bool {
	d.visits++
	switch {
	case d.depth > maxDepth:
		d.fail(n, "more than %d sections within each other; does an alias refer to itself?", maxDepth)
	case d.visits > d.budget && !d.stopped:
		d.stopped = true
		d.fail(n, "with its aliases the file stands for more than %d values", d.budget)
	}
	return d.depth <= maxDepth && !d.stopped
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

func (d *decoder) pointer(n *yaml.Node, v reflect.Value, f Field, path []string) {
	f.Type = v.Type().Elem()
	switch section := f.Type.Kind() == reflect.Struct && !isText(f.Type); {
	case section && isNull(n):
		d.fail(n, "%s has no value; write {} for its defaults, or off for none", d.title(path))
		return
	case section && n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == "off":
		return // as if it were not there, where a merge brings one in
	}
	target := reflect.New(f.Type)
	d.value(n, target.Elem(), f, path)
	v.Set(target)
}

// list decodes a sequence, or one value as a list of one. An empty list is not
// nil: an owner can tell "allow nobody" from "allow was not given".
func (d *decoder) list(n *yaml.Node, v reflect.Value, f Field, path []string) {
	items := []*yaml.Node{n}
	switch {
	case n.Kind == yaml.SequenceNode:
		items = n.Content
	case isNull(n):
		d.emptyHint(n, f, path)
		items = nil
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		at := append(slices.Clip(path), strconv.Itoa(i))
		d.doc.record(at, func(p *place) { p.value = spotOf(item) })
		d.value(item, list.Index(i), f.element(), at)
	}
	v.Set(list)
}

// mapping decodes names to values.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value, f Field, path []string) {
	if isNull(n) {
		d.emptyHint(n, f, path)
		v.Set(reflect.MakeMap(v.Type()))
		return
	}
	if n.Kind != yaml.MappingNode {
		d.wrongShape(n, path, "a mapping of names to values")
		return
	}
	pairs := d.pairs(n, path)
	result := reflect.MakeMapWithSize(v.Type(), len(pairs))
	for _, pair := range pairs {
		item := reflect.New(f.Type.Elem()).Elem()
		d.value(pair.value, item, f.element(), append(slices.Clip(path), pair.key.Value))
		result.SetMapIndex(reflect.ValueOf(pair.key.Value).Convert(v.Type().Key()), item)
	}
	v.Set(result)
}

// wrongShape reports a scalar, list or mapping where another was wanted.
func (d *decoder) wrongShape(n *yaml.Node, path []string, want string) {
	got := "a list"
	switch n.Kind {
	case yaml.MappingNode:
		got = "a mapping"
	case yaml.ScalarNode:
		got = strconv.Quote(cut(n.Value))
		if key, value, found := strings.Cut(n.Value, ":"); found && n.Style == 0 && key != "" && !strings.ContainsAny(key, "/ ") && value != "" {
			d.fail(n, "%s must be %s; put a space after the colon: %s: %s", d.title(path), want, cut(key), cut(value))
			return
		}
	}
	d.fail(n, "%s must be %s, not %s", d.title(path), want, got)
}

// section is the last key of the path, "" for the whole file. The items of a
// list have none.
func (d *decoder) section(path []string) string {
	for n := len(path); n > 0; n-- {
		if d.keys[joined(path[:n])] != nil {
			return path[n-1]
		}
		if _, err := strconv.Atoi(path[n-1]); err != nil {
			return path[n-1]
		}
	}
	return ""
}

// title is what a message calls the value at path.
func (d *decoder) title(path []string) string {
	name := d.section(path)
	switch {
	case name == "":
		return "the file"
	case name != path[len(path)-1]:
		return "an entry of " + name
	}
	return name
}

// inside says in which section a key stands.
func (d *decoder) inside(path []string) string {
	if name := d.section(path); name != "" {
		return " in " + name
	}
	return ""
}

// isEmpty tells whether v cannot be told from a key that is not there, or is a
// list or mapping of nothing.
func isEmpty(v reflect.Value) bool {
	return v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// cut shortens what a message quotes.
func cut(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

func keysOf(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	if len(names) > 12 {
		names = append(names[:12], "…")
	}
	return strings.Join(names, ", ")
}

func shapeOf(t reflect.Type) string {
	return fmt.Sprintf("a mapping (%s)", keysOf(Fields(t)))
}
