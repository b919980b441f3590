package craft

import (
	"bytes"
	"encoding/hex"
	"strings"

	"github.com/netwright/netwright/packet"
	"github.com/netwright/netwright/packet/layer"
)

// maxTrials bounds how much is tried to make a line short.
const maxTrials = 400

// Line writes a packet as a craft line: parsed and built, it is the same bytes.
// Fields that would be filled in to what they are do not stand in it; what cannot
// be said by fields stands in it as bytes.
func Line(p *packet.Packet) string {
	set := p.Stack.Set()
	if set == nil || p.Len() == 0 {
		return payload(p.Data)
	}
	parts := p.Parts()
	w := writer{set: set, want: p.Data, parser: Parser{Set: set}}
	whole := make([]layer.Part, len(parts))
	copy(whole, parts)
	w.trim(parts)
	for _, try := range []func() string{
		func() string { return w.line(parts) },
		func() string { return w.line(whole) },
		func() string { return w.line(plain(whole, p)) },
	} {
		if text := try(); w.makes(text) {
			return text
		}
	}
	return payload(p.Data)
}

// plain gives all headers as bytes.
func plain(parts []layer.Part, p *packet.Packet) []layer.Part {
	for i := range parts {
		sp := p.Layer(i)
		parts[i].Fields, parts[i].Rest = nil, p.Data[sp.Start:sp.Header]
	}
	return parts
}

// writer writes parts of a packet as text.
type writer struct {
	set    *layer.Set
	want   []byte
	parser Parser
	out    []byte
	trials int
}

// makes tells whether a line makes the packet.
func (w *writer) makes(line string) bool {
	if len(line) > MaxLine {
		return false
	}
	spec, err := w.parser.Parse(line)
	if err != nil {
		return false
	}
	b, err := spec.Build(w.out[:0])
	w.out = b
	return err == nil && bytes.Equal(b, w.want)
}

// same tells whether parts still make the packet.
func (w *writer) same(parts []layer.Part) bool {
	if w.trials++; w.trials > maxTrials {
		return false
	}
	b, err := w.set.Build(w.out[:0], parts...)
	if err != nil {
		return false
	}
	w.out = b
	return bytes.Equal(b, w.want)
}

// trim leaves out what is filled in.
func (w *writer) trim(parts []layer.Part) {
	for i := range parts {
		w.trimList(parts, &parts[i].Fields)
	}
}

func (w *writer) trimList(parts []layer.Part, list *[]layer.Given) {
	*list = append([]layer.Given{}, *list...)
	for k := len(*list) - 1; k >= 0; k-- {
		old := *list
		*list = append(append([]layer.Given{}, old[:k]...), old[k+1:]...)
		if w.same(parts) {
			continue
		}
		*list = old
		if old[k].Sub != nil {
			w.trimList(parts, &(*list)[k].Sub)
		}
	}
}

func (w *writer) line(parts []layer.Part) string {
	var b strings.Builder
	for i := range parts {
		p := &parts[i]
		if i > 0 {
			b.WriteString(" / ")
		}
		pr := w.set.Proto(p.Proto)
		if pr.Name == "data" && len(p.Fields) == 0 && len(p.Trailer) == 0 {
			b.WriteString(payload(p.Rest))
			continue
		}
		b.WriteString(pr.Name)
		w.fields(&b, p.Fields, pr.Fields, true, " ")
		if p.Rest != nil {
			b.WriteString(" rest=" + payload(p.Rest))
		}
		if len(p.Trailer) > 0 {
			b.WriteString(" trailer=" + payload(p.Trailer))
		}
	}
	return b.String()
}

// payload writes bytes: as text where they are all printable.
func payload(b []byte) string {
	text := len(b) > 0
	for _, c := range b {
		text = text && (c >= ' ' && c < 0x7F || c == '\n' || c == '\r' || c == '\t')
	}
	if text {
		return quote(b)
	}
	return "hex:" + hex.EncodeToString(b)
}

func (w *writer) fields(b *strings.Builder, list []layer.Given, scope []layer.Field, top bool, before string) {
	for i := 0; i < len(list); i++ {
		g := &list[i]
		if g.Name == "" && g.Raw == nil {
			n := 1
			for i+n < len(list) && list[i+n].Name == "" && list[i+n].Raw == nil {
				n++
			}
			w.elements(b, list[i:i+n], scope, before)
			before = " "
			i += n - 1
			continue
		}
		f := layer.FindField(scope, g.Name)
		if f == nil {
			b.WriteString(before + "?") // cannot be said: makes finds it out
			return
		}
		b.WriteString(before + shortest(f, scope, top) + "=")
		before = " "
		w.value(b, g, f)
	}
}

// elements writes elements of a group without a name: as what the group stands in,
// or, if there is one, as fields among the others.
func (w *writer) elements(b *strings.Builder, list []layer.Given, scope []layer.Field, before string) {
	if len(list[0].Sub) > 0 {
		for i := range scope {
			f := &scope[i]
			e := element(f)
			if f.Name != "" || f.Alias == "" || e == nil || layer.FindField(within(e), list[0].Sub[0].Name) == nil {
				continue
			}
			b.WriteString(before + f.Alias + "=")
			w.value(b, &layer.Given{Sub: list}, f)
			return
		}
	}
	if len(list) == 1 {
		w.fields(b, list[0].Sub, scope, false, before)
		return
	}
	for i := range list {
		b.WriteString(before + "{")
		before = " "
		w.fields(b, list[i].Sub, scope, false, "")
		b.WriteByte('}')
	}
}

// shortest is the shortest name by which a field is found.
func shortest(f *layer.Field, scope []layer.Field, top bool) string {
	for _, name := range []string{f.Alias, f.Name[strings.LastIndexByte(f.Name, '.')+1:]} {
		if name == "" || top && (name == "rest" || name == "trailer") || strings.ContainsRune(name, '-') {
			continue
		}
		if found := layer.FindField(scope, name); found == f || found != nil && found.Name == f.Name && f.Name != "" {
			return name
		}
	}
	return name(f)
}

func (w *writer) value(b *strings.Builder, g *layer.Given, f *layer.Field) {
	switch {
	case g.Raw != nil:
		b.WriteString("raw:" + hex.EncodeToString(g.Raw))
	case g.Sub == nil:
		b.WriteString(scalar(g, f))
	case element(f) == nil:
		w.entry(b, g.Sub, f)
	default:
		for i := range g.Sub {
			if i > 0 {
				b.WriteByte(',')
			}
			if g.Sub[i].Name != "" {
				b.WriteString("?")
				return
			}
			w.entry(b, g.Sub[i].Sub, element(f))
		}
	}
}

// entry writes what is in a field, in short where that says the same.
func (w *writer) entry(b *strings.Builder, list []layer.Given, f *layer.Field) {
	if short, ok := w.short(list, f); ok {
		b.WriteString(short)
		return
	}
	b.WriteByte('{')
	w.fields(b, list, within(f), false, "")
	b.WriteByte('}')
}

// short writes one field as name, name:value or name:value:value.
func (w *writer) short(list []layer.Given, f *layer.Field) (string, bool) {
	if len(list) != 1 || list[0].Raw != nil {
		return "", false
	}
	g := &list[0]
	scope := within(f)
	x := layer.FindField(scope, g.Name)
	if x == nil {
		return "", false
	}
	text := shortest(x, scope, false)
	if !composite(x) {
		v := scalar(g, x)
		return text + ":" + v, g.Sub == nil && !strings.ContainsAny(v, `"`)
	}
	if g.Sub == nil {
		return "", false
	}
	once, _ := positions(f, x)
	if len(g.Sub) > len(once) {
		return "", false
	}
	for i := range g.Sub {
		v := &g.Sub[i]
		found := layer.FindField(within(x), v.Name)
		if found != once[i] || v.Raw != nil || v.Sub != nil {
			return "", false
		}
		s := scalar(v, found)
		if strings.ContainsAny(s, "\":,{}() ") && !(holdsColons(found) && i == len(g.Sub)-1 && !strings.ContainsAny(s, "\",{}() ")) {
			return "", false
		}
		text += ":" + s
	}
	return text, true
}

// scalar writes a value, by its name where it has one.
func scalar(g *layer.Given, f *layer.Field) string {
	v := layer.Value{Field: f, U: g.U, B: g.B, Len: len(g.B)}
	if !f.Number() {
		return text(g, f, &v)
	}
	if f.Kind == layer.IPv4 {
		v.B = []byte{byte(g.U >> 24), byte(g.U >> 16), byte(g.U >> 8), byte(g.U)}
		if len(g.B) == 4 {
			v.B = g.B
		}
		return string(v.AppendShow(nil))
	}
	for _, word := range []string{f.Letters(g.U), f.Word(g.U)} {
		if plainWord(word) {
			if u, _, err := f.Parse(word); err == nil && u == g.U {
				return word
			}
		}
	}
	if f.Kind == layer.Uint && f.Base != layer.Char {
		if s := string(v.AppendShow(nil)); f.Base != layer.Oct {
			return s
		}
	}
	n := layer.Value{Field: &layer.Field{Kind: layer.Uint}, U: g.U}
	if f.Kind == layer.Int {
		n.Field = &layer.Field{Kind: layer.Int}
	}
	return string(n.AppendShow(nil))
}

// plainWord tells whether a word can stand as a value as it is.
func plainWord(s string) bool {
	if s == "" || s == "rand" {
		return false
	}
	for i := range len(s) {
		if !nameByte(s[i]) || s[i] == '.' {
			return false
		}
	}
	return true
}

func text(g *layer.Given, f *layer.Field, v *layer.Value) string {
	switch f.Kind {
	case layer.Bytes, layer.Group:
		return payload(g.B)
	case layer.String, layer.CString:
		if plainWord(strings.ReplaceAll(string(g.B), ".", "")) {
			return string(g.B)
		}
		return quote(g.B)
	}
	s := string(v.AppendShow(nil))
	if _, b, err := f.Parse(s); err == nil && bytes.Equal(b, g.B) {
		return s
	}
	return "raw:" + hex.EncodeToString(g.B)
}

// String writes the line again, as it is read: names as they were typed, one
// space between fields.
func (s *Spec) String() string {
	var b strings.Builder
	fuzz := false
	for i, p := range s.parts {
		if fuzz && !p.fuzz {
			b.WriteByte(')')
		}
		if i > 0 {
			b.WriteString(" / ")
		}
		if p.fuzz && !fuzz {
			b.WriteString("fuzz(")
		}
		fuzz = p.fuzz
		if p.proto == nil {
			b.WriteString(p.payload.String())
			continue
		}
		b.WriteString(p.proto.Name)
		writeValues(&b, p.fields, " ")
		if p.rest != nil {
			b.WriteString(" rest=" + p.rest.String())
		}
		if p.trailer != nil {
			b.WriteString(" trailer=" + p.trailer.String())
		}
	}
	if fuzz {
		b.WriteByte(')')
	}
	return b.String()
}

// String is an item as it is read.
func (it *item) String() string {
	if it.quoted {
		if it.template {
			return strings.ReplaceAll(quote([]byte(it.text)), `\$`, "$")
		}
		return quote([]byte(it.text))
	}
	return it.text
}

func writeValues(b *strings.Builder, list []*value, before string) {
	for _, v := range list {
		b.WriteString(before)
		if before = " "; v.name != "" {
			b.WriteString(v.name + "=")
		}
		if !v.nested {
			for i, it := range v.items {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(it.String())
			}
			continue
		}
		elements := len(v.subs) > 0 && v.subs[0].name == "" && element(v.field) == v.subs[0].field
		if !elements {
			b.WriteByte('{')
			writeValues(b, v.subs, "")
			b.WriteByte('}')
			continue
		}
		for i, sub := range v.subs {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('{')
			writeValues(b, sub.subs, "")
			b.WriteByte('}')
		}
	}
}
