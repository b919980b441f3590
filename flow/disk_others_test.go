//go:build !linux

package flow

import "testing"

func smallDisk(t *testing.T) string {
	t.Skip("a small file system is only mounted on Linux")
	return ""
}
