//go:build unix

package files

import (
	"errors"
	"syscall"
)

// isShortage says whether the system has no descriptor or memory left.
func isShortage(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}
