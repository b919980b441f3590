package tsharktest

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/netwright/netwright/packet/proto"
)

// Each exception leaves out something that differs, and no more: a frame of it in
// which nothing does is none.
func TestExceptions(t *testing.T) {
	skip := t.Skip
	if os.Getenv("CI") != "" {
		skip = t.Fatal
	}
	folders, err := FindFolders()
	if err != nil {
		skip(err)
	}
	ts, err := Find(t.Context())
	if errors.Is(err, ErrMissing) {
		skip("tshark is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exceptions() {
		capture := folders.Path(e.capture)
		theirs, err := ts.Frames(t.Context(), capture)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := Ours(proto.Set(), capture)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range e.frames {
			r := NewReport(proto.Set())
			r.exceptions = nil
			r.frame(fmt.Sprintf("%s#%d", e.capture, n), &ours[n-1], &theirs[n-1], false)
			if s := r.stats(e.proto); len(s.Differ) == 0 && s.Extra.Count == 0 {
				t.Errorf("%s#%d: %s does not differ, so it is no exception (%s)", e.capture, n, e.proto, e.why)
			}
		}
	}
}
