package decode

import (
	"bytes"
	"encoding"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// EncodeOptions say how a struct is written. The zero value writes all of it.
type EncodeOptions struct {
	// Redact writes ●●● for secrets, and for what ${env:…} and ${file:…}
	// brought in the text of the file, where Document is given.
	Redact   bool
	Document *Document
	// Dir is the folder that file names below it are written relative to.
	Dir string
	// Variables is that of [Options], with which the file will be read.
	Variables func(path []string) (check func(name string) error)
}

// Redacted stands for a secret in what [Encode] writes.
const Redacted = "●●●"

// Encode writes the struct v as YAML that [Decode] reads back to the same
// struct. Fields with their zero value are left out, and the entries of a
// mapping come in the order of their names.
func Encode(v any, o EncodeOptions) ([]byte, error) {
	value := reflect.Indirect(reflect.ValueOf(v))
	e := encoder{o}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(e.structure(value, nil)); err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return out.Bytes(), encoder.Close()
}

type encoder struct{ EncodeOptions }

func (e encoder) structure(v reflect.Value, path []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range Fields(v.Type()) {
		field := v.FieldByIndex(f.Index)
		if field.IsZero() {
			continue
		}
		inner := e.value(field, f, append(slices.Clip(path), f.Name))
		if field.Kind() == reflect.Struct && inner.Kind == yaml.MappingNode && len(inner.Content) == 0 {
			continue
		}
		n.Content = append(n.Content, textNode(f.Name), inner)
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

func (e encoder) value(v reflect.Value, f Field, path []string) *yaml.Node {
	switch {
	case isText(v.Type()) || v.Kind() == reflect.Bool || v.Kind() == reflect.String || v.CanInt() || v.CanUint() || v.CanFloat():
		return e.scalar(v, f, path)
	case v.Kind() == reflect.Pointer:
		return e.value(v.Elem(), f, path)
	case v.Kind() == reflect.Struct:
		return e.structure(v, path)
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: emptyStyle(v)}
		for i := range v.Len() {
			n.Content = append(n.Content, e.value(v.Index(i), f.element(), append(slices.Clip(path), strconv.Itoa(i))))
		}
		return n
	}
	n := &yaml.Node{Kind: yaml.MappingNode, Style: emptyStyle(v)}
	names := v.MapKeys()
	slices.SortFunc(names, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, name := range names {
		of := f.element()
		of.Secret = of.Secret || slices.ContainsFunc(f.Secrets, func(s string) bool { return strings.EqualFold(s, name.String()) })
		inner := e.value(v.MapIndex(name), of, append(slices.Clip(path), name.String()))
		n.Content = append(n.Content, textNode(name.String()), inner)
	}
	return n
}

func emptyStyle(v reflect.Value) yaml.Style {
	if v.Len() == 0 {
		return yaml.FlowStyle
	}
	return 0
}

func (e encoder) scalar(v reflect.Value, f Field, path []string) *yaml.Node {
	if e.Redact {
		if e.Document != nil {
			if raw, ok := e.Document.Raw(path...); ok {
				return textNode(raw)
			}
		}
		if f.Secret {
			return textNode(Redacted)
		}
	}
	text := formatScalar(v, f)
	if v.Kind() == reflect.String {
		if e.Dir != "" && f.Path != "" {
			if short, err := filepath.Rel(e.Dir, text); err == nil && filepath.IsLocal(short) {
				text = short
			}
		}
		if e.Variables != nil && e.Variables(path) == nil {
			text = strings.ReplaceAll(text, "${", "$${")
		}
		return textNode(text)
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: text}
}

// formatScalar writes v as setScalar reads it.
func formatScalar(v reflect.Value, f Field) string {
	switch {
	case isText(v.Type()):
		if text, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
			if b, err := text.MarshalText(); err == nil {
				return string(b)
			}
		}
		return fmt.Sprint(v.Interface())
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.Type() == durationType:
		return FormatDuration(time.Duration(v.Int()))
	case f.Unit == "bytes" && v.CanInt():
		return FormatSize(v.Int())
	case v.CanInt() && v.Int() < 0:
		return "off"
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case f.Unit == "rate":
		return FormatRate(v.Float())
	case f.Unit == "share":
		return FormatShare(v.Float())
	case v.Float() < 0:
		return "off"
	}
	return strconv.FormatFloat(v.Float(), 'f', -1, 64)
}

// textNode writes s so that it is read as a text, whatever it looks like.
func textNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch s {
	case "true", "false", "null", "~", "", "on", "off", "yes", "no":
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// Defaults returns a struct of the type t with what SetDefaults puts into it.
func Defaults(t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	structs{}.setDefaults(v)
	return v
}

// Default returns what the field f has in the struct v, which comes from
// [Defaults], in the form of the file, or "" for nothing. The tag default of
// the field comes first.
func Default(v reflect.Value, f Field) string {
	if f.Default != "" {
		return strings.TrimPrefix(f.Default, "-")
	}
	field := v.FieldByIndex(f.Index)
	for field.Kind() == reflect.Pointer && !field.IsNil() {
		field = field.Elem()
	}
	switch kind := field.Kind(); {
	case field.IsZero(), kind == reflect.Pointer, kind == reflect.Map, kind == reflect.Struct && !isText(field.Type()):
		return ""
	case kind == reflect.Slice:
		items := make([]string, field.Len())
		for i := range items {
			if item := field.Index(i); item.Kind() != reflect.Struct || isText(item.Type()) {
				items[i] = formatScalar(item, f.element())
			}
		}
		return strings.Join(items, ", ")
	}
	return formatScalar(field, f)
}
