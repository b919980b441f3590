//go:build unix

package upstream

import (
	"crypto/tls"
	"net"
	"syscall"
)

// readable tells whether a read of an idle connection would give something:
// bytes, the end or an error. It takes nothing out. Connections that have no
// socket are taken as quiet.
func readable(c net.Conn) bool {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return true
	}
	var found error
	err = raw.Control(func(fd uintptr) {
		var b [1]byte
		_, _, found = syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err != nil || found != syscall.EAGAIN && found != syscall.EWOULDBLOCK && found != syscall.EINTR
}
