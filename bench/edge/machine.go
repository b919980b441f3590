//go:build linux

package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine is where and of what a run was made.
type machine struct {
	Time       time.Time         `json:"time"`
	Commit     string            `json:"commit"`
	CPU        string            `json:"cpu"`
	Processors int               `json:"processors"`
	Kernel     string            `json:"kernel"`
	Go         string            `json:"go"`
	Pinning    string            `json:"pinning"`
	Versions   map[string]string `json:"versions"`
}

func thisMachine() machine {
	m := machine{Time: time.Now().UTC().Truncate(time.Second), Go: runtime.Version(), Processors: runtime.NumCPU(),
		Commit: commit(), CPU: "unknown", Versions: make(map[string]string)}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		m.CPU = cpuModel(string(text))
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	return m
}

func cpuModel(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// commit is what git says is checked out, with a mark where files differ.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
