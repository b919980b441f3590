//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processClock returns the CPU time that a process has used in all its
// threads, those that have ended included, in user and kernel mode. It reads
// the process's own CPU clock (clock_getcpuclockid(3)), which the scheduler
// keeps in nanoseconds; utime and stime of /proc/PID/stat move in ticks of
// 10 ms and split by sampling.
func processClock(pid int) (time.Duration, error) {
	const cpuclockSched = 2 // CPUCLOCK_SCHED of linux/posix-timers.h
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuclockSched), &ts); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// cpuTime is the sum of the clocks of several processes.
func cpuTime(pids []int) (time.Duration, error) {
	var sum time.Duration
	for _, pid := range pids {
		d, err := processClock(pid)
		if err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

// family returns pid and all its descendants, so that the workers of a server
// that forks are counted with their master.
func family(pid int) ([]int, error) {
	parents, err := parentOf()
	if err != nil {
		return nil, err
	}
	all := []int{pid}
	for i := 0; i < len(all); i++ {
		for child, parent := range parents {
			if parent == all[i] {
				all = append(all, child)
			}
		}
	}
	return all, nil
}

func parentOf() (map[int]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	parents := make(map[int]int)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		status, err := os.ReadFile("/proc/" + e.Name() + "/status")
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended since
		}
		if err != nil {
			return nil, err
		}
		parent, err := statusValue(string(status), "PPid")
		if err != nil {
			return nil, err
		}
		parents[pid] = int(parent)
	}
	return parents, nil
}

// residentBytes is the memory that the processes hold in RAM (VmRSS): heap,
// stacks and mapped files, but not what the kernel keeps for their sockets.
func residentBytes(pids []int) (int64, error) {
	var sum int64
	for _, pid := range pids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		kib, err := statusValue(string(status), "VmRSS")
		if err != nil {
			return 0, fmt.Errorf("process %d: %w", pid, err)
		}
		sum += kib * 1024
	}
	return sum, nil
}

// statusValue reads one number of a /proc/PID/status text.
func statusValue(status, key string) (int64, error) {
	for line := range strings.Lines(status) {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name != key {
			continue
		}
		fields := strings.Fields(value)
		if len(fields) == 0 {
			break
		}
		return strconv.ParseInt(fields[0], 10, 64)
	}
	return 0, fmt.Errorf("no %s in its status", key)
}
