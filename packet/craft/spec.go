package craft

import (
	"fmt"
	"iter"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/netwright/netwright/packet/layer"
	"github.com/netwright/netwright/packet/pcap"
)

// Spec is a craft line that was read: what packets it stands for. It does not
// change; several goroutines may use it, unless its [Parser] gave it a Random.
type Spec struct {
	line   string
	set    *layer.Set
	random *rand.Rand
	parser *Parser
	parts  []*part
}

// part is a layer of a line.
type part struct {
	proto         *layer.Proto // nil for bytes
	column        int
	fuzz          bool
	vary          *varier // where it is in fuzz(…)
	fields        []*value
	rest, trailer *item
	payload       *item
}

// Count is how many packets the line stands for.
func (s *Spec) Count() *big.Int {
	n := big.NewInt(1)
	s.each(func(v *value) {
		sum := new(big.Int)
		for _, it := range v.items {
			sum.Add(sum, it.count())
		}
		n.Mul(n, sum)
	})
	return n
}

// each calls f with every field that holds items.
func (s *Spec) each(f func(*value)) {
	var walk func(list []*value)
	walk = func(list []*value) {
		for _, v := range list {
			if v.nested {
				walk(v.subs)
			} else {
				f(v)
			}
		}
	}
	for _, p := range s.parts {
		walk(p.fields)
	}
}

// Link is the link type of the line's packets, and whether they begin with a link
// layer's header. Without one, those that begin with IP are of type LinkRaw, and
// others of LinkUser0.
func (s *Spec) Link() (t pcap.LinkType, link bool) {
	first := s.parts[0].proto
	if first == nil {
		return pcap.LinkUser0, false
	}
	if first.Name == "ip" || first.Name == "ipv6" {
		return pcap.LinkRaw, false
	}
	if key, ok := s.set.Key("link", first.Name); ok {
		return pcap.LinkType(key), true
	}
	return pcap.LinkUser0, false
}

// Layers are the names of the line's protocols, "" for bytes.
func (s *Spec) Layers() []string {
	names := make([]string, len(s.parts))
	for i, p := range s.parts {
		if p.proto != nil {
			names[i] = p.proto.Name
		}
	}
	return names
}

// Has tells whether a field is given in the line, by its full name or alias with
// the protocol's name before it: "ip.src".
func (s *Spec) Has(field string) bool {
	protocol, short, _ := strings.Cut(field, ".")
	found := false
	for _, p := range s.parts {
		for _, v := range p.fields {
			found = found || v.field.Name == field || p.proto.Name == protocol && v.field.Short() == short
		}
	}
	return found
}

// Build appends the first packet of the line to dst.
func (s *Spec) Build(dst []byte) ([]byte, error) {
	r, err := s.run()
	if err != nil {
		return dst, inCharacters(s.line, err)
	}
	return s.set.Build(dst, r.parts...)
}

// All makes the packets one after another. Each is lent until the next one is
// made, and must not be changed. An error ends them.
func (s *Spec) All() iter.Seq2[[]byte, error] { return s.Times(1) }

// Times makes all packets n times, without end where n is 0, as All does. What is at
// random is drawn anew each time.
func (s *Spec) Times(n uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r, err := s.run()
		if err != nil {
			yield(nil, inCharacters(s.line, err))
			return
		}
		for round := uint64(1); ; {
			b, err := r.build()
			if !yield(b, err) || err != nil {
				return
			}
			if r.next() {
				continue
			}
			if round == n {
				return
			}
			round++
		}
	}
}

// check builds the first packet, to find what does not fit together.
func (s *Spec) check() error {
	if len(s.Templates()) > 0 {
		return nil
	}
	r, err := s.run()
	if err != nil {
		return err
	}
	if _, err = s.set.Build(nil, r.parts...); err == nil {
		return nil
	}
	for i := range r.parts {
		if _, err := s.set.Build(nil, r.parts[:i+1]...); err != nil {
			return &Error{s.parts[i].column + 1, err.Error()}
		}
	}
	return fmt.Errorf("craft line: %w", err)
}

// Templates are the names that stand in ${…}, each once.
func (s *Spec) Templates() (names []string) {
	s.eachItem(func(it *item) {
		rest := it.text
		for it.template {
			_, after, ok := strings.Cut(rest, "${")
			name, more, closed := strings.Cut(after, "}")
			if !ok || !closed {
				return
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			rest = more
		}
	})
	return names
}

func (s *Spec) eachItem(f func(*item)) {
	for _, p := range s.parts {
		for _, it := range []*item{p.payload, p.rest, p.trailer} {
			if it != nil {
				f(it)
			}
		}
	}
	s.each(func(v *value) {
		for _, it := range v.items {
			f(it)
		}
	})
}

// Fill gives the line with each ${name} replaced by what text says for it. The
// texts are read as values, never as more of the line.
func (s *Spec) Fill(text func(name string) (string, error)) (*Spec, error) {
	filled := &Spec{line: s.line, set: s.set, random: s.random, parser: s.parser}
	for _, p := range s.parts {
		q := *p
		var err error
		if q.fields, err = s.fillAll(p.fields, text); err != nil {
			return nil, inCharacters(s.line, err)
		}
		for _, it := range []**item{&q.payload, &q.rest, &q.trailer} {
			if *it, err = s.fillItem(*it, &payloadField, text); err != nil {
				return nil, inCharacters(s.line, err)
			}
		}
		filled.parts = append(filled.parts, &q)
	}
	return filled, nil
}

func (s *Spec) fillAll(list []*value, text func(string) (string, error)) ([]*value, error) {
	out := make([]*value, len(list))
	for i, v := range list {
		w := *v
		var err error
		if w.subs, err = s.fillAll(v.subs, text); err != nil {
			return nil, err
		}
		w.items = slices.Clone(v.items)
		for k, it := range w.items {
			if w.items[k], err = s.fillItem(it, v.field, text); err != nil {
				return nil, err
			}
		}
		out[i] = &w
	}
	return out, nil
}

func (s *Spec) fillItem(it *item, f *layer.Field, text func(string) (string, error)) (*item, error) {
	if it == nil || !it.template {
		return it, nil
	}
	var b strings.Builder
	rest := it.text
	for {
		before, after, ok := strings.Cut(rest, "${")
		name, more, closed := strings.Cut(after, "}")
		if !ok || !closed {
			b.WriteString(rest)
			break
		}
		t, err := text(name)
		if err != nil {
			return nil, &Error{it.column + 1, fmt.Sprintf("${%s}: %v", name, err)}
		}
		b.WriteString(before)
		b.WriteString(t)
		rest = more
	}
	out := &item{text: b.String(), quoted: true, column: it.column, one: content{b: []byte(b.String())}}
	if it.quoted && !f.Number() && !isAddr(f) {
		return out, nil
	}
	u, data, err := f.Parse(out.text)
	if err != nil {
		return nil, &Error{it.column + 1, err.Error()}
	}
	out.one = content{u: u, b: data}
	return out, s.parser.fits(&scanner{}, f, out)
}
