//go:build !unix

package websocket

import "errors"

const canTryRead = false

var errWouldBlock = errors.New("would block")

func readNow(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
