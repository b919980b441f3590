//go:build unix

package cert

import (
	"os"
	"syscall"
)

// inodeOf is the number of the file in its file system.
func inodeOf(info os.FileInfo) uint64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Ino)
	}
	return 0
}
