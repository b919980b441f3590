package decode

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// structure decodes a mapping whose keys are fields, or a scalar in its place.
func (d *decoder) structure(n *yaml.Node, v reflect.Value, f Field, path []string) {
	before, zeros := d.unread, len(d.zeros)
	switch brief, hasShort := d.structs.short(v.Type()); {
	case n.Kind == yaml.MappingNode:
		d.fields(n, v, path)
	case isNull(n):
		d.emptyHint(n, f, path)
		d.missing(n, v, path)
	case hasShort && (n.Kind == yaml.ScalarNode || brief.Type.Kind() == reflect.Slice):
		at := append(slices.Clip(path), brief.Name)
		d.doc.record(at, func(p *place) { p.value = spotOf(n) })
		d.value(n, v.FieldByIndex(brief.Index), brief, at)
		if brief.Required && v.FieldByIndex(brief.Index).IsZero() && d.unread == before {
			d.fail(n, "%s has no value, and needs one", d.title(path))
		}
	default:
		d.wrongShape(n, path, shapeOf(v.Type()))
		return
	}
	d.structs.setDefaults(v)
	d.replaced(zeros)
	if d.unread == before {
		d.validate(n, v, path)
	}
}

// given is a field that the file sets to its zero value.
type given struct {
	Field
	value reflect.Value
	node  *yaml.Node
}

// fields decodes the keys of a struct.
func (d *decoder) fields(n *yaml.Node, v reflect.Value, path []string) {
	fields := d.structs.fields(v.Type())
	seen := map[string]bool{}
	for _, pair := range d.pairs(n, path) {
		i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == pair.key.Value })
		if i < 0 {
			d.unknownKey(pair, fields, path)
			continue
		}
		field, before := fields[i], len(d.problems)
		target := v.FieldByIndex(field.Index)
		d.value(pair.value, target, field, append(slices.Clip(path), field.Name))
		seen[field.Name] = true
		switch empty := isEmpty(target) && len(d.problems) == before; {
		case empty && field.Required:
			d.fail(pair.key, "%q%s has no value, and needs one", field.Name, d.inside(path))
		case empty && !isNull(resolved(pair.value)):
			d.zeros = append(d.zeros, given{field, target, pair.value})
		}
	}
	for _, field := range fields {
		if field.Required && !seen[field.Name] {
			d.fail(d.introduces(n, path), "%q is missing%s", field.Name, d.inside(path))
		}
	}
}

// missing reports the required keys of an empty struct.
func (d *decoder) missing(n *yaml.Node, v reflect.Value, path []string) {
	d.fields(&yaml.Node{Kind: yaml.MappingNode, Line: n.Line, Column: n.Column}, v, path)
}

// introduces is the node to point to when something is missing in a mapping:
// the key that it belongs to.
func (d *decoder) introduces(n *yaml.Node, path []string) *yaml.Node {
	if key := d.keys[joined(path)]; key != nil {
		return key
	}
	return n
}

func (d *decoder) unknownKey(pair pair, fields []Field, path []string) {
	name := pair.key.Value
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	if isNull(pair.value) && pair.key.Style == 0 {
		for i := range name {
			if name[i] == ':' && slices.Contains(names, name[:i]) {
				d.fail(pair.key, "put a space after the colon: %s: %s", name[:i], cut(name[i+1:]))
				return
			}
		}
	}
	p := d.fail(pair.key, "unknown key %q%s", cut(name), d.inside(path))
	if p.Suggestion = Suggest(name, names); p.Suggestion != "" {
		return
	}
	if section := sectionWith(name, fields); section != "" {
		p.Message += "; it belongs in " + section
	} else if len(names) > 0 {
		p.Message += "; the keys are " + keysOf(fields)
	}
}

// sectionWith names the section, one level down, that has the key.
func sectionWith(name string, fields []Field) string {
	for _, f := range fields {
		t := f.Type
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || isText(t) {
			continue
		}
		if slices.ContainsFunc(Fields(t), func(inner Field) bool { return inner.Name == name }) {
			return f.Name
		}
	}
	return ""
}

// replaced reports the fields that the file set to zero and that defaults have
// replaced: a zero cannot be told from a key that is not there.
func (d *decoder) replaced(from int) {
	left := d.zeros[:from]
	for _, zero := range d.zeros[from:] {
		if isEmpty(zero.value) {
			left = append(left, zero) // the defaults of an outer section may still do so
			continue
		}
		d.fail(zero.node, "%s cannot be %s; leave it out for the default%s", zero.Name, zeroText(resolved(zero.node)), offHint(zero.Field))
	}
	d.zeros = left
}

// validate lets a struct check itself.
func (d *decoder) validate(n *yaml.Node, v reflect.Value, path []string) {
	validator, ok := reflect.TypeAssert[interface{ Validate() error }](v.Addr())
	if !ok {
		return
	}
	for _, err := range leaves(validator.Validate()) {
		at := path
		var placed interface{ ConfigPath() []string }
		if errors.As(err, &placed) && len(placed.ConfigPath()) > 0 {
			at = append(slices.Clip(path), placed.ConfigPath()...)
		}
		position := d.doc.Value(at...)
		if len(at) == 0 {
			position = Position{d.doc.name, max(n.Line, 1), max(n.Column, 1)}
		}
		d.keep(position.Problem("%s", d.complaint(err, at, placed != nil)))
	}
}

func zeroText(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		return "empty"
	}
	return cut(n.Value)
}

func offHint(f Field) string {
	if f.Unit != "" || f.Type == durationType || f.Type.Kind() == reflect.Int || f.Type.Kind() == reflect.Int64 {
		return ", or write off for none"
	}
	return ""
}

// setDefaults fills v and the sections below it that the file did not mention.
func (s structs) setDefaults(v reflect.Value) {
	for _, field := range s.fields(v.Type()) {
		inner := v.FieldByIndex(field.Index)
		if inner.Kind() == reflect.Struct && !isText(inner.Type()) {
			s.setDefaults(inner)
		}
	}
	if owner, ok := reflect.TypeAssert[interface{ SetDefaults() }](v.Addr()); ok {
		owner.SetDefaults()
	}
}

// complaint is what a struct says of one of its keys, behind the name of the key.
func (d *decoder) complaint(err error, path []string, placed bool) string {
	if !placed {
		return err.Error()
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner // without the path, which the position tells better
	}
	if name := d.section(path); !strings.Contains(err.Error(), name) {
		return name + ": " + err.Error()
	}
	return err.Error()
}

// leaves takes joined errors apart.
func leaves(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, inner := range joined.Unwrap() {
		all = append(all, leaves(inner)...)
	}
	return all
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
