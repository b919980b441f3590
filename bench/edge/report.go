//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

// verdict is what a row says of Netwright.
type verdict struct {
	Row     string    `json:"row"`
	Work    string    `json:"work"`
	Unit    string    `json:"unit"`
	Conns   int       `json:"connections"`
	Against string    `json:"against,omitempty"` // the peer whose median is 1.0
	Ratio   float64   `json:"ratio,omitempty"`   // to that peer; left out after a failure
	Goal    float64   `json:"goal,omitempty"`    // most allowed: a ratio, or a number of the unit
	Aim     float64   `json:"aim,omitempty"`
	Pass    *bool     `json:"pass,omitempty"` // left out where there is no goal or no figure
	Failed  int       `json:"failed"`
	Figures []*figure `json:"figures"`
}

// judge compares Netwright with the better of those that the row names.
func judge(res *result, subject string) verdict {
	r := res.row
	v := verdict{Row: r.name, Work: r.work, Unit: r.kind.unit(), Conns: r.conns, Goal: r.most, Aim: r.aim, Figures: res.figures}
	var own, best *figure
	for _, f := range res.figures {
		v.Failed += f.Failed
		switch {
		case f.Peer == subject:
			own = f
		case slices.Contains(r.against, f.Peer) && (best == nil || f.Median < best.Median):
			best = f
		}
	}
	if v.Failed > 0 || own == nil || own.Median == 0 {
		return v
	}
	reached := own.Median
	if r.against != nil {
		if best == nil || best.Median == 0 {
			return v
		}
		v.Against, v.Ratio = best.Peer, own.Median/best.Median
		reached = v.Ratio
	}
	if r.most > 0 {
		pass := reached <= r.most
		v.Pass = &pass
	}
	return v
}

func (v *verdict) reached() string {
	switch {
	case v.Failed > 0:
		return fmt.Sprintf("%d failed", v.Failed)
	case v.Ratio > 0:
		return fmt.Sprintf("%.2f × %s", v.Ratio, v.Against)
	default:
		return ""
	}
}

func (v *verdict) goal() string {
	if v.Goal == 0 {
		return ""
	}
	text := fmt.Sprintf("≤ %.4g", v.Goal)
	if v.Unit != perRequest.unit() {
		text += " " + v.Unit
	}
	if v.Aim > 0 {
		text += fmt.Sprintf(", aim %.4g", v.Aim)
	}
	return text
}

func (v *verdict) word() string {
	switch {
	case v.Failed > 0:
		return "FAILED"
	case v.Pass == nil:
		return ""
	case *v.Pass:
		return "pass"
	default:
		return "MISS"
	}
}

// report prints the run for people.
func report(w io.Writer, m machine, s settings, results []*result, verdicts []verdict) error {
	fmt.Fprintf(w, "\ncommit   %s\ntime     %s\ncpu      %s, %d processors\nkernel   %s\ngo       %s\npinning  %s\nrounds   %d of %s after %s of warm-up, interleaved; medians\n",
		m.Commit, m.Time.Format("2006-01-02 15:04:05Z"), m.CPU, m.Processors, m.Kernel, m.Go, m.Pinning, s.rounds, s.measured, s.warm)
	for _, name := range slices.Sorted(maps.Keys(m.Versions)) {
		fmt.Fprintf(w, "%-8s %s\n", name, m.Versions[name])
	}
	if s.configs {
		printConfigs(w, results)
	}
	fmt.Fprintln(w)
	peers := columns(results)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "row\tunit\t%s\tratio\tgoal\t\n", strings.Join(peers, "\t"))
	for i, v := range verdicts {
		fmt.Fprintf(t, "%s\t%s", v.Row, v.Unit)
		for _, p := range peers {
			fmt.Fprintf(t, "\t%s", cell(results[i].figures, p))
		}
		fmt.Fprintf(t, "\t%s\t%s\t%s\n", v.reached(), v.goal(), v.word())
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nIn a cell: median (spread of the rounds), and for the proxies the share of their processor they kept busy.")
	for _, v := range verdicts {
		for _, f := range v.Figures {
			if f.Failed > 0 {
				fmt.Fprintf(w, "%s: %s: %d failed, first: %s\n", v.Row, f.Peer, f.Failed, f.First)
			}
		}
	}
	return nil
}

// columns lists the servers of a run, each once, Netwright first.
func columns(results []*result) []string {
	var names []string
	for _, r := range results {
		for _, f := range r.figures {
			if !slices.Contains(names, f.Peer) {
				names = append(names, f.Peer)
			}
		}
	}
	return names
}

func cell(figures []*figure, peer string) string {
	for _, f := range figures {
		switch {
		case f.Peer != peer:
		case f.Failed > 0:
			return "failed"
		case f.Busy > 0:
			return fmt.Sprintf("%.2f (±%.0f%%, %.0f%%)", f.Median, f.Spread*50, f.Busy*100)
		default:
			return fmt.Sprintf("%.2f", f.Median)
		}
	}
	return "–"
}

// printConfigs shows every config once, with the rows that used it; ports and
// folders differ from row to row, so the first row's text stands for all that
// differ in nothing else.
func printConfigs(w io.Writer, results []*result) {
	for _, name := range columns(results) {
		seen := make(map[string]bool)
		for _, r := range results {
			shape := strings.Join([]string{name, fmt.Sprint(r.row.tls, r.row.log, r.row.logBuff, r.row.files, r.row.kind == perStart)}, " ")
			text := r.configs[name]
			if text == "" || seen[shape] {
				continue
			}
			seen[shape] = true
			fmt.Fprintf(w, "\n--- %s, as in %s ---\n%s", name, r.row.name, text)
		}
	}
}

// save writes the run for machines.
func save(path string, m machine, s settings, results []*result, verdicts []verdict) error {
	configs := make(map[string]map[string]string)
	for _, r := range results {
		configs[r.row.name] = r.configs
	}
	text, err := json.MarshalIndent(map[string]any{
		"machine": m, "rounds": s.rounds, "seconds": s.measured.Seconds(), "rows": verdicts, "configs": configs,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
