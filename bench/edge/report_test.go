//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestJudge(t *testing.T) {
	ratio := row{name: "r", against: []string{"nginx", "haproxy"}, most: 1.0}
	absolute := row{name: "a", kind: perIdle, most: 5}
	figures := func(own, nginx, haproxy float64) []*figure {
		return []*figure{{Peer: "netwright", Median: own}, {Peer: "nginx", Median: nginx}, {Peer: "haproxy", Median: haproxy}, {Peer: "caddy", Median: 1}}
	}
	failing := figures(10, 20, 16)
	failing[3].Failed = 1
	tests := []struct {
		name    string
		res     result
		ratio   float64
		against string
		word    string
	}{
		{"better of two", result{row: ratio, figures: figures(12, 20, 16)}, 0.75, "haproxy", "pass"},
		{"missed", result{row: ratio, figures: figures(24, 16, 20)}, 1.5, "nginx", "MISS"},
		{"exactly", result{row: ratio, figures: figures(16, 16, 20)}, 1, "nginx", "pass"},
		{"one failure of anybody", result{row: ratio, figures: failing}, 0, "", "FAILED"},
		{"nobody to compare with", result{row: ratio, figures: figures(24, 16, 20)[:1]}, 0, "", ""},
		{"absolute", result{row: absolute, figures: figures(4.9, 1, 1)}, 0, "", "pass"},
		{"absolute missed", result{row: absolute, figures: figures(5.1, 9, 9)}, 0, "", "MISS"},
		{"no goal", result{row: row{against: []string{"nginx"}}, figures: figures(8, 16, 1)}, 0.5, "nginx", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judge(&tt.res, "netwright")
			if v.Ratio != tt.ratio || v.Against != tt.against || v.word() != tt.word {
				t.Errorf("%v × %q, %q; want %v × %q, %q", v.Ratio, v.Against, v.word(), tt.ratio, tt.against, tt.word)
			}
		})
	}
}

// A run with a failed request must not show a ratio to people nor machines.
func TestReportAfterFailure(t *testing.T) {
	r := rows()[0]
	res := &result{row: r, configs: map[string]string{"nginx": "worker_processes 1;\n"}, figures: []*figure{
		{Peer: "netwright", Median: 10, Values: []float64{10}},
		{Peer: "nginx", Median: 20, Values: []float64{20}, Failed: 1, First: "read: connection reset by peer"},
	}}
	v := judge(res, "netwright")
	s := settings{rounds: 1, measured: time.Second, configs: true}
	var text strings.Builder
	if err := report(&text, machine{}, s, []*result{res}, []verdict{v}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FAILED", "1 failed", "connection reset by peer", "worker_processes 1;"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
	if strings.Contains(text.String(), "× nginx") {
		t.Errorf("the report has a ratio:\n%s", text.String())
	}
	path := filepath.Join(t.TempDir(), "new", "edge.json")
	if err := save(path, machine{}, s, []*result{res}, []verdict{v}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var back struct {
		Rows []map[string]any `json:"rows"`
	}
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if _, has := back.Rows[0]["ratio"]; has || back.Rows[0]["failed"] != 1.0 {
		t.Errorf("the file says %v", back.Rows[0])
	}
}

func TestPick(t *testing.T) {
	name := func(r row) string { return r.name }
	got, err := pick("static1k,proxy64", rows(), name)
	if err != nil || len(got) != 2 || got[0].name != "proxy64" || got[1].name != "static1k" {
		t.Errorf("picked %v, %v", got, err)
	}
	if all, err := pick("", rows(), name); err != nil || len(all) != len(rows()) {
		t.Errorf("picked %d of %d, %v", len(all), len(rows()), err)
	}
	if _, err := pick("proxy64,prxy512", rows(), name); err == nil || !strings.Contains(err.Error(), `"prxy512"`) {
		t.Errorf("error %v, want one that names prxy512", err)
	}
}

func TestCPUModel(t *testing.T) {
	if got := cpuModel("processor\t: 0\nmodel name\t: AMD EPYC 9R14\nflags: x\n"); got != "AMD EPYC 9R14" {
		t.Errorf("model %q", got)
	}
}
