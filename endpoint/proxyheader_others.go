//go:build !unix

package endpoint

import (
	"fmt"
	"runtime"
)

func peek(uintptr, []byte) (int, error) {
	return 0, fmt.Errorf("looking ahead on a connection is not implemented on %s", runtime.GOOS)
}
