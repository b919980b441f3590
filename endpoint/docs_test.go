package endpoint

import (
	"os"
	"strings"
	"testing"
)

// The page has the tables of the code.
func TestPageHasGrammar(t *testing.T) {
	page, err := os.ReadFile("../docs/endpoints.md")
	if err != nil {
		t.Fatal(err)
	}
	for table := range strings.SplitSeq(Grammar(), "\n\n") {
		if !strings.Contains(string(page), strings.TrimSpace(table)) {
			t.Errorf("docs/endpoints.md lacks this table:\n%s", table)
		}
	}
}

// The examples of the table are endpoints.
func TestExamplesParse(t *testing.T) {
	for _, s := range Schemes() {
		for example := range strings.SplitSeq(s.Example, ", ") {
			u := mustParse(t, example)
			if u.Scheme != s.Name {
				t.Errorf("%s is an example of %s", example, s.Name)
			}
		}
	}
}
