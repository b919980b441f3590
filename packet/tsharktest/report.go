package tsharktest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/netwright/netwright/packet/layer"
)

// Report is what a comparison found, for each protocol of a set. It is not safe
// for use by several goroutines.
type Report struct {
	protos     map[string]*Stats
	order      []string
	exceptions []exception
}

// Stats is what a comparison found for one protocol.
type Stats struct {
	Name   string
	Frames int // in which we show it
	Theirs int // in which tshark does

	Equal   int                 // fields of ours that are as tshark's
	Differ  map[string]*Finding // those that are not, by name
	Extra   Finding             // frames in which tshark does not show the protocol
	Missing Finding             // frames in which we do not, where it is the first that we lack
	Beyond  Finding             // fields and layers of ours where tshark had given up

	names map[string]int // that tshark shows, with how often
	shown map[string]int // of ours, equal
}

// Finding is how often something was found, and where for example.
type Finding struct {
	Count    int
	Examples []string
}

const maxExamples = 20

func (f *Finding) add(where, what string) {
	if f.Count++; len(f.Examples) < maxExamples {
		f.Examples = append(f.Examples, where+": "+what)
	}
}

func (f *Finding) merge(other *Finding) {
	f.Count += other.Count
	room := min(maxExamples-len(f.Examples), len(other.Examples))
	f.Examples = append(f.Examples, other.Examples[:room]...)
}

// NewReport makes an empty report on the protocols of a set.
func NewReport(set *layer.Set) *Report {
	r := &Report{protos: map[string]*Stats{}, exceptions: exceptions()}
	for _, p := range set.Protos() {
		r.order = append(r.order, p.Name)
		r.protos[p.Name] = &Stats{Name: p.Name, Differ: map[string]*Finding{}, names: map[string]int{}, shown: map[string]int{}}
	}
	return r
}

// stats are those of a protocol of ours, nil for others.
func (r *Report) stats(name string) *Stats { return r.protos[name] }

// Stats lists the protocols in the order of the set.
func (r *Report) Stats() []*Stats {
	list := make([]*Stats, len(r.order))
	for i, name := range r.order {
		list[i] = r.protos[name]
	}
	return list
}

// Merge adds what another report on the same set found.
func (r *Report) Merge(other *Report) {
	for name, s := range r.protos {
		o := other.protos[name]
		s.Frames += o.Frames
		s.Theirs += o.Theirs
		s.Equal += o.Equal
		s.Extra.merge(&o.Extra)
		s.Missing.merge(&o.Missing)
		s.Beyond.merge(&o.Beyond)
		for field, d := range o.Differ {
			if s.Differ[field] == nil {
				s.Differ[field] = &Finding{}
			}
			s.Differ[field].merge(d)
		}
		for field, n := range o.names {
			s.names[field] += n
		}
		for field, n := range o.shown {
			s.shown[field] += n
		}
	}
}

// Differing is the number of fields of ours that are not as tshark's.
func (s *Stats) Differing() int {
	n := 0
	for _, d := range s.Differ {
		n += d.Count
	}
	return n
}

// Coverage is how many of the names that tshark shows we show too.
func (s *Stats) Coverage() (shown, all int) {
	for name := range s.countable() {
		all++
		if s.shown[name] > 0 {
			shown++
		}
	}
	return shown, all
}

// Lacking lists the names that tshark shows and we do not, the most frequent
// first.
func (s *Stats) Lacking() []string {
	var list []string
	for name := range s.countable() {
		if s.shown[name] == 0 {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		if d := s.names[b] - s.names[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return list
}

// countable are the names that coverage is counted over: those that belong to
// the protocol, or to one whose names we show in it.
func (s *Stats) countable() map[string]bool {
	owners := map[string]bool{owner(s.Name): true}
	for name := range s.shown {
		owners[owner(name)] = true
	}
	all := map[string]bool{}
	for name := range s.names {
		if owners[owner(name)] {
			all[name] = true
		}
	}
	return all
}

// Bar is the least coverage of a protocol that counts as done, in percent.
const Bar = 60

// Done tells whether a protocol is what it should be: each field as tshark's, no
// layer that tshark does not show, and a coverage of [Bar] percent. A protocol
// without fields needs none.
func (s *Stats) Done() bool {
	shown, all := s.Coverage()
	return s.Frames > 0 && (s.Equal > 0 || all == 0 && s.Beyond.Count == 0) && len(s.Differ) == 0 && s.Extra.Count == 0 && shown*100 >= all*Bar
}

// Style says what [Report.Write] writes.
type Style struct {
	Protocols []string // only these; empty: all that tshark or we found
	Verbose   bool     // differences and missing names too
	Examples  int      // how many for each difference; 0: 3
}

// Write writes a line for each protocol, and with Verbose what is behind it.
func (r *Report) Write(w io.Writer, style Style) {
	examples := style.Examples
	if examples <= 0 {
		examples = 3
	}
	fmt.Fprintf(w, "%-14s %8s %8s %9s %8s %6s %8s %9s %5s  %s\n", "protocol", "frames", "tshark's", "equal", "differ", "extra", "missing", "names", "%", "done")
	for _, s := range r.Stats() {
		if len(style.Protocols) > 0 && !slices.Contains(style.Protocols, s.Name) || len(style.Protocols) == 0 && s.Frames == 0 && s.Theirs == 0 {
			continue
		}
		s.line(w)
		if style.Verbose {
			s.details(w, examples)
		}
	}
}

func (s *Stats) line(w io.Writer) {
	shown, all := s.Coverage()
	done := "no"
	if s.Done() {
		done = "yes"
	}
	fmt.Fprintf(w, "%-14s %8d %8d %9d %8d %6d %8d %9s %5.1f  %s\n", s.Name, s.Frames, s.Theirs, s.Equal, s.Differing(),
		s.Extra.Count, s.Missing.Count, fmt.Sprintf("%d/%d", shown, all), 100*float64(shown)/float64(max(all, 1)), done)
}

func (s *Stats) details(w io.Writer, examples int) {
	for _, name := range slices.Sorted(maps.Keys(s.Differ)) {
		s.Differ[name].write(w, "differs "+name, examples)
	}
	s.Extra.write(w, "extra", examples)
	s.Missing.write(w, "missing", examples)
	s.Beyond.write(w, "beyond", examples)
	if lacking := s.Lacking(); len(lacking) > 0 {
		fmt.Fprintf(w, "  lacking:")
		for _, name := range lacking {
			fmt.Fprintf(w, " %s(%d)", name, s.names[name])
		}
		fmt.Fprintln(w)
	}
}

func (f *Finding) write(w io.Writer, title string, examples int) {
	if f.Count == 0 {
		return
	}
	fmt.Fprintf(w, "  %s ×%d\n", title, f.Count)
	for _, e := range f.Examples[:min(examples, len(f.Examples))] {
		fmt.Fprintf(w, "    %s\n", e)
	}
}
