//go:build !linux

package edge

import "syscall"

const canTryRead = false

func tryRead(uintptr, []byte) (int, syscall.Errno) { return 0, syscall.ENOTSUP }

func readable(uintptr) bool { return true }
