package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/netwright/netwright/config/decode"
)

// object is a JSON object that keeps its order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(m.value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// schema makes the JSON schema (2020-12) of the struct type t.
func schema(t reflect.Type, texts *comments) ([]byte, error) {
	g := &schemas{texts: texts, seen: map[reflect.Type]bool{}}
	root, err := g.structure(decode.Defaults(t))
	if err != nil {
		return nil, err
	}
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue = g.queue[1:]
		definition, err := g.structure(next)
		if err != nil {
			return nil, err
		}
		g.defs = append(g.defs, member{defName(next.Type()), definition})
	}
	g.defs = append(g.defs, member{"variable", object{{"type", "string"}, {"pattern", `\$\{(env|file):[^}]+\}`}}})
	whole := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "Netwright config"},
	}
	whole = append(whole, root...)
	whole = append(whole, member{"$defs", g.defs})
	data, err := json.Marshal(whole)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", " "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// schemas makes one definition for each struct type it meets.
type schemas struct {
	texts *comments
	seen  map[reflect.Type]bool
	queue []reflect.Value // structs with their defaults
	defs  object
}

func defName(t reflect.Type) string { return t.String() }

func (g *schemas) reference(v reflect.Value) object {
	if !g.seen[v.Type()] {
		g.seen[v.Type()] = true
		g.queue = append(g.queue, v)
	}
	return object{{"$ref", "#/$defs/" + defName(v.Type())}}
}

// structure is the schema of a mapping with the keys of the struct v.
func (g *schemas) structure(v reflect.Value) (object, error) {
	t := v.Type()
	var properties object
	var required []string
	for _, f := range decode.Fields(t) {
		property := g.value(f.Type, f, v)
		doc, err := g.texts.field(f)
		if err != nil {
			return nil, err
		}
		if doc != "" {
			property = append(object{{"description", doc}}, property...)
		}
		if text := decode.Default(v, f); text != "" && f.Type.Kind() != reflect.Slice {
			property = append(property, member{"default", text})
		}
		properties = append(properties, member{f.Name, property})
		if f.Required {
			required = append(required, f.Name)
		}
	}
	s := object{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}}
	if required != nil {
		s = append(s, member{"required", required})
	}
	return s, nil
}

// value is the schema of what may stand at the key f of the struct owner, or
// within it.
func (g *schemas) value(t reflect.Type, f decode.Field, owner reflect.Value) object {
	switch {
	case isText(t):
		return object{{"type", []string{"string", "number"}}}
	case t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && !isText(t.Elem()):
		return object{{"anyOf", []any{g.value(t.Elem(), f, owner), object{{"const", "off"}}}}}
	case t.Kind() == reflect.Pointer:
		return g.value(t.Elem(), f, owner)
	case t.Kind() == reflect.Struct:
		return g.section(sample(owner, f, t))
	case t.Kind() == reflect.Slice:
		item := g.value(t.Elem(), f, owner)
		return object{{"anyOf", []any{item, object{{"type", "array"}, {"items", item}}, object{{"type", "null"}}}}}
	case t.Kind() == reflect.Map:
		return object{{"type", []string{"object", "null"}}, {"additionalProperties", g.value(t.Elem(), f, owner)}}
	}
	return scalar(t, f)
}

// section is a struct, or the scalar that may stand in its place.
func (g *schemas) section(v reflect.Value) object {
	for _, f := range decode.Fields(v.Type()) {
		if f.Short {
			return object{{"anyOf", []any{g.reference(v), g.value(f.Type, f, v)}}}
		}
	}
	return g.reference(v)
}

// scalar is the schema of a single value. What is no plain text may also come
// from the environment or a file.
func scalar(t reflect.Type, f decode.Field) object {
	const number = `^[0-9]+(\.[0-9]+)?`
	pattern := func(p string) object { return object{{"type", "string"}, {"pattern", p}} }
	whole := object{{"type", "integer"}, {"minimum", 0}}
	off := object{{"const", "off"}}
	var one []any
	switch {
	case t.Kind() == reflect.Bool:
		one = []any{object{{"type", "boolean"}}, object{{"enum", []string{"on", "off"}}}}
	case t == reflect.TypeFor[time.Duration]():
		one = []any{pattern(`^([0-9]+(\.[0-9]+)?(w|d|h|m|s|ms|us|µs|ns))+$`), off}
	case f.Unit == "bytes":
		one = []any{whole, pattern(number + ` ?([KMGT]i?B|kB|B)?$`), off}
	case f.Unit == "rate":
		one = []any{pattern(number + ` ?([KMGT]i?B|kB|B)? ?/ ?([0-9.]*(w|d|h|m|s|ms|us|ns))+$`), off}
	case f.Unit == "share":
		one = []any{object{{"type", "number"}, {"minimum", 0}, {"maximum", 1}}, pattern(number + ` ?%?$`), off}
	case f.Enum != nil:
		one = []any{object{{"enum", f.Enum}}}
	case t.Kind() == reflect.String:
		return object{{"type", []string{"string", "number", "boolean"}}}
	case t.Kind() == reflect.Float64:
		one = []any{object{{"type", "number"}, {"minimum", 0}}, off}
	case strings.HasPrefix(t.Kind().String(), "uint"):
		one = []any{whole}
	default:
		one = []any{whole, off}
	}
	return object{{"anyOf", append(one, object{{"$ref", "#/$defs/variable"}})}}
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}
