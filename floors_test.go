package netwright

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/netwright/netwright"

// floors is the house from the bottom up. A unit is a folder with all that is
// in it; it may import the units of the floors below.
var floors = [][]string{
	{"endpoint", "cert", "guard", "flow", "websocket", "http/message", "http/h1", "http/h2", "http/cache", "http/har"},
	{"edge", "bus", "mqtt", "live", "fleet", "ssh", "ftp", "mail", "dns", "socks", "packet", "probe", "fetch", "crawl", "stream"},
	{"watch", "anomaly"},
	{"config", "script"},
	{"node", "console"},
	{"cmd", "e2e", "bench", "examples", "docs"},
}

// across are the imports that are allowed on one floor, and no others.
var across = map[string][]string{
	"guard":    {"flow"},
	"endpoint": {"websocket"},
	"http/h1":  {"http/message"},
	"http/h2":  {"http/message"},
	"fleet":    {"ssh"},
	"crawl":    {"fetch"},
	"probe":    {"packet"},
	"watch":    {"anomaly"}, // the detectors alone, which watch is built of
	"node":     {"console"},
}

// unitOf finds a package's unit and floor; the root and unknown folders have
// none.
func unitOf(path string) (unit string, floor int, ok bool) {
	rel := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	for i, units := range floors {
		for _, u := range units {
			if rel == u || strings.HasPrefix(rel, u+"/") {
				return u, i, true
			}
		}
	}
	return "", 0, false
}

// allowed says whether code of one unit may import another. Tests may also
// use their neighbours on the same floor: an endpoint is tested with a
// certificate.
func allowed(from, to string, isTest bool) bool {
	fromUnit, fromFloor, _ := unitOf(from)
	toUnit, toFloor, ok := unitOf(to)
	switch {
	case !ok:
		return false
	case fromUnit == toUnit, toFloor < fromFloor:
		return true
	case toFloor > fromFloor:
		return false
	default:
		return isTest || slices.Contains(across[fromUnit], toUnit)
	}
}

func TestImportsRunDownwards(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath == module {
			continue
		}
		if _, _, ok := unitOf(p.ImportPath); !ok {
			t.Errorf("%s is on no floor: draw it into the house (floors in floors_test.go) or put it where it belongs", p.ImportPath)
			continue
		}
		check := func(imports []string, isTest bool) {
			for _, to := range imports {
				if strings.HasPrefix(to, module+"/") && !allowed(p.ImportPath, to, isTest) {
					t.Errorf("%s must not import %s (test: %t)", short(p.ImportPath), short(to), isTest)
				}
			}
		}
		check(p.Imports, false)
		check(slices.Concat(p.TestImports, p.XTestImports), true)
	}
}

func TestAllowed(t *testing.T) {
	tests := []struct {
		from, to string
		isTest   bool
		want     bool
	}{
		{"edge", "http/h1", false, true},
		{"edge", "edge/upstream", false, true},
		{"edge/upstream", "edge", false, true},
		{"http/h1", "edge", false, false},
		{"http/h1", "edge", true, false},
		{"http/h1", "flow", false, false},
		{"http/h1", "http/message", false, true},
		{"http/message", "http/h1", false, false},
		{"guard", "flow", false, true},
		{"flow", "guard", false, false},
		{"endpoint", "cert", false, false},
		{"endpoint", "cert", true, true},
		{"stream", "live", false, false},
		{"node", "console", false, true},
		{"console", "node", false, false},
		{"cmd/netwright", "node", false, true},
		{"config", "edge", false, true},
		{"edge", "config", true, false},
		{"edge", "util", false, false},
		{"edge", "edgy", false, false},
	}
	for _, tt := range tests {
		if got := allowed(module+"/"+tt.from, module+"/"+tt.to, tt.isTest); got != tt.want {
			t.Errorf("%s imports %s (test: %t): allowed %t, want %t", tt.from, tt.to, tt.isTest, got, tt.want)
		}
	}
}

// goPackage is what the tests need of `go list -json`.
type goPackage struct {
	Dir, ImportPath, Name                        string
	Imports, TestImports, XTestImports           []string
	GoFiles, TestGoFiles, XTestGoFiles, CgoFiles []string
}

// packages lists every package of the module, those with a build tag too.
func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-tags", "e2e", "-json=Dir,ImportPath,Name,Imports,TestImports,XTestImports,GoFiles,TestGoFiles,XTestGoFiles,CgoFiles", "./...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(out); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(all) == 0 {
		t.Fatal("go list found no package")
	}
	return all
}

func short(path string) string { return strings.TrimPrefix(path, module+"/") }
