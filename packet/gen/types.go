package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// flagTypes writes the types of flags.
func (t *table) flagTypes(b *bytes.Buffer) {
	for _, f := range t.fields {
		name := t.flags[f.Name]
		if name == "" {
			continue
		}
		base := "uint8"
		if f.width > 8 {
			base = "uint16"
		}
		fmt.Fprintf(b, "// %s are the flags of %s, %s.\ntype %s %s\n\n// The flags of %s.\nconst (\n", name, t.title, f.Name, name, base, t.title)
		left := f.width
		for i := range f.Sub {
			s := &f.Sub[i]
			if left -= s.Bits; s.Bits != 1 {
				continue
			}
			last := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
			word := flagWords[last]
			if word == "" {
				word = strings.ToUpper(last)
			}
			fmt.Fprintf(b, "\t%s %s = 1 << %d // %s\n", word, name, left, s.Title)
		}
		b.WriteString(")\n\n")
	}
}

// writeStruct writes the type to build from.
func (t *table) writeStruct(b *bytes.Buffer) {
	fmt.Fprintf(b, "// %s is %s to build (%s).\ntype %s struct {\n", t.name, t.title, t.Spec, t.name)
	for _, f := range t.fields {
		kind := f.goType
		note := f.Name
		switch {
		case f.opt && f.Auto == "next":
			note += "; not set: the next layer's"
		case f.opt && f.Auto == "last":
			note += "; not set: 0 before another, else 1"
		case f.opt && f.Auto != "":
			note += "; not set: computed"
		case f.opt:
			note += fmt.Sprintf("; not set: %d", f.Default)
		}
		if f.opt {
			kind = "Opt"
		}
		fmt.Fprintf(b, "\t%s %s // %s\n", f.name, kind, note)
	}
	if t.options != "" {
		fmt.Fprintf(b, "\t%s []byte // as they are sent; filled up to whole words\n", t.options)
	}
	b.WriteString("}\n\n")
	fmt.Fprintf(b, "func (*%s) layer() {}\n\n", t.name)
}

// group is fields that share bytes.
func (t *table) groups() (groups [][]field) {
	for i := 0; i < len(t.fields); {
		n := i + 1
		end := t.fields[i].bit + t.fields[i].width
		for end%8 != 0 && n < len(t.fields) {
			end = t.fields[n].bit + t.fields[n].width
			n++
		}
		groups = append(groups, t.fields[i:n])
		i = n
	}
	return groups
}

// writeAppend writes how a header is written, as far as it is known then.
func (t *table) writeAppend(b *bytes.Buffer) {
	fmt.Fprintf(b, "func (l *%s) append(dst []byte, next Layer) ([]byte, error) {\n", t.name)
	fmt.Fprintf(b, "\tdst = append(dst, %s...)\n\tb := dst[len(dst)-%d:]\n", zeros(t.size), t.size)
	for _, g := range t.groups() {
		t.writeGroup(b, g)
	}
	if t.options != "" {
		fmt.Fprintf(b, "\tdst = append(dst, l.%s...)\n\tdst = append(dst, \"\\x00\\x00\\x00\"[:-len(l.%s)&3]...)\n", t.options, t.options)
	}
	b.WriteString("\treturn dst, nil\n}\n\n")
}

func zeros(n int) string { return `"` + strings.Repeat(`\x00`, n) + `"` }

func (t *table) writeGroup(b *bytes.Buffer, g []field) {
	at := g[0].bit / 8
	if len(g) == 1 && g[0].width > 64 || g[0].Kind == layer.MAC || g[0].Kind == layer.IPv4 {
		f := g[0]
		switch f.Kind {
		case layer.MAC:
			fmt.Fprintf(b, "\tcopy(b[%d:], l.%s[:])\n", at, f.name)
		case layer.IPv4:
			fmt.Fprintf(b, "\tif !put4(b[%d:], l.%s) {\n\t\treturn dst, errAddr(%q, l.%s)\n\t}\n", at, f.name, f.Name, f.name)
		default:
			fmt.Fprintf(b, "\tif !put16(b[%d:], l.%s) {\n\t\treturn dst, errAddr(%q, l.%s)\n\t}\n", at, f.name, f.Name, f.name)
		}
		return
	}
	end := g[len(g)-1].bit + g[len(g)-1].width
	width := (end+7)/8*8 - at*8
	kind := fmt.Sprintf("uint%d", width)
	if width == 24 {
		kind = "uint32"
	}
	var terms []string
	for _, f := range g {
		v := t.value(b, f)
		term := fmt.Sprintf("%s(%s)", kind, v)
		if shift := at*8 + width - f.bit - f.width; shift > 0 {
			term += fmt.Sprintf("<<%d", shift)
		}
		terms = append(terms, term)
	}
	sum := strings.Join(terms, " | ")
	switch width {
	case 8:
		fmt.Fprintf(b, "\tb[%d] = %s\n", at, sum)
	case 24:
		fmt.Fprintf(b, "\tput24(b[%d:], %s)\n", at, sum)
	default:
		fmt.Fprintf(b, "\tbinary.BigEndian.PutUint%d(b[%d:], %s)\n", width, at, sum)
	}
}

// value writes what makes a field's value, and returns it as an expression.
func (t *table) value(b *bytes.Buffer, f field) string {
	v := "l." + f.name
	most := uint64(1)<<f.width - 1
	switch {
	case f.Auto == "next":
		v = "v" + f.name
		none := "_"
		if t.other != nil {
			none = "none"
		}
		fmt.Fprintf(b, "\t%s := uint64(%d)\n\tif l.%s.set {\n\t\t%s = l.%s.value\n", v, f.Default, f.name, v, f.name)
		fmt.Fprintf(b, "\t} else if key, ok, %s := %s(next); ok {\n\t\t%s = uint64(key)\n", none, keyFunc(t.nextTable()), v)
		if t.other != nil {
			fmt.Fprintf(b, "\t} else if !none {\n\t\t%s = 0 // a length comes here\n", v)
		}
		b.WriteString("\t}\n")
	case f.Auto == "last":
		v = "v" + f.name
		fmt.Fprintf(b, "\t%s := l.%s.or(1)\n\tif _, ok := next.(*%s); ok && !l.%s.set {\n\t\t%s = 0\n\t}\n", v, f.name, t.name, f.name, v)
	case f.opt:
		v = "v" + f.name
		fmt.Fprintf(b, "\t%s := l.%s.or(%d)\n", v, f.name, f.Default*b2u(f.Auto == ""))
	case f.goType == "bool":
		return "bit(l." + f.name + ")"
	case f.width%8 == 0 && f.width != 24:
		return v
	}
	if f.width < 64 {
		fmt.Fprintf(b, "\tif %s > %d {\n\t\treturn dst, errFit(%q, uint64(%s), %d)\n\t}\n", v, most, f.Name, v, f.width)
	}
	return v
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (t *table) nextTable() string {
	for _, n := range t.Next {
		if n.Table != "" {
			return n.Table
		}
	}
	return ""
}

// writeFinish writes what is computed when all of a layer stands.
func (t *table) writeFinish(b *bytes.Buffer) {
	var body bytes.Buffer
	for _, f := range t.fields {
		switch f.Auto {
		case "", "next", "last":
		case "checksum":
			t.writeSum(&body, f)
		default:
			fmt.Fprintf(&body, "\tif !l.%s.set {\n", f.name)
			t.writeAuto(&body, f, f.Auto)
			body.WriteString("\t}\n")
		}
	}
	if last := t.fields[len(t.fields)-1]; t.other != nil && last.Auto == "next" {
		at := last.bit / 8
		fmt.Fprintf(&body, "\tif !l.%s.set && b[%d]|b[%d] == 0 {\n", last.name, at, at+1)
		last.Field = t.other
		t.writeAuto(&body, last, t.other.Auto)
		body.WriteString("\t}\n")
	}
	header, addresses := "header", "addresses"
	if !bytes.Contains(body.Bytes(), []byte("header")) {
		header = "_"
	}
	if !bytes.Contains(body.Bytes(), []byte("addresses")) {
		addresses = "_"
	}
	data := "b"
	if body.Len() == 0 {
		data = "_"
	}
	fmt.Fprintf(b, "func (l *%s) finish(%s []byte, %s int, %s []byte) error {\n%s\treturn nil\n}\n\n", t.name, data, header, addresses, body.String())
}

func (t *table) writeAuto(b *bytes.Buffer, f field, expr string) {
	expr = strings.NewReplacer("total", "len(b)", "payload", "len(b)-header").Replace(expr)
	fmt.Fprintf(b, "\t\tv := uint64(%s)\n\t\tif v > %d {\n\t\t\treturn errFit(%q, v, %d)\n\t\t}\n", expr, uint64(1)<<f.width-1, f.Name, f.width)
	at := f.bit / 8
	switch {
	case f.bit%8 == 0 && f.width == 8:
		fmt.Fprintf(b, "\t\tb[%d] = byte(v)\n", at)
	case f.bit%8 == 0 && f.width%8 == 0:
		fmt.Fprintf(b, "\t\tbinary.BigEndian.PutUint%d(b[%d:], uint%d(v))\n", f.width, at, f.width)
	case f.width < 8 && f.bit%8+f.width <= 8:
		shift := 8 - f.bit%8 - f.width
		fmt.Fprintf(b, "\t\tb[%d] = b[%d]&^0x%02X | byte(v)<<%d\n", at, at, (1<<f.width-1)<<shift, shift)
	default:
		panic(f.Name + ": a length across bytes cannot be written yet")
	}
}

func (t *table) writeSum(b *bytes.Buffer, f field) {
	c := t.Checksum
	fmt.Fprintf(b, "\tif !l.%s.set {\n", f.name)
	covered := "b"
	if c.Header {
		covered = "b[:header]"
	}
	seed := "0"
	if c.Pseudo {
		protocol := uint64(0)
		for _, on := range t.On {
			if on.Table == "ip.proto" {
				protocol = on.Keys[0]
			}
		}
		seed = fmt.Sprintf("pseudo(addresses, %d, len(b))", protocol)
	}
	if c.Sum == layer.CRC32C {
		fmt.Fprintf(b, "\t\tbinary.BigEndian.PutUint32(b[%d:], layer.CRC32CSum(%s))\n\t}\n", f.bit/8, covered)
		return
	}
	fmt.Fprintf(b, "\t\tsum := layer.FoldSum(layer.AddSum(%s, %s))\n", seed, covered)
	if c.Zero {
		b.WriteString("\t\tif sum == 0 {\n\t\t\tsum = 0xFFFF\n\t\t}\n")
	}
	fmt.Fprintf(b, "\t\tbinary.BigEndian.PutUint16(b[%d:], sum)\n\t}\n", f.bit/8)
}

// writeView writes the type to read by.
func (t *table) writeView(b *bytes.Buffer) {
	fmt.Fprintf(b, "// %sView is %s in a packet. All its fields are 0 when there is none.\ntype %sView struct{ View }\n\n", t.name, t.title, t.name)
	get, but := "view", ""
	if t.framed {
		get, but = "datagram", ", and none of a stream"
	}
	fmt.Fprintf(b, "// %s is the outermost %s layer of the packet; [View.Valid] tells whether there is one%s.\nfunc (p *Packet) %s() %sView {\n\treturn %sView{p.%s(kind%s, %d)}\n}\n\n", t.name, t.name, but, t.name, t.name, t.name, get, t.name, t.size)
	for _, f := range t.fields {
		fmt.Fprintf(b, "// %s is %s.\nfunc (v %sView) %s() %s {\n\tif len(v.b) < %d {\n\t\treturn %s\n\t}\n\treturn %s\n}\n\n", f.name, f.Name, t.name, f.name, f.goType, t.size, zero(f), load(f))
	}
	if t.options != "" {
		fmt.Fprintf(b, "// %s is what lies between the fields and the payload.\nfunc (v %sView) %s() []byte {\n\tif len(v.b) < %d {\n\t\treturn nil\n\t}\n\treturn v.b[%d:v.header:v.header]\n}\n\n", t.options, t.name, t.options, t.size, t.size)
	}
}

func zero(f field) string {
	switch f.goType {
	case "MAC", "netip.Addr":
		return f.goType + "{}"
	case "bool":
		return "false"
	}
	return "0"
}

// load is the expression that reads a field.
func load(f field) string {
	at := f.bit / 8
	switch f.Kind {
	case layer.MAC:
		return fmt.Sprintf("MAC(v.b[%d:%d])", at, at+6)
	case layer.IPv4:
		return fmt.Sprintf("netip.AddrFrom4([4]byte(v.b[%d:%d]))", at, at+4)
	case layer.IPv6:
		return fmt.Sprintf("netip.AddrFrom16([16]byte(v.b[%d:%d]))", at, at+16)
	}
	end := (f.bit + f.width + 7) / 8
	size := end - at
	switch {
	case size == 3 && at == 0:
		end, size = end+1, 4
	case size == 3:
		at, size = at-1, 4
	}
	whole := fmt.Sprintf("v.b[%d]", at)
	if size > 1 {
		whole = fmt.Sprintf("binary.BigEndian.Uint%d(v.b[%d:])", size*8, at)
	}
	shift := end*8 - f.bit - f.width
	if f.goType == "bool" {
		return fmt.Sprintf("%s&0x%02X != 0", whole, 1<<shift)
	}
	if shift > 0 {
		whole = fmt.Sprintf("%s>>%d", whole, shift)
	}
	if f.width < size*8-shift {
		whole = fmt.Sprintf("%s&0x%X", whole, uint64(1)<<f.width-1)
	}
	if fmt.Sprintf("uint%d", size*8) == f.goType {
		return whole
	}
	return fmt.Sprintf("%s(%s)", f.goType, whole)
}
