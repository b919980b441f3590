package netnstest

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// handle keeps a namespace alive by an open file of it.
type handle struct {
	ns *os.File
}

const threadNS = "/proc/thread-self/ns/net"

// newHandle makes a namespace on a thread that ends right after.
func newHandle() (handle, error) {
	var h handle
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = fmt.Errorf("unshare(CLONE_NEWNET): %w", err)
			return
		}
		h.ns, err = os.Open(threadNS)
	}()
	<-done
	return h, err
}

// enter moves the goroutine's thread into the namespace until leave is called
// on the same goroutine.
func (h handle) enter() (leave func(), err error) {
	runtime.LockOSThread()
	old, err := os.Open(threadNS)
	if err != nil {
		runtime.UnlockOSThread()
		return nil, err
	}
	if err := unix.Setns(int(h.ns.Fd()), unix.CLONE_NEWNET); err != nil {
		old.Close()
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("setns: %w", err)
	}
	return func() {
		defer old.Close()
		if unix.Setns(int(old.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread() // else the thread is spoilt, and ends with the goroutine
		}
	}, nil
}

// path names the namespace in words that ip understands.
func (h handle) path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), h.ns.Fd())
}

func (h handle) close() { h.ns.Close() }
