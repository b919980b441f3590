package upstream

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Every goroutine has an owner that waits for it: none may be left.
func TestMain(m *testing.M) {
	code := m.Run()
	deadline := time.Now().Add(5 * time.Second)
	left := leftOver()
	for ; len(left) > 0 && time.Now().Before(deadline); left = leftOver() {
		time.Sleep(5 * time.Millisecond)
	}
	if len(left) > 0 && code == 0 {
		fmt.Fprintf(os.Stderr, "%d goroutines are left over:\n\n%s\n", len(left), strings.Join(left, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// leftOver gives the stacks of the package's goroutines but this one.
func leftOver() []string {
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	var left []string
	for stack := range strings.SplitSeq(string(buf), "\n\n") {
		if strings.Contains(stack, "edge/upstream.") && !strings.Contains(stack, "upstream.TestMain") {
			left = append(left, stack)
		}
	}
	return left
}
