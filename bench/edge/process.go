//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a server that runs.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	out  string        // file with what it printed
}

// start runs a command on one processor. Its group is ended with it.
func start(name string, cpu int, args []string, dir, output string) (*process, error) {
	out, err := os.OpenFile(output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command("taskset", append([]string{"-c", strconv.Itoa(cpu)}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_STATE_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{}), out: output}
	go func() {
		_ = cmd.Wait() // how it ended is told by its output
		close(p.done)
	}()
	return p, nil
}

// stop asks the process to end, and insists after some seconds.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(3 * time.Second):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// answers waits until the address accepts connections.
func (p *process) answers(ctx context.Context, at string) error {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at once: %s", p.name, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not listen on %s: %s", p.name, at, p.tail())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// tail is the end of what the process printed.
func (p *process) tail() string {
	text, err := os.ReadFile(p.out)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// startBackend runs this program once more as the backend, on the generator's
// processor, and returns its address.
func startBackend(cpu int) (at netip.AddrPort, stop func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return at, nil, err
	}
	cmd := exec.Command("taskset", "-c", strconv.Itoa(cpu), self, "-backend")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return at, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return at, nil, err
	}
	if err := cmd.Start(); err != nil {
		return at, nil, fmt.Errorf("start the backend: %w", err)
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return at, nil, fmt.Errorf("the backend says no address: %w", err)
	}
	at, err = netip.ParseAddrPort(strings.TrimSpace(line))
	return at, stop, err
}

// pinSelf keeps every thread of this process, and those to come, on one
// processor.
func pinSelf(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	tasks, err := filepath.Glob("/proc/self/task/*")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(filepath.Base(task))
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(tid, &set); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("pin to processor %d: %w", cpu, err)
		}
	}
	return nil
}

// raiseFiles lifts the limit of open files for this process and those that it
// starts, to n or to as many as the system allows, which it returns.
func raiseFiles(n uint64) (uint64, error) {
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}) == nil {
		return n, nil
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	now.Cur = now.Max
	return now.Cur, unix.Setrlimit(unix.RLIMIT_NOFILE, &now)
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (netip.AddrPort, error) {
	fd, at, err := listen()
	if err != nil {
		return at, err
	}
	return at, unix.Close(fd)
}
