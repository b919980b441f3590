//go:build linux

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

// bench is what the rows share.
type bench struct {
	rounds int
	dir    string // for captures
	bin    string // a built netwright
	suites string // captures of others; "" if they are not there
}

// result is one row as it was measured.
type result struct {
	Row   string            `json:"row"`
	Work  string            `json:"work"`
	Sides map[string]string `json:"sides"` // by tool
	Ratio string            `json:"ratio"`
	Goal  string            `json:"goal"`
	Met   bool              `json:"met"`
	Error string            `json:"error,omitempty"`
}

// row is one kind of work.
type row struct {
	name string
	root bool // needs privileges
	run  func(ctx context.Context, b *bench) (result, error)
}

func rows() []row {
	return []row{
		{"locate", false, locateSmall}, {"mixed", false, locateMixed}, {"fields", false, allFields}, {"build", false, buildRow},
		{"lines", false, linesRow}, {"mixedlines", false, mixedLinesRow}, {"json", false, jsonRow}, {"filter", false, filterRow},
		{"start", false, startRow}, {"capture", true, captureRow}, {"scan", true, scanRow}, {"ping", true, pingRow},
	}
}

func main() {
	if helper() {
		return
	}
	var names, output string
	b := &bench{}
	flag.StringVar(&names, "rows", "", "rows to measure, comma-separated (default all)")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds of each row")
	flag.StringVar(&b.bin, "bin", "", "a built netwright (default: go build ./cmd/netwright)")
	flag.StringVar(&b.suites, "suites", "../shared/suites", "folder of captures for the rows of mixed frames")
	flag.StringVar(&output, "o", "bench/results/packet.json", "file for the machine-readable results")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.main(ctx, names, output); err != nil {
		fmt.Fprintln(os.Stderr, "packet:", err)
		os.Exit(1)
	}
}

func (b *bench) main(ctx context.Context, names, output string) error {
	dir, err := os.MkdirTemp("", "netwright-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.dir = dir
	if b.bin == "" {
		b.bin = filepath.Join(dir, "netwright")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.bin, "./cmd/netwright")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building netwright: %w: %s", err, out)
		}
	}
	wanted, err := choose(rows(), names)
	if err != nil {
		return err
	}
	machine := thisMachine(ctx)
	machine.print(os.Stdout)
	var results []result
	failed := 0
	for _, r := range wanted {
		res, err := result{}, error(nil)
		if r.root && os.Geteuid() != 0 {
			err = fmt.Errorf("needs root, to make network namespaces")
		} else {
			res, err = r.run(ctx, b)
		}
		res.Row = r.name
		if err != nil {
			res.Error = err.Error()
			failed++
		}
		results = append(results, res)
		res.print(os.Stdout)
		if ctx.Err() != nil {
			break
		}
	}
	if err := save(output, machine, results); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d rows failed", failed, len(results))
	}
	return nil
}

// choose is the rows of those names, all where there are none.
func choose(all []row, names string) ([]row, error) {
	if names == "" {
		return all, nil
	}
	var chosen []row
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(r row) bool { return r.name == name })
		if i < 0 {
			var known []string
			for _, r := range all {
				known = append(known, r.name)
			}
			return nil, fmt.Errorf("-rows: there is no row %q; there are %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func (r *result) print(w io.Writer) {
	if r.Error != "" {
		fmt.Fprintf(w, "| %s | – | – | failed: %s | |\n", r.Row, r.Error)
		return
	}
	var sides []string
	for _, name := range slices.Sorted(keys(r.Sides)) {
		sides = append(sides, name+" "+r.Sides[name])
	}
	verdict := "missed"
	if r.Met {
		verdict = "met"
	}
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s |\n", r.Work, strings.Join(sides, ", "), r.Ratio, r.Goal, verdict)
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func save(path string, m machine, results []result) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(map[string]any{"machine": m, "rows": results}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
