//go:build e2e

package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// Every protocol that has a golden is done: in all frames of all captures, each
// field that we show is as tshark shows it. What tshark shows is remembered in
// the user's cache folder, so that only the first run takes minutes.
func TestDissectionIsTsharks(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	ts, err := tsharktest.Find(ctx)
	if errors.Is(err, tsharktest.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip("tshark is not installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	folders, err := tsharktest.FindFolders()
	if err != nil && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	captures, err := folders.Captures()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := tsharktest.Goldens(filepath.Join("..", "packet", "testdata", "golden"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no goldens (%v)", err)
	}
	r, err := tsharktest.Compare(ctx, ts, proto.Set(), folders, captures)
	if err != nil {
		t.Errorf("captures that were not compared: %v", err)
	}
	golden := map[string]bool{}
	for _, path := range paths {
		golden[strings.TrimSuffix(filepath.Base(path), ".txt")] = true
	}
	for _, s := range r.Stats() {
		if !golden[s.Name] || s.Done() {
			continue
		}
		var b strings.Builder
		r.Write(&b, tsharktest.Style{Protocols: []string{s.Name}, Verbose: true})
		t.Errorf("%s has a golden, but is not done by tshark %s:\n%s", s.Name, ts.Version, b.String())
	}
}
