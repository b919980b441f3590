package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/netwright/netwright/packet/layer"
)

func packetFieldsCommand() *cobra.Command {
	var protos protoDirs
	var values bool
	cmd := &cobra.Command{
		Use:   "fields [flags] PROTOCOL",
		Short: "List the fields of a protocol",
		Example: `  netwright packet fields tcp
  netwright packet fields --values icmp
  netwright packet fields IP`,
		Long: `Prints the names of the fields, for filters, --fields and packet lines, and behind a
comma the short name that a packet line takes too; their kind; and, where there is
something to say, when a field is there, which values have names, and what is filled
in where it is not given.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := protos.set()
			if err != nil {
				return err
			}
			p := set.Proto(args[0])
			if p == nil {
				var names []string
				for _, p := range set.Protos() {
					names = append(append(names, p.Name), p.Alias...)
				}
				return fmt.Errorf("there is no protocol %q%s; netwright packet proto list has them all", args[0], layer.Nearest(args[0], names))
			}
			return writeFields(cmd.OutOrStdout(), p, values)
		},
	}
	cmd.Flags().BoolVar(&values, "values", false, "list all values that have names, not the first few")
	protos.addFlag(cmd)
	return cmd
}

// listedField is a field with all places where its protocol has it.
type listedField struct {
	*layer.Field
	depth  int
	kinds  []string
	always bool // without a condition somewhere
	when   [][]fieldCondition
}

// fieldCondition is that an expression has one of some values, or, without any, is
// true; other says that it has none of those that are told of elsewhere.
type fieldCondition struct {
	text   string
	values []uint64
	other  bool
}

// fieldList gathers the fields of a protocol, each name once.
type fieldList struct {
	list   []*listedField
	byName map[string]*listedField
}

func (l *fieldList) add(fields []layer.Field, depth int, when []fieldCondition) {
	for i := range fields {
		f := &fields[i]
		here := slices.Clip(when)
		if f.When != "" {
			here = append(here, fieldCondition{text: f.When})
		}
		inner, under := depth, here
		if f.Name != "" {
			l.field(f, depth, here)
			inner, under = depth+1, nil // what it stands under, that which is in it stands under, too
		}
		l.add(f.Sub, inner, under)
		for _, c := range f.Cases {
			l.add(c.Fields, inner, append(slices.Clip(under), fieldCondition{text: f.Switch, values: c.Of, other: len(c.Of) == 0}))
		}
	}
}

func (l *fieldList) field(f *layer.Field, depth int, when []fieldCondition) {
	e := l.byName[f.Name]
	if e == nil {
		e = &listedField{Field: f, depth: depth}
		l.byName[f.Name] = e
		l.list = append(l.list, e)
	}
	if k := kindWords(f); !slices.Contains(e.kinds, k) {
		e.kinds = append(e.kinds, k)
	}
	if len(when) == 0 {
		e.always = true
		return
	}
	e.when = append(e.when, when)
}

// kindWords is a field's kind and width.
func kindWords(f *layer.Field) string {
	switch {
	case f.Kind == layer.CString:
		return "text, NUL"
	case f.Kind == layer.Bool && f.Bits <= 1, f.Bits == 0:
		return f.Kind.String()
	case f.Kind == layer.Int:
		return fmt.Sprintf("%d-bit signed", f.Bits)
	}
	return fmt.Sprintf("%d-bit %s", f.Bits, f.Kind)
}

// conditions are the cases in which a field is there, in words.
func (e *listedField) conditions() []string {
	var list []string
	say := func(text string) {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	for i, all := range e.when {
		if len(all) == 1 && len(all[0].values) > 0 {
			// Other places under the same switch are said together.
			first := slices.IndexFunc(e.when, func(o []fieldCondition) bool { return len(o) == 1 && o[0].text == all[0].text && len(o[0].values) > 0 })
			if first != i {
				continue
			}
			merged := fieldCondition{text: all[0].text}
			for _, o := range e.when {
				if len(o) == 1 && o[0].text == merged.text {
					merged.values = append(merged.values, o[0].values...)
				}
			}
			say(merged.String())
			continue
		}
		words := make([]string, len(all))
		for k, c := range all {
			words[k] = c.String()
		}
		say(strings.Join(words, ", and "))
	}
	return list
}

// String is a condition in words.
func (c fieldCondition) String() string {
	if len(c.values) == 0 && !c.other {
		return c.text
	}
	if strings.ContainsAny(c.text, " ?") {
		c.text = "(" + c.text + ")"
	}
	if c.other {
		return c.text + " is another"
	}
	slices.Sort(c.values)
	c.values = slices.Compact(c.values)
	var words []string
	for i := 0; i < len(c.values); {
		n := i + 1
		for n < len(c.values) && c.values[n] == c.values[n-1]+1 {
			n++
		}
		if n-i > 2 {
			words = append(words, fmt.Sprintf("%d–%d", c.values[i], c.values[n-1]))
		} else {
			for _, v := range c.values[i:n] {
				words = append(words, fmt.Sprint(v))
			}
		}
		i = n
	}
	last := len(words) - 1
	if last == 0 {
		return c.text + " is " + words[0]
	}
	return c.text + " is " + strings.Join(words[:last], ", ") + " or " + words[last]
}

// notes are what is to be said of a field below its line.
func (e *listedField) notes(all bool) (notes []string) {
	if cases := e.conditions(); !e.always && len(cases) > 0 {
		if more := len(cases) - 3; more > 0 && !all {
			cases = append(cases[:3], fmt.Sprintf("in %d more cases", more))
		}
		for i := range cases {
			if r := []rune(cases[i]); len(r) > 160 && !all {
				cases[i] = string(r[:160]) + "…"
			}
		}
		notes = append(notes, "when "+strings.Join(cases, "; or "))
	}
	var short []string
	switch {
	case e.Auto != "":
		short = append(short, "filled in")
	case e.Default != 0:
		short = append(short, "default "+e.show(e.Default))
	}
	if len(e.Also) > 0 {
		short = append(short, "also "+strings.Join(e.Also, ", "))
	}
	if len(short) > 0 {
		notes = append(notes, strings.Join(short, "; "))
	}
	keys := slices.Sorted(maps.Keys(e.Enum))
	const few = 8
	var words []string
	for i, k := range keys {
		if i == few && len(keys) > few+2 && !all {
			words = append(words, fmt.Sprintf("and%s%d%[1]smore", together, len(keys)-few))
			break
		}
		word := e.show(k) + " " + e.Enum[k]
		if len(word) < 40 {
			word = strings.ReplaceAll(word, " ", together)
		}
		words = append(words, word)
	}
	if len(words) > 0 {
		notes = append(notes, "values "+strings.Join(words, ", "))
	}
	return notes
}

// show is a number as the field shows it.
func (e *listedField) show(u uint64) string {
	return string((&layer.Value{Field: e.Field, U: u, Len: (e.Width() + 7) / 8, Bits: e.Width()}).AppendShow(nil))
}

// The columns of a list of fields, and where its lines end.
const (
	fieldsKind  = 33
	fieldsTitle = 48
	fieldsEnd   = 80
)

// together is a space at which no line ends.
const together = "\u00a0"

// writeFields lists a protocol's fields in lines of at most 80 columns, unless a
// word is longer.
func writeFields(w io.Writer, p *layer.Proto, values bool) error {
	l := fieldList{byName: map[string]*listedField{}}
	l.add(p.Fields, 0, nil)
	paint := painter(w)
	var out strings.Builder
	out.WriteString(paint.in(dim, fmt.Sprintf("%-*s%-*s%s", fieldsKind, "FIELD, SHORT NAME", fieldsTitle-fieldsKind, "KIND", "WHAT IT IS")) + "\n")
	for _, e := range l.list {
		line := strings.Repeat("  ", e.depth) + printable(e.Name)
		if e.Alias != "" {
			line += ", " + printable(e.Alias)
		}
		line = column(&out, line, fieldsKind) + strings.Join(e.kinds[:min(len(e.kinds), 2)], " or ")
		line = column(&out, line, fieldsTitle)
		wrapped(&out, line, printable(e.Title), fieldsTitle)
		notes := e.notes(values)
		for _, note := range notes {
			var text strings.Builder
			indent := 4 + 2*e.depth
			wrapped(&text, strings.Repeat(" ", indent), note, indent+2)
			for part := range strings.Lines(text.String()) {
				part = printable(strings.TrimSuffix(strings.ReplaceAll(part, together, " "), "\n"))
				out.WriteString(paint.in(dim, part) + "\n")
			}
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// column fills a line up to a column; one that is longer is written, and the next
// begins there.
func column(out *strings.Builder, line string, at int) string {
	size := utf8.RuneCountInString(line)
	if size > at-2 {
		out.WriteString(line + "\n")
		return strings.Repeat(" ", at)
	}
	return line + strings.Repeat(" ", at-size)
}

// wrapped writes text behind a line, in as many lines as it takes; all but the
// first are indented.
func wrapped(out *strings.Builder, line, text string, indent int) {
	size, begun := utf8.RuneCountInString(line), false
	for word := range strings.SplitSeq(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case begun && size+1+n > fieldsEnd:
			out.WriteString(strings.TrimRight(line, " ") + "\n")
			line, size = strings.Repeat(" ", indent)+word, indent+n
		case begun:
			line, size = line+" "+word, size+1+n
		default:
			line, size, begun = line+word, size+n, true
		}
	}
	out.WriteString(strings.TrimRight(line, " ") + "\n")
}
