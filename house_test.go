package netwright

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// mostLines is how long a file of code may be; tests and generated files may
// be longer.
const mostLines = 500

// goFiles calls f with every Go file of the module and its text.
func goFiles(t *testing.T, f func(path string, text []byte)) {
	t.Helper()
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f(path, text)
	})
}

// walk calls f with every file that is the project's own writing.
func walk(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || path == "state" || path == filepath.Join("bench", "results")) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func TestFormatted(t *testing.T) {
	goFiles(t, func(path string, text []byte) {
		want, err := format.Source(text)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if !bytes.Equal(want, text) {
			t.Errorf("%s is not as gofmt writes it", path)
		}
	})
}

func TestFilesAreShort(t *testing.T) {
	goFiles(t, func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") || generated.Match(text) {
			return
		}
		if n := bytes.Count(text, []byte("\n")); n > mostLines {
			t.Errorf("%s has %d lines, more than %d: is it still one idea?", path, n, mostLines)
		}
	})
}

// What runs before main, in an order that nobody sees, is what nobody finds.
func TestNoInit(t *testing.T) {
	goFiles(t, func(path string, text []byte) {
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has a func init; call it from where it is needed", path)
			}
		}
	})
}

// A package says what it is in its doc.go and nowhere else. A command may say
// it in main.go.
func TestPackagesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 { // tests only, or nothing for this system
			continue
		}
		place, start := "doc.go", "Package "+p.Name+" "
		if p.Name == "main" {
			start = "Command " + filepath.Base(p.Dir) + " "
		}
		docs := make(map[string]string)
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			if file.Doc != nil && strings.TrimSpace(file.Doc.Text()) != "" {
				docs[name] = file.Doc.Text()
			}
		}
		if p.Name == "main" && docs["doc.go"] == "" {
			place = "main.go"
		}
		if !strings.HasPrefix(docs[place], start) {
			t.Errorf("%s: %s does not begin with \"%s…\"", short(p.ImportPath), place, start)
		}
		delete(docs, place)
		for name := range docs {
			t.Errorf("%s: %s has a package comment too; one place is enough", short(p.ImportPath), name)
		}
	}
}

// Names that say nothing collect everything.
func TestPackageNamesSaySomething(t *testing.T) {
	vague := map[string]bool{"util": true, "utils": true, "common": true, "helper": true, "helpers": true, "types": true, "misc": true, "base": true, "shared": true}
	for _, p := range packages(t) {
		for part := range strings.SplitSeq(short(p.ImportPath), "/") {
			if vague[part] {
				t.Errorf("%s: %q does not say what the package is", short(p.ImportPath), part)
			}
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo; the binary is built without", short(p.ImportPath))
		}
	}
}

// Whoever clones the project types what the README says, and so does CI.
func TestReadmeCommands(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	ci, err := os.ReadFile(filepath.Join(".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"go run ./cmd/netwright up", "go test ./..."} {
		if !bytes.Contains(readme, []byte("\n"+command+"\n")) {
			t.Errorf("README.md does not show %q on a line of its own", command)
		}
	}
	if !regexp.MustCompile(`(?m)^\s+go test \./\.\.\.$`).Match(ci) {
		t.Error(".ci/run does not run the README's test command as it stands there")
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// A page must not point to a page that is not there. Markdown in a package is
// what pages are generated from, with links that hold where they come to lie.
func TestLinksLead(t *testing.T) {
	walk(t, func(path string) {
		top, _, nested := strings.Cut(filepath.ToSlash(path), "/")
		if filepath.Ext(path) != ".md" || nested && top != "docs" && top != "examples" {
			return
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllSubmatch(text, -1) {
			target, _, _ := strings.Cut(string(m[1]), "#")
			if target == "" || strings.Contains(target, ":") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), target)); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", path, target)
			}
		}
	})
}
