package endpoint

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// fileConn is a connection made of a file to read and a file to write.
type fileConn struct {
	in, out *os.File
	name    string
	once    sync.Once
	ended   func() error // runs when both are closed
	err     error
}

func (c *fileConn) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *fileConn) Write(p []byte) (int, error) { return c.out.Write(p) }

// CloseWrite tells the other side that nothing more will come.
func (c *fileConn) CloseWrite() error { return c.out.Close() }

func (c *fileConn) Close() error {
	c.once.Do(func() {
		c.err = c.in.Close()
		if err := c.out.Close(); !errors.Is(err, os.ErrClosed) { // CloseWrite may have been first
			c.err = errors.Join(c.err, err)
		}
		if c.ended != nil {
			c.err = errors.Join(c.err, c.ended())
		}
	})
	return c.err
}

// SetDeadline and its like are those of the files: pipes and terminals have them.
func (c *fileConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
func (c *fileConn) SetReadDeadline(t time.Time) error  { return c.in.SetReadDeadline(t) }
func (c *fileConn) SetWriteDeadline(t time.Time) error { return c.out.SetWriteDeadline(t) }

func (c *fileConn) LocalAddr() net.Addr  { return fileAddr(c.name) }
func (c *fileConn) RemoteAddr() net.Addr { return fileAddr(c.name) }

type fileAddr string

func (fileAddr) Network() string  { return "file" }
func (a fileAddr) String() string { return string(a) }

// stdio is standard input and output as one connection, which they may be
// already, where a service manager starts a process for each.
func stdio() net.Conn {
	in, err1 := os.Stdin.Stat()
	out, err2 := os.Stdout.Stat()
	if err1 == nil && err2 == nil && in.Mode()&os.ModeSocket != 0 && os.SameFile(in, out) {
		if conn, err := dialFD("0"); err == nil {
			return conn
		}
	}
	return &fileConn{in: reopen("/dev/stdin", os.O_RDONLY, os.Stdin), out: reopen("/dev/stdout", os.O_WRONLY, os.Stdout), name: "stdio:"}
}

// reopen opens a terminal or a pipe anew, without blocking, so that a read of it
// can be interrupted while nobody else's use of the same terminal changes. What
// has no such file, or is a regular one, where a second opening would begin at
// the start again, is used as it is.
func reopen(name string, flag int, file *os.File) *os.File {
	info, err := file.Stat()
	if err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeCharDevice) == 0 {
		return file
	}
	again, err := os.OpenFile(name, flag|syscall.O_NONBLOCK, 0)
	if err != nil {
		return file
	}
	return again
}

// stdioListener gives the one connection there is, and then io.EOF.
type stdioListener struct{ taken atomic.Bool }

func (l *stdioListener) Accept() (net.Conn, error) {
	if l.taken.Swap(true) {
		return nil, io.EOF
	}
	return stdio(), nil
}

func (l *stdioListener) Close() error {
	l.taken.Store(true)
	return nil
}

func (l *stdioListener) Addr() net.Addr { return fileAddr("stdio:") }

const (
	execGrace = 2 * time.Second // for a command to end by itself when its connection is closed
	execKill  = 2 * time.Second // for it to end after SIGTERM
)

// Exec starts cmd, in a process group of its own, and gives its standard input
// and output as a connection. CloseWrite ends the command's input. Close closes
// both, waits for the command, which gets SIGTERM after 2 seconds and SIGKILL
// after 4, with all its children, and returns how it ended. Its standard error
// is cmd.Stderr, or ours where that is nil.
func Exec(cmd *exec.Cmd) (net.Conn, error) {
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), ourOut.Close())
	}
	cmd.Stdin, cmd.Stdout = theirIn, theirOut
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	err = cmd.Start()
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		return nil, errors.Join(err, ourIn.Close(), ourOut.Close())
	}
	return &fileConn{in: ourIn, out: ourOut, name: "exec:" + cmd.Path, ended: func() error { return waitFor(cmd) }}, nil
}

// waitFor waits for a command whose input and output are closed, and ends one
// that does not take the hint.
func waitFor(cmd *exec.Cmd) error {
	done, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, step := range []struct {
			after  time.Duration
			signal syscall.Signal
		}{{execGrace, syscall.SIGTERM}, {execKill, syscall.SIGKILL}} {
			select {
			case <-done.Done():
				return
			case <-time.After(step.after):
				_ = syscall.Kill(-cmd.Process.Pid, step.signal) // it may have ended meanwhile
			}
		}
	}()
	err := cmd.Wait()
	cancel()
	<-ended
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGPIPE {
			return nil // it was writing when we had stopped reading
		}
	}
	return err
}
