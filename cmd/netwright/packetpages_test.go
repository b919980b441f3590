package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/pagestest"
)

// What the pages on packets tell to type works, and prints what they say, as far as it
// takes no network; the rest is typed in e2e. All lines of a page are run in one folder.
func TestPacketPages(t *testing.T) {
	n := 0
	for _, page := range pagestest.Pages(t, "../..") {
		t.Run(strings.TrimSuffix(page.Name, ".md"), func(t *testing.T) {
			folder := t.TempDir()
			pagestest.Stage(t, "../..", folder)
			for _, c := range page.Commands {
				if !c.OnWire() {
					n++
					typed(t, c, folder)
				}
			}
		})
	}
	if t.Logf("%d lines", n); n < 100 {
		t.Errorf("only %d lines were found", n)
	}
}

func typed(t *testing.T, c pagestest.Command, folder string) {
	t.Helper()
	for _, program := range []string{"jq", "tcpdump", "tshark"} {
		if !strings.Contains(c.Line, program+" ") {
			continue
		}
		if _, err := exec.LookPath(program); err != nil {
			if _, err := peer(program, err); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s is not installed, which takes: %s", program, c.Line)
			return
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", c.Line)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TZ=UTC", "NO_COLOR=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", c.Line, err, out)
		return
	}
	if wrong := c.Differs(string(out)); wrong != "" {
		t.Errorf("%s: %s", c.Line, wrong)
	}
}

var goName = regexp.MustCompile("`(packet|bpf|craft|display|dissect|exchange|flows|layer|pcap|ping|proto|protofile|reassembly|rtnl|scan|trace|wire)((?:\\.[A-Z][A-Za-z0-9]*)+)`")

// The Go names in the pages on packets are there.
func TestPacketPagesNames(t *testing.T) {
	n := 0
	for _, page := range pagestest.Pages(t, "../..") {
		for _, m := range goName.FindAllStringSubmatch(page.Text, -1) {
			n++
			if !declared(t, m[1], strings.Split(m[2], ".")[1:]) {
				t.Errorf("%s: there is no %s%s", page.Name, m[1], m[2])
			}
		}
	}
	if n < 5 {
		t.Errorf("only %d names were found", n)
	}
}

// declared tells whether a package has a name, or a type of it a method or field.
func declared(t *testing.T, pkg string, names []string) bool {
	t.Helper()
	folder := "../../packet"
	if pkg != "packet" {
		folder = filepath.Join(folder, pkg)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(pkg, err)
	}
	expr := `(?m)^(?:(?:func|type|var|const) |\t)` + names[0] + `\b`
	if len(names) > 1 {
		expr = `(?m)^func \([a-z]+ \*?` + names[0] + `\) ` + names[1] + `\b|^type ` + names[0] + ` struct \{(?:\n.*[^}])*?\n\t(?:\w+, )*` + names[1] + `\b`
	}
	declaration := regexp.MustCompile(expr)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") && declaration.Match(source) {
			return true
		}
	}
	return false
}
