package h1

import (
	"crypto/tls"
	"net"
	"runtime"
	"syscall"
)

// bare returns the socket at the bottom of a connection, nil where it has none.
func bare(conn net.Conn) net.Conn {
	for {
		switch c := conn.(type) {
		case *net.TCPConn, *net.UnixConn:
			return c
		case *tls.Conn:
			conn = c.NetConn()
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// rawConn returns the socket of a connection that is one, nil for all others.
func rawConn(conn net.Conn) syscall.RawConn {
	var raw syscall.RawConn
	var err error
	switch c := conn.(type) {
	case *net.TCPConn:
		raw, err = c.SyscallConn()
	case *net.UnixConn:
		raw, err = c.SyscallConn()
	}
	if err != nil {
		return nil
	}
	return raw
}

// direct is rawConn where this system's sockets are read and written directly.
func direct(conn net.Conn) syscall.RawConn {
	if runtime.GOOS != "linux" {
		return nil
	}
	return rawConn(conn)
}
