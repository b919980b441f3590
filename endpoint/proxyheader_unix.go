//go:build unix

package endpoint

import "syscall"

// peek copies what has arrived into buf and leaves it there.
func peek(fd uintptr, buf []byte) (int, error) {
	for {
		n, _, err := syscall.Recvfrom(int(fd), buf, syscall.MSG_PEEK)
		if err != syscall.EINTR {
			return max(n, 0), err
		}
	}
}
