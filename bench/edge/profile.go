//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// profileRow drives the server once more, outside of the measured rounds,
// while perf samples it, and leaves the samples and a text report beside the
// results.
func (b *bench) profileRow(ctx context.Context, r row, s *running) error {
	base := filepath.Join(filepath.Dir(b.output), r.name+"-"+s.peer)
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return err
	}
	seconds := strconv.FormatFloat((b.warm + b.measured).Seconds(), 'f', 1, 64)
	// cpu-clock: virtual machines often have no hardware counters.
	perf := exec.CommandContext(ctx, "perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "--call-graph", "fp",
		"-p", strconv.Itoa(s.cmd.Process.Pid), "-o", base+".perf", "--", "sleep", seconds)
	perf.Stderr = os.Stderr
	if err := perf.Start(); err != nil {
		return fmt.Errorf("profile %s: %w", r.name, err)
	}
	_, _, driveErr := b.drive(ctx, b.job(r, s.at, func() error { return nil }), r)
	if err := perf.Wait(); err != nil {
		return fmt.Errorf("perf record: %w", err)
	}
	if driveErr != nil {
		return driveErr
	}
	text, err := exec.CommandContext(ctx, "perf", "report", "-i", base+".perf", "--stdio", "--no-children",
		"-g", "none", "--percent-limit", "0.3").Output()
	if err != nil {
		return fmt.Errorf("perf report: %w", err)
	}
	fmt.Fprintf(os.Stderr, "profile of %s: %s.txt (perf report -i %s.perf for the calls)\n", r.name, base, base)
	return os.WriteFile(base+".txt", text, 0o644)
}
