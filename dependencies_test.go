package netwright

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// testOnly are the modules that tests measure ours against; the binary must
// not hold them.
var testOnly = []string{
	"github.com/chromedp/cdproto",
	"github.com/chromedp/chromedp",
	"github.com/coder/websocket",
	"github.com/eclipse/paho.golang",
	"github.com/gopacket/gopacket",
	"github.com/rogpeppe/go-internal",
}

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

// docs/dependencies.md says why each dependency is there.
func TestDependenciesAreExplained(t *testing.T) {
	required, _ := modFile(t)
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := make(map[string]bool)
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| [^|]{10,} \\| [^|]{3,} \\|$").FindAllSubmatch(text, -1) {
		explained[string(m[1])] = true
	}
	for m := range imported(t, required) {
		if !explained[m] {
			t.Errorf("docs/dependencies.md has no line for %s: why is it there, and what was it chosen over?", m)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(explained)) {
		if !slices.Contains(required, m) {
			t.Errorf("docs/dependencies.md explains %s, which go.mod does not require", m)
		}
	}
}

func TestPeersStayInTests(t *testing.T) {
	required, _ := modFile(t)
	used := imported(t, required)
	for _, m := range testOnly {
		if used[m] {
			t.Errorf("%s is a peer for tests, but the product imports it", m)
		}
	}
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
