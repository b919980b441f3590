package decode

import (
	"reflect"
	"slices"
	"strings"
)

// Field is one key of a struct, as its tags describe it.
type Field struct {
	Name     string       // the key
	GoName   string       // the name of the struct field
	Owner    reflect.Type // the struct that declares it, an embedded one for inline keys
	Type     reflect.Type
	Index    []int    // for reflect.Value.FieldByIndex
	Unit     string   // "bytes", "rate", "share" or ""
	Enum     []string // what a string may be, nil for anything
	Required bool
	Secret   bool
	Secrets  []string // the names whose values in a map are secret
	Path     string   // "file" or "folder", which must be there, or "true" for any name; "" for no name of a file
	Default  string   // what documents say of the default, where it is not what SetDefaults makes; "-" for nothing
	Short    bool     // a scalar in place of the struct sets this field
}

// Fields returns the keys of the struct type t in the order of its fields,
// those of inline structs in their place.
func Fields(t reflect.Type) []Field {
	var fields []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		if strings.Contains(options, "inline") && sf.Type.Kind() == reflect.Struct {
			for _, inner := range Fields(sf.Type) {
				inner.Index = append([]int{i}, inner.Index...)
				inner.Required = inner.Required && !strings.Contains(options, "optional")
				inner.Short = inner.Short && !strings.Contains(options, "optional")
				fields = append(fields, inner)
			}
			continue
		}
		if !tagged || name == "-" || !sf.IsExported() {
			continue
		}
		field := Field{
			Name: name, GoName: sf.Name, Owner: t, Type: sf.Type, Index: []int{i},
			Unit:     sf.Tag.Get("unit"),
			Required: sf.Tag.Get("required") == "true",
			Secret:   sf.Tag.Get("secret") == "true",
			Path:     sf.Tag.Get("path"),
			Default:  sf.Tag.Get("default"),
			Short:    slices.Contains(strings.Split(options, ","), "short"),
		}
		if names := sf.Tag.Get("secret"); names != "" && names != "true" {
			field.Secrets = strings.Split(names, "|")
		}
		if enum := sf.Tag.Get("enum"); enum != "" {
			field.Enum = strings.Split(enum, "|")
		}
		fields = append(fields, field)
	}
	return fields
}

// element is the field's description for the items of its list or mapping.
func (f Field) element() Field {
	f.Type = f.Type.Elem()
	f.Required, f.Short = false, false
	return f
}

// structs remembers the fields of the struct types that a decoder has met:
// taking tags apart costs more than reading values.
type structs map[reflect.Type][]Field

func (s structs) fields(t reflect.Type) []Field {
	known, ok := s[t]
	if !ok {
		known = Fields(t)
		s[t] = known
	}
	return known
}

// short returns the field of the struct type t that a scalar sets.
func (s structs) short(t reflect.Type) (Field, bool) {
	fields := s.fields(t)
	if i := slices.IndexFunc(fields, func(f Field) bool { return f.Short }); i >= 0 {
		return fields[i], true
	}
	return Field{}, false
}
