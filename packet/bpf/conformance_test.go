package bpf_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	netbpf "golang.org/x/net/bpf"

	"github.com/netwright/netwright/packet/bpf"
)

// mostInstructions is how many instructions our programs may have for each of
// libpcap's, over the whole suite.
const mostInstructions = 1.2

// TestSuiteCompiles compiles all expressions of the suite for supported link
// types, and logs a table: how many there are, how many programs equal
// libpcap's word for word, and how long ours are.
func TestSuiteCompiles(t *testing.T) {
	type row struct{ expressions, refused, equal, ours, theirs int }
	table := map[string]*row{"all": {}}
	for _, b := range acceptBlocks(t) {
		if table[b.DLT] == nil {
			table[b.DLT] = &row{}
		}
		for _, expr := range b.Aliases {
			raw, ok := compileAlias(t, b, expr)
			for _, r := range [...]*row{table[b.DLT], table["all"]} {
				r.expressions++
				switch want := b.program(true); {
				case want == nil:
					r.refused++
				case ok:
					r.ours, r.theirs = r.ours+len(raw), r.theirs+len(want)
					if bpf.Disassemble(raw) == strings.Join(want, "\n")+"\n" {
						r.equal++
					}
				}
			}
		}
	}
	t.Logf("%-10s %11s %8s %6s %6s %8s %6s", "link type", "expressions", "refused", "equal", "ours", "libpcap", "ratio")
	for _, dlt := range slices.Sorted(maps.Keys(table)) {
		r := table[dlt]
		t.Logf("%-10s %11d %8d %6d %6d %8d %6.3f", dlt, r.expressions, r.refused, r.equal, r.ours, r.theirs, float64(r.ours)/float64(r.theirs))
	}
	all := table["all"]
	if float64(all.ours) > mostInstructions*float64(all.theirs) {
		t.Errorf("%d instructions are more than %.1f times libpcap's %d", all.ours, mostInstructions, all.theirs)
	}
}

// compileAlias compiles one expression of a block, which must succeed unless
// libpcap finds that no packet can meet it.
func compileAlias(t *testing.T, b *acceptBlock, expr string) ([]netbpf.RawInstruction, bool) {
	t.Helper()
	raw, err := bpf.Compile(expr, supported[b.DLT], b.options())
	switch {
	case b.program(true) == nil:
		if err == nil || !strings.Contains(err.Error(), "expression rejects all packets") {
			t.Errorf("%s: %q: got %v, want a refusal", b.Name, expr, err)
		}
		return nil, false
	case err != nil:
		t.Errorf("%s: %q on %s: %v", b.Name, expr, b.DLT, err)
		return nil, false
	}
	return raw, true
}

// TestSuiteAliases holds the expressions of a block, which mean the same,
// against each other.
func TestSuiteAliases(t *testing.T) {
	for _, b := range acceptBlocks(t) {
		if b.program(true) == nil || notOurs[b.Name] != "" {
			continue
		}
		first, ok := compileAlias(t, b, b.Aliases[0])
		if !ok {
			continue
		}
		for _, expr := range b.Aliases[1:] {
			if raw, ok := compileAlias(t, b, expr); ok && !slices.Equal(raw, first) {
				t.Errorf("%s: %q gives\n%sbut %q\n%s", b.Name, expr, bpf.Disassemble(raw), b.Aliases[0], bpf.Disassemble(first))
			}
		}
	}
}
