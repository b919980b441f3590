//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// spent is what a process took.
type spent struct {
	cpu, wall time.Duration
	stdout    string // the first 64 KiB
	lines     int
}

// counter counts lines, and keeps the begin of what it is given.
type counter struct {
	kept  bytes.Buffer
	lines int
}

func (c *counter) Write(b []byte) (int, error) {
	c.lines += bytes.Count(b, []byte{'\n'})
	if room := 64<<10 - c.kept.Len(); room > 0 {
		c.kept.Write(b[:min(room, len(b))])
	}
	return len(b), nil
}

const limit = 5 * time.Minute

// run runs a command to its end, its output to /dev/null, and says what it took.
func run(ctx context.Context, args ...string) (spent, error) {
	return start(ctx, nil, args...)
}

// count runs a command once for the number of lines that it prints.
func count(ctx context.Context, args ...string) (spent, error) {
	return start(ctx, &counter{}, args...)
}

func start(ctx context.Context, out *counter, args ...string) (spent, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if out != nil {
		cmd.Stdout = out
	}
	begin := time.Now()
	err := cmd.Run()
	s := spent{wall: time.Since(begin)}
	if cmd.ProcessState != nil {
		s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if out != nil {
		s.stdout, s.lines = out.kept.String(), out.lines
	}
	if err != nil {
		return s, fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return s, nil
}

// sides runs commands in turn, and gives the median of what take says of each.
func (b *bench) sides(ctx context.Context, take func(spent) time.Duration, commands ...[]string) ([]time.Duration, error) {
	all := make([][]float64, len(commands))
	for range b.rounds {
		for i, c := range commands {
			s, err := run(ctx, c...)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], float64(take(s)))
		}
	}
	medians := make([]time.Duration, len(commands))
	for i := range all {
		medians[i] = time.Duration(median(all[i]))
	}
	return medians, nil
}

func cpu(s spent) time.Duration  { return s.cpu }
func wall(s spent) time.Duration { return s.wall }

// need finds the programs of a row.
func need(programs ...string) error {
	var missing []string
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			missing = append(missing, p)
		}
	}
	if missing != nil {
		return errors.New("not installed: " + strings.Join(missing, ", "))
	}
	return nil
}

func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return s[len(s)/2]
}

func remove(path string) { _ = os.Remove(path) } // a file that a round has made
