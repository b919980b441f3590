package h1

import (
	"os"
	"syscall"
)

// directSend sends what a bare socket takes at once. It saves what package net and
// the scheduler do around a write that may block.
type directSend struct {
	raw syscall.RawConn
	try func(fd uintptr) bool // trySend, made once

	out   []byte
	sent  int
	errno syscall.Errno
}

func (d *directSend) use(raw syscall.RawConn) {
	d.raw, d.try = raw, d.trySend
}

// send returns how much was sent. That the socket takes no more now is no error;
// nor is that it was closed or its deadline has come, which the write of the rest
// tells.
func (d *directSend) send(p []byte) (int, error) {
	d.out, d.sent, d.errno = p, 0, 0
	_ = d.raw.Write(d.try)
	d.out = nil
	if d.errno != 0 && d.errno != syscall.EAGAIN {
		return d.sent, os.NewSyscallError("write", d.errno)
	}
	return d.sent, nil
}

func (d *directSend) trySend(fd uintptr) bool {
	n, errno := send(fd, d.out)
	if d.errno = errno; errno == 0 {
		d.sent = n
	}
	return true
}
