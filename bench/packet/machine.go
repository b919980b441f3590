//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine is where and of what a run was made.
type machine struct {
	Time       time.Time         `json:"time"`
	Commit     string            `json:"commit"`
	CPU        string            `json:"cpu"`
	Processors int               `json:"processors"`
	Go         string            `json:"go"`
	Versions   map[string]string `json:"versions"`
}

// versions are how the tools say what they are.
var versions = map[string][]string{
	"tcpdump": {"--version"}, "tshark": {"--version"}, "nmap": {"--version"}, "fping": {"--version"},
	"/usr/bin/python3": {"-c", "import scapy; print('Scapy', scapy.VERSION)"}, "uname": {"-r"},
}

// asRoot is what tshark says first to root.
const asRoot = "Running as user \"root\" and group \"root\". This could be dangerous.\n"

func thisMachine(ctx context.Context) machine {
	m := machine{Time: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(), Processors: runtime.NumCPU(), Versions: map[string]string{}}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(text), "model name\t: "); ok {
			m.CPU, _, _ = strings.Cut(after, "\n")
		}
	}
	if out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").Output(); err == nil {
		m.Commit = strings.TrimSpace(string(out))
	}
	for tool, args := range versions {
		out, err := exec.CommandContext(ctx, tool, args...).CombinedOutput()
		if err != nil {
			m.Versions[filepath.Base(tool)] = "missing"
			continue
		}
		line, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(string(out)), asRoot), "\n")
		m.Versions[filepath.Base(tool)] = line
	}
	return m
}

func (m *machine) print(w io.Writer) {
	fmt.Fprintf(w, "%s, commit %s, %d × %s, %s\n", m.Time.Format(time.DateOnly), m.Commit, m.Processors, m.CPU, m.Go)
	var tools []string
	for tool := range m.Versions {
		tools = append(tools, tool)
	}
	slices.Sort(tools)
	for _, tool := range tools {
		fmt.Fprintf(w, "  %s: %s\n", tool, m.Versions[tool])
	}
	fmt.Fprintf(w, "\n| work | measured | ratio | goal | |\n|---|---|---|---|---|\n")
}
