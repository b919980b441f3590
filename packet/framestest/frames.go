package framestest

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/pcap"
)

// Frame is one frame of a capture.
type Frame struct {
	Capture string // the file's name
	Number  int    // from 1
	pcap.Packet
}

// Each calls f with every frame of every capture of the suites and of our own in
// packet/testdata/captures, up to most of each file (0: all of them). A frame is
// lent until f returns. Without the suites the test is skipped, and fails where CI
// runs.
func Each(t testing.TB, most int, f func(Frame)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "..", "shared", "suites", "*-captures", "*.pcap*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root(t), "..", "shared", "suites", "libpcap-filter", "captures", "*.pcap*"))
	if err != nil {
		t.Fatal(err)
	}
	if files = append(files, more...); len(files) == 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("the captures of the suites are missing")
		}
		t.Skip("the captures of the suites are missing")
	}
	own, err := filepath.Glob(filepath.Join(root(t), "packet", "testdata", "captures", "*.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, own...)
	for _, file := range files {
		each(t, file, most, f)
	}
}

// root is the folder of the module.
func root(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("not inside a module")
		}
	}
}

func each(t testing.TB, file string, most int, f func(Frame)) {
	r, err := pcap.Open(file)
	if err != nil {
		return // some are broken on purpose
	}
	defer r.Close()
	frame := Frame{Capture: strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))}
	for frame.Number = 1; most == 0 || frame.Number <= most; frame.Number++ {
		if err := r.Read(&frame.Packet); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("%s: %v", file, err)
			}
			return
		}
		f(frame)
	}
}
