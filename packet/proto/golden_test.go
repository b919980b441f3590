package proto_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/netwright/netwright/packet/proto"
	"github.com/netwright/netwright/packet/tsharktest"
)

// Every field that we show is as tshark shows it, in frames that were kept for
// that. They are written by packet/testdata/tshark alone.
func TestGoldens(t *testing.T) {
	paths, err := tsharktest.Goldens(filepath.Join("..", "testdata", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Fatal("there are no goldens")
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) { golden(t, path) })
	}
}

func golden(t *testing.T, path string) {
	g, err := tsharktest.ReadGolden(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := g.Compare(proto.Set())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Differ)) {
		t.Errorf("%s differs, %d times: %s", name, s.Differ[name].Count, s.Differ[name].Examples[0])
	}
	if s.Extra.Count > 0 {
		t.Errorf("tshark does not show the protocol in %d frames: %s", s.Extra.Count, s.Extra.Examples[0])
	}
	if shown, all := s.Coverage(); shown*100 < all*tsharktest.Bar {
		t.Errorf("we show %d of the %d names that tshark shows, less than %d %%; lacking: %v", shown, all, tsharktest.Bar, s.Lacking())
	}
	if !t.Failed() && !s.Done() {
		t.Error("we do not show the protocol, or none of its fields")
	}
}
