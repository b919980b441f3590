//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are what the flags say.
type settings struct {
	rounds             int
	warm, measured     time.Duration
	requests           int
	output             string
	profile, configs   bool
	serverCPU, loadCPU int
}

type flags struct {
	settings
	rows, peers, bin, cmd string
	backend, keep         bool
}

func parseFlags() flags {
	var f flags
	flag.StringVar(&f.rows, "rows", "", "rows to measure, comma-separated: "+strings.Join(rowNames(), ",")+" (default all)")
	flag.StringVar(&f.peers, "peers", "nginx,haproxy,caddy", "servers to compare with, comma-separated")
	flag.StringVar(&f.bin, "bin", "", "a built netwright (default: go build ./cmd/netwright; \"none\" measures the peers alone)")
	flag.StringVar(&f.cmd, "cmd", "", "a command line in Netwright's place; {listen} {backend} {root} {log} {cert} {key} are replaced")
	flag.IntVar(&f.rounds, "rounds", 5, "rounds of each row")
	seconds := flag.Float64("seconds", 1.2, "how long a round measures")
	warm := flag.Float64("warm", 0.3, "seconds that a round warms up before")
	flag.IntVar(&f.requests, "requests", 0, "requests that end a round before its time (0: none)")
	flag.StringVar(&f.output, "o", "bench/results/edge.json", "file for the machine-readable results")
	flag.BoolVar(&f.profile, "profile", false, "also profile Netwright with perf, into the folder of -o")
	flag.BoolVar(&f.configs, "configs", true, "print the configs")
	flag.IntVar(&f.serverCPU, "cpu", runtime.NumCPU()-1, "processor of the servers")
	flag.IntVar(&f.loadCPU, "loadcpu", 0, "processor of the generator and the backend")
	flag.BoolVar(&f.keep, "keep", false, "keep the folder of configs and logs, and say where it is")
	flag.BoolVar(&f.backend, "backend", false, "be the backend (used by the command itself)")
	flag.Parse()
	f.measured, f.warm = duration(*seconds), duration(*warm)
	return f
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func rowNames() []string {
	var names []string
	for _, r := range rows() {
		names = append(names, r.name)
	}
	return names
}

func main() {
	f := parseFlags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if f.backend {
		exit(runBackend(ctx))
	}
	exit(run(ctx, f))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "edge:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, f flags) error {
	wanted, err := pick(f.rows, rows(), func(r row) string { return r.name })
	if err != nil {
		return err
	}
	peers, err := pick(f.peers, specialists(), func(p peer) string { return p.name })
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "netwright-bench-")
	if err != nil {
		return err
	}
	if f.keep {
		fmt.Fprintln(os.Stderr, "configs and logs:", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	b, done, err := prepare(ctx, f, dir, peers)
	if err != nil {
		return err
	}
	defer done()
	m, err := describe(ctx, b)
	if err != nil {
		return err
	}
	var results []*result
	var verdicts []verdict
	failed := 0
	for _, r := range wanted {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", r.name, r.work)
		res, err := b.measure(ctx, r)
		if err != nil {
			return err
		}
		v := judge(res, b.subjectName())
		results, verdicts, failed = append(results, res), append(verdicts, v), failed+v.Failed
	}
	err = errors.Join(report(os.Stdout, m, b.settings, results, verdicts), save(f.output, m, b.settings, results, verdicts))
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d requests failed", failed))
	}
	return err
}

// prepare pins this process and makes all that the rows share.
func prepare(ctx context.Context, f flags, dir string, peers []peer) (b *bench, done func(), err error) {
	b = &bench{settings: f.settings, dir: dir, peers: peers}
	if b.subject, err = subject(ctx, f, dir); err != nil { // built before pinning, with all processors
		return nil, nil, err
	}
	if b.serverCPU == b.loadCPU {
		fmt.Fprintln(os.Stderr, "warning: servers and generator share one processor")
	}
	if err := errors.Join(os.Chmod(dir, 0o755), pinSelf(b.loadCPU)); err != nil {
		return nil, nil, err
	}
	runtime.GOMAXPROCS(1)
	if b.identity, err = newIdentity(dir); err != nil {
		return nil, nil, err
	}
	if b.files, err = raiseFiles(65536); err != nil {
		return nil, nil, err
	}
	files := filepath.Join(dir, "files")
	if err := os.Mkdir(files, 0o755); err != nil {
		return nil, nil, err
	}
	for _, r := range rows() {
		if !r.files {
			continue
		}
		if err := os.WriteFile(filepath.Join(files, r.path), payload(r.size), 0o644); err != nil {
			return nil, nil, err
		}
	}
	b.backend, done, err = startBackend(b.loadCPU)
	return b, done, err
}

func subject(ctx context.Context, f flags, dir string) (*peer, error) {
	var p peer
	switch {
	case f.cmd != "":
		p = custom(f.cmd)
	case f.bin == "none":
		return nil, nil
	case f.bin != "":
		path, err := filepath.Abs(f.bin)
		if err != nil {
			return nil, err
		}
		p = netwright(path)
	default:
		path, err := build(ctx, dir)
		if err != nil {
			return nil, err
		}
		p = netwright(path)
	}
	return &p, nil
}

func (b *bench) subjectName() string {
	if b.subject == nil {
		return ""
	}
	return b.subject.name
}

func describe(ctx context.Context, b *bench) (machine, error) {
	m := thisMachine()
	m.Pinning = fmt.Sprintf("servers on processor %d, generator and backend on %d", b.serverCPU, b.loadCPU)
	all := b.peers
	if b.subject != nil {
		all = append([]peer{*b.subject}, all...)
	}
	for _, p := range all {
		v, err := p.versionLine(ctx)
		if err != nil {
			return m, err
		}
		m.Versions[p.name] = v
	}
	return m, nil
}

// pick returns those of all whose names are in the comma-separated list, in
// the order of all; an empty list picks everything.
func pick[T any](list string, all []T, name func(T) string) ([]T, error) {
	if list == "" {
		return all, nil
	}
	names := strings.Split(list, ",")
	var picked []T
	var known []string
	for _, t := range all {
		known = append(known, name(t))
		if slices.Contains(names, name(t)) {
			picked = append(picked, t)
		}
	}
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("unknown %q; there are %s", n, strings.Join(known, ", "))
		}
	}
	return picked, nil
}
