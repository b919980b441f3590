package bpf_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/bpf"
	"github.com/netwright/netwright/packet/pcap"
)

var code = regexp.MustCompile("`([^`]+)`")

// TestDocumentedFilters compiles the expressions in the first table of the
// page on capture filters.
func TestDocumentedFilters(t *testing.T) {
	page, err := os.ReadFile("../../docs/packet/capture-filters.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## What people write")
	table, _, _ = strings.Cut(table, "\n## ")
	compiled := 0
	for line := range strings.Lines(table) {
		cells := strings.SplitN(line, " | ", 2)
		if len(cells) != 2 || !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| to see") {
			continue
		}
		for _, m := range code.FindAllStringSubmatch(cells[1], -1) {
			expr := strings.ReplaceAll(m[1], `\|`, "|")
			if _, err := bpf.New(expr, pcap.LinkEthernet, nil); err != nil {
				t.Errorf("%q: %v", expr, err)
			}
			compiled++
		}
	}
	if compiled < 40 {
		t.Errorf("only %d expressions were found", compiled)
	}
}
