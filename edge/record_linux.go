package edge

import (
	"syscall"
	"unsafe"
)

const canTryRead = true

// tryRead reads what has readable on a non-blocking socket.
func tryRead(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		if e != syscall.EINTR {
			return int(n), e
		}
	}
}

// readable looks whether there is anything to read, the end included.
func readable(fd uintptr) bool {
	var b [1]byte
	_, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK, 0, 0)
	return e != syscall.EAGAIN && e != syscall.EINTR
}
