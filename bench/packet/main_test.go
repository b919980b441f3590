//go:build linux

package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestChoose(t *testing.T) {
	all := rows()
	seen := map[string]bool{}
	for _, r := range all {
		if seen[r.name] || r.run == nil {
			t.Errorf("row %q stands twice, or does nothing", r.name)
		}
		seen[r.name] = true
	}
	got, err := choose(all, "json,locate")
	if err != nil || len(got) != 2 || got[0].name != "json" || got[1].name != "locate" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := choose(all, ""); err != nil || len(got) != len(all) {
		t.Errorf("%d rows of %d, %v", len(got), len(all), err)
	}
	if _, err := choose(all, "jsn"); err == nil || !strings.Contains(err.Error(), `no row "jsn"; there are locate`) {
		t.Error(err)
	}
}

func TestPrint(t *testing.T) {
	for _, tt := range []struct {
		r    result
		want string
	}{
		{result{Work: "w", Sides: map[string]string{"b": "2", "a": "1"}, Ratio: "0.5", Goal: "≤ 1", Met: true}, "| w | a 1, b 2 | 0.5 | ≤ 1 | met |\n"},
		{result{Work: "w", Sides: map[string]string{"a": "1"}, Ratio: "2", Goal: "≤ 1"}, "| w | a 1 | 2 | ≤ 1 | missed |\n"},
		{result{Row: "r", Ratio: "0.1", Goal: "≤ 1", Met: true, Error: "9 lines for 10 frames"}, "| r | – | – | failed: 9 lines for 10 frames | |\n"},
	} {
		var b strings.Builder
		if tt.r.print(&b); b.String() != tt.want {
			t.Errorf("%q, and should be %q", b.String(), tt.want)
		}
	}
}

func TestFaster(t *testing.T) {
	second := []time.Duration{time.Second, time.Second}
	r := faster("w", []int{1_000_000, 500_000}, second, []string{"Netwright", "tcpdump"}, "≥ 1 M/s", 1e6)
	if !r.Met || !strings.HasPrefix(r.Ratio, "2.0 × tcpdump") {
		t.Errorf("%+v", r)
	}
	if r := faster("w", []int{999_999, 500_000}, second, []string{"Netwright", "tcpdump"}, "≥ 1 M/s", 1e6); r.Met {
		t.Errorf("%+v", r)
	}
}

func TestInProcess(t *testing.T) {
	for _, tt := range []struct {
		ours, theirs float64
		allocs       int64
		met          bool
	}{{5, 10, 0, true}, {5.1, 10, 0, false}, {1, 10, 1, false}} {
		if r := inProcess("w", tt.ours, tt.theirs, tt.allocs, 0.5); r.Met != tt.met {
			t.Errorf("%+v gives %+v", tt, r)
		}
	}
}

func TestMedian(t *testing.T) {
	if m := median([]float64{9, 1, 5}); m != 5 {
		t.Error(m)
	}
}

// What the sniffers say at their end is understood, and what is not is no figure.
func TestCounts(t *testing.T) {
	if m := ourCounts.FindStringSubmatch("999990 frames, 10 dropped by the kernel"); m == nil || m[1] != "999990" || m[2] != "10" {
		t.Error(m)
	}
	text := "7 packets captured\n9 packets received by filter\n2 packets dropped by kernel\n"
	if m := theirCounts.FindStringSubmatch(text); m == nil || m[1] != "7" || m[2] != "2" {
		t.Error(m)
	}
}

func TestFiles(t *testing.T) {
	b := &bench{dir: t.TempDir(), rounds: 1}
	frames := smallFrames(10)
	path, err := b.write("a.pcap", frames, 25)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := frameCount(path); err != nil || n != 25 {
		t.Errorf("%d frames, %v", n, err)
	}
	b.suites = filepath.Join(b.dir, "none")
	if _, err := b.mixed(); err == nil || !strings.Contains(err.Error(), "-suites") {
		t.Error(err)
	}
}

func TestCount(t *testing.T) {
	s, err := count(context.Background(), "printf", `a\nb\n`)
	if err != nil || s.lines != 2 || s.stdout != "a\nb\n" {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := run(context.Background(), "false"); err == nil {
		t.Error("a command that fails is no error")
	}
}
