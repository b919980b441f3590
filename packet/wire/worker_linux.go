package wire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// worker is a socket and its ring. Its goroutine alone reads the ring; count
// and setFilter may be called from others.
type worker struct {
	name      string
	link      link
	direction Direction
	outside   bool // run the filter on what is handed out
	wait      time.Duration
	view      view

	file   *os.File
	raw    syscall.RawConn
	ring   ring
	frames []Frame

	rest      atomic.Pointer[bpf.VM] // the part of the filter that the kernel cannot do; nil: none
	delivered atomic.Uint64
	refused   atomic.Uint64 // by rest

	mu     sync.Mutex // guards kernel, and reading the kernel's counters, which clears them
	kernel Stats
}

// control calls f with the socket.
func (w *worker) control(f func(fd int) error) error {
	var err error
	if e := w.raw.Control(func(fd uintptr) { err = f(int(fd)) }); e != nil {
		return e
	}
	return err
}

// run reads the ring until ctx ends and the ring is empty, or handle fails, or
// stop is set.
func (w *worker) run(ctx context.Context, stop *atomic.Bool, handle func([]Frame) error) error {
	woken := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(woken)
		_ = w.file.SetReadDeadline(time.Unix(1, 0)) // wakes it
	})
	defer unwatch()
	draining := false
	for {
		if ctx.Err() != nil && !draining {
			<-woken
			draining = true
			if err := w.drain(); err != nil {
				return err
			}
		}
		if stop.Load() {
			return nil
		}
		if frames := w.ring.read(w.frames); len(frames) > 0 {
			if err := w.deliver(frames, handle); err != nil {
				return err
			}
			continue
		}
		w.ring.release() // a block without frames, where the kernel gives one
		if draining && w.pending() == 0 {
			return nil
		}
		switch err := w.await(); {
		case errors.Is(err, os.ErrDeadlineExceeded) && draining:
			return nil // what is pending shows in the counters
		case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
	}
}

// deliver hands frames out and gives them back to the kernel.
func (w *worker) deliver(frames []Frame, handle func([]Frame) error) error {
	defer w.ring.release()
	if vm := w.rest.Load(); vm != nil {
		all := len(frames)
		frames = keep(vm, frames)
		w.refused.Add(uint64(all - len(frames)))
	}
	w.delivered.Add(uint64(len(frames)))
	if len(frames) == 0 {
		return nil
	}
	return handle(frames)
}

// keep drops the frames that a filter refuses.
func keep(vm *bpf.VM, frames []Frame) []Frame {
	kept := frames[:0]
	for _, f := range frames {
		n, err := vm.Run(f.Data)
		if err != nil || n <= 0 {
			continue
		}
		f.Data = f.Data[:min(n, len(f.Data))]
		kept = append(kept, f)
	}
	return kept
}

// drain takes no more frames in and gives those that wait in a block the time
// to come out.
func (w *worker) drain() error {
	const grace = 500 * time.Millisecond
	if err := w.control(func(fd int) error { return attach(fd, dropAll()) }); err != nil {
		return err
	}
	return w.file.SetReadDeadline(time.Now().Add(2*w.wait + grace))
}

// pending says how many frames are in the ring.
func (w *worker) pending() uint64 {
	s := w.count()
	return s.Received - min(s.Received, s.Delivered+s.Dropped)
}

// await blocks until the ring has frames, the deadline passes or the interface
// fails. It looks into the ring before it waits: the poller tells of changes
// only.
func (w *worker) await() error {
	var failure error
	err := w.raw.Read(func(fd uintptr) bool {
		if w.ring.ready() {
			return true
		}
		if code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); err == nil && code != 0 {
			failure = unix.Errno(code)
		}
		return failure != nil
	})
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = w.control(func(fd int) error { // an error alone makes the poller give up
			if code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && code != 0 {
				failure = unix.Errno(code)
			}
			return nil
		})
	}
	switch {
	case errors.Is(failure, unix.ENETDOWN):
		return fmt.Errorf("%s went down: %w", w.name, failure)
	case failure != nil:
		return fmt.Errorf("capture on %s: %w", w.name, failure)
	case err != nil && !errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("capture on %s: %w", w.name, err)
	}
	return err
}

// count adds up the kernel's counters, which it clears when they are read.
func (w *worker) count() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	delivered, refused := w.delivered.Load(), w.refused.Load() // before the kernel's: never more than it says
	_ = w.control(func(fd int) error {
		s, err := w.ring.statistics(fd)
		w.kernel.add(s)
		return err
	})
	s := w.kernel
	s.Received -= refused
	s.Delivered = delivered
	return s
}

// setFilter puts a filter in force.
func (w *worker) setFilter(program []bpf.RawInstruction) error {
	f := socketFilter{program: program, direction: w.direction, loopback: w.link.loopback, snap: uint32(w.view.snap), cooked: w.view.cooked, outside: w.outside}
	kernel, rest, err := f.assemble()
	if err != nil {
		return err
	}
	w.rest.Store(rest)
	return w.control(func(fd int) error { return attach(fd, kernel) })
}

// attach sets a socket's filter.
func attach(fd int, program []bpf.RawInstruction) error {
	code := make([]unix.SockFilter, len(program))
	for i, ins := range program {
		code[i] = unix.SockFilter{Code: ins.Op, Jt: ins.Jt, Jf: ins.Jf, K: ins.K}
	}
	prog := unix.SockFprog{Len: uint16(len(code)), Filter: (*unix.SockFilter)(unsafe.Pointer(&code[0]))}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		return fmt.Errorf("the kernel refuses the filter of %d instructions: %w", len(program), err)
	}
	return nil
}

// close gives back socket and ring.
func (w *worker) close() error {
	var errs []error
	if w.ring != nil {
		errs = append(errs, w.ring.unmap())
	}
	return errors.Join(append(errs, w.file.Close())...)
}
