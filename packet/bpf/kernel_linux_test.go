package bpf_test

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/netwright/netwright/packet/bpf"
)

// TestKernelTakesPrograms attaches the programs of the suite's expressions to
// a socket.
func TestKernelTakesPrograms(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	taken := 0
	for _, b := range acceptBlocks(t) {
		for _, literal := range []bool{false, true} {
			opts := b.options()
			opts.NoOptimize = literal
			raw, err := bpf.Compile(b.Aliases[0], supported[b.DLT], opts)
			if err != nil {
				continue // counted in TestSuiteCompiles
			}
			filters := make([]unix.SockFilter, len(raw))
			for i, r := range raw {
				filters[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
			}
			program := unix.SockFprog{Len: uint16(len(filters)), Filter: (*unix.SockFilter)(unsafe.Pointer(&filters[0]))}
			if err := unix.SetsockoptSockFprog(pair[0], unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
				t.Errorf("%s: %v\n%s", b.Name, err, bpf.Disassemble(raw))
			}
			taken++
		}
	}
	t.Logf("the kernel took %d programs", taken)
}
