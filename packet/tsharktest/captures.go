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

// Suites is the folder of the captures: shared/suites beside the repository that
// the working directory is in.
func Suites() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside a Go module, so the captures beside it are not found")
		}
	}
	suites := filepath.Join(filepath.Dir(dir), "shared", "suites")
	if _, err := os.Stat(suites); err != nil {
		return "", fmt.Errorf("the captures are missing: %w", err)
	}
	return suites, nil
}

// Captures lists all capture files of the suites, sorted.
func Captures(suites string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(suites, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && (strings.HasSuffix(path, ".pcap") || strings.HasSuffix(path, ".pcapng")) {
			list = append(list, path)
		}
		return err
	})
	slices.Sort(list)
	return list, err
}

// Compare compares all frames of captures, several captures at once. Reports and
// errors name captures by their path from base on. Captures that we cannot read
// are told of in the error; the others are compared all the same.
func Compare(ctx context.Context, t *Tshark, set *layer.Set, base string, captures []string) (*Report, error) {
	reports := make([]*Report, len(captures))
	errs := make([]error, len(captures))
	work := make(chan int)
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(len(captures), 1)) {
		group.Go(func() {
			for i := range work {
				reports[i], errs[i] = compareOne(ctx, t, set, base, captures[i])
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

func compareOne(ctx context.Context, t *Tshark, set *layer.Set, base, capture string) (*Report, error) {
	name := Name(base, capture)
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

// Name is a capture's path from base on, or as it is where it lies elsewhere.
func Name(base, capture string) string {
	if rel, err := filepath.Rel(base, capture); err == nil && !strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(rel)
	}
	return capture
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
