//go:build unix

package websocket

import (
	"errors"
	"os"
	"syscall"
)

// canTryRead says that readNow works here.
const canTryRead = true

var errWouldBlock = errors.New("would block")

// readNow is read(2) on a descriptor that does not block.
func readNow(fd uintptr, b []byte) (int, error) {
	for {
		n, err := syscall.Read(int(fd), b)
		switch err {
		case nil:
			return n, nil
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return 0, errWouldBlock
		}
		return 0, os.NewSyscallError("read", err)
	}
}
