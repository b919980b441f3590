package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"text/template"
	"time"

	"github.com/netwright/netwright/config/decode"
)

//go:embed page.md
var page string

// reference makes docs/config.md: the prose of page.md, with a table of keys
// where it says {{keys "NAME"}}.
func reference(t reflect.Type, texts *comments) ([]byte, error) {
	r := &tables{root: t, sample: decode.Defaults(t), texts: texts, places: map[reflect.Type]string{}, written: map[reflect.Type]bool{}, anchors: map[string]bool{}}
	parsed, err := template.New("page.md").Funcs(template.FuncMap{"keys": r.keys}).Parse(page)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("<!-- Made by config/gen from the Config structs and config/gen/page.md. Do not edit; run: go generate ./config -->\n")
	if err := parsed.Execute(&out, nil); err != nil {
		return nil, err
	}
	if left := r.missing(); left != "" {
		return nil, fmt.Errorf("page.md has no {{keys %q}}", left)
	}
	return out.Bytes(), nil
}

// tables writes a table for each struct, once.
type tables struct {
	root    reflect.Type
	sample  reflect.Value // of root, with its defaults
	texts   *comments
	places  map[reflect.Type]string // where a struct has its table, or will have it
	written map[reflect.Type]bool
	anchors map[string]bool // root keys that were written
	out     strings.Builder
}

// missing is a key of the root that the page has forgotten.
func (r *tables) missing() string {
	for _, f := range decode.Fields(r.root) {
		if !r.anchors[f.Name] {
			return f.Name
		}
	}
	return ""
}

// keys writes the tables of one key of the root and of all below it.
func (r *tables) keys(name string) (string, error) {
	for _, f := range decode.Fields(r.root) {
		if f.Name != name {
			continue
		}
		r.anchors[name] = true
		r.out.Reset()
		text, err := r.texts.field(f)
		if err != nil {
			return "", err
		}
		text, fallback := defaultOf(text, decode.Default(r.sample, f))
		s, place := below(f.Type, name)
		if s != nil {
			fmt.Fprintf(&r.out, "%s\n", text)
			err = r.section(s, place, sample(r.sample, f, s))
		} else {
			fmt.Fprintf(&r.out, "%s\n\n| key | value | default |\n|---|---|---|\n| `%s` | %s | %s |\n", text, name, kind(f.Type, f), fallback)
		}
		return strings.TrimSpace(r.out.String()), err
	}
	return "", fmt.Errorf("the root has no key %q", name)
}

// inText finds the default that a text tells.
var inText = regexp.MustCompile(`(?:[.;] |^)(?:[Dd]efault(?: is|:)? ([^.;]+)|([^.;]+) by default)[.;]?$`)

// defaultOf takes the default out of a text that ends in telling it, since it
// has a column of its own.
func defaultOf(text, fallback string) (rest, cell string) {
	if m := inText.FindStringSubmatchIndex(text); m != nil {
		told := ""
		for _, group := range [][]int{m[2:4], m[4:6]} {
			if group[0] >= 0 {
				told = text[group[0]:group[1]]
			}
		}
		if fallback == "" {
			fallback = told
		}
		if rest = strings.TrimSpace(text[:m[0]]); rest != "" {
			text = rest + "."
		}
	}
	if fallback != "" && !strings.Contains(fallback, " ") || strings.Contains(fallback, ", ") && !strings.Contains(fallback, " and ") {
		fallback = "`" + fallback + "`"
	}
	return text, fallback
}

// below returns the struct that a value holds, if any, and what its place is
// called: serve.NAME for a mapping, records[] for a list.
func below(t reflect.Type, place string) (reflect.Type, string) {
	switch {
	case isText(t):
		return nil, ""
	case t.Kind() == reflect.Pointer:
		return below(t.Elem(), place)
	case t.Kind() == reflect.Slice:
		return below(t.Elem(), place+"[]")
	case t.Kind() == reflect.Map:
		return below(t.Elem(), place+".NAME")
	case t.Kind() == reflect.Struct:
		return t, place
	}
	return nil, ""
}

// sample is a struct of the type inner with its defaults: that within owner,
// since an outer section may set them, or else one of its own.
func sample(owner reflect.Value, f decode.Field, inner reflect.Type) reflect.Value {
	if f.Type.Kind() == reflect.Struct {
		return owner.FieldByIndex(f.Index)
	}
	return decode.Defaults(inner)
}

// section writes the table of the struct t, whose defaults are those of v, then
// those of the structs in it.
func (r *tables) section(t reflect.Type, place string, v reflect.Value) error {
	if r.written[t] {
		return nil
	}
	r.places[t], r.written[t] = place, true
	if !r.anchors[place] { // it has a heading on the page
		fmt.Fprintf(&r.out, "\n### `%s`\n", place)
	}
	text, err := r.texts.typeText(t)
	if err != nil {
		return err
	}
	if text = sentence(text, t.Name()); text != "" {
		fmt.Fprintf(&r.out, "\n%s\n", text)
	}
	fields := decode.Fields(t)
	for _, f := range fields {
		if f.Short {
			fmt.Fprintf(&r.out, "\nA single value in its place is its `%s`.\n", f.Name)
		}
	}
	r.out.WriteString("\n| key | value | default | |\n|---|---|---|---|\n")
	for _, f := range fields {
		if err := r.row(v, f, place); err != nil {
			return err
		}
	}
	for _, f := range fields {
		if inner, _ := below(f.Type, ""); inner != nil {
			if err := r.section(inner, r.places[inner], sample(v, f, inner)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *tables) row(v reflect.Value, f decode.Field, place string) error {
	text, err := r.texts.field(f)
	if err != nil {
		return err
	}
	value := kind(f.Type, f)
	if inner, at := below(f.Type, place+"."+f.Name); inner != nil {
		if r.places[inner] == "" {
			r.places[inner] = at
		}
		at = r.places[inner]
		value = fmt.Sprintf("[%s](#%s)", value, anchor(at))
	}
	text, fallback := defaultOf(text, decode.Default(v, f))
	if f.Required {
		fallback = "required"
	}
	_, err = fmt.Fprintf(&r.out, "| `%s` | %s | %s | %s |\n", f.Name, value, fallback, cell(text))
	return err
}

// sentence turns the comment above a struct ("HealthConfig describes …") into
// one without the name of the struct, or "" where it only serves the code.
func sentence(text, name string) string {
	rest, found := strings.CutPrefix(text, name+" ")
	if !found {
		return ""
	}
	for _, verb := range []string{"is ", "are ", "says ", "describes "} {
		if after, ok := strings.CutPrefix(rest, verb); ok {
			rest = after
			break
		}
	}
	return strings.ToUpper(rest[:1]) + rest[1:]
}

// cell keeps a text from ending its cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "*", "\\*").Replace(text)
}

// anchor is the fragment that GitHub gives to a heading.
func anchor(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return -1
	}, heading)
}

// kind names what a value is, in the words of the page.
func kind(t reflect.Type, f decode.Field) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration"
	case t == reflect.TypeFor[netip.Prefix]():
		return "network"
	case t == reflect.TypeFor[netip.Addr]():
		return "address"
	case t.Kind() == reflect.Pointer:
		return kind(t.Elem(), f)
	case t.Kind() == reflect.Slice:
		return "list of " + plural(kind(t.Elem(), f))
	case t.Kind() == reflect.Map:
		return "mapping of names to " + plural(kind(t.Elem(), f))
	case isText(t):
		return "text"
	case t.Kind() == reflect.Struct:
		for _, inner := range decode.Fields(t) {
			if inner.Short {
				return kind(inner.Type, inner) + " or section"
			}
		}
		return "section"
	case f.Unit != "":
		return map[string]string{"bytes": "size", "rate": "rate", "share": "share"}[f.Unit]
	case f.Enum != nil:
		return "`" + strings.Join(f.Enum, "`, `") + "`"
	case f.Path == "folder":
		return "folder"
	case f.Path != "":
		return "file"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.String:
		return "text"
	}
	return "number"
}

func plural(kind string) string {
	if first, rest, found := strings.Cut(kind, " or "); found {
		return plural(first) + " or " + plural(rest)
	}
	if strings.HasSuffix(kind, "s") || strings.HasPrefix(kind, "`") {
		return kind
	}
	return kind + "s"
}
