package tsharktest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/netwright/netwright/packet/layer"
)

// Folders are where captures lie.
type Folders struct {
	Suites string // those that other projects have collected
	Own    string // what these lack, in the repository
}

// ownFolder is what the names of our own captures begin with.
const ownFolder = "captures"

// FindFolders finds the captures by the repository that the working directory is
// in: shared/suites beside it, and packet/testdata/captures in it. It returns the
// latter even where the former is missing.
func FindFolders() (Folders, error) {
	dir, err := os.Getwd()
	if err != nil {
		return Folders{}, err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return Folders{}, errors.New("not inside a Go module, so the captures beside it are not found")
		}
	}
	folders := Folders{Suites: filepath.Join(filepath.Dir(dir), "shared", "suites"), Own: filepath.Join(dir, "packet", "testdata", ownFolder)}
	if _, err := os.Stat(folders.Suites); err != nil {
		return folders, fmt.Errorf("the captures are missing: %w", err)
	}
	return folders, nil
}

// Captures lists all capture files, sorted, our own behind the others'.
func (f Folders) Captures() ([]string, error) {
	var list []string
	for _, folder := range []string{f.Suites, f.Own} {
		var here []string
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".pcap") || strings.HasSuffix(path, ".pcapng")) {
				here = append(here, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		slices.Sort(here)
		list = append(list, here...)
	}
	return list, nil
}

// Path is where the capture of a name lies, as [Folders.Name] gives it.
func (f Folders) Path(name string) string {
	if own, ok := strings.CutPrefix(name, ownFolder+"/"); ok && f.Own != "" {
		return filepath.Join(f.Own, filepath.FromSlash(own))
	}
	return filepath.Join(f.Suites, filepath.FromSlash(name))
}

// Name is a capture's path from the suites on, "captures" and its path from there
// on if it is our own, or as it is where it lies elsewhere.
func (f Folders) Name(capture string) string {
	if f.Own != "" {
		if rel, ok := below(f.Own, capture); ok {
			return ownFolder + "/" + rel
		}
	}
	if rel, ok := below(f.Suites, capture); ok {
		return rel
	}
	return capture
}

func below(folder, path string) (rel string, ok bool) {
	rel, err := filepath.Rel(folder, path)
	return filepath.ToSlash(rel), err == nil && !strings.HasPrefix(rel, "..")
}

// Compare compares all frames of captures, several captures at once. Reports and
// errors name captures as folders do. Captures that we cannot read
// are told of in the error; the others are compared all the same.
func Compare(ctx context.Context, t *Tshark, set *layer.Set, folders Folders, captures []string) (*Report, error) {
	reports := make([]*Report, len(captures))
	errs := make([]error, len(captures))
	work := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(len(captures), 1)) {
		group.Go(func() {
			for i := range work {
				reports[i], errs[i] = compareOne(ctx, t, set, folders, captures[i])
			}
		})
	}
	for i := range captures {
		if ctx.Err() != nil {
			break
		}
		work <- i
	}
	close(work)
	group.Wait()
	all := NewReport(set)
	for _, r := range reports {
		if r != nil {
			all.Merge(r)
		}
	}
	return all, errors.Join(append(errs, ctx.Err())...)
}

func compareOne(ctx context.Context, t *Tshark, set *layer.Set, folders Folders, capture string) (*Report, error) {
	name := folders.Name(capture)
	theirs, err := t.Frames(ctx, capture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(theirs) == 0 {
		return nil, nil
	}
	ours, err := Ours(set, capture)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := NewReport(set)
	r.Add(name, ours, theirs)
	return r, nil
}

// With lists the captures in which tshark finds one of the protocols.
func With(ctx context.Context, t *Tshark, captures, protocols []string) ([]string, error) {
	var list []string
	// In any order, so that several of us who fill the cache do not all run
	// tshark on the same capture.
	for _, i := range rand.Perm(len(captures)) {
		has, err := t.Protocols(ctx, captures[i])
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(protocols, func(p string) bool { return slices.Contains(has, p) }) {
			list = append(list, captures[i])
		}
	}
	slices.Sort(list)
	return list, ctx.Err()
}
