//go:build linux

package main

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The clock must say what getrusage says, and see work that was done in
// threads.
func TestProcessClock(t *testing.T) {
	usage := func() time.Duration {
		var r unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
			t.Fatal(err)
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	clock := func() time.Duration {
		d, err := processClock(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	usage0, clock0 := usage(), clock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for clock()-clock0 < 60*time.Millisecond {
		}
	}()
	<-done
	used, clocked := usage()-usage0, clock()-clock0
	if clocked < 60*time.Millisecond {
		t.Errorf("the clock moved by %s, want at least 60ms", clocked)
	}
	if diff := (used - clocked).Abs(); diff > 30*time.Millisecond {
		t.Errorf("the clock says %s, getrusage %s", clocked, used)
	}
}

func TestProcessClockOfNobody(t *testing.T) {
	if d, err := processClock(1 << 22); err == nil {
		t.Errorf("a process that cannot be has used %s", d)
	}
}

func TestFamily(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 10 & echo; read _; kill $!")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil { // its child is there
		t.Fatal(err)
	}
	pids, err := family(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(pids, cmd.Process.Pid) {
		t.Errorf("family %v lacks the child %d", pids, cmd.Process.Pid)
	}
	pids, err = family(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if len(pids) != 2 || pids[0] != cmd.Process.Pid {
		t.Errorf("family of the shell %d is %v, want it and one child", cmd.Process.Pid, pids)
	}
}

func TestResidentBytes(t *testing.T) {
	before, err := residentBytes([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	const size = 32 << 20
	block := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	after, err := residentBytes([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown < size/2 || block[0] != 1 {
		t.Errorf("memory grew by %d bytes after %d were touched", grown, size)
	}
}

func TestStatusValue(t *testing.T) {
	const status = "Name:\tnginx\nPPid:\t17\nVmRSS:\t    5120 kB\nEmpty:\n"
	for key, want := range map[string]int64{"PPid": 17, "VmRSS": 5120} {
		if got, err := statusValue(status, key); got != want || err != nil {
			t.Errorf("%s = %d, %v; want %d", key, got, err, want)
		}
	}
	for _, key := range []string{"VmSwap", "Name", "Empty", "RSS"} {
		if got, err := statusValue(status, key); err == nil {
			t.Errorf("%s = %d without an error", key, got)
		}
	}
}
