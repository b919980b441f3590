package h1

import (
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The raw calls below work on sockets that the runtime has made non-blocking, so
// they return at once and the scheduler need not be told of them.

// recv reads what has arrived. n is 0 with no error at the end of the stream.
func recv(fd uintptr, p []byte) (n int, errno syscall.Errno) {
	for {
		r, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
		if e != syscall.EINTR {
			return int(r), e
		}
	}
}

// send writes as much as the socket takes.
func send(fd uintptr, p []byte) (n int, errno syscall.Errno) {
	for {
		r, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
		if e != syscall.EINTR {
			return int(r), e
		}
	}
}

// hungUp says whether the other side has closed or reset the connection, whether
// or not bytes of it are still unread.
func hungUp(conn net.Conn) bool { return poll(conn, unix.POLLRDHUP) }

// The two ways of a connection.
const (
	pollIn  = unix.POLLIN
	pollOut = unix.POLLOUT
)

// ready says whether bytes wait to be read from a connection, or it takes some.
func ready(conn net.Conn, way int16) bool { return poll(conn, way) }

// wasReset says whether nothing can be sent on a connection any more.
func wasReset(conn net.Conn) bool { return poll(conn, 0) } // POLLERR and POLLHUP are always told

func poll(conn net.Conn, events int16) (is bool) {
	raw := rawConn(bare(conn))
	if raw == nil {
		return false
	}
	err := raw.Control(func(fd uintptr) {
		p := []unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(p, 0)
		is = err == nil && n > 0
	})
	return is || err != nil // somebody on our side has closed it, to cut it short
}

// bytesMoved is the number of bytes received, or acknowledged by the other side,
// so far, as TCP counts them; 0 for other sockets.
func bytesMoved(conn net.Conn, way int16) int64 {
	raw := rawConn(bare(conn))
	if raw == nil {
		return 0
	}
	var moved int64
	_ = raw.Control(func(fd uintptr) { // fails on a closed connection, which moves nothing
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		switch {
		case err != nil:
		case way == pollIn:
			moved = int64(info.Bytes_received)
		default:
			moved = int64(info.Bytes_acked)
		}
	})
	return moved
}

// readable looks whether there is anything to read, the end included.
func readable(fd uintptr) bool {
	var b [1]byte
	for {
		_, _, e := syscall.RawSyscall6(syscall.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&b)), 1, syscall.MSG_PEEK, 0, 0)
		if e != syscall.EINTR { // to wait without having looked would be to miss what is there
			return e != syscall.EAGAIN
		}
	}
}
