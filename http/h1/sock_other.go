//go:build !linux

package h1

import (
	"net"
	"syscall"
)

// Without Linux's calls a connection goes the plain way of net.Conn (rawConn is
// never asked to read), hang-ups show at the next read, and a long copy must
// end within its timeout.

func recv(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.ENOTSUP }
func send(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.ENOTSUP }
func hungUp(net.Conn) bool                      { return false }
func ready(net.Conn, int16) bool                { return false }
func wasReset(net.Conn) bool                    { return false }
func bytesMoved(net.Conn, int16) int64          { return 0 }

const pollIn, pollOut = 1, 4

func readable(uintptr) bool { return true }
