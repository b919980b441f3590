//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// rate is frames a second, in thousands or millions.
func rate(frames int, d time.Duration) string {
	perSecond := float64(frames) / d.Seconds()
	if perSecond >= 1e6 {
		return fmt.Sprintf("%.2f M/s", perSecond/1e6)
	}
	return fmt.Sprintf("%.1f k/s", perSecond/1e3)
}

// faster makes the result of a row that is about frames a second of CPU.
func faster(work string, frames []int, took []time.Duration, names []string, goal string, least float64) result {
	r := result{Work: work, Sides: map[string]string{}, Goal: goal}
	for i, name := range names {
		r.Sides[name] = rate(frames[i], took[i])
	}
	ours := float64(frames[0]) / took[0].Seconds()
	r.Met = ours >= least
	for i := 1; i < len(names); i++ {
		if i > 1 {
			r.Ratio += ", "
		}
		r.Ratio += fmt.Sprintf("%.1f × %s", ours/(float64(frames[i])/took[i].Seconds()), names[i])
	}
	return r
}

func linesRow(ctx context.Context, b *bench) (result, error) {
	file, err := b.write("small.pcap", smallFrames(1000), 200_000)
	if err != nil {
		return result{}, err
	}
	return b.lines(ctx, "dissect: a line for each of 200,000 small frames", file, 200_000)
}

func mixedLinesRow(ctx context.Context, b *bench) (result, error) {
	frames, err := b.mixed()
	if err != nil {
		return result{}, err
	}
	const n = 120_000
	file, err := b.write("mixed.pcap", frames, n)
	if err != nil {
		return result{}, err
	}
	return b.lines(ctx, "dissect: a line for each of 120,000 mixed frames", file, n)
}

func (b *bench) lines(ctx context.Context, work, file string, n int) (result, error) {
	if err := need("tcpdump", "tshark"); err != nil {
		return result{}, err
	}
	if s, err := count(ctx, b.bin, "dissect", file); err != nil || s.lines != n {
		return result{}, errors.Join(err, fmt.Errorf("%d lines for %d frames", s.lines, n))
	}
	took, err := b.sides(ctx, cpu, []string{b.bin, "dissect", file}, []string{"tcpdump", "-ttnr", file}, []string{"tshark", "-n", "-r", file})
	if err != nil {
		return result{}, err
	}
	return faster(work, []int{n, n, n}, took, []string{"Netwright", "tcpdump", "tshark"}, "≥ 1 M/s", 1e6), nil
}

func jsonRow(ctx context.Context, b *bench) (result, error) {
	if err := need("tshark"); err != nil {
		return result{}, err
	}
	frames, err := b.mixed()
	if err != nil {
		return result{}, err
	}
	const n, few = 120_000, 10_000
	file, err := b.write("mixed.pcap", frames, n)
	if err != nil {
		return result{}, err
	}
	short, err := b.write("short.pcap", frames, few)
	if err != nil {
		return result{}, err
	}
	if s, err := count(ctx, b.bin, "dissect", "--json", file); err != nil || s.lines != n {
		return result{}, errors.Join(err, fmt.Errorf("%d lines for %d frames", s.lines, n))
	}
	took, err := b.sides(ctx, cpu, []string{b.bin, "dissect", "--json", file}, []string{"tshark", "-n", "-T", "json", "-r", short})
	if err != nil {
		return result{}, err
	}
	return faster("dissect --json of mixed frames", []int{n, few}, took, []string{"Netwright", "tshark"}, "≥ 200 k/s", 200e3), nil
}

func filterRow(ctx context.Context, b *bench) (result, error) {
	if err := need("tcpdump"); err != nil {
		return result{}, err
	}
	const n = 1_000_000
	file, err := b.write("million.pcap", smallFrames(1000), n)
	if err != nil {
		return result{}, err
	}
	ours, theirs := filepath.Join(b.dir, "ours.pcap"), filepath.Join(b.dir, "theirs.pcap")
	defer remove(ours)
	defer remove(theirs)
	took, err := b.sides(ctx, cpu, []string{b.bin, "dissect", "-f", "tcp dst port 80", "-w", ours, file}, []string{"tcpdump", "-r", file, "-w", theirs, "tcp dst port 80"})
	if err != nil {
		return result{}, err
	}
	for _, out := range []string{ours, theirs} {
		if kept, err := frameCount(out); err != nil || kept != n/2 {
			return result{}, fmt.Errorf("%s has %d frames of %d: %w", filepath.Base(out), kept, n/2, err)
		}
	}
	return faster("filter a file of 1 M frames into another", []int{n, n}, took, []string{"Netwright", "tcpdump"}, "≥ 5 M/s", 5e6), nil
}

func startRow(ctx context.Context, b *bench) (result, error) {
	if err := need("/usr/bin/python3"); err != nil {
		return result{}, err
	}
	took, err := b.sides(ctx, wall, []string{b.bin, "send", "--dry-run", "ip dst=192.0.2.1 / tcp dport=80 flags=S"},
		[]string{"/usr/bin/python3", "-c", "from scapy.all import IP, TCP; IP(dst='192.0.2.1')/TCP(dport=80, flags='S')"})
	if err != nil {
		return result{}, err
	}
	return result{
		Work:  "start: send --dry-run of one packet, and the same in Scapy",
		Sides: map[string]string{"Netwright": took[0].Round(time.Millisecond / 10).String(), "Scapy": took[1].Round(time.Millisecond).String()},
		Ratio: fmt.Sprintf("%.3f", took[0].Seconds()/took[1].Seconds()), Goal: "≤ 30 ms", Met: took[0] <= 30*time.Millisecond,
	}, nil
}
