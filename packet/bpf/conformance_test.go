package bpf_test

import (
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/bpf"
)

// TestSuiteCompiles compiles all expressions of the suite and counts.
func TestSuiteCompiles(t *testing.T) {
	ours, theirs, equal, total := 0, 0, 0, 0
	for _, b := range acceptBlocks(t) {
		want := b.program(true)
		for _, expr := range b.Aliases {
			raw, err := bpf.Compile(expr, supported[b.DLT], b.options())
			if want == nil {
				if err == nil || !strings.Contains(err.Error(), "expression rejects all packets") {
					t.Errorf("%s: %q: got %v, want a refusal", b.Name, expr, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %q on %s: %v", b.Name, expr, b.DLT, err)
				continue
			}
			total++
			ours += len(raw)
			theirs += len(want)
			if bpf.Disassemble(raw) == strings.Join(want, "\n")+"\n" {
				equal++
			} else if testing.Verbose() && len(raw) > len(want) {
				t.Logf("%s %q: %d > %d\n%s\nwant\n%s", b.Name, expr, len(raw), len(want), bpf.Disassemble(raw), strings.Join(want, "\n"))
			}
		}
	}
	t.Logf("%d expressions, %d equal, instructions %d / %d = %.3f", total, equal, ours, theirs, float64(ours)/float64(theirs))
}
