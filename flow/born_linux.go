package flow

import (
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// born returns when the file was made, or last changed where the file system
// does not know.
func born(path string, info fs.FileInfo) time.Time {
	var x unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME, &x)
	if err != nil || x.Mask&unix.STATX_BTIME == 0 {
		return info.ModTime()
	}
	return time.Unix(x.Btime.Sec, int64(x.Btime.Nsec))
}
