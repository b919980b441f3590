package wire

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dropPrivileges makes each call on all threads: capabilities belong to
// threads.
func dropPrivileges() error {
	if err := everywhere("no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1); err != nil {
		return err
	}
	// From the bounding set one may drop only with CAP_SETPCAP. Without it
	// no_new_privs alone keeps the set from mattering.
	for c := uintptr(0); ; c++ {
		has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if err != nil { // past the last capability
			break
		}
		if has == 0 {
			continue
		}
		if err := everywhere("bounding set", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c); errors.Is(err, unix.EPERM) {
			break
		} else if err != nil {
			return err
		}
	}
	if err := everywhere("ambient set", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL); err != nil {
		return err
	}
	header, none := &unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, new([2]unix.CapUserData)
	var pinned runtime.Pinner // their addresses go as numbers
	defer pinned.Unpin()
	pinned.Pin(header)
	pinned.Pin(none)
	return everywhere("capabilities", unix.SYS_CAPSET, uintptr(unsafe.Pointer(header)), uintptr(unsafe.Pointer(none)))
}

// everywhere makes a system call of up to two arguments on all threads.
func everywhere(what string, number, a, b uintptr) error {
	_, _, errno := syscall.AllThreadsSyscall6(number, a, b, 0, 0, 0, 0)
	if errno == syscall.ENOTSUP {
		return ErrCgo
	}
	if errno != 0 {
		return fmt.Errorf("%s: %w", what, errno)
	}
	return nil
}
