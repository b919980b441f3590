package netwright

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// modFile reads the paths that go.mod requires, and whether it replaces any.
func modFile(t *testing.T) (required []string, replaces bool) {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\s*([a-z0-9.-]+\.[a-z]+/\S+|[a-z0-9.-]+\.[a-z]+) v\S+`).FindAllSubmatch(text, -1) {
		required = append(required, string(m[1]))
	}
	return required, regexp.MustCompile(`(?m)^replace\b`).Match(text)
}

// moduleOf finds the required module that a package is in; "" for the
// standard library and for our own.
func moduleOf(path string, required []string) string {
	best := ""
	for _, m := range required {
		if (path == m || strings.HasPrefix(path, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// imported maps each module that our code imports to whether other code than
// tests does.
func imported(t *testing.T, required []string) map[string]bool {
	t.Helper()
	used := make(map[string]bool)
	note := func(p goPackage, imports []string, shipped bool) {
		for _, path := range imports {
			first, _, _ := strings.Cut(path, "/")
			if !strings.Contains(first, ".") || path == module || strings.HasPrefix(path, module+"/") {
				continue
			}
			m := moduleOf(path, required)
			if m == "" {
				t.Errorf("%s imports %s, which go.mod does not require", short(p.ImportPath), path)
				continue
			}
			used[m] = used[m] || shipped
		}
	}
	for _, p := range packages(t) {
		unit, _, _ := unitOf(p.ImportPath)
		note(p, p.Imports, unit != "bench" && unit != "e2e")
		note(p, slices.Concat(p.TestImports, p.XTestImports), false)
	}
	return used
}

func TestModHasNoReplace(t *testing.T) {
	if _, replaces := modFile(t); replaces {
		t.Error("go.mod has a replace: then `go install module@version` no longer works")
	}
}

// docs/dependencies.md says why each dependency is there, and which of them are
// there for tests alone: those are not in the binary.
func TestDependenciesAreExplained(t *testing.T) {
	required, _ := modFile(t)
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	shipped, tests, ok := bytes.Cut(text, []byte("\n## In tests and benchmarks only\n"))
	if !ok {
		t.Fatal("docs/dependencies.md has no part for what only tests and benchmarks use")
	}
	explained := explainedIn(shipped, true)
	maps.Copy(explained, explainedIn(tests, false))
	used := imported(t, required)
	for m, ships := range used {
		switch said, ok := explained[m]; {
		case !ok:
			t.Errorf("docs/dependencies.md has no line for %s: why is it there, and what was it chosen over?", m)
		case ships && !said:
			t.Errorf("docs/dependencies.md says that only tests use %s, but the product imports it", m)
		case said && !ships:
			t.Errorf("docs/dependencies.md says that %s is in the binary, but only tests and benchmarks import it", m)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(explained)) {
		if _, ok := used[m]; !ok {
			t.Errorf("docs/dependencies.md explains %s, which nothing imports", m)
		}
	}
}

// explainedIn maps the modules that have a whole line in a table to value.
func explainedIn(table []byte, value bool) map[string]bool {
	modules := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]{10,} \\| [^|]{3,} \\|$").FindAllSubmatch(table, -1) {
		modules[string(m[1])] = value
	}
	return modules
}

func TestModuleOf(t *testing.T) {
	required := []string{"golang.org/x/net", "github.com/a/b", "github.com/a/b/v2", "go.example"}
	for path, want := range map[string]string{
		"golang.org/x/net/http2/hpack": "golang.org/x/net",
		"github.com/a/b/v2/c":          "github.com/a/b/v2",
		"github.com/a/b/c":             "github.com/a/b",
		"github.com/a/bc":              "",
		"go.example":                   "go.example",
		"net/http":                     "",
	} {
		if got := moduleOf(path, required); got != want {
			t.Errorf("%s is in %q, want %q", path, got, want)
		}
	}
}
