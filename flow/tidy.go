package flow

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// keepTidy compresses and removes files that were set aside, now and whenever
// there is one more, until stop is called. Compressing 100 MiB takes seconds, in
// which a sink would lose records if it did it itself.
func (f *file) keepTidy() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			if err := tidy(ctx, f.path, f.rotate); err != nil && ctx.Err() == nil {
				f.log.Error("records: a file that was set aside cannot be looked after", "error", err)
			}
			select {
			case <-f.aside:
			case <-ctx.Done():
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// tidy removes all but the newest files set aside from path, and compresses the
// others if they are to be. What is not done when ctx ends is done next time.
func tidy(ctx context.Context, path string, rotate RotateConfig) error {
	names, err := setAsideFrom(path)
	if err != nil {
		return err
	}
	var errs []error
	if surplus := len(names) - rotate.Keep; rotate.Keep > 0 && surplus > 0 {
		for _, name := range names[:surplus] {
			errs = append(errs, os.Remove(name))
		}
		names = names[surplus:]
	}
	for _, name := range names {
		if rotate.Gzip && !strings.HasSuffix(name, ".gz") {
			errs = append(errs, compress(ctx, name))
		}
	}
	return errors.Join(errs...)
}

// setAsideFrom returns the files set aside from path, the oldest first.
func setAsideFrom(path string) ([]string, error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		when, ok := strings.CutPrefix(entry.Name(), base+".")
		if _, err := time.Parse(stamp, strings.TrimSuffix(when, ".gz")); ok && err == nil {
			names = append(names, dir+entry.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// compress replaces the file of that name by name.gz, which appears whole.
func compress(ctx context.Context, name string) (err error) {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	unfinished := name + ".gz.tmp"
	out, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	defer func() {
		out.Close()
		if err != nil {
			os.Remove(unfinished)
			err = fmt.Errorf("compress %s: %w", name, err)
		}
	}()
	z := gzip.NewWriter(out)
	chunk := make([]byte, 256<<10)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(chunk)
		if _, werr := z.Write(chunk[:n]); werr != nil {
			return werr
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := errors.Join(z.Close(), out.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, name+".gz"); err != nil {
		return err
	}
	return os.Remove(name)
}
